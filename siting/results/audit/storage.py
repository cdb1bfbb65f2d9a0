"""Storage: no energy from nothing, hour by hour, and every block hands on the level that it was given."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ...inputs.edges import edges
from ...inputs.inputs import Inputs
from ..solution import Solution
from .compare import above


def storage(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    if "storage_level" not in d:
        return []
    level, power, size = d["storage_level"], d["storage_charge"] + d["storage_discharge"], float(d["storage_energy"].max())
    start, end = _between_blocks(d)
    before = level.shift(hour=1).where(d["hour"] > d["hour"][0], start)
    into, out = d["charge_efficiency"] * d["storage_charge"], d["storage_discharge"] / d["discharge_efficiency"]
    gap = level - ((1 - d["standing_loss"]) * before + into - out)
    return [
        *above(abs(gap), "the level of a storage does not follow from charge and discharge", size),
        *above(end - level.isel(hour=-1), "a block hands on less than it was given", size),
        *above(level - d["storage_energy"], "a storage holds more than its energy", size),
        *above(power - d["storage_power"], "a storage moves more than its power", float(d["storage_power"].max())),
    ]


def _between_blocks(d: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Levels before and after each block, (site, storage, block): one level of rest, or the edges where levels are carried."""
    none = xr.full_like(d["storage_energy"], np.nan).expand_dims(block=d["block"])
    rest = d.get("storage_rest", none)
    if "storage_edge" not in d:
        return rest, rest
    start, end = edges(d["follows"].values)
    edge = d["storage_edge"]
    before, after = (edge.isel(block=which).assign_coords(block=d["block"]) for which in (start, end))
    return rest.fillna(before), rest.fillna(after)
