"""Generation: what sun and wind give at a place in an hour, and plant behind the meter."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import xarray as xr

from ..physics import renewables
from ..sources.weather import UNITS, WIND_HEIGHT_M
from ..study.study import Study
from .money import Technologies
from .weather import Weather, by_site


def capacity_factor(
    kind: str, weather: xr.Dataset, time: np.ndarray, lon: np.ndarray, lat: np.ndarray, t: Technologies
) -> np.ndarray:
    """Capacity factor of `pv` or `wind`, (cell, …time). `time` is UTC, hour beginning; the sun is taken at the half hour."""
    flat = {v: weather[v].transpose("cell", ...).values.reshape(weather.sizes["cell"], -1).T for v in UNITS}
    p = t.generation_numbers(kind) | {"measured_at_m": WIND_HEIGHT_M}
    if kind == "pv":
        half = np.asarray(time).ravel() + np.timedelta64(30, "m")
        sun = renewables.sun_position(half, lat, lon)
        cf = renewables.pv_capacity_factor(
            flat["ghi_w_per_m2"], flat["dni_w_per_m2"], flat["dhi_w_per_m2"], flat["dry_bulb_c"], flat["wind_speed_m_per_s"],
            sun, p,
        )  # fmt: skip
    else:
        cf = renewables.wind_capacity_factor(flat["wind_speed_m_per_s"], *t.power_curve(), p)
    return np.clip(np.asarray(cf), 0.0, 1.0).T.reshape(weather.sizes["cell"], *np.asarray(time).shape)


def generation(study: Study, sites: gpd.GeoDataFrame, weather: Weather, technologies: Technologies) -> dict[str, xr.DataArray]:
    """Capacity factors behind the meter, and costs of plant."""
    if not study.generation:
        return {}
    names = list(study.generation)
    cells = weather.hours
    assert cells is not None
    per_cell = [
        capacity_factor(g, cells, cells["time"].values, cells["lon"].values, cells["lat"].values, technologies) for g in names
    ]
    values = np.stack([by_site(v, cells) for v in per_cell], axis=1)
    coords = {"site": sites["site"].tolist(), "generator": names}
    most = [[study.generation[g].max_mw_per_site for g in names] for _ in range(len(sites))]  # type: ignore[index]
    out = technologies.plant(study, names)
    out["max_plant"] = xr.DataArray(np.array(most, float), coords)
    out["availability"] = xr.DataArray(
        values, coords | {"block": np.arange(values.shape[2]), "hour": np.arange(values.shape[3])}
    )
    return out
