"""Generation behind the meter: sun and wind, firm clean plant, backup. Only this plant, and import, enter the site's busbar.

    built[s,g] ≤ max_plant[s,g] · open[s]                       (a site with existing IT needs not open)
    built[s,g] ≥ built[s,g] of the stage before
    cost += plant_cost[g] · built[s,g]                          at the prices of its years: `stages.priced`
    used[s,g,t] + sold[s,g,t] ≤ availability[s,g,t] · built[s,g]              the rest is curtailed
    cost += plant_variable_cost[g] · (used + sold) − (spot_price[t] − sale_fee) · sold
    carbon_onsite += plant_direct_carbon[g] · used                            fuel burnt

Clean plant may sell what the site does not use, where the study allows excess sale: it leaves through the meter and never
enters the busbar. The energy limit of backup generation is shared out over the blocks by the plan:

    Σ_t used[s,g,t] ≤ energy_share[s,g,block]
    Σ_{blocks of a scenario's year} weight · energy_share ≤ plant_full_load_hours[g] · built[s,g]
"""

from typing import Any

import pyomo.environ as pyo

from ..inputs.hours import windows_of
from .given import Given
from .ledger import Ledger
from .stages import keep, priced

ALL_HOURS = 8760.0


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
    paid = keep(b, given, "built")
    opened = ledger.total("sites")
    new = [s for s in given.s if given.existing_it[s] == 0]
    b.behind_an_open_meter = pyo.Constraint(
        new, given.g, rule=lambda b, s, g: b.built[s, g] <= given.max_plant[s, g] * opened[s]
    )
    at_price = priced(b, given, "built", paid, "plant_price")
    ledger.post("cost", "plant", {s: sum(given.plant_cost[g] * at_price[s, g] for g in given.g) for s in given.s})
    for account, rate in (
        ("carbon_embodied", given.plant_carbon),
        ("land", given.plant_land),
        ("land_nearby", given.plant_land_nearby),
    ):
        ledger.post(account, "plant", {s: sum(rate[g] * paid[s, g] for g in given.g) for s in given.s})
    rent = {s: given.land_rent[s] * sum(given.plant_land[g] * paid[s, g] for g in given.g) for s in given.s}
    ledger.post("cost", "land", rent)
    b.limited = pyo.Set(initialize=[g for g in given.g if given.plant_full_load_hours[g] < ALL_HOURS], within=given.g)
    b.energy_share = pyo.Var(
        given.s,
        b.limited,
        given.d,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, s, g, d: (0, len(given.t) * given.max_plant[s, g]),
        doc="energy of the plant in one occurrence of the block [MWh]",
    )

    years = windows_of(given.inputs.data.isel(block=given.chosen), "year")
    b.year = pyo.Set(initialize=list(years), ordered=True)

    def within_full_load_hours(b: pyo.Block, s: str, g: str, y: str) -> object:
        energy = pyo.quicksum(float(given.weights[d] * years[y].per) * b.energy_share[s, g, d] for d in years[y].blocks)
        return energy <= given.plant_full_load_hours[g] * b.built[s, g]

    b.within_full_load_hours = pyo.Constraint(given.s, b.limited, b.year, rule=within_full_load_hours)


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if not given.study.generation:
        return
    assert given.study.grid is not None
    clean = [g for g in given.g if given.plant_clean[g]]
    sale = given.study.grid.excess_sale
    b.sells = pyo.Set(initialize=clean if sale else [], within=given.g)
    b.used = pyo.Var(given.s, given.g, given.t, domain=pyo.NonNegativeReals, doc="power used of the site's own plant [MW]")
    b.sold = pyo.Var(given.s, b.sells, given.t, domain=pyo.NonNegativeReals, doc="power sold of the site's own plant [MW]")

    def given_off(s: str, g: str, t: int) -> Any:
        return b.used[s, g, t] + (b.sold[s, g, t] if g in b.sells else 0.0)

    b.within_weather = pyo.Constraint(
        given.s,
        given.g,
        given.t,
        rule=lambda b, s, g, t: given_off(s, g, t) <= given.availability[s, g, t] * b.built[s, g],
    )
    b.within_energy_share = pyo.Constraint(
        given.s,
        b.limited,
        rule=lambda b, s, g: pyo.quicksum(b.used[s, g, t] for t in given.t) <= given.across(lambda d: b.energy_share[s, g, d]),
    )
    every = [(s, t) for s in given.s for t in given.t]
    ledger.post("power", "own_plant", {(s, t): sum(b.used[s, g, t] for g in given.g) for s, t in every})
    used = {(s, t): pyo.quicksum(b.used[s, g, t] for g in clean) for s, t in every}
    for account in ("clean", "cfe") + (("additional",) if given.study.additionality else ()):
        ledger.post(account, "own_plant", used)
    ledger.post("procured", "own_plant", {(s, t): pyo.quicksum(given_off(s, g, t) for g in clean) for s, t in every})
    running = [g for g in given.g if given.plant_variable_cost[g]]
    cost = {(s, t): sum(given.plant_variable_cost[g] * given_off(s, g, t) for g in running) for s, t in every}
    burning = [g for g in given.g if given.plant_direct_carbon[g]]
    fuel = {(s, t): sum(given.plant_direct_carbon[g] * b.used[s, g, t] for g in burning) for s, t in every}
    ledger.post("cost", "running", cost if running else {})
    ledger.post("carbon_onsite", "fuel", fuel if burning else {})
    if sale:
        sold = {(s, t): pyo.quicksum(b.sold[s, g, t] for g in b.sells) for s, t in every}
        ledger.post("grid_export", "sold", sold)
        ledger.post("excess", "sold", sold)
        fee = sale.fee_eur_2024_per_mwh
        ledger.post("cost", "sold", {(s, t): (fee - given.spot_price[t]) * sold[s, t] for s, t in every})
