"""Distance on the globe, and what it means for latency."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
FIBRE_MS_PER_KM = 0.0049  # one way: light in glass, 4.9 us/km


def great_circle_km(
    latitude_deg: ArrayLike, longitude_deg: ArrayLike, other_latitude_deg: ArrayLike, other_longitude_deg: ArrayLike
) -> Array:
    """Great-circle distance [km] on the mean sphere, by the haversine; degrees north and east. Within 0.6 % of the
    ellipsoid.

    hav(d/R) = hav(dlat) + cos(lat1) cos(lat2) hav(dlon). Give a column and a row for a whole matrix. London to New
    York is 5,570 km:

    >>> round(float(great_circle_km(51.5074, -0.1278, 40.7128, -74.0060)))
    5570
    """
    lat, other = np.radians(np.asarray(latitude_deg, float)), np.radians(np.asarray(other_latitude_deg, float))
    across = np.radians(np.asarray(other_longitude_deg, float) - np.asarray(longitude_deg, float))
    haversine = np.sin((other - lat) / 2) ** 2 + np.cos(lat) * np.cos(other) * np.sin(across / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(haversine, 1.0))))


def round_trip_ms(km: ArrayLike, route_factor: float) -> Array:
    """2 * route_factor * km * 0.0049 [ms]: propagation in fibre, there and back, without equipment.

    The route factor is fibre length over great circle: 1.3 achievable, 1.5 typical, 2.1 a rule of thumb for line of
    sight.

    >>> round(float(round_trip_ms(1000.0, 1.5)), 1)
    14.7
    """
    return np.asarray(2.0 * route_factor * np.asarray(km, float) * FIBRE_MS_PER_KM)
