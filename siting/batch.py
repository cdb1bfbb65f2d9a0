"""Many studies on Dask: the workers of this machine, or those of a cluster named by its address, by one code path.

    table = siting.run_all(siting.read_scenarios("models/germany-scenarios.yaml"), "runs/germany-scenarios")

Each scenario is solved by one task and written by its worker to `folder/<scenario>/`, all or nothing; **workers and client
must see the same file system under the same paths**. The client alone writes `folder/scenarios.csv`, one row a scenario as
they finish. A result carries its digest (study, contents of its files, code), so a re-run solves only what is missing, has
failed, or has changed, and an interrupted batch loses at most the scenarios that were being solved.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .errors import Infeasible, SitingError
from .inputs import files
from .inputs.money import SHIPPED
from .pipeline import run
from .results.solution import Solution, read_solution
from .study.accounts import ACCOUNTS, unit_key
from .study.read import parse
from .study.scenarios import ScenarioSet
from .study.study import Study

if TYPE_CHECKING:
    from distributed import Client, Future

Row = dict[str, Any]
Told = Callable[[Row], None]

TOTALS = [name for name, a in ACCOUNTS.items() if a.kind == "total" and name != "penalty"]
ACCOUNT_COLUMNS = {a: a if a == unit_key(a) else f"{a}_{unit_key(a)}" for a in ("it_capacity", *TOTALS)}
GAPS = ("gap", "gap_of_objective", "gap_of_siting_dependent_cost")
COLUMNS = ("scenario", "status", "digest", "objective", "bound", *GAPS, "chosen", *ACCOUNT_COLUMNS.values(), "seconds", "error")
FINISHED = ("optimal", "limit")  # `limit`: the time that the study allows is used up

ANSWER_S = 10.0  # how long a scheduler may take to answer
FIRST_WORKER_S = 600.0  # how long to wait for the first worker of a cluster
NEXT_WORKER_S = 60.0  # how long to wait for another one when the last is lost


def run_all(
    scenarios: ScenarioSet,
    folder: str | Path,
    scheduler: str | None = None,
    workers: int | None = None,
    tell: Told | None = None,
) -> pd.DataFrame:
    """Solve every scenario that is not yet solved; returns the table of `folder/scenarios.csv`, one row a scenario.

    `scheduler` is the address of a running Dask scheduler (shared file system assumed); without one, `workers` processes are
    started here (as many as there are cores) with a thread each. They are spawned: a script calls this under
    `if __name__ == "__main__":`. `tell` gets each row as it comes.

    A scenario that fails, or loses its worker, is a row with its error, and is tried again by the next call.
    Raises StudyError (any scenario is no study), SitingError (the folder holds something else; no scheduler answers).
    """
    if scheduler is not None and workers is not None:
        raise ValueError("'workers' counts the processes started here; a cluster at 'scheduler' has its own")
    folder = Path(folder).resolve()
    studies = scenarios.studies()
    for name in studies:
        refuse_foreign(folder / name)
    known: dict[str, str] = {}
    digests = {name: digest(study, known) for name, study in studies.items()}
    table = _Table(folder, list(studies), tell)
    for name in studies:
        row = _finished(name, folder / name, digests[name])
        if row is not None:
            table.add(row)
    left = [name for name in studies if name not in table.rows]
    if left:
        with _client(scheduler, min(workers or os.cpu_count() or 1, len(left))) as client:
            tasks = {n: (n, studies[n].as_dict(), str(studies[n].folder), str(folder / n), digests[n]) for n in left}
            for row in _solved(client, tasks):
                table.add(row)
    return table.frame()


def solve_one(scenario: str, study: dict[str, Any], study_folder: str, folder: str, digest: str) -> Row:
    """What a worker does: solve a study given as plain values, write its folder, return its row.

    `folder` must be on a file system that the client sees too. A failure is a row with its error, not an exception.
    """
    began = time.monotonic()
    try:
        question = parse(study, Path(study_folder), scenario)
        solution = run(question)
        solution.data.attrs["digest"] = digest
        if question.outlines is not None:
            solution.data.attrs["outlines"] = str(question.path(question.outlines))
        solution.write(folder)
        return row_of(scenario, solution)
    except SitingError as e:
        status, error = "infeasible" if isinstance(e, Infeasible) else "failed", str(e)
    except Exception as e:  # a mistake in the program or the machine: told, and the other scenarios go on
        status, error = "failed", f"{type(e).__name__}: {e}"
    return _without_plan(scenario, status, digest, error, Path(folder), time.monotonic() - began)


def row_of(scenario: str, solution: Solution) -> Row:
    """One row of `scenarios.csv`; an account that the study does not have stays empty."""
    sums = {a: solution.total(a) for a in set(solution.accounts["account"])}
    out = {k: solution.outcome[k] for k in ("status", "objective", "bound", *GAPS, "seconds")}
    accounts = {column: float(sums[a]) for a, column in ACCOUNT_COLUMNS.items() if a in sums}
    chosen = "; ".join(solution.chosen["site"].astype(str))
    digest = solution.data.attrs.get("digest", "")
    return {"scenario": scenario, "digest": digest, "chosen": chosen, "error": "", **out, **accounts}


def refuse_foreign(folder: Path) -> None:
    """Raise SitingError where writing a solution would replace something that is none."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "solution.nc").is_file():
        raise SitingError("the folder is not empty and holds no solution that could be replaced; choose another", folder)
    if folder.exists() and not folder.is_dir():
        raise SitingError("is a file; a folder is needed", folder)


