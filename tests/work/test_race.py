"""The race: fleets by vintage, the year in which headroom runs out, and the picture's finding; synthetic stages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import siting
from siting.errors import StudyError
from siting.physics.vintages import fleet_mw
from siting.reports.race import draw_race, finding
from tests.blocks.small import two_sites
from tests.blocks.test_chips import chips_table, two_generations


@pytest.fixture(scope="module")
def solution(tmp_path_factory):
    """10 MW of users grow by 15 % a year from 2030; 60 MW of headroom at the meter, put in by hand."""
    case = two_sites()
    case.raw["stages"] = {"until_year": 2038, "years": {2030: None, 2034: None}}
    case.raw["work"]["web"]["growth"] = {"from_year": 2030, "per_year": 0.15}
    case.raw["levers"] = {"technologies": ["quantisation"]}
    s = siting.run(case.study(tmp_path_factory.mktemp("race")))
    s.notes["stacking"] = pd.DataFrame({"jointly_mw": [60.0]})
    return s


def test_a_fleet_by_hand():
    """Life 2, a gain of a half: 5 + 5 of work at 1.5 and 1 W. Year 1: the older leave and 20 are asked for: 15 are bought at
    1/1.5. Year 2: the other 5 leave, 10 are asked for and 15 stand: 5 of them leave too."""
    power = fleet_mw([10.0, 20.0, 10.0], 0.5, 2)
    first = 5 * 1.5 + 5
    assert power == pytest.approx(10 / first * np.array([first, 5 + 15 / 1.5, 10 / 1.5]))


def test_faster_gains_take_fewer_megawatts():
    work = 10 * 1.15 ** np.arange(20)
    slow, fast = fleet_mw(work, 0.17, 5), fleet_mw(work, 0.45, 5)
    assert (fast[1:] < slow[1:]).all() and (slow <= work + 1e-9).all()


def test_the_race_of_a_solution(solution):
    r = siting.race(solution, until=2045)
    t = {name: column.to_numpy(float) for name, column in r.table.items()}
    assert t["work_mw"] == pytest.approx(10 * 1.15 ** np.arange(16))
    saved = 0.35 * 0.60
    assert t["levers_mw"] == pytest.approx(t["work_mw"] * (1 - saved))
    assert t["levers_and_chips_mw"] == pytest.approx(fleet_mw(t["work_mw"], 0.30, 5) * (1 - saved))
    assert t["headroom_mw"][0] == pytest.approx(60 / 1.2, rel=0.05)
    exact = 2030 + np.log(t["headroom_mw"][0] / 10) / np.log(1.15)
    assert r.runs_out["work"] == pytest.approx(exact, abs=0.01)
    assert np.isnan(r.runs_out["levers_and_chips"]) and np.isnan(r.runs_out["levers_and_chips_low"])
    told = finding(r, "The region")
    assert (
        told.startswith(f"The region: the candidates are full in {exact:.0f} at the efficiency of 2030")
        and "beyond 2045" in told
    )


def test_the_picture_is_drawn(solution, tmp_path):
    figure = draw_race(siting.race(solution, until=2045), "The region")
    figure.savefig(tmp_path / "race.png")
    assert (tmp_path / "race.png").stat().st_size > 20_000


def test_a_study_without_stages_or_headroom_has_no_race(solution, tmp_path):
    with pytest.raises(StudyError, match="needs a study of several stages"):
        siting.race(siting.run(two_sites().study(tmp_path)), until=2045)
    with pytest.raises(StudyError, match="the race ends in 2034, but the last stage begins in 2034"):
        siting.race(solution, until=2034)


def test_with_generations_of_chips_the_race_is_in_megawatts_of_the_first_stage(tmp_path):
    """Chips that do twice the work of the reference: 10 MW of work take 5 MW of IT, in the plan and where every line begins."""
    case = two_generations(tmp_path, {})
    chips_table(tmp_path / "round", old={"performance": 2.0}, new={"first_year": 2030, "performance": 4.0, "capex": 8e6})
    s = siting.run(case.study(tmp_path))
    s.notes["stacking"] = pd.DataFrame({"jointly_mw": [60.0]})
    r = siting.race(s, until=2040)
    start = r.table.iloc[0]
    assert (start["work_mw"], start["chips_mw"], r.plan[2025]) == pytest.approx((5.0, 5.0, 5.0))
    assert r.table["work_mw"].iloc[5] == pytest.approx(10.0)
