"""Prices that change with the years: what stands is paid for at the price of the year in which it was bought."""

from __future__ import annotations

import xarray as xr

from ..solution import Solution
from .compare import above, paid_for

PRICES = {
    "generation_built": "plant_price", "storage_power": "storage_power_price", "storage_energy": "storage_energy_price",
}  # fmt: skip


def prices(s: Solution) -> list[str]:
    """Over all stages; of a study of one year, in it."""
    d, out = s.data, []
    for name, price in PRICES.items():
        if price not in d:
            continue
        block, _, component = name.partition("_")
        told, paid = d[f"{block}_priced_{component}"], paid_for(d, name)
        if s.stages:
            first = paid.isel(stage=[0])
            bought = xr.concat([first, paid.diff("stage")], "stage")
            due = (bought * d[price]).cumsum("stage")
        else:
            due = paid * d[price]
        out += above(abs(told - due), f"{name} is not paid for at the prices of its years", float(abs(due).max()))
    return out
