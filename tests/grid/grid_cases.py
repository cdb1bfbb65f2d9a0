"""Small networks with known answers. Reactance is in per unit on 1 MVA, ratings in MW."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from siting.inputs.situations import Situation, rule
from siting.physics.network import Network, build_network
from siting.physics.outages import single_outages
from siting.physics.security import RowPool
from siting.solve.grid.check import GridCheck

BIG = 1e5


def situation(
    network: Network,
    demand: Mapping[str, float],
    supply: Mapping[str, float],
    limit: Sequence[float] | None = None,
    name: str = "hour",
    lack: float = 0.0,
) -> Situation:
    """A situation at full ratings, with demand and supply [MW] by bus name."""
    demand_mw, supply_mw = np.zeros(network.bus_count), np.zeros(network.bus_count)
    demand_mw[network.index(list(demand))] = list(demand.values())
    supply_mw[network.index(list(supply))] = list(supply.values())
    share = np.zeros(network.bus_count)
    for number in range(network.island_count):
        inside = np.where(network.island[network.node] == number, supply_mw, 0.0)
        share += inside / max(inside.sum(), 1e-9)
    return Situation(
        name=name,
        reason="known answer",
        time="",
        kind="design",
        demand_mw=demand_mw,
        supply_mw=supply_mw,
        cost_eur_per_mwh=np.zeros(network.node_count),
        planned_share=share,
        lack_mw=np.full(network.island_count, lack),
        base_flow_mw=np.zeros(network.branch_count),
        limit_mw=network.rating_mw if limit is None else np.asarray(limit, float),
        emergency_mw=network.emergency_mw,
        rating_mw=network.rating_mw,
        share_of_rating=1.0,
        overloaded=pd.DataFrame({"branch": [], "loading": []}),
        rule=rule(1.0),
    )


def triangle(r12: float, r13: float, r23: float, x23: float = 0.1) -> Network:
    reactance = np.array([0.1, 0.1, x23]) / 100
    return build_network("123", ["1-2", "1-3", "2-3"], [0, 0, 1], [1, 2, 2], reactance, [r12, r13, r23], 1.0)


def secure(
    network: Network, hour: Situation, buses: Sequence[str], lost: Literal["circuit", "branch"] = "circuit"
) -> GridCheck:
    """A check after every single outage, with supply as a limit."""
    return GridCheck(network, [hour], network.index(buses), adequacy=True, pool=RowPool(single_outages(network, lost)))


def headrooms(network: Network, hour: Situation, buses: Sequence[str], n_1: bool = False) -> list[float]:
    """Headroom [MW] of each bus alone, with supply as a limit."""
    check = secure(network, hour, buses) if n_1 else GridCheck(network, [hour], network.index(buses), adequacy=True)
    return [check.headroom(number)[0].headroom_mw for number in range(len(buses))]


def pjm_5_bus() -> tuple[Network, Situation]:
    """Li and Bo, "Small Test Systems for Power System Economic Studies" (2010): five buses, two limits."""
    names = ["AB", "AD", "AE", "BC", "CD", "DE"]
    reactance = np.array([0.0281, 0.0304, 0.0064, 0.0108, 0.0297, 0.0297]) / 100
    bus0, bus1 = [0, 0, 0, 1, 2, 3], [1, 3, 4, 2, 3, 4]
    network = build_network("ABCDE", names, bus0, bus1, reactance, [400, 0, 0, 0, 0, 240], 1.0)
    hour = situation(network, {"B": 300, "C": 300, "D": 400}, {"A": 210, "C": 520, "D": 200, "E": 600})
    return network, hour


RTS_BRANCHES = """
1-2 .0139 175, 1-3 .2112 175, 1-5 .0845 175, 2-4 .1267 175, 2-6 .192 175, 3-9 .119 175, 3-24 .0839 400 1.03,
4-9 .1037 175, 5-10 .0883 175, 6-10 .0605 175, 7-8 .0614 175, 8-9 .1651 175, 8-10 .1651 175, 9-11 .0839 400 1.03,
9-12 .0839 400 1.03, 10-11 .0839 400 1.02, 10-12 .0839 400 1.02, 11-13 .0476 500, 11-14 .0418 500, 12-13 .0476 500,
12-23 .0966 500, 13-23 .0865 500, 14-16 .0389 500, 15-16 .0173 500, 15-21 .049 500, 15-21 .049 500, 15-24 .0519 500,
16-17 .0259 500, 16-19 .0231 500, 17-18 .0144 500, 17-22 .1053 500, 18-21 .0259 500, 18-21 .0259 500,
19-20 .0396 500, 19-20 .0396 500, 20-23 .0216 500, 20-23 .0216 500, 21-22 .0678 500
"""
RTS_DEMAND = {1: 108, 2: 97, 3: 180, 4: 74, 5: 71, 6: 136, 7: 125, 8: 171, 9: 175, 10: 195, 13: 265, 14: 194}
RTS_DEMAND |= {15: 317, 16: 100, 18: 333, 19: 181, 20: 128}
RTS_SUPPLY = {1: 192, 2: 192, 7: 300, 13: 591, 15: 215, 16: 155, 18: 400, 21: 400, 22: 300, 23: 660}


def ieee_24_bus() -> tuple[Network, Situation]:
    """IEEE Reliability Test System, one area (IEEE Trans. PAS-98, 1979): ends, x on 100 MVA, rating, tap.

    Emergency ratings are Rate C of MATPOWER's case24_ieee_rts.
    """
    rows = [entry.split() for entry in RTS_BRANCHES.replace("\n", " ").split(",")]
    ends = [[int(bus) - 1 for bus in row[0].split("-")] for row in rows]
    tap = [float(row[3]) if len(row) > 3 else 1.0 for row in rows]
    reactance = [float(row[1]) * ratio / 100 for row, ratio in zip(rows, tap, strict=True)]
    names = [f"{row[0]} #{number}" for number, row in enumerate(rows)]
    buses = [str(number) for number in range(1, 25)]
    rating = [float(row[2]) for row in rows]
    weak = {"1-2": 200, "6-10": 200}
    after = [weak.get(row[0], {175: 220, 400: 600, 500: 625}[int(row[2])]) for row in rows]
    start, end = [a for a, _ in ends], [b for _, b in ends]
    network = build_network(buses, names, start, end, reactance, rating, 1.0, emergency_mva=after)
    demand = {str(bus): float(mw) for bus, mw in RTS_DEMAND.items()}
    return network, situation(network, demand, {str(bus): float(mw) for bus, mw in RTS_SUPPLY.items()})
