"""The built-in study as it is shipped: the grid decides where the sites are. The dearest test (some 60 s of one core)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import siting
from siting.inputs.inputs import Inputs
from siting.inputs.prepare import prepare
from siting.pipeline import solve
from siting.results.solution import Solution
from siting.solve.grid.built_grid import BuiltGrid

STUDY = Path(__file__).parents[2] / "models" / "germany.yaml"


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return prepare(siting.read_study(STUDY).with_(solver={"time_limit_s": 400, "without_each_site": False}))


@pytest.fixture(scope="module")
def limited(inputs: Inputs) -> Solution:
    return solve(replace(inputs, data=inputs.data.copy(deep=True)))


@pytest.fixture(scope="module")
def free(inputs: Inputs) -> Solution:
    return solve(replace(inputs, data=inputs.data.copy(deep=True), grid=None))


def test_the_gap_is_proven(limited: Solution):
    assert limited.outcome["status"] == "optimal"
    assert limited.outcome["gap_of_siting_dependent_cost"] <= 0.01
    assert (limited.chosen["it_mw"] > 0).all()


def test_without_the_headroom_limit_other_sites_are_chosen(inputs: Inputs, limited: Solution, free: Solution):
    """And what would be chosen then the grid cannot serve."""
    assert set(limited.chosen["site"]) != set(free.chosen["site"])
    grid = BuiltGrid(inputs.grid).named
    assert grid.cuts(free.data["grid_connection"].values)
    assert not grid.cuts(limited.data["grid_connection"].values)


def test_a_corridor_has_a_price(limited: Solution):
    corridors = limited.notes["corridors"]
    assert (corridors["price_eur_2024_per_mw_year"] > 1000).any()
    assert corridors["between"].str.contains(" and ").all()


def test_the_study_of_several_years_in_small(tmp_path: Path):
    """`germany-2035.yaml` with four candidates, one day and no grid: work outruns the IT that stands, by newer chips."""
    study = siting.read_study(STUDY.with_name("germany-2035.yaml"))
    off = {"headroom": "off", "network": None, "demand": None, "security": None, "security_factor": None, "situations": None}
    small = study.with_(
        sites={"keep": 4},
        hours={"days": 1},
        grid=off | {"adequacy": None},
        solver={"gap": 0.05},
        work={"inference": {"regions": 2}},
    )
    solution = siting.run(small)
    assert solution.stages == [2027, 2031, 2035] and solution.outcome["status"] == "optimal"
    chips = solution.data["chips_standing"].sum("site")
    assert float(chips.sel(stage=2035, chip="trend_2035")) > float(chips.sel(stage=2035).sum()) / 2
    work = [float(solution.stage(y).data["demand"].sum(["workload", "region"]).max()) for y in (2027, 2035)]
    it = [float(solution.stage(y).sites["it_mw"].sum()) for y in (2027, 2035)]
    assert work[1] / work[0] == pytest.approx(1.43**8) and it[1] / it[0] < 0.5 * work[1] / work[0]
