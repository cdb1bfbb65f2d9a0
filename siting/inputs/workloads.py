"""Work: who asks for what, when, and which site is near enough."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import available_timezones

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError
from ..physics import geography
from ..sources.tables import read_csv
from ..study.study import Study
from ..study.workloads import Inference, Training
from . import sovereignty
from .hours import Hours
from .work_units import growth_factor


def workloads(study: Study, sites: gpd.GeoDataFrame, hours: Hours) -> dict[str, xr.DataArray]:
    """Demand by region and hour, reachability, serving costs, training budgets, all grown to the year of the study."""
    names, (n_blocks, n_hours) = list(study.work), hours.shape
    inference = {n: w for n, w in study.work.items() if isinstance(w, Inference)}
    regions = {n: _regions(study, w) for n, w in inference.items()}
    labels = list(dict.fromkeys(r for t in regions.values() for r in t["region"])) or ["none"]
    shape = (len(names), len(sites), len(labels))
    has = xr.DataArray(np.zeros((len(names), len(labels))), {"workload": names, "region": labels})
    reach = xr.DataArray(np.zeros(shape), {"workload": names, "site": sites["site"].tolist(), "region": labels})
    demand = xr.DataArray(
        np.zeros((len(names), len(labels), n_blocks, n_hours)),
        {"workload": names, "region": labels, "block": np.arange(n_blocks), "hour": np.arange(n_hours)},
    )
    grown = {n: growth_factor(study, w.growth, study.last_year) for n, w in study.work.items()}
    trip = xr.DataArray(np.zeros(shape[1:]), {"site": sites["site"].tolist(), "region": labels})
    serving = xr.zeros_like(reach)
    for name, w in inference.items():
        table = regions[name]
        here = {"workload": name, "region": table["region"].tolist()}
        has.loc[here] = 1.0
        demand.loc[here] = grown[name] * table["it_mw"].to_numpy()[:, None, None] * _of_day(w, table, hours)
        if w.latency_ms is not None:
            ms = _round_trip(table, sites, w.route_factor)
            trip.loc[{"region": here["region"]}] = ms
            reach.loc[here] = (ms <= w.latency_ms).astype(float)
        else:
            reach.loc[here] = 1.0
        reach.loc[here] = reach.loc[here] * sovereignty.inside(name, w, table, sites)
        if w.serving_costs is not None:
            serving.loc[here] = _serving_costs(study, w, sites, table)
    training = [w for w in study.work.values() if not isinstance(w, Inference)]
    out = {"has_demand": has, "reachable": reach, "demand": demand, "round_trip": trip}
    if any(w.serving_costs is not None for w in inference.values()):
        out["serving_cost"] = serving
    for variable, attribute in (("training_energy", "mwh_it_per_year"), ("training_rate", "max_it_mw")):
        values = [grown[n] * float(getattr(w, attribute)) if w in training else 0.0 for n, w in study.work.items()]
        out[variable] = xr.DataArray(values, {"workload": names})
    if any(w.kind == "batch" for w in training):
        out["arrivals"] = _arrivals(study, out["training_energy"], hours)
    if any(w.stays_in for w in training):
        may = [sovereignty.of_work(n, w, sites) for n, w in study.work.items()]
        out["may_train"] = xr.DataArray(np.array(may, float), {"workload": names, "site": sites["site"].tolist()})
    return out


def _arrivals(study: Study, energy: xr.DataArray, hours: Hours) -> xr.DataArray:
    """(workload, block, hour), MW: the work of a day as it arrives, the same in every block."""
    n_blocks, n_hours = hours.shape
    out = np.zeros((len(study.work), n_blocks, n_hours))
    for i, w in enumerate(study.work.values()):
        if isinstance(w, Training) and w.kind == "batch":
            hour = hours.hour_of_day().astype(int)
            shape = np.ones(hour.shape) if w.arrivals is None else np.asarray(w.arrivals)[hour]
            out[i] = float(energy[i]) * n_hours / 8760 * shape / shape.sum(axis=1, keepdims=True)
    return xr.DataArray(out, {"workload": list(study.work), "block": np.arange(n_blocks), "hour": np.arange(n_hours)})


def _of_day(w: Inference, table: pd.DataFrame, hours: Hours) -> np.ndarray:
    """(region, block, hour): the profile in each region's local time; between two of its hours in proportion."""
    if w.profile is None:
        return np.ones((len(table), *hours.shape))
    profile = np.asarray(w.profile)
    zones = table["timezone"] if "timezone" in table else pd.Series(w.timezone or "UTC", index=table.index)
    factor = {}
    for zone in zones.unique():
        local = hours.hour_of_day(str(zone))
        first, rest = np.floor(local).astype(int), local % 1
        factor[zone] = (1 - rest) * profile[first] + rest * profile[(first + 1) % 24]
    return np.array([factor[zone] for zone in zones])


