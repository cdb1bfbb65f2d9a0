"""The hours of operation: blocks of consecutive hours, their weights, and what the grid is like in them."""

from __future__ import annotations

from calendar import monthrange as calendar_days
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError, nearest
from ..sources.tables import read_csv
from ..study.study import Study

SERIES = {  # column of a table of hours -> variable
    "spot_price_eur_2024_per_mwh": "spot_price",
    "carbon_average_t_per_mwh": "carbon_average",
    "carbon_residual_t_per_mwh": "carbon_residual",
    "carbon_marginal_t_per_mwh": "carbon_marginal",
    "grid_clean_share": "grid_clean_share",
    "national_load_mw": "national_load",
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

    def hour_of_day(self, timezone: str = "UTC") -> np.ndarray:
        """(block, hour): hours since local midnight, with their fraction where the zone has one. A plain table starts each
        block at midnight UTC; the clocks are those of the 15th of its month."""
        times = self.time
        if times is None:
            days = np.array([f"2019-{int(m):02d}-15" for m in self.data["month"].values], "datetime64[h]")
            times = days[:, None] + np.arange(self.shape[1])
        local = pd.DatetimeIndex(times.ravel(), tz="UTC").tz_convert(timezone)
        return (local.hour + local.minute / 60).to_numpy(float).reshape(times.shape)


def of_blocks(
    weight: np.ndarray,
    month: np.ndarray,
    series: dict[str, np.ndarray],
    follows: np.ndarray | None = None,
    scenario: np.ndarray | None = None,
    probability: np.ndarray | None = None,
) -> dict[str, xr.DataArray]:
    """Arrays over (block[, hour]) with their coordinates; by default no block follows another, and there is one scenario.

    `weight` is expected occurrences in a year: of the block in its scenario, times the scenario's probability.
    """
    n_blocks = len(weight)
    n_hours = next(iter(series.values())).shape[1]
    blocks = {"block": np.arange(n_blocks)}
    out = {
        "weight": xr.DataArray(weight.astype(float), blocks, attrs={"hours": n_hours}),
        "month": xr.DataArray(month.astype(float), blocks),
        "follows": xr.DataArray(np.full(n_blocks, -1.0) if follows is None else follows.astype(float), blocks),
        "scenario": xr.DataArray(np.zeros(n_blocks) if scenario is None else scenario.astype(float), blocks),
        "probability": xr.DataArray(np.ones(n_blocks) if probability is None else probability.astype(float), blocks),
    }
    for name, values in series.items():
        out[name] = xr.DataArray(values, {**blocks, "hour": np.arange(n_hours)})
    return out


def from_table(study: Study, path: Path) -> Hours:
    """`block, hour, weight` and any of SERIES; `follows` (the block before), `scenario` and `probability` where there are any.

    Weights are occurrences in a year of the block's scenario. Raises DataError for a gap, a duplicate hour, weights that differ
    in a block, a block that follows an unknown one.
    """
    numbers = ["hour", "weight", "probability", *SERIES]
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
    first = ordered.groupby(level="block", sort=False).first()
    number = {str(name): i for i, name in enumerate(names)}
    before = first["follows"].fillna("").astype(str) if "follows" in first else pd.Series("", index=first.index)
    unknown = sorted(set(before) - set(number) - {""})
    if unknown:
        raise DataError(f"follows: there is no block {unknown[0]}; {nearest(unknown[0], list(number))}", path)
    scenarios = first["scenario"].astype(str) if "scenario" in first else pd.Series("", index=first.index)
    probability = first["probability"].to_numpy(float) if "probability" in first else np.ones(len(names))
    data = of_blocks(
        first["weight"].to_numpy(float) * probability,
        month,
        series or {"spot_price": np.zeros(shape)},
        before.map(lambda name: number.get(name, -1)).to_numpy(),
        pd.factorize(scenarios)[0],
        probability,
    )
    return Hours(data, None, {}, tuple(names))


class Window(NamedTuple):
    """Blocks (by position) of one scenario that a yearly or a monthly amount is counted over.

    `per` turns expected occurrences into the scenario's own (1 / probability). `scale` is the hours that the blocks stand for
    as a multiple of the calendar month's: representative days rarely weigh as much as their month; monthly amounts are scaled.
    """

    blocks: list[int]
    per: float
    scale: float


def windows_of(data: xr.Dataset, window: str) -> dict[str, Window]:
    """`year` or `month 7` (`… of scenario 2` where there are several) → its blocks. `window` is `year` or `month`."""
    month, scenario = data["month"].values.astype(int), data["scenario"].values.astype(int)
    several = len(set(scenario.tolist())) > 1
    out = {}
    for z in sorted(set(scenario.tolist())):
        own = np.flatnonzero(scenario == z)
        per = 1.0 / float(data["probability"].values[own[0]])
        of = f" of scenario {z}" if several else ""
        if window == "year":
            out[f"year{of}"] = Window(own.tolist(), per, 1.0)
            continue
        for m in sorted(set(month[own].tolist())):
            blocks = own[month[own] == m]
            hours = float(data["weight"].values[blocks].sum()) * per * data.sizes["hour"]
            out[f"month {m}{of}"] = Window(blocks.tolist(), per, hours / (24 * calendar_days(2019, m)[1]))
    return out
