"""Cooling against published examples, and against the laws any plant keeps."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from siting.physics import air, cooling, plant

TABLE = Path(__file__).parents[2] / "data" / "technologies" / "cooling.csv"
SEA_LEVEL = 101325.0


def rows(technology: str) -> dict[str, float]:
    with TABLE.open() as f:
        return {
            r["parameter"]: float(r["value"])
            for r in csv.DictReader(f)
            if r["technology"] == technology and r["unit"] != "name"
        }


def models() -> dict[str, str]:
    with TABLE.open() as f:
        return {r["technology"]: r["value"] for r in csv.DictReader(f) if r["parameter"] == "model"}


TECHNOLOGIES = models()


def run(technology: str, outdoor: air.State, changes: dict[str, float] | None = None) -> cooling.Performance:
    """A technology of the table; the sea beside it is at 4 degC or the dry bulb."""
    sea = outdoor._replace(source_water_c=np.clip(outdoor.dry_bulb_c, 4.0, 28.0))
    return cooling.MODELS[TECHNOLOGIES[technology]](sea, rows(technology) | (changes or {}))


# --- the oracle: the psychrometrics of Lei and Masanet 2020, as published ---


def paper_psat(t):
    return 611.21 * np.exp((18.678 - t / 234.5) * t / (t + 257.14))


def paper_state(t, rh, p=SEA_LEVEL) -> air.State:
    t, rh, p = (np.asarray(x, float) for x in (t, rh, p))
    d = 622 * rh * paper_psat(t) / (p - rh * paper_psat(t))
    h = 1.01 * t + (2500 + 1.84 * t) * d / 1000
    low, high = t - 60.0, t + 0.0
    for _ in range(100):
        wet = (low + high) / 2
        ps = 611.2 * np.exp((18.678 - wet / 234.5) * wet / (wet + 257.14))
        over = 1.01 * wet + (2500 + 1.84 * wet) * 0.62198 * ps / (p - ps) > h
        low, high = np.where(over, low, wet), np.where(over, wet, high)
    return air.State(t, d / 1000, wet, h, p)


AE = dict(
    ups_efficiency=0.980302734, distribution_loss_fraction=5.60546875e-3, lighting_fraction=1.81445313e-3,
    supply_low_c=10.3671875, supply_high_c=34.1953125, humidify_below_rh=0.2, supply_rh_max=0.8,
    air_rise_k=14.7840712, economiser_dry_bulb_c=27.0, economiser_dew_point_c=15.0, lockout_dry_bulb_c=99.0,
    chilled_water_rise_k=6.91894531, tower_range_k=4.28710938, fan_pa=685.058594, fan_efficiency=0.829931641,
    tower_fan_pa=203.417969, tower_fan_efficiency=0.897802734, humidifier_pa=7.31582031e6,
    humidifier_efficiency=0.704492187, chilled_pump_pa=146519.937, chilled_pump_efficiency=0.790039062,
    tower_pump_pa=212001.82, tower_pump_efficiency=0.716601562, tower_approach_k=6.33818359,
    chiller_part_load=0.224023438, chiller_cop_factor=1.105488281, liquid_to_gas=1.11914062,
)  # fmt: skip
WSE = dict(
    ups_efficiency=0.980302734, distribution_loss_fraction=5.60546875e-3, lighting_fraction=1.81445313e-3,
    supply_air_c=27.3671875, air_rise_k=18.8856337, chilled_water_rise_k=7.50488281, tower_range_k=4.13867188,
    fan_pa=416.992188, fan_efficiency=0.713720703, tower_fan_pa=148.339844, tower_fan_efficiency=0.745947266,
    humidifier_pa=6.50097656e6, humidifier_efficiency=0.674023438, economiser_pump_pa=156284.191,
    economiser_pump_efficiency=0.668945312, chilled_pump_pa=171884.552, chilled_pump_efficiency=0.745117188,
    tower_pump_pa=210534.68, tower_pump_efficiency=0.709960938, tower_approach_k=6.50576172,
    exchanger_approach_k=2.29404297, exchange_effectiveness=0.816601563, sensible_heat_ratio=0.986289063,
    chiller_part_load=0.224023438, chiller_cop_factor=1.105488281, liquid_to_gas=1.11914062,
)  # fmt: skip
SEA = dict(
    ups_efficiency=0.975556641, distribution_loss_fraction=0.0135351562, lighting_fraction=5.60546875e-4,
    supply_air_c=34.2578125, air_rise_k=14.1438802, chilled_water_rise_k=9.49707031, source_rise_k=7.50488281,
    fan_pa=413.867188, fan_efficiency=0.671240234, humidifier_pa=6.65683594e6, humidifier_efficiency=0.632226562,
    economiser_pump_pa=136980.148, economiser_pump_efficiency=0.628710937, chilled_pump_pa=136194.518,
    chilled_pump_efficiency=0.743945313, source_pump_pa=699398.438, source_pump_efficiency=0.798242188,
    exchanger_approach_k=2.49814453, exchange_effectiveness=0.804492187, sensible_heat_ratio=0.971992187,
    chiller_part_load=0.770117188, chiller_cop_factor=1.00880859375,
)  # fmt: skip
WATER = dict(
    recoverable_share=0.95,
    cycles_of_concentration=5.0, drift_fraction=8e-5, moist_air_evaporation=0.0, condenser_water_min_c=10.0,
    condenser_water_max_c=35.0,
)  # fmt: skip


def test_the_oracle_is_the_papers():
    assert float(paper_state(20.0, 0.4).wet_bulb_c) == pytest.approx(12.304, abs=1e-3)  # T4
    assert float(paper_state(30.0, 0.3).wet_bulb_c) == pytest.approx(17.869, abs=2e-3)
    assert float(paper_state(30.0, 0.3, 83500.0).wet_bulb_c) == pytest.approx(17.099, abs=2e-3)


def test_published_examples():
    outdoor = paper_state(20.0, 0.4)
    assert float(cooling.air_economiser(outdoor, AE | WATER).pue) == pytest.approx(1.0746922969797756, abs=1e-8)  # T1
    assert float(cooling.water_economiser(outdoor, WSE | WATER).pue) == pytest.approx(1.0887168184890426, abs=1e-8)  # T2
    assert float(cooling.once_through(20.0, SEA_LEVEL, SEA | WATER).pue) == pytest.approx(1.1140761465494835, abs=1e-8)  # T3


@pytest.mark.parametrize(
    ("t", "rh", "air_pue", "water_pue"),
    [
        (-10, 0.7, 1.073368, 1.087812),
        (10, 0.6, 1.073143, 1.088415),
        (25, 0.5, 1.075496, 1.166979),
        (35, 0.6, 1.077211, 1.364971),
    ],
)
def test_other_weather(t, rh, air_pue, water_pue):
    outdoor = paper_state(t, rh)
    # The air economiser adds water by ASHRAE's saturation, the paper by Buck's: 3e-5 of PUE.
    assert float(cooling.air_economiser(outdoor, AE | WATER).pue) == pytest.approx(air_pue, abs=5e-5)
    assert float(cooling.water_economiser(outdoor, WSE | WATER).pue) == pytest.approx(water_pue, abs=2e-5)


@pytest.mark.parametrize(
    ("t", "rh", "air_pue", "water_pue"),
    [
        (-10, 0.7, 1.119749, 1.133869),
        (20, 0.4, 1.120327, 1.134588),
        (25, 0.5, 1.121197, 1.134708),
        (35, 0.6, 1.348221, 1.337699),
    ],
)
def test_the_table_is_the_middle_of_the_published_ranges(t, rh, air_pue, water_pue):
    dew = air.dew_point_c(air.humidity_ratio(rh * air.saturation_pressure_pa(t), SEA_LEVEL), SEA_LEVEL)
    outdoor = air.state(t, dew, SEA_LEVEL)
    p = rows("air_economiser")
    assert float(cooling.air_economiser(outdoor, p).pue) == pytest.approx(air_pue, abs=1e-3)
    assert float(cooling.water_economiser(outdoor, rows("water_economiser")).pue) == pytest.approx(water_pue, abs=1e-3)


def test_chillers():
    centrifugal = (0.933884, -0.058212, 0.00450036, 0.00243, 0.000486, -0.001215)
    part_load = (0.222903, 0.313387, 0.463710)
    at = plant.doe2_cop(5.5, plant.biquadratic(centrifugal, [6.67, 6.67, 10.0], [29.4, 24.0, 29.4]), part_load, 1.0)
    np.testing.assert_allclose(at, [5.505, 6.183, 5.875], atol=1e-3)  # T7
    path_a = (0.5961915, -0.0099496, 0.0007888, 0.0004506, 0.0004875, -0.0007623)
    capacity = (1.0433825, 0.0407073, 0.0004506, -0.0041514, -8.86e-5, -0.0003467)
    at = plant.doe2_cop(3.0, plant.biquadratic(path_a, 6.67, [35.0, 25.0]), (0.141, 0.655, 0.203), 1.0)
    np.testing.assert_allclose(at, [3.003, 3.984], atol=2e-3)  # T8
    assert float(plant.biquadratic(capacity, 6.67, 45.0)) == pytest.approx(0.865, abs=1e-3)
    np.testing.assert_allclose(plant.water_chiller_cop([0.5, 0.8], [30, 20]), [6.016, 8.926], atol=1e-3)  # T6
    np.testing.assert_allclose(plant.plant_polynomial_cop([0, 25, 35]), [5.820, 3.93, 3.119], atol=2e-3)  # T9


def test_water():
    assert float(plant.latent_heat_kj_per_kg(20.0)) == pytest.approx(2453.786)  # T10
    assert float(plant.all_latent_l_per_kwh(20.0)) == pytest.approx(1.467, abs=1e-3)
    np.testing.assert_allclose([plant.make_up(1.4815, c) for c in (3, 5, 10)], [2.222, 1.852, 1.646], atol=1e-3)  # T11
    # Moist-air theory at range 5.6 K, L/G 1.2; the published rows leave relative humidity open except at 30 degC.
    t = np.array([-5.0, 10.0, 20.0, 30.0])
    rh = np.array([0.8, 0.7, 0.6, 0.4])
    dew = air.dew_point_c(air.humidity_ratio(rh * air.saturation_pressure_pa(t), SEA_LEVEL), SEA_LEVEL)
    rate = plant.tower_l_per_kwh(air.state(t, dew, SEA_LEVEL), 5.6, 1.2)
    np.testing.assert_allclose(rate, [0.70, 1.00, 1.23, 1.56], rtol=0.06)


def climate(mean_c: float, seasonal_k: float, daily_k: float, depression_k: float) -> air.State:
    """A year of hours: dry bulb of two sines, dew point below the daily mean by `depression_k` [K]."""
    hour = np.arange(8760)
    day = mean_c - seasonal_k * np.cos(2 * np.pi * (hour / 8760 - 0.05))
    dry = day - daily_k * np.cos(2 * np.pi * (hour % 24 - 3) / 24)
    return air.state(dry, np.minimum(day - depression_k, dry), 98000.0)


CLIMATES = {
    "cool": climate(9.5, 9.5, 4.0, 4.0),
    "hot and wet": climate(27.5, 1.0, 3.0, 3.0),
    "hot and dry": climate(26.0, 9.0, 6.0, 18.0),
    "cold": climate(2.0, 15.0, 4.0, 3.0),
}


@pytest.mark.parametrize("climate_name", CLIMATES)
def test_annual_means_are_in_the_published_ranges(climate_name):
    outdoor = CLIMATES[climate_name]
    liquid = cooling.dry_cooler_liquid(outdoor, rows("dry_cooler_liquid"))
    assert 1.05 <= liquid.pue.mean() <= 1.15  # T14
    assert 0.0 <= liquid.wue_l_per_kwh.mean() <= 0.37
    paper = rows("water_economiser") | {"moist_air_evaporation": 0.0, "drift_fraction": 0.0025}
    tower = cooling.water_economiser(outdoor, paper)
    assert 1.72 <= tower.wue_l_per_kwh.mean() <= 2.63  # T15: with the paper's rule
    assert 1.068 <= tower.pue.mean() <= 1.290  # T12: zones 7 to 1A
    assert cooling.water_economiser(outdoor, rows("water_economiser")).wue_l_per_kwh.mean() < tower.wue_l_per_kwh.mean()


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_every_technology_keeps_the_laws(technology):
    rng = np.random.default_rng(1)
    dry = rng.uniform(-30, 48, 5000)
    outdoor = air.state(dry, dry - rng.exponential(8, 5000), rng.uniform(7e4, 1.05e5, 5000))
    got = run(technology, outdoor)
    assert all(x.shape == dry.shape and np.isfinite(x).all() for x in got)
    assert (got.pue >= 1.0).all() and (got.pue < (2.6 if "midsize" in technology else 1.8)).all()
    assert (got.wue_l_per_kwh >= got.consumed_l_per_kwh).all() and (got.wue_l_per_kwh < 4.5).all()
    assert (got.consumed_l_per_kwh >= 0.0).all()
    assert (got.chiller_kw_per_kw >= 0.0).all() and (got.rejection_kw_per_kw >= 0.0).all()
    assert (got.recoverable_kw_per_kw <= got.pue).all()


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_every_technology_takes_grids_and_keeps_float32(technology):
    dry, dew = np.linspace(-5, 35, 24)[:, None], np.array([[-12.0, 0.0, 10.0]])
    got = run(technology, air.state(dry, dew, SEA_LEVEL))
    assert got.pue.shape == (24, 3)
    one = run(technology, air.state(dry[7, 0], dew[0, 1], SEA_LEVEL))
    for field, value in got._asdict().items():
        assert float(getattr(one, field)) == pytest.approx(value[7, 1]), field
    single = run(technology, air.state(dry.astype(np.float32), dew.astype(np.float32), np.float32(SEA_LEVEL)))
    for field, value in single._asdict().items():
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, getattr(got, field), atol=3e-3, err_msg=field)


def test_a_wetter_day_never_helps_a_tower():
    wet = np.linspace(-10, 30, 400)
    outdoor = air.State(np.full(400, 32.0), np.full(400, 0.005), wet, np.full(400, 45.0), np.full(400, SEA_LEVEL))
    assert (np.diff(cooling.water_economiser(outdoor, rows("water_economiser")).pue) >= -1e-12).all()


def test_a_warmer_day_never_helps_a_dry_cooler_without_pads():
    dry = np.linspace(-20, 45, 400)
    p = rows("dry_cooler_liquid") | {"adiabatic_effectiveness": 0.0}
    got = cooling.dry_cooler_liquid(air.state(dry, dry - 10, SEA_LEVEL), p)
    assert (np.diff(got.pue) >= -1e-12).all()
    assert (got.wue_l_per_kwh == 0.0).all()


def test_pads_save_power_and_cost_water():
    outdoor = air.state(32.0, 10.0, SEA_LEVEL)
    p = rows("dry_cooler_liquid")
    with_pads = cooling.dry_cooler_liquid(outdoor, p)
    without = cooling.dry_cooler_liquid(outdoor, p | {"adiabatic_effectiveness": 0.0})
    assert with_pads.pue < without.pue and with_pads.wue_l_per_kwh > without.wue_l_per_kwh == 0.0


def test_the_chiller_takes_over():
    p = rows("air_economiser")
    mild, sultry = air.state([20.0, 33.0], [8.0, 26.0], SEA_LEVEL), air.state([30.9, 31.1], [10.0, 10.0], SEA_LEVEL)
    assert cooling.air_economiser(mild, p).pue[1] - cooling.air_economiser(mild, p).pue[0] > 0.15
    free, locked = cooling.air_economiser(sultry, p).pue
    assert locked - free > 0.1  # the lock-out, in air that is dry enough
    assert np.ptp(cooling.air_economiser(sultry, p | {"lockout_dry_bulb_c": 99.0}).pue) < 0.01


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_a_missing_parameter_is_an_error(technology):
    outdoor = air.state(15.0, 5.0, SEA_LEVEL)._replace(source_water_c=np.array(12.0))
    for gone in ("ups_efficiency", "fan_pa", "air_rise_k"):
        p = rows(technology)
        del p[gone]
        with pytest.raises(KeyError, match=gone):
            cooling.MODELS[TECHNOLOGIES[technology]](outdoor, p)


def test_sea_water_needs_a_sea():
    with pytest.raises(ValueError, match="sea_temperature_c"):
        cooling.sea_water(air.state(15.0, 5.0, SEA_LEVEL), rows("sea_water"))


def test_heat_asks_for_more_plant_and_cold_for_more_tower():
    """The machine of the worst hour: output falls with heat (13.5 % from 35 to 45 degC, ASHRAE 90.1 Path A)."""
    hot = air.state([25.0, 35.0, 45.0], [10.0, 10.0, 10.0], SEA_LEVEL)
    chiller = run("air_chiller", hot).chiller_kw_per_kw
    assert chiller[2] / chiller[1] == pytest.approx(1 / 0.865, rel=1e-3)
    assert (np.diff(chiller) > 0).all()
    bank = run("direct_to_chip_w45", air.state([0.0, 20.0, 35.0], [-5.0, 5.0, 5.0], SEA_LEVEL)).rejection_kw_per_kw
    assert (np.diff(bank) > 0).all()  # a cold place needs a smaller bank


def test_withdrawn_water_is_consumed_or_blown_down():
    hot = air.state(32.0, 15.0, SEA_LEVEL)
    p = rows("water_economiser")
    p["sensible_heat_ratio"] = 1.0  # the humidifier's water is all consumed
    got = cooling.water_economiser(hot, p)
    kept = float(got.consumed_l_per_kwh / got.wue_l_per_kwh)
    assert kept == pytest.approx(1 - 1 / p["cycles_of_concentration"], abs=0.01)  # drift is consumed, and relieves blowdown


def test_pads_stay_dry_where_they_save_no_chiller_work():
    got = run("dry_cooler_adiabatic", air.state([15.0, 24.0, 38.0], [0.0, 5.0, 25.0], SEA_LEVEL))
    without = run("dry_cooler", air.state([15.0, 24.0, 38.0], [0.0, 5.0, 25.0], SEA_LEVEL))
    pads = got.wue_l_per_kwh - without.wue_l_per_kwh
    assert pads[0] == pads[2] == 0.0 and pads[1] > 0.0
    assert got.pue[1] < without.pue[1]


def test_linear_power():
    pue = 1.2 + 0.05 * np.random.default_rng(2).random((100, 3))
    a, b = cooling.linear_power(pue, 0.8, 0.4)
    assert a.shape == (3,) and b.shape == pue.shape
    np.testing.assert_allclose(a * 50 + b * 40, pue * 40)  # calibrated at 80 %
    assert ((a * 50 + b * 10) / 10 > pue).all()  # a half-empty hall is worse
    by_site = cooling.linear_power(pue.T.reshape(3, 10, 10), 0.8, 0.4, time_axis=(1, 2))
    np.testing.assert_allclose(by_site[0], a)
    with pytest.raises(ValueError, match="below 1"):
        cooling.linear_power([1.01, 1.4], 0.8, 0.9)
    with pytest.raises(ValueError, match="below 1"):  # also where another cell has no weather
        cooling.linear_power([[1.01, np.nan], [1.4, np.nan]], 0.8, 0.9)
    with pytest.raises(ValueError, match="fixed_share"):
        cooling.linear_power(pue, 0.8, 1.2)


def test_the_linear_hall_follows_the_losses_of_its_ups_and_pdu():
    """a · installed + b · IT against the quadratic losses of UPS and PDU from 20 to 100 % load: a is their no-load loss."""
    x = np.linspace(0.2, 1.0, 9)
    ups, pdu = plant.losses_at_load(x, 0.03, 0.03, 0.005), plant.losses_at_load(x, 0.01, 0.0, 0.015)
    at = 0.8
    overhead = float(np.interp(at, x, ups + pdu)) / at  # per IT at the reference utilisation
    a, b = cooling.linear_power([1.0 + overhead], at, 0.04 / (overhead * at))
    assert float(a) == pytest.approx(0.04)
    np.testing.assert_allclose(a + b[0] * x, x + ups + pdu, atol=0.004)
    assert (a + b[0] * 0.2) / 0.2 - 1 > 2.5 * overhead  # a hall at 20 % load


@pytest.mark.parametrize("technology", ["air_economiser", "water_economiser", "dry_cooler_liquid", "direct_to_chip_w45"])
def test_the_share_that_stays_is_the_no_load_loss_of_ups_and_pdu(technology):
    p = rows(technology)
    overhead = float(run(technology, CLIMATES["cool"]).pue.mean()) - 1
    assert 0.025 <= p["reference_utilisation"] * p["fixed_share"] * overhead <= 0.055
