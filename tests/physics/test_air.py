"""Moist air against a bisection of the ASHRAE equations and against psychrolib."""

from __future__ import annotations

import numpy as np
import psychrolib
import pytest

from siting.physics import air

N = 20_000


@pytest.fixture(scope="module")
def weather():
    rng = np.random.default_rng(7)
    dry, rh, pressure = rng.uniform(-30, 50, N), rng.uniform(0.01, 1.0, N), rng.uniform(6e4, 1.05e5, N)
    return dry, air.humidity_ratio(rh * air.saturation_pressure_pa(dry), pressure), pressure


def saturation_over(t_c, ice):
    t = t_c + 273.15
    if ice:
        ln = -5.6745359e3 / t + 6.3925247 - 9.677843e-3 * t + 6.2215701e-7 * t**2 + 2.0747825e-9 * t**3
        return np.exp(ln - 9.484024e-13 * t**4 + 4.1635019 * np.log(t))
    ln = -5.8002206e3 / t + 1.3914993 - 4.8640239e-2 * t + 4.1764768e-5 * t**2 - 1.4452093e-8 * t**3
    return np.exp(ln + 6.5459673 * np.log(t))


def bisect(dry, w, pressure, ice):
    """The wet bulb by one of the two balances, over ice or over water, wherever it lies."""
    low, high = np.full(dry.size, -70.0), dry.copy()
    for _ in range(60):
        wet = (low + high) / 2
        ps = saturation_over(wet, ice)
        ws = 0.621945 * ps / (pressure - ps)
        if ice:
            ratio = ((2830 - 0.24 * wet) * ws - 1.006 * (dry - wet)) / (2830 + 1.86 * dry - 2.1 * wet)
        else:
            ratio = ((2501 - 2.326 * wet) * ws - 1.006 * (dry - wet)) / (2501 + 1.86 * dry - 4.186 * wet)
        over = ratio > w
        low, high = np.where(over, low, wet), np.where(over, wet, high)
    return (low + high) / 2


def test_wet_bulb_is_the_bisection(weather):
    got, over_water, over_ice = air.wet_bulb_c(*weather), bisect(*weather, ice=False), bisect(*weather, ice=True)
    two = (over_water >= 0.0) & (over_ice <= 0.0)  # the equations have two solutions around 0 degC
    assert 0.002 < two.mean() < 0.01
    assert np.abs(got - np.where(over_water >= 0.0, over_water, over_ice))[~two].max() < 0.001
    assert np.minimum(np.abs(got - over_water), np.abs(got - over_ice))[two].max() < 0.001


def test_wet_bulb_is_psychrolibs_at_every_point(weather):
    psychrolib.SetUnitSystem(psychrolib.SI)
    dry, w, pressure = (x[:5000] for x in weather)
    theirs = np.array([psychrolib.GetTWetBulbFromHumRatio(*x) for x in zip(dry, w, pressure, strict=True)])
    assert np.abs(air.wet_bulb_c(dry, w, pressure) - theirs).max() < 0.002  # of two solutions, too, the same


def test_the_rest_is_psychrolibs(weather):
    psychrolib.SetUnitSystem(psychrolib.SI)
    dry, w, pressure = (x[:500] for x in weather)
    each = list(zip(dry, w, pressure, strict=True))
    ps = [psychrolib.GetSatVapPres(t) for t in dry]
    np.testing.assert_allclose(air.saturation_pressure_pa(dry), ps, rtol=3e-4)  # psychrolib takes ice up to 0.01 degC
    np.testing.assert_allclose(
        air.enthalpy_kj_per_kg(dry, w), [psychrolib.GetMoistAirEnthalpy(t, x) / 1000 for t, x, _ in each]
    )
    np.testing.assert_allclose(
        air.density_kg_per_m3(dry, w, pressure), [psychrolib.GetMoistAirDensity(*x) for x in each], rtol=1e-5
    )
    rh = [psychrolib.GetRelHumFromHumRatio(*x) for x in each]
    np.testing.assert_allclose(air.relative_humidity(dry, w, pressure), rh, rtol=3e-4)
    dew = [psychrolib.GetTDewPointFromHumRatio(*x) for x in each]
    np.testing.assert_allclose(air.dew_point_c(w, pressure), dew, atol=0.02)


def test_state_and_its_edges():
    s = air.state([[20.0, -5.0]], [[25.0], [-20.0]], 95000.0)
    assert s.wet_bulb_c.shape == s.pressure_pa.shape == (2, 2)
    np.testing.assert_allclose(s.wet_bulb_c[0], [20.0, -5.0], atol=1e-3)  # fog: the dew point cannot pass the dry bulb
    assert (s.wet_bulb_c <= s.dry_bulb_c).all() and (s.wet_bulb_c[1] < s.dry_bulb_c[1]).all()
    assert air.wet_bulb_c(np.empty(0), np.empty(0), np.empty(0)).shape == (0,)
    assert np.isnan(air.state(np.nan, 5.0, 1e5).wet_bulb_c)


def test_dew_point_and_saturation_undo_each_other():
    t = np.linspace(-40, 45, 300)
    w = air.humidity_ratio(air.saturation_pressure_pa(t), 90000.0)
    np.testing.assert_allclose(air.dew_point_c(w, 90000.0), t, atol=2e-3)
    warm = t[t > 0]
    h = air.enthalpy_kj_per_kg(warm, w[t > 0])
    np.testing.assert_allclose(air.saturation_temperature_c(h, 90000.0), warm, atol=1e-6)


def test_single_precision_is_kept_and_is_enough(weather):
    single = air.wet_bulb_c(*(x.astype(np.float32) for x in weather))
    assert single.dtype == np.float32
    apart = np.abs(single - air.wet_bulb_c(*weather))
    assert (apart < 0.002).mean() > 0.9999  # a near tie of ice and water may fall the other way
    assert air.dew_point_c(*(x.astype(np.float32) for x in weather[1:])).dtype == np.float32


def test_air_at_another_altitude():
    """The standard atmosphere: 2.0 degC and 79,495 Pa at 2000 m. Up and down again is the same air."""
    dry, _, pressure = air.at_altitude(15.0, 5.0, 101325.0, 2000.0)
    assert float(dry) == pytest.approx(2.0) and float(pressure) == pytest.approx(79_495, rel=2e-4)
    up = air.at_altitude(20.0, 8.0, 98000.0, 400.0)
    np.testing.assert_allclose(air.at_altitude(*up, -400.0), (20.0, 8.0, 98000.0), rtol=1e-3)
    ratio = [air.humidity_ratio(air.saturation_pressure_pa(d), p) for d, p in ((8.0, 98000.0), up[1:])]
    assert float(ratio[0]) == pytest.approx(float(ratio[1]), rel=1e-4)  # the same water
    foggy = air.at_altitude(10.0, 10.0, 98000.0, 1500.0)
    assert foggy[1] <= foggy[0]
