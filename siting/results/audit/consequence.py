"""What the load causes elsewhere: the dispatch balances in every hour and keeps within its plants; each site's carbon."""

from __future__ import annotations

import xarray as xr

from ...inputs.inputs import Inputs
from ..solution import Solution
from .compare import above


def of_sites(d: xr.Dataset) -> xr.DataArray:
    """t/h by site, block and hour: carbon of what the load induces, in proportion to the import of the hour."""
    load = d["grid_imported"].sum("site")
    carbon = ((d["dispatch_with"] - d["dispatch_without"]) * d["plant_carbon_t_per_mwh"]).sum("plant")
    return d["grid_imported"] * (carbon / load.where(load > 1e-9)).fillna(0.0)


def consequence(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    if inputs.fleet is None:
        return []
    load = d["grid_imported"].sum("site")
    induced = (d["dispatch_with"] - d["dispatch_without"]).sum("plant")
    size = float(load.max())
    out = above(abs(induced + d["dispatch_rest"] - load), "what plants, stores and others give is not the load", size)
    most = xr.DataArray(inputs.fleet.available_mw, dims=("plant", "block", "hour"))
    for name in ("dispatch_with", "dispatch_without"):
        out += above(d[name].drop_vars(d[name].coords) - most, f"{name}: a plant gives more than it can", float(most.max()))
    return out
