"""The joint headroom of a study and the headroom of single buses: one base, so the same figures where both have an answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from siting.inputs.grid import build_grid
from siting.inputs.network_hours import network_hours
from siting.physics.outages import single_outages
from siting.physics.security import DO_NO_HARM_MW, RowPool
from siting.solve.grid.check import GridCheck
from siting.solve.grid.secure_base import secured, told
from siting.sources.grid import NetworkTables
from siting.sources.grid.completed import with_ratings

from ..grid.grid_cases import situation
from .networks import BIG, ieee_24_bus, tables
from .test_known_answers import solve


def checked(net: NetworkTables) -> GridCheck:
    """All buses as candidates of the siting model's check, in the first hour of the network."""
    grid = build_grid(with_ratings(net, "unlimited", "rating_c_mva"), 1.0)
    network, hour = grid.network, network_hours(grid, net, np.array([0]))[0]
    plain = situation(network, dict(zip(network.bus, hour.demand_mw)), dict(zip(network.bus, hour.supply_mw)))
    pool = RowPool(single_outages(network))
    based = secured(network, [replace(plain, cost_eur_per_mwh=hour.cost_eur_per_mwh)], pool)
    return GridCheck(network, based, np.arange(network.bus_count), adequacy=True, pool=pool)


def overloaded() -> NetworkTables:
    """IEEE 24 buses, where the demand of bus 6 is 40 MW too much after an outage whatever the dispatch."""
    net = ieee_24_bus()
    assert net.demand_mw is not None
    return replace(net, demand_mw=net.demand_mw.assign(**{"6": 240.0}))


@pytest.mark.parametrize("net", [ieee_24_bus(), overloaded()], ids=["secure", "not secure"])
def test_single_headroom_in_the_model_is_headroom_by_itself(net: NetworkTables):
    check = checked(net)
    alone = solve(net, True, security="customer_risk")
    inside = [check.headroom(number)[0].headroom_mw for number in range(24)]
    assert inside == pytest.approx(alone["headroom_mw"].values.ravel(), abs=1e-4)
    assert (alone["overload_mw"].sum() > 0) == bool(told(check.situations)) == (net.demand_mw.at[0, "6"] > 200)


def test_joint_headroom_of_one_bus_is_its_own_and_of_all_no_less_than_the_best():
    check = checked(overloaded())
    alone = solve(overloaded(), True, security="customer_risk")["headroom_mw"].values.ravel()
    for number in (0, 5, 12):
        assert check.joint([number], 5000.0).total_mw == pytest.approx(alone[number], abs=0.02)
    together = check.joint(np.arange(24), 5000.0)
    assert together.total_mw >= alone.max() - 0.02
    assert check.full_check(together.d_mw).worst_mw <= 0.002


def test_what_no_dispatch_keeps_may_not_get_worse_and_everything_else_is_kept():
    """130 MW at 2 over two circuits of 100: 30 too much after the loss of either. The way to 3 is another."""
    net = tables([("1", "2", 0.1, 100), ("1", "2", 0.1, 100), ("1", "3", 0.1, 50), ("1", "3", 0.1, 50)], {"1": BIG}, {"2": 130})
    check = checked(net)
    assert check.situations[0].overloaded["loading"].tolist() == pytest.approx([1.3, 1.3])
    assert "2 branches stay over their limit, by 60 MW together" in told(check.situations)[1]
    assert [check.headroom(bus)[0].headroom_mw for bus in (1, 2)] == pytest.approx([DO_NO_HARM_MW, 50])
    assert check.joint([1, 2], 1000.0).total_mw == pytest.approx(50 + DO_NO_HARM_MW, abs=0.02)


def test_a_dispatch_that_breaks_a_limit_needlessly_relaxes_nothing():
    """The cheap plant at 1 would send 90 MW over the pair of 50 MW circuits; the dear one at 2 keeps the loss of one secure."""
    net = tables([("1", "2", 0.1, 50), ("1", "2", 0.1, 50)], {"1": BIG, "2": BIG}, {"2": 90})
    net.generators["marginal_cost_eur_per_mwh"] = [1.0, 99.0]
    check = checked(net)
    assert np.abs(check.situations[0].base_flow_mw).sum() == pytest.approx(50)
    assert check.situations[0].overloaded.empty and not told(check.situations)
