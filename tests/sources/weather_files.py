"""True samples of weather (beside the repository, where they are there) and small files made from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
ERA5 = SHARED / "weather_era5"
EPW = SHARED / "epw"
BERLIN = ERA5 / "era5_berlin_2017_hourly.nc"  # 2 x 3 cells, no dew point
RHINE = ERA5 / "reskit_era5_like"  # a folder of files, 13 x 11 cells, dew point, radiation de-accumulated

needs_era5 = pytest.mark.skipif(not BERLIN.is_file(), reason="the ERA5 samples are not beside the repository")
needs_epw = pytest.mark.skipif(not EPW.is_dir(), reason="the EPW samples are not beside the repository")


def berlin() -> xr.Dataset:
    return xr.open_dataset(BERLIN).load()


def as_downloaded_now(raw: xr.Dataset) -> xr.Dataset:
    """The layout of the present Copernicus store: valid_time, number, expver, longitudes 0 to 360."""
    new = raw.rename(time="valid_time").assign_coords(longitude=raw["longitude"].values % 360.0)
    return new.assign_coords(number=0, expver=("valid_time", np.full(new.sizes["valid_time"], "0001")))


def with_preliminary_months(raw: xr.Dataset, first: int) -> xr.Dataset:
    """The older layout for recent months: two versions side by side, each empty where the other is not."""
    early = raw.where(np.arange(raw.sizes["time"])[:, None, None] < first)
    late = raw.where(np.arange(raw.sizes["time"])[:, None, None] >= first)
    out = xr.concat([early, late], dim=xr.DataArray([1, 5], dims="expver", name="expver"))
    return out.transpose("time", "expver", "latitude", "longitude")


def since_midnight(raw: xr.Dataset) -> xr.Dataset:
    """ERA5-Land's way: the sum since 00 UTC, which the label 00:00 holds for the whole day before."""
    out = raw.copy()
    day = (raw["time"] - np.timedelta64(1, "h")).dt.floor("D")
    for v in ("ssrd", "fdir"):
        out[v] = raw[v].groupby(day.rename("day")).cumsum().drop_vars("day", errors="ignore").assign_attrs(raw[v].attrs)
    return out


def cutout(raw: xr.Dataset, height_m: float) -> xr.Dataset:
    """The sample in the layout of an atlite cutout (module era5); dew point made up, 3 K below the dry bulb."""
    x = raw.rename(longitude="x", latitude="y")
    hour = (x["time"] - np.timedelta64(30, "m")).dt
    angle = np.radians((hour.hour + hour.minute / 60.0 - 12.0) * 15.0 + x["x"])
    declination = np.radians(23.44) * np.sin(2 * np.pi * (hour.dayofyear - 81) / 365.25)
    north = np.radians(x["y"])
    sine = np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.cos(angle)
    at100, at10 = np.hypot(x["u100"], x["v100"]), np.hypot(x["u10"], x["v10"])
    data = {
        "temperature": x["t2m"],
        "dewpoint temperature": (x["t2m"] - 3.0).assign_attrs(units="K"),
        "height": xr.full_like(x["t2m"].isel(time=0, drop=True), height_m).assign_attrs(units="m"),
        "wnd100m": at100.assign_attrs(units="m s**-1"),
        "wnd_shear_exp": (np.log(at10 / at100) / np.log(0.1)).assign_attrs(units=""),
        "influx_direct": (x["fdir"] / 3600.0).assign_attrs(units="W m**-2", module="era5"),
        "influx_diffuse": ((x["ssrd"] - x["fdir"]) / 3600.0).assign_attrs(units="W m**-2", module="era5"),
        "solar_altitude": np.arcsin(sine).assign_attrs(units="rad"),
    }
    out = xr.Dataset({k: v.transpose("time", "y", "x", missing_dims="ignore") for k, v in data.items()})
    return out.assign_coords(lon=out["x"], lat=out["y"]).assign_attrs(module="era5")


def write(data: xr.Dataset, path: Path) -> Path:
    data.to_netcdf(path, engine="h5netcdf")
    return path
