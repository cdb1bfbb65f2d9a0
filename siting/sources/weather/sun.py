"""Direct radiation on the horizontal → on a surface that faces the sun."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pvlib
import xarray as xr

LOWEST_SUN_DEG = 3.0  # below, direct radiation over sin(height) means nothing
HALF_AN_HOUR = np.timedelta64(30, "m")


def sine_of_height(time: xr.DataArray, lat: xr.DataArray, lon: xr.DataArray) -> xr.DataArray:
    """sin of the sun's height in the middle of each hour (Spencer 1971, by pvlib), over time and place."""
    half = pd.DatetimeIndex(time.values + HALF_AN_HOUR)
    day = half.dayofyear.to_numpy()
    declination = xr.DataArray(pvlib.solarposition.declination_spencer71(day), {"time": time})
    minutes = half.hour * 60.0 + half.minute + pvlib.solarposition.equation_of_time_spencer71(day)
    angle = np.radians((xr.DataArray(np.asarray(minutes), {"time": time}) + 4.0 * lon) / 4.0 - 180.0)
    north = np.radians(lat)
    return np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.cos(angle)


def beam_normal(beam_horizontal: xr.DataArray, sine: xr.DataArray) -> xr.DataArray:
    """DNI [W/m2] = direct / sin(height), none below 3 degrees of sun, at most what reaches the atmosphere (1,412)."""
    up = sine > np.sin(np.radians(LOWEST_SUN_DEG))
    dni = beam_horizontal.clip(min=0.0) / sine.where(up, 1.0)
    known = beam_horizontal.notnull()
    return dni.where(up, 0.0).clip(max=1412.0).where(known).astype(beam_horizontal.dtype)
