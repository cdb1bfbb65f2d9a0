"""Weather of three real months on the grid, from stations that share the month's year."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from build import grid as grids
from build import interpolation, packed, stations, sun
from build.archives import Archives
from build.checks import Checks

MONTHS = [(2017, 8), (2019, 1), (2019, 9)]
STEPS = {"dry_bulb_c": 0.1, "dew_point_c": 0.1, "pressure_pa": 20.0, "ghi_w_per_m2": 2.0, "dni_w_per_m2": 4.0,
         "dhi_w_per_m2": 2.0, "wind_speed_m_per_s": 0.1, "elevation_m": 1.0}  # fmt: skip


def build(archives: Archives, out: Path, checks: Checks) -> None:
    """Write weather_observed.nc and check it against left-out stations and national output."""
    grid = grids.make(archives)
    lapse = interpolation.fit_lapse(stations.typical(archives))
    months = stations.observed(archives, MONTHS)
    parts, counts = [], []
    for (year, month), network in months.items():
        values = interpolation.interpolate(network, grid.cell_lon, grid.cell_lat, grid.elevation, lapse)
        parts.append(grid.dataset(values, network.time.to_numpy()))
        usable = int(network.place["sun_usable"].sum()), int(network.place["pressure_usable"].sum())
        counts.append(f"{year}-{month:02d}: {len(network)} stations, sun {usable[0]}, pressure {usable[1]}")
        check_left_out(network, lapse, f"{year}-{month:02d}", checks)
    dataset = xr.concat(parts, "time", data_vars="minimal")
    dataset.attrs = describe(counts)
    packed.write(dataset, out / "weather_observed.nc", STEPS, {"lat": 1, "lon": 1})
    check_elevation(archives, grid, out, checks)
    check_output(dataset, out, checks)
    check_noon(dataset, checks)


def describe(counts: list[str]) -> dict[str, str]:
    """What a reader must know about the file."""
    return {
        "title": "Hourly weather of August 2017, January 2019 and September 2019 on a half-degree grid over Germany",
        "time": "UTC, hour beginning; three calendar months in UTC, with gaps between them",
        "crs": "EPSG:4326",
        "stations": "; ".join(counts),
        "method": "ordinary kriging of simultaneous stations, hour by hour; temperature and dew point by monthly "
        "lapse rates, pressure by the barometric formula, radiation relative to the sun's height",
        "means": "every value is the mean of the readings at the beginning and the end of its hour; the last hour "
        "of each month has only the first of the two",
        "radiation": "centred on the clock hour in the station files, and in some station-months a further hour off; "
        "both put right by the solar-noon test",
        "caveats": "wind is an average over stations and calmer than any single mast; pressure comes from 3 to 7 "
        "stations because the other files hold no measured pressure; January 2019 is thin in the south",
        "source": "TMYx files of Climate.OneBuilding.Org (NOAA ISD, ERA5) in PyPI dibs_data 1.0.1",
    }


def check_left_out(network: stations.Stations, lapse, period: str, checks: Checks) -> None:
    """Leave each station out in turn and compare hour by hour where it has a real reading."""
    estimates = {v: np.full((len(network), len(network.time)), np.nan) for v in stations.VARIABLES}
    truth = {v: network.values[v].copy() for v in stations.VARIABLES}
    for i in range(len(network)):
        others = network.subset(np.arange(len(network)) != i)
        place = network.place.iloc[[i]]
        values = interpolation.interpolate(others, place["lon"], place["lat"], place["elevation_m"], lapse)
        for name in stations.VARIABLES:
            estimates[name][i] = values[name][0]
    truth["pressure_pa"][~network.place["pressure_usable"].to_numpy()] = np.nan
    for name in ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"):
        truth[name][~network.place["sun_usable"].to_numpy()] = np.nan
    for name in stations.VARIABLES:
        unit = stations.UNITS[name]
        checks.errors("observed", "station left out, hour by hour", name, period, estimates[name], truth[name], unit)
        known = np.isfinite(truth[name]).all(axis=1)
        spread = (estimates[name] - truth[name])[known].mean(axis=1).std()
        checks.add("observed", "station left out, month mean", name, period, "sd of bias", spread, unit, known.sum())


def check_elevation(archives: Archives, grid: grids.Grid, out: Path, checks: Checks) -> None:
    """The topography against the altitude in the station files; cells against the topography of buses and cities."""
    network = stations.typical(archives)
    height = grids.elevation_of_points(archives, network.lon, network.lat)
    checks.errors("observed", "topography at the stations", "elevation_m", "all", height, network.elevation, "m")
    for name in ("network/buses.csv", "cities.csv"):
        place = pd.read_csv(out / name)
        truth = grids.elevation_of_points(archives, place["lon"].to_numpy(), place["lat"].to_numpy())
        full = np.full(grid.land.size, np.nan)
        full[grid.land.ravel()] = grid.elevation
        estimate = full[grids.cell_number(place["lat"], place["lon"], grid.lat, grid.lon)]
        checks.errors("observed", f"altitude of the cell for {name}", "elevation_m", "all", estimate, truth, "m")
    checks.add("observed", "land cells", "elevation_m", "all", "count", grid.land.sum(), "1", grid.land.size)


def check_output(dataset: xr.Dataset, out: Path, checks: Checks) -> None:
    """Mean wind against onshore output and mean sun against solar output, hour by hour in each month.

    The same with the weather moved by one hour either way: the true time stamp should win.
    """
    with xr.open_dataset(out / "power_system.nc", engine="h5netcdf") as power:
        national = power[["wind_onshore_cf", "solar_cf"]].load()
    for year, month in MONTHS:
        period = f"{year}-{month:02d}"
        part = dataset.sel(time=period)
        output = national.sel(time=part["time"])
        for ours, theirs in (("wind_speed_m_per_s", "wind_onshore_cf"), ("ghi_w_per_m2", "solar_cf")):
            mean = part[ours].mean(("lat", "lon")).values
            for shift in (-1, 0, 1):
                r = np.corrcoef(np.roll(mean, shift)[1:-1], output[theirs].values[1:-1])[0, 1]
                checks.add(
                    "observed", f"grid mean against {theirs}", ours, period, f"r, moved {shift:+d} h", r, "1", len(mean) - 2
                )


def check_noon(dataset: xr.Dataset, checks: Checks) -> None:
    """The hour of the day around which the radiation of lon 9.75 to 10.25 is balanced, in UTC.

    The sun is highest near 11:20 UTC at 10 degrees east, give or take the equation of time (up to
    16 minutes); with a time stamp one hour wrong it would seem to be an hour off. The expected time is
    computed the same way from the sun's height.
    """
    band = dataset["ghi_w_per_m2"].sel(lon=[9.75, 10.25]).mean(("lat", "lon"))
    for year, month in MONTHS:
        part = band.sel(time=f"{year}-{month:02d}")
        time = pd.DatetimeIndex(part["time"].values)
        height = sun.mean_cos_zenith(time, np.array([51.0]), np.array([10.0]))[0]
        middle = time.hour.to_numpy() + 0.5
        for what, weight in (("measured", part.values), ("expected", height)):
            noon = (middle * weight).sum() / weight.sum()
            checks.add(
                "observed",
                f"solar noon at 10 E, {what}",
                "ghi_w_per_m2",
                f"{year}-{month:02d}",
                "mean",
                noon,
                "h UTC",
                len(time),
            )
