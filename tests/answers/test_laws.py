"""Laws that hold for every study, whatever its numbers: each to within the sum of both gaps."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import siting
from siting.blocks.model import build
from siting.pipeline import solve
from siting.results.solution import Solution
from siting.solve.monolith import Monolith
from siting.solve.stamp import stamp
from tests.blocks.small import SHIPPED, Case, three_sites, with_plant, with_water_and_heat

FEW = settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
SEEDS = st.integers(0, 10_000)


def solved(case: Case, folder: Path) -> Solution:
    return siting.run(case.study(folder))


def gaps(*solutions: Solution) -> float:
    """Sum of the gaps that are proven, and a hair for rounding."""
    return sum(float(s.outcome["gap"]) + 1e-7 * abs(float(s.outcome["objective"])) for s in solutions)


def cost(s: Solution) -> float:
    return float(s.outcome["objective"])


@FEW
@given(seed=SEEDS, dropped=st.sampled_from(["water", "it_capacity", "carbon_location"]))
def test_a_dropped_limit_never_costs_more(tmp_path_factory, seed, dropped):
    case = three_sites(seed)
    case.raw["limits"] = {
        "carbon_location": {"max_t_per_year": 90_000.0},
        "water": {"max_m3_per_year": 25_000.0, "per": "site"},
        "it_capacity": {"max_mw": 15.0, "per": "state"},
    }
    with_it = solved(case, tmp_path_factory.mktemp("with"))
    del case.raw["limits"][dropped]
    without = solved(case, tmp_path_factory.mktemp("without"))
    assert cost(without) <= cost(with_it) + gaps(without, with_it)


@FEW
@given(seed=SEEDS, dear=st.floats(0.5, 2.0))
def test_a_new_candidate_never_costs_more(tmp_path_factory, seed, dear):
    case = three_sites(seed)
    case.raw["limits"] = {}
    before = solved(case, tmp_path_factory.mktemp("before"))
    sites, cool = case.tables["sites.csv"], case.tables["cooling.csv"]
    new = sites.iloc[[1]].assign(site="heath", lon=9.5, lat=52.5, fixed_cost_eur_2024_per_year=1e5 * dear)
    case.tables["sites.csv"] = pd.concat([sites, new]).fillna({"fixed_cost_eur_2024_per_year": 0.0})
    air = cool[cool["site"] == "coast"].assign(site="heath")
    case.tables["cooling.csv"] = pd.concat([cool, air.assign(pue=1 + (air["pue"] - 1) * dear)])
    after = solved(case, tmp_path_factory.mktemp("after"))
    assert cost(after) <= cost(before) + gaps(before, after)


def scaled_money(folder: Path, factor: float) -> None:
    """The shipped technology tables with every amount of EUR times a factor."""
    (folder / "tables").mkdir()
    for path in SHIPPED.glob("*.csv"):
        table = pd.read_csv(path, dtype=str)
        if "unit" in table:
            money = table["unit"].str.startswith("EUR_2024")
            table.loc[money, "value"] = [repr(float(v) * factor) for v in table.loc[money, "value"]]
        table.to_csv(folder / "tables" / path.name, index=False)


@FEW
@given(seed=SEEDS)
def test_money_times_1000(tmp_path_factory, seed):
    """All money tables, prices and land from a thousandth to what they are: the objective times 1,000.

    (Up from what they are, the plausible ranges of `VARIABLES` would refuse them, as they should.)
    """
    case = case_without_limits(three_sites(seed))
    thousand = solved(case, tmp_path_factory.mktemp("thousand"))
    folder = tmp_path_factory.mktemp("once")
    scaled_money(folder, 1e-3)
    case.raw["technologies"] = "tables"
    case.raw["sites"]["land_price_eur_2024_per_ha"] *= 1e-3
    case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] *= 1e-3
    once = solved(case, folder)
    assert abs(cost(thousand) / 1000 - cost(once)) <= gaps(once) + gaps(thousand) / 1000
    assert thousand.total("cost") == pytest.approx(cost(thousand))


def case_without_limits(case: Case) -> Case:
    case.raw["limits"] = {}
    return case


def short_and_repeated(case: Case, short: Path, long: Path) -> tuple[Solution, Solution]:
    """Blocks (a, b) with weights (2, 1), and blocks (a, a, b) with weights (1, 1, 1): the same year of 8,760 hours."""
    repeated = case.copy()
    for name in ("hours.csv", "cooling.csv"):
        table = case.tables[name]
        first = table[table["block"] == "b0"]
        repeated.tables[name] = pd.concat([first, first.assign(block="b0 again"), table[table["block"] == "b1"]])
    repeated.tables["hours.csv"]["weight"] = 8760 / 12
    return solved(case, short), solved(repeated, long)


@FEW
@given(seed=SEEDS)
def test_doubling_a_weight_is_repeating_the_block(tmp_path_factory, seed):
    case = three_sites(seed, weights=(2, 1))
    case.raw["limits"] = {"carbon_location": {"max_t_per_year": 126_000.0}}
    cool = case.tables["cooling.csv"]
    cool["pue"] = cool.groupby(["site", "cooling", "hour"])["pue"].transform("first")
    short, repeated = short_and_repeated(case, tmp_path_factory.mktemp("short"), tmp_path_factory.mktemp("long"))
    assert abs(cost(short) - cost(repeated)) <= gaps(short, repeated)
    assert short.total("it_power") == pytest.approx(repeated.total("it_power"), rel=1e-6)


def test_doubling_a_weight_where_pue_differs_by_block(tmp_path_factory):
    case = case_without_limits(three_sites(0, weights=(2, 1)))
    short, repeated = short_and_repeated(case, tmp_path_factory.mktemp("short"), tmp_path_factory.mktemp("long"))
    assert abs(cost(short) - cost(repeated)) <= gaps(short, repeated)


@FEW
@given(seed=SEEDS, order=st.permutations([0, 1, 2]))
def test_the_order_of_sites_is_nothing(tmp_path_factory, seed, order):
    case = case_without_limits(three_sites(seed))
    one = solved(case, tmp_path_factory.mktemp("one"))
    case.tables["sites.csv"] = case.tables["sites.csv"].iloc[order]
    other = solved(case, tmp_path_factory.mktemp("other"))
    assert abs(cost(one) - cost(other)) <= gaps(one, other)
    assert abs(float(one.outcome["bound"]) - float(other.outcome["bound"])) <= gaps(one, other)


def test_an_offer_never_costs_and_a_rule_never_saves(tmp_path_factory):
    """Water and heat: without the reclaimed water and the buyers of heat it costs no less, without the rules no more."""
    case = with_water_and_heat(three_sites(2))
    rules = case.raw["limits"]
    ruled = solved(case, tmp_path_factory.mktemp("ruled"))
    case.raw["limits"] = {}
    free = solved(case, tmp_path_factory.mktemp("free"))
    del case.raw["heat"], case.raw["water"]["reclaimed"]
    bare = solved(case, tmp_path_factory.mktemp("bare"))
    assert rules and cost(free) <= cost(ruled) + gaps(free, ruled)
    assert cost(free) < cost(bare) and free.total("heat_reused") > 0 and free.total("water_reclaimed") > 0


@pytest.mark.parametrize("seed", [3, 4])
def test_lines_of_the_account_are_the_objective(tmp_path, seed):
    solution = solved(three_sites_with_room(seed), tmp_path)
    total = solution.total("cost") + solution.total("penalty")
    assert total == pytest.approx(cost(solution), rel=1e-9)
    assert float(solution.outcome["bound"]) <= cost(solution) * (1 + 1e-9)


def three_sites_with_room(seed: int) -> Case:
    case = three_sites(seed)
    case.raw["limits"] = {"water": {"max_m3_per_year": 80_000.0}}
    return case


def relaxed_bound(inputs: siting.Inputs) -> float:
    mono = Monolith(stamp(build(inputs)), inputs.study.solver, inputs.unavoidable_cost)
    return mono._relaxation().bound


def test_what_every_plan_pays_is_below_every_bound(tmp_path):
    """The cost left out of the gap's denominator must itself be a bound."""
    inputs = three_sites_with_room(1).inputs(tmp_path)
    assert inputs.unavoidable_cost <= relaxed_bound(inputs)


def test_what_every_plan_pays_with_own_plant(tmp_path):
    inputs = with_plant(three_sites_with_room(1).inputs(tmp_path))
    assert inputs.unavoidable_cost <= relaxed_bound(inputs)


def test_the_gap_asked_for_is_proven(tmp_path):
    """No time limit is near, so the status must be optimal and the gap no more than was asked for."""
    case = three_sites(1)
    case.raw["solver"]["gap"] = 1e-4
    case.raw["limits"] = {}
    solution = solve(with_plant(case.inputs(tmp_path)))
    assert solution.outcome["status"] == "optimal"
    assert float(solution.outcome["gap_of_siting_dependent_cost"]) <= 1e-4 * 1.001
