"""Several stages: a hand case, and laws that hold for any study.

The hand case is that of `tests/blocks/test_hand_case.py` at a rate of 0. A year of 10 MW costs 27,897,080 EUR in the north
alone and 29,823,960 in the south alone, 200,000 of it the substation; the rest grows with the MW.
2030 stands for 5 years with 10 MW, 2035 for 10 years with 15 MW: 1/3 and 2/3 of the mean year.

    north in both      (27,897,080 + 2 x (200,000 + 1.5 x 27,697,080)) / 3                     = 37,129,440 EUR/year
    north from 2035    2030: south 29,823,960.  2035: what stands in the south stays, and 5 MW more
                       in the north   29,823,960 + 200,000 + 27,697,080 / 2 = 43,872,500
                       in the south   200,000 + 1.5 x 29,623,960            = 44,635,940
                       so (29,823,960 + 2 x 43,872,500) / 3                                    = 39,189,653.33 EUR/year
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import siting
from siting.blocks.model import build
from siting.errors import Infeasible, ModelError, StudyError
from siting.inputs.stages import of_stage
from siting.results.audit import audit
from siting.results.solution import read_solution
from siting.solve.benders.decomposition import Decomposition
from siting.solve.monolith import Monolith
from siting.solve.program import whole
from siting.solve.stamp import stamp
from siting.study.read import read_study, to_yaml

from ..blocks.small import Case, three_sites, with_plant, with_storage
from ..blocks.test_hand_case import hand_case

TWO = {"until_year": 2045, "years": {2030: {}, 2035: {"work": {"web": 1.5}}}}


def loose(**raw: Any) -> Case:
    """Three sites x three blocks of four hours, under limits that a plan with growth can keep."""
    case = three_sites()
    case.raw["limits"] = {
        "carbon_location": {"max_t_per_year": 120_000.0},
        "water": {"max_m3_per_year": 90_000.0, "per": "site"},
    }
    case.raw |= raw
    return case


def test_hand_case(tmp_path: Path):
    case = hand_case(tmp_path)
    case.raw["stages"] = TWO
    solution = siting.run(case.study(tmp_path))
    assert solution.outcome["objective"] == pytest.approx(37_129_440, rel=1e-9)
    assert solution.stage(2030).total("cost") == pytest.approx(27_897_080, rel=1e-9)
    assert solution.stage(2035).total("cost") == pytest.approx(200_000 + 1.5 * 27_697_080, rel=1e-9)
    assert solution.sites["it_2030_mw"].tolist() == pytest.approx([10.0, 0.0])
    assert solution.sites["it_2035_mw"].tolist() == pytest.approx([15.0, 0.0])
    assert solution.stage(2030).data["sites_open"].dims == ("site",)


def test_power_that_comes_later(tmp_path: Path):
    case = hand_case(tmp_path)
    case.raw["stages"] = TWO
    case.raw["grid"]["decision_year"] = 2026
    case.tables["sites.csv"]["power_from_year"] = [2035.0, 2029.0]
    solution = siting.run(case.study(tmp_path))
    assert solution.outcome["objective"] == pytest.approx((29_823_960 + 2 * 43_872_500) / 3, rel=1e-9)
    assert solution.sites["opens"].tolist() == [2035.0, 2030.0]
    assert solution.sites["it_2035_mw"].tolist() == pytest.approx([5.0, 10.0])


def test_discounting(tmp_path: Path):
    """At 100 % a year the first five years weigh 1 + 1/2 + 1/4 + 1/8 + 1/16 = 1.9375, the ten after them 0.0624…"""
    case = hand_case(tmp_path)
    case.raw |= {"stages": TWO, "finance": {"real_rate": 0.0, "discount_rate": 0.99}}
    solution = siting.run(case.study(tmp_path))
    value = np.array([sum(1.99**-t for t in years) for years in (range(5), range(5, 15))])
    cost = [solution.stage(y).total("cost") for y in (2030, 2035)]
    assert solution.outcome["objective"] == pytest.approx(float(value @ cost / value.sum()), rel=1e-9)
    assert solution.total("cost") == pytest.approx(solution.outcome["objective"])
    assert solution.data["present_value"].values.tolist() == pytest.approx(value.tolist())


def test_one_stage_is_the_study_of_its_year(tmp_path: Path):
    plain, one = loose(year=2030).inputs(tmp_path / "a"), None
    one = loose(stages={"until_year": 2040, "years": {2030: None}}).inputs(tmp_path / "b")
    a, b = (whole(stamp(build(x))) for x in (plain, one))
    assert a.matrix.shape == b.matrix.shape and (a.matrix != b.matrix).nnz == 0
    assert np.array_equal(a.cost, b.cost) and plain.unavoidable_cost == one.unavoidable_cost
    here, there = siting.pipeline.solve(plain), siting.pipeline.solve(one)
    assert here.outcome["objective"] == pytest.approx(there.outcome["objective"], rel=1e-9)
    assert {n: v.dims for n, v in here.data.items()} == {n: v.dims for n, v in there.data.items()}


def test_growth_of_one_stage_counts(tmp_path: Path):
    grown = loose(stages={"until_year": 2040, "years": {2030: {"work": {"web": 1.5, "daily": 2.0}}}})
    typed = loose()
    typed.tables["regions.csv"]["it_mw"] *= 1.5
    typed.raw["work"]["daily"] |= {"mwh_it_per_year": 2 * 26280.0, "max_it_mw": 12.0}
    a, b = (siting.run(c.study(tmp_path / n)) for n, c in (("a", grown), ("b", typed)))
    assert a.outcome["objective"] == pytest.approx(b.outcome["objective"], rel=1e-9)


def test_a_stage_in_which_nothing_changes_opens_nothing(tmp_path: Path):
    one = siting.run(loose().study(tmp_path / "one"))
    three = siting.run(loose(stages={"until_year": 2050, "years": {2030: {}, 2035: {}, 2042: {}}}).study(tmp_path / "three"))
    assert three.outcome["objective"] == pytest.approx(one.outcome["objective"], rel=1e-6)
    for year in (2030, 2035, 2042):
        assert np.allclose(three.sites[f"it_{year}_mw"], one.sites["it_mw"])


def grown(folder: Path, **raw: Any) -> Any:
    years = {2030: {}, 2035: {"work": {"web": 1.5}, "spot_price_factor": 1.2, "carbon_factor": 0.5}}
    return loose(stages={"until_year": 2050, "years": years}, **raw).inputs(folder)


@pytest.mark.parametrize("more", [lambda x: x, with_storage, with_plant], ids=["plain", "storage", "plant"])
def test_decomposition_brackets_the_monolith(tmp_path: Path, more: Any):
    inputs = more(grown(tmp_path))
    program, options = stamp(build(inputs)), inputs.study.solver
    one = Monolith(program, options, inputs.unavoidable_cost).solve()
    other = Decomposition(program, options.model_copy(update={"gap": 0.01}), inputs.unavoidable_cost).solve()
    noise = 1e-6 * abs(one.objective)
    assert one.bound <= other.objective + noise and other.bound <= one.objective + noise
    assert other.status == "optimal" and other.gap_of_siting <= 0.01 + 1e-9


def test_the_folder_and_the_audit(tmp_path: Path):
    """What is written and read again passes the audit; a plan that falls, or another stage's energy, does not."""
    years = {2030: {}, 2035: {"work": {"web": 1.5}}}
    gap = {"gap": 0.05, "time_limit_s": 60}
    inputs = with_plant(loose(stages={"until_year": 2050, "years": years}, solver=gap).inputs(tmp_path))
    solution = siting.pipeline.solve(inputs)
    again = read_solution(solution.write(tmp_path / "out"))
    assert again.stages == [2030, 2035]
    audit(again, inputs)
    again.data["cooling_halls"].loc[{"stage": 2030}] += 9
    with pytest.raises(ModelError, match=r"stage 2030: halls are not whole modules(.|\n)*cooling_halls falls from one stage"):
        audit(again, inputs)


