"""Contracts: a contract is not a wire. A PPA changes money and the clean account, never the import.

    contracted[c] ≤ contract_offered[c]
    cost += (strike[c] − spot[t]) · contract_profile[c,t] · contracted[c]
    matched[t] ≤ Σ_s imported[s,t],   matched[t] ≤ Σ_c contract_profile[c,t] · contracted[c]
    carbon_market += (Σ_s imported[s,t] − matched[t]) · carbon_residual[t]

One contracted MWh is matched once, in its own hour, anywhere in the portfolio (one bidding zone).
"""

import pyomo.environ as pyo

from .given import Given
from .ledger import EVERYWHERE, Ledger


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.contracts:
        b.contracted = pyo.Var(
            given.c,
            domain=pyo.NonNegativeReals,
            bounds=lambda b, c: (0, given.contract_offered[c]),
            doc="contracted plant [MW]",
        )


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.grid is None:
        return
    imported = ledger.total("grid_import")
    if not given.study.contracts:
        ledger.post("carbon_market", "imported", {(s, t): given.carbon_residual[t] * imported[s, t] for s, t in imported})
        return
    b.matched = pyo.Var(given.t, domain=pyo.NonNegativeReals, doc="import matched by contracts in its hour [MW]")
    b.matches_import = pyo.Constraint(given.t, rule=lambda b, t: b.matched[t] <= pyo.quicksum(imported[s, t] for s in given.s))
    b.matched_once = pyo.Constraint(
        given.t,
        rule=lambda b, t: b.matched[t] <= pyo.quicksum(given.contract_profile[c, t] * b.contracted[c] for c in given.c),
    )
    settled = pyo.quicksum(
        (given.contract_strike[c] - given.spot_price[t]) * given.contract_profile[c, t] * b.contracted[c]
        for c in given.c
        for t in given.t
    )
    ledger.post("cost", "settled", {EVERYWHERE: settled})
    ledger.post("clean", "matched", {EVERYWHERE: pyo.quicksum(b.matched[t] for t in given.t)})
    ledger.post("carbon_market", "imported", {(s, t): given.carbon_residual[t] * imported[s, t] for s, t in imported})
    matched = pyo.quicksum(given.carbon_residual[t] * b.matched[t] for t in given.t)
    ledger.post("carbon_market", "matched", {EVERYWHERE: -matched})
