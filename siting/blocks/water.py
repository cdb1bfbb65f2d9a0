"""Water: what cooling takes comes fresh from the basin of the site, or reclaimed where the study has it.

    reclaimed[s,t] ≤ max_reclaimed[s],   reclaimed[s,t] ≤ needed[s,t]
    fresh[s,t] = needed[s,t] − reclaimed[s,t]
    water += fresh,   water_scarcity += scarcity[s] · fresh,   water_reclaimed += reclaimed
    cost += water_price[s] · fresh + reclaimed_price · reclaimed
    power −= reclaimed_energy · reclaimed                        treatment and pumping are power of the facility

Limits per basin and month are limits on `water` (see `limits`). Reclaimed water is never a must: every hour stays feasible.
"""

import pyomo.environ as pyo

from .given import Given
from .ledger import Ledger


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    pass


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.cooling is None:
        return
    fresh = ledger.total("water_needed")
    if given.has("max_reclaimed"):
        needed = fresh
        b.reclaimed = pyo.Var(
            given.s,
            given.t,
            domain=pyo.NonNegativeReals,
            bounds=lambda b, s, t: (0, given.max_reclaimed[s]),
            doc="reclaimed water used [m3/h]",
        )
        b.no_more_than_needed = pyo.Constraint(given.s, given.t, rule=lambda b, s, t: b.reclaimed[s, t] <= needed[s, t])
        reclaimed = {(s, t): b.reclaimed[s, t] for s in given.s for t in given.t}
        power = {i: given.reclaimed_energy * x for i, x in reclaimed.items()}
        ledger.post("water_reclaimed", "reclaimed", reclaimed)
        ledger.post("cost", "reclaimed", {i: given.reclaimed_price * x for i, x in reclaimed.items()})
        ledger.post("power", "reclaimed", {i: -x for i, x in power.items()})
        for account in ("facility_energy", "net_demand"):
            ledger.post(account, "reclaimed", power)
        fresh = {i: needed[i] - x for i, x in reclaimed.items()}
    ledger.post("water", "fresh", fresh)
    ledger.post("cost", "fresh", {(s, t): given.water_price[s] * x for (s, t), x in fresh.items()})
    if given.has("scarcity"):
        ledger.post("water_scarcity", "fresh", {(s, t): given.scarcity[s] * x for (s, t), x in fresh.items()})
