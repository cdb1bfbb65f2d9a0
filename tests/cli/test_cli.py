"""The command line: what it prints, what it leaves on disk, and how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import siting
from siting import batch
from siting.cli import main
from siting.results.solution import Solution

from ..answers.facility import write_study
from ..batch.small import in_this_process, placed, write_small_study

# Ctrl-C by the planner as soon as the solver has a plan; the solver waits until it is felt.
PRESSED = """
import os, signal, sys, time
from siting import cli
from siting.solve.highs import Highs
listen, pressed = Highs._listen, []
def listening(self):
    listen(self)
    def found(event):
        if not pressed:
            pressed.append(True)
            os.kill(os.getpid(), signal.SIGINT)
            end = time.monotonic() + 10
            while not self.interrupt.is_set() and time.monotonic() < end:
                time.sleep(0.01)
    self._h.cbMipImprovingSolution += found
Highs._listen = listening
cli.main(sys.argv[1:])
"""


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(w) for w in words])


@pytest.fixture(scope="module")
def solved(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    result = call("run", write_small_study(folder), "--out", folder / "out", "--gap", "0", "--time-limit", "60")
    assert result.exit_code == 0, result.output
    (folder / "printed").write_text(result.stdout)
    return folder


def test_check_counts(tmp_path):
    result = call("check", write_small_study(tmp_path))
    assert result.exit_code == 0, result.output
    counts = dict(reversed(line.split(maxsplit=1)) for line in result.stdout.splitlines()[1:])
    assert counts["candidates"] == "2" and counts["kept"] == "2" and counts["hours"] == "1"


def test_check_tells_every_problem(tmp_path):
    path = write_small_study(tmp_path)
    path.write_text(path.read_text().replace("gap: 0", "gapp: 0").replace("sites.csv}", "sites.csv, keep: 0}"))
    result = call("check", path)
    assert result.exit_code == 1 and result.stdout == "" and "Traceback" not in result.stderr
    assert "unknown key 'solver.gapp'; did you mean 'gap'?" in result.stderr and "'sites.keep' (is 0)" in result.stderr
    (tmp_path / "regions.csv").unlink()
    write_study(tmp_path, np.ones(1), np.ones(1), np.ones(1), np.ones((1, 1)))
    (tmp_path / "regions.csv").unlink()
    (tmp_path / "hours.csv").unlink()
    result = call("check", path)
    assert result.exit_code == 1 and "regions.csv" in result.stderr and "hours.csv" in result.stderr


def test_run_prints_the_plan_and_writes_its_folder(solved):
    printed = (solved / "printed").read_text()
    assert "s0" in printed and "s1" in printed and "of the siting-dependent cost" in printed and "of the objective" in printed
    assert "HiGHS" not in printed and str(solved / "out" / "accounts.csv") in printed.replace("\n", "")
    assert siting.read_solution(solved / "out").outcome["objective"] == pytest.approx(24.0, rel=1e-9)
    assert {p.name for p in (solved / "out").iterdir()} >= {"solution.nc", "sites.gpkg", "study.yaml", "map.png", "report.html"}


def test_report_is_made_again(solved):
    for name in ("map.png", "report.html"):
        (solved / "out" / name).unlink()
    result = call("report", solved / "out")
    assert result.exit_code == 0, result.output
    assert (solved / "out" / "map.png").stat().st_size > 0 and (solved / "out" / "report.html").stat().st_size > 0


def test_explain(solved):
    whole, one = call("explain", solved / "out"), call("explain", solved / "out", "s1")
    assert whole.exit_code == 0 and one.exit_code == 0, whole.output + one.output
    assert "s0" in whole.stdout and "s1" in whole.stdout and "s1" in one.stdout
    unknown = call("explain", solved / "out", "s9")
    assert unknown.exit_code == 1 and "no candidate is called 's9'" in unknown.stderr


def test_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_client", in_this_process)
    write_small_study(tmp_path)
    path = tmp_path / "two.yaml"
    path.write_text("name: two\nstudy: study.yaml\nscenarios:\n  base:\n  broken: {hours: {table: no.csv}}\n")
    result = call("batch", path, "--out", tmp_path / "runs", "--workers", "1")
    assert result.exit_code == 1 and "1 of 2 scenarios have no plan: broken" in result.stderr
    assert "base: optimal" in result.stderr and str(tmp_path / "runs" / "scenarios.csv") in result.stdout
    assert siting.read_solution(tmp_path / "runs" / "base").total("cost") == pytest.approx(24.0)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("run",), 2, "Missing argument"),
        (("run", "study.yaml", "--gap", "1"), 2, "--gap"),
        (("walk",), 2, "No such command"),
        (("batch", "s.yaml", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"), 2, "--workers counts processes"),
        (("run", "nowhere.yaml"), 1, "there is no such file"),
        (("batch", "nowhere.yaml"), 1, "there is no such file"),
        (("report", "nowhere"), 1, "not a solution's folder"),
        (("explain", "nowhere"), 1, "not a solution's folder"),
    ],
)
def test_exit_codes(words, code, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call(*words)
    assert result.exit_code == code, result.output
    assert sentence in result.stderr and "Traceback" not in result.output and not list(tmp_path.iterdir())


def test_an_error_leaves_no_folder_and_no_half_of_one(tmp_path, monkeypatch):
    path = write_small_study(tmp_path / "in")
    text = path.read_text()
    path.write_text(text + "limits: {sites: {max_sites: 0}}\n")
    result = call("run", path, "--out", tmp_path / "out" / "plan")
    assert result.exit_code == 1 and result.stderr and not (tmp_path / "out").exists()

    path.write_text(text)
    whole = Solution._write_into

    def torn(self: Solution, folder: Path) -> None:
        whole(self, folder)
        (folder / "study.yaml").unlink()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Solution, "_write_into", torn)
    result = call("run", path, "--out", tmp_path / "out" / "plan")
    assert result.exit_code == 1 and "No space left on device" in result.stderr and not list((tmp_path / "out").iterdir())


def test_a_folder_that_is_no_solution_is_not_replaced(tmp_path):
    path = write_small_study(tmp_path)
    before = {p.name for p in tmp_path.iterdir()}
    result = call("run", path, "--out", tmp_path)
    assert result.exit_code == 1 and "holds no solution that could be replaced" in result.stderr
    assert {p.name for p in tmp_path.iterdir()} == before


def test_ctrl_c_keeps_the_best_plan_marked(tmp_path):
    n = 60
    random = np.random.default_rng(1)
    at, users = random.random((n, 2)), random.random((n, 2))
    demand = random.integers(5, 35, n).astype(float)
    away = np.hypot(*(at[:, None] - users[None]).transpose(2, 0, 1))
    capacity, fixed = random.integers(30, 60, n).astype(float), random.uniform(20, 40, n)
    path = write_study(tmp_path, capacity, fixed, demand, 10 * demand * away)
    placed(tmp_path / "sites.csv")
    path.write_text(path.read_text().replace("strong_rows: true", "strong_rows: false"))
    words = [sys.executable, "-c", PRESSED, "run", str(path), "--out", str(tmp_path / "out")]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert "Interrupted: this is the best plan found so far" in ended.stdout.replace("\n", " ")
    assert "HiGHS" not in ended.stdout  # its banner stays unseen, in a process that has just loaded it
    solution = siting.read_solution(tmp_path / "out")
    assert solution.outcome["status"] == "interrupted" and len(solution.chosen)
    assert solution.outcome["bound"] <= solution.outcome["objective"]
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
