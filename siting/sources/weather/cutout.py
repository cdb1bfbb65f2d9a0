"""Cutouts of atlite (module era5), read as plain NetCDF.

A cutout has no pressure: it is computed from the cell's height by the barometric formula, and says so in its
attributes. Wind at 10 m is taken back from 100 m with the cutout's own shear exponent. Radiation is labelled by the end
of its hour and moved to the beginning."""

from __future__ import annotations

from pathlib import Path

import dask
import numpy as np
import xarray as xr

from ...errors import DataError
from .era5 import CHUNK
from .sun import beam_normal
from .variables import WIND_HEIGHT_M, converted, from_hour_ending, standard_pressure_pa


def read_cutout(path: Path) -> xr.Dataset:
    """What the cutout has, lazily, as the project's variables on (time, lat, lon)."""
    with dask.config.set({"array.chunk-size": CHUNK}):
        raw = xr.open_dataset(path, chunks="auto")
    raw = raw.drop_vars([c for c in ("lat", "lon") if c in raw.coords and c not in raw.dims], errors="ignore")
    raw = raw.rename({"x": "lon", "y": "lat"})
    raw = raw.assign_coords({d: raw[d].astype(float).round(4) for d in ("lat", "lon")}).sortby(["lat", "lon"])
    out: dict[str, xr.DataArray] = {}
    try:
        if "temperature" in raw:
            out["dry_bulb_c"] = converted(raw["temperature"], "dry_bulb_c")
        if "dewpoint temperature" in raw:
            out["dew_point_c"] = converted(raw["dewpoint temperature"], "dew_point_c")
        if "height" in raw:
            height = raw["height"].isel(time=0, drop=True) if "time" in raw["height"].dims else raw["height"]
            out["elevation_m"] = converted(height, "elevation_m", "m")
            if "dry_bulb_c" in out:
                pressure = standard_pressure_pa(out["elevation_m"], out["dry_bulb_c"])
                out["pressure_pa"] = converted(pressure, "pressure_pa", "Pa")
                out["pressure_pa"].attrs["made"] = "from the height of the cell; a cutout holds no pressure"
        if "wnd100m" in raw:
            out["wind_speed_100m_m_per_s"] = converted(raw["wnd100m"], "wind_speed_100m_m_per_s", "m s-1")
            if "wnd_shear_exp" in raw:
                low = raw["wnd100m"] * (WIND_HEIGHT_M / 100.0) ** raw["wnd_shear_exp"]
                out["wind_speed_m_per_s"] = converted(low, "wind_speed_m_per_s", "m s-1")
        if {"influx_direct", "influx_diffuse", "solar_altitude"} <= set(raw):
            out |= _radiation(raw, path)
    except ValueError as e:
        raise DataError(str(e), path) from None
    out = {name: a.transpose(*(d for d in ("time", "lat", "lon") if d in a.dims)) for name, a in out.items()}
    return xr.Dataset(out, attrs={"time": "UTC, hour beginning", "source": "atlite cutout"})


def _radiation(raw: xr.Dataset, path: Path) -> dict[str, xr.DataArray]:
    module = raw["influx_direct"].attrs.get("module", raw.attrs.get("module"))
    if "era5" not in str(module):
        raise DataError(f"radiation of a cutout's module '{module}' is not known by its hour; only module era5 is", path)
    direct, diffuse = from_hour_ending(raw["influx_direct"]), from_hour_ending(raw["influx_diffuse"])
    sine = xr.apply_ufunc(np.sin, from_hour_ending(raw["solar_altitude"]), dask="allowed")
    return {
        "ghi_w_per_m2": converted(direct + diffuse, "ghi_w_per_m2", "W m-2"),
        "dni_w_per_m2": converted(beam_normal(direct, sine), "dni_w_per_m2", "W m-2"),
        "dhi_w_per_m2": converted(diffuse, "dhi_w_per_m2", "W m-2"),
    }
