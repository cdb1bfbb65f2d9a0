"""A typical year for every grid cell: the mean days of all stations, the weather of one.

Station files of typical years are not simultaneous: each takes its months from years of its own. So
hours are never averaged over stations. What is interpolated is climate: the mean day of each month and
the spread around it. The sequence of weather comes from one donor station, moved and scaled to the
climate of the cell.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from build import cooling_check, interpolation, packed, stations, sun
from build import grid as grids
from build.archives import Archives
from build.checks import Checks
from build.network import on_sphere

STEPS = {"dry_bulb_c": 0.2, "dew_point_c": 0.2, "pressure_pa": 100.0, "ghi_w_per_m2": 5.0, "dni_w_per_m2": 10.0,
         "dhi_w_per_m2": 5.0, "wind_speed_m_per_s": 0.2, "elevation_m": 1.0}  # fmt: skip
KM_PER_METRE = 0.2  # a donor 100 m higher or lower counts as 20 km farther away
SPREAD_LIMITS = (0.6, 1.6)  # bounds of the scaling of a donor's anomalies
HIGHEST_CLEARNESS = 0.8


def build(archives: Archives, out: Path, checks: Checks) -> None:
    """Write weather_typical.nc and check it by leaving stations out."""
    network = stations.typical(archives)
    lapse = interpolation.fit_lapse(network)
    grid = grids.make(archives)
    values, donor = generate(network, grid.cell_lon, grid.cell_lat, grid.elevation, lapse)
    dataset = grid.dataset(values, network.time.to_numpy())
    names = np.full(grid.land.shape, "", dtype=object)
    names[grid.land] = network.place.index.to_numpy()[donor]
    dataset["donor_station"] = (
        ("lat", "lon"),
        names.astype(str),
        {"units": "1", "long_name": "WMO number of the station that lends its sequence of hours"},
    )
    dataset.attrs = describe(network)
    packed.write(dataset, out / "weather_typical.nc", STEPS, {"lat": 1, "lon": 1})
    check_left_out(network, lapse, checks)


def describe(network: stations.Stations) -> dict[str, str]:
    """What a reader must know about the file."""
    return {
        "title": "Typical year of weather on a half-degree grid over Germany",
        "time": "typical year, not a calendar year: the axis is nominal (2001, no leap day); UTC, hour beginning",
        "crs": "EPSG:4326",
        "stations": f"{len(network)} stations, typical years 2007-2021",
        "method": "per cell: kriged mean day of each month plus the hourly anomalies of one donor station, scaled "
        "to the kriged spread of the month; radiation and wind by ratios; hours of stations are never blended",
        "use": "cooling climatology (yearly PUE and WUE, design hours). Cells are not simultaneous with each other, "
        "nor with generation, prices or the observed months",
        "source": "TMYx 2007-2021 files of Climate.OneBuilding.Org (NOAA ISD, ERA5) in PyPI dibs_data 1.0.1",
    }


def generate(network: stations.Stations, lon, lat, elevation, lapse) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Hourly values `(place, hour)` of a typical year at places, and the position of each donor."""
    lon, lat, elevation = (np.asarray(a, float) for a in (lon, lat, elevation))
    donor = choose_donor(network, lon, lat, elevation)
    slot = mean_day_slot(network.time)
    month = network.time.month.to_numpy() - 1
    result = temperatures(network, lon, lat, elevation, lapse, donor, slot, month)
    result["wind_speed_m_per_s"] = wind(network, lon, lat, donor, slot)
    result["pressure_pa"] = pressure(network, lon, lat, elevation, result["dry_bulb_c"])
    result |= radiation(network, lon, lat, donor, month)
    return result, donor


def choose_donor(network: stations.Stations, lon, lat, elevation) -> np.ndarray:
    """The nearest station, where a difference in altitude counts as distance."""
    apart = np.linalg.norm(on_sphere(lon, lat)[:, None] - on_sphere(network.lon, network.lat)[None], axis=2)
    higher = np.abs(elevation[:, None] - network.elevation[None])
    return np.argmin(apart + KM_PER_METRE * higher, axis=1)


