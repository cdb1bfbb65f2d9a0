"""Batches: worker processes of this machine, and a real scheduler with workers on 127.0.0.1, by the same call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import siting
from siting import batch
from siting.errors import SitingError

from .small import BROKEN, OPTIMA, in_this_process, small_scenarios

# A worker in which a study called "… deadly" ends the process, as the kernel does when memory is short.
WORKER = """
import os, sys
from siting import batch
run = batch.run
batch.run = lambda study: os._exit(1) if study.name.endswith("deadly") else run(study)
from distributed.cli.dask_worker import main
main()
"""


@contextmanager
def process(*arguments: str, **environment: str) -> Iterator[subprocess.Popen]:
    started = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(10)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """The address of a scheduler that does not try again what has ended a worker."""
    told = folder / "scheduler.json"
    arguments = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show", "--scheduler-file", str(told))
    once = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with process("-m", "distributed.cli.dask_scheduler", *arguments, **once) as started:
        end = time.monotonic() + 60
        while time.monotonic() < end and started.poll() is None:
            try:
                address = json.loads(told.read_text())["address"]
                break
            except (FileNotFoundError, ValueError):
                time.sleep(0.05)
        else:
            pytest.fail("the scheduler did not start")
        yield address


def worker(address: str, folder: Path) -> object:
    nowhere = str(folder / "dask")
    return process("-c", WORKER, address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", nowhere)


def assert_solved(table: pd.DataFrame, folder: Path) -> None:
    rows = table.set_index("scenario")
    for name, optimum in OPTIMA.items():
        row = rows.loc[name]
        assert row["status"] == "optimal" and row["error"] == ""
        assert row["objective"] == pytest.approx(optimum, rel=1e-9) == row["cost_eur_2024_per_year"]
        assert row["bound"] == pytest.approx(optimum, rel=1e-9) and row["gap"] == pytest.approx(0, abs=1e-6)
        solution = siting.read_solution(folder / name)
        assert solution.total("cost") == row["cost_eur_2024_per_year"]
        assert "; ".join(solution.chosen["site"]) == row["chosen"]
    assert rows.loc["dear-south", "chosen"] == "s0" and set(rows.loc["base", "chosen"].split("; ")) == {"s0", "s1"}


def assert_on_disk(table: pd.DataFrame, folder: Path) -> None:
    pd.testing.assert_frame_equal(pd.read_csv(folder / "scenarios.csv"), table.replace("", np.nan), check_dtype=False)
    assert not [p.name for p in folder.iterdir() if p.name.startswith(".")]


def written(folder: Path) -> dict[str, int]:
    return {name: (folder / name / "solution.nc").stat().st_mtime_ns for name in OPTIMA}


@pytest.fixture(autouse=True)
def code_that_stays(request, monkeypatch):
    """Nobody's edit of a module while the tests run makes them solve again."""
    if "the_code" not in request.node.name:
        monkeypatch.setattr(batch, "code_version", lambda: "this one")


def test_a_batch_here_and_what_a_second_one_skips(tmp_path, monkeypatch):
    folder, asked = tmp_path / "runs", small_scenarios(tmp_path, broken=BROKEN)
    told: list[str] = []
    first = siting.run_all(asked, folder, workers=2, tell=lambda row: told.append(row["scenario"]))
    assert first["scenario"].tolist() == ["base", "dear-south", "broken"] and sorted(told) == sorted(first["scenario"])
    assert_solved(first, folder)
    assert_on_disk(first, folder)
    broken = first.set_index("scenario").loc["broken"]
    assert broken["status"] == "failed" and "nowhere.csv" in broken["error"] and not (folder / "broken").exists()

    before = written(folder)
    (tmp_path / "nowhere.csv").write_text((tmp_path / "serving.csv").read_text())
    dear = pd.read_csv(tmp_path / "dear.csv").assign(fixed_cost_eur_2024_per_year=[20.0, 100.0])
    dear.to_csv(tmp_path / "dear.csv", index=False)
    monkeypatch.setattr(batch, "_client", in_this_process)
    second = siting.run_all(asked, folder).set_index("scenario")
    after = written(folder)
    assert after["base"] == before["base"] and after["dear-south"] != before["dear-south"]
    digests = first.set_index("scenario")["digest"] == second["digest"]
    assert digests.to_dict() == {"base": True, "dear-south": False, "broken": False}
    assert second["objective"].to_dict() == pytest.approx({"base": 24.0, "dear-south": 35.0, "broken": 24.0}, rel=1e-9)


