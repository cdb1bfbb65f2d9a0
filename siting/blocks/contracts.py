"""Contracts: a contract is not a wire. A PPA changes money and the clean accounts, never the import.

    contracted[c] ≤ contract_offered[c],   contract_minimum[c] · signed[c] ≤ contracted[c] ≤ contract_offered[c] · signed[c]
    cost += (strike[c] − spot[t]) · contract_profile[c,t] · contracted[c]
    matched[s,t] ≤ imported[s,t],   Σ_{s in zone} matched[s,t] ≤ Σ_{c in zone} contract_profile[c,t] · contracted[c]

One contracted MWh is matched at one site once, in its own hour and its own zone; what is left is excess. `matched_new` is the
part of it from plant that counts as additional, where the study asks for additionality and not every contract is.
"""

from collections.abc import Mapping
from typing import Any

import pyomo.environ as pyo

from .given import Given
from .ledger import EVERYWHERE, Ledger


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if not given.study.contracts:
        return
    offered, least = given.contract_offered, given.contract_minimum
    b.contracted = pyo.Var(
        given.c, domain=pyo.NonNegativeReals, bounds=lambda b, c: (0, offered[c]), doc="contracted plant [MW]"
    )
    b.with_minimum = pyo.Set(initialize=[c for c in given.c if least[c] > 0], within=given.c)
    b.signed = pyo.Var(b.with_minimum, domain=pyo.Binary, doc="the contract is signed [1]")
    b.minimum_take = pyo.Constraint(b.with_minimum, rule=lambda b, c: b.contracted[c] >= least[c] * b.signed[c])
    b.only_if_signed = pyo.Constraint(b.with_minimum, rule=lambda b, c: b.contracted[c] <= offered[c] * b.signed[c])


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if not given.study.contracts:
        return
    imported = ledger.total("grid_import")
    produced = {(c, t): given.contract_profile[c, t] * b.contracted[c] for c in given.c for t in given.t}
    settled = pyo.quicksum((given.contract_strike[c] - given.spot_price[t]) * x for (c, t), x in produced.items())
    ledger.post("cost", "settled", {EVERYWHERE: settled})
    zones = _zones(given)
    new = [c for c in given.c if given.contract_new[c]]
    b.zone = pyo.Set(initialize=list(zones), ordered=True)
    b.matched = pyo.Var(given.s, given.t, domain=pyo.NonNegativeReals, doc="import matched by contracts in its hour [MW]")
    b.matches_import = pyo.Constraint(given.s, given.t, rule=lambda b, s, t: b.matched[s, t] <= imported[s, t])

    def once(column: Mapping, which: list[str]) -> Any:
        def rule(b: pyo.Block, z: str, t: int) -> object:
            sites, contracts = zones[z]
            supply = pyo.quicksum(produced[c, t] for c in contracts if c in which)
            return pyo.quicksum(column[s, t] for s in sites) <= supply if sites else pyo.Constraint.Skip

        return rule

    b.matched_once = pyo.Constraint(b.zone, given.t, rule=once(b.matched, list(given.c)))
    matched = {(s, t): b.matched[s, t] for s in given.s for t in given.t}
    for account in ("matched", "clean", "cfe"):
        ledger.post(account, "matched", matched)
    if given.study.additionality:
        if len(new) < len(given.c):
            b.matched_new = pyo.Var(
                given.s, given.t, domain=pyo.NonNegativeReals, doc="import matched by additional plant in its hour [MW]"
            )
            b.new_is_matched = pyo.Constraint(given.s, given.t, rule=lambda b, s, t: b.matched_new[s, t] <= b.matched[s, t])
            b.new_matched_once = pyo.Constraint(b.zone, given.t, rule=once(b.matched_new, new))
            matched = {i: b.matched_new[i] for i in matched}
        ledger.post("additional", "matched", matched)
    for z, (sites, contracts) in zones.items():
        supply = {(z, t): pyo.quicksum(produced[c, t] for c in contracts if c in new) for t in given.t}
        left = {
            (z, t): pyo.quicksum(produced[c, t] for c in contracts) - pyo.quicksum(b.matched[s, t] for s in sites)
            for t in given.t
        }
        name = "contracted" if z == EVERYWHERE else f"contracted {z}"
        ledger.post("procured", name, supply)
        ledger.post("excess", name, left)


def _zones(given: Given) -> dict[str, tuple[list[str], list[str]]]:
    """Delivery zone → its sites and its contracts; one zone `everywhere` where the contracts name none."""
    contracts = given.study.contracts
    if all(c.zone is None for c in contracts.values()):
        return {EVERYWHERE: (list(given.s), list(given.c))}
    zone_of = given.inputs.sites.set_index("site")["zone"].astype(str)
    zones = sorted({str(c.zone) for c in contracts.values()} | set(zone_of))
    return {z: ([s for s in given.s if zone_of[s] == z], [c for c in given.c if contracts[c].zone == z]) for z in zones}
