"""The blocks: one module per physical concept. BLOCKS, in this order, is the model.

A block is a docstring that is its mathematics and two functions: `plan` (what is decided once) and `operate` (what happens
in an hour, written over the hours of one block; continuous variables only). Blocks meet in the ledger alone.
"""

from . import (
    carbon,
    chips,
    contracts,
    cooling,
    edge,
    generation,
    grid,
    heat,
    levers,
    limits,
    reinforcement,
    risk,
    sites,
    storage,
    water,
    workloads,
)

BLOCKS = [
    sites, levers, edge, workloads, chips, cooling, water, heat, generation, storage, grid, reinforcement, contracts, carbon,
    risk, limits,
]  # fmt: skip
