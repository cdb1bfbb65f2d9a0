"""Grid: the connection and what flows through the meter.

    design power[s] ≤ connection[s] ≤ max_connection[s]         (jointly servable: cuts of the grid situations, `solve`)
    imported[s,t] + exported[s,t] ≤ connection[s]               what own plant sells leaves through the same meter

Import is priced at spot plus the tariff's energy part; the connection at EUR per MW and year (tariff and spur line).
"""

import pyomo.environ as pyo

from .given import Given
from .ledger import Ledger


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.grid is None:
        return
    design_power = ledger.total("design_power")
    b.connection = pyo.Var(
        given.s,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, s: (0, given.max_connection[s]),
        doc="grid connection of the site [MW]",
    )
    b.carries_design_hour = pyo.Constraint(given.s, rule=lambda b, s: b.connection[s] >= design_power[s])
    ledger.post("connection", "connection", {s: b.connection[s] for s in given.s})
    ledger.post("cost", "connection", {s: given.connection_cost[s] * b.connection[s] for s in given.s})


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.grid is None:
        return
    b.imported = pyo.Var(given.s, given.t, domain=pyo.NonNegativeReals, doc="power through the site's meter [MW]")
    exported = ledger.total("grid_export") if given.study.generation and given.study.grid.excess_sale else {}
    b.within_connection = pyo.Constraint(
        given.s, given.t, rule=lambda b, s, t: b.imported[s, t] + exported.get((s, t), 0.0) <= b.connection[s]
    )
    imported = {(s, t): b.imported[s, t] for s in given.s for t in given.t}
    ledger.post("power", "imported", imported)
    ledger.post("grid_import", "imported", imported)
    ledger.post("cost", "energy", {(s, t): given.spot_price[t] * x for (s, t), x in imported.items()})
    ledger.post("cost", "tariff", {(s, t): given.energy_tariff * x for (s, t), x in imported.items()})
