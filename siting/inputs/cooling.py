"""Cooling: what a megawatt of IT takes at each site and hour, by technology.

The typical year gives annual PUE and WUE and, with the observed months, the design hour; the hours of operation are the
representative days'. `idle_power` is fixed by the typical year's mean, `power_per_it` follows the hour.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError, InputsError
from ..physics import air
from ..physics import cooling as physics
from ..sources.tables import read_csv
from ..study.study import Study
from .cooling_range import at_end
from .hours import Hours
from .money import Technologies
from .source_water import SOURCE_WATER
from .weather import AIR, Weather, by_site

EXTRA_VARIABLES = {  # of a typed table: column -> variable
    "consumed_l_per_kwh": "consumed_per_it",
    "recoverable_mw_per_mw": "recoverable_per_it",
    "return_c": "return_c",
}
EXTRAS = tuple(EXTRA_VARIABLES)
WATER_IS_TOLD = "give it water by month in cooling.source_water, offer another cooling, or set choice: never"


def performance(technology: str, table: dict, path: Path, weather: xr.Dataset) -> physics.Performance:
    rows = table.get(technology)
    if rows is None:
        raise DataError(f"there is no cooling technology '{technology}'; the table has: {', '.join(table)}", path)
    model = physics.MODELS.get(str(rows.get("model")))
    if model is None:
        raise DataError(f"technology '{technology}': model '{rows.get('model')}' is none of {', '.join(physics.MODELS)}", path)
    outdoor = air.state(*(weather[v].values for v in AIR))
    if SOURCE_WATER in weather:
        outdoor = outdoor._replace(source_water_c=weather[SOURCE_WATER].values)
    numbers = {k: v for k, v in rows.items() if isinstance(v, float)}
    try:
        return model(outdoor, numbers)
    except KeyError as e:
        raise DataError(f"technology '{technology}' has no number {e}; add a row with its source", path) from None
    except ValueError as e:
        raise DataError(f"technology '{technology}' {e}", path) from None


def cooling(
    study: Study, sites: gpd.GeoDataFrame, weather: Weather, technologies: Technologies, hours: Hours
) -> dict[str, xr.DataArray]:
    """Power and water per IT of the hour, the design hour, annual PUE and WUE; costs and land of halls."""
    if study.cooling is None:
        return {}
    names = list(study.cooling.technologies)
    out = technologies.halls(study, sites)
    if study.cooling.hours is not None:
        return out | _from_table(study, sites, technologies, hours)
    assert weather.hours is not None and weather.observed is not None
    typical = weather.typical(sites)
    path, table = technologies.cooling_path, dict(technologies.cooling)
    if study.cooling.parameters != "central":
        table = {k: {**table[k], **at_end(k, study.cooling.parameters, path, typical)} for k in names if k in table}
    parts: dict[str, list[np.ndarray]] = {}
    for k in names:
        rows = table.get(k, {})
        year, days, months = (performance(k, table, path, w) for w in (typical, weather.hours, weather.observed))
        u, fixed = float(rows["reference_utilisation"]), float(rows["fixed_share"])
        pue_year = by_site(year.pue, typical)
        idle, _ = physics.linear_power(pue_year, u, fixed, time_axis=1)
        pue = by_site(days.pue, weather.hours)
        hottest = np.maximum(pue_year.max(axis=1), by_site(months.pue, weather.observed).max(axis=1))
        plant = _plant(year, months, typical, weather.observed)
        for name, values in (
            ("idle_power", idle),
            ("pue", pue),
            ("power_per_it", np.maximum(pue - idle[:, None, None] / u, 1.0)),
            ("design_power_per_it", hottest - idle / u),
            ("water_per_it", by_site(days.wue_l_per_kwh, weather.hours)),
            ("pue_typical_year", pue_year.mean(axis=1)),
            ("wue_typical_year", by_site(year.wue_l_per_kwh, typical).mean(axis=1)),
            ("consumed_per_it", by_site(days.consumed_l_per_kwh, weather.hours)),
            ("recoverable_per_it", by_site(days.recoverable_kw_per_kw, weather.hours)),
            ("return_c", by_site(year.return_c, typical).mean(axis=1)),
            ("chiller_per_it", plant["chiller"]),
            ("rejection_per_it", plant["rejection"]),
            ("rejection_cost", technologies.rejection_annuity(study, k, plant)),
        ):
            parts.setdefault(name, []).append(values)
    coords = {"site": sites["site"].tolist(), "cooling": names}
    of_hour = {"block": np.arange(hours.shape[0]), "hour": np.arange(hours.shape[1])}
    for name, values in parts.items():
        stacked = np.stack(values, axis=1)
        out[name] = xr.DataArray(stacked, coords | (of_hour if stacked.ndim == 4 else {}))
    return available(out)


def available(out: dict[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    """`can_cool` (site, cooling): 0 where the place lacks what the technology needs (no sea, lake or river beside it).

    No hall may be built there; the arrays need numbers all the same and take the site's worst of the other technologies.
    Raises InputsError for a site where nothing is left, or where halls stand that cannot be.
    """
    can = out["pue_typical_year"].notnull()
    if bool(can.all()):
        return out
    bare = can["site"].values[~can.values.any(axis=1)]
    problems = [f"site '{s}' has no sea, lake or river for its only cooling: {WATER_IS_TOLD}" for s in bare]
    for i, j in np.argwhere((out["existing_halls"].values > 0) & ~can.values):
        what = f"site '{can['site'].values[i]}' has halls with cooling '{can['cooling'].values[j]}'"
        problems.append(f"{what}, but no sea, lake or river: {WATER_IS_TOLD}")
    if problems:
        raise InputsError(problems, None)
    filled = dict(out)
    for name, a in out.items():
        if {"site", "cooling"} <= set(a.dims):
            filled[name] = a.where(can, a.where(can).max("cooling")).transpose(*a.dims)
    return filled | {"can_cool": can.astype(float)}


def not_available(data: xr.Dataset) -> pd.DataFrame:
    """Site and cooling that do not go together, with the reason: one row each."""
    gone, reason = np.argwhere(data["can_cool"].values == 0.0), "no sea, lake or river is known beside the site"
    rows = [(data["site"].values[i], data["cooling"].values[j], reason) for i, j in gone]
    return pd.DataFrame(rows, columns=["site", "cooling", "reason"])


def _plant(
    year: physics.Performance, months: physics.Performance, typical: xr.Dataset, observed: xr.Dataset
) -> dict[str, np.ndarray]:
    """By site, the chiller and the heat rejection that the worst hour of the typical year and of the observed months asks for
    [MW per MW of IT, rated]."""
    worst = {}
    for name in ("chiller", "rejection"):
        of_year, of_months = (getattr(p, f"{name}_kw_per_kw") for p in (year, months))
        worst[name] = np.maximum(by_site(of_year, typical).max(axis=1), by_site(of_months, observed).max(axis=1))
    return worst


def accepts(study: Study, technologies: Technologies) -> dict[str, xr.DataArray]:
    """Which work the halls of a technology can hold: cooled by what it needs (`cools`), racks no denser than `rack_kw_max`."""
    if study.cooling is None:
        return {}
    names, table = list(study.cooling.technologies), technologies.cooling
    out = xr.DataArray(np.ones((len(study.work), len(names))), {"workload": list(study.work), "cooling": names})
    for name, work in study.work.items():
        for k in names:
            if work.needs is not None:
                if "cools" not in table.get(k, {}):
                    told = f"technology '{k}' does not say what it cools (air or liquid), which work.{name}.needs asks for"
                    raise DataError(f"{told}; add a row with parameter 'cools'", technologies.cooling_path)
                if table[k]["cools"] != work.needs:
                    out.loc[{"workload": name, "cooling": k}] = 0.0
            if work.rack_kw is not None and technologies.number("cooling", k, "rack_kw_max") < work.rack_kw:
                out.loc[{"workload": name, "cooling": k}] = 0.0
    return {"accepts": out}


def _from_table(study: Study, sites: gpd.GeoDataFrame, technologies: Technologies, hours: Hours) -> dict[str, xr.DataArray]:
    """PUE and WUE typed in: `site, cooling, block, hour, pue, wue_l_per_kwh`; the design hour is the worst of the table.

    Columns of EXTRAS may be given too: without them the study counts no water consumed and can sell no heat. The plant for
    heat rejection is the one that the cost of halls has."""
    assert study.cooling is not None and study.cooling.hours is not None
    path, names = study.path(study.cooling.hours), list(study.cooling.technologies)
    keys = ["site", "cooling", "block", "hour"]
    needed = EXTRAS[1:] if study.heat is not None else ()
    table = read_csv(path, [*keys, "pue", "wue_l_per_kwh", *needed], ["hour", "pue", "wue_l_per_kwh", *EXTRAS], keys)
    blocks, shape, weight = list(hours.names), hours.shape, hours.data["weight"].values
    unknown = sorted(set(table["block"]) - set(blocks), key=str)
    if unknown:
        raise DataError(f"block {unknown[0]} is not in the table of hours, which has: {', '.join(map(str, blocks))}", path)
    index = pd.MultiIndex.from_product([sites["site"], names, blocks, range(shape[1])], names=keys)
    full = table.astype({"site": str}).set_index(keys).reindex(index)
    if full["pue"].isna().any():
        site, k, block, hour = full.index[full["pue"].isna()][0]
        raise DataError(f"no PUE for site '{site}', cooling '{k}', block {block}, hour {hour}", path)
    dims = (len(sites), len(names), len(blocks), shape[1])
    pue, wue = (full[c].to_numpy(float).reshape(dims) for c in ("pue", "wue_l_per_kwh"))
    coords = {"site": sites["site"].tolist(), "cooling": names}
    of_hour = {"block": np.arange(shape[0]), "hour": np.arange(shape[1])}
    extras = {c: xr.DataArray(full[c].to_numpy(float).reshape(dims), coords | of_hour) for c in EXTRAS if c in full}
    u = np.array([technologies.number("cooling", k, "reference_utilisation") for k in names])
    fixed = np.array([technologies.number("cooling", k, "fixed_share") for k in names])
    mean = np.average(pue.mean(axis=3), axis=2, weights=weight)
    idle = u * fixed * (mean - 1)
    out = {EXTRA_VARIABLES[c]: a for c, a in extras.items()}
    if "return_c" in out:
        out["return_c"] = out["return_c"].mean("hour").weighted(hours.data["weight"]).mean("block")
    return out | {
        "pue": xr.DataArray(pue, coords | of_hour),
        "idle_power": xr.DataArray(idle, coords),
        "power_per_it": xr.DataArray(np.maximum(pue - (idle / u)[:, :, None, None], 1.0), coords | of_hour),
        "design_power_per_it": xr.DataArray(np.maximum(pue.max(axis=(2, 3)) - idle / u, 1.0), coords),
        "water_per_it": xr.DataArray(wue, coords | of_hour),
        "pue_typical_year": xr.DataArray(mean, coords),
        "wue_typical_year": xr.DataArray(np.average(wue.mean(axis=3), axis=2, weights=weight), coords),
    }
