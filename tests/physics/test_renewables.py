"""Photovoltaics against pvlib's own ModelChain, wind against arithmetic, and what both must keep."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pvlib
import pytest
import windpowerlib

from siting.physics import renewables

TABLES = Path(__file__).parents[2] / "data" / "technologies"
PLACE = (51.3, 9.5)


def rows(technology: str) -> dict[str, float]:
    with (TABLES / "generation.csv").open() as f:
        found = [r for r in csv.DictReader(f) if r["technology"] == technology and r["parameter"] != "model"]
    return {r["parameter"]: float(r["value"]) for r in found}


def curve() -> tuple[np.ndarray, np.ndarray]:
    with (TABLES / "wind_power_curve.csv").open() as f:
        points = [(float(r["wind_speed_m_per_s"]), float(r["power_per_unit"])) for r in csv.DictReader(f)]
    return np.array(points).T


@pytest.fixture(scope="module")
def year():
    """A German year: clear sky dimmed by a cloud index that keeps for some hours, Erbs split, a seasonal
    temperature."""
    times = pd.date_range("2019-01-01T00:30", periods=8760, freq="h", tz="UTC")
    place = pvlib.location.Location(*PLACE, altitude=200)
    rng = np.random.default_rng(3)
    cloud = np.clip(np.convolve(rng.normal(0.62, 0.5, 8760 + 11), np.ones(12) / 12, "valid") * 1.2 - 0.12, 0.05, 1.0)
    clear = place.get_clearsky(times, model="haurwitz")["ghi"]
    solar = place.get_solarposition(times)
    ghi = clear * cloud
    split = pvlib.irradiance.erbs(ghi, solar["zenith"], times)
    weather = pd.DataFrame({"ghi": ghi, "dni": split["dni"], "dhi": split["dhi"]})
    weather["temp_air"] = 9.5 - 9 * np.cos(2 * np.pi * (times.dayofyear - 20) / 365)
    weather["wind_speed"] = rng.weibull(2, 8760) * 3.5
    return times, place, weather


def ours(times, weather, technology="pv", **changed):
    column = {name: weather[name].to_numpy()[:, None] for name in weather}
    sun = renewables.sun_position(times.tz_localize(None).to_numpy(), [PLACE[0]], [PLACE[1]])
    args = (column[n] for n in ("ghi", "dni", "dhi", "temp_air", "wind_speed"))
    return renewables.pv_capacity_factor(*args, sun, rows(technology) | changed)[:, 0]


def test_sun_position_is_the_nrel_algorithms(year):
    times, place, _ = year
    expected = place.get_solarposition(times)
    sun = renewables.sun_position(times.tz_localize(None).to_numpy(), [PLACE[0]], [PLACE[1]])
    up = expected["zenith"].to_numpy() < 88
    assert np.abs(sun.zenith_deg[up, 0] - expected["zenith"].to_numpy()[up]).max() < 0.4
    apart = (sun.azimuth_deg[up, 0] - expected["azimuth"].to_numpy()[up] + 180) % 360 - 180
    assert np.abs(apart).max() < 0.6
    extra = pvlib.irradiance.get_extra_radiation(times).to_numpy()
    assert np.abs(sun.extraterrestrial_w_per_m2[:, 0] / extra - 1).max() < 2e-3


@pytest.mark.parametrize(("technology", "most"), [("pv", 0.02), ("pv_tracking", 0.12)])
def test_photovoltaics_is_pvlibs_model_chain(year, technology, most):
    """A tracker that backtracks turns quickly at a low sun, where 0.3 degrees of the sun's place make some percent."""
    times, place, weather = year
    p = rows(technology)
    mount = (
        pvlib.pvsystem.FixedMount(p["tilt_deg"], p["azimuth_deg"])
        if technology == "pv"
        else pvlib.pvsystem.SingleAxisTrackerMount(
            0.0, p["axis_azimuth_deg"], p["max_rotation_deg"], True, p["ground_cover_ratio"]
        )
    )
    array = pvlib.pvsystem.Array(
        mount,
        albedo=p["albedo"],
        module_parameters={"pdc0": 1.0, "gamma_pdc": p["gamma_per_k"]},
        temperature_model_parameters={"u0": p["faiman_u0"], "u1": p["faiman_u1"]},
    )
    inverter = {"pdc0": 1 / p["dc_ac_ratio"] / p["inverter_efficiency"], "eta_inv_nom": p["inverter_efficiency"]}
    system = pvlib.pvsystem.PVSystem([array], inverter_parameters=inverter)
    chain = pvlib.modelchain.ModelChain(
        system, place, aoi_model="no_loss", spectral_model="no_loss", transposition_model="haydavies",
        temperature_model="faiman", dc_model="pvwatts", ac_model="pvwatts", losses_model="no_loss",
    )  # fmt: skip
    expected = chain.run_model(weather).results.ac.clip(lower=0).to_numpy()
    got = ours(times, weather, technology, losses_fraction=0.0)
    assert got.mean() == pytest.approx(expected.mean(), rel=0.005)
    assert np.abs(got - expected).max() < most
    assert np.sqrt(np.mean((got - expected) ** 2)) < most / 10