def mean_day_slot(time: pd.DatetimeIndex) -> np.ndarray:
    """The cell of the mean-day table (12 months x 24 hours) of each hour, 0 to 287."""
    return (time.month.to_numpy() - 1) * 24 + time.hour.to_numpy()


def grouped_mean(values: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Means over the hours of each group `(place, group)`.

    >>> grouped_mean(np.array([[1.0, 3.0, 5.0]]), np.array([0, 0, 1]), 2)
    array([[2., 5.]])
    """
    belongs = np.zeros((values.shape[1], count))
    belongs[np.arange(values.shape[1]), group] = 1.0
    return values @ (belongs / belongs.sum(axis=0))


def temperatures(network, lon, lat, elevation, lapse, donor, slot, month) -> dict[str, np.ndarray]:
    """Dry bulb and dew point: mean day of the cell plus scaled anomalies of the donor.

    The second variable is the dew-point depression (dry bulb minus dew point), scaled as a ratio, so
    that the dew point can never exceed the dry bulb.
    """

    def at_places(name, table, rate):
        weights = interpolation.kriging_weights(network.lon, network.lat, lon, lat, interpolation.SHAPES[name])
        rate = rate.repeat(table.shape[1] // 12)
        return weights @ (table - rate * network.elevation[:, None]) + rate * elevation[:, None]

    dry, dew = network.values["dry_bulb_c"], network.values["dew_point_c"]
    dry_day, dew_day = grouped_mean(dry, slot, 288), grouped_mean(dew, slot, 288)
    dry_there = at_places("dry_bulb_c", dry_day, lapse.dry_bulb)
    dew_there = at_places("dew_point_c", dew_day, lapse.dew_point)
    spread = np.sqrt(grouped_mean((dry - dry_day[:, slot]) ** 2, month, 12))
    spread_there = at_places("dry_bulb_c", spread, np.zeros(12))
    scale = np.clip(spread_there / spread[donor], *SPREAD_LIMITS)
    result = dry_there[:, slot] + scale[:, month] * (dry[donor] - dry_day[donor][:, slot])

    depression = np.maximum(dry_there - dew_there, 0.1)
    ratio = np.clip(depression / np.maximum(dry_day - dew_day, 0.1)[donor], 0.3, 3.0)
    return {"dry_bulb_c": result, "dew_point_c": result - ratio[:, slot] * np.maximum(dry - dew, 0.0)[donor]}


def wind(network, lon, lat, donor, slot) -> np.ndarray:
    """The donor's wind times the ratio of the mean days."""
    shape = interpolation.SHAPES["wind_speed_m_per_s"]
    weights = interpolation.kriging_weights(network.lon, network.lat, lon, lat, shape, positive=True)
    day = grouped_mean(network.values["wind_speed_m_per_s"], slot, 288)
    ratio = (weights @ day) / np.maximum(day[donor], 0.2)
    return ratio[:, slot] * network.values["wind_speed_m_per_s"][donor]


def pressure(network, lon, lat, elevation, dry_bulb) -> np.ndarray:
    """Sea-level pressure of the nearest station that measures it, brought to the cell's altitude.

    Most files hold no measured pressure. The month's level is the mean of all that do, so that the
    donor gives only the course of the weather.
    """
    measured = network.subset(network.place["pressure_usable"])
    values = measured.values
    sea = interpolation.sea_level_pressure(values["pressure_pa"], values["dry_bulb_c"], measured.elevation[:, None])
    month = network.time.month.to_numpy() - 1
    monthly = grouped_mean(sea, month, 12)
    nearest = choose_donor(measured, lon, lat, elevation)
    course = sea - monthly[:, month]
    level = np.median(monthly, axis=0)
    return interpolation.pressure_at(level[month] + course[nearest], dry_bulb, elevation[:, None])


def radiation(network, lon, lat, donor, month) -> dict[str, np.ndarray]:
    """The donor's clearness and diffuse share under the cell's own sun, scaled to the month's clearness."""
    height = sun.mean_cos_zenith(network.time, network.lat, network.lon)
    there = sun.mean_cos_zenith(network.time, lat, lon)
    above = sun.above_atmosphere(network.time)
    ghi, dhi = network.values["ghi_w_per_m2"], network.values["dhi_w_per_m2"]
    monthly = grouped_mean(ghi, month, 12) / grouped_mean(height * above, month, 12)
    shape = interpolation.SHAPES["ghi_w_per_m2"]
    weights = interpolation.kriging_weights(network.lon, network.lat, lon, lat, shape, positive=True)
    scale = (weights @ monthly) / monthly[donor]

    low = height < interpolation.LOW_SUN
    clearness = np.divide(ghi, height * above, out=monthly[:, month].copy(), where=~low)
    share = np.divide(dhi, ghi, out=np.ones_like(ghi), where=(ghi > 1.0) & ~low)
    there_ghi = np.minimum(scale[:, month] * clearness[donor], HIGHEST_CLEARNESS) * there * above
    return interpolation.bounded_sun(there_ghi, share[donor] * there_ghi, there, network.time)


def wet_bulb(dry_bulb: np.ndarray, dew_point: np.ndarray, pressure_pa: np.ndarray) -> np.ndarray:
    """Thermodynamic wet bulb [degC] by bisection of the psychrometric balance (ASHRAE Fundamentals, eq. 33).

    >>> round(float(wet_bulb(np.array(30.0), np.array(18.44), np.array(101325.0))), 1)
    22.0
    """

    def saturation(t):
        return 610.94 * np.exp(17.625 * t / (t + 243.04))

    def humidity(vapour):
        return 0.621945 * vapour / (pressure_pa - vapour)

    actual = humidity(saturation(dew_point))
    low, high = np.array(dew_point, float, copy=True), np.array(dry_bulb, float, copy=True)
    for _ in range(30):
        middle = (low + high) / 2
        full = humidity(saturation(middle))
        wet = ((2501 - 2.326 * middle) * full - 1.006 * (dry_bulb - middle)) / (2501 + 1.86 * dry_bulb - 4.186 * middle)
        too_warm = wet > actual
        high, low = np.where(too_warm, middle, high), np.where(too_warm, low, middle)
    return (low + high) / 2


def check_left_out(network: stations.Stations, lapse, checks: Checks) -> None:
    """Leave each station out and compare quantiles, means and spread of its year with the generated one."""
    rows: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    cooling = cooling_check.models()
    for i in range(len(network)):
        others = network.subset(np.arange(len(network)) != i)
        place = network.place.iloc[[i]]
        made, _ = generate(others, place["lon"], place["lat"], place["elevation_m"], lapse)
        true = {v: network.values[v][[i]] for v in stations.VARIABLES}
        # the station's own pressure is mostly not measured: its wet bulb is taken at the generated pressure
        for values in (made, true):
            values["wet_bulb_c"] = wet_bulb(values["dry_bulb_c"], values["dew_point_c"], made["pressure_pa"])
        for name in ("dry_bulb_c", "wet_bulb_c", "dew_point_c", "ghi_w_per_m2", "wind_speed_m_per_s"):
            unit = stations.UNITS.get(name, "degC")
            for level in (1, 50, 99):
                pair = tuple(float(np.percentile(v[name], level)) for v in (made, true))
                rows.setdefault((name, f"{level} % quantile", unit), []).append(pair)
            for label, function in (("mean", np.mean), ("standard deviation", np.std)):
                pair = tuple(float(function(v[name])) for v in (made, true))
                rows.setdefault((name, label, unit), []).append(pair)
        if cooling is not None:
            made_year, true_year = (cooling_check.yearly(cooling, v, made["pressure_pa"]) for v in (made, true))
            for (technology, name), value in made_year.items():
                pair = (value, true_year[technology, name])
                rows.setdefault((name, f"{technology}, yearly mean", "1" if name == "pue" else "L/kWh"), []).append(pair)
    for (name, label, unit), pairs in rows.items():
        made, true = np.array(pairs).T
        checks.errors("typical", f"station left out, {label}", name, "year", made, true, unit)
