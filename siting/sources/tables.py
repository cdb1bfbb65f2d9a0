"""Plain tables: candidates, regions, serving costs, hours, technologies. Every problem of a table is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from ..errors import DataError, nearest

CANDIDATE_COLUMNS = {
    "site": "name of the candidate",
    "lon": "longitude, degrees east",
    "lat": "latitude, degrees north",
    "bus": "name of the network's bus",
    "state": "area, for limits per state",
    "zone": "bidding zone, for delivery of contracts",
    "basin": "water basin, for the price of water and limits per basin",
    "reclaimed_m3_per_hour": "reclaimed water on offer",
    "elevation_m": "altitude, for weather that is interpolated",
    "land_ha": "land on offer",
    "land_price_eur_2024_per_ha": "price of land",
    "fixed_cost_eur_2024_per_year": "fixed cost of an open site",
    "max_it_mw": "most IT capacity",
    "existing_it_mw": "IT capacity that stands there",
    "least_it_mw": "IT capacity that is decided already",
    "choice": "must | never | (empty)",
    "headroom_mw": "headroom of the bus, where no network is given",
    "voltage_kv": "voltage of the connection",
    "distance_km": "length of the spur line",
    "power_from_year": "year from which the grid operator gives power",
}


NUMBERS = [c for c in CANDIDATE_COLUMNS if c not in ("site", "bus", "state", "zone", "basin", "choice")]


def read_csv(path: Path, needed: Sequence[str], numbers: Sequence[str] = (), key: Sequence[str] = ()) -> pd.DataFrame:
    """A CSV with the needed columns; `numbers` finite; no two rows with the same key. Raises DataError with every problem."""
    if not path.is_file():
        raise DataError("there is no such file", path)
    try:
        table = pd.read_csv(path, comment="#")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as e:
        raise DataError(f"not a CSV table: {e}", path) from None
    problems = [f"column '{c}' is missing; {nearest(c, table.columns)}" for c in needed if c not in table.columns]
    if problems:
        raise DataError(problems, path)
    for column in numbers:
        if column not in table:
            continue
        values = pd.to_numeric(table[column], errors="coerce")
        for row in np.flatnonzero(~np.isfinite(values)):
            problems.append(f"row {row + 2}: {column} is '{table[column].iloc[row]}', which is not a number")
        table[column] = values
    if key:
        for row in np.flatnonzero(table.duplicated(list(key))):
            what = ", ".join(f"{k} {table[k].iloc[row]}" for k in key)
            problems.append(f"row {row + 2}: {what} stands there a second time")
    if problems:
        raise DataError(problems, path)
    return table


def read_candidates(path: Path) -> gpd.GeoDataFrame:
    """Candidates from a CSV (`site, lon, lat`) or a GeoPackage (`site`, geometry), EPSG:4326; see CANDIDATE_COLUMNS.

    Raises DataError: unknown column, duplicate name, no CRS, a negative number, a choice other than must or never.
    """
    if path.suffix == ".csv":
        table = read_csv(path, ["site"], key=["site"])
        places = [c for c in ("lon", "lat") if c in table]
        wrong = [
            f"site '{s}': {c} is '{x}', which is not a number" if pd.notna(x) else f"site '{s}': {c} is empty"
            for c in places
            for s, x, y in zip(table["site"], table[c], pd.to_numeric(table[c], errors="coerce"), strict=True)
            if pd.isna(y)
        ]
        if wrong:
            raise DataError(wrong, path)
        if {"lon", "lat"} <= set(table.columns):
            frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table.lon, table.lat), crs="EPSG:4326")
        else:
            frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([None] * len(table)), crs="EPSG:4326")
    else:
        if not path.is_file():
            raise DataError("there is no such file", path)
        frame = gpd.read_file(path, engine="pyogrio")
        if frame.crs is None:
            raise DataError("the layer has no CRS; set it (EPSG:4326 or a projected one) and save again", path)
        if "site" not in frame:
            raise DataError("column 'site' is missing", path)
        points = frame.geometry.to_crs(3035).centroid.to_crs(4326) if frame.crs else frame.geometry
        frame = frame.to_crs(4326).assign(lon=points.x, lat=points.y)
    problems = [
        f"unknown column '{c}'; {nearest(str(c), CANDIDATE_COLUMNS)}"
        for c in frame.columns
        if c not in CANDIDATE_COLUMNS and c != "geometry" and not str(c).startswith("x_")
    ]
    for column in NUMBERS:
        for row in (
            frame.index[pd.to_numeric(frame[column], errors="coerce").isna() & frame[column].notna()] if column in frame else ()
        ):
            problems.append(f"site '{frame['site'][row]}': {column} is '{frame[column][row]}', which is not a number")
    not_negative = ("land_ha", "land_price_eur_2024_per_ha", "max_it_mw", "existing_it_mw", "least_it_mw", "headroom_mw")
    for column in (*not_negative, "reclaimed_m3_per_hour"):
        if column in frame:
            for site in frame.loc[pd.to_numeric(frame[column], errors="coerce") < 0, "site"]:
                problems.append(f"site '{site}': {column} is negative")
    if "choice" in frame:
        wrong = frame[~frame["choice"].fillna("").isin(["must", "never", ""])]
        problems += [f"site '{r.site}': choice is '{r.choice}'; valid: must, never, or empty" for r in wrong.itertuples()]
    if {"lon", "lat"} <= set(frame.columns) and not problems:
        far = frame[(frame.lon.abs() > 180) | (frame.lat.abs() > 90)]
        problems += [f"site '{s}': lon, lat are not degrees (wrong CRS or unit?)" for s in far["site"]]
    if problems:
        raise DataError(problems, path)
    frame["site"] = frame["site"].astype(str)
    return frame


def read_technologies(path: Path) -> dict[str, dict[str, float | str]]:
    """A table `technology, parameter, value, unit, source, …` as technology → parameter → value (numbers where numbers)."""
    table = read_csv(path, ["technology", "parameter", "value", "unit", "source"], key=["technology", "parameter"])
    out: dict[str, dict[str, float | str]] = {}
    for row in table.itertuples():
        try:
            value: float | str = float(str(row.value))
        except ValueError:
            value = str(row.value)
        out.setdefault(str(row.technology), {})[str(row.parameter)] = value
    return out


def number(rows: dict[str, float | str], parameter: str, technology: str, path: Path) -> float:
    """One number of a technology; a missing one is an error, never a default."""
    value = rows.get(parameter)
    if not isinstance(value, float):
        raise DataError(f"technology '{technology}' has no number '{parameter}'; add a row with its source", path)
    return value