def test_limits_hold_in_each_stage(tmp_path: Path):
    case = loose(
        stages={"until_year": 2050, "years": {2030: {}, 2035: {"limits": {"carbon_location": {"max_t_per_year": 75_000}}}}}
    )
    solution = siting.run(case.study(tmp_path))
    first, then = (solution.stage(y).total("carbon_location") for y in (2030, 2035))
    assert first > 75_000 >= then - 1e-3
    case.raw["stages"]["years"][2035]["limits"]["carbon_location"]["max_t_per_year"] = 30_000
    with pytest.raises(Infeasible, match=r"carbon_location.* a year from 2035 on"):
        siting.run(case.study(tmp_path))


def test_a_ratio_of_each_stage(tmp_path: Path):
    """A PUE that binds from 2035 on: each stage keeps its own, and the audit looks."""

    def pue(most: float) -> dict:
        return {"facility_energy": {"max_mwh_per_mwh": most, "of": "it_energy"}}

    def case(later: float) -> Case:
        own = loose(stages={"until_year": 2050, "years": {2030: {}, 2035: {"limits": pue(later)}}}, solver={"gap": 1e-3})
        own.raw["limits"] |= pue(1.4)
        return own

    tight, free = (siting.run(case(later).study(tmp_path)) for later in (1.2, 1.4))
    found = [
        s.total("facility_energy") / s.total("it_energy") for s in (free.stage(2035), tight.stage(2030), tight.stage(2035))
    ]
    assert found[0] > 1.201 and found[1] > 1.201 and found[2] <= 1.2 + 1e-6
    assert tight.outcome["objective"] > free.outcome["bound"]
    inputs = case(1.2).inputs(tmp_path)
    inputs.study = case(1.19).study(tmp_path)
    with pytest.raises(ModelError, match=r"stage 2035: the limit on facility_energy per it_energy \(everywhere\) is 1\.19"):
        audit(tight, inputs)


