"""Headroom, cuts and joint headroom against known answers (N-0, supply re-dispatched)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from siting.errors import ModelError
from siting.physics.network import build_network
from siting.solve.grid.check import SERVABLE_MW, GridCheck

from .grid_cases import BIG, headrooms, ieee_24_bus, pjm_5_bus, situation, triangle


def test_triangle_one_at_a_time():
    network = triangle(100, 100, 40)
    assert headrooms(network, situation(network, {}, {"1": BIG}), "23") == pytest.approx([120, 120])


def test_triangle_with_a_longer_branch():
    network = triangle(100, 100, 40, x23=0.2)
    assert headrooms(network, situation(network, {}, {"1": BIG}), "3") == pytest.approx([400 / 3])


def test_demand_elsewhere_takes_headroom():
    network = triangle(100, 100, 100)
    assert headrooms(network, situation(network, {"3": 130}, {"1": BIG}), "2") == pytest.approx([40])


def test_pjm_five_buses():
    network, hour = pjm_5_bus()
    assert headrooms(network, hour, "ABCDE") == pytest.approx([530, 448.3946, 495.9325, 331.2540, 530], abs=1e-4)


def test_ieee_24_buses():
    network, hour = ieee_24_bus()
    expected = np.full(24, 555.0)
    expected[:8] = [462.19, 379.66, 486.41, 236.32, 279.00, 128.60, 335.80, 335.80]
    expected[13], expected[23] = 439.14, 470.38
    assert headrooms(network, hour, network.bus) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(("r23", "joint", "error"), [(40, 200, 0.2), (80, 200, 0.5)])
def test_joint_is_less_than_the_sum(r23: float, joint: float, error: float):
    network = triangle(100, 100, r23)
    check = GridCheck(network, [situation(network, {}, {"1": BIG})], [1, 2], adequacy=True)
    found = check.joint([0, 1], 1000)
    assert found.total_mw == pytest.approx(joint, abs=0.1)
    assert check.stacking_error([0, 1], 1000) == pytest.approx(error, abs=1e-3)
    assert found.adequacy == 0 and "1-3" in found.corridors and found.situations == ["hour"]
    assert sum(worth * network.rating_mw[network.branch.index(name)] for name, worth in found.corridors.items()) >= joint


def test_joint_may_exceed_the_sum():
    """Equal loads at 2 and 3 leave branch 2-3 empty, so together they reach what neither reaches alone."""
    network = triangle(1000, 1000, 40)
    check = GridCheck(network, [situation(network, {}, {"1": BIG})], [1, 2], adequacy=True)
    assert [check.headroom(number)[0].headroom_mw for number in (0, 1)] == pytest.approx([120, 120])
    assert check.joint([0, 1], 1000).total_mw == pytest.approx(2000, abs=0.1)
    assert check.stacking_error([0, 1], 1000) == pytest.approx(-0.88, abs=1e-3)


def _random_check(adequacy: bool) -> GridCheck:
    network, hour = ieee_24_bus()
    other = replace(hour, name="windy", supply_mw=np.roll(hour.supply_mw, 3), demand_mw=0.8 * hour.demand_mw)
    return GridCheck(network, [hour, other], np.arange(24), adequacy)


@pytest.mark.parametrize("adequacy", [True, False])
def test_every_cut_keeps_every_servable_plan_and_excludes_its_own(adequacy: bool):
    check = _random_check(adequacy)
    random = np.random.default_rng(3)
    plans = random.uniform(0, 1, (60, 1)) * random.exponential(80, (60, 24)) * (random.random((60, 24)) < 0.4)
    cuts = []
    for plan in plans:
        found = check.cuts(plan * 3)
        cuts += found
        for cut in found:
            assert cut.coefficients @ (plan * 3) > cut.rhs_mw + SERVABLE_MW / 2
            assert cut.coefficients.max() <= 1 + 1e-9
    servable = [plan for plan in plans if check.unserved(plan).max() <= 1e-9]
    assert len(cuts) > 20 and len(servable) > 10
    for cut in cuts:
        for plan in servable:
            assert cut.coefficients @ plan <= cut.rhs_mw + 1e-4


def test_violation_of_a_cut_is_the_unserved_power():
    check = _random_check(adequacy=True)
    plan = np.full(24, 60.0)
    by_name = {cut.situation: cut.violation_mw for cut in check.cuts(plan)}
    for hour, unserved in zip(check.situations, check.unserved(plan), strict=True):
        assert by_name.get(hour.name, 0.0) == pytest.approx(unserved, abs=1e-4)


def test_worth_of_a_corridor_is_what_reinforcing_it_brings():
    network = triangle(100, 100, 40)
    hour = situation(network, {}, {"1": BIG})
    cut = GridCheck(network, [hour], [1, 2], adequacy=True).cuts([200, 0])[0]
    assert cut.binding == "2-3"
    wider = replace(hour, limit_mw=network.rating_mw + np.array([0, 0, 1.0]))
    after = GridCheck(network, [wider], [1, 2], adequacy=True).cuts([200, 0])[0]
    assert after.rhs_mw - cut.rhs_mw == pytest.approx(cut.corridors["2-3"])


def test_adequacy_is_a_limit_of_its_own():
    network = triangle(1000, 1000, 1000)
    hour = situation(network, {"3": 50}, {"1": 80})
    strict = GridCheck(network, [hour], [1, 2], adequacy=True)
    found = strict.headroom(0)[0]
    assert (round(found.headroom_mw, 6), found.binding) == (30, "adequacy")
    assert strict.joint([0, 1], 500).total_mw == pytest.approx(30, abs=0.05)
    assert strict.cuts([100, 100])[0].kind == "adequacy"
    assert strict.cuts([100, 100])[0].coefficients.tolist() == pytest.approx([1, 1])
    free = GridCheck(network, [hour], [1, 2], adequacy=False)
    assert free.cuts([100, 100]) == []


def test_planned_supply_never_exceeds_the_connections():
    """Branch 1-2 is full with 100 MW of demand at 2. Planned supply at 2 may carry a new load, not free the branch."""
    network = build_network("12", ["1-2"], [0], [1], [1e-3], [100], 1.0)
    hour = situation(network, {"2": 100}, {"1": 500})
    hour = replace(hour, planned_share=np.array([0.5, 0.5]))
    check = GridCheck(network, [hour], [1], adequacy=False)
    assert check.headroom(0)[0].headroom_mw == pytest.approx(0, abs=1e-6)


def test_two_candidates_at_one_bus_share_its_headroom():
    network = triangle(100, 100, 40)
    check = GridCheck(network, [situation(network, {}, {"1": BIG})], [1, 1], adequacy=True)
    assert check.joint([0, 1], 100).total_mw == pytest.approx(120, abs=0.05)
    assert check.cuts([60, 59]) == []
    cut = check.cuts([100, 100])[0]
    assert cut.coefficients[0] == cut.coefficients[1]


def test_islands_do_not_help_each_other():
    network = build_network("abcd", ["ab", "cd"], [0, 2], [1, 3], [1e-3, 1e-3], [100, 70], 1.0)
    hour = situation(network, {}, {"a": 500, "c": 30})
    check = GridCheck(network, [hour], [1, 3], adequacy=True)
    assert [check.headroom(k)[0].headroom_mw for k in (0, 1)] == pytest.approx([100, 30])
    free = GridCheck(network, [hour], [1, 3], adequacy=False)
    assert [free.headroom(k)[0].headroom_mw for k in (0, 1)] == pytest.approx([100, 70])


def test_unrated_branches_limit_nothing():
    network = build_network("ab", ["ab"], [0], [1], [1e-3], [0], 1.0)
    check = GridCheck(network, [situation(network, {}, {"a": 700})], [1], adequacy=True)
    assert check.headroom(0)[0].headroom_mw == pytest.approx(700)


def test_the_sweep_equals_single_headrooms_and_a_situation_can_be_added():
    network, hour = ieee_24_bus()
    check = GridCheck(network, [hour], np.arange(24), adequacy=True)
    check.add(replace(hour, name="half supply", supply_mw=0.9 * hour.supply_mw))
    sweep = {(h.candidate, h.situation): h.headroom_mw for h in check.headrooms()}
    assert len(sweep) == 48
    for h in check.headroom(5) + check.headroom(17):
        assert sweep[h.candidate, h.situation] == pytest.approx(h.headroom_mw, abs=1e-4)
    assert [h.candidate for h in check.firm_headroom()] == list(range(24))


def test_wrong_questions_are_refused():
    network = triangle(100, 100, 40)
    hour = situation(network, {}, {"1": BIG})
    with pytest.raises(ModelError, match="at least one situation"):
        GridCheck(network, [], [1])
    check = GridCheck(network, [hour], [1, 2])
    with pytest.raises(ModelError, match="1 connections were given for 2 candidates"):
        check.cuts([1.0])
    with pytest.raises(ModelError, match="finite and not negative"):
        check.cuts([1.0, -5.0])
