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
    "firm_it": Account("MW", "handed", "installed IT that the connection carries at the design hour"),
    "design_power": Account("MW", "handed", "power at the meter at the design hour"),
    "it_power": Account("MW", "handed", "IT power of the hour"),
    "grid_import": Account("MW", "handed", "power through the site's meter"),
    # balanced at every site and hour
    "power": Account("MW", "balanced", "electricity at the site's busbar"),
    # totals
    "cost": Account("EUR_2024", "total", "cost of a year, investments as annuities"),
    "carbon_location": Account("t", "total", "import times the grid's average factor of the hour"),
    "carbon_market": Account("t", "total", "import not matched by contracts, times the residual factor of the hour"),
    "carbon_embodied": Account("t", "total", "carbon of halls, servers and plant, spread over their lives"),
    "water": Account("m3", "total", "water withdrawn for cooling"),
    "clean": Account("MWh", "total", "clean energy used on site or matched by contract in the same hour"),
    "net_demand": Account("MWh", "total", "facility energy and storage losses: charge less discharge"),
    "facility_energy": Account("MWh", "total", "electricity used by the facilities"),
    "it_energy": Account("MWh", "total", "electricity used by IT"),
    "connection": Account("MW", "total", "grid connection"),
    "land": Account("ha", "total", "land used"),
    "sites": Account("sites", "total", "open sites"),
    "penalty": Account("EUR_2024", "total", "the price of broken rules: zero in every plan that keeps them"),
}
YEARLY = {
    "cost", "carbon_location", "carbon_market", "carbon_embodied", "water", "clean", "net_demand",
    "facility_energy", "it_energy",
}  # fmt: skip
IN_HOURS = YEARLY - {"carbon_embodied"} | {"penalty"}  # totals that the hours may post to; the others are the plan's
MONTHLY = YEARLY - {"carbon_embodied", "cost"}  # totals that the hours alone post to: they may be limited per month


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
