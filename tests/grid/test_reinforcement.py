"""Reinforcements as decisions: against every configuration solved by itself, and against the study's years."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

import siting
from siting.errors import Infeasible, InputsError, StudyError
from siting.inputs import reinforcement
from siting.results.solution import Solution

from .small_grid import MVA, on_a_triangle, triangle_tables


def _run(
    folder: Path,
    ratings: tuple[float, float, float],
    circuits: tuple[int, ...] = (1, 1, 1),
    year: int | None = None,
    **grid: Any,
) -> Solution:
    folder.mkdir(exist_ok=True)
    case = on_a_triangle(triangle_tables(*ratings, circuits=circuits), **grid)
    if year is not None:
        case.raw["year"] = year
    return siting.run(case.study(folder))


def test_the_plan_is_secure_after_every_outage(tmp_path: Path):
    """Any branch to bus 1 may fail, and the other then carries both sites: 13 MW together, though 26 MW without an outage."""
    plan = _run(tmp_path, (13, 13, 10))
    total = plan.sites["connection_mw"].sum()
    assert 12 - 1e-3 <= total <= 13 + 1e-3
    checked = plan.notes["grid_check"].iloc[0]
    assert checked["limits_checked"] == 3 + 9 and checked["worst_above_its_limit_mw"] <= 1e-3
    assert checked["rule"] == "managed, N-1, 100 % of rating"
    groups = plan.notes["corridor_groups"]
    assert groups["group"].nunique() == 1 and "after the loss of" in groups["corridor"].iloc[0]
    assert plan.notes["stacking"]["jointly_mw"].iloc[0] == pytest.approx(13, abs=0.05)
    with pytest.raises(Infeasible):
        _run(tmp_path / "less", (11, 11, 10))


COSTS = {"a": ("1-2", 1, 300_000.0), "b": ("1-3", 1, 200_000.0), "c": ("2-3", 1, 10_000.0)}


def test_new_circuits_are_as_good_as_the_best_of_all_configurations(tmp_path: Path):
    """Each circuit is another network with outages of its own: the MIP against all eight configurations solved alone."""
    ratings = (9.0, 9.0, 3.0)
    offered = {n: {"branch": b, "kind": "circuit", "cost_eur_2024": c} for n, (b, _, c) in COSTS.items()}
    plan = _run(tmp_path / "mip", ratings, reinforcements=offered)
    yearly = dict(plan.notes["reinforcements"].set_index("reinforcement")["cost_eur_2024_per_year"])
    best = float("inf")
    for which in itertools.product([0, 1], repeat=3):
        try:
            alone = _run(tmp_path / "".join(map(str, which)), ratings, tuple(1 + w for w in which))
        except (Infeasible, InputsError):
            continue
        best = min(best, alone.outcome["objective"] + sum(w * yearly[n] for w, n in zip(which, COSTS, strict=True)))
    assert plan.outcome["objective"] == pytest.approx(best, rel=1e-6)
    assert plan.notes["reinforcements"]["built"].any()
    assert plan.notes["grid_check"]["worst_above_its_limit_mw"].iloc[0] <= 1e-3


def test_uprates_are_steps_on_a_branch_one_after_another(tmp_path: Path):
    """12 MW need 12 MW on each way in after the loss of the other: one step of 3 MW on 1-2, both steps on 1-3."""
    steps = {
        "north": {"branch": "1-2", "kind": "uprate", "adds_mva": 3 * MVA, "cost_eur_2024": 1000.0},
        "south": {"branch": "1-3", "kind": "uprate", "adds_mva": 2 * MVA, "cost_eur_2024": 5000.0},
        "south again": {"branch": "1-3", "kind": "uprate", "adds_mva": 2 * MVA, "cost_eur_2024": 1.0},
        "between": {"branch": "2-3", "kind": "uprate", "adds_mva": 10 * MVA, "cost_eur_2024": 1.0},
    }
    plan = _run(tmp_path, (9.5, 9.5, 20), reinforcements=steps)
    assert plan.notes["reinforcements"]["built"].tolist() == [True, True, True, False]
    with pytest.raises(Infeasible):
        _run(tmp_path / "short", (9.5, 9.5, 20), reinforcements={"north": steps["north"], "south": steps["south"]})


def test_a_step_that_is_not_ready_does_not_count(tmp_path: Path):
    step = {"branch": "1-2", "kind": "uprate", "adds_mva": 30 * MVA, "lead_time_years": 4}
    other = {"branch": "1-3", "kind": "uprate", "adds_mva": 30 * MVA}
    ready = _run(tmp_path, (9, 9, 20), reinforcements={"a": step, "b": other}, decision_year=2026, year=2031)
    table = ready.notes["reinforcements"]
    assert table["ready_year"].tolist() == [2030, 2031] and table["built"].all()
    assert table["cost_eur_2024_per_year"].iloc[0] == pytest.approx(735 * 30 * 100 * (0.075009 + 0.015), rel=1e-4)
    with pytest.raises(Infeasible):
        _run(tmp_path / "early", (9, 9, 20), reinforcements={"a": step, "b": other}, decision_year=2026, year=2030)


def test_a_branch_that_is_not_there_is_told(tmp_path: Path):
    case = on_a_triangle(triangle_tables(9, 9, 9), reinforcements={"a": {"branch": "1-4", "kind": "circuit"}})
    with pytest.raises(StudyError, match="there is no branch '1-4' in the network; did you mean"):
        case.inputs(tmp_path)


def test_no_connection_behind_a_single_circuit_where_the_study_is_strict(tmp_path: Path):
    tables = triangle_tables(50, 50, 50)
    tables["network/branches.csv"] = tables["network/branches.csv"].iloc[:2]  # each site on one circuit
    for rule, open_ in (("customer_risk", True), ("strict", False)):
        (tmp_path / rule).mkdir()
        study = on_a_triangle(tables, behind_one_circuit=rule).study(tmp_path / rule)
        if open_:
            assert not siting.run(study).notes["headroom"]["survives_any_outage"].any()
        else:
            with pytest.raises((Infeasible, InputsError)):
                siting.run(study)


def test_names_of_the_step_table_are_the_ones_of_the_inputs():
    assert {"name", "branch", "ready_year", "in_time"} <= set(reinforcement.Step._fields)
