"""Headroom of every bus alone in every hour, by one of three rules of who balances a new load.

    managed   any supply is re-dispatched within its limits (an upper bound: perfect, free, nation-wide)
    radius    only supply within a distance of the bus is; the rest stays at the base
    passive   nobody is: supply grows in a fixed mix, pro rata to what is spare (a screen on the safe side)

Buses are taken as neighbours in turn, and of each bus all hours: the last solution is then a good start (measured on 585
buses, 24 hours: half the time of hour after hour).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import depth_first_order

from ...errors import ModelError
from ...inputs.network_hours import GridHour
from ...physics.network import Network, ptdf
from ...physics.outages import Outages
from ...physics.passive import passive_headroom
from ...physics.security import RowPool
from .bus_answers import Base, Found
from .bus_lp import BusProgram

Floats = NDArray[np.float64]
ADEQUACY = "adequacy"
CEILING = "ceiling"
INTACT = ""
PRICE_NOISE = 1e-6


@dataclass(frozen=True, eq=False)
class BusHeadroom:
    """Arrays (bus, hour): headroom, what it would be at most without the limits exceeded already, and what binds.

    `overloads` are (hour, branch, outage, MW) of the base; `lack_mw` (hour) is supply missing before anything is connected.
    """

    headroom_mw: Floats
    unrelaxed_at_most_mw: Floats
    branch: NDArray[np.object_]
    outage: NDArray[np.object_]
    worth: Floats
    overloads: list[tuple[int, str, str, float]]
    lack_mw: Floats
    solves: int
    pairs: int


@dataclass(frozen=True, eq=False)
class Rule:
    """`name` managed, radius or passive; `near` (bus asked, node) says whose supply moves; `cutoff` is of passive only."""

    name: str
    adequacy: bool
    ceiling_mw: float
    cutoff: float = 0.0
    near: NDArray[np.bool_] | None = None


def bus_headroom(
    network: Network,
    hours: Sequence[GridHour],
    bus_index: NDArray[np.int64],
    rule: Rule,
    outages: Outages | None,
    planned_share: Floats,
    tell: Callable[[int, int], None],
) -> BusHeadroom:
    """Headroom of the buses in the hours; `outages` None: intact. `tell` hears how much of how much is done."""
    pool = None if outages is None else RowPool(outages)
    program = BusProgram(network, planned_share, pool, rule.adequacy, rule.ceiling_mw)
    bases = [program.base(hour) for hour in hours]
    overloads = [(number, *row) for number, base in enumerate(bases) for row in _overloads(program, base)]
    lack = np.array([base.lack_mw.sum() for base in bases])
    shape = (len(bus_index), len(hours))
    mw, bare, worth = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    branch, outage = np.full(shape, "", object), np.full(shape, "", object)
    if rule.name == "passive":
        for number, base in enumerate(bases):
            found = _passive(network, base, bus_index, rule, outages)
            mw[:, number], branch[:, number], outage[:, number], worth[:, number] = found
            tell(number + 1, len(hours))
        bare = mw.copy()
    else:
        done: dict[int, int] = {}
        for count, bus in enumerate(neighbours_in_turn(network, network.node[bus_index])):
            node = int(network.node[bus_index[bus]])
            if node in done and rule.near is None:
                for values in (mw, bare, worth, branch, outage):
                    values[bus] = values[done[node]]
                continue
            done[node] = int(bus)
            for number, base in enumerate(bases):
                program.enter(base)
                one = program.headroom(node, None if rule.near is None else rule.near[bus])
                mw[bus, number], bare[bus, number] = one.mw, one.mw - one.relaxed_mw
                branch[bus, number], outage[bus, number], worth[bus, number] = _named(program, one, rule.ceiling_mw)
            tell(count + 1, len(bus_index))
    pairs = 0 if pool is None else len(pool)
    return BusHeadroom(mw, bare, branch, outage, worth, overloads, lack, program.solves, pairs)


def neighbours_in_turn(network: Network, node: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions in `node` in the order of a walk through the network, island after island."""
    graph = abs(network.incidence.T @ network.incidence)
    turn = np.full(network.node_count, -1)
    for start in network.reference:
        walk = depth_first_order(graph, start, directed=False, return_predecessors=False)
        turn[walk] = turn.max() + 1 + np.arange(len(walk))
    return np.argsort(turn[node], kind="stable")


