"""Dispatch by hand on the triangle, and a published one: what runs, at which price, and what a load brings.

Triangle 1-2-3 of equal reactance: coal 200 MW at 1 (20 EUR/MWh, 1 t/MWh), gas 200 MW at 2 (50 EUR/MWh, 0.4 t/MWh), wind at 3,
demand at 3. With x from 1 and y from 2 the branch 1-3 carries (2x + y) / 3.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import siting
from siting.errors import DataError, ModelError, StudyError
from siting.inputs.candidates import candidates
from siting.inputs.fleet import Fleet, fleet, plant_table
from siting.inputs.inputs import Inputs
from siting.inputs.money import Technologies
from siting.inputs.periods import representative
from siting.physics.network import Network
from siting.pipeline import solve
from siting.results.audit import audit
from siting.results.consequence import all_bought, balance, by_fuel, by_plant, consequence, site_carbon
from siting.results.solution import Solution
from siting.solve.dispatch import UNSERVED_EUR_PER_MWH, Dispatch
from siting.study.carbon import Carbon
from siting.study.read import parse
from tests.blocks.small import three_sites
from tests.grid.grid_cases import pjm_5_bus, triangle

GERMANY = Path(__file__).parents[2] / "models" / "germany.yaml"
CARBON = {"hard_coal": 1.0, "gas": 0.4}
COST = {"hard_coal": 20.0, "gas": 50.0, "wind_onshore": 0.0}
FIXED = {"hard_coal": 40_000.0, "gas": 30_000.0, "wind_onshore": 35_000.0}


def fleet_of(
    network: Network, plants: list[tuple[str, int, float, float]], available, demand, store: tuple | None = None, site=(2,)
) -> Fleet:
    """`plants`: carrier, bus, capacity, cost; `available` (plant, hour) and `demand` {bus: (hour,)}; one block."""
    carriers = [p[0] for p in plants]
    table = pd.DataFrame(
        {
            "plant": [f"{p[0]} {i}" for i, p in enumerate(plants)],
            "bus_index": [p[1] for p in plants],
            "carrier": carriers,
            "capacity_mw": [p[2] for p in plants],
            "marginal_cost_eur_2024_per_mwh": [p[3] for p in plants],
            "carbon_t_per_mwh": [CARBON.get(c, 0.0) for c in carriers],
            "fixed_cost_eur_2024_per_mw_year": [FIXED.get(c, 0.0) for c in carriers],
        }
    )
    rows = [("store", *store)] if store else []
    stores = pd.DataFrame(rows, columns=["store", "bus_index", "power_mw", "energy_mwh", "efficiency"])
    available = np.asarray(available, float)
    mw = np.zeros((network.bus_count, 1, available.shape[1]))
    for bus, values in demand.items():
        mw[bus, 0] = values
    return Fleet(network, "1999", table, stores, available[:, None, :], mw, network.rating_mw, np.array(site), "node", 1.0)


PLANTS = [("hard_coal", 0, 200.0, 20.0), ("gas", 1, 200.0, 50.0), ("wind_onshore", 2, 150.0, 0.0)]


def three_bus(limit: float, demand: float, wind: float = 0.0, hours: int = 1) -> Fleet:
    available = np.tile([[200.0], [200.0], [wind]], (1, hours))
    return fleet_of(triangle(500, limit, 500), PLANTS, available, {2: np.full(hours, demand)})


def test_merit_order_with_and_without_the_load():
    """100 MW: coal alone at 20. 150 MW more: coal full, gas 50, at 50."""
    fleet = three_bus(limit=500, demand=100)
    c = consequence(fleet, np.full((1, 1, 1), 150.0), np.array([8760.0]))
    assert c.without.output.ravel() == pytest.approx([100, 0, 0])
    assert c.with_load.output.ravel() == pytest.approx([200, 50, 0])
    assert c.without.node_price.ravel() == pytest.approx([20, 20, 20], abs=2e-3)
    assert c.with_load.node_price.ravel() == pytest.approx([50, 50, 50], abs=2e-3)
    assert c.with_load.market_price.ravel() == pytest.approx([50, 50, 50], abs=2e-3)
    assert c.carbon_t.item() == pytest.approx(100 * 1.0 + 50 * 0.4)


def test_a_plant_is_kept_alive_if_its_margin_covers_closing_with_the_load_and_not_without():
    """Coal earns 30 EUR x 200 MW x 8,760 h with the load and nothing without: closing would save 8 M EUR. Gas never earns."""
    c = consequence(three_bus(limit=500, demand=100), np.full((1, 1, 1), 150.0), np.array([8760.0]))
    for prices in ("zone", "node"):
        table = by_plant(c, prices).set_index("carrier")
        assert table["margin_with_eur_2024_per_year"].tolist() == pytest.approx([30 * 200 * 8760, 0, 0], abs=2e3)
        assert table["margin_without_eur_2024_per_year"].abs().max() < 2e3  # plants of equal cost run in order: 1e-3 EUR/MWh
        assert table["kept_alive"].to_dict() == {"hard_coal": True, "gas": False, "wind_onshore": False}
        assert set(table["fleet"]) == {"1999"}
    assert by_fuel(by_plant(c, "zone"), c).set_index("fuel").at["hard_coal", "kept_alive_mw"] == 200


def test_a_branch_that_binds_brings_the_other_plant():
    """Limit 100 on 1-3. Demand 120: coal 120 puts 80 on it. 60 MW more: 2x + y = 300, x + y = 180: coal 120, gas 60.

    A MW more at 3 needs two of gas and one less of coal: 2 x 50 - 20 = 80. The market, which knows no branch, stays at 20.
    """
    c = consequence(three_bus(limit=100, demand=120), np.full((1, 1, 1), 60.0), np.array([8760.0]))
    assert c.induced_mw.ravel() == pytest.approx([0, 60, 0], abs=1e-6)
    assert c.with_load.node_price.ravel() == pytest.approx([20, 50, 80], abs=2e-3)
    assert c.with_load.market_price.ravel() == pytest.approx([20, 20, 20], abs=2e-3)
    assert c.with_load.market_output.ravel() == pytest.approx([180, 0, 0])


def test_curtailed_wind_is_taken_up_first():
    """150 MW of wind for 120 MW of demand; 50 MW more take up the 30 that were curtailed, and 20 of coal."""
    c = consequence(three_bus(limit=500, demand=120, wind=150), np.full((1, 1, 1), 50.0), np.array([8760.0]))
    assert c.induced_mw.ravel() == pytest.approx([20, 0, 30])
    told = balance(c).set_index("quantity")["value"]
    assert told["from wind and sun that would be curtailed"] == pytest.approx(30 * 8760)
    assert told["carbon, short-run"] == pytest.approx(20 * 8760)
    assert told["carbon per MWh of import, short-run"] == pytest.approx(0.4)


def test_what_cannot_be_served_is_told():
    c = consequence(three_bus(limit=500, demand=380), np.full((1, 1, 1), 50.0), np.array([8760.0]))
    assert c.with_load.unserved.sum() == pytest.approx(30)
    assert c.with_load.node_price.max() == pytest.approx(UNSERVED_EUR_PER_MWH)
    assert balance(c).set_index("quantity").at["not served to others", "value"] == pytest.approx(30 * 8760)


def test_a_store_moves_energy_and_loses_some():
    """Two hours, wind 100 and 0, demand 50 and 50, a store of efficiency 0.64: 50 in, 0.8 x 0.8 x 50 = 32 out, coal 18."""
    available = [[200.0, 200.0], [0.0, 0.0], [100.0, 0.0]]
    fleet = fleet_of(triangle(500, 500, 500), PLANTS, available, {2: [50.0, 50.0]}, store=(1, 60.0, 500.0, 0.64))
    c = consequence(fleet, np.array([[[10.0, 0.0]]]), np.array([4380.0]))
    assert c.without.discharge.ravel() == pytest.approx([-50, 32])
    assert c.without.output[0].ravel() == pytest.approx([0, 18])
    assert c.with_load.discharge.ravel() == pytest.approx([-40, 25.6])
    assert c.induced_mw.sum() + (c.with_load.discharge - c.without.discharge).sum() == pytest.approx(10)
    assert c.carbon_t.sum() == pytest.approx(6.4)


def test_sites_share_the_joint_difference_by_their_import_of_the_hour():
    """Hour 0: only site a; hour 1: a 10, b 30. Coal alone runs, 1 t/MWh; b's part of the hours is 0 and 3/4."""
    network, demand = triangle(500, 500, 500), {2: [20.0, 20.0]}
    fleet = fleet_of(network, PLANTS, [[200.0, 200.0], [200.0, 200.0], [0.0, 0.0]], demand, site=(0, 2))
    imported = xr.DataArray([[[10.0, 10.0]], [[0.0, 30.0]]], {"site": ["a", "b"]}, ("site", "block", "hour"))
    c = consequence(fleet, imported.values, np.array([4380.0]))
    told = site_carbon(c, imported)
    assert told.values == pytest.approx([20 * 4380, 30 * 4380])
    assert float(told.sum()) == pytest.approx(float(c.year(c.carbon_t)))


