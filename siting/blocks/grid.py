"""Grid: the connection, firm and flexible, and what flows through the meter.

    design power[s] ≤ connection[s] + Σ_f (1 − depth[f]) · flexible[s,f]        what is never cut carries the design hour
    connection[s] + Σ_f flexible[s,f] ≤ max_connection[s] · open[s]   (a site with existing IT needs not open)
                                                                (jointly servable: cuts of the grid situations, `solve`)
    connection[s] ≥ connection[s] of the stage before
    imported[s,t] + exported[s,t] ≤ connection[s] + Σ_f (flexible[s,f] − cut[s,f,t])
    cut[s,f,t] ≤ depth[f] · flexible[s,f]
    Σ_blocks weight · Σ_t cut[s,f,t] ≤ curtailed share[f] · hours of the year · flexible[s,f]

What own plant sells leaves through the same meter. Firm MW are served in every situation of the grid. `cut` is a series of the
plan, one column for each hour of each block: rows of the grid's situation of that hour hold it, so the hours themselves stay
free of the network. Import is priced at spot plus the tariff's energy part; a connection at EUR per MW and year.
"""

import pyomo.environ as pyo

from .given import Given
from .ledger import Ledger
from .stages import keep


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.grid is None:
        return
    design_power = ledger.total("design_power")
    most = given.max_connection
    b.connection = pyo.Var(
        given.s,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, s: (0, most[s]),
        doc="firm grid connection of the site [MW]",
    )
    paid = keep(b, given, "connection")
    never_cut = {s: b.connection[s] for s in given.s}
    if given.study.grid.flexible:
        _plan_flexible(b, given, ledger)
        for s in given.s:
            never_cut[s] = b.connection[s] + sum((1 - given.flexible_depth[f]) * b.flexible[s, f] for f in given.f)
    opened = ledger.total("sites")
    b.within_largest = pyo.Constraint(
        given.s,
        rule=lambda b, s: (
            b.connection[s] + sum(b.flexible[s, f] for f in given.f) <= most[s] * (1 if given.existing_it[s] > 0 else opened[s])
        ),
    )
    b.carries_design_hour = pyo.Constraint(given.s, rule=lambda b, s: never_cut[s] >= design_power[s])
    ledger.post("connection", "connection", {s: b.connection[s] for s in given.s})
    ledger.post("cost", "connection", {s: given.connection_cost[s] * paid[s] for s in given.s})


def _plan_flexible(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    every = (given.s, given.f, given.d, given.t)
    most = given.max_connection
    b.flexible = pyo.Var(
        given.s,
        given.f,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, s, f: (0, most[s]),
        doc="flexible grid connection of the site [MW]",
    )
    b.cut = pyo.Var(*every, domain=pyo.NonNegativeReals, doc="flexible connection that the grid does not serve [MW]")
    b.within_depth = pyo.Constraint(
        *every, rule=lambda b, s, f, d, t: b.cut[s, f, d, t] <= given.flexible_depth[f] * b.flexible[s, f]
    )
    hours = float(given.weights.sum()) * len(given.t)

    def within_curtailed(b: pyo.Block, s: str, f: str) -> object:
        lost = pyo.quicksum(float(given.weights[d]) * b.cut[s, f, d, t] for d in given.blocks for t in given.t)
        return lost <= given.flexible_curtailed[f] * hours * b.flexible[s, f]

    b.within_curtailed_share = pyo.Constraint(given.s, given.f, rule=within_curtailed)
    ledger.post("connection", "flexible", {s: sum(b.flexible[s, f] for f in given.f) for s in given.s})
    cost = {s: sum(given.flexible_cost[s, f] * b.flexible[s, f] for f in given.f) for s in given.s}
    ledger.post("cost", "flexible", cost)


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.grid is None:
        return
    b.imported = pyo.Var(given.s, given.t, domain=pyo.NonNegativeReals, doc="power through the site's meter [MW]")
    exported = ledger.total("grid_export") if given.study.generation and given.study.grid.excess_sale else {}

    def within_connection(b: pyo.Block, s: str, t: int) -> object:
        served = b.connection[s]
        for f in given.f:
            served = served + b.flexible[s, f] - given.across(lambda d: b.cut[s, f, d, t])  # noqa: B023
        return b.imported[s, t] + exported.get((s, t), 0.0) <= served

    b.within_connection = pyo.Constraint(given.s, given.t, rule=within_connection)
    imported = {(s, t): b.imported[s, t] for s in given.s for t in given.t}
    ledger.post("power", "imported", imported)
    ledger.post("grid_import", "imported", imported)
    ledger.post("cost", "energy", {(s, t): given.spot_price[t] * x for (s, t), x in imported.items()})
    ledger.post("cost", "tariff", {(s, t): given.energy_tariff * x for (s, t), x in imported.items()})
