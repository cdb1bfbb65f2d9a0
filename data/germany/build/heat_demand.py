"""Demand for heat at the large cities: SYNTHETIC, from populations alone. For showing heat reuse, not for a real study."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .archives import Archives
from .checks import Checks

MWH_PER_PERSON = 1.6  # district heat of Germany, about 130 TWh a year, over 83 million people
HOT_WATER_SHARE = 0.3
SUPPLY_C = 80.0
PRICE = 25.0  # EUR_2024/MWh: waste heat is told to be sold at 12-30
SOURCE = (
    f"synthetic: population x {MWH_PER_PERSON} MWh a person (district heat of Germany, about 130 TWh, over 83 million people); "
    "hot-water share, supply temperature and price are assumed"
)


def build(archives: Archives, out: Path, checks: Checks) -> None:
    """Write heat_demand.csv from cities.csv (part geography)."""
    cities = pd.read_csv(out / "cities.csv")
    table = pd.DataFrame(
        {
            "place": cities["name"],
            "lon": cities["lon"],
            "lat": cities["lat"],
            "heat_mwh_per_year": (cities["population"] * MWH_PER_PERSON).round(-3),
            "hot_water_share": HOT_WATER_SHARE,
            "supply_c": SUPPLY_C,
            "price_eur_2024_per_mwh": PRICE,
            "source": SOURCE,
        }
    )
    table.to_csv(out / "heat_demand.csv", index=False)
    twh = table["heat_mwh_per_year"].sum() / 1e6
    checks.add("heat", "demand for heat (synthetic)", "heat_mwh_per_year", "year", "sum", twh, "TWh", len(table))
