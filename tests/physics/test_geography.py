"""Distances and round trips."""

from __future__ import annotations

import numpy as np
import pytest

from siting.physics import geography


def test_known_distances():
    one_degree = geography.great_circle_km(0.0, 0.0, 0.0, 1.0)
    assert float(one_degree) == pytest.approx(111.195, abs=1e-3)
    assert float(geography.great_circle_km(90.0, 0.0, -90.0, 77.0)) == pytest.approx(np.pi * geography.EARTH_RADIUS_KM)
    assert float(geography.great_circle_km(50.11, 8.68, 52.52, 13.405)) == pytest.approx(424, abs=2)  # Frankfurt, Berlin
    assert float(geography.great_circle_km(10.0, 179.5, 10.0, -179.5)) < 110.0  # across the date line


def test_a_matrix_is_symmetric_and_obeys_the_triangle():
    rng = np.random.default_rng(0)
    lat, lon = rng.uniform(-80, 80, 12), rng.uniform(-180, 180, 12)
    km = geography.great_circle_km(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    np.testing.assert_allclose(km, km.T)
    np.testing.assert_allclose(np.diag(km), 0.0, atol=1e-6)
    assert (km[:, :, None] <= km[:, None, :] + km.T[None, :, :] + 1e-6).all()


def test_round_trip():
    assert float(geography.round_trip_ms(1000.0, 1.5)) == pytest.approx(14.7)  # T19
    assert 70 <= float(geography.round_trip_ms(5570.0, 1.3)) <= 80  # London to New York
