"""Reinforcement: which branches of the grid are made stronger.

    built[j] ∈ {0, 1},   built[j] ≤ built[step before j on the same branch],   built[j] ≥ built[j] of the stage before
    cost += reinforcement_cost[j] · built[j]

What a step does to the flows stands in the rows of the grid situations (`solve`): an uprate raises limits, one more circuit is
another network with outages of its own. A step that is not ready in any year that needs it is not built.
"""

import pyomo.environ as pyo

from .given import Given
from .ledger import EVERYWHERE, Ledger
from .stages import keep


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    steps = given.inputs.grid.steps if given.inputs.grid is not None else ()
    if not steps:
        return
    b.built = pyo.Var(
        given.j,
        domain=pyo.Binary,
        bounds=lambda b, j: (0, given.reinforcement_of_use[j]),
        doc="the reinforcement is built [1]",
    )
    paid = keep(b, given, "built")
    before = {step.name: steps[step.before].name for step in steps if step.before >= 0}
    b.one_after_another = pyo.Constraint(
        given.j, rule=lambda b, j: b.built[j] <= b.built[before[j]] if j in before else pyo.Constraint.Skip
    )
    cost = pyo.quicksum(given.reinforcement_cost[j] * paid[j] for j in given.j)
    ledger.post("cost", "built", {EVERYWHERE: cost})


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    pass
