"""Several scenarios in one study: expected cost, limits of each scenario's own year, and the mean of the worst (CVaR)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from siting.pipeline import solve

from .small import Case, two_sites


def two_years(prices: tuple[float, float], probability: tuple[float, float]) -> Case:
    """The two-site case in two scenarios of one block each, with one price each."""
    case = two_sites()
    parts = []
    for z, (price, p) in enumerate(zip(prices, probability)):
        hours = case.tables["hours.csv"].copy()
        hours["block"], hours["scenario"], hours["probability"] = f"b{z}", f"year {z}", p
        hours["spot_price_eur_2024_per_mwh"] = price
        parts.append(hours)
    cooling = case.tables["cooling.csv"]
    case.tables["hours.csv"] = pd.concat(parts, ignore_index=True)
    case.tables["cooling.csv"] = pd.concat([cooling, cooling.assign(block="b1")], ignore_index=True)
    return case


def cost(case: Case, folder: Path) -> float:
    folder.mkdir()
    return solve(case.inputs(folder)).total("cost")


def test_cost_is_expected(tmp_path: Path):
    cheap, dear = (cost(two_years((p, p), (0.5, 0.5)), tmp_path / f"{p}") for p in (40.0, 140.0))
    mixed = cost(two_years((40.0, 140.0), (0.75, 0.25)), tmp_path / "mixed")
    assert mixed == pytest.approx(0.75 * cheap + 0.25 * dear, rel=1e-6)


def test_cost_at_risk_is_the_mean_of_the_worst(tmp_path: Path):
    dear = cost(two_years((140.0, 140.0), (0.5, 0.5)), tmp_path / "dear")
    case = two_years((40.0, 140.0), (0.75, 0.25))
    case.raw["risk"] = {"level": 0.75, "weight": 0.5}
    solution = solve(case.inputs(tmp_path))
    assert solution.total("cost_at_risk") == pytest.approx(dear, rel=1e-5)
    expected = solution.total("cost")
    assert solution.outcome["objective"] == pytest.approx(0.5 * expected + 0.5 * dear, rel=1e-5)


def test_a_yearly_limit_holds_in_each_scenario(tmp_path: Path):
    """Water of the year is the same in both scenarios, and its limit is not an average over them."""
    case = two_years((40.0, 140.0), (0.9, 0.1))
    water = solve(case.inputs(tmp_path)).total("water")
    case.raw["limits"] = {"water": {"max_m3_per_year": water * 1.0001}}
    assert solve(case.inputs(tmp_path)).outcome["status"] == "optimal"
