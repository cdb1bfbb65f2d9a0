"""Headroom of curtailable connections: hand cases, laws, brute force, and published figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from siting.errors import InputsError
from siting.physics.nonfirm import (
    by_contract,
    by_depth,
    by_energy,
    by_event_length,
    by_hours,
    by_notice,
    by_recovery,
    curtailment,
    firm,
)
from siting.physics.seasonal_peak import curtailment_enabled_headroom, seasonal_headroom

HAND = [50.0, 80.0, 100.0, 200.0]
DEMAND = Path(__file__).parents[3] / "shared" / "data" / "balancing_authority_demand" / "demand_mw_2016_2024_utc.csv.gz"


def series(seed: int, hours: int = 500) -> np.ndarray:
    return np.random.default_rng(seed).gamma(2.0, 100.0, hours)


def test_the_hand_case():
    assert [by_hours(HAND, k) for k in (0, 1, 2)] == [50, 80, 100]
    assert [by_energy(HAND, a) for a in (0.175, 0.05, 0.0)] == pytest.approx([100, 62.5, 50])
    met = curtailment(HAND, 100)
    assert (met.hours, met.energy_share, met.deepest_cut, met.events, met.longest_event_h) == (2, 0.175, 0.5, 1, 2)
    assert (met.kept_half, met.kept_three_quarters, met.kept_nine_tenths) == (1.0, 0.5, 0.0)


@pytest.mark.parametrize("share", [0.0025, 0.01, 0.05, 0.3])
@pytest.mark.parametrize("flat", [True, False])
def test_the_energy_limit_agrees_with_a_root_search(share: float, flat: bool):
    h = series(1) + 5
    p = np.ones(len(h)) if flat else np.random.default_rng(2).uniform(0.3, 1, len(h))

    def over(size: float) -> float:
        return np.clip(size * p - np.maximum(h, 0), 0, size * p).sum() / (size * p.sum()) - share

    assert by_energy(h, share, p) == pytest.approx(brentq(over, 1e-3, 1e6), rel=1e-6)


def test_each_limit_is_kept_and_a_little_more_breaks_it():
    h = series(3)
    for size, measure, limit in (
        (by_energy(h, 0.01), "energy_share", 0.01),
        (by_hours(h, 44), "hours", 44),
        (by_depth(h, 0.4), "deepest_cut", 0.4),
        (by_event_length(h, 3), "longest_event_h", 3),
    ):
        assert getattr(curtailment(h, size), measure) <= limit + 1e-9
        assert getattr(curtailment(h, size * 1.02), measure) > limit


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_recovery_and_notice_agree_with_a_walk_through_all_loads(seed: int, flat: bool):
    """Between two neighbouring break points the set of cut hours, and of deepened ones, does not change: one load of each is
    looked at, from the smallest on, until the limit is broken."""
    random = np.random.default_rng(seed)
    h = random.integers(1, 40, 24) * 10.0
    p = np.ones(24) if flat else random.integers(4, 10, 24) / 10
    with np.errstate(divide="ignore", invalid="ignore"):
        points = np.concatenate([h / p, np.diff(h) / np.diff(p)])
    points = np.unique(points[np.isfinite(points) & (points > 0)].round(9))
    for limit in (1, 2, 3, 5, 9):
        for closed, measure in ((by_recovery, "least_recovery_h"), (by_notice, "least_between_deepenings_h")):
            kept = np.inf
            for low, high in zip(points, [*points[1:], points[-1] * 2]):
                if getattr(curtailment(h, (low + high) / 2, p), measure) < limit:
                    kept = low
                    break
            assert closed(h, limit, p) == pytest.approx(kept)


def test_nothing_curtailed_is_firm_and_limits_together_are_the_least():
    h = series(4)
    assert by_contract(h) == firm(h) == by_energy(h, 0) == by_hours(h, 0) == by_depth(h, 0) == by_event_length(h, 0)
    each = [by_energy(h, 0.01), by_hours(h, 20), by_depth(h, 0.5), by_event_length(h, 2)]
    assert by_contract(h, energy_share=0.01, hours=20, depth=0.5, longest_event_h=2) == min(each)


def test_a_constant_headroom_gains_nothing_but_a_cut_in_every_hour():
    h = np.full(100, 600.0)
    assert by_energy(h, 0.05) == pytest.approx(600 / 0.95)
    assert curtailment(h, by_energy(h, 0.05)).hours == 100


def test_an_overloaded_hour_has_no_headroom_and_cuts_no_more_than_the_load():
    assert firm([-30.0, 50.0]) == 0
    assert by_energy([-30.0, 0.0, *[50.0] * 98], 0.01) == 0
    assert curtailment([-30.0, 50.0], 40).energy_share == 0.5


def test_wrong_series_are_told():
    with pytest.raises(InputsError, match="1 hours of the headroom have no value"):
        firm([1.0, np.nan])
    with pytest.raises(InputsError, match="profile needs one share"):
        firm([1.0, 2.0], [0.0, 1.0])


@pytest.mark.parametrize(("system", "utc_offset_h", "gw"), [("ISNE", -5, 3.5), ("ERCO", -6, 10.0), ("DUK", -5, 2.8)])
def test_published_headroom_of_norris_et_al(system: str, utc_offset_h: float, gw: float):
    """Rethinking Load Growth (2025), half a per cent of the energy curtailed; published to 0.1 GW."""
    if not DEMAND.is_file():
        pytest.skip("the demand of the balancing authorities is not beside the repository")
    demand = pd.read_csv(DEMAND, index_col=0, parse_dates=True)[system]
    assert round(curtailment_enabled_headroom(demand, 0.005, utc_offset_h) / 1000, 1) == gw


def test_seasonal_peaks_on_a_made_year():
    time = pd.date_range("2020-01-01", periods=8784, freq="h")
    demand = pd.Series(np.where(time.month.isin((4, 5, 6, 7, 8, 9, 10)), 100.0, 80.0), time)
    demand["2020-07-15 12:00"], demand["2020-01-10 08:00"] = 130.0, 95.0
    h = seasonal_headroom(demand, 0)
    assert h["2020-05-01 00:00"] == 30 and h["2020-11-05 00:00"] == 15 and h.min() == 0
    with pytest.raises(InputsError, match="not hourly without gaps"):
        seasonal_headroom(demand.drop(time[5]), 0)
    with pytest.raises(InputsError, match="no hour of June to August"):
        seasonal_headroom(demand[:2000], 0)