def test_an_interrupted_batch_keeps_what_is_finished(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_client", in_this_process)
    folder, asked = tmp_path / "runs", small_scenarios(tmp_path)

    def stop(row: dict) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        siting.run_all(asked, folder, tell=stop)
    kept = pd.read_csv(folder / "scenarios.csv")
    assert len(kept) == 1 and kept["status"][0] == "optimal"
    # the folder is the record: what a worker has finished is not solved again, whatever the table says
    (folder / "scenarios.csv").unlink()
    before = (folder / kept["scenario"][0] / "solution.nc").stat().st_mtime_ns
    whole = siting.run_all(asked, folder)
    assert_solved(whole, folder)
    assert (folder / kept["scenario"][0] / "solution.nc").stat().st_mtime_ns == before

    def none(*_: object) -> None:
        raise AssertionError("nothing is left to solve, so no cluster is needed")

    monkeypatch.setattr(batch, "_client", none)
    pd.testing.assert_frame_equal(siting.run_all(asked, folder), whole, check_dtype=False)


def test_a_cluster_gives_the_same_and_a_lost_worker_is_a_row(tmp_path):
    asked = small_scenarios(tmp_path, broken=BROKEN, deadly={"name": "deadly"})
    folder = tmp_path / "runs"
    with scheduler(tmp_path) as address, worker(address, tmp_path), worker(address, tmp_path):
        table = siting.run_all(asked, folder, scheduler=address)
    assert_solved(table, folder)
    assert_on_disk(table, folder)
    rows = table.set_index("scenario")
    assert rows.loc["deadly", "status"] == "failed" and "its worker was lost" in rows.loc["deadly", "error"]
    assert "nowhere.csv" in rows.loc["broken", "error"] and not (folder / "deadly").exists()


def test_without_any_worker_left_the_rest_are_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "FIRST_WORKER_S", 0.5)
    with scheduler(tmp_path) as address:
        table = siting.run_all(small_scenarios(tmp_path), tmp_path / "runs", scheduler=address)
    assert table["status"].tolist() == ["failed", "failed"] and "no worker was there" in table["error"][0]


def test_a_worker_returns_plain_values(tmp_path):
    study = small_scenarios(tmp_path).studies()["base"]
    row = batch.solve_one("base", study.as_dict(), str(study.folder), str(tmp_path / "out"), "d1")
    assert json.loads(json.dumps(row)) == row and set(row) <= set(batch.COLUMNS) and row["digest"] == "d1"


def test_the_digest_follows_content_and_not_place(tmp_path):
    here, there = small_scenarios(tmp_path / "a").studies()["base"], small_scenarios(tmp_path / "b").studies()["base"]
    assert batch.digest(here) == batch.digest(there)
    assert batch.digest(here) != batch.digest(here.with_(solver={"gap": 0.1}))
    before = batch.digest(here)
    with (tmp_path / "a" / "hours.csv").open("a") as hours:
        hours.write("# a remark\n")
    assert batch.digest(here) != before


def test_the_digest_follows_the_code(tmp_path, monkeypatch):
    (tmp_path / "package").mkdir()
    module, table = tmp_path / "package" / "batch.py", tmp_path / "tables" / "cooling.csv"
    table.parent.mkdir()
    module.write_text("a = 1")
    table.write_text("technology\n")
    monkeypatch.setattr(batch, "__file__", str(module))
    monkeypatch.setattr(batch, "SHIPPED", table.parent)
    versions = [batch.code_version()]
    module.write_text("a = 2")
    versions.append(batch.code_version())
    table.write_text("technology,value\n")
    versions.append(batch.code_version())
    assert len(set(versions)) == 3 and batch.code_version() == versions[2]


def test_what_cannot_be_started_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "ANSWER_S", 1.0)
    asked = small_scenarios(tmp_path)
    with pytest.raises(SitingError, match="no Dask scheduler answers at 'tcp:"):
        siting.run_all(asked, tmp_path / "runs", scheduler="tcp://127.0.0.1:1")
    foreign = tmp_path / "other" / "base"
    foreign.mkdir(parents=True)
    (foreign / "thesis.txt").write_text("mine")
    with pytest.raises(SitingError, match="holds no solution that could be replaced"):
        siting.run_all(asked, tmp_path / "other", workers=1)
    assert (foreign / "thesis.txt").read_text() == "mine"
