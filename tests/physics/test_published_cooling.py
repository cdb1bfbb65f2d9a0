"""Annual PUE and WUE of the middle parameters against published bands, on typical years of five climate zones.

Bands are 5th to 95th percentiles. Lei and Masanet 2022, RCR 182:106323: C1 large halls with air economiser, C2 large
with water economiser and tower, C6 midsize with air economiser and air-cooled chillers, C7 midsize with air-cooled
chillers. Lei et al. 2025, RCR 219:108310: c15 liquid on towers, c16 liquid on adiabatic dry coolers, each pooled over
three kinds (rear door, cold plate, immersion).

What is outside, and why (`test_why_…` holds the reasons to it)
- C6 in 3B (Las Vegas): 0.04 below the band. Ours closes the hall below a dew point of -9 degC (ASHRAE's recommended range
  since 2015, the papers' -12 to -9); from 5.5 degC, the range of 2008 to 2015, all five zones are inside.
- C1, water: in 1A, 2A and 6A below by 0.25, 0.28 and 0.04 L/kWh. Half to nine tenths of that is the water rule: ours
  lets moist air take the heat, theirs evaporates all of it, which brings 0.74, 0.72 and 0.13. The rest is the most humid air
  let in: ours 80 % of saturation at the supply (2020), their range is 60 to 90 %; from 60 % on all five zones are inside in
  water and PUE, with 6,000 hours of closed halls in Miami in place of 2,800.
- c16, water: right in size (0 to 0.37 L/kWh in any zone) and in 2A and 3B inside, but 1A is above and 4B, 6A below: the
  published control of the pads is not known, ours runs them only where they save chiller work."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from siting.inputs.climate import AIR, COOLING_TABLE, cooling_climate, hourly, pue_of_mean_air, technologies, weather_at
from siting.physics import air, cooling
from siting.physics.cooling.uncertainty import band, draws
from siting.sources.weather import open_weather

EPW = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "epw"
TYPICAL = Path(__file__).resolve().parents[2] / "data" / "germany" / "weather_typical.nc"
ZONES = {"1A": "Miami", "2A": "Houston", "3B": "Las.Vegas", "4B": "Albuquerque", "6A": "Minneapolis"}
PUE = {
    ("C1", "air_economiser"): [(1.169, 1.342), (1.167, 1.307), (1.109, 1.227), (1.095, 1.196), (1.104, 1.203)],
    ("C2", "water_economiser"): [(1.107, 1.290), (1.099, 1.250), (1.080, 1.192), (1.080, 1.193), (1.081, 1.192)],
    ("C6", "air_economiser_midsize"): [(1.622, 2.246), (1.577, 2.018), (1.537, 1.981), (1.425, 1.707), (1.385, 1.614)],
    ("C7", "air_chiller_midsize"): [(1.732, 2.453), (1.653, 2.251), (1.663, 2.253), (1.563, 2.031), (1.485, 1.870)],
    ("c15", "direct_to_chip_tower"): [(1.076, 1.289), (1.078, 1.255), (1.069, 1.197), (1.062, 1.177), (1.065, 1.182)],
    ("c16", "dry_cooler_liquid"): [(1.057, 1.142), (1.053, 1.143), (1.055, 1.144), (1.052, 1.143), (1.054, 1.145)],
    ("c16", "direct_to_chip_w45"): [(1.057, 1.142), (1.053, 1.143), (1.055, 1.144), (1.052, 1.143), (1.054, 1.145)],
    ("c16", "immersion_one_phase"): [(1.057, 1.142), (1.053, 1.143), (1.055, 1.144), (1.052, 1.143), (1.054, 1.145)],
    ("c16", "immersion_two_phase"): [(1.057, 1.142), (1.053, 1.143), (1.055, 1.144), (1.052, 1.143), (1.054, 1.145)],
}
WUE = {
    ("C1", "air_economiser"): [(0.77, 2.36), (0.80, 1.80), (0.26, 0.77), (0.05, 0.32), (0.15, 0.52)],
    ("C2", "water_economiser"): [(1.76, 2.63), (1.75, 2.62), (1.74, 2.61), (1.74, 2.61), (1.73, 2.60)],
    ("C6", "air_economiser_midsize"): [(0.02, 0.07), (0.02, 0.06), (0.01, 0.06), (0.01, 0.06), (0.01, 0.05)],
    ("C7", "air_chiller_midsize"): [(0.02, 0.10)] * 5,
    ("c15", "direct_to_chip_tower"): [(1.77, 2.34), (1.75, 2.30), (1.75, 2.32), (1.73, 2.34), (1.75, 2.28)],
    ("c16", "dry_cooler_liquid"): [(0.00, 0.01), (0.04, 0.11), (0.18, 0.34), (0.20, 0.33), (0.05, 0.17)],
}
OUTSIDE_PUE = {("C6", "3B"): 0.05}  # how far below the band
OUTSIDE_WUE = {("C1", "1A"): 0.30, ("C1", "2A"): 0.30, ("C1", "6A"): 0.06}
PAPERS_WATER = {"moist_air_evaporation": 0.0, "drift_fraction": 0.0025}  # all heat latent, windage of 0.005 to 0.5 %

pytestmark = pytest.mark.skipif(not EPW.is_dir(), reason="the EPW samples are not beside the repository")


@cache
def weather() -> xr.Dataset:
    return open_weather(EPW, AIR)


def station(place: str) -> str:
    return next(s for s in weather()["station"].values if place in s)


@cache
def climate() -> xr.Dataset:
    """By (cooling, zone); towers once more with the papers' water rule, as `… by the papers' water`."""
    known = technologies()
    papers = [
        t._replace(name=f"{t.name} by the papers' water", parameters=t.parameters | PAPERS_WATER)
        for t in known
        if t.name in ("water_economiser", "direct_to_chip_tower")
    ]
    got = cooling_climate(weather(), [*known, *papers])
    return got.sel(station=[station(p) for p in ZONES.values()]).assign_coords(station=list(ZONES))


@pytest.mark.parametrize(("case", "technology"), PUE, ids=lambda x: x)
@pytest.mark.parametrize("zone", ZONES)
def test_pue_is_inside_the_published_band(case, technology, zone):
    low, high = PUE[case, technology][list(ZONES).index(zone)]
    got = float(climate()["pue"].sel(cooling=technology, station=zone))
    assert low - OUTSIDE_PUE.get((case, zone), 0.0) <= got <= high


@pytest.mark.parametrize(("case", "technology"), [k for k in WUE if k[0] != "c16"], ids=lambda x: x)
@pytest.mark.parametrize("zone", ZONES)
def test_wue_is_inside_the_published_band(case, technology, zone):
    low, high = WUE[case, technology][list(ZONES).index(zone)]
    by = f"{technology} by the papers' water" if case in ("C2", "c15") else technology
    got = float(climate()["wue_l_per_kwh"].sel(cooling=by, station=zone))
    assert low - OUTSIDE_WUE.get((case, zone), 0.0) <= got <= high


def mean_of(technology: str, zone: str, **changed: float) -> tuple[float, float]:
    """PUE and WUE of a zone with some parameters changed."""
    t = technologies(only=[technology])[0]
    here = weather().sel(station=station(ZONES[zone]))
    outdoor = air.state(*(here[v].values for v in AIR))
    got = cooling.MODELS[t.model](outdoor, t.parameters | changed)
    return float(got.pue.mean()), float(got.wue_l_per_kwh.mean())


@pytest.mark.parametrize("zone", ZONES)
def test_why_water_of_air_economisers_is_below_the_band(zone):
    """With the papers' water rule and the humid end of what they let in (60 % of 60 to 90 %), both are inside everywhere."""
    at = list(ZONES).index(zone)
    pue, wue = mean_of("air_economiser", zone, supply_rh_max=0.6, **PAPERS_WATER)
    assert PUE["C1", "air_economiser"][at][0] <= pue <= PUE["C1", "air_economiser"][at][1]
    assert WUE["C1", "air_economiser"][at][0] <= wue <= WUE["C1", "air_economiser"][at][1]
    _, half_way = mean_of("air_economiser", zone, **PAPERS_WATER)
    assert half_way >= WUE["C1", "air_economiser"][at][0] - 0.08


@pytest.mark.parametrize("zone", ZONES)
def test_why_las_vegas_is_below_the_band(zone):
    """A legacy hall that keeps the driest dew point of ASHRAE 2008 (5.5 degC) is inside in every zone."""
    low, high = PUE["C6", "air_economiser_midsize"][list(ZONES).index(zone)]
    assert low <= mean_of("air_economiser_midsize", zone, driest_dew_point_c=5.5)[0] <= high


def test_water_of_pads_has_the_published_size():
    got = climate()["wue_l_per_kwh"].sel(cooling="dry_cooler_liquid")
    assert (got >= 0).all() and (got <= 0.37).all()
    inside = [low <= float(x) <= high for x, (low, high) in zip(got, WUE["c16", "dry_cooler_liquid"], strict=True)]
    assert dict(zip(ZONES, inside, strict=True)) == {"1A": False, "2A": True, "3B": True, "4B": False, "6A": False}
    assert list(ZONES)[int(np.argmax(got.values))] == "3B"  # the dry heat


def test_warm_water_makes_climate_nearly_stop_mattering():
    """Published for c16: 1.096 to 1.101 from Singapore to Alaska; air-cooled halls of the same zones differ by 0.3."""
    spread = climate()["pue"].max("station") - climate()["pue"].min("station")
    assert float(spread.sel(cooling="immersion_one_phase")) < 0.02
    assert float(spread.sel(cooling="direct_to_chip_w45")) < 0.04
    assert float(spread.sel(cooling="air_economiser_midsize")) > 0.15


def test_operators_ranking_holds():
    """AWS 2024: Singapore 1.32, Stockholm 1.10. Azure: WUE 2.24 in Phoenix, 0.16 in Sweden.

    Phoenix is its own station. Kiel stands for Sweden: on the same sea, the northernmost weather that is shipped, 2 K warmer
    than Stockholm. No free weather of Singapore is at hand: SYNTHETIC hours with the published mean and percentiles of zone
    0A. A Meteonorm year of Changi (in the package cityenergyanalyst, not free to copy) gave PUE 1.285 and 1.28 L/kWh, both
    inside the bands of 0A, against 1.120 and 0.01 at Kiel: 0.16 of PUE, published 0.22."""
    t = technologies(only=["air_economiser", "dry_cooler_adiabatic"])
    kiel = cooling_climate(weather_at(TYPICAL, 10.1, 54.3), t).squeeze()
    hour = np.arange(8760)
    singapore = air.state(27.5 + 1.0 * np.sin(hour / 1394) + 3.2 * np.sin(hour * np.pi / 12), np.full(8760, 24.3), 100_787.0)
    assert np.percentile(singapore.dry_bulb_c, [1, 99]) == pytest.approx([23.6, 32.0], abs=1.3)
    assert singapore.wet_bulb_c.mean() == pytest.approx(25.1, abs=0.2)
    hot = cooling.air_economiser(singapore, t[0].parameters).pue.mean() - float(kiel["pue"].sel(cooling="air_economiser"))
    assert 0.12 < hot < 0.25
    water = cooling_climate(weather().sel(station=[station("Phoenix")]), t)["wue_l_per_kwh"].squeeze()
    for of in t:
        north = float(kiel["wue_l_per_kwh"].sel(cooling=of.name))
        assert float(water.sel(cooling=of.name)) > 5 * north, of.name
    assert float(water.sel(cooling="air_economiser")) > 0.5  # Azure's halls are of this kind: 2.24 with their own parameters


def test_the_band_of_the_published_ranges_is_the_published_band():
    """100 draws of our ranges for the water economiser (C2): 5th and 95th percentile within 0.03 of the paper's."""
    t = technologies(only=["water_economiser"])[0]
    for zone, (low, high) in zip(ZONES, PUE["C2", "water_economiser"], strict=True):
        here = weather().sel(station=station(ZONES[zone])).isel(time=slice(0, None, 6))
        outdoor = air.state(*(here[v].values for v in AIR))
        got = band(cooling.water_economiser, outdoor, draws(t.parameters, t.ranges, 100))
        assert got.pue[0] == pytest.approx(low, abs=0.03) and got.pue[2] == pytest.approx(high, abs=0.03), zone
        assert got.pue[0] < got.pue[1] < got.pue[2] and got.wue_l_per_kwh.shape == (3,)


def test_the_climate_of_a_grid_is_the_mean_of_its_hours():
    t = technologies(only=["dry_cooler_liquid"])[0]
    here = weather().isel(station=[0, 3])
    by_hour = hourly(here, t)
    got = cooling_climate(here, [t], precision=np.float64).isel(cooling=0)
    np.testing.assert_allclose(got["pue"], by_hour["pue"].mean("time"), rtol=1e-12)
    np.testing.assert_allclose(got["wue_l_per_kwh"], by_hour["wue_l_per_kwh"].mean("time"), rtol=1e-12)
    np.testing.assert_allclose(got["chiller_kw_per_kw"], by_hour["chiller_kw_per_kw"].max("time"))
    np.testing.assert_array_equal(got["free_hours"], (by_hour["chiller_kw_per_kw"] <= 0).sum("time"))
    np.testing.assert_array_equal(got["design_hour"], here["time"][by_hour["pue"].argmax("time")])
    single = cooling_climate(here.chunk(time=1000, station=1), [t]).isel(cooling=0)
    for v in ("pue", "wue_l_per_kwh", "chiller_kw_per_kw", "rejection_kw_per_kw"):
        np.testing.assert_allclose(single[v], got[v], atol=2e-4)


def test_averaging_the_air_flatters_the_pue():
    """The mean of the PUE is not the PUE of the mean: daily means of the air hide the hot hours."""
    here = weather().sel(station=station("Houston"))
    for name in ("air_economiser", "dry_cooler"):
        hours, days = pue_of_mean_air(here, technologies(only=[name])[0], 24)
        _, month = pue_of_mean_air(here, technologies(only=[name])[0], 730)
        assert hours > days - 1e-3 and hours > month, name


def test_the_table_is_whole():
    assert {t.model for t in technologies()} == set(cooling.MODELS)
    assert all(t.ranges for t in technologies()) and COOLING_TABLE.is_file()


def test_land_follows_the_density_of_racks():
    """The planning figure of 0.405 ha/MW at the 10 kW of today's racks; yard and substation do not shrink with them."""
    for t in technologies():
        land = 0.405 + 0.56 * (1 / t.parameters["rack_kw_max"] - 1 / 10)
        assert t.parameters["land_ha_per_mw"] == pytest.approx(land, abs=5e-4), t.name
