"""The grid in several stages: connections of every stage are servable, reinforcements count from the year they are ready."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import siting
from siting.errors import Infeasible

from ..blocks.small import Case
from .small_grid import on_a_triangle, triangle_tables

GROWS = {"until_year": 2045, "years": {2030: {"work": {"web": 0.5}}, 2035: {}}}


def growing(ratings: tuple[float, float, float], **grid: Any) -> Case:
    """5 MW of users in 2030, 10 MW from 2035 on, at two corners of a triangle fed from the third."""
    case = on_a_triangle(triangle_tables(*ratings), **grid)
    case.raw["stages"] = GROWS
    return case


def test_the_last_stage_is_secure_after_every_outage(tmp_path: Path):
    """13 MW together after the loss of one way in (`test_reinforcement`): enough for 12 MW in 2035, and so for 2030."""
    plan = siting.run(growing((13, 13, 10)).study(tmp_path))
    assert plan.data["grid_connection"].sel(stage=2035).sum() <= 13 + 1e-3
    assert (plan.data["grid_connection"].sel(stage=2035) >= plan.data["grid_connection"].sel(stage=2030) - 1e-6).all()
    checked = plan.notes["grid_check"]
    assert checked["in_year"].tolist() == ["2035"] and checked["worst_above_its_limit_mw"].max() <= 1e-3
    (tmp_path / "less").mkdir()
    with pytest.raises(Infeasible):
        siting.run(growing((11, 11, 10)).study(tmp_path / "less"))


def test_where_sites_may_close_every_stage_is_looked_at(tmp_path: Path):
    case = growing((13, 13, 10))
    case.raw["stages"] = {**GROWS, "closing": True}
    checked = siting.run(case.study(tmp_path)).notes["grid_check"]
    assert checked["in_year"].tolist() == ["2030", "2035"] and checked["worst_above_its_limit_mw"].max() <= 1e-3


def test_a_reinforcement_that_is_ready_in_the_second_stage(tmp_path: Path):
    """9 MW on each way in carry 5 MW of users in 2030; the 10 MW of 2035 need both uprates, which are ready then."""
    steps = {
        name: {"branch": branch, "kind": "uprate", "adds_mva": 5.0, "cost_eur_2024": 1e5, "earliest_year": 2035}
        for name, branch in (("a", "1-2"), ("b", "1-3"))
    }
    plan = siting.run(growing((9, 9, 10), reinforcements=steps).study(tmp_path))
    built = plan.data["reinforcement_built"]
    assert built.sel(stage=2030).sum() == 0 and built.sel(stage=2035).sum() == pytest.approx(2)
    checked = plan.notes["grid_check"]
    assert checked["in_year"].tolist() == ["2030", "2035"] and checked["worst_above_its_limit_mw"].max() <= 1e-3
    steps["a"]["earliest_year"] = 2036
    (tmp_path / "late").mkdir()
    with pytest.raises(Infeasible):
        siting.run(growing((9, 9, 10), reinforcements=steps).study(tmp_path / "late"))
