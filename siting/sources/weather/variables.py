"""The project's own weather variables, and the one place where units are converted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ...errors import DataError, nearest

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
MORE_UNITS = {  # what some sources have besides
    "wind_speed_100m_m_per_s": "m s-1",
    "sea_temperature_c": "degC",
    "lake_temperature_c": "degC",  # of a lake or a river
    "elevation_m": "m",
}
RADIATION = ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")
STANDARD_GRAVITY = 9.80665  # [m/s2]

_FACTOR_AND_OFFSET = {
    ("K", "degC"): (1.0, -273.15),
    ("C", "degC"): (1.0, 0.0),
    ("hPa", "Pa"): (100.0, 0.0),
    ("kPa", "Pa"): (1000.0, 0.0),
    ("J m-2", "W m-2"): (1.0 / 3600.0, 0.0),  # of one hour
    ("Wh m-2", "W m-2"): (1.0, 0.0),
    ("kJ m-2", "W m-2"): (1.0 / 3.6, 0.0),
    ("km h-1", "m s-1"): (1.0 / 3.6, 0.0),
    ("m2 s-2", "m"): (1.0 / STANDARD_GRAVITY, 0.0),  # geopotential
}


def plain_unit(unit: str | None) -> str:
    """One spelling for the spellings of a unit.

    >>> plain_unit("J m**-2"), plain_unit("W/m2"), plain_unit("m^2 s^-2")
    ('J m-2', 'W m-2', 'm2 s-2')
    """
    text = re.sub(r"\*\*|\^", "", unit or "").strip()
    text = re.sub(r"/\s*([a-zA-Z]+)(\d?)", lambda m: f" {m[1]}-{m[2] or 1}", text)
    return {"Celsius": "degC", "celsius": "degC", "°C": "degC", "kelvin": "K", "Kelvin": "K", "m of geopotential": "m"}.get(
        text, text
    )


def converted(a: xr.DataArray, name: str, unit: str | None = None) -> xr.DataArray:
    """`a` in the unit of the project's variable `name`. ValueError for a unit that is not known for it."""
    to = (UNITS | MORE_UNITS)[name]
    unit = plain_unit(a.attrs.get("units") if unit is None else unit)
    if unit != to:
        if (unit, to) not in _FACTOR_AND_OFFSET:
            known = [u for u, t in _FACTOR_AND_OFFSET if t == to]
            raise ValueError(f"{a.name or name} has the unit '{unit}'; {name} is made from {', '.join([to, *known])}")
        factor, offset = _FACTOR_AND_OFFSET[unit, to]
        a = a * np.float32(factor) + np.float32(offset) if a.dtype == np.float32 else a * factor + offset
    a = a.rename(name)
    a.attrs = {"units": to}
    return a


def checked(data: xr.Dataset, needed: Sequence[str], path: Path) -> xr.Dataset:
    """`data` if it has the needed variables in the project's units on (time, place), and its clock is in order."""
    problems = [f"variable '{v}' is missing; {nearest(v, map(str, data.data_vars))}" for v in needed if v not in data]
    wanted = ("time", "station") if "station" in data.dims else ("time", "lat", "lon")
    problems += [f"dimension '{d}' is missing ({', '.join(wanted)})" for d in wanted if d not in data.dims]
    if problems:
        raise DataError(problems, path)
    for name in needed:
        unit = data[name].attrs.get("units")
        if unit is None or plain_unit(unit) != UNITS.get(name, MORE_UNITS.get(name)):
            problems.append(f"{name} has the unit '{unit}', expected '{(UNITS | MORE_UNITS)[name]}'")
    problems += clock_problems(pd.DatetimeIndex(data["time"].values))
    if problems:
        raise DataError(problems, path)
    return data


def clock_problems(time: pd.DatetimeIndex) -> list[str]:
    """Hours that are missing or stand there twice. Gaps between whole months are allowed, gaps inside a day are not."""
    problems = []
    for t in time[time.duplicated()][:3]:
        problems.append(f"the hour {t} stands there twice")
    step = np.diff(time.values).astype("timedelta64[h]").astype(int)
    for i in np.flatnonzero((step > 1) & (step < 48))[:3]:
        problems.append(f"{step[i] - 1} hours are missing after {time[i]}; a gap is never filled silently")
    if (step < 0).any():
        problems.append("time does not increase")
    return problems


def from_hour_ending(a: xr.DataArray) -> xr.DataArray:
    """A mean over the hour that *ends* at its label, labelled by the hour's beginning; NaN where the next label is not
    there."""
    hour = np.timedelta64(1, "h")
    return a.assign_coords(time=a["time"] - hour).reindex(time=a["time"])


def standard_pressure_pa(elevation_m: xr.DataArray, dry_bulb_c: xr.DataArray) -> xr.DataArray:
    """Sea level's 101325 Pa brought up to the elevation by the barometric formula, at the temperature of the hour."""
    warm = dry_bulb_c + 273.15
    return 101325.0 * (1.0 + 0.0065 * elevation_m / warm) ** (-STANDARD_GRAVITY / (287.05 * 0.0065))