def test_what_own_plant_saves_elsewhere():
    """Facilities of 150 MW that import 100: coal at 1 t/MWh would give the other 50. Not a sum over sites: a dispatch."""
    c = consequence(three_bus(limit=500, demand=20), np.full((1, 1, 1), 100.0), np.array([8760.0]))
    bought = all_bought(c, np.full((1, 1, 1), 150.0))
    assert bought.year(bought.carbon_t) - c.year(c.carbon_t) == pytest.approx(50.0 * 8760)
    assert all_bought(c, np.full((1, 1, 1), 100.0)) is c


def test_no_load_changes_nothing():
    """Wind at all buses that could stand in for each other, and stores that could: nothing moves where no load comes."""
    plants = [("wind_onshore", b, 100.0, 0.0) for b in (0, 1, 2)] + PLANTS[:1]
    fleet = fleet_of(triangle(500, 500, 500), plants, [[100.0, 0.0]] * 3 + [[300.0, 300.0]], {0: [60.0, 60.0], 2: [90.0, 90.0]})
    stores = pd.DataFrame({"store": ["a", "b"], "bus_index": [0, 1], "power_mw": [20.0, 10.0], "energy_mwh": [60.0, 30.0]})
    fleet = replace(fleet, stores=stores.assign(efficiency=0.75))
    c = consequence(fleet, np.array([[[0.0, 5.0]]]), np.array([4380.0]))
    assert c.induced_mw[:, 0, 0] == pytest.approx(0, abs=1e-6)
    assert c.without.discharge[0] == pytest.approx(2 * c.without.discharge[1])
    assert c.induced_mw[:, 0, 1].sum() == pytest.approx(5)


