"""From stations to any place: kriging weights, and what altitude does to air.

Every variable is first brought to a form that altitude and the sun's height do not disturb, then
averaged over stations with the weights of ordinary kriging, then brought back at the wanted place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from build import sun
from build.network import on_sphere
from build.stations import Stations

GRAVITY_OVER_GAS = 9.80665 / 287.05  # K/m
LOW_SUN = 0.05  # mean cosine of the zenith angle below which ratios are not formed
MAX_CLEARNESS = 0.85
MAX_DNI = 1050.0

# Range [km] and nugget (share of the variance that neighbours do not explain) of the exponential
# covariance, by variable; chosen among a few by leaving stations out.
SHAPES = {
    "dry_bulb_c": (1000.0, 0.1),
    "dew_point_c": (1000.0, 0.05),
    "pressure_pa": (1000.0, 0.1),
    "ghi_w_per_m2": (300.0, 0.02),
    "dhi_w_per_m2": (300.0, 0.02),
    "wind_speed_m_per_s": (1000.0, 0.2),
}


@dataclass(frozen=True)
class Lapse:
    """Change with altitude [K/m] of dry bulb and dew point, by calendar month (index 0 = January)."""

    dry_bulb: np.ndarray
    dew_point: np.ndarray


def kriging_weights(from_lon, from_lat, to_lon, to_lat, shape: tuple[float, float], positive: bool = False):
    """Ordinary kriging weights `(to, from)`; each row adds up to 1.

    positive: set negative weights to zero and rescale, for quantities that must not fall below zero.
    """
    length, nugget = shape
    here, there = on_sphere(from_lon, from_lat), on_sphere(to_lon, to_lat)
    among = np.exp(-np.linalg.norm(here[:, None] - here[None], axis=2) / length) + nugget * np.eye(len(here))
    towards = np.exp(-np.linalg.norm(there[:, None] - here[None], axis=2) / length)
    system = np.block([[among, np.ones((len(here), 1))], [np.ones((1, len(here))), np.zeros((1, 1))]])
    right = np.c_[towards, np.ones(len(there))].T
    weights = np.linalg.solve(system, right)[:-1].T
    if positive:
        weights = np.maximum(weights, 0.0)
        weights /= weights.sum(axis=1, keepdims=True)
    return weights


def fit_lapse(stations: Stations) -> Lapse:
    """Monthly lapse rates of the station means on longitude, latitude and altitude, smoothed over the year.

    The fit of a month uses all stations; one yearly wave is then laid through the twelve rates.
    """
    month = stations.time.month.to_numpy()
    design = np.c_[np.ones(len(stations)), stations.lon - 10, stations.lat - 51, stations.elevation]
    angle = 2 * np.pi * (np.arange(12) + 0.5) / 12
    wave = np.c_[np.ones(12), np.cos(angle), np.sin(angle)]
    rates = {}
    for name in ("dry_bulb_c", "dew_point_c"):
        means = np.stack([stations.values[name][:, month == m].mean(axis=1) for m in range(1, 13)], axis=1)
        slope = np.linalg.lstsq(design, means, rcond=None)[0][3]
        rates[name] = wave @ np.linalg.lstsq(wave, slope, rcond=None)[0]
    return Lapse(rates["dry_bulb_c"], rates["dew_point_c"])


def sea_level_pressure(pressure, dry_bulb, elevation):
    """Barometric reduction [Pa]; the air column is as warm as the place, 6.5 K/km taken half way down."""
    return pressure * np.exp(GRAVITY_OVER_GAS * elevation / (dry_bulb + 273.15 + 0.00325 * elevation))


def pressure_at(sea_level, dry_bulb, elevation):
    """The inverse of `sea_level_pressure`.

    >>> round(float(pressure_at(sea_level_pressure(95e3, 10.0, 500.0), 10.0, 500.0)))
    95000
    """
    return sea_level * np.exp(-GRAVITY_OVER_GAS * elevation / (dry_bulb + 273.15 + 0.00325 * elevation))


def interpolate(stations: Stations, lon, lat, elevation, lapse: Lapse, shapes=SHAPES) -> dict[str, np.ndarray]:
    """Hourly values `(place, hour)` of simultaneous stations at other places."""
    lon, lat, elevation = (np.asarray(a, float) for a in (lon, lat, elevation))
    there = elevation[:, None]
    month = stations.time.month.to_numpy() - 1
    result = {}
    for name, rate in (("dry_bulb_c", lapse.dry_bulb[month]), ("dew_point_c", lapse.dew_point[month])):
        weights = kriging_weights(stations.lon, stations.lat, lon, lat, shapes[name])
        level = stations.values[name] - rate * stations.elevation[:, None]
        result[name] = weights @ level + rate * there
    result["dew_point_c"] = np.minimum(result["dew_point_c"], result["dry_bulb_c"])
    weights = kriging_weights(stations.lon, stations.lat, lon, lat, shapes["wind_speed_m_per_s"], positive=True)
    result["wind_speed_m_per_s"] = weights @ stations.values["wind_speed_m_per_s"]
    measured = stations.subset(stations.place["pressure_usable"])
    sea = interpolate_sea_level(measured, lon, lat, shapes)
    result["pressure_pa"] = pressure_at(sea, result["dry_bulb_c"], there)
    return result | interpolate_sun(stations.subset(stations.place["sun_usable"]), lon, lat, shapes)


def interpolate_sea_level(stations: Stations, lon, lat, shapes=SHAPES) -> np.ndarray:
    """Sea-level pressure [Pa] `(place, hour)` from the few stations that measure it."""
    values = stations.values
    here = sea_level_pressure(values["pressure_pa"], values["dry_bulb_c"], stations.elevation[:, None])
    return kriging_weights(stations.lon, stations.lat, lon, lat, shapes["pressure_pa"]) @ here


def interpolate_sun(stations: Stations, lon, lat, shapes=SHAPES) -> dict[str, np.ndarray]:
    """Global and diffuse as ratios to the sun's height, direct from the two.

    Irradiance is not averaged as such: the sun stands higher in the south and rises earlier in the
    east. The ratio of weighted sums is safe at sunrise, where single ratios are not.
    """
    height_here = sun.mean_cos_zenith(stations.time, stations.lat, stations.lon)
    height_there = sun.mean_cos_zenith(stations.time, lat, lon)
    result = {}
    for name in ("ghi_w_per_m2", "dhi_w_per_m2"):
        weights = kriging_weights(stations.lon, stations.lat, lon, lat, shapes[name], positive=True)
        below = weights @ height_here
        ratio = np.divide(weights @ stations.values[name], below, out=np.zeros_like(below), where=below > 1e-4)
        result[name] = ratio * height_there
    return bounded_sun(result["ghi_w_per_m2"], result["dhi_w_per_m2"], height_there, stations.time)


def bounded_sun(ghi, dhi, height, time: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    """Keep radiation possible: nothing at night, never above a clear sky, and closed: GHI = DHI + DNI * height."""
    ghi = np.clip(ghi, 0.0, MAX_CLEARNESS * sun.above_atmosphere(time) * height)
    dhi = np.clip(dhi, 0.0, ghi)
    direct = np.divide(ghi - dhi, height, out=np.zeros_like(ghi), where=height > LOW_SUN)
    dni = np.clip(direct, 0.0, MAX_DNI)
    return {"ghi_w_per_m2": ghi, "dni_w_per_m2": dni, "dhi_w_per_m2": ghi - dni * height}
