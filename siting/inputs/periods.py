"""Representative days: whole observed days with weights that meet the means of a year.

    minimise   Σ_f |Σ_d w_d · f_d − 365 · target_f| / spread_f       over features f
    subject to Σ_d w_d = 365,   least · z_d ≤ w_d ≤ most · z_d,   Σ_d z_d = days

Features: wet bulb (target: the typical year), national wind and solar capacity factor, residual load and carbon (target:
all hours of the power-system record), day-ahead price (target: the observed year of the record). Days are whole, so
weather, carbon and price of an hour stay together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import Bounds, LinearConstraint, milp

from ..errors import DataError
from ..physics import air, finance
from ..sources.netcdf import opened
from ..sources.tables import read_csv
from ..sources.weather import open_weather
from ..study.study import Study
from . import hours as hours_
from .carbon import clean_share, short_run_marginal
from .fingerprint import remembered
from .money import SHIPPED
from .weather import AIR

PRICE_LEVEL = 2018  # observed prices are of 2018 and the modelled ones are fitted on them
DIGITS = 6  # of features, in spreads: means that libraries round otherwise in the last digit must not choose other days
SYSTEM = ("wind_cf", "solar_cf", "residual_load_mw", "carbon_average_t_per_mwh")


def representative(study: Study) -> hours_.Hours:
    """Choose the days, fit the weights, and cut the national series into blocks of 24 hours (UTC)."""
    hours = study.hours
    assert hours.observed and hours.typical_year and hours.power_system and hours.prices and hours.days
    observed = open_weather(study.path(hours.observed))
    system = _series(study, "power_system", SYSTEM)
    prices = _series(study, "prices", ("day_ahead_price_eur_per_mwh",))
    to_2024 = finance.deflate(1.0, PRICE_LEVEL, 2024, "EUR", _deflators())
    days = _whole_days(pd.DatetimeIndex(observed["time"].values), system, prices)
    features, targets = _features(study, observed, system, prices, days)
    chosen, weight = fit(features.to_numpy(), targets.to_numpy(), hours.days, days.month.to_numpy())
    first = days[chosen]
    time = first.to_numpy()[:, None] + np.arange(24) * np.timedelta64(1, "h")
    mix = _series(study, "power_system", ("generation_mw", "residual_load_mw", "carbon_average_t_per_mwh"))
    picked = system.assign(_of_the_mix(study, mix)).sel(time=xr.DataArray(time, dims=("block", "hour")))
    price = prices["day_ahead_price_eur_per_mwh"].sel(time=xr.DataArray(time, dims=("block", "hour"))).values
    price = price * to_2024
    carbon = picked["carbon_average_t_per_mwh"].values
    series = {"spot_price": price, "carbon_average": carbon, "carbon_residual": carbon}
    series |= {n: picked[n].values for n in ("grid_clean_share", "carbon_marginal") if n in picked}
    data = hours_.of_blocks(weight, first.month.to_numpy(), series)
    met = weight @ features.to_numpy()[chosen] / weight.sum()
    fit_table = pd.DataFrame(
        {"mean": met, "target": targets.to_numpy(), "miss": met - targets.to_numpy(), "unit": UNITS}, index=features.columns
    )
    day_table = pd.DataFrame({"day": first.strftime("%Y-%m-%d"), "days_a_year": weight})
    return hours_.Hours(data, time, {"representative_days": day_table, "fit": fit_table.reset_index(names="quantity")})


def _of_the_mix(study: Study, mix: xr.Dataset) -> dict[str, xr.DataArray]:
    """The grid's own clean share; the short-run marginal factor, where the study asks for it."""
    out = {"grid_clean_share": clean_share(mix["generation_mw"])}
    if study.carbon is not None and study.carbon.marginal == "short-run" and study.carbon.marginal_t_per_mwh is None:
        out["carbon_marginal"] = short_run_marginal(mix)
    return out


UNITS = ["degC", "1", "1", "MW", "t/MWh", "EUR/MWh"]