def test_a_stage_looked_at_alone(tmp_path: Path):
    inputs = of_stage(grown(tmp_path), 1)
    assert inputs.study.year == 2035 and "stage" not in inputs.data.coords
    assert build(inputs, only=[0]).plan_columns
    with pytest.raises(ModelError, match="takes the blocks of one stage"):
        build(grown(tmp_path), only=[0])


def test_a_site_closes(tmp_path: Path):
    """15 MW in 2030, 5 MW from 2035 on; the north has room for 10, staff costs 300,000 a site. Per year of a stage:

    2030  north 10 MW 27,897,080, south 5 MW 200,000 + 29,623,960 / 2 = 15,011,980, staff 600,000            = 43,509,060
    2035  paid for all the same: halls of 15 MW 7,500,000, substations 400,000, connections 1,239,000 + 715,700
          north: servers 5,000,000, energy, tariff and water of 5 MW (6,202,080 + 5,168,400 + 87,600) / 2, staff 300,000
                                                                                                            = 20,883,740
    """
    case = hand_case(tmp_path)
    case.tables["sites.csv"]["max_it_mw"] = [10.0, 20.0]
    case.tables["regions.csv"]["it_mw"] = 5.0
    case.raw["sites"]["fixed_cost_eur_2024_per_year"] = 300_000
    years = {2030: {"work": {"web": 3.0}}, 2035: {}}
    case.raw["stages"] = {"until_year": 2040, "closing": True, "years": years}
    solution = siting.run(case.study(tmp_path))
    assert solution.stage(2030).total("cost") == pytest.approx(43_509_060, rel=1e-9)
    assert solution.stage(2035).total("cost") == pytest.approx(20_883_740, rel=1e-9)
    assert solution.sites["it_2035_mw"].tolist() == pytest.approx([5.0, 0.0])
    assert solution.sites["closes"].tolist()[1] == 2035.0 and np.isnan(solution.sites["closes"].tolist()[0])
    case.raw["stages"]["closing"] = False
    stays = siting.run(case.study(tmp_path))
    assert stays.sites["it_2035_mw"].tolist() == pytest.approx([10.0, 5.0])
    assert stays.outcome["objective"] > solution.outcome["objective"]


@pytest.mark.parametrize("more", [lambda x: x, with_storage, with_plant], ids=["plain", "storage", "plant"])
def test_closing_costs_no_more_and_is_audited(tmp_path: Path, more: Any):
    years = {2030: {"work": {"web": 1.5}}, 2035: {}}
    gap = {"gap": 0.02, "time_limit_s": 60}
    stages = {"until_year": 2045, "years": years}
    open_, close = (
        siting.pipeline.solve(more(loose(stages={**stages, "closing": c}, solver=gap).inputs(tmp_path / str(c))))
        for c in (False, True)
    )
    assert close.outcome["bound"] <= open_.outcome["objective"] * (1 + 1e-9)


def test_a_scenario_may_change_one_stage(tmp_path: Path):
    """Overlays merge stage by stage, and the study's YAML is read again as it was."""
    less = {"limits": {"carbon_location": {"max_t_per_year": 75_000}}}
    study = loose(stages={"until_year": 2050, "years": {2030: {}, 2035: less}}).study(tmp_path)
    other = study.with_(stages={"years": {2035: {"work": {"web": 2.0}}}})
    assert list(other.stages.years) == [2030, 2035] and other.stages.years[2035].work == {"web": 2.0}
    assert other.at_stage(2035).limits["carbon_location"][0].most == 75_000
    (tmp_path / "again.yaml").write_text(to_yaml(other))
    assert read_study(tmp_path / "again.yaml") == other


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        ({"until_year": 2030, "years": {2030: {}}}, "the years must rise: 2030 stands after 2030"),
        ({"until_year": 2040, "years": {2030: {"work": {"webb": 2}}}}, "did you mean 'web'"),
        (
            {"until_year": 2040, "years": {2030: {"limits": {"water": {"max_m3_per_year": 1}}}}},
            "needs a limit of the study itself",
        ),
        ({"until_year": 2040, "years": {2030: {"wok": {}}}}, "unknown key 'stages.years.2030.wok'; did you mean 'work'"),
    ],
)
def test_what_a_planner_is_told(tmp_path: Path, stages: dict, told: str):
    with pytest.raises(StudyError, match=told):
        loose(stages=stages).study(tmp_path)
