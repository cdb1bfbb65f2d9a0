"""What it costs to wait with a site: against the same study with the site kept out of its first stage; choices of one site."""

from __future__ import annotations

import numpy as np
import pytest

import siting
from siting.inputs.prepare import prepare
from siting.pipeline import solve
from tests.blocks.small import Case, three_sites, two_sites


def growing() -> Case:
    """8 MW of users in 2030, twice as many in 2034; modules of 5 MW, 20 MW at each of two sites."""
    case = two_sites()
    case.tables["regions.csv"]["it_mw"] = 8.0
    case.raw["stages"] = {"until_year": 2038, "years": {2030: None, 2034: {"work": {"web": 2.0}}}}
    case.raw["solver"]["without_each_site"] = True
    return case


def test_waiting_against_the_study_solved_again(tmp_path):
    """The site of the first stage opens in the second: the plan found costs what the best with it closed first does."""
    s = siting.run(growing().study(tmp_path))
    table = s.notes["waiting"]
    row = table.iloc[0]
    assert len(table) == 1 and (row["opens"], row["waits_until"]) == (2030, 2034)
    inputs = prepare(growing().study(tmp_path))
    may = inputs.data["may_open"]
    may = may.expand_dims(stage=inputs.data["stage"]).copy() if "stage" not in may.dims else may.copy()
    may.loc[{"site": row["site"], "stage": 2030}] = 0.0
    inputs.data["may_open"] = may.transpose("site", "stage")
    again = solve(inputs)
    exact = float(again.outcome["objective"]) - float(s.outcome["objective"])
    assert row["found_eur_2024_per_year"] == pytest.approx(exact, rel=0.02)
    assert exact > 0 and not row["may_wait"]


def test_a_plan_without_the_host_of_a_run_is_found(tmp_path):
    """The run moves with its choice: not rounded up at two sites."""
    case = three_sites(weights=(1,))
    case.raw["limits"] = {}
    case.raw["work"]["web"]["latency_ms"] = 20.0
    case.raw["work"]["yearly"]["in_one_place"] = True
    case.raw["solver"]["without_each_site"] = True
    s = siting.run(case.study(tmp_path))
    assert np.isfinite(s.notes["without"]["found_eur_2024_per_year"]).all()
