"""DC flow, PTDF and the odd shapes of real networks."""

from __future__ import annotations

import numpy as np
import pytest

from siting.errors import DataError
from siting.physics.network import build_network, flows, ptdf

from .grid_cases import ieee_24_bus, triangle


def test_ptdf_of_the_triangle():
    assert ptdf(triangle(100, 100, 40), [2]).ravel() == pytest.approx([-1 / 3, -2 / 3, -1 / 3])


def test_a_longer_way_carries_less():
    assert ptdf(triangle(100, 100, 40, x23=0.2), [2])[1, 0] == pytest.approx(-3 / 4)


def test_flows_are_ptdf_times_injections_and_balance_at_every_bus():
    network, _ = ieee_24_bus()
    injection = np.random.default_rng(1).normal(0, 100, (network.bus_count, 7))
    injection -= injection.mean(axis=0)
    flow = flows(network, injection)
    np.testing.assert_allclose(flow, ptdf(network, np.arange(network.bus_count)) @ injection, atol=1e-9)
    np.testing.assert_allclose(network.incidence.T @ flow, injection, atol=1e-9)


def test_flows_equal_a_dense_least_squares_solution():
    network, _ = ieee_24_bus()
    injection = np.random.default_rng(2).normal(0, 100, network.bus_count)
    injection -= injection.mean()
    incidence = network.incidence.toarray()
    laplacian = incidence.T @ (network.susceptance_mw_per_rad[:, None] * incidence)
    angle = np.linalg.lstsq(laplacian, injection, rcond=None)[0]
    expected = network.susceptance_mw_per_rad * (incidence @ angle)
    np.testing.assert_allclose(flows(network, injection), expected, atol=1e-7)


def test_two_parallel_branches_carry_what_one_of_half_the_reactance_carries():
    lumped = build_network("ab", ["ab"], [0], [1], [0.5e-3], [200], 1.0)
    pair = build_network("ab", ["ab1", "ab2"], [0, 0], [1, 1], [1e-3, 1e-3], [100, 100], 1.0)
    assert flows(pair, [90, -90]).sum() == pytest.approx(flows(lumped, [90, -90]).sum()) == pytest.approx(90)


def test_islands_are_balanced_by_themselves():
    network = build_network("abcd", ["ab", "cd"], [0, 2], [1, 3], [1e-3, 1e-3], [100, 100], 1.0)
    assert network.island_count == 2
    assert flows(network, [10, -10, -5, 5]).tolist() == pytest.approx([10, -5])
    with pytest.raises(DataError, match=r"island of bus 'c' are out of balance by 2\.000 MW"):
        flows(network, [10, -10, -5, 3])


def test_a_branch_of_no_reactance_merges_its_buses():
    network = build_network("abc", ["ab", "bc"], [0, 1], [1, 2], [0.0, 1e-3], [100, 100], 1.0)
    assert network.merged == ("ab",)
    assert network.node[0] == network.node[1] != network.node[2]
    assert flows(network, [30, 10, -40]).tolist() == pytest.approx([40])


def test_a_branch_beside_a_coupler_is_merged_too():
    network = build_network("abc", ["ab", "ab2", "bc"], [0, 0, 1], [1, 1, 2], [0.0, 1e-3, 1e-3], [9, 9, 9], 1.0)
    assert network.merged == ("ab", "ab2")


@pytest.mark.parametrize("rating", [0.0, np.nan, 9999.0, 1e6, np.inf])
def test_missing_ratings_are_unlimited_and_reported(rating: float):
    network = build_network("ab", ["ab"], [0], [1], [1e-3], [rating], 0.95)
    assert network.unrated == ("ab",)
    assert np.isinf(network.rating_mw[0])


def test_rating_in_mw_is_mva_times_power_factor():
    assert build_network("ab", ["ab"], [0], [1], [1e-3], [400], 0.95).rating_mw[0] == pytest.approx(380)


def test_a_series_capacitor_is_allowed():
    network = build_network("abc", ["ab", "bc", "ac"], [0, 1, 0], [1, 2, 2], [2e-3, -1e-3, 3e-3], [9, 9, 9], 1.0)
    assert flows(network, [4, 0, -4]).tolist() == pytest.approx([3, 3, 1])


def test_unusable_branches_are_told_at_once():
    with pytest.raises(DataError) as told:
        build_network("ab", ["aa", "ab"], [0, 0], [0, 1], [1e-3, np.nan], [1, 1], 1.2)
    assert len(told.value.problems) == 3


def test_unknown_bus_names_are_told():
    with pytest.raises(DataError, match="bus 'x' is not in the network"):
        triangle(1, 1, 1).index(["1", "x"])


def test_flows_agree_with_pypsa():
    pypsa = pytest.importorskip("pypsa")
    network, hour = ieee_24_bus()
    injection = hour.supply_mw * hour.demand_mw.sum() / hour.supply_mw.sum() - hour.demand_mw
    other = pypsa.Network()
    for bus, power in zip(network.bus, injection, strict=True):
        other.add("Bus", bus, v_nom=1.0)
        other.add("Load", bus, bus=bus, p_set=-power)
    other.add("Generator", "slack", bus="1", control="Slack")
    ends = zip(network.branch, network.branch_from, network.branch_to, network.susceptance_mw_per_rad, strict=True)
    for name, start, end, susceptance in ends:
        other.add("Line", name, bus0=network.bus[start], bus1=network.bus[end], x=1 / susceptance, r=0.0)
    other.lpf()
    expected = other.lines_t.p0.iloc[0][list(network.branch)].to_numpy()
    np.testing.assert_allclose(flows(network, injection), expected, atol=1e-6)