def _named(program: BusProgram, found: Found, ceiling_mw: float) -> tuple[str, str, float]:
    """(branch, outage, worth) of what binds; the branch may be `adequacy`, `ceiling` or nothing."""
    if found.mw > ceiling_mw - 1.0:
        return CEILING, INTACT, 1.0
    if found.worth < PRICE_NOISE or found.adequacy > found.worth:
        return ADEQUACY if found.adequacy > PRICE_NOISE else "", INTACT, found.adequacy
    return *_limit(program, found.kind, found.number), found.worth


def _limit(program: BusProgram, kind: str, number: int) -> tuple[str, str]:
    """Branch and outage of a limit."""
    network = program.network
    if kind == "branch":
        return network.branch[number], INTACT
    if kind == "link":
        return network.branch[program.link_rows[number]], network.link[program.link_of_row[number]]
    if program.pool is None:
        raise ModelError("a network without outages has no pair")
    return network.branch[program.pool.branch[number]], program.pool.outages.name(int(program.pool.outage[number]))


def _overloads(program: BusProgram, base: Base) -> list[tuple[str, str, float]]:
    """(branch, outage, MW over the limit) of the base, worst first: of each branch intact, and after the worst outage."""
    names = program.network.branch
    rows = [(names[b], INTACT, float(base.over_mw[b])) for b in np.flatnonzero(base.over_mw)]
    rows += [(names[b], outage, float(base.over_after_mw[b])) for b, outage in base.worst.items()]
    return sorted(rows, key=lambda row: -row[2])


def _passive(
    network: Network, base: Base, bus_index: NDArray[np.int64], rule: Rule, outages: Outages | None
) -> tuple[Floats, list[str], list[str], Floats]:
    """Headroom, branch, outage and sensitivity of each bus with a fixed mix: what is spare in the base, by node."""
    hour = base.hour
    supply = network.at_nodes(hour.supply_mw)
    spare = np.maximum(np.where(np.isinf(supply), 1e6, supply) - network.at_nodes(hour.demand_mw) - base.net_mw, 0.0)
    total = np.bincount(network.island, weights=spare, minlength=network.island_count)
    by_bus = ptdf(network, np.arange(network.bus_count))
    first = np.zeros(network.node_count, np.int64)
    first[network.node[::-1]] = np.arange(network.bus_count)[::-1]
    by_node = by_bus[:, first]
    member = network.island == np.arange(network.island_count)[:, None]
    mix = (spare * member) / np.maximum(total, 1e-9)[:, None]
    supplied = by_node @ mix.T
    mw, branch, outage, worth = np.zeros(len(bus_index)), [], [], np.zeros(len(bus_index))
    for i, node in enumerate(network.node[bus_index]):
        island = network.island[node]
        sensitivity = supplied[:, island] - by_node[:, node]
        found = passive_headroom(base.flow_mw, hour.limit_mw, hour.emergency_mw, sensitivity, outages, rule.cutoff)
        enough = total[island] if rule.adequacy else rule.ceiling_mw
        if found.mw > enough:
            mw[i], worth[i] = enough, 1.0
            branch.append(ADEQUACY if rule.adequacy else CEILING)
            outage.append(INTACT)
        else:
            mw[i], worth[i] = found.mw, found.sensitivity
            branch.append(network.branch[found.branch])
            outage.append(INTACT if found.outage < 0 or outages is None else outages.name(found.outage))
    return mw, branch, outage, worth
