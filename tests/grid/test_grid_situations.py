"""Which hours are chosen, and the base that limits them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from siting.errors import InputsError
from siting.inputs.grid import Grid, build_grid
from siting.inputs.situations import (
    DO_NO_HARM_MW,
    Availability,
    base_dispatch,
    build_situation,
    demand_by_bus,
    design_peak,
    extreme_hours,
    overloaded_anywhere,
)
from siting.physics.network import flows
from siting.solve.grid.check import GridCheck
from siting.sources.grid import read_network

from .test_grid_reader import GOOD, write

ALL = Availability(1.0, 1.0)
PLANT = "generator,bus,carrier,capacity_mw,marginal_cost_eur_per_mwh\n"
NO_STORAGE = "storage,bus,power_mw\ns,1,0\n"


def _grid(folder: Path) -> Grid:
    return build_grid(read_network(folder), power_factor=1.0)


@pytest.fixture
def grid(tmp_path: Path) -> Grid:
    """The triangle with 100 MW branches and one plant at bus 1."""
    branches = GOOD["branches"].replace("1e-3,,1", "1e-3,100,1")
    plant = PLANT + "g,1,gas,1000,50\n"
    return _grid(write(tmp_path, branches=branches, generators=plant, storage=NO_STORAGE))


def test_extreme_hours_join_reasons():
    hours = extreme_hours([1, 9, 2], [0, 8, 1], [7, 0, 0], [0, 0, 6])
    assert [hour.position for hour in hours] == [1, 0, 2]
    assert hours[0].reason == "highest of all hours: load 9 MW, residual load 8 MW"


def test_extreme_hours_refuse_gaps():
    with pytest.raises(InputsError, match="wind series has 1 hours without a value"):
        extreme_hours([1, 2], [1, 2], [1, np.nan], [1, 2])


def test_demand_is_shared_by_annual_energy():
    assert demand_by_bus([1, 0, 3], 80).tolist() == [20, 0, 60]
    with pytest.raises(InputsError, match="it must be positive"):
        demand_by_bus([0, 0], 80)


def test_base_flow_of_a_single_plant_is_the_dc_flow(grid: Grid):
    hour = build_situation(grid, [0, 0, 1], 90, {}, name="h", reason="", time="", availability=ALL)
    np.testing.assert_allclose(hour.base_flow_mw, flows(grid.network, [90, 0, -90]), atol=1e-6)
    assert hour.limit_mw.tolist() == pytest.approx([70, 70, 70])
    assert hour.overloaded.empty


def test_do_no_harm_keeps_an_overloaded_branch_where_it_is(grid: Grid):
    """200 MW at bus 3 put 133.3 MW on 1-3, whose limit is 70: the limit becomes 133.4, and the rest is known."""
    hour = build_situation(grid, [0, 0, 1], 200, {}, name="h", reason="", time="", availability=ALL)
    assert hour.overloaded["branch"].tolist() == ["L2"]
    assert hour.overloaded["loading"].tolist() == pytest.approx([4 / 3])
    assert hour.limit_mw.tolist() == pytest.approx([70, 400 / 3 + DO_NO_HARM_MW, 70])
    check = GridCheck(grid.network, [hour], [0, 1, 2], adequacy=True)
    found = [check.headroom(number)[0] for number in range(3)]
    assert [h.headroom_mw for h in found] == pytest.approx([800, 3 * DO_NO_HARM_MW, 1.5 * DO_NO_HARM_MW], abs=1e-4)
    assert [h.binding for h in found] == ["adequacy", "L2", "L2"]


def test_lack_of_supply_in_the_base_is_planned_and_told(grid: Grid):
    hour = build_situation(grid, [0, 0, 1], 60, {}, name="h", reason="", time="", availability=Availability(0.05, 1.0))
    assert hour.lack_mw.tolist() == pytest.approx([10])
    assert GridCheck(grid.network, [hour], [1], adequacy=True).headroom(0)[0].headroom_mw == pytest.approx(0, abs=1e-4)
    assert GridCheck(grid.network, [hour], [1], adequacy=False).headroom(0)[0].headroom_mw == pytest.approx(75)


def test_wind_needs_a_capacity_factor(tmp_path: Path):
    windy = _grid(write(tmp_path))
    with pytest.raises(InputsError, match="carrier 'wind_offshore' has plants"):
        build_situation(windy, [0, 0, 1], 60, {}, name="h", reason="", time="")
    hour = design_peak(windy, [0, 0, 1], 60)
    assert hour.supply_mw.tolist() == pytest.approx([0.30 * 300, 0.9 * 50, 0])
    assert hour.kind == "design"


def test_an_island_without_supply_is_refused(tmp_path: Path):
    buses = GOOD["buses"] + "4,9,52,380\n5,9,53,380\n"
    islands = _grid(write(tmp_path, buses=buses, branches=GOOD["branches"] + "L4,4,5,line,1e-3,100,1\n"))
    with pytest.raises(InputsError, match=r"the island of bus '4' has 30\.0 MW of demand and no supply"):
        design_peak(islands, [0, 0, 1, 1, 0], 60)


def test_overloads_of_all_situations_worst_first(grid: Grid):
    hours = [build_situation(grid, [0, 0, 1], mw, {}, name=f"{mw}", reason="", time="", availability=ALL) for mw in (120, 200)]
    assert overloaded_anywhere(hours)["situation"].tolist() == ["200", "120"]


def test_plants_of_one_cost_run_in_the_order_of_their_table(tmp_path: Path):
    """Two plants of 50 EUR/MWh: the one that stands first runs, whatever hour was asked before, also from another start."""
    grid = _grid(write(tmp_path, generators=PLANT + "g1,1,gas,100,50\ng2,2,gas,100,50\n", storage=NO_STORAGE))
    demand = {mw: np.array([0.0, 0.0, mw]) for mw in (60.0, 90.0, 150.0)}
    plants = np.array([100.0, 100.0, 0.0])
    kept = base_dispatch(grid, 1.0)
    for mw in (90.0, 150.0, 60.0, 90.0):
        flow = kept.flows(demand[mw], plants)
        np.testing.assert_allclose(flow, base_dispatch(grid, 1.0).flows(demand[mw], plants), atol=1e-6)
        first = min(mw, 100.0)
        np.testing.assert_allclose(flow, flows(grid.network, [first, mw - first, -mw]), atol=1e-6)
