"""Plain CSV: `time` (UTC, hour beginning), `lon, lat`, variables with the unit in their name; `station` where there are
several. Units other than the project's own are told by the end of the name: `pressure_hpa`, `dry_bulb_k`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from ...errors import DataError
from ..tables import read_csv
from .variables import MORE_UNITS, UNITS, converted

OTHER_UNITS = {  # column -> (the project's variable, its unit)
    "dry_bulb_k": ("dry_bulb_c", "K"),
    "dew_point_k": ("dew_point_c", "K"),
    "pressure_hpa": ("pressure_pa", "hPa"),
    "pressure_kpa": ("pressure_pa", "kPa"),
    "wind_speed_km_per_h": ("wind_speed_m_per_s", "km h-1"),
    "sea_temperature_k": ("sea_temperature_c", "K"),
    "lake_temperature_k": ("lake_temperature_c", "K"),
}


def read_table(path: Path) -> xr.Dataset:
    """A Dataset on (time, station). DataError with every problem of the table."""
    own = {name: (name, unit) for name, unit in (UNITS | MORE_UNITS).items() if name != "elevation_m"}
    known = own | OTHER_UNITS
    table = read_csv(path, ["time", "lon", "lat"], ["lon", "lat", "elevation_m", *known])
    table["station"] = table["station"].astype(str) if "station" in table else path.stem
    time = pd.to_datetime(table["time"], errors="coerce", utc=True)
    problems = [f"row {i + 2}: time '{table['time'].iloc[i]}' is not a time" for i in time.index[time.isna()][:10]]
    table["time"] = time.dt.tz_localize(None)
    for station, rows in table.groupby("station"):
        if rows[["lon", "lat"]].drop_duplicates().shape[0] > 1:
            problems.append(f"station '{station}' has more than one place")
        twice = rows["time"][rows["time"].duplicated()]
        problems += [f"station '{station}': the hour {t} stands there twice" for t in twice[:3]]
    if problems:
        raise DataError(problems, path)
    hours = table["time"].nunique()
    short = [f"station '{s}' has {n:,} of {hours:,} hours" for s, n in table.groupby("station").size().items() if n != hours]
    if short:
        raise DataError(short, path)
    frame = table.set_index(["time", "station"]).to_xarray()
    out = {to: converted(frame[c], to, unit) for c, (to, unit) in known.items() if c in frame}
    places = {c: ("station", frame[c].isel(time=0).values) for c in ("lon", "lat", "elevation_m") if c in frame}
    return xr.Dataset(out, attrs={"time": "UTC, hour beginning", "source": path.name}).assign_coords(places)
