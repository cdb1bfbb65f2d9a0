"""Climate to coefficients: what a megawatt of IT takes at each site and hour, and what sun and wind give there.

The typical year gives annual PUE and WUE and, with the observed months, the design hour; the hours of operation are the
representative days'. `idle_power` is fixed by the typical year's mean, `power_per_it` follows the hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError
from ..physics import air, renewables
from ..physics import cooling as cooling_
from ..sources.tables import read_csv
from ..sources.weather import UNITS, WIND_HEIGHT_M, at_sites, open_grid
from ..study.study import Study
from .hours import Hours
from .money import Technologies

AIR = ("dry_bulb_c", "dew_point_c", "pressure_pa")


@dataclass(frozen=True)
class Weather:
    """Weather by site: the hours of operation (site, block, hour), and lazily the climate. None without weather grids."""

    study: Study
    hours: xr.Dataset | None
    observed: xr.Dataset | None
    notes: dict[str, pd.DataFrame] = field(default_factory=dict)

    @classmethod
    def of(cls, study: Study, sites: gpd.GeoDataFrame, hours: Hours) -> Weather:
        if study.hours.observed is None or hours.time is None:
            return cls(study, None, None)
        path = study.path(study.hours.observed)
        lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
        observed = at_sites(open_grid(path), lon, lat, sites["site"].tolist(), path)
        return cls(study, observed.sel(time=xr.DataArray(hours.time, dims=("block", "hour"))), observed)

    def only(self, sites: list[str]) -> Weather:
        """The weather of these sites."""
        if self.hours is None or self.observed is None:
            return self
        return Weather(self.study, self._of(self.hours, sites), self._of(self.observed, sites), self.notes)

    @staticmethod
    def _of(cells: xr.Dataset, sites: list[str]) -> xr.Dataset:
        """Keep the cells of these sites only."""
        which = cells["cell_of_site"].sel(site=sites).values
        kept, again = np.unique(which, return_inverse=True)
        out = cells.drop_vars(["cell_of_site", "site"]).isel(cell=kept)
        return out.assign_coords(cell_of_site=("site", again), site=("site", sites))

    def typical(self, sites: gpd.GeoDataFrame) -> xr.Dataset:
        """The typical year by cell, (cell, time)."""
        assert self.study.hours.typical_year
        path = self.study.path(self.study.hours.typical_year)
        lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
        return at_sites(open_grid(path), lon, lat, sites["site"].tolist(), path, AIR)


def _performance(technology: str, table: dict, path: Path, weather: xr.Dataset) -> cooling_.Performance:
    rows = table.get(technology)
    if rows is None:
        raise DataError(f"there is no cooling technology '{technology}'; the table has: {', '.join(table)}", path)
    model = cooling_.MODELS.get(str(rows.get("model")))
    if model is None:
        raise DataError(f"technology '{technology}': model '{rows.get('model')}' is none of {', '.join(cooling_.MODELS)}", path)
    outdoor = air.state(*(weather[v].values for v in AIR))
    numbers = {k: v for k, v in rows.items() if isinstance(v, float)}
    try:
        return model(outdoor, numbers)
    except KeyError as e:
        raise DataError(f"technology '{technology}' has no number {e}; add a row with its source", path) from None


def _by_site(values: np.ndarray, weather: xr.Dataset) -> np.ndarray:
    return np.asarray(values)[weather["cell_of_site"].values]


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
    parts: dict[str, list[np.ndarray]] = {}
    for k in names:
        rows = technologies.cooling.get(k, {})
        year = _performance(k, technologies.cooling, technologies.cooling_path, typical)
        days = _performance(k, technologies.cooling, technologies.cooling_path, weather.hours)
        months = _performance(k, technologies.cooling, technologies.cooling_path, weather.observed)
        u, fixed = float(rows["reference_utilisation"]), float(rows["fixed_share"])
        pue_year = _by_site(year.pue, typical)
        idle, _ = cooling_.linear_power(pue_year, u, fixed, time_axis=1)
        pue = _by_site(days.pue, weather.hours)
        hottest = np.maximum(pue_year.max(axis=1), _by_site(months.pue, weather.observed).max(axis=1))
        for name, values in (
            ("idle_power", idle),
            ("pue", pue),
            ("power_per_it", np.maximum(pue - idle[:, None, None] / u, 1.0)),
            ("design_power_per_it", hottest - idle / u),
            ("water_per_it", _by_site(days.wue_l_per_kwh, weather.hours)),
            ("pue_typical_year", pue_year.mean(axis=1)),
            ("wue_typical_year", _by_site(year.wue_l_per_kwh, typical).mean(axis=1)),
        ):
            parts.setdefault(name, []).append(values)
    coords = {"site": sites["site"].tolist(), "cooling": names}
    of_hour = {"block": np.arange(hours.shape[0]), "hour": np.arange(hours.shape[1])}
    for name, values in parts.items():
        stacked = np.stack(values, axis=1)
        out[name] = xr.DataArray(stacked, coords | (of_hour if stacked.ndim == 4 else {}))
    return out


def _from_table(study: Study, sites: gpd.GeoDataFrame, technologies: Technologies, hours: Hours) -> dict[str, xr.DataArray]:
    """PUE and WUE typed in: `site, cooling, block, hour, pue, wue_l_per_kwh`; the design hour is the worst of the table."""
    assert study.cooling is not None and study.cooling.hours is not None
    path, names = study.path(study.cooling.hours), list(study.cooling.technologies)
    keys = ["site", "cooling", "block", "hour"]
    table = read_csv(path, [*keys, "pue", "wue_l_per_kwh"], ["hour", "pue", "wue_l_per_kwh"], keys)
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
    u = np.array([technologies.number("cooling", k, "reference_utilisation") for k in names])
    fixed = np.array([technologies.number("cooling", k, "fixed_share") for k in names])
    mean = np.average(pue.mean(axis=3), axis=2, weights=weight)
    idle = u * fixed * (mean - 1)
    return {
        "pue": xr.DataArray(pue, coords | of_hour),
        "idle_power": xr.DataArray(idle, coords),
        "power_per_it": xr.DataArray(np.maximum(pue - (idle / u)[:, :, None, None], 1.0), coords | of_hour),
        "design_power_per_it": xr.DataArray(np.maximum(pue.max(axis=(2, 3)) - idle / u, 1.0), coords),
        "water_per_it": xr.DataArray(wue, coords | of_hour),
        "pue_typical_year": xr.DataArray(mean, coords),
        "wue_typical_year": xr.DataArray(np.average(wue.mean(axis=3), axis=2, weights=weight), coords),
    }


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
    values = np.stack([_by_site(v, cells) for v in per_cell], axis=1)
    coords = {"site": sites["site"].tolist(), "generator": names}
    most = [[study.generation[g].max_mw_per_site for g in names] for _ in range(len(sites))]  # type: ignore[index]
    out = technologies.plant(study, names)
    out["max_plant"] = xr.DataArray(np.array(most, float), coords)
    out["availability"] = xr.DataArray(
        values, coords | {"block": np.arange(values.shape[2]), "hour": np.arange(values.shape[3])}
    )
    return out


def contracts(study: Study, hours: Hours, technologies: Technologies) -> dict[str, xr.DataArray]:
    """Hourly shape of each named PPA, from the weather at its place."""
    if not study.contracts:
        return {}
    names = list(study.contracts)
    frame = gpd.GeoDataFrame(
        {"site": names},
        geometry=gpd.points_from_xy([c.lon for c in study.contracts.values()], [c.lat for c in study.contracts.values()]),
        crs="EPSG:4326",
    )
    cells = Weather.of(study, frame, hours).hours
    assert cells is not None
    profiles = []
    for name, c in study.contracts.items():
        here = Weather._of(cells, [name])
        cf = capacity_factor(c.technology, here, here["time"].values, here["lon"].values, here["lat"].values, technologies)
        profiles.append(cf[0])
    values = np.stack(profiles)
    of = {"contract": names}
    return {
        "contract_profile": xr.DataArray(
            values, of | {"block": np.arange(values.shape[1]), "hour": np.arange(values.shape[2])}
        ),
        "contract_offered": xr.DataArray([c.offered_mw for c in study.contracts.values()], of),
        "contract_strike": xr.DataArray([c.strike_eur_2024_per_mwh for c in study.contracts.values()], of),
    }


def first_100_mw(
    study: Study, sites: gpd.GeoDataFrame, hours: Hours, weather: Weather, technologies: Technologies
) -> np.ndarray:
    """EUR_2024 a year of a first 100 MW of IT, flat, at each candidate: halls, energy, tariff, water, land, own plant.

    A screening figure: no network, no latency, cheapest cooling, own plant valued at what it saves. What is the same at
    every candidate (servers) is left out.
    """
    n = len(sites)
    per_mw = np.zeros(n)
    weight = hours.data["weight"].values[:, None] * np.ones(hours.shape)
    connection = technologies.connection_per_mw(study, sites)
    rent = (sites["land_price_eur_2024_per_ha"].fillna(0.0) * study.finance.real_rate).to_numpy(float)
    price = hours.data["spot_price"].values + technologies.energy_tariff() if study.grid else 0 * weight
    if study.cooling is not None and weather.hours is not None:
        options = []
        for k in study.cooling.technologies:
            p = _performance(k, technologies.cooling, technologies.cooling_path, weather.hours)
            pue = _by_site(p.pue, weather.hours)
            water = _by_site(p.wue_l_per_kwh, weather.hours) * technologies.tariff("water", "price")
            running = ((pue * price + water) * weight).sum(axis=(1, 2))
            land = technologies.number("cooling", k, "land_ha_per_mw") * rent
            options.append(running + technologies.hall_annuity(study, k) + land + connection * pue.max(axis=(1, 2)))
        per_mw = np.min(options, axis=0)
    saved = np.zeros(n)
    for g, plant in study.generation.items():
        assert weather.hours is not None
        cells = weather.hours
        cf = _by_site(
            capacity_factor(g, cells, cells["time"].values, cells["lon"].values, cells["lat"].values, technologies), cells
        )
        annuity = technologies.plant_annuity(study, g) + technologies.number("generation", g, "land_ha_per_mw") * rent
        worth = (cf * price * weight).sum(axis=(1, 2)) - annuity
        saved += np.maximum(worth, 0.0) * min(plant.max_mw_per_site, 100.0)
    return 100.0 * per_mw - saved + sites["fixed_cost_eur_2024_per_year"].to_numpy(float)
