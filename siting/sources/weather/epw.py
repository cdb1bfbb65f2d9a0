"""EnergyPlus weather files (EPW), one or a folder of them: each becomes a station.

The files hold local standard time, hour ending; the stations of a folder are brought to one UTC axis, hour beginning.
A typical year has months of several years: its axis is the nominal year 2001, and hours pushed over New Year come back
at the other end. Where the local clock is off by half hours, the hour is rounded and `clock_error_h` says so."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from pvlib.iotools import read_epw as parse

from ...errors import DataError
from .variables import UNITS, converted

HOURS = 8760
NOMINAL_YEAR = "2001"  # no leap day
COLUMNS = {  # project's name: (pvlib's name, unit, the value that means "missing" and all above it)
    "dry_bulb_c": ("temp_air", "C", 99.9),
    "dew_point_c": ("temp_dew", "C", 99.9),
    "pressure_pa": ("atmospheric_pressure", "Pa", 999_999.0),
    "ghi_w_per_m2": ("ghi", "Wh m-2", 9999.0),
    "dni_w_per_m2": ("dni", "Wh m-2", 9999.0),
    "dhi_w_per_m2": ("dhi", "Wh m-2", 9999.0),
    "wind_speed_m_per_s": ("wind_speed", "m s-1", 999.0),
}
ENDINGS = (".epw", ".epw.gz")


def epw_files(path: Path) -> list[Path]:
    """The EPW files of a folder, or the file itself."""
    return sorted(p for p in path.iterdir() if p.name.endswith(ENDINGS)) if path.is_dir() else [path]


def read_epw(path: Path) -> xr.Dataset:
    """A Dataset on (time, station) with coordinates lon, lat, elevation_m. DataError with the problems of all files."""
    problems: list[str] = []
    stations: dict[str, tuple[pd.DataFrame, dict]] = {}
    for file in epw_files(path):
        try:
            with gzip.open(file, "rt", errors="replace") if file.suffix == ".gz" else file.open(errors="replace") as f:
                table, about = parse(io.StringIO(f.read()), coerce_year=2001)
        except (ValueError, KeyError, OSError, IndexError) as e:
            problems.append(f"{file.name} is not an EPW file: {e}")
            continue
        problems += [f"{file.name}: {p}" for p in _problems(table)]
        stations[file.name.removesuffix(".gz").removesuffix(".epw")] = (table, about)
    if problems or not stations:
        raise DataError(problems or ["no EPW file is in it"], path)
    time = pd.date_range(f"{NOMINAL_YEAR}-01-01", periods=HOURS, freq="h")
    zones = np.array([about["TZ"] for _, about in stations.values()])
    shift = np.round(-zones).astype(int)  # local hour 0 of UTC+1 is 23 UTC of the day before
    coords = {
        "time": time,
        "station": list(stations),
        "lon": ("station", [about["longitude"] for _, about in stations.values()]),
        "lat": ("station", [about["latitude"] for _, about in stations.values()]),
        "elevation_m": ("station", [about["altitude"] for _, about in stations.values()]),
        "clock_error_h": ("station", np.abs(-zones - shift)),
    }
    out = {}
    for name in UNITS:
        column, unit, _ = COLUMNS[name]
        each = [np.roll(t[column].to_numpy(float), s) for (t, _), s in zip(stations.values(), shift, strict=True)]
        out[name] = converted(xr.DataArray(np.stack(each, axis=1), dims=("time", "station")), name, unit)
    about_time = "typical years, not a calendar year: the axis is nominal (2001, no leap day); UTC, hour beginning"
    return xr.Dataset(out, coords, attrs={"time": about_time, "source": "EnergyPlus weather files"})


def _problems(table: pd.DataFrame) -> list[str]:
    if len(table) != HOURS:
        return [f"it has {len(table):,} hours; a typical year has {HOURS:,} (29 February has to go)"]
    out = []
    for name, (column, _, gone) in COLUMNS.items():
        values = pd.to_numeric(table[column], errors="coerce")
        lost = int((~np.isfinite(values) | (values >= gone)).sum())
        if lost:
            out.append(f"{name} is missing in {lost:,} hours; a gap is never filled silently")
    return out
