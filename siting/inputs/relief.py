"""Relief: what levers and the edge may take away from the sites, as a bound for everything that counts work beforehand."""

from __future__ import annotations

import xarray as xr


def work_left(data: xr.Dataset) -> xr.DataArray | float:
    """The least share of each work that sites have to do, whatever the levers and the edge take away (workload,)."""
    most = data.get("most_saved", 0.0) + data.get("edge_most", 0.0)
    return (1.0 - most).clip(min=0.0) if isinstance(most, xr.DataArray) else 1.0
