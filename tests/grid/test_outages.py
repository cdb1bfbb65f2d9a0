"""LODF and N-1 headroom against hand cases, the IEEE reliability test system, brute force and PyPSA."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from siting.physics.network import Network, build_network, flows
from siting.physics.outages import single_outages
from siting.physics.security import RowPool
from siting.solve.grid.check import GridCheck

from .grid_cases import BIG, headrooms, ieee_24_bus, secure, situation, triangle


def _without(network: Network, number: int) -> Network:
    """The network with one circuit of a branch taken out: the branch itself where it has but one."""
    circuits = network.circuits[number]
    weaker = network.susceptance_mw_per_rad.copy()
    weaker[number] *= 1 - 1 / circuits
    kept = np.flatnonzero(weaker > 0)
    return replace(
        network,
        branch=tuple(network.branch[k] for k in kept),
        branch_from=network.branch_from[kept],
        branch_to=network.branch_to[kept],
        susceptance_mw_per_rad=weaker[kept],
        rating_mw=network.rating_mw[kept],
        emergency_mw=network.emergency_mw[kept],
        circuits=network.circuits[kept],
        shift_rad=network.shift_rad[kept],
    )


def test_lodf_of_the_triangle_moves_everything():
    assert np.abs(single_outages(triangle(100, 100, 40)).lodf) == pytest.approx(np.ones((3, 3)))


def test_flows_after_every_outage_equal_a_new_calculation_without_the_circuit():
    network, _ = ieee_24_bus()
    network = replace(network, circuits=np.where(np.arange(network.branch_count) % 4 == 0, 2.0, 1.0))
    injection = np.random.default_rng(3).normal(0, 100, network.bus_count)
    injection -= injection.mean()
    outages = single_outages(network)
    after = outages.after(flows(network, injection))
    assert outages.islanding == () or outages.islanding == ("7-8 #10",)
    for column, number in enumerate(outages.branch):
        expected = flows(_without(network, int(number)), injection)
        kept = np.arange(network.branch_count)
        if network.circuits[number] == 1:
            kept = np.delete(kept, number)
        else:  # what is left of the branch is compared with the rating of all its circuits
            expected[number] *= network.circuits[number] / (network.circuits[number] - 1)
        np.testing.assert_allclose(after[kept, column], expected, atol=1e-7)


def test_a_phase_shifter_drives_a_flow_that_outages_move_on():
    shifted = build_network("123", ["a", "b", "c"], [0, 0, 1], [1, 2, 2], [1e-3] * 3, [9] * 3, 1.0, shift_rad=[0.03, 0, 0])
    assert flows(shifted, [0, 0, 0]).tolist() == pytest.approx([-10, 10, -10])
    outages = single_outages(shifted)
    assert outages.after(flows(shifted, [0, 0, 0]))[:, 0].tolist() == pytest.approx([0, 0, 0])


def test_parallel_rows_and_one_branch_of_two_circuits_are_the_same():
    lumped = build_network(
        "abc", ["ab", "bc", "ac"], [0, 1, 0], [1, 2, 2], [0.5e-3, 1e-3, 1e-3], [200, 90, 90], 1.0, circuits=[2, 1, 1]
    )
    rows = build_network("abc", ["ab1", "ab2", "bc", "ac"], [0, 0, 1, 0], [1, 1, 2, 2], [1e-3] * 4, [100, 100, 90, 90], 1.0)
    for buses in ("b", "c"):
        found = [headrooms(n, situation(n, {}, {"a": BIG}), buses, n_1=True) for n in (lumped, rows)]
        assert found[0] == pytest.approx(found[1])
    whole = secure(lumped, situation(lumped, {}, {"a": BIG}), "b", lost="branch").headroom(0)[0]
    assert whole.headroom_mw < secure(lumped, situation(lumped, {}, {"a": BIG}), "b").headroom(0)[0].headroom_mw


@pytest.mark.parametrize(("r23", "single", "joint"), [(40, 40, 80), (80, 80, 100)])
def test_triangle_alone_and_together(r23: float, single: float, joint: float):
    network = triangle(100, 100, r23)
    hour = situation(network, {}, {"1": BIG})
    assert headrooms(network, hour, "23", n_1=True) == pytest.approx([single, single])
    found = secure(network, hour, "23").joint([0, 1], 1000)
    assert found.total_mw == pytest.approx(joint, abs=0.1)


def test_triangle_with_demand():
    network = triangle(100, 100, 80)
    assert headrooms(network, situation(network, {"2": 30, "3": 20}, {"1": BIG}), "23", n_1=True) == pytest.approx([50, 50])


def test_two_circuits_and_two_transformers():
    radial = build_network("ab", ["ab"], [0], [1], [1e-3], [200], 1.0, circuits=[2])
    hour = situation(radial, {}, {"a": BIG})
    assert headrooms(radial, hour, "b") + headrooms(radial, hour, "b", n_1=True) == pytest.approx([200, 100])
    pair = build_network("ab", ["T1", "T2"], [0, 0], [1, 1], [1e-3, 1e-3], [240, 240], 1.0)
    check = secure(pair, situation(pair, {"b": 180}, {"a": BIG}), "b")
    found = check.headroom(0)[0]
    assert found.headroom_mw == pytest.approx(60)
    assert found.binding in ("T1 after the loss of T2", "T2 after the loss of T1")


def test_ieee_24_buses_after_any_outage():
    network, hour = ieee_24_bus()
    expected = np.full(24, 555.0)
    expected[:8] = [343.7, 251.6, 157.0, 146, 149, 64, 224, 224]
    expected[13], expected[23] = 431, 157.0
    assert headrooms(network, hour, network.bus, n_1=True) == pytest.approx(expected, abs=0.06)


def test_rows_as_needed_equal_all_rows():
    network, hour = ieee_24_bus()
    lazy = secure(network, hour, network.bus)
    full = secure(network, hour, network.bus)
    assert full.pool is not None and lazy.pool is not None
    shape = full.pool.outages.lodf.shape
    branch, outage = np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij")
    real = full.pool.outages.branch[outage.ravel()] != branch.ravel()
    full.pool.add(branch.ravel()[real], outage.ravel()[real])
    few, every = lazy.joint(np.arange(24), 200), full.joint(np.arange(24), 200)
    assert few.total_mw == pytest.approx(every.total_mw, abs=0.05)
    assert len(lazy.pool) < len(full.pool) / 10


def test_cuts_after_outages_keep_every_servable_plan():
    network, hour = ieee_24_bus()
    other = replace(hour, name="light", demand_mw=0.7 * hour.demand_mw)
    check = GridCheck(network, [hour, other], np.arange(24), adequacy=False, pool=RowPool(single_outages(network)))
    random = np.random.default_rng(5)
    plans = random.uniform(0, 1, (40, 1)) * random.exponential(50, (40, 24)) * (random.random((40, 24)) < 0.4)
    cuts = [cut for plan in plans for cut in check.cuts(plan * 3)]
    servable = [plan for plan in plans if check.unserved(plan).max() <= 1e-9]
    assert len(cuts) > 10 and len(servable) > 5
    for cut in cuts:
        assert all(cut.coefficients @ plan <= cut.rhs_mw + 1e-4 for plan in servable)


def test_do_no_harm_after_an_outage():
    """130 MW at 3 load a branch of 100 with 130 after an outage already: 2 may not add to it, 3 may not grow."""
    network = triangle(100, 100, 100)
    hour = situation(network, {"3": 130}, {"1": BIG})
    hour = replace(hour, base_flow_mw=flows(network, [130, 0, -130]))
    assert headrooms(network, hour, "3", n_1=True) == pytest.approx([0.1], abs=1e-3)


def test_what_stands_behind_a_single_circuit_is_not_secure():
    network, _ = ieee_24_bus()
    outages = single_outages(network)
    assert outages.islanding == ("7-8 #10",)
    assert np.flatnonzero(~outages.secure_node).tolist() == [6]


def test_a_link_carries_what_is_best():
    """A link beside a branch of 100 MW brings 50 MW more, in both directions, and has no angle."""
    network = build_network("ab", ["ab"], [0], [1], [1e-3], [100], 1.0, links=[("hvdc", 1, 0, 50.0)])
    hour = situation(network, {}, {"a": BIG})
    assert headrooms(network, hour, "b") == pytest.approx([150])


def test_lodf_agrees_with_pypsa():
    pypsa = pytest.importorskip("pypsa")
    network, _ = ieee_24_bus()
    other = pypsa.Network()
    for bus in network.bus:
        other.add("Bus", bus, v_nom=1.0)
    ends = zip(network.branch, network.branch_from, network.branch_to, network.susceptance_mw_per_rad, strict=True)
    for name, start, end, susceptance in ends:
        other.add("Line", name, bus0=network.bus[start], bus1=network.bus[end], x=1 / susceptance, r=0.0)
    other.determine_network_topology()
    part = other.sub_networks.obj.iloc[0]
    part.calculate_BODF()
    order = [name for _, name in part.branches_i()]
    outages = single_outages(network)
    rows = [order.index(name) for name in network.branch]
    columns = [order.index(network.branch[number]) for number in outages.branch]
    np.testing.assert_allclose(outages.lodf, part.BODF[np.ix_(rows, columns)], atol=1e-6)
