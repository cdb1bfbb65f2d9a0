"""Generation behind the meter: PV and wind at the site; only this plant, and import, enter the site's busbar.

built[s,g] ≤ max_plant[s,g]
used[s,g,t] ≤ availability[s,g,t] · built[s,g]              the rest is curtailed
"""

import pyomo.environ as pyo

from .given import Given
from .ledger import Ledger


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if not given.study.generation:
        return
    b.built = pyo.Var(
        given.s,
        given.g,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, s, g: (0, given.max_plant[s, g]),
        doc="plant built behind the meter [MW]",
    )
    for account, rate in (("cost", given.plant_cost), ("carbon_embodied", given.plant_carbon), ("land", given.plant_land)):
        ledger.post(account, "plant", {s: sum(rate[g] * b.built[s, g] for g in given.g) for s in given.s})
    rent = {s: given.land_rent[s] * sum(given.plant_land[g] * b.built[s, g] for g in given.g) for s in given.s}
    ledger.post("cost", "land", rent)


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if not given.study.generation:
        return
    b.used = pyo.Var(given.s, given.g, given.t, domain=pyo.NonNegativeReals, doc="power used of the site's own plant [MW]")
    b.within_weather = pyo.Constraint(
        given.s,
        given.g,
        given.t,
        rule=lambda b, s, g, t: b.used[s, g, t] <= given.availability[s, g, t] * b.built[s, g],
    )
    used = {(s, t): sum(b.used[s, g, t] for g in given.g) for s in given.s for t in given.t}
    ledger.post("power", "own_plant", used)
    ledger.post("clean", "own_plant", used)
