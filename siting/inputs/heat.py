"""Heat: who wants it in which hour, which site a pipe can reach it from, and what pipe and heat pump cost."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError
from ..physics import finance, geography
from ..physics import heat as physics
from ..sources.tables import read_csv
from ..study.study import Study
from .hours import Hours
from .money import Technologies
from .weather import Weather, by_site

NEEDED = ("place", "lon", "lat", "supply_c", "price_eur_2024_per_mwh", "source")


def heat(
    study: Study, sites: gpd.GeoDataFrame, hours: Hours, technologies: Technologies, return_c: xr.DataArray | None
) -> dict[str, xr.DataArray]:
    """Demand, price, pipes and lifts. Raises DataError for a table with a gap, InputsError where the air is too warm."""
    if study.heat is None:
        return {}
    assert return_c is not None
    path = study.path(study.heat.demand)
    numbers = [c for c in NEEDED if c not in ("place", "source")]
    from_weather = study.heat.hours is None
    more = ["heat_mwh_per_year", "hot_water_share"] if from_weather else []
    table = read_csv(path, [*NEEDED, *more], [*numbers, *more], ["place"]).astype({"place": str})
    wrong = [p for p, x in zip(table["place"], table["price_eur_2024_per_mwh"], strict=True) if x < 0]
    if wrong:
        raise DataError(f"price_eur_2024_per_mwh of place '{wrong[0]}' is negative", path)
    demand = _degree_hours(study, table, hours, path) if from_weather else _typed(study, table, hours)
    at, to = {"site": sites["site"].tolist()}, {"place": table["place"].tolist()}
    km = _pipe_km(sites, table, technologies)
    lift = physics.lift_electricity(
        return_c.values[:, :, None],
        table["supply_c"].to_numpy(float),
        *(technologies.number("heat", "heat_pump", p) for p in ("exchanger_k", "cooling_k", "carnot_fraction", "cop_max")),
    )
    exchanger = _annuity(study, technologies, "exchanger")
    return {
        "heat_demand": demand,
        "heat_price": xr.DataArray(table["price_eur_2024_per_mwh"].to_numpy(float), to),
        "pipe_reaches": xr.DataArray((km <= study.heat.max_pipe_km).astype(float), at | to),
        "pipe_km": xr.DataArray(km, at | to),
        "pipe_cost": xr.DataArray(km * _annuity(study, technologies, "pipe") + exchanger, at | to),
        "lift_electricity": xr.DataArray(lift, at | {"cooling": return_c["cooling"].values} | to),
        "pump_cost": xr.DataArray(_annuity(study, technologies, "heat_pump")),
        "pump_running": xr.DataArray(technologies.number("heat", "heat_pump", "vom")),
    }


def notes(study: Study) -> dict[str, pd.DataFrame]:
    """The table of demand as the planner gave it, with its source, for the report."""
    if study.heat is None:
        return {}
    return {"heat_demand": pd.read_csv(study.path(study.heat.demand), comment="#")}


def _annuity(study: Study, technologies: Technologies, technology: str) -> float:
    """EUR_2024 a year per MW (of a pipe: and per km)."""
    capex, life, upkeep = (technologies.number("heat", technology, p) for p in ("capex", "life", "fom"))
    return capex * (float(finance.annuity(study.finance.real_rate, life)) + upkeep)


def _pipe_km(sites: gpd.GeoDataFrame, table: pd.DataFrame, technologies: Technologies) -> np.ndarray:
    """(site, place)."""
    straight = geography.great_circle_km(
        sites.geometry.y.to_numpy()[:, None],
        sites.geometry.x.to_numpy()[:, None],
        table["lat"].to_numpy(float),
        table["lon"].to_numpy(float),
    )
    return np.asarray(straight * technologies.number("heat", "pipe", "route_factor"))


def _typed(study: Study, table: pd.DataFrame, hours: Hours) -> xr.DataArray:
    """`place, block, hour, heat_mw`, every hour of every place."""
    assert study.heat is not None and study.heat.hours is not None
    path = study.path(study.heat.hours)
    keys = ["place", "block", "hour"]
    typed = read_csv(path, [*keys, "heat_mw"], ["hour", "heat_mw"], keys).astype({"place": str}).set_index(keys)["heat_mw"]
    names = list(hours.names) or list(range(hours.shape[0]))
    full = typed.reindex(pd.MultiIndex.from_product([table["place"], names, range(hours.shape[1])], names=keys))
    if full.isna().any() or (full < 0).any():
        place, block, hour = full.index[full.isna() | (full < 0)][0]
        raise DataError(f"no heat_mw of 0 or more for place '{place}', block {block}, hour {hour}", path)
    return _array(full.to_numpy(float).reshape(len(table), *hours.shape), table)


def _degree_hours(study: Study, table: pd.DataFrame, hours: Hours, path: Path) -> xr.DataArray:
    assert study.heat is not None
    places = gpd.GeoDataFrame(
        {"site": table["place"]}, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326"
    )
    weather = Weather.of(study, places, hours)
    if weather.hours is None:
        raise DataError("beside a plain table of hours, heat needs 'hours' (place, block, hour, heat_mw)", path)
    typical = weather.typical(places)
    now, year = by_site(weather.hours["dry_bulb_c"].values, weather.hours), by_site(typical["dry_bulb_c"].values, typical)
    shape = [
        physics.degree_hour_shape(now[i], year[i], study.heat.heating_base_c, float(share))
        for i, share in enumerate(table["hot_water_share"])
    ]
    return _array(np.stack(shape) * table["heat_mwh_per_year"].to_numpy(float)[:, None, None] / 8760, table)


def _array(values: np.ndarray, table: pd.DataFrame) -> xr.DataArray:
    coords = {"place": table["place"].tolist(), "block": np.arange(values.shape[1]), "hour": np.arange(values.shape[2])}
    return xr.DataArray(values, coords)
