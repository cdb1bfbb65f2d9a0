"""Scenario files: overlays key by key, and every problem of every scenario at once."""

from __future__ import annotations

from pathlib import Path

import pytest

import siting
from siting.errors import StudyError

from .small import write_small_study

MODELS = Path(__file__).parents[2] / "models"


def write(folder: Path, scenarios: str) -> Path:
    write_small_study(folder)
    path = folder / "scenarios.yaml"
    path.write_text(f"name: some\nstudy: study.yaml\nscenarios:\n{scenarios}")
    return path


def test_an_overlay_changes_its_keys_and_no_other(tmp_path):
    path = write(tmp_path, "  base:\n  loose: {solver: {gap: 0.05}}\n  weak: {solver: {strong_rows: null}, name: weak}\n")
    studies = siting.read_scenarios(path).studies()
    assert list(studies) == ["base", "loose", "weak"]
    assert studies["loose"].solver.gap == 0.05 and studies["loose"].solver.strong_rows
    assert not studies["weak"].solver.strong_rows
    assert [s.name for s in studies.values()] == ["facility location: base", "facility location: loose", "weak"]
    assert studies["loose"].folder == tmp_path


def test_every_problem_of_every_scenario_is_told(tmp_path):
    path = write(tmp_path, "  first: {solver: {gaps: 0.05}}\n  second: {solver: {gap: 2, time_limit_s: 0}}\n  third:\n")
    with pytest.raises(StudyError) as e:
        siting.read_scenarios(path)
    told = "\n".join(e.value.problems)
    assert len(e.value.problems) == 3 and e.value.path == path
    assert "scenario 'first': unknown key 'solver.gaps'; did you mean 'gap'?" in told
    assert "scenario 'second': 'solver.gap'" in told and "scenario 'second': 'solver.time_limit_s'" in told


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: x\nstudy: study.yaml\nscenario: {a: {}}\n", "unknown key 'scenario'; did you mean 'scenarios'?"),
        ("name: x\nstudy: study.yaml\nscenarios: {../up: {}}\n", "a name becomes a folder"),
        ("name: x\nstudy: study.yaml\nscenarios: {a: {}, A: {}}\n", "is there twice"),
        ("name: x\nstudy: studi.yaml\nscenarios: {a: {}}\n", "did you mean 'study.yaml'?"),
        ("name: x\nstudy: study.yaml\nscenarios: {a: 3}\n", "'scenarios.a': should be a valid dictionary"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(tmp_path, text, sentence):
    write_small_study(tmp_path)
    (tmp_path / "scenarios.yaml").write_text(text)
    with pytest.raises(StudyError, match=sentence.replace("?", r"\?")):
        siting.read_scenarios(tmp_path / "scenarios.yaml")


def test_the_german_scenarios_are_studies():
    studies = siting.read_scenarios(MODELS / "germany-scenarios.yaml").studies()
    base = studies["base"]
    assert {"carbon-cap", "water-cap", "demand-plus-50", "latency", "no-liquid-cooling"} < set(studies)
    assert studies["demand-plus-50"].work["inference"].peak_it_mw == pytest.approx(1.5 * base.work["inference"].peak_it_mw)
    training = [studies[n].work["training"] for n in ("base", "demand-plus-50")]
    assert training[1].mwh_it_per_year == 1.5 * training[0].mwh_it_per_year
    assert studies["carbon-cap"].limits["carbon_market"][0].most > 0 and "water" in studies["water-cap"].limits


def test_the_scenarios_of_the_years_are_studies():
    studies = siting.read_scenarios(MODELS / "germany-2035-scenarios.yaml").studies()
    assert set(studies) == {"base", "slow-chips", "what-ifs", "costs-fall", "site-loss"}
    assert studies["what-ifs"].work["inference"].edge is not None and "fusion" in studies["what-ifs"].generation
    assert studies["site-loss"].work["inference"].n_plus_1 and studies["costs-fall"].finance.cost_paths
