"""Generation: what sun, wind and firm plant give at a place in an hour, and plant behind the meter."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError, StudyError
from ..physics import finance, renewables
from ..sources.netcdf import opened
from ..sources.ranges import OTHER_END, read_ranges
from ..sources.weather import UNITS, WIND_HEIGHT_M
from ..study.study import Study
from . import prices
from .hours import Hours
from .money import Technologies
from .profiles import read_profile
from .weather import Weather, by_site

ALL_HOURS = 8760.0
THE_MORE_THE_BETTER = ("life", "availability")  # of other parameters with a range the less
OF_RECORD = {"pv": "solar_cf", "wind": "wind_onshore_cf"}  # model -> capacity factor of the country in the power system
MODELS = ("pv", "wind", "firm")  # column `model` of the table; firm plant needs no weather


def model_of(technology: str, t: Technologies) -> str:
    """How a technology's output follows from the weather. Raises DataError where the table does not say."""
    rows, path = t.tables["generation"], t.folder / "generation.csv"
    if technology not in rows:
        raise DataError(f"there is no '{technology}'; the table has: {', '.join(rows)}", path)
    model = rows[technology].get("model")
    if model not in MODELS:
        raise DataError(f"technology '{technology}': model {model!r} is none of {', '.join(MODELS)}", path)
    return str(model)


def capacity_factor(
    kind: str, weather: xr.Dataset, time: np.ndarray, lon: np.ndarray, lat: np.ndarray, t: Technologies
) -> np.ndarray:
    """Output per rating of a technology, (cell, …time). `time` is UTC, hour beginning; the sun is taken at the half hour."""
    shape = (weather.sizes["cell"], *np.asarray(time).shape)
    p = t.generation_numbers(kind) | {"measured_at_m": WIND_HEIGHT_M}
    model = model_of(kind, t)
    if model == "firm":
        return np.full(shape, t.number("generation", kind, "availability"))
    flat = {v: weather[v].transpose("cell", ...).values.reshape(shape[0], -1).T for v in UNITS}
    if model == "pv":
        half = np.asarray(time).ravel() + np.timedelta64(30, "m")
        sun = renewables.sun_position(half, lat, lon)
        cf = renewables.pv_capacity_factor(
            flat["ghi_w_per_m2"], flat["dni_w_per_m2"], flat["dhi_w_per_m2"], flat["dry_bulb_c"], flat["wind_speed_m_per_s"],
            sun, p,
        )  # fmt: skip
    else:
        cf = renewables.wind_capacity_factor(flat["wind_speed_m_per_s"], *t.power_curve(kind), p)
    return np.clip(np.asarray(cf), 0.0, 1.0).T.reshape(shape)


def generation(
    study: Study, sites: gpd.GeoDataFrame, weather: Weather, hours: Hours, technologies: Technologies
) -> dict[str, xr.DataArray]:
    """Output per rating behind the meter, limits, and costs of plant."""
    if not study.generation:
        return {}
    names, at = list(study.generation), sites["site"].tolist()
    values = np.stack([_availability(study, g, at, weather, hours, technologies) for g in names], axis=1)
    coords = {"site": at, "generator": names}
    most = [0.0 if not_yet(study, g, technologies) else study.generation[g].max_mw_per_site for g in names]
    out = _costs(study, names, technologies)
    out["max_plant"] = xr.DataArray(np.tile(most, (len(at), 1)), coords)
    out["availability"] = xr.DataArray(
        values, coords | {"block": np.arange(values.shape[2]), "hour": np.arange(values.shape[3])}
    )
    return out


def _availability(
    study: Study, name: str, sites: list[str], weather: Weather, hours: Hours, technologies: Technologies
) -> np.ndarray:
    """(site, block, hour)."""
    profile, kind = study.generation[name].profile, technology_of(study, name)
    if profile is not None:
        return read_profile(study.path(profile), hours, sites)
    if model_of(kind, technologies) == "firm":
        return np.full((len(sites), *hours.shape), number_of(study, name, "availability", technologies))
    cells = weather.hours
    if cells is None:
        raise StudyError(
            f"generation.{name} needs weather (hours.observed and the other keys of representative days), or a 'profile'"
        )
    cf = capacity_factor(kind, cells, cells["time"].values, cells["lon"].values, cells["lat"].values, technologies)
    return by_site(cf, cells)


def technology_of(study: Study, name: str) -> str:
    """The row of the generation table that a plant of the study is."""
    return study.generation[name].technology or name


def number_of(study: Study, name: str, parameter: str, technologies: Technologies) -> float:
    """A number of a plant of the study, at the end of its range that the study asks for."""
    kind, end = technology_of(study, name), study.generation[name].parameters
    if end == "central":
        return technologies.number("generation", kind, parameter)
    row = read_ranges(technologies.folder / "generation.csv").of(kind, parameter)
    return row.at(end if parameter in THE_MORE_THE_BETTER else OTHER_END[end])


