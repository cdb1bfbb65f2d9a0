"""Which candidates there are, and why some are dropped. No row is lost: `kept` and `reason` tell."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from ..errors import DataError, StudyError
from ..physics import geography
from ..sources.tables import read_candidates, read_csv
from ..study.sites import Layer
from ..study.study import Study

METRIC_CRS = 3035  # ETRS89-LAEA, metres
BORDER_M = 1_000  # outlines are simplified: a site this near an area lies in it
COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
DEFAULTS = {"existing_it_mw": 0.0, "least_it_mw": 0.0, "distance_km": 0.0, "choice": "", "state": ""}


def candidates(study: Study) -> gpd.GeoDataFrame:
    """All candidates with every column filled from the row, else from the study; exclusion layers applied.

    Raises DataError for a missing file, a wrong CRS, a negative number; see `read_candidates`.
    """
    sites = study.sites
    if sites.table is not None:
        frame = read_candidates(study.path(sites.table))
    else:
        assert sites.substations is not None
        cities = None if sites.cities is None else study.path(sites.cities)
        frame = substations(study.path(sites.substations), cities)
    frame = _filled(frame, study)
    frame["kept"], frame["reason"] = True, ""
    _named(frame, study)
    if sites.areas is not None:
        frame = _with_state(frame, study.path(sites.areas), strict=sites.table is not None)
    for layer in sites.exclude:
        _exclude(frame, layer, study.path(layer.path))
    _drop(frame, frame["choice"] == "never", "the planner said never")
    if sites.headroom is not None and sites.module_mw is not None:
        _drop_full(frame, study.path(sites.headroom), sites.module_mw)
    return frame


def _named(frame: gpd.GeoDataFrame, study: Study) -> None:
    """Sites that the study names: those that must open say so; those that may not have to be among the candidates."""
    known = set(frame["site"])
    named = [*((s, "must") for s in study.sites.must), *((s, "never") for s in study.sites.never)]
    close = {s: get_close_matches(s, known, 3, 0.6) for s, _ in named if s not in known}
    problems = [
        f"sites.{key}: there is no candidate '{s}'" + (f"; near it: {', '.join(close[s])}" if close[s] else "")
        for s, key in named
        if s in close
    ]
    there = frame.loc[frame["site"].isin(study.sites.never) & (frame["existing_it_mw"] > 0), "site"]
    problems += [f"sites.never: '{s}' stands already: it has existing IT" for s in there]
    if problems:
        raise StudyError(problems, study.name)
    frame.loc[frame["site"].isin(study.sites.must), "choice"] = "must"


def closed(frame: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """The candidates with those closed that the study names in `sites.never`. They were screened like the others: so nothing
    else changes with them."""
    which = frame["site"].isin(study.sites.never)
    reason = frame["reason"].where(~(which & frame["kept"]), "the study says never")
    return frame.assign(choice=frame["choice"].mask(which, "never"), reason=reason)


def substations(network: Path, cities: Path | None) -> gpd.GeoDataFrame:
    """One candidate for each place of the network, at its bus of the highest voltage."""
    buses = read_csv(network / "buses.csv", ["bus", "lon", "lat", "voltage_kv"], ["lon", "lat", "voltage_kv"], ["bus"])
    places = buses.sort_values("voltage_kv", ascending=False).drop_duplicates(["lon", "lat"]).sort_index()
    places = places.assign(bus=places["bus"].astype(str))
    frame = gpd.GeoDataFrame(
        places[["bus", "lon", "lat", "voltage_kv"]].reset_index(drop=True),
        geometry=gpd.points_from_xy(places.lon, places.lat),
        crs="EPSG:4326",
    )
    frame.insert(0, "site", "bus " + frame["bus"])
    if cities is not None:
        frame["site"] = _names(frame, read_csv(cities, ["name", "lon", "lat"], ["lon", "lat"]))
    return frame


def _names(frame: gpd.GeoDataFrame, cities: pd.DataFrame) -> list[str]:
    """`Kiel 12 km NW (bus 219)`: the place, and the bus where two have the same."""
    names = place_names(frame["lon"].to_numpy(float), frame["lat"].to_numpy(float), cities)
    twice = pd.Series(names).duplicated(keep=False)
    return [f"{n} (bus {b})" if t else n for n, b, t in zip(names, frame["bus"], twice, strict=True)]


def place_names(lon: np.ndarray, lat: np.ndarray, cities: pd.DataFrame) -> list[str]:
    """`Kiel 12 km NW`: the nearest city, how far and in which direction.

    >>> place_names(np.array([10.0, 10.1]), np.array([54.4, 54.3]), pd.DataFrame({"name": ["Kiel"], "lon": 10.1, "lat": 54.3}))
    ['Kiel 13 km NW', 'Kiel']
    """
    km = geography.great_circle_km(lat[:, None], lon[:, None], cities["lat"].to_numpy(), cities["lon"].to_numpy())
    names = []
    for i, j in enumerate(km.argmin(axis=1)):
        east = (lon[i] - cities["lon"].iloc[j]) * np.cos(np.radians(lat[i]))
        point = COMPASS[round(float(np.degrees(np.arctan2(east, lat[i] - cities["lat"].iloc[j]))) / 45) % 8]
        away = f" {km[i, j]:.0f} km {point}" if km[i, j] >= 3 else ""
        names.append(f"{cities['name'].iloc[j]}{away}")
    return names


def _filled(frame: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    sites = study.sites
    from_study = {
        "max_it_mw": sites.max_it_mw,
        "fixed_cost_eur_2024_per_year": sites.fixed_cost_eur_2024_per_year,
        "land_ha": sites.land_ha,
        "land_price_eur_2024_per_ha": sites.land_price_eur_2024_per_ha,
    }
    for column, value in {**DEFAULTS, **from_study}.items():
        if column in frame:
            frame[column] = frame[column].fillna(np.nan if value is None else value)
        else:
            frame[column] = np.nan if value is None else value
    if "zone" not in frame and sites.zone is not None:
        frame["zone"] = sites.zone
    missing = frame.loc[frame["max_it_mw"].isna(), "site"].tolist()
    if missing:
        raise DataError(
            f"no max_it_mw for site {', '.join(missing[:3])}{' …' if len(missing) > 3 else ''}: "
            "give a column max_it_mw, or sites.max_it_mw in the study"
        )
    return frame


def _with_state(frame: gpd.GeoDataFrame, path: Path, strict: bool) -> gpd.GeoDataFrame:
    joined = in_areas(frame, path, ["state"], within_m=BORDER_M)
    outside = sorted(set(frame["site"]) - set(joined.index))
    if outside and strict:
        raise DataError(
            f"no area within {BORDER_M / 1000:g} km of site {', '.join(outside[:3])}: drop it, or give areas that cover it",
            path,
        )
    for column in ("state", "state_code", "offshore"):
        if column in joined:
            frame[column] = frame["site"].map(joined[column])
    _drop(frame, frame["site"].isin(outside), f"outside the areas of {path.name}")
    if "offshore" in frame:
        _drop(frame, frame.pop("offshore").fillna(False).astype(bool), "offshore")
    return frame


def in_areas(frame: gpd.GeoDataFrame, path: Path, needed: list[str], within_m: float) -> pd.DataFrame:
    """By site, every column of the area that it lies in, or that is the nearest within so many metres."""
    if not path.is_file():
        raise DataError("there is no such file", path)
    areas = gpd.read_file(path, engine="pyogrio")
    missing = [c for c in needed if c not in areas]
    if areas.crs is None or missing:
        raise DataError(f"needs a CRS and a column '{needed[0]}'", path)
    left, right = frame.to_crs(METRIC_CRS)[["site", "geometry"]], areas.to_crs(METRIC_CRS)
    joined = gpd.sjoin_nearest(left, right, max_distance=within_m or 1e-3)
    return pd.DataFrame(joined.drop(columns="geometry")).drop_duplicates("site").set_index("site")


def _exclude(frame: gpd.GeoDataFrame, layer: Layer, path: Path) -> None:
    if not path.is_file():
        raise DataError("there is no such file (an exclusion layer)", path)
    areas = gpd.read_file(path, engine="pyogrio")
    if areas.crs is None:
        raise DataError("the exclusion layer has no CRS; set it and save again", path)
    near = areas.to_crs(METRIC_CRS).geometry.union_all().buffer(layer.within_km * 1000)
    _drop(frame, frame.geometry.to_crs(METRIC_CRS).intersects(near).to_numpy(), layer.reason)


def _drop_full(frame: gpd.GeoDataFrame, path: Path, module_mw: float) -> None:
    """Leave out places whose bus alone cannot connect a module, by a table of headroom."""
    table = read_csv(path, ["bus", "firm_mw"], ["firm_mw"], ["bus"])
    room = pd.Series(table["firm_mw"].to_numpy(float), table["bus"].astype(str))
    if "bus" not in frame:
        raise DataError("headroom by bus needs a column 'bus' for every candidate", path)
    bus = frame["bus"].astype(str)
    unknown = frame.loc[~bus.isin(room.index), "site"].tolist()
    if unknown:
        raise DataError(f"no headroom for the bus of {len(unknown)} sites (first: {unknown[0]})", path)
    mw = bus.map(room)
    for row in frame.index[(mw < module_mw).to_numpy()]:
        reason = f"its bus alone takes {mw[row]:,.1f} MW, less than a module of {module_mw:g} MW ({path.name})"
        _drop(frame, frame.index == row, reason)


def _drop(frame: gpd.GeoDataFrame, which: np.ndarray | pd.Series, reason: str) -> None:
    which = np.asarray(which, bool) & frame["kept"].to_numpy(bool) & (frame["choice"] != "must").to_numpy(bool)
    frame.loc[which, "kept"] = False
    frame.loc[which, "reason"] = reason
