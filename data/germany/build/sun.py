"""The sun's height above the horizon, averaged over the hour."""

from __future__ import annotations

import numpy as np
import pandas as pd

SOLAR_CONSTANT = 1361.0  # W/m2
SAMPLES = 6


def equation_of_time_and_declination(time: pd.DatetimeIndex) -> tuple[np.ndarray, np.ndarray]:
    """Equation of time [minutes] and declination [rad] (Spencer 1971).

    >>> e, d = equation_of_time_and_declination(pd.DatetimeIndex(["2019-06-21 12:00"]))
    >>> round(float(np.degrees(d[0])), 1)
    23.5
    """
    day = time.dayofyear.to_numpy() - 1 + (time.hour.to_numpy() + time.minute.to_numpy() / 60) / 24
    g = 2 * np.pi * day / 365.25
    minutes = 229.18 * (
        0.000075 + 0.001868 * np.cos(g) - 0.032077 * np.sin(g) - 0.014615 * np.cos(2 * g) - 0.040849 * np.sin(2 * g)
    )
    declination = (
        0.006918 - 0.399912 * np.cos(g) + 0.070257 * np.sin(g) - 0.006758 * np.cos(2 * g)
        + 0.000907 * np.sin(2 * g) - 0.002697 * np.cos(3 * g) + 0.00148 * np.sin(3 * g)
    )  # fmt: skip
    return minutes, declination


def mean_cos_zenith(time: pd.DatetimeIndex, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Mean of the positive cosine of the zenith angle over each hour `(place, hour)`; time is hour beginning, UTC."""
    total = np.zeros((len(lat), len(time)))
    phi = np.radians(np.asarray(lat, float))[:, None]
    for k in range(SAMPLES):
        moment = time + pd.Timedelta(minutes=60 * (k + 0.5) / SAMPLES)
        equation, declination = equation_of_time_and_declination(moment)
        clock = moment.hour.to_numpy() + moment.minute.to_numpy() / 60
        solar_hour = clock[None, :] + np.asarray(lon, float)[:, None] / 15 + equation[None, :] / 60
        angle = np.radians(15 * (solar_hour - 12))
        height = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(angle)
        total += np.maximum(height, 0.0)
    return total / SAMPLES


def above_atmosphere(time: pd.DatetimeIndex) -> np.ndarray:
    """Irradiance on a plane facing the sun above the atmosphere [W/m2]."""
    return SOLAR_CONSTANT * (1 + 0.033 * np.cos(2 * np.pi * time.dayofyear.to_numpy() / 365.25))
