"""The odd shapes of real networks: each has a rule, and each rule a test."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import siting
from siting.errors import DataError, InputsError
from siting.inputs.grid import build_grid
from siting.inputs.network_hours import national_hours
from siting.physics.network import flows
from siting.sources.grid import read_demand, read_network

from .networks import BIG, ieee_24_bus, tables, triangle
from .test_known_answers import mw, solve

FIXTURES = Path(__file__).parents[1] / "sources" / "grid"


def test_a_bus_on_one_circuit_has_no_secure_headroom_unless_its_customer_bears_the_risk():
    net = tables([("1", "2", 0.1, 100), ("1", "2", 0.1, 100), ("2", "3", 0.1, 70)], {"1": BIG})
    strict = solve(net, True).sel(bus="3")
    assert (strict["headroom_mw"].item(), strict["binds"].item(), strict["n1_secure"].item()) == (0, "one circuit only", False)
    assert mw(net, True, "3", security="customer_risk") == pytest.approx(70)
    assert mw(net, True, "2") == pytest.approx(100)
    assert "cuts buses off" in solve(net, True).attrs["notes"]


def test_each_island_is_balanced_by_itself_and_one_without_supply_has_nothing():
    net = tables([("1", "2", 0.1, 100), ("3", "4", 0.1, 50), ("5", "6", 0.1, 30)], {"1": 80.0, "3": 500.0}, {"6": 12.0})
    data = solve(net, False)
    assert dict(zip(data["bus"].values, data["headroom_mw"].values.ravel())) == pytest.approx(
        {"1": 80, "2": 80, "3": 500, "4": 50, "5": 0, "6": 0}, abs=0.01
    )
    assert data["lack_mw"].item() == pytest.approx(12)
    assert "3 islands, each balanced by itself" in data.attrs["notes"]


def test_a_link_joins_islands_within_its_limits_both_ways():
    there = tables([("1", "2", 0.1, 100), ("3", "4", 0.1, 50)], {"1": 500.0, "3": 10.0}, links=[("2", "4", 60, -20)])
    assert mw(there, False, "4") == pytest.approx(70)
    back = tables([("1", "2", 0.1, 100), ("3", "4", 0.1, 50)], {"1": 5.0, "3": 500.0}, links=[("2", "4", 60, -20)])
    assert mw(back, False, "1") == pytest.approx(25)


def test_the_loss_of_a_link_is_an_outage():
    """Load at 3 comes over 1-2-3 and, with the link, past it. If the link fails, all of it must fit on the branches."""
    net = tables([("1", "2", 0.1, 100), ("2", "3", 0.1, 100)], {"1": BIG}, links=[("1", "3", 80, -80)])
    assert mw(net, False, "3") == pytest.approx(180)
    data = solve(net, True, buses=["3"], security="customer_risk")
    assert data["headroom_mw"].item() == pytest.approx(100)
    assert data["binding_outage"].item() == "link 1-3"


def test_a_coupler_merges_buses_which_share_their_headroom():
    net = tables([("1", "2", 0.1, 100), ("2", "3", 0.0, 5), ("3", "4", 0.1, 40)], {"1": BIG})
    data = solve(net, False)
    assert data["headroom_mw"].sel(bus=["2", "3", "4"]).values.ravel() == pytest.approx([100, 100, 40])
    assert "1 branches of no reactance are merged" in data.attrs["notes"]


def test_negative_reactance_is_kept():
    """-0.05 in series with 0.15 is 0.1: the triangle again."""
    net = tables([("1", "2", 0.1, 100), ("1", "m", -0.05, 0), ("m", "3", 0.15, 100), ("2", "3", 0.1, 40)], {"1": BIG})
    assert mw(net, False, "3") == pytest.approx(120)


def test_a_phase_shifter_pushes_a_constant_flow_around():
    """0.02 rad over 0.3 p.u. drive 6.667 MW round the triangle; the worst branch of the two then has that much less."""
    shifted = triangle(100, 100, 1000, shift_deg=[np.degrees(0.02), 0.0, 0.0])
    plain = triangle(100, 100, 1000)
    assert mw(plain, False, "2") == pytest.approx(150)
    assert mw(shifted, False, "2") == pytest.approx((100 + 100 * 0.02 / 0.3) * 1.5)
    assert mw(shifted, False, "3") == pytest.approx((100 - 100 * 0.02 / 0.3) * 1.5)


def test_taps_shifts_and_three_windings_flow_as_in_pandapower():
    net = read_network(FIXTURES / "pandapower.json")
    answers = json.loads((FIXTURES / "pandapower_answers.json").read_text())
    network = build_grid(net, 1.0).network
    injection = dict.fromkeys(network.bus, 0.0) | answers["injection_mw"]
    injection["b"], injection["h"] = injection["b"] - 15.0, injection["h"] + 15.0  # the dcline
    found = dict(zip(network.branch, flows(network, [injection[b] for b in network.bus])))
    expected = answers["flow_mw"]
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_an_overloaded_base_is_told_and_load_that_does_no_harm_is_allowed():
    """130 MW at 2 over two circuits of 100 is 30 MW too much after an outage; 3 is fed from the other side."""
    net = tables([("1", "2", 0.1, 100), ("1", "2", 0.1, 100), ("1", "3", 0.1, 50), ("1", "3", 0.1, 50)], {"1": BIG}, {"2": 130})
    data = solve(net, True)
    assert data["headroom_mw"].sel(bus="2").item() == pytest.approx(0.1)
    assert data["unrelaxed_at_most_mw"].sel(bus="2").item() == pytest.approx(-30)
    assert "at least so much load would have to go" in data["unrelaxed_at_most_mw"].attrs["long_name"]
    assert data["headroom_mw"].sel(bus="3").item() == pytest.approx(50)
    assert data["overload_mw"].values == pytest.approx([30, 30])
    assert {(b, o) for b, o in zip(data["overload_branch"].values, data["overload_outage"].values)} == {
        ("1-2/0", "1-2/1"), ("1-2/1", "1-2/0"),
    }  # fmt: skip
    table = siting.headroom_by_bus(data).set_index("bus")
    assert table["overloaded_already"].to_dict() == {"1": False, "2": True, "3": False}


def test_supply_is_a_limit_of_its_own_that_can_be_switched_off():
    net = tables([("1", "2", 0.1, 100)], {"1": 60.0}, {"2": 10.0})
    data = solve(net, False, buses=["2"])
    assert (data["headroom_mw"].item(), data["binds"].item()) == (pytest.approx(50), "adequacy")
    free = solve(net, False, buses=["2"], adequacy=False)
    assert (free["headroom_mw"].item(), free["binds"].item()) == (pytest.approx(90), "corridor")


def test_embedded_supply_is_negative_demand():
    assert mw(tables([("1", "2", 0.1, 100)], {"1": BIG}, {"2": -25.0}), False, "2") == pytest.approx(125)


def test_two_circuits_as_rows_and_as_one_branch_are_the_same():
    pair = tables([("1", "2", 0.2, 100), ("1", "2", 0.2, 100), ("2", "3", 0.1, 90), ("1", "3", 0.1, 90)], {"1": BIG}, {"2": 20})
    lumped = tables([("1", "2", 0.1, 200), ("2", "3", 0.1, 90), ("1", "3", 0.1, 90)], {"1": BIG}, {"2": 20}, circuits=[2, 1, 1])
    for bus in "23":
        assert mw(pair, True, bus) == pytest.approx(mw(lumped, True, bus))


def test_the_order_of_buses_and_so_the_reference_does_not_matter():
    net = ieee_24_bus()
    turned = replace(net, buses=net.buses.iloc[::-1].reset_index(drop=True))
    a, b = (solve(n, True, security="customer_risk")["headroom_mw"].squeeze() for n in (net, turned))
    np.testing.assert_allclose(a.values, b.sel(bus=a["bus"]).values, atol=1e-5)


def test_radius_lies_between_nothing_and_everything():
    net = ieee_24_bus()
    wide = solve(net, False, rule="radius", radius_km=1e4)["headroom_mw"].values
    managed = solve(net, False)["headroom_mw"].values
    near = solve(net, False, rule="radius", radius_km=100.0)["headroom_mw"].values
    np.testing.assert_allclose(wide, managed, atol=1e-5)
    assert (near <= managed + 1e-6).all() and near.sum() < managed.sum() and near.sum() > 0


def test_ratings_that_vary_by_the_hour():
    net = triangle(100, 100, 80, demand=[{}, {}])
    share = np.array([[1.0, 1.0, 1.0], [0.5, 0.5, 0.5]])
    cold = replace(net, rating_share=pd.DataFrame(share, net.hours, net.branches["branch"]))
    assert solve(cold, False)["headroom_mw"].sel(bus="2").values == pytest.approx([150, 75])


def test_other_limits_of_a_bus(tmp_path: Path):
    net = triangle(100, 100, 80, demand={"2": 30, "3": 20})
    caps = tmp_path / "caps.csv"
    caps.write_text("bus,cap_mw,substation_mw,limit\n2,20,,short circuit\n3,,60,two transformers\n3,45,,stability\n")
    data = solve(net, True, caps=caps)
    assert data["headroom_mw"].sel(bus=["2", "3"]).values.ravel().tolist() == [20, 40]
    assert data["binds"].sel(bus=["2", "3"]).values.ravel().tolist() == ["short circuit", "two transformers"]
    caps.write_text("bus,cap_mw,limit\nx,20,short circuit\n2,much,stability\n")
    with pytest.raises(InputsError) as told:
        solve(net, True, caps=caps)
    assert len(told.value.problems) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "manged"}, "rule is 'manged'; valid: managed, radius, passive"),
        ({"rule": "radius"}, "radius_km belongs to rule 'radius'"),
        ({"rule": "passive"}, "cutoff belongs to rule 'passive'"),
        ({"cutoff": 0.1}, "cutoff belongs to rule 'passive'"),
        ({"power_factor": 1.5}, "power_factor above 0 and at most 1"),
        ({"hours": ["7"]}, "'7' names none of the 1 hours"),
    ],
)
def test_wrong_options_are_told(options: dict[str, object], message: str):
    with pytest.raises(InputsError, match=message):
        solve(triangle(100, 100, 80), False, **options)


def test_unknown_buses_missing_demand_and_missing_ratings_are_told():
    net = triangle(100, 100, 0)
    with pytest.raises(DataError, match="bus 'x' is not in the network"):
        solve(net, False, buses=["x"])
    with pytest.raises(InputsError, match="the network has no demand"):
        solve(replace(net, demand_mw=None), False)
    with pytest.raises(DataError, match=r"1 of 3 branches have no rating .*'2-3/2'"):
        solve(net, False, missing_ratings="refuse")
    unplaced = replace(net, buses=net.buses.assign(lon=np.nan))
    with pytest.raises(InputsError, match="rule 'radius' needs the place of every bus; 3 have none"):
        solve(unplaced, False, rule="radius", radius_km=5.0)


def test_supply_held_at_the_base_leaves_room_for_rounding():
    """All but the plants within 100 km stand still, where many limits are full: it must fit to the last digit."""
    folder = Path(__file__).parents[2] / "data" / "germany"
    net = read_network(folder / "network")
    annual = read_demand(folder / "demand_by_bus.csv", list(net.buses["bus"]))
    hour = pd.DatetimeIndex(["2019-09-22 18:00"], name="hour")
    factors = pd.DataFrame({"wind_onshore": [0.1], "wind_offshore": [0.3], "solar": [0.0]}, hour)
    net = national_hours(net, annual, pd.Series([56_000.0], hour), factors, conventional=0.9)
    some = list(net.buses["bus"])[::24]
    near = siting.headroom(net, buses=some, rule="radius", radius_km=100)["headroom_mw"].values
    far = siting.headroom(net, buses=some)["headroom_mw"].values
    assert (near <= far + 1e-2).all() and 0 < near.sum() < far.sum()