@remembered(4)
def fit(
    features: np.ndarray, targets: np.ndarray, n: int, month: np.ndarray | None = None, nodes: int = 1000
) -> tuple[np.ndarray, np.ndarray]:
    """Rows chosen and their weights (sum 365, each within 1/3 and 2 times the even share), a small MILP.

    Every observed month gives at least one day. It stops after a number of nodes, never by time: the same data give the same
    days on every machine.

    >>> chosen, weight = fit(np.array([[0.0], [1.0], [10.0]]), np.array([0.25]), 2)
    >>> chosen.tolist(), weight.round(2).tolist()
    ([0, 1], [273.75, 91.25])
    """
    n_days, n_features = features.shape
    spread = features.std(axis=0)
    spread[spread == 0] = 1.0
    f = np.round((features - targets) / spread, DIGITS)
    even = 365 / n
    least, most = even / 3, even * 2
    zero_d, zero_f = np.zeros(n_days), np.zeros(n_features)
    cost = np.concatenate([zero_d, zero_d, np.ones(2 * n_features)])  # w, z, above, below

    def rows(w: np.ndarray, z: np.ndarray, up: np.ndarray, down: np.ndarray) -> np.ndarray:
        return np.hstack([w, z, up, down])

    eye_d, eye_f = np.eye(n_days), np.eye(n_features)
    none = np.zeros((n_days, n_features))
    constraints = [
        LinearConstraint(rows(f.T, np.zeros((n_features, n_days)), -eye_f, eye_f), 0, 0),
        LinearConstraint(np.concatenate([zero_d + 1, zero_d, zero_f, zero_f])[None], 365, 365),
        LinearConstraint(np.concatenate([zero_d, zero_d + 1, zero_f, zero_f])[None], n, n),
        LinearConstraint(rows(eye_d, -most * eye_d, none, none), -np.inf, 0),
        LinearConstraint(rows(eye_d, -least * eye_d, none, none), 0, np.inf),
    ]
    for m in np.unique(month) if month is not None and n >= len(np.unique(month)) else ():
        of_month = (month == m).astype(float)
        constraints.append(LinearConstraint(np.concatenate([zero_d, of_month, zero_f, zero_f])[None], 1, n))
    upper = np.concatenate([zero_d + most, zero_d + 1, np.full(2 * n_features, np.inf)])
    integrality = np.concatenate([zero_d, zero_d + 1, np.zeros(2 * n_features)])
    options = {"node_limit": nodes, "mip_rel_gap": 0.05}
    found = milp(cost, constraints=constraints, bounds=Bounds(0, upper), integrality=integrality, options=options)
    if found.x is None:
        raise DataError(f"no weights for {n} representative days were found: {found.message}")
    chosen = np.flatnonzero(found.x[n_days : 2 * n_days] > 0.5)
    weight = found.x[chosen]
    return chosen, weight * (365 / weight.sum())


def _series(study: Study, key: str, names: tuple[str, ...]) -> xr.Dataset:
    path = study.path(getattr(study.hours, key))
    data = opened(path)
    missing = [n for n in names if n not in data]
    if missing:
        raise DataError([f"variable '{n}' is missing" for n in missing], path)
    return data[list(names)].load()


def _deflators() -> dict[int, dict[str, float]]:
    columns = ["eur_index", "usd_index", "eur_per_usd"]
    table = read_csv(SHIPPED / "deflators.csv", ["year", *columns])
    return {int(row["year"]): {c: float(row[c]) for c in columns} for _, row in table.iterrows()}


def _whole_days(time: pd.DatetimeIndex, system: xr.Dataset, prices: xr.Dataset) -> pd.DatetimeIndex:
    """Days (UTC) of which every hour is in all three sources."""
    common = pd.DatetimeIndex(np.intersect1d(np.intersect1d(time.values, system["time"].values), prices["time"].values))
    count = pd.Series(1, index=common).groupby(common.floor("D")).sum()
    return pd.DatetimeIndex(count[count == 24].index)


def _features(
    study: Study, observed: xr.Dataset, system: xr.Dataset, prices: xr.Dataset, days: pd.DatetimeIndex
) -> tuple[pd.DataFrame, pd.Series]:
    assert study.hours.typical_year
    typical = open_weather(study.path(study.hours.typical_year), AIR)

    def wet_bulb(grid: xr.Dataset) -> xr.DataArray:
        """Of the mean air over all cells: a national signal, one value an hour."""
        of_air = grid[list(AIR)]
        mean = of_air.mean([d for d in of_air.dims if d != "time"]).load()
        state = air.state(mean["dry_bulb_c"].values, mean["dew_point_c"].values, mean["pressure_pa"].values)
        return xr.DataArray(state.wet_bulb_c, {"time": mean["time"]})

    hourly = system.copy()
    hourly["price"] = prices["day_ahead_price_eur_per_mwh"].reindex(time=system["time"])
    hourly["wet_bulb"] = wet_bulb(observed).reindex(time=system["time"])
    frame = hourly.to_dataframe()[["wet_bulb", *SYSTEM, "price"]]
    daily = frame.groupby(pd.DatetimeIndex(frame.index).floor("D")).mean().loc[days]
    targets = frame[list(SYSTEM)].mean()
    targets["wet_bulb"] = float(wet_bulb(typical).mean())
    kind = prices["kind"].values if "kind" in prices else None
    year = prices["day_ahead_price_eur_per_mwh"]
    targets["price"] = float(year.values[kind == "observed"].mean()) if kind is not None else float(year.mean())
    return daily, targets[daily.columns]
