"""Headroom of single buses against answers worked by hand, published cases, and a program written out in full."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
import xarray as xr
from scipy.optimize import linprog

import siting
from siting.inputs.grid import build_grid
from siting.physics.outages import single_outages
from siting.sources.grid import NetworkTables
from siting.sources.grid.completed import with_ratings

from .networks import BIG, ieee_24_bus, tables, triangle


def solve(net: NetworkTables, n_1: bool, **options: object) -> xr.Dataset:
    usual = {"power_factor": 1.0, "missing_ratings": "unlimited"}
    return siting.headroom(net, n_1=n_1, **(usual | options))  # type: ignore[arg-type]


def mw(net: NetworkTables, n_1: bool, bus: str, **options: object) -> float:
    return float(solve(net, n_1, buses=[bus], **options)["headroom_mw"].item())


@pytest.mark.parametrize(
    ("net", "n_1", "answers"),
    [
        (triangle(100, 100, 40), False, {"2": 120, "3": 120}),
        (triangle(100, 100, 40), True, {"2": 40, "3": 40}),
        (triangle(100, 100, 80), False, {"2": 150, "3": 150}),
        (triangle(100, 100, 80), True, {"2": 80, "3": 80}),
        (triangle(100, 100, 80, demand={"2": 30, "3": 20}), True, {"2": 50, "3": 50}),
        (triangle(100, 100, 40, x23=0.2), False, {"3": 400 / 3}),
        (triangle(100, 100, 100, demand={"3": 130}), False, {"2": 40}),
        (tables([("1", "2", 0.1, 200)], {"1": BIG}, circuits=[2.0]), False, {"2": 200}),
        (tables([("1", "2", 0.1, 200)], {"1": BIG}, circuits=[2.0]), True, {"2": 100}),
        (tables([("1", "2", 0.2, 240), ("1", "2", 0.2, 240)], {"1": BIG}, {"2": 180}), True, {"2": 60}),
    ],
)
def test_hand_cases(net: NetworkTables, n_1: bool, answers: dict[str, float]):
    found = solve(net, n_1)["headroom_mw"].sel(bus=list(answers)).values.ravel()
    assert found == pytest.approx(list(answers.values()))


def test_the_passive_rule_moves_no_plant():
    """500 MW are spare at 1 and at 3. Managed takes all from 1; the mix of halves puts half of the load on either way to 2."""
    net = tables([("1", "2", 0.1, 100), ("1", "3", 0.1, 100), ("2", "3", 0.1, 40)], {"1": 500.0, "3": 500.0})
    assert mw(net, False, "2") == pytest.approx(120)
    fixed = solve(net, False, rule="passive", cutoff=0.05, buses=["2"])
    assert fixed["headroom_mw"].item() == pytest.approx(80)
    assert (fixed["binding_branch"].item(), abs(fixed["worth"].item())) == ("2-3/2", pytest.approx(0.5))
    assert mw(net, True, "2", rule="passive", cutoff=0.05) == pytest.approx(40)
    assert mw(net, False, "2", rule="passive", cutoff=0.6) == pytest.approx(1000)


def test_pjm_five_buses():
    x = dict(zip(["AB", "AD", "AE", "BC", "CD", "DE"], (0.0281, 0.0304, 0.0064, 0.0108, 0.0297, 0.0297)))
    rating = {"AB": 400.0, "DE": 240.0}
    net = tables(
        [(k[0], k[1], v, rating.get(k, 0.0)) for k, v in x.items()],
        {"A": 210, "C": 520, "D": 200, "E": 600},
        {"B": 300, "C": 300, "D": 400},
    )
    found = solve(net, False)["headroom_mw"].values.ravel()
    assert found == pytest.approx([530, 448.3946, 495.9325, 331.2540, 530], abs=1e-3)


N_0 = {1: 462.19, 2: 379.66, 3: 486.41, 4: 236.32, 5: 279.00, 6: 128.60, 7: 335.80, 8: 335.80, 14: 439.14, 24: 470.38}
N_1 = {1: 343.7, 2: 251.6, 3: 157.0, 24: 157.0, 4: 146, 5: 149, 6: 64, 7: 224, 8: 224, 14: 431}


@pytest.mark.parametrize(("n_1", "answers", "tolerance"), [(False, N_0, 0.01), (True, N_1, 0.1)])
def test_the_ieee_24_bus_system(n_1: bool, answers: dict[int, float], tolerance: float):
    """All others have 555 MW, which is all the supply that is spare; bus 7 hangs on one circuit."""
    data = solve(ieee_24_bus(), n_1, security="customer_risk")
    for bus in range(1, 25):
        row = data.sel(bus=str(bus))
        assert row["headroom_mw"].item() == pytest.approx(answers.get(bus, 555.0), abs=tolerance)
        assert (row["binds"].item() == "adequacy") == (bus not in answers)
    assert data["n1_secure"].values.tolist() == [b != "7" or not n_1 for b in data["bus"].values]
    if n_1:
        six = data.sel(bus="6")
        either = {("6-10/9", "2-6/4"), ("2-6/4", "6-10/9")}  # of two circuits each must carry all without the other
        assert (six["binding_branch"].item(), six["binding_outage"].item()) in either


@pytest.mark.parametrize("bus", ["3", "6", "14", "20"])
def test_lazy_rows_equal_a_program_with_a_copy_of_the_network_for_every_outage(bus: str):
    net = ieee_24_bus()
    grid = build_grid(with_ratings(net, "refuse", "rating_c_mva"), 1.0)
    n = grid.network
    outages = single_outages(n)
    count, nodes = n.branch_count, n.node_count
    assert net.demand_mw is not None
    demand = net.demand_mw[list(n.bus)].iloc[0].to_numpy()
    plants = grid.generators["bus_index"].to_numpy()
    place = sp.csr_matrix((np.ones(len(plants)), (plants, range(len(plants)))), (nodes, len(plants)))
    load = sp.csr_matrix(([1.0], ([list(n.bus).index(bus)], [0])), (nodes, 1))
    slope = n.susceptance_mw_per_rad / 1000
    equations, limits = [], []
    states = [(None, n.rating_mw), *((int(b), n.emergency_mw) for b in outages.branch)]
    for lost, limit in states:
        on = np.ones(count)
        if lost is not None:
            on[lost] = 0.0
        law = sp.diags(on * slope) @ n.incidence
        equations.append(n.incidence.T @ law)
        limits.append((law, limit))
    angles = sp.block_diag(equations)
    fixed = sp.vstack([sp.hstack([place, -load])] * len(states))
    flow = sp.block_diag([law for law, _ in limits])
    flow = sp.hstack([sp.csr_matrix((flow.shape[0], len(plants) + 1)), flow])
    most = np.concatenate([limit for _, limit in limits])
    capacity = grid.generators["capacity_mw"].to_numpy()
    answer = linprog(
        np.concatenate([np.zeros(len(plants)), [-1.0], np.zeros(angles.shape[1])]),
        A_eq=sp.hstack([fixed, -angles]), b_eq=np.tile(demand, len(states)),
        A_ub=sp.vstack([flow, -flow]), b_ub=np.concatenate([most, most]),
        bounds=[*((0.0, c) for c in capacity), (0, None), *((None, None) for _ in range(angles.shape[1]))],
    )  # fmt: skip
    assert mw(net, True, bus, security="customer_risk") == pytest.approx(-answer.fun, abs=1e-4)


def test_hours_share_one_program_and_equal_each_hour_alone():
    demand = [{"2": 30.0, "3": 20.0}, {"2": 0.0, "3": 0.0}, {"2": 60.0, "3": 10.0}]
    together = solve(triangle(100, 100, 80, demand=demand), True)["headroom_mw"]
    for hour, of in enumerate(demand):
        alone = solve(triangle(100, 100, 80, demand=of), True)["headroom_mw"]
        np.testing.assert_allclose(together.values[:, hour], alone.values[:, 0], atol=1e-6)


def test_n_1_is_never_above_n_0_and_a_larger_rating_never_lowers_it():
    net = ieee_24_bus()
    intact, secure = (solve(net, n, security="customer_risk")["headroom_mw"].values for n in (False, True))
    assert (secure <= intact + 1e-6).all()
    more = net.branches.assign(rating_mva=net.branches["rating_mva"] * 1.2, rating_c_mva=net.branches["rating_c_mva"] * 1.2)
    raised = solve(
        NetworkTables(net.buses, more, net.generators, net.storage, net.links, net.demand_mw), True, security="customer_risk"
    )
    assert (raised["headroom_mw"].values >= secure - 1e-6).all()