def not_yet(study: Study, name: str, technologies: Technologies) -> bool:
    """Whether a technology exists only after the study's year. Raises StudyError where the study gives no year."""
    kind = technology_of(study, name)
    if "exists_from" not in technologies.generation_numbers(kind):
        return False
    first = number_of(study, name, "exists_from", technologies)
    if study.last_year is None:
        raise StudyError(
            f"generation.{name}: '{kind}' exists from {first:.0f}; say which year the study plans for (year: 2030)"
        )
    return study.last_year < first


def _costs(study: Study, names: list[str], t: Technologies) -> dict[str, xr.DataArray]:
    of = {"generator": names}

    def row(parameter: str) -> np.ndarray:
        return np.array([number_of(study, g, parameter, t) for g in names])

    plants = list(study.generation.values())
    cost = _annuities(study, t)
    land, nearby = row("land_ha_per_mw"), np.array([p.away_km > 0 for p in plants])
    lease = np.array([p.land_lease_eur_2024_per_ha_per_year or 0.0 for p in plants])
    wire = np.array([p.away_km for p in plants]) * t.line_per_mw_km(study) if nearby.any() else 0.0
    most = [ALL_HOURS if p.max_full_load_hours is None else p.max_full_load_hours for p in plants]
    arrays = {
        "plant_cost": cost + wire + lease * land,
        "plant_land": np.where(nearby, 0.0, land),
        "plant_land_nearby": np.where(nearby, land, 0.0),
        "plant_carbon": row("embodied_carbon") / row("life"),
        "plant_clean": row("clean"),
        "plant_variable_cost": row("variable_cost"),
        "plant_direct_carbon": row("direct_carbon"),
        "plant_full_load_hours": most,
    }
    return {name: xr.DataArray(np.asarray(values, float), of) for name, values in arrays.items()}


def _annuities(study: Study, t: Technologies) -> np.ndarray:
    """Annuity and upkeep of each plant at the capex of the table [EUR_2024/MW/year]."""
    capex, life, upkeep = (np.array([number_of(study, g, p, t) for g in study.generation]) for p in ("capex", "life", "fom"))
    return np.asarray(capex * (finance.annuity(study.finance.real_rate, life) + upkeep))


def plant_prices(study: Study, plant_cost: xr.DataArray, t: Technologies) -> dict[str, xr.DataArray]:
    """What plant bought in the study's year costs over `plant_cost`, where the study asks for paths of cost. The wire and the
    lease of plant that stands away do not fall."""
    if not study.generation or not study.finance.cost_paths:
        return {}
    capex = np.array([prices.price(study, technology_of(study, g)) for g in study.generation])
    part = _annuities(study, t) / plant_cost.values
    return {"plant_price": xr.DataArray(1 - part + part * capex, {"generator": list(study.generation)})}


def notes(study: Study, technologies: Technologies) -> dict[str, pd.DataFrame]:
    """Technologies of the study that do not exist in its year."""
    late = [g for g in study.generation if not_yet(study, g, technologies)]
    if not late:
        return {}
    first = [number_of(study, g, "exists_from", technologies) for g in late]
    return {"not_yet": pd.DataFrame({"plant": late, "exists_from": np.array(first, int), "year_of_the_study": study.last_year})}


def beside_the_record(study: Study, data: xr.Dataset, technologies: Technologies) -> dict[str, pd.DataFrame]:
    """What sun and wind give at the kept sites, by month of the modelled days, beside what the country's plants gave then."""
    from_weather = {
        g: model for g, p in study.generation.items() if p.profile is None
        if (model := model_of(technology_of(study, g), technologies)) in OF_RECORD
    }  # fmt: skip
    if study.hours.power_system is None or "time" not in data.coords or not from_weather:
        return {}
    system = opened(study.path(study.hours.power_system))
    gone = set(OF_RECORD.values()) - set(map(str, system.data_vars))
    record = system[[v for v in OF_RECORD.values() if v not in gone]].sel(time=data["time"].values.ravel()).load()
    ours, weight, rows = data["availability"].mean("site"), data["weight"].values, []
    for g, model in from_weather.items():
        if OF_RECORD[model] in gone:
            continue
        values = {"at_the_sites": ours.sel(generator=g).transpose("block", "hour").values,
                  "record_of_the_country": record[OF_RECORD[model]].values.reshape(data["time"].shape)}  # fmt: skip
        for month in sorted(set(data["month"].values.astype(int).tolist())):
            of = data["month"].values.astype(int) == month
            rows.append((g, month, *(float(np.average(v[of].mean(axis=1), weights=weight[of])) for v in values.values())))
    table = pd.DataFrame(rows, columns=["plant", "month", "at_the_sites", "record_of_the_country"])
    return {"beside_the_record": table.assign(ratio=table["at_the_sites"] / table["record_of_the_country"])}
