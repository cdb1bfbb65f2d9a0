"""The hours of operation: blocks of consecutive hours, their weights, and what the grid is like in them."""

from __future__ import annotations

from calendar import monthrange as calendar_days
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError
from ..sources.tables import read_csv
from ..study.study import Study

SERIES = {  # column of a table of hours -> variable
    "spot_price_eur_2024_per_mwh": "spot_price",
    "carbon_average_t_per_mwh": "carbon_average",
    "carbon_residual_t_per_mwh": "carbon_residual",
    "carbon_marginal_t_per_mwh": "carbon_marginal",
    "grid_clean_share": "grid_clean_share",
}


class Hours(NamedTuple):
    """`time` is (block, hour), UTC, hour beginning; None for a plain table. `notes` explain the choice of days."""

    data: dict[str, xr.DataArray]
    time: np.ndarray | None
    notes: dict[str, pd.DataFrame]
    names: tuple = ()  # of the blocks, as a table of hours calls them

    @property
    def shape(self) -> tuple[int, int]:
        n_blocks = self.data["weight"].sizes["block"]
        return n_blocks, int(self.data["weight"].attrs["hours"])

    def hour_of_day(self) -> np.ndarray:
        """(block, hour), UTC; a plain table starts each block at midnight."""
        if self.time is None:
            n_blocks, n_hours = self.shape
            return np.tile(np.arange(n_hours) % 24, (n_blocks, 1))
        return pd.DatetimeIndex(self.time.ravel()).hour.to_numpy().reshape(self.time.shape)


def of_blocks(weight: np.ndarray, month: np.ndarray, series: dict[str, np.ndarray]) -> dict[str, xr.DataArray]:
    """Arrays over (block[, hour]) with their coordinates."""
    n_blocks = len(weight)
    n_hours = next(iter(series.values())).shape[1]
    blocks = {"block": np.arange(n_blocks)}
    out = {
        "weight": xr.DataArray(weight.astype(float), blocks, attrs={"hours": n_hours}),
        "month": xr.DataArray(month.astype(float), blocks),
    }
    for name, values in series.items():
        out[name] = xr.DataArray(values, {**blocks, "hour": np.arange(n_hours)})
    return out


def from_table(study: Study, path: Path) -> Hours:
    """`block, hour, weight` and any of SERIES. Raises DataError for a gap, a duplicate hour, weights that differ in a block."""
    numbers = ["hour", "weight", *SERIES]
    table = read_csv(path, ["block", "hour", "weight"], numbers, ["block", "hour"])
    names = list(dict.fromkeys(table["block"]))
    n_hours = int(table.groupby("block").size().max())
    problems = []
    for block, rows in table.groupby("block"):
        gaps = sorted(set(range(n_hours)) - set(rows["hour"].astype(int)))
        if gaps:
            problems.append(f"block {block}: hour {gaps[0]} is missing (every block needs hours 0 to {n_hours - 1})")
        if rows["weight"].nunique() > 1:
            problems.append(f"block {block}: its hours have different weights")
    if problems:
        raise DataError(problems, path)
    ordered = table.set_index(["block", "hour"]).loc[[(b, h) for b in names for h in range(n_hours)]]
    shape = (len(names), n_hours)
    series = {v: ordered[c].to_numpy(float).reshape(shape) for c, v in SERIES.items() if c in ordered}
    if "carbon_residual" not in series and "carbon_average" in series:
        series["carbon_residual"] = series["carbon_average"]
    month = ordered["month"].to_numpy().reshape(shape)[:, 0] if "month" in ordered else np.ones(len(names))
    weight = ordered["weight"].to_numpy(float).reshape(shape)[:, 0]
    data = of_blocks(weight, month, series or {"spot_price": np.zeros(shape)})
    return Hours(data, None, {}, tuple(names))


def months_of(data: xr.Dataset) -> dict[str, tuple[list[int], float]]:
    """`month 7` → its blocks (by position) and the hours that they stand for, as a multiple of the calendar month's.

    Representative days rarely weigh as much as their month: a monthly amount is scaled by this number.
    """
    month, hours = data["month"].values.astype(int), data["weight"].values * data.sizes["hour"]
    out = {}
    for m in sorted(set(month.tolist())):
        blocks = np.flatnonzero(month == m)
        calendar = 24 * calendar_days(2019, m)[1]
        out[f"month {m}"] = (blocks.tolist(), float(hours[blocks].sum() / calendar))
    return out
