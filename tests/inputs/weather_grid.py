"""A tiny weather grid of 3 x 3 cells, in the project's variables and units; synthetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from siting.sources.weather import UNITS


def grid(n_hours: int = 48) -> xr.Dataset:
    """Cells at 50, 51, 52 N and 9, 10, 11 E."""
    rng = np.random.default_rng(5)
    typical = {"dry_bulb_c": 10, "dew_point_c": 5, "pressure_pa": 101_000, "wind_speed_m_per_s": 5}
    coords = {
        "time": pd.date_range("2021-06-01", periods=n_hours, freq="h"),
        "lat": [50.0, 51.0, 52.0],
        "lon": [9.0, 10.0, 11.0],
    }
    parts = {
        name: xr.DataArray(typical.get(name, 200) + rng.uniform(0, 1, (n_hours, 3, 3)), coords, attrs={"units": unit})
        for name, unit in UNITS.items()
    }
    return xr.Dataset(parts)


def write(data: xr.Dataset, folder: Path) -> Path:
    path = folder / "weather.nc"
    data.to_netcdf(path, engine="h5netcdf")
    return path