def digest(study: Study, known: dict[str, str] | None = None) -> str:
    """sha256 of the study, the contents of every file that its paths name, and the code with the tables that ship.

    `known` keeps the hashes of files between calls.
    """
    known = {} if known is None else known
    if "code" not in known:
        known["code"] = code_version()
    contents = {where: _content(path, known) for where, path in files.named(study)}
    whole = {"study": study.as_dict(), "files": contents, "code": known["code"]}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def code_version() -> str:
    """sha256 of the package's modules and of the technology tables that ship with it."""
    package = Path(__file__).parent
    files = [(str(p.relative_to(package)), p) for p in package.rglob("*.py")]
    return _hash_of(files + [(p.name, p) for p in SHIPPED.glob("*") if p.is_file()])


def _content(path: Path, known: dict[str, str]) -> str:
    key = str(path.resolve())
    if key not in known:
        files = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path] if path.is_file() else []
        known[key] = _hash_of([(str(p.relative_to(path)), p) for p in files])
    return known[key]


def _hash_of(files: list[tuple[str, Path]]) -> str:
    whole = hashlib.sha256()
    for name, path in sorted(files):
        with path.open("rb") as opened:
            whole.update(f"{name} {hashlib.file_digest(opened, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def _finished(scenario: str, folder: Path, digest: str) -> Row | None:
    """The row of a result that is there already and still answers the study."""
    try:
        row = row_of(scenario, read_solution(folder))
    except (SitingError, OSError, KeyError, ValueError):  # none there, or damaged: solve it again
        return None
    return row if row["digest"] == digest and row["status"] in FINISHED else None


class _Table:
    """The rows so far, on disk after every one."""

    def __init__(self, folder: Path, order: list[str], tell: Told | None):
        self.path, self.order, self.tell = folder / "scenarios.csv", order, tell
        self.rows: dict[str, Row] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, row: Row) -> None:
        self.rows[row["scenario"]] = row
        beside = self.path.with_name(f".{self.path.name}.{uuid.uuid4().hex[:8]}")
        try:
            self.frame().to_csv(beside, index=False)
            os.replace(beside, self.path)
        finally:
            beside.unlink(missing_ok=True)
        if self.tell:
            self.tell(row)

    def frame(self) -> pd.DataFrame:
        """In the order of the scenario file."""
        return pd.DataFrame([self.rows[n] for n in self.order if n in self.rows], columns=list(COLUMNS))


def _without_plan(scenario: str, status: str, digest: str, error: str, folder: Path, seconds: float) -> Row:
    if (folder / "solution.nc").is_file():
        error += " (its folder still holds the plan of an earlier study)"
    return {"scenario": scenario, "status": status, "digest": digest, "seconds": seconds, "error": error}


@contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Client]:
    """A client of the cluster at the address, or of worker processes that live as long as it."""
    import dask
    from distributed import Client, LocalCluster

    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=ANSWER_S, set_as_default=False)
        except (OSError, ValueError) as e:
            message = f"no Dask scheduler answers at '{scheduler}' ({e}); start one with `dask scheduler`"
            raise SitingError(message) from None
        with client:
            yield client
        return
    local = {"distributed.worker.multiprocessing-method": "spawn", "distributed.scheduler.allowed-failures": 0}
    with (
        dask.config.set(local),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0, silence_logs=50
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _solved(client: Client, tasks: dict[str, tuple[str, dict[str, Any], str, str, str]]) -> Iterator[Row]:
    """Rows as they finish. No more tasks are under way than there are threads, so a lost worker harms its own only."""
    waiting = list(tasks)
    running: dict[str, tuple[Future, float]] = {}
    seen, patience = time.monotonic(), FIRST_WORKER_S
    while waiting or running:
        threads = _threads(client)
        if threads:
            seen, patience = time.monotonic(), NEXT_WORKER_S
        while waiting and len(running) < threads:
            name = waiting.pop(0)
            future = client.submit(solve_one, *tasks[name], key=f"{name}-{uuid.uuid4().hex}", pure=False)
            running[name] = future, time.monotonic()
        for name in [n for n, (future, _) in running.items() if future.done()]:
            future, began = running.pop(name)
            yield _row_of_task(future, tasks[name], time.monotonic() - began)
        if not threads and time.monotonic() - seen > patience:
            for name in [*running, *waiting]:
                error = f"no worker was there for {patience:.0f} s; start one with `dask worker`"
                yield _without_plan(name, "failed", tasks[name][4], error, Path(tasks[name][3]), 0.0)
            client.cancel([future for future, _ in running.values()])
            return
        time.sleep(0.05)


def _threads(client: Client) -> int:
    """How many tasks the cluster can do at once; none when it does not answer."""
    try:
        return sum(client.nthreads().values()) if client.status == "running" else 0
    except (OSError, ValueError):
        return 0


def _row_of_task(future: Future, task: tuple[str, dict[str, Any], str, str, str], seconds: float) -> Row:
    if future.status == "finished":
        row: Row = future.result()
        return row
    what = future.exception() if future.status == "error" else None
    error = f"{type(what).__name__}: {what}"
    if _is_loss(what):
        error = f"its worker was lost ({what or future.status}): out of memory, or ended from outside"
    return _without_plan(task[0], "failed", task[4], error, Path(task[3]), seconds)


def _is_loss(what: BaseException | None) -> bool:
    from distributed.scheduler import KilledWorker

    return what is None or isinstance(what, KilledWorker)
