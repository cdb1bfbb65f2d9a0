"""ERA5 and ERA5-Land NetCDF as Copernicus hands it out: one file, or a folder of files with parts of variables or time.

Instantaneous values are taken at the beginning of the hour. Radiation is labelled by the end of its hour and is moved
to the hour's beginning; it may be accumulated over the hour (ERA5, J/m2), accumulated since midnight (ERA5-Land), or
de-accumulated already (W/m2). Which of the first two it is shows in the afternoon: only an accumulation since midnight
never falls.

The model behind ERA5 computes a lake (FLake; Choulga et al. 2019, HESS 23:4051) in every cell, also where there is none:
its temperature is kept where `cl` says that at least LAKE_FROM of the cell is inland water."""

from __future__ import annotations

from pathlib import Path

import dask
import numpy as np
import pandas as pd
import xarray as xr

from ...errors import DataError
from .sun import beam_normal, sine_of_height
from .variables import converted, from_hour_ending

DOWNLOAD = {  # the project's variable <- short names in the file, and the names in the Copernicus form
    "dry_bulb_c": ("t2m", "2m_temperature"),
    "dew_point_c": ("d2m", "2m_dewpoint_temperature"),
    "pressure_pa": ("sp", "surface_pressure"),
    "ghi_w_per_m2": ("ssrd", "surface_solar_radiation_downwards"),
    "dni_w_per_m2": ("ssrd and fdir", "total_sky_direct_solar_radiation_at_surface"),
    "dhi_w_per_m2": ("ssrd and fdir", "total_sky_direct_solar_radiation_at_surface"),
    "wind_speed_m_per_s": ("u10 and v10", "10m_u_component_of_wind, 10m_v_component_of_wind"),
    "wind_speed_100m_m_per_s": ("u100 and v100", "100m_u_component_of_wind, 100m_v_component_of_wind"),
    "sea_temperature_c": ("sst", "sea_surface_temperature"),
    "lake_temperature_c": ("lmlt and cl", "lake_mix_layer_temperature, lake_cover"),
    "elevation_m": ("z", "geopotential"),
}
CHUNK = "32MiB"  # of a variable in memory; a few stand there at once
KNOWN = {"t2m", "d2m", "sp", "ssrd", "fdir", "u10", "v10", "u100", "v100", "ws10", "ws100", "sst", "lmlt", "cl", "z"}
LAKE_FROM = 0.01  # of a cell of 30 km: a lake of some 7 km2


def read_era5(path: Path) -> xr.Dataset:
    """What the file or folder has, lazily, as the project's variables on (time, lat, lon)."""
    raw = _opened(path)
    problems: list[str] = []
    out: dict[str, xr.DataArray] = {}

    def take(name: str, a: xr.DataArray, unit: str | None = None) -> None:
        try:
            out[name] = converted(a, name, unit)
        except ValueError as e:
            problems.append(str(e))

    for name, short in (("dry_bulb_c", "t2m"), ("dew_point_c", "d2m"), ("pressure_pa", "sp"), ("sea_temperature_c", "sst")):
        if short in raw:
            take(name, raw[short])
    for name, height in (("wind_speed_m_per_s", "10"), ("wind_speed_100m_m_per_s", "100")):
        east, north = f"u{height}", f"v{height}"
        if f"ws{height}" in raw:
            take(name, raw[f"ws{height}"])
        elif {east, north} <= set(raw):
            speed = xr.apply_ufunc(np.hypot, raw[east], raw[north], dask="allowed")
            take(name, speed, raw[east].attrs.get("units"))
    if {"lmlt", "cl"} <= set(raw):
        cover = raw["cl"].isel(time=0, drop=True) if "time" in raw["cl"].dims else raw["cl"]
        take("lake_temperature_c", raw["lmlt"].where(cover >= LAKE_FROM), raw["lmlt"].attrs.get("units"))
    elif "lmlt" in raw:
        problems.append(missing("lake_temperature_c"))
    if "z" in raw:
        height_of = raw["z"].isel(time=0, drop=True) if "time" in raw["z"].dims else raw["z"]
        take("elevation_m", height_of)
    if "ssrd" in raw:
        take("ghi_w_per_m2", _of_the_hour(raw["ssrd"]), raw["ssrd"].attrs.get("units"))
    if {"ssrd", "fdir"} <= set(raw) and not problems:
        beam = converted(_of_the_hour(raw["fdir"]), "dni_w_per_m2", raw["fdir"].attrs.get("units"))
        take("dhi_w_per_m2", (out["ghi_w_per_m2"] - beam).clip(min=0.0), "W m-2")
        take("dni_w_per_m2", beam_normal(beam, sine_of_height(raw["time"], raw["lat"], raw["lon"])), "W m-2")
    if problems:
        raise DataError(problems, path)
    out = {name: a.transpose(*(d for d in ("time", "lat", "lon") if d in a.dims)) for name, a in out.items()}
    return xr.Dataset(out, attrs={"time": "UTC, hour beginning", "source": "ERA5, Copernicus Climate Change Service"})


