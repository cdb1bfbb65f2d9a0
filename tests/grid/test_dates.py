"""The year in which power is there, moratoria, loads before us in the queue, and costs by voltage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

import siting
from siting.errors import Infeasible, StudyError

from ..blocks.small import Case
from .small_grid import on_a_triangle, triangle_tables


def _case(**grid: Any) -> Case:
    case = on_a_triangle(triangle_tables(50, 50, 50), decision_year=2026, **grid)
    case.raw["year"] = 2030
    return case


def test_spare_capacity_takes_three_years_and_an_operators_answer_counts_more(tmp_path: Path):
    case = _case()
    case.tables["sites.csv"]["power_from_year"] = [np.nan, 2031.0]
    sites = case.inputs(tmp_path).candidates
    assert sites["power_year"].tolist() == [2029, 2031]
    assert sites["kept"].tolist() == [True, False]
    assert sites["reason"].iloc[1] == "power in 2031: the grid operator's answer"


def test_a_moratorium_moves_the_year_to_its_end(tmp_path: Path):
    until = {"state": "S", "from_year": 2027, "to_year": 2032, "source": "a law"}
    sites = _case(moratoria=[until]).inputs(tmp_path).candidates
    assert sites["power_year"].tolist() == [2029, 2032]
    assert sites["reason"].iloc[1] == "power in 2032: a moratorium until 2032 (a law)"


def test_a_moratorium_of_an_area_that_is_over_in_time(tmp_path: Path):
    gpd.GeoDataFrame(geometry=[box(8, 53, 10, 54)], crs="EPSG:4326").to_file(tmp_path / "area.gpkg")
    short = {"areas": "area.gpkg", "from_year": 2028, "to_year": 2030, "source": "a plan"}
    sites = _case(moratoria=[short]).inputs(tmp_path).candidates
    assert sites["power_year"].tolist() == [2030, 2029] and sites["kept"].all()


def test_a_study_without_any_power_in_time_is_told(tmp_path: Path):
    case = _case()
    case.raw["year"] = 2028
    with pytest.raises(StudyError, match="no candidate has power by 2028; the first is 'north' in 2029"):
        case.inputs(tmp_path)


def test_a_site_that_must_open_too_early_is_told(tmp_path: Path):
    case = _case(moratoria=[{"state": "S", "from_year": 2027, "to_year": 2032, "source": "a law"}])
    case.tables["sites.csv"]["choice"] = ["", "must"]
    with pytest.raises(StudyError, match="site 'south' must open, but gets power in 2032"):
        case.inputs(tmp_path)


@pytest.mark.parametrize(("position", "before"), [(None, 40.0), (2, 10.0), (1, 0.0)])
def test_loads_before_us_in_the_queue_count_as_demand(tmp_path: Path, position: int | None, before: float):
    case = _case(queue="queue.csv", **({} if position is None else {"queue_position": position}))
    case.tables["queue.csv"] = pd.DataFrame(
        {
            "entry": ["one", "two", "too late"],
            "bus": ["2", "3", "3"],
            "mw": [20.0, 30.0, 500.0],
            "position": [1, 2, 3],
            "realised_share": [0.5, 1.0, 1.0],
            "power_year": [2029, 2030, 2031],
        }
    )
    situation = case.inputs(tmp_path).grid.situations[0]
    assert situation.demand_mw.sum() == pytest.approx(50 + before)
    assert situation.demand_mw[1] == pytest.approx(min(before, 10))


def test_substation_and_spur_line_cost_by_voltage(tmp_path: Path):
    """20.1 M EUR of substation and 10 km x 1.3 x 1.71 M EUR of line at 380 kV, as annuities."""
    case = _case()
    case.tables["sites.csv"] = case.tables["sites.csv"].assign(voltage_kv=[380.0, 110.0], distance_km=[10.0, 0.0])
    cost = case.inputs(tmp_path).data["site_cost"].values
    annuity = 0.07 / (1 - 1.07**-40)
    expected = [20.1e6 * annuity + 10 * 1.3 * 1.71e6 * (annuity + 0.015), 7.73e6 * annuity]
    assert cost == pytest.approx(expected, rel=1e-6)


def test_an_infeasible_plan_says_where_the_network_is_not_secure_by_itself(tmp_path: Path):
    """50 MW at bus 4 hang on two circuits of 30. North and south, 10 MW each alone, have 10 MW together: 7.7 MW of IT."""
    tables = triangle_tables(10.0, 10.0, 10.0)
    far = tables["network/branches.csv"].iloc[[0, 0]].assign(branch=["a", "b"], bus1="4", rating_mva=30 / 0.95)
    tables["network/branches.csv"] = pd.concat([tables["network/branches.csv"], far])
    bus = tables["network/buses.csv"].iloc[[0]].assign(bus="4", lon=10.5)
    tables["network/buses.csv"] = pd.concat([tables["network/buses.csv"], bus])
    tables["demand.csv"] = pd.DataFrame({"bus": ["4"], "annual_gwh": [100.0]})
    with pytest.raises(Infeasible, match=r"(?s)In 1 of 1 situations no dispatch is secure.*design peak: 2 branches"):
        siting.run(on_a_triangle(tables).study(tmp_path))