def least_it(study: Study, data: xr.Dataset, left: xr.DataArray | float) -> float:
    """The IT capacity [MW] that any plan needs for this part of each work (workload,), whatever its sites. `data` is of one
    stage."""
    total = (data["demand"] * left).sum(["workload", "region"]).transpose("block", "hour").values
    of_training = (data["training_energy"] * left, data["training_rate"])
    energy, rate = (dict(zip(study.work, a.values.tolist(), strict=True)) for a in of_training)
    month = (data["month"] + 100 * data["scenario"]).values
    return least_it_mw(study, total, energy, rate, data["weight"].values, month)


def least_it_mw(
    study: Study, demand: np.ndarray, energy: dict[str, float], rates: dict[str, float], weight: np.ndarray, month: np.ndarray
) -> float:
    """The IT capacity that any plan needs, whatever its sites: the least C that carries the peak of inference and, in every
    training window, Σ weight · min(C − inference, rate) ≥ work of the window; steady work is there in every hour. By
    bisection; `demand` is (block, hour), MW; `energy` and `rates` are of each training work."""
    windows_by_work = {n: w.window for n, w in study.work.items() if not isinstance(w, Inference)}
    demand = demand + sum(energy[n] for n, window in windows_by_work.items() if window == "steady") / 8760
    moving = {n: window for n, window in windows_by_work.items() if window != "steady"}
    if not moving:
        return float(demand.max(initial=0.0))
    rate = sum(rates[n] for n in moving)
    work_of_year = {k: sum(energy[n] for n, window in moving.items() if window == k) for k in ("day", "month", "year")}
    windows = [("year", np.arange(len(weight)))]
    if work_of_year["month"] or work_of_year["day"]:
        windows += [("month", np.flatnonzero(month == m)) for m in np.unique(month)]
    if work_of_year["day"]:
        windows += [("day", np.array([d])) for d in range(len(weight))]
    nested = {"year": ("year", "month", "day"), "month": ("month", "day"), "day": ("day",)}

    def enough(capacity: float) -> bool:
        room = np.clip(capacity - demand, 0.0, rate) * weight[:, None]
        return all(
            room[blocks].sum() >= sum(work_of_year[n] for n in nested[kind]) * weight[blocks].sum() / weight.sum() - 1e-6
            for kind, blocks in windows
        )

    low, high = float(demand.max(initial=0.0)), float(demand.max(initial=0.0)) + rate
    if enough(low):
        return low
    while high - low > 1e-6 * max(high, 1.0):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return low