def test_a_tracker_gives_more(year):
    """Flat single-axis trackers in Germany: 10 to 25 % more than a fixed tilt, and more in the morning."""
    times, _, weather = year
    fixed, turning = ours(times, weather), ours(times, weather, "pv_tracking")
    assert 1.05 < turning.mean() / fixed.mean() < 1.25
    june = (times.month == 6) & (times.hour == 6)
    assert turning[june].mean() > 1.15 * fixed[june].mean()


def test_a_year_of_sun(year):
    times, place, weather = year
    got = ours(times, weather)
    night = place.get_solarposition(times)["zenith"].to_numpy() > 91
    assert (got[night] == 0).all() and (got >= 0).all() and (got <= 1).all()
    assert 0.09 < got.mean() < 0.14  # Germany: 0.10 to 0.12
    assert got.max() <= 1 / rows("pv")["dc_ac_ratio"] + 1e-9
    assert ours(times, weather, azimuth_deg=0.0).mean() < 0.85 * got.mean()  # facing north


def test_cells_are_independent(year):
    times, _, weather = year
    some = slice(3000, 3100)
    stamps = times.tz_localize(None).to_numpy()[some]
    sun = renewables.sun_position(stamps, [PLACE[0], 48.0], [PLACE[1], 12.0])
    names = ("ghi", "dni", "dhi", "temp_air", "wind_speed")
    columns = [np.repeat(weather[n].to_numpy()[some, None], 2, 1) for n in names]
    got = renewables.pv_capacity_factor(*columns, sun, rows("pv"))
    np.testing.assert_allclose(got[:, 0], ours(times, weather)[some])
    assert got.shape == (100, 2) and not np.allclose(got[:, 0], got[:, 1])


def test_beam_from_the_horizontal(year):
    times, _, weather = year
    sun = renewables.sun_position(times.tz_localize(None).to_numpy(), [PLACE[0]], [PLACE[1]])
    horizontal = (weather["ghi"] - weather["dhi"]).to_numpy()[:, None]
    dni = renewables.beam_normal_w_per_m2(horizontal, sun)
    high = sun.zenith_deg < 75
    np.testing.assert_allclose(dni[high], weather["dni"].to_numpy()[:, None][high], atol=12)
    assert (dni[sun.zenith_deg > 90] == 0).all() and (dni <= sun.extraterrestrial_w_per_m2).all()


def test_wind():
    p, (speed, power) = rows("wind"), curve()
    rng = np.random.default_rng(5)
    wind = rng.weibull(2.0, (8760, 3)) * np.array([3.0, 4.0, 5.5]) / 0.886
    got = renewables.wind_capacity_factor(wind, speed, power, p)
    assert got.shape == wind.shape and (got >= 0).all() and (got <= 1 - p["losses_fraction"] + 1e-12).all()
    low, middle, high = got.mean(axis=0)
    assert 0.10 < low < middle < high < 0.55  # 3, 4 and 5.5 m/s at 10 m
    assert renewables.wind_capacity_factor([0.0, 60.0], speed, power, p).tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="speeds that rise"):
        renewables.wind_capacity_factor(wind, speed[::-1], power, p)


def test_wind_is_windpowerlibs():
    """The shipped curve and shear at the same speeds: windpowerlib's Hellman law and power curve give the same output.

    Both at the curve's own density: neither corrects for thinner air."""
    p, (speed, power) = rows("wind") | {"measured_at_m": 10.0}, curve()
    wind = np.random.default_rng(7).weibull(2, 8760) * 5.5
    got = renewables.wind_capacity_factor(wind, speed, power, p)
    at_hub = windpowerlib.wind_speed.hellman(wind, 10.0, p["hub_m"], hellman_exponent=p["shear_exponent"])
    rating_w = 4.2e6
    expected = windpowerlib.power_output.power_curve(at_hub, speed, power * rating_w, density_correction=False)
    np.testing.assert_allclose(got * rating_w, expected * (1.0 - p["losses_fraction"]), rtol=1e-12, atol=1e-3)
    thin = windpowerlib.power_output.power_curve(
        at_hub, speed, power * rating_w, density=np.full(8760, 1.1), density_correction=True
    )
    assert 0.90 < np.sum(thin) / np.sum(expected) < 0.96  # what is left out at 1,000 m: air of 1.10 kg/m3 gives 4 to 10 % less


def test_the_power_curve_is_a_fleets():
    speed, power = curve()
    assert (np.diff(power[:20]) >= 0).all() and power.max() == 1.0 and power[0] == power[-1] == 0.0
    fine = np.arange(0, 40, 0.05)
    single = np.where((fine >= 3) & (fine <= 25), np.minimum(1.0, 0.5 * 1.225 * 0.43 * fine**3 / 310.0), 0.0)
    np.testing.assert_allclose(power[1:], np.interp(speed[1:], fine, renewables.fleet_curve(fine, single, 1.0)), atol=6e-5)