def missing(name: str) -> str:
    """What to download for a variable."""
    short, form = DOWNLOAD[name]
    return f"{name} comes from {short}; download {form} as well"


def _opened(path: Path) -> xr.Dataset:
    files = sorted(p for p in path.glob("*.nc")) if path.is_dir() else [path]
    parts = []
    for file in files:
        try:
            with dask.config.set({"array.chunk-size": CHUNK}):
                part = xr.open_dataset(file, chunks="auto")
        except (OSError, ValueError) as e:
            raise DataError(f"not a NetCDF file (a zip has to be unzipped first): {e}", file) from None
        part = part[[v for v in part if v in KNOWN]]
        if part.data_vars:
            parts.append(_named(part))
    if not parts:
        raise DataError(f"no variable of ERA5 ({', '.join(sorted(KNOWN))}) is in it", path)
    try:
        return xr.combine_by_coords(parts, combine_attrs="drop_conflicts", join="exact" if len(parts) > 1 else "outer")  # type: ignore[return-value]
    except ValueError as e:
        raise DataError(f"the files do not fit together (other cells or hours?): {e}", path) from None


def _named(part: xr.Dataset) -> xr.Dataset:
    """Dimensions by the project's names, in ascending order; both versions of recent months joined."""
    names = {"valid_time": "time", "latitude": "lat", "longitude": "lon"}
    part = part.rename({k: v for k, v in names.items() if k in part.dims or k in part.coords})
    if "expver" in part.dims:  # ERA5 proper and its preliminary months: each is empty where the other is not
        part = part.max("expver", keep_attrs=True)
    part = part.drop_vars([c for c in part.coords if c not in ("time", "lat", "lon")])
    lon = (part["lon"].astype(float) + 180.0) % 360.0 - 180.0
    part = part.assign_coords(lon=lon.round(4), lat=part["lat"].astype(float).round(4))
    return part.sortby([d for d in ("time", "lat", "lon") if d in part.dims])


def _of_the_hour(a: xr.DataArray) -> xr.DataArray:
    """Radiation of one hour at the hour's beginning, in the unit of the file."""
    if _since_midnight(a):
        before = a.assign_coords(time=a["time"] + np.timedelta64(1, "h")).reindex(time=a["time"])
        a = a.where(a["time"].dt.hour == 1, a - before)
    return from_hour_ending(a).clip(min=0.0)


def _since_midnight(a: xr.DataArray) -> bool:
    """Whether a cell's radiation never falls from 01 to 24 UTC, looked at in four places of the record."""
    if not str(a.attrs.get("units", "")).startswith("J"):
        return False
    cell = a.isel({d: a.sizes[d] // 2 for d in a.dims if d != "time"})
    shines, falls = False, False
    for start in np.linspace(0, max(a.sizes["time"] - 48, 0), 4).astype(int):
        some = cell.isel(time=slice(start, start + 48)).compute()
        step = np.diff(some.values)
        same_day = pd.DatetimeIndex(some["time"].values).hour[1:] != 1
        shines |= bool((some.values > 0).any())
        falls |= bool((step[same_day] < -1.0).any())
    return shines and not falls