@pytest.mark.parametrize("seed", range(3))
def test_induced_energy_is_the_load(seed):
    rng = np.random.default_rng(seed)
    available = rng.uniform(0, 200, (3, 4))
    fleet = fleet_of(
        triangle(40, 60, 30), PLANTS, available, {0: rng.uniform(0, 80, 4), 2: rng.uniform(0, 200, 4)}, (1, 20.0, 60.0, 0.75)
    )
    load = rng.uniform(0, 100, (1, 1, 4))
    c = consequence(fleet, load, np.array([2190.0]))
    rest = (c.with_load.discharge - c.without.discharge).sum(0) + (c.with_load.unserved - c.without.unserved).sum(0)
    assert c.induced_mw.sum(0) + rest == pytest.approx(load[0])
    for d in (c.without, c.with_load):
        assert (d.output <= available[:, None, :] + 1e-6).all() and (d.output >= -1e-9).all()
    told = balance(c)
    assert told["value"].iloc[1:5].sum() == pytest.approx(told["value"].iloc[0])
    more = consequence(fleet, load * 2, np.array([2190.0]))
    assert more.with_load.market_price.mean() >= c.with_load.market_price.mean() - 1e-6


def test_the_published_prices_of_five_buses():
    """MATPOWER case5 (Li and Bo 2010), DC optimal flow: 17,479.90 USD/h and its prices."""
    network, _ = pjm_5_bus()
    plants = [("gas", 0, 40.0, 14.0), ("gas", 0, 170.0, 15.0), ("gas", 2, 520.0, 30.0), ("gas", 3, 200.0, 40.0)]
    plants.append(("gas", 4, 600.0, 10.0))
    capacity = [[p[2]] for p in plants]
    d = Dispatch(fleet_of(network, plants, capacity, {1: [300.0], 2: [300.0], 3: [400.0]})).solve()
    assert d.output.ravel() == pytest.approx([40, 170, 323.4948, 0, 466.5052], abs=1e-3)
    assert d.node_price.ravel() == pytest.approx([16.9774, 26.3845, 30.0, 39.9427, 10.0], abs=2e-3)
    assert float(sum(p[3] * x for p, x in zip(plants, d.output.ravel()))) == pytest.approx(17_479.90, abs=0.01)


def test_efficiency_runs_from_the_smallest_plant_to_the_largest(tmp_path):
    """100, 300 and 600 MW of gas, 0.4 to 0.6: at 5 %, 25 % and 70 % of the capacity: 0.41, 0.45 and 0.54."""
    rows = {
        "gas": {
            "efficiency_least": 0.4, "efficiency_most": 0.6, "fuel_price": 20.0, "fuel_carbon": 0.2, "variable_cost": 2.0,
            "fixed_cost": 27_000.0,
        },
        "carbon_price": {"price": 50.0},
    }  # fmt: skip
    generators = pd.DataFrame(
        {"generator": ["b", "c", "a"], "bus": "1", "bus_index": 0, "carrier": "gas", "capacity_mw": [300.0, 600.0, 100.0]}
    )
    table = plant_table(generators, rows, tmp_path / "fleet.csv").set_index("plant")
    assert (0.2 / table["carbon_t_per_mwh"]).to_dict() == pytest.approx({"a": 0.41, "b": 0.45, "c": 0.70 * 0.2 + 0.4})
    assert table.at["a", "marginal_cost_eur_2024_per_mwh"] == pytest.approx(30 / 0.41 + 2)


