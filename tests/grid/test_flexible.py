"""Connection classes as decisions: what a flexible connection brings, by which rule it is cut, whether contracts are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import siting
from siting.errors import Infeasible, StudyError
from siting.results.solution import Solution

from ..blocks.small import Case, cooling_table, hours_table
from .small_grid import MVA, on_a_triangle, triangle_tables

LOAD = np.array([[0.0, 0.0, 0.0, 0.0, 12.0, 14.0, 0.0, 0.0]]) + 1.0


def _case(rating: float, work: dict[str, Any], **grid: Any) -> Case:
    """One block of eight hours. Demand of the network is at bus 3 and takes part of the way in; two hours are tight."""
    tables = triangle_tables(rating, rating, 50.0)
    tables["demand.csv"] = pd.DataFrame({"bus": ["3"], "annual_gwh": [100.0]})
    situations = {"extremes": False, "all_hours_of_days": True}
    case = on_a_triangle(tables, security="screening", security_factor=1.0, situations=situations, **grid)
    price = np.full(LOAD.shape, 50.0)
    case.tables["hours.csv"] = hours_table([1], 8, price, np.full(LOAD.shape, 0.3), [1]).assign(national_load_mw=LOAD.ravel())
    pue = np.full((2, 1, 1, 8), 1.25)
    case.tables["cooling.csv"] = cooling_table(["north", "south"], ("air_economiser",), pue, np.full(pue.shape, 0.5))
    case.raw["work"] = work
    return case


def _train(mean_mw: float, most_mw: float) -> dict[str, Any]:
    return {"jobs": {"kind": "training", "mwh_it_per_year": mean_mw * 8760, "max_it_mw": most_mw, "window": "year"}}


FLEXIBLE = {"max_curtailed_share": 0.2, "max_depth": 1.0, "cost_share": 0.5}


def _run(case: Case, folder: Path) -> Solution:
    folder.mkdir(exist_ok=True)
    return siting.run(case.study(folder))


def test_a_flexible_connection_serves_what_a_firm_one_cannot(tmp_path: Path):
    """The way in carries 30 MW; 15 are taken in the worst hour, so 15 are firm. 16 MW of IT need about 20."""
    with pytest.raises(Infeasible):
        _run(_case(15.0, _train(15.0, 20.0)), tmp_path / "firm")
    plan = _run(_case(15.0, _train(15.0, 20.0), flexible={"interruptible": FLEXIBLE}), tmp_path / "flexible")
    cut = plan.data["grid_cut"].sum(["site", "flexible"]).values.ravel()
    drawn = plan.data["grid_imported"].sum("site").values.ravel()
    assert (drawn <= 30 - LOAD.ravel() + 0.02).all()
    assert cut[4:6].min() > 0
    table = plan.notes["flexible"]
    assert (table["curtailed_share"] <= 0.2 + 1e-6).all() and (table["curtailed_share_kept"] == "kept").all()
    assert plan.notes["grid_check"]["worst_above_its_limit_mw"].max() <= 0.02
    assert plan.outcome["gap"] >= -1e-9


def test_sites_in_one_corridor_are_cut_by_the_same_share(tmp_path: Path):
    work = _train(13.0, 16.0)
    case = _case(15.0, work, flexible={"interruptible": FLEXIBLE})
    case.tables["sites.csv"]["bus"] = "3"
    case.tables["sites.csv"]["max_it_mw"] = 10.0
    plan = _run(case, tmp_path)
    flexible, cut = (
        plan.data["grid_flexible"].sel(flexible="interruptible"),
        plan.data["grid_cut"].sel(flexible="interruptible"),
    )
    share = (cut / flexible).isel(block=0, hour=5).values
    assert (flexible.values > 1).all() and share[0] == pytest.approx(share[1], abs=1e-4) and share[0] > 0


def test_contracts_are_checked_hour_by_hour(tmp_path: Path):
    limits = {"max_hours_per_year": 2000, "longest_event_hours": 1, "least_recovery_hours": 2, "notice_hours": 2}
    plan = _run(_case(15.0, _train(15.0, 20.0), flexible={"interruptible": FLEXIBLE | limits}), tmp_path)
    row = plan.notes["flexible"].iloc[0]
    assert row["hours_per_year"] >= 2 * 1095 - 1e-6 and row["hours_per_year_kept"] == "not kept"
    assert row["longest_event_hours"] == 2 and row["longest_event_hours_kept"] == "not kept"
    assert row["least_recovery_hours_kept"] == "kept"
    assert row["least_hours_between_deepenings"] == 1 and row["least_hours_between_deepenings_kept"] == "not kept"


def test_flexible_until_a_date_needs_a_grid_that_is_ready_by_then(tmp_path: Path):
    """MW that become firm in 2032 need the reinforcement that is ready in 2030; without it there is no such connection."""
    later = FLEXIBLE | {"firm_from_year": 2032}
    step = {"branch": "1-3", "kind": "uprate", "adds_mva": 30 * MVA, "lead_time_years": 5, "cost_eur_2024": 1e6}
    other = {"branch": "1-2", "kind": "uprate", "adds_mva": 30 * MVA, "lead_time_years": 5, "cost_eur_2024": 1e6}
    case = _case(15.0, _train(15.0, 20.0), flexible={"until 2032": later}, decision_year=2025)
    case.raw["year"] = 2028
    with pytest.raises(Infeasible):
        _run(case, tmp_path / "without")
    case.raw["grid"]["reinforcements"] = {"a": step, "b": other}
    plan = _run(case, tmp_path / "with")
    assert plan.notes["reinforcements"]["built"].any() and not plan.notes["reinforcements"]["in_time"].any()
    assert plan.data["grid_cut"].max() > 0  # before it is ready, the grid still cuts
    checked = plan.notes["grid_check"]
    assert checked["in_year"].tolist() == ["the study's", "2032"] and checked["worst_above_its_limit_mw"].max() <= 0.02


def test_flexible_needs_the_hours_of_operation_as_situations(tmp_path: Path):
    case = _case(15.0, _train(15.0, 20.0), flexible={"interruptible": FLEXIBLE})
    case.tables["hours.csv"] = case.tables["hours.csv"].drop(columns="national_load_mw")
    with pytest.raises(StudyError, match="needs to know in which hours the grid would cut"):
        case.inputs(tmp_path)
