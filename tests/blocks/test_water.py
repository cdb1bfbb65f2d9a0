"""Water by hand: basins with their price and scarcity, limits of each month per basin, reclaimed water; and their laws."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

import siting
from siting.errors import DataError, InputsError, ModelError, StudyError
from siting.results.audit import audit

from .small import Case, two_sites


def basins(price: tuple[float, float] = (2.0, 2.0), scarcity: tuple[float, float] = (1.0, 20.0)) -> Case:
    """North on the Elbe, south on the Danube; 10 MW at WUE 0.5 L/kWh take 43,800 m3 a year."""
    case = two_sites()
    case.tables["sites.csv"]["basin"] = ["Elbe", "Danube"]
    case.tables["basins.csv"] = pd.DataFrame(
        {"basin": ["Danube", "Elbe"], "price_eur_2024_per_m3": price[::-1], "scarcity": scarcity[::-1]}
    )
    case.raw["water"] = {"basins": "basins.csv"}
    return case


def run(case: Case, folder: Path) -> siting.Solution:
    return siting.run(case.study(folder))


def line(s: siting.Solution, account: str, name: str) -> float:
    rows = s.accounts[(s.accounts["account"] == account) & (s.accounts["line"] == name)]
    return float(rows["value"].sum())


def test_price_and_scarcity_of_the_basin(tmp_path):
    case = basins(price=(3.0, 2.0))
    at = run(case, tmp_path)
    assert at.chosen["site"].tolist() == ["north"]
    assert at.total("water") == pytest.approx(43_800) and at.total("water_scarcity") == pytest.approx(43_800)
    assert line(at, "cost", "water.fresh") == pytest.approx(3 * 43_800)
    assert set(at.accounts.loc[at.accounts["account"] == "water_scarcity", "unit"]) == {"m3_eq/year"}
    case.tables["sites.csv"]["choice"] = ["never", ""]
    assert run(case, tmp_path).total("water_scarcity") == pytest.approx(20 * 43_800)


def test_the_price_that_tips(tmp_path):
    """Just below and just above what the north is cheaper by at equal prices, over 43,800 m3."""
    costs = []
    for choice in (["", "never"], ["never", ""]):
        case = basins()
        case.tables["sites.csv"]["choice"] = choice
        costs.append(run(case, tmp_path).outcome["objective"])
    tips = 2.0 + (costs[1] - costs[0]) / 43_800
    assert run(basins(price=(tips - 0.1, 2.0)), tmp_path).chosen["site"].tolist() == ["north"]
    assert run(basins(price=(tips + 0.1, 2.0)), tmp_path).chosen["site"].tolist() == ["south"]


def test_limit_of_each_month_per_basin(tmp_path):
    """The one block is January; it stands for 8,760 / 744 months. 10 MW take 3,720 m3 a month: half of it at 1,860."""
    case = basins()
    case.raw["limits"] = {"water": {"max_m3_per_month": {"Elbe": 1860.0}, "per": "basin"}}
    kept = run(case, tmp_path)
    it = kept.sites.set_index("site")["it_mw"]
    assert it.to_dict() == pytest.approx({"north": 5.0, "south": 5.0})
    by_site = kept.accounts[kept.accounts["account"] == "water"].groupby("place")["value"].sum()
    assert by_site["north"] == pytest.approx(1860 * 8760 / 744)


def test_a_limit_on_scarcity(tmp_path):
    """The south is cheaper but 20 times scarcer: at just less than all of it, the work moves."""
    case = basins()
    case.tables["sites.csv"]["fixed_cost_eur_2024_per_year"] = [2e7, 0.0]
    free = run(case, tmp_path)
    assert free.chosen["site"].tolist() == ["south"] and free.total("water_scarcity") == pytest.approx(20 * 43_800)
    case.raw["limits"] = {"water_scarcity": {"max_m3_eq_per_year": 19 * 43_800}}
    kept = run(case, tmp_path)
    assert "north" in set(kept.chosen["site"]) and kept.outcome["objective"] > free.outcome["objective"]


RECLAIMED = {"price_eur_2024_per_m3": 1.0, "energy_kwh_per_m3": 2.0, "max_m3_per_hour": 3.0}


def test_reclaimed_water(tmp_path):
    """10 MW take 5 m3/h; 3 of them are on offer at 1 EUR and 2 kWh: 26,280 m3 reclaimed, 17,520 fresh, 52.56 MWh."""
    case = basins()
    fresh_only = run(case, tmp_path)
    case.raw["water"]["reclaimed"] = RECLAIMED
    both = run(case, tmp_path)
    assert both.total("water_reclaimed") == pytest.approx(26_280) and both.total("water") == pytest.approx(17_520)
    assert line(both, "facility_energy", "water.reclaimed") == pytest.approx(52.56)
    assert line(both, "cost", "water.reclaimed") == pytest.approx(26_280)
    assert both.outcome["objective"] < fresh_only.outcome["objective"]
    case.tables["sites.csv"]["reclaimed_m3_per_hour"] = [1.0, 3.0]  # the site's own figure goes before the study's
    assert run(case, tmp_path).total("water_reclaimed") == pytest.approx(8760)


def test_dear_reclaimed_water_is_taken_for_a_limit_alone(tmp_path):
    case = basins()
    case.raw["water"]["reclaimed"] = RECLAIMED | {"price_eur_2024_per_m3": 50.0}
    free = run(case, tmp_path)
    assert free.total("water_reclaimed") == 0
    case.raw["limits"] = {"water": {"max_m3_per_year": 20_000.0}}
    kept = run(case, tmp_path)
    assert kept.total("water_reclaimed") == pytest.approx(23_800)
    more = 23_800 * 48.0
    assert kept.outcome["objective"] - free.outcome["objective"] == pytest.approx(more, rel=0.02)


def test_the_audit_looks_at_water(tmp_path):
    case = basins()
    case.raw["water"]["reclaimed"] = RECLAIMED
    solution, inputs = run(case, tmp_path), case.inputs(tmp_path)
    audit(solution, inputs)
    solution.data["water_reclaimed"] = solution.data["water_reclaimed"] * 2
    with pytest.raises(ModelError, match="more water is reclaimed than needed"):
        audit(solution, inputs)


def test_basins_from_polygons(tmp_path):
    """A layer gives each site its basin; a site outside all of them is told."""
    case = basins()
    del case.tables["sites.csv"]["basin"]
    halves = [box(5, 51, 15, 56), box(5, 46, 15, 51)]
    layer = gpd.GeoDataFrame({"basin": ["Elbe", "Danube"]}, geometry=halves, crs="EPSG:4326")
    layer.to_file(tmp_path / "basins.gpkg", driver="GPKG")
    case.raw["water"]["areas"] = "basins.gpkg"
    inputs = case.inputs(tmp_path)
    assert inputs.sites["basin"].tolist() == ["Elbe", "Danube"]
    assert inputs.data["scarcity"].values.tolist() == [1.0, 20.0]
    layer.iloc[:1].to_file(tmp_path / "basins.gpkg", driver="GPKG")
    with pytest.raises(DataError, match=r"no basin at site south"):
        case.inputs(tmp_path)


def test_wrong_input(tmp_path):
    case = basins()
    case.tables["basins.csv"]["basin"] = ["Danube", "Elb"]
    with pytest.raises(DataError, match="basin 'Elbe' of site 'north' has no row; did you mean 'Elb'"):
        case.inputs(tmp_path)
    case = basins()
    del case.tables["sites.csv"]["basin"]
    with pytest.raises(DataError, match="needs a column 'basin'"):
        case.inputs(tmp_path)
    case.raw["water"] = {"areas": "basins.csv"}
    with pytest.raises(StudyError, match="need 'basins'"):
        case.study(tmp_path)
    case = two_sites()
    case.raw["limits"] = {"water_scarcity": {"max_m3_eq_per_year": 5.0}}
    with pytest.raises(InputsError, match=r"the study does not count water_scarcity: give water\.basins"):
        run(case, tmp_path)
    case = basins()
    case.raw["limits"] = {"water": {"max_m3_per_month": {"Elb": 5.0}, "per": "basin"}}
    with pytest.raises(InputsError, match="no kept site has basin 'Elb'; did you mean 'Elbe'"):
        run(case, tmp_path)
