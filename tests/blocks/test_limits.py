"""Limits by hand: ratios of two accounts (PUE, WUE, land per MW), months, several limits on one account; and their laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import siting
from siting.errors import ModelError, StudyError
from siting.results.audit import audit
from siting.study.study import Study

from .small import KINDS, Case, cooling_table, hours_table, three_sites, two_sites


def run(case: Case, folder: Path, **limits: object) -> siting.Solution:
    """Solve with these limits only."""
    case.raw["limits"] = limits
    return siting.run(case.study(folder))


def dear_north() -> Case:
    """North has the better PUE (1.2, south 1.4) but costs 20 M EUR more a year: south wins where nothing forbids it."""
    case = two_sites()
    case.tables["sites.csv"]["fixed_cost_eur_2024_per_year"] = [2e7, 0.0]
    return case


def pue(s: siting.Solution) -> float:
    return s.total("facility_energy") / s.total("it_energy")


def test_a_cap_on_pue_moves_the_work(tmp_path):
    """South at full load: idle 0.8 x 0.3 x 0.4 = 0.096 per MW, slope 1.4 - 0.12 = 1.28, PUE 1.376; north half."""
    free = run(dear_north(), tmp_path)
    assert free.chosen["site"].tolist() == ["south"] and pue(free) == pytest.approx(1.376)
    kept = run(dear_north(), tmp_path, facility_energy={"max_mwh_per_mwh": 1.2, "of": "it_energy", "per": "site"})
    assert kept.chosen["site"].tolist() == ["north"] and pue(kept) == pytest.approx(1.188)
    assert kept.outcome["objective"] > free.outcome["objective"]
    same = run(dear_north(), tmp_path, facility_energy={"max_mwh_per_mwh": 1.3761, "of": "it_energy", "per": "site"})
    assert same.outcome["objective"] == pytest.approx(free.outcome["objective"], rel=1e-9)


def test_a_cap_on_pue_that_no_plan_keeps(tmp_path):
    """10 MW through the year at PUE 1.188 at best: 0.088 x 87,600 = 7,709 MWh over 1.1."""
    with pytest.raises(
        siting.errors.Infeasible, match=r"facility_energy per it_energy \(everywhere\).* exceeded by .*7,70[89]"
    ):
        run(two_sites(), tmp_path, facility_energy={"max_mwh_per_mwh": 1.1, "of": "it_energy"})


def two_halls(wue: tuple[float, float] = (0.0, 1.0), modules: float = 5.0) -> Case:
    """One site with two cooling technologies: dry at PUE 1.4, wet at PUE 1.2, WUE as given [L/kWh]."""
    case = two_sites()
    case.raw["cooling"]["technologies"] = list(KINDS)
    case.raw["sites"]["module_mw"] = modules
    case.tables["sites.csv"] = case.tables["sites.csv"].iloc[:1]
    shape = np.ones((1, 2, 1, 2))
    per_kind = np.array(wue)[None, :, None, None]
    case.tables["cooling.csv"] = cooling_table(
        ["north"], KINDS, shape * np.array([1.4, 1.2])[None, :, None, None], shape * per_kind
    )
    return case


def carried(s: siting.Solution) -> dict[str, float]:
    """MWh of IT a year by technology."""
    return (s.data["cooling_carried"] * s.data["weight"]).sum(["site", "block", "hour"]).to_series().to_dict()


def test_a_cap_on_wue_is_a_mixture_of_halls(tmp_path):
    """At most 0.25 L/kWh where the wet halls take 1: a quarter of the 87,600 MWh, in halls of 0.5 MW."""
    kept = run(two_halls(modules=0.5), tmp_path, water={"max_m3_per_mwh": 0.25, "of": "it_energy"})
    assert kept.total("water") == pytest.approx(21_900)
    assert carried(kept)["water_economiser"] == pytest.approx(21_900)
    assert run(two_halls(modules=0.5), tmp_path).total("water") == pytest.approx(87_600)


def test_a_ratio_at_least(tmp_path):
    """The other sense: at least 0.25 m3 per MWh of IT, where the dry halls are better by far."""
    case = two_halls(wue=(1.0, 0.0), modules=0.5)
    kept = run(case, tmp_path, water={"min_m3_per_mwh": 0.25, "of": "it_energy"})
    assert kept.total("water") == pytest.approx(21_900)


def test_a_ratio_of_the_plan_alone(tmp_path):
    """Land per MW: 0.371 ha/MW at air halls is above 0.36; no hour is looked at, and the message says by how much."""
    with pytest.raises(siting.errors.Infeasible, match="land per it_capacity"):
        run(two_sites(), tmp_path, land={"max_ha_per_mw": 0.36, "of": "it_capacity"})
    kept = run(two_sites(), tmp_path, land={"max_ha_per_mw": 0.38, "of": "it_capacity"})
    assert kept.total("land") == pytest.approx(3.71)


def january_and_july(weights: tuple[float, float] = (31, 31)) -> Case:
    """Wet halls take 1 L/kWh in January and 2 in July; two blocks of two hours. Weights are scaled to a year."""
    case = two_halls(modules=0.5)
    case.tables["hours.csv"] = hours_table(list(weights), 2, np.full((2, 2), 60.0), np.full((2, 2), 0.3), [1, 7])
    shape = np.ones((1, 2, 2, 2))
    wue = np.array([[0.0, 0.0], [1.0, 2.0]])[None, :, :, None]
    case.tables["cooling.csv"] = cooling_table(["north"], KINDS, shape * np.array([1.4, 1.2])[None, :, None, None], shape * wue)
    return case


def by_month(s: siting.Solution) -> list[float]:
    """m3 in each block, all its occurrences."""
    hourly = s.data["water_per_it"] * s.data["cooling_carried"] * s.data["weight"]
    return hourly.sum(["site", "cooling", "hour"]).values.tolist()


def test_a_limit_of_each_month(tmp_path):
    """Each block stands for half the year, 4,380 h, so for 4,380 / 744 months of 31 days. At 3,720 m3 a month July may take a
    quarter of what wet halls alone would take, 10 MW x 2 x 744 = 14,880: 2.5 MW of halls, which take 1,860 in January."""
    months = 4380 / 744
    free = run(january_and_july(), tmp_path)
    assert by_month(free) == pytest.approx([7440 * months, 14_880 * months])
    kept = run(january_and_july(), tmp_path, water={"max_m3_per_month": 3720.0})
    assert by_month(kept) == pytest.approx([1860 * months, 3720 * months])
    assert kept.outcome["objective"] > free.outcome["objective"]


def test_a_ratio_of_each_month(tmp_path):
    """WUE at most 0.6: over the year with 4 MW of wet halls (0.4 and 0.8), in every month with 3 MW (0.3 and 0.6)."""
    yearly = run(january_and_july(), tmp_path, water={"max_m3_per_mwh": 0.6, "of": "it_energy"})
    monthly = run(january_and_july(), tmp_path, water={"max_m3_per_mwh": 0.6, "of": "it_energy", "window": "month"})
    assert by_month(yearly) == pytest.approx([0.4 * 43_800, 0.8 * 43_800])
    assert by_month(monthly) == pytest.approx([0.3 * 43_800, 0.6 * 43_800])
    assert yearly.outcome["objective"] < monthly.outcome["objective"]


def test_several_limits_on_one_account(tmp_path):
    """July allows 2.5 MW of wet halls, 30,000 m3 a year 2.28 MW, so 2 MW in halls of 0.5: 0.2 x (43,800 + 87,600)."""
    both = [{"max_m3_per_month": 3720.0}, {"max_m3_per_year": 30_000.0, "per": "site"}]
    assert run(january_and_july(), tmp_path, water=both).total("water") == pytest.approx(26_280)
    assert run(january_and_july(), tmp_path, water=both[0]).total("water") == pytest.approx(32_850)


def test_places_that_share_a_name(tmp_path):
    """A limit per state and one per site may meet in a name: both hold."""
    case = two_sites()
    case.tables["sites.csv"]["state"] = ["north", "north"]
    kept = run(
        case, tmp_path, it_capacity=[{"max_mw": {"north": 15.0}, "per": "state"}, {"max_mw": {"north": 5.0}, "per": "site"}]
    )
    it = kept.sites.set_index("site")["it_mw"]
    assert it["north"] <= 5 + 1e-6 and it.sum() <= 15 + 1e-6


@pytest.mark.parametrize("seed", [5])
def test_a_cap_never_lowers_cost(tmp_path, seed):
    """Three sites with training: what the free plan has as a cap costs nothing, less costs no less."""
    case = three_sites(seed)
    case.raw["solver"]["gap"] = 1e-5
    free = run(case, tmp_path)
    costs = [free.outcome["objective"]]
    for factor in (1.0001, 0.98):
        cap = 1 + factor * (pue(free) - 1)
        limited = run(case, tmp_path, facility_energy={"max_mwh_per_mwh": cap, "of": "it_energy"})
        assert pue(limited) <= cap * (1 + 1e-5)
        costs.append(limited.outcome["objective"])
    slack = costs[0] * 2e-5
    assert costs[1] == pytest.approx(costs[0], abs=slack) and costs[2] >= costs[1] - slack


def test_the_audit_looks_at_ratios_and_months(tmp_path):
    case = january_and_july()
    solution, inputs = run(case, tmp_path), case.inputs(tmp_path)
    for rule, told in (
        ({"max_m3_per_mwh": 1.0, "of": "it_energy"}, r"water per it_energy \(everywhere\) is 1: 87600 in year"),
        ({"max_m3_per_month": 8000.0}, r"water of each month \(everywhere\) is 8000: .* in month 7, the plan has 87600"),
        ({"max_m3_per_mwh": 1.5, "of": "it_energy", "window": "month"}, "in month 7"),
    ):
        inputs.study = Study.model_validate(inputs.study.model_dump() | {"limits": {"water": rule}})
        with pytest.raises(ModelError, match=told):
            audit(solution, inputs)


WRONG = [
    ({"water": {"max_m3_per_mwh": 1.0}}, r"unknown key 'limits\.water\.max_m3_per_mwh'"),
    ({"water": {"max_m3_per_year": 1.0, "of": "it_energy"}}, r"unknown key 'limits\.water\.max_m3_per_year'.*max_m3_per_mwh"),
    ({"water": {"max_m3_per_mwh": 1.0, "of": "it_enery"}}, "unknown key|is no account"),
    ({"water": {"of": "it_energy"}}, "needs max_m3_per_mwh or min_m3_per_mwh"),
    ({"water": {"max_m3_per_year": 1.0, "window": "month"}}, "goes with a ratio .*max_m3_per_month"),
    ({"land": {"max_ha_per_month": 1.0}}, r"unknown key 'limits\.land\.max_ha_per_month'; valid: max_ha, min_ha"),
    ({"water": {"max_m3_per_mw": 1.0, "of": "it_capacity", "window": "month"}}, "'it_capacity' .* has no monthly amounts"),
    ({"water": {"max_m3_per_mwh": 0.0, "of": "it_energy"}}, "a ratio must be above 0"),
    ({"water": [{"max_m3_per_year": 1.0}, {"max_m3_per_year": 2.0}]}, "two limits per everywhere on the same thing"),
    ({"water": [{"max_m3_per_yr": 1.0}]}, r"unknown key 'limits\.water\.0\.max_m3_per_yr'; did you mean 'max_m3_per_year'"),
]


@pytest.mark.parametrize(("limits", "told"), WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_a_limit_typed_wrong(tmp_path, limits, told):
    case = two_sites()
    case.raw["limits"] = limits
    with pytest.raises(StudyError, match=told):
        case.study(tmp_path)


def test_months_without_months(tmp_path):
    """A plain table of hours without the column month cannot carry a monthly limit."""
    case = january_and_july()
    case.tables["hours.csv"] = case.tables["hours.csv"].drop(columns="month")
    with pytest.raises(siting.errors.InputsError, match=r"give the column month in hours\.table"):
        run(case, tmp_path, water={"max_m3_per_month": 1e6})


def test_a_study_writes_what_was_typed(tmp_path):
    typed = {
        "water": [
            {"max_m3_per_month": {"N": 9.0}, "per": "state"},
            {"max_m3_per_mwh": 0.4, "of": "it_energy", "window": "month"},
        ],
        "land": {"min_ha": 1.0},
    }
    case = two_sites()
    case.raw["limits"] = typed
    study = case.study(tmp_path)
    assert study.as_dict()["limits"] == typed
    assert study.with_(limits={"land": {"min_ha": 2.0}}).limits["land"][0].least == 2.0
