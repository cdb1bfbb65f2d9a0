"""The accounts of the ledger: one unit each. Every *total* is at once an objective, a limit, a report line and a map layer.

A new quantity is one line here and one `post` in the block that causes it.
"""

from __future__ import annotations

from typing import NamedTuple


class Account(NamedTuple):
    unit: str
    kind: str  # handed | balanced | total
    meaning: str


ACCOUNTS: dict[str, Account] = {
    # handed over from block to block
    "it_capacity": Account("MW", "handed", "installed IT"),
    "relief": Account("1", "handed", "share of a work that no site needs to do"),
    "firm_it": Account("MW", "handed", "installed IT that the connection carries at the design hour"),
    "design_power": Account("MW", "handed", "power at the meter at the design hour"),
    "work_done": Account("MW", "handed", "work of the hour, in MW of the reference generation of chips"),
    "firm_work": Account("MW", "handed", "that part of it which the design hour must carry"),
    "chips_standing": Account("MW", "handed", "chips plugged in by generation, where some halls cannot hold some"),
    "chips_at_design": Account("MW", "handed", "power of these chips at the design hour: idle, or ready where N+1 asks for it"),
    "runs_held": Account("MW", "handed", "work of the runs that the site holds whole, where generations of chips do it"),
    "it_power": Account("MW", "handed", "IT power of the hour"),
    "work_power": Account(
        "MW", "handed", "IT power of the hour by workload or generation of chips, where some halls cannot hold some"
    ),
    "firm_work_power": Account("MW", "handed", "that part of it which the design hour must carry"),
    "water_needed": Account("m3", "handed", "water that cooling takes in the hour"),
    "recoverable_heat": Account("MW", "handed", "heat of the halls that an exchanger can hand on, by technology"),
    "grid_import": Account("MW", "handed", "power through the site's meter"),
    "grid_export": Account("MW", "handed", "power of own plant sold through the site's meter"),
    "matched": Account("MW", "handed", "import matched by contracts in its hour"),
    # balanced at every site and hour
    "power": Account("MW", "balanced", "electricity at the site's busbar"),
    # totals
    "cost": Account("EUR_2024", "total", "cost of a year, investments as annuities"),
    "cost_at_risk": Account("EUR_2024", "total", "mean cost of the worst scenarios, where the study counts risk"),
    "carbon_location": Account("t", "total", "import times the grid's average factor of the hour"),
    "carbon_market": Account("t", "total", "import not matched by contracts, times the residual factor of the hour"),
    "carbon_consequence": Account(
        "t", "total", "what the load causes elsewhere: import times a marginal factor, or the dispatch with and without it"
    ),
    "carbon_onsite": Account("t", "total", "fuel burnt on site"),
    "carbon_embodied": Account("t", "total", "carbon of halls, servers and plant, spread over their lives"),
    "carbon_counted": Account("t", "total", "the account of import that the study counts, with fuel and embodied carbon"),
    "water": Account("m3", "total", "fresh water withdrawn for cooling"),
    "water_consumed": Account("m3", "total", "water that does not come back: evaporated and drifted, fresh or reclaimed"),
    "water_reclaimed": Account("m3", "total", "reclaimed water used for cooling"),
    "water_scarcity": Account("m3_eq", "total", "fresh water withdrawn times the scarcity of its basin"),
    "heat_reused": Account("MWh", "total", "heat of the halls that is used by others, before a heat pump lifts it"),
    "clean": Account("MWh", "total", "clean energy used on site or matched by contract in the same hour"),
    "cfe": Account("MWh", "total", "carbon-free energy: clean energy, and the grid's own share of the rest of the import"),
    "additional": Account("MWh", "total", "clean energy of new plant, used on site or matched in the same hour"),
    "procured": Account("MWh", "total", "clean energy of new plant, own and contracted, whatever its hour"),
    "excess": Account("MWh", "total", "clean energy, own and contracted, that its hour has no use for: sold at spot"),
    "net_demand": Account("MWh", "total", "facility energy, heat pumps, and storage losses: charge less discharge"),
    "facility_energy": Account("MWh", "total", "electricity used by the facilities"),
    "it_energy": Account("MWh", "total", "electricity used by IT"),
    "edge_energy": Account("MWh", "total", "electricity of small places near users, at none of the sites"),
    "connection": Account("MW", "total", "grid connection"),
    "land": Account("ha", "total", "land used of the site"),
    "land_nearby": Account("ha", "total", "land leased near the site, for plant on a private wire"),
    "sites": Account("sites", "total", "open sites"),
    "penalty": Account("EUR_2024", "total", "the price of broken rules: zero in every plan that keeps them"),
}
IN_PLAN = {"connection", "land", "land_nearby", "sites"}  # totals of what stands, not of a year
YEARLY = {name for name, a in ACCOUNTS.items() if a.kind == "total"} - IN_PLAN - {"penalty"}
IN_HOURS = YEARLY - {"carbon_embodied", "cost_at_risk"} | {
    "penalty"
}  # totals that the hours may post to; the others are the plan's
MONTHLY = YEARLY - {
    "carbon_embodied",
    "carbon_counted",
    "cost",
    "cost_at_risk",
}  # totals that the hours alone post to: they may be limited per month


def unit_key(account: str, window: str = "year", of: str | None = None) -> str:
    """The unit as it stands in a study's keys: `max_<unit_key>`; with `of`, the unit of the ratio of two accounts.

    >>> unit_key("water"), unit_key("water", "month"), unit_key("it_capacity")
    ('m3_per_year', 'm3_per_month', 'mw')
    >>> unit_key("water", of="it_energy")
    'm3_per_mwh'
    """
    unit = ACCOUNTS[account].unit.lower()
    if of is not None:
        return f"{unit}_per_{ACCOUNTS[of].unit.lower()}"
    return f"{unit}_per_{window}" if account in YEARLY else unit


LIMITABLE = [name for name, a in ACCOUNTS.items() if (a.kind == "total" and name != "penalty") or name == "it_capacity"]
