"""Report, map and tables of a study of several stages with chips."""

from __future__ import annotations

from pathlib import Path

import pytest

import siting
from siting.reports import stages, write_reports
from siting.results.solution import Solution, read_solution

from ..blocks.test_chips import two_generations


@pytest.fixture(scope="module")
def solution(tmp_path_factory: pytest.TempPathFactory) -> Solution:
    folder = tmp_path_factory.mktemp("stages")
    solution = siting.run(two_generations(folder, {"performance": 1.4}).study(folder))
    return read_solution(solution.write(folder / "out"))


def test_the_report_tells_the_years(solution: Solution, tmp_path: Path):
    picture, page = write_reports(solution, tmp_path)
    text = page.read_text()
    assert picture.stat().st_size > 10_000
    for told in ("The years", "Which sites open when", "Generations of chips", "as it stands from 2030 on", "present value"):
        assert told in text
    assert stages.finding(solution) == "IT 10 MW at 1 site in 2025 and 15 MW at 1 site in 2030"


def test_tables_of_the_stages(solution: Solution):
    table = stages.stage_table(solution).set_index("stage")
    assert table["IT [MW]"].tolist() == pytest.approx([10.0, 15.0])
    assert table["part of the mean year [%]"].tolist() == pytest.approx([50.0, 50.0])
    assert stages.site_table(solution)["opens"].tolist() == ["2025"]
    chips = stages.chip_table(solution).set_index(["stage", "generation"])
    assert chips.loc[("2030", "old"), "retired, still paid for [MW]"] == pytest.approx(7.5)
    assert chips.loc[("2030", "new"), "of the work [%]"] == pytest.approx(100 * 17.5 / 20)
    assert stages.work_table(solution).iloc[:, 1].tolist() == pytest.approx([10.0, 20.0])