def _regions(study: Study, w: Inference) -> pd.DataFrame:
    """region, it_mw and, where given, lon, lat. From a table, or the largest cities, each with the people nearest to it."""
    if w.table is not None:
        path = study.path(w.table)
        amount = "it_mw" if w.units is None else "users"
        table = read_csv(path, ["region", amount], [amount, "lon", "lat"], ["region"])
        if w.units is not None:
            assert w.peak_it_mw is not None
            table["it_mw"] = w.peak_it_mw * table["users"] / table["users"].sum()
        if "timezone" in table:
            _known_zones(table["timezone"], path)
        if w.latency_ms is not None and not {"lon", "lat"} <= set(table.columns):
            raise DataError("a latency limit needs the columns lon and lat", path)
        negative = table.loc[table["it_mw"] < 0, "region"].tolist()
        if negative:
            raise DataError([f"region '{r}': it_mw is negative" for r in negative], path)
        return table.assign(region=table["region"].astype(str))
    assert w.cities is not None and w.regions is not None and w.peak_it_mw is not None
    path = study.path(w.cities)
    cities = read_csv(path, ["name", "lon", "lat", "population"], ["lon", "lat", "population"], ["name"])
    cities = cities.sort_values("population", ascending=False).reset_index(drop=True)
    centres = _spread(cities, w.regions)
    km = geography.great_circle_km(
        cities.lat.to_numpy()[:, None], cities.lon.to_numpy()[:, None], centres.lat.to_numpy(), centres.lon.to_numpy()
    )
    people = np.bincount(km.argmin(axis=1), weights=cities["population"], minlength=len(centres))
    out = centres.rename(columns={"name": "region"})[["region", "lon", "lat"]].copy()
    out["it_mw"] = w.peak_it_mw * people / people.sum()
    return out


def _known_zones(zones: pd.Series, path: Path) -> None:
    if wrong := [str(z) for z in zones.unique() if str(z) not in available_timezones()]:
        raise DataError([f"timezone '{z}' is no IANA name, such as Europe/Berlin" for z in wrong], path)


def within_reach(study: Study, sites: gpd.GeoDataFrame) -> dict[str, np.ndarray]:
    """`workload: region` → which sites meet the latency limit and lie in its areas; only workloads with such rules."""
    out: dict[str, np.ndarray] = {}
    for name, w in study.work.items():
        if isinstance(w, Inference):
            table = _regions(study, w)
            near = sovereignty.inside(name, w, table, sites)
            if w.latency_ms is not None:
                near = near & (_round_trip(table, sites, w.route_factor) <= w.latency_ms)
            out |= {f"{name}: {r}": near[:, j] for j, r in enumerate(table["region"]) if not near[:, j].all()}
        elif w.stays_in:
            out[name] = sovereignty.of_work(name, w, sites)
    return out


def _spread(cities: pd.DataFrame, n: int, apart_km: float = 100.0) -> pd.DataFrame:
    """The n largest cities that lie at least 100 km from each other (fewer apart if there are not enough)."""
    chosen: list[int] = []
    while len(chosen) < min(n, len(cities)):
        for i in range(len(cities)):
            if i in chosen:
                continue
            near = [
                geography.great_circle_km(cities.lat[i], cities.lon[i], cities.lat[j], cities.lon[j]) < apart_km for j in chosen
            ]
            if not any(near):
                chosen.append(i)
                break
        else:
            apart_km /= 2
    return cities.loc[chosen].reset_index(drop=True)


def _round_trip(table: pd.DataFrame, sites: gpd.GeoDataFrame, route_factor: float) -> np.ndarray:
    """Network round trip, (site, region), ms."""
    km = geography.great_circle_km(
        sites.geometry.y.to_numpy()[:, None],
        sites.geometry.x.to_numpy()[:, None],
        table.lat.to_numpy(),
        table.lon.to_numpy(),
    )
    return np.asarray(geography.round_trip_ms(km, route_factor))


def _serving_costs(study: Study, w: Inference, sites: gpd.GeoDataFrame, table: pd.DataFrame) -> np.ndarray:
    assert w.serving_costs is not None
    path = study.path(w.serving_costs)
    costs = read_csv(path, ["site", "region", "eur_2024_per_mwh"], ["eur_2024_per_mwh"], ["site", "region"])
    matrix = costs.astype({"site": str, "region": str}).pivot(index="site", columns="region", values="eur_2024_per_mwh")
    full = matrix.reindex(index=sites["site"].tolist(), columns=table["region"].tolist())
    if full.isna().any().any():
        site = full.index[full.isna().any(axis=1)][0]
        region = full.columns[full.loc[site].isna()][0]
        raise DataError(f"no serving cost for site '{site}' and region '{region}'", path)
    return full.to_numpy()
