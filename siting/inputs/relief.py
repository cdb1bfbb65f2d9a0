"""Relief: what levers, the edge and better chips may take away from the sites: a bound for all that counts work beforehand."""

from __future__ import annotations

import xarray as xr


def work_left(data: xr.Dataset) -> xr.DataArray | float:
    """The least MW of IT that a MW of each work takes at the sites, whatever the levers and the edge take away, and with the
    best chips (workload,)."""
    most, best = data.get("most_saved", 0.0) + data.get("edge_most", 0.0), float(data.get("chip_best", 1.0))
    return (1.0 - most).clip(min=0.0) / best if isinstance(most, xr.DataArray) else 1.0 / best
