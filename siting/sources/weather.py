"""Weather grids: NetCDF with the project's own variables on a regular lon/lat grid, UTC, hour beginning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError, nearest

UNITS = {
    "dry_bulb_c": "degC",
    "dew_point_c": "degC",
    "pressure_pa": "Pa",
    "ghi_w_per_m2": "W m-2",
    "dni_w_per_m2": "W m-2",
    "dhi_w_per_m2": "W m-2",
    "wind_speed_m_per_s": "m s-1",
}

WIND_HEIGHT_M = 10.0  # of wind_speed_m_per_s


def open_grid(path: Path, needed: Sequence[str] = tuple(UNITS)) -> xr.Dataset:
    """Open a grid and check it.

    Raises DataError with every problem: a missing variable, a wrong unit, hours that are missing or stand there twice.
    Gaps between whole months are allowed (observed months), gaps inside a day are not.
    """
    if not path.is_file():
        raise DataError("there is no such file", path)
    try:
        grid = xr.open_dataset(path, engine="h5netcdf")
    except (OSError, ValueError) as e:
        raise DataError(f"not a NetCDF-4 file: {e}", path) from None
    problems = [f"variable '{v}' is missing; {nearest(v, map(str, grid.data_vars))}" for v in needed if v not in grid]
    problems += [f"dimension '{d}' is missing (time, lat, lon)" for d in ("time", "lat", "lon") if d not in grid.dims]
    if problems:
        raise DataError(problems, path)
    for name in needed:
        unit = grid[name].attrs.get("units")
        if unit is None or unit.replace(" ", "") not in {UNITS[name].replace(" ", ""), UNITS[name].replace(" m-2", "/m2")}:
            problems.append(f"{name} has the unit '{unit}', expected '{UNITS[name]}'")
    problems += _clock(pd.DatetimeIndex(grid["time"].values))
    if problems:
        raise DataError(problems, path)
    return grid


def _clock(time: pd.DatetimeIndex) -> list[str]:
    problems = []
    for t in time[time.duplicated()][:3]:
        problems.append(f"the hour {t} stands there twice")
    step = np.diff(time.values).astype("timedelta64[h]").astype(int)
    for i in np.flatnonzero((step > 1) & (step < 48))[:3]:
        problems.append(f"{step[i] - 1} hours are missing after {time[i]}; a gap is never filled silently")
    if (step < 0).any():
        problems.append("time does not increase")
    return problems


def at_sites(
    grid: xr.Dataset,
    lon: np.ndarray,
    lat: np.ndarray,
    names: Sequence[str],
    path: Path,
    variables: Sequence[str] = tuple(UNITS),
    within_cells: float = 1.5,
) -> xr.Dataset:
    """The cell that encloses each site, or the nearest with land `within_cells` cells away; dims (cell, time), `cell_of_site`.

    Raises DataError naming every site that the grid does not cover.
    """
    grid = grid[list(variables)].load()  # whole variables: reading scattered cells from compressed chunks is far slower
    probe = grid[variables[0]].isel(time=0)
    land = np.argwhere(np.isfinite(probe.transpose("lat", "lon").values))
    cell_lat, cell_lon = grid["lat"].values[land[:, 0]], grid["lon"].values[land[:, 1]]
    size = abs(float(np.diff(grid["lat"].values).mean()))
    east = (lon[:, None] - cell_lon) * np.cos(np.radians(lat))[:, None]
    away = np.hypot(lat[:, None] - cell_lat, east)
    best = away.argmin(axis=1)
    far = np.flatnonzero(away[np.arange(len(lon)), best] > within_cells * size)
    if len(far):
        raise DataError(
            [
                f"the weather grid does not cover site '{names[i]}' ({lat[i]:.2f} N, {lon[i]:.2f} E); "
                f"the nearest cell is {away[i, best[i]]:.1f} degrees away"
                for i in far[:10]
            ],
            path,
        )
    cells, which = np.unique(best, return_inverse=True)
    index_lat, index_lon = xr.DataArray(land[cells, 0], dims="cell"), xr.DataArray(land[cells, 1], dims="cell")
    picked = grid.isel(lat=index_lat, lon=index_lon).transpose("cell", "time")
    for name, a in picked.data_vars.items():
        if not np.isfinite(a.values).all():
            cell = int(np.argwhere(~np.isfinite(a.values))[0, 0])
            at = f"{cell_lat[cells[cell]]:.2f} N, {cell_lon[cells[cell]]:.2f} E"
            raise DataError(f"{name} has hours without a value in the cell at {at}", path)
    return picked.assign_coords(cell_of_site=("site", which), site=("site", list(names)))
