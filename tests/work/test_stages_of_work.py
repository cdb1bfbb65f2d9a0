"""Work in a study of several stages: growth, levers of later years, runs, deadlines and N+1 hold in each."""

from __future__ import annotations

import numpy as np
import pytest

import siting
from tests.blocks.small import SHIPPED, Case, three_sites, two_sites
from tests.work.test_levers import lever_rows


def staged(case: Case, *years: int) -> Case:
    case.raw["stages"] = {"until_year": years[-1] + 5, "years": {y: None for y in years}}
    case.raw["limits"] = {}
    return case


def test_doubled_work_with_doubled_efficiency_gives_the_same_sites(tmp_path):
    """Twice the work where a lever saves half of it at no cost: the plan of the work as it was."""
    before = siting.run(two_sites().study(tmp_path))
    case = two_sites()
    case.tables["regions.csv"]["it_mw"] *= 2
    case.raw["technologies"] = "tables"
    (tmp_path / "tables").mkdir()
    for path in SHIPPED.glob("*.csv"):
        (tmp_path / "tables" / path.name).write_text(path.read_text())
    lever_rows(half=("method", 0.5, 1.0, 0.0)).to_csv(tmp_path / "tables" / "levers.csv", index=False)
    case.raw["levers"] = {"technologies": ["half"]}
    after = siting.run(case.study(tmp_path))
    assert after.outcome["objective"] == pytest.approx(float(before.outcome["objective"]), rel=1e-9)
    assert np.allclose(after.data["sites_new_it"], before.data["sites_new_it"])


def test_growth_and_a_lever_of_a_later_year(tmp_path):
    """10 MW grow by a tenth a year; photonic compute is there in the second stage only."""
    case = staged(two_sites(), 2030, 2034)
    case.raw["work"]["web"]["growth"] = {"from_year": 2030, "per_year": 0.1}
    case.raw["levers"] = {"technologies": ["photonic", "quantisation"]}
    s = siting.run(case.study(tmp_path))
    peak = [float(s.stage(y).data["demand"].max()) for y in (2030, 2034)]
    assert peak == pytest.approx([10.0, 10 * 1.1**4])
    most = [float(s.stage(y).data["lever_share"].sel(lever="photonic").max()) for y in (2030, 2034)]
    assert most == pytest.approx([0.0, 0.10])
    table = s.notes["levers"]
    assert set(table["stage"]) == {2030, 2034} and table["worth_eur_2024_per_mw_year"].notna().any()


def test_runs_deadlines_and_site_loss_hold_in_every_stage(tmp_path):
    """Audited stage by stage; what N+1 asks for grows with the work."""
    case = staged(three_sites(weights=(1,)), 2030, 2035)
    case.raw["stages"]["years"][2035] = {"work": {"web": 1.5, "daily": 2.0, "monthly": 1.2}}
    case.raw["work"]["web"] |= {"latency_ms": 20.0, "n_plus_1": True}
    case.raw["work"]["monthly"]["in_one_place"] = True
    case.raw["work"]["daily"] = {"kind": "batch", "mwh_it_per_year": 26280.0, "max_it_mw": 6.0, "deadline_hours": 1}
    case.raw["solver"]["gap"] = 0.01
    s = siting.run(case.study(tmp_path))
    for year, peak in ((2030, 12.0), (2035, 18.0)):
        firm = s.stage(year).data["workloads_firm"].values
        assert (firm.sum() - firm).min() >= peak - 2e-3
        assert float(s.stage(year).data["workloads_hosts"].sum()) == pytest.approx(1)
    assert set(s.notes["site_loss"]["stage"]) == {2030, 2035}
