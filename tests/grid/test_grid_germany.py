"""The built-in German network: sizes, base overloads and the order of magnitude of headroom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from siting.inputs.grid import Grid, build_grid
from siting.inputs.situations import Situation, design_peak
from siting.solve.grid.check import GridCheck
from siting.sources.grid import read_demand, read_network

FOLDER = Path(__file__).parents[2] / "data" / "germany"
pytestmark = pytest.mark.skipif(not (FOLDER / "network" / "storage.csv").exists(), reason="German network not built")


@pytest.fixture(scope="module")
def grid() -> Grid:
    return build_grid(read_network(FOLDER / "network"))


@pytest.fixture(scope="module")
def hours(grid: Grid) -> list[Situation]:
    demand = read_demand(FOLDER / "demand_by_bus.csv", grid.network.bus)
    return [design_peak(grid, demand, national_mw) for national_mw in (58_000, 80_000)]


def test_size(grid: Grid):
    assert (grid.network.bus_count, grid.network.branch_count, grid.network.island_count) == (585, 948, 1)
    assert grid.network.unrated == grid.network.merged == ()


def test_the_base_is_listed_where_it_exceeds_the_screening_limit(hours: list[Situation]):
    counts = [len(hour.overloaded) for hour in hours]
    assert 20 <= counts[0] < counts[1] <= 90
    beyond_rating = [int((hour.overloaded["loading"] > 1).sum()) for hour in hours]
    assert max(beyond_rating) <= 3
    assert all(hour.lack_mw.max() == 0 for hour in hours)


def test_nothing_connected_is_servable(grid: Grid, hours: list[Situation]):
    for adequacy in (True, False):
        check = GridCheck(grid.network, hours, np.arange(0, 585, 10), adequacy)
        assert check.unserved(np.zeros(59)).max() < 1e-3


def test_median_headroom_is_one_to_three_gigawatts(grid: Grid, hours: list[Situation]):
    check = GridCheck(grid.network, hours[:1], np.arange(0, 585, 10), adequacy=True)
    found = np.array([headroom.headroom_mw for headroom in check.firm_headroom()])
    assert 1000 < np.median(found) < 3000


def test_large_connections_together_get_less_than_the_sum(grid: Grid, hours: list[Situation]):
    candidates = np.random.default_rng(1).choice(585, 40, replace=False)
    check = GridCheck(grid.network, hours, candidates, adequacy=True)
    assert check.stacking_error(np.arange(40), 1000) > 0.5