def asking(inputs: Inputs, fleet: Fleet) -> Inputs:
    """The same inputs, asked for the dispatch of this fleet; a file of it would need representative days."""
    carbon = Carbon(counts="location", dispatch={"fleet_year": 1999, "prices": "node"})
    data = inputs.data.assign(carbon_price=0.0)
    return replace(inputs, fleet=fleet, data=data, study=inputs.study.model_copy(update={"carbon": carbon}))


def test_a_study_that_asks(tmp_path_factory):
    """Three sites on the triangle: the account is filled, sums to the joint difference, and the audit sees a wrong telling."""
    folder = tmp_path_factory.mktemp("dispatch")
    case = three_sites()
    case.raw["limits"], case.raw["solver"]["gap"] = {}, 0.02
    inputs = case.inputs(folder)
    n_blocks, n_hours = inputs.data.sizes["block"], inputs.data.sizes["hour"]
    one = fleet_of(triangle(500, 500, 500), PLANTS, np.ones((3, 1)), {2: [1.0]}, site=(0, 1, 2))
    shape = (n_blocks, n_hours)
    fleet = replace(
        one,
        available_mw=np.broadcast_to(np.array([200.0, 200.0, 60.0])[:, None, None], (3, *shape)).copy(),
        demand_mw=np.array([0.0, 0.0, 50.0])[:, None, None] * np.ones(shape),
    )
    s = solve(asking(inputs, fleet))
    import_mw, weight = s.data["grid_imported"].sum("site"), s.data["weight"]
    load = float((import_mw * weight).sum())
    taken_up = float((import_mw.clip(max=10.0) * weight).sum())  # of the wind; coal gives the rest at 1 t/MWh
    assert s.total("carbon_consequence") == pytest.approx(load - taken_up)
    assert s.sites["carbon_consequence_t_per_year"].sum() == pytest.approx(load - taken_up)
    assert s.notes["consequence_by_fuel"].set_index("fuel").at["wind_onshore", "taken_up_mwh_per_year"] == pytest.approx(
        taken_up
    )
    assert set(s.notes["consequence"]["fleet"]) == {"1999"}
    told = s.notes["carbon"].set_index("account").loc["carbon_consequence"]  # no own plant: nothing is changed
    assert told["change_t_per_year"] == pytest.approx(0.0, abs=1e-6) and told["t_per_year"] > 0
    for name, told in (("dispatch_with", "is not the load"), ("plant_carbon_t_per_mwh", "carbon_consequence: recomputed")):
        tampered = Solution(s.name, s.sites, s.data.copy(), s.accounts, s.outcome)
        tampered.data[name] = tampered.data[name] * 1.01
        with pytest.raises(ModelError, match=told):
            audit(tampered, asking(inputs, fleet))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"carbon": {"marginal": "short-run"}}, "give one of them"),
        ({"carbon": {"counts": "consequence"}}, "computed after the plan"),
        ({"limits": {"carbon_consequence": {"max_t_per_year": 1.0}}}, "to limit or minimise carbon_consequence"),
        ({"minimise": "carbon_consequence"}, "to limit or minimise carbon_consequence"),
        ({}, "needs grid.network, grid.demand and representative days"),
    ],
)
def test_errors(tmp_path, changes, told):
    raw = three_sites().raw
    carbon = {"counts": "location", "dispatch": {"fleet_year": "2011-15"}} | changes.pop("carbon", {})
    with pytest.raises(StudyError, match=told):
        parse(raw | {"limits": {}} | changes | {"carbon": carbon}, tmp_path, "study")


def test_branches_carry_the_share_of_their_rating_that_the_study_says():
    """The built-in grid, one day; the share stands beside the figures."""
    asked = {"counts": "location", "dispatch": {"fleet_year": "2011-15", "share_of_rating": 0.7}}
    study = siting.read_study(GERMANY).with_(hours={"days": 1}, carbon=asked)
    sites = candidates(study).iloc[:2].reset_index(drop=True)
    got = fleet(study, sites, representative(study), Technologies.read(study))
    assert got is not None and got.share_of_rating == 0.7
    np.testing.assert_allclose(got.limit_mw, 0.7 * got.network.rating_mw)


def test_a_carrier_without_rows(tmp_path):
    generators = pd.DataFrame({"generator": ["a"], "bus": "1", "bus_index": 0, "carrier": "peat", "capacity_mw": [1.0]})
    with pytest.raises(DataError, match="carrier 'peat' has plants in the network, but no rows"):
        plant_table(generators, {"carbon_price": {"price": 50.0}}, tmp_path / "fleet.csv")
