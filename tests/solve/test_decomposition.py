"""The decomposition against the monolith on the same Program: bounds of both bracket each other, plans agree."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siting.blocks.model import build
from siting.inputs.inputs import Inputs
from siting.pipeline import solve
from siting.reports.words import effort_words
from siting.results.audit import audit
from siting.solve.benders.decomposition import Decomposition
from siting.solve.benders.nearest import nearest
from siting.solve.benders.rounds import USED, Rounds
from siting.solve.benders.split import FIRST_PRICE, split
from siting.solve.benders.workers import Workers
from siting.solve.highs import Highs
from siting.solve.monolith import Monolith
from siting.solve.outcome import Outcome
from siting.solve.program import Program, whole
from siting.solve.stamp import stamp
from siting.study.solver import SolverOptions

from ..benchmarks.instances import instance
from ..blocks.small import in_blocks, three_sites, two_sites, with_storage

GAP = 0.01  # of the cost that depends on siting


def options(inputs: Inputs, gap: float = GAP) -> SolverOptions:
    return inputs.study.solver.model_copy(update={"gap": gap, "time_limit_s": 60.0})


def loose(folder: Path, carbon_t: float = 75_000.0, blocks: int = 3) -> Inputs:
    """Three sites x blocks of four hours, under a limit on carbon that a plan can keep."""
    case = three_sites(weights=(1, 2, 1)[:blocks])
    case.raw["limits"]["carbon_location"] = {"max_t_per_year": carbon_t}
    return case.inputs(folder)


def both(inputs: Inputs, gap: float = GAP) -> tuple[Outcome, Outcome]:
    program = stamp(build(inputs))
    one = Monolith(program, options(inputs, 1e-6), inputs.unavoidable_cost).solve()
    return one, Decomposition(program, options(inputs, gap), inputs.unavoidable_cost).solve()


def brackets(one: Outcome, other: Outcome) -> None:
    noise = 1e-6 * abs(one.objective)
    assert one.bound <= other.objective + noise and other.bound <= one.objective + noise


@pytest.mark.parametrize("carbon_t", [75_000.0, 90_000.0])
def test_bounds_bracket_and_the_gap_closes(tmp_path: Path, carbon_t: float):
    one, other = both(loose(tmp_path, carbon_t))
    brackets(one, other)
    assert other.status == "optimal" and other.gap_of_siting <= GAP + 1e-9
    assert other.objective == pytest.approx(one.objective, rel=1e-3)


def test_one_block(tmp_path: Path):
    one, other = both(two_sites().inputs(tmp_path), 1e-4)
    brackets(one, other)
    assert other.objective == pytest.approx(one.objective, rel=1e-6)


@pytest.mark.parametrize("between", ["same_level", "carried"])
def test_storage_between_blocks(tmp_path: Path, between: str):
    """Edges (levels carried from block to block) and one level for all blocks are plan columns like any other."""
    one, other = both(in_blocks(with_storage(loose(tmp_path, 90_000.0, blocks=1)), 2, between), 0.05)
    brackets(one, other)
    assert other.gap_of_siting <= 0.05 + 1e-9


def test_the_solution_is_audited(tmp_path: Path):
    inputs = loose(tmp_path)
    inputs.study = inputs.study.with_(solver={"method": "decomposition", "gap": GAP})
    solution = solve(inputs)
    assert audit(solution, inputs) is solution and solution.outcome["status"] == "optimal"
    assert solution.total("penalty") == 0.0  # rounding is not told as a broken rule


@pytest.fixture(scope="module")
def year() -> tuple[Inputs, Program]:
    """SYNTHETIC: 6 sites x 6 days, no integers, so that the optimum is a linear program's."""
    inputs = instance(6, 6, carbon_share=1.2)
    program = stamp(build(inputs))
    program.plan.integer[:] = False
    return inputs, program


def test_the_relaxation_is_the_linear_program_s(year: tuple[Inputs, Program]):
    inputs, program = year
    w = whole(program)
    highs = Highs(w)
    own = len(program.plan.columns) + program.n_own * np.arange(program.n_blocks)[:, None] + program.elastic_columns()
    highs.bound_columns(own.ravel(), np.zeros(own.size), np.zeros(own.size))
    exact = highs.run(solver="ipx").objective
    found = Decomposition(program, options(inputs), inputs.unavoidable_cost).solve()
    assert found.bound <= exact * (1 + 1e-7) and exact <= found.objective * (1 + 1e-7)
    assert found.gap_of_siting <= GAP


def rounds_of(inputs: Inputs, gap: float) -> Rounds:
    run = Decomposition(stamp(build(inputs)), options(inputs, gap), inputs.unavoidable_cost)
    of = split(run.program)
    return Rounds(run, of, np.full(len(of.elastic), FIRST_PRICE), 1)


def test_the_first_whole_modules_are_at_the_sites_of_the_relaxation():
    """Of other sites the master has few cuts, and believes too much."""
    rounds = rounds_of(instance(12, 2), 0.02)
    rounds.run.sites = np.arange(12) < 9  # those of a first plan; others join
    relaxed = rounds.settle(None, 0.02, "first plan", lambda: True)
    assert relaxed is not None
    whole_plan = rounds.dive(relaxed, lambda: True)
    assert whole_plan is not None
    modules = whole_plan[rounds.split.plan.integer]
    assert np.abs(modules - np.round(modules)).max() < 1e-6
    used = rounds.split.sites_used(relaxed.plan, USED)
    assert used.any() and not used.all()
    assert not (rounds.split.sites_used(whole_plan, USED) & ~used).any()


def test_a_dive_in_vain_leaves_all_sites_to_what_is_proved_next():
    """Otherwise the bound of whole modules would be that of fewer sites."""
    rounds = rounds_of(instance(12, 2), 0.02)
    rounds.run.sites = np.arange(12) < 9
    relaxed = rounds.settle(None, 0.02, "first plan", lambda: True)
    assert relaxed is not None
    free = rounds.master.relaxation(60.0).bound
    assert rounds.dive(relaxed, lambda: False) is None
    assert rounds.master.relaxation(60.0).bound == pytest.approx(free, rel=1e-9)


@pytest.mark.parametrize("carbon_share, dearer", [(1.2, False), (0.2, True)])
def test_a_limit_that_is_broken_because_it_is_cheap_costs_more(carbon_share: float, dearer: bool):
    """Where the limit on carbon binds, breaking it costs more after the first plan; where it is slack, it stays cheap."""
    rounds = rounds_of(instance(6, 6, carbon_share=carbon_share), 0.01)
    plan = rounds.settle(None, 0.01, "first plan", lambda: True)
    assert plan is not None
    low = rounds.low
    rounds.charge_enough(plan, 0.01, "first plan", lambda: True)
    over = [rounds.split.own_names[j] == "limits.over" for j in rounds.split.elastic]
    assert (rounds.price[over].max() > FIRST_PRICE) == dearer
    assert rounds.low >= low - 1e-6 * abs(low)


def test_a_lost_worker_costs_its_blocks_only(year: tuple[Inputs, Program]):
    """Two processes; one is killed between two rounds. The answers are those of one process."""
    _, program = year
    parts = split(program)
    plan = np.clip(np.full(parts.n_plan, 1.0), parts.plan.column_lower, parts.plan.column_upper)
    price = np.full(len(parts.elastic), 1e-4)
    alone, together = Workers(parts, 1), Workers(parts, 2)
    try:
        expected = [e.value for e in alone.evaluate(plan, price)]
        assert [e.value for e in together.evaluate(plan, price)] == pytest.approx(expected, rel=1e-7)
        victim = next(iter(together._executors[0]._processes))
        os.kill(victim, signal.SIGKILL)
        assert [e.value for e in together.evaluate(plan, price)] == pytest.approx(expected, rel=1e-7)
        assert together.lost >= 1
    finally:
        together.close()


HOLDS_WORKERS = """
import pickle, sys, time
import numpy as np
from siting.solve.benders.workers import Workers
parts = pickle.load(open(sys.argv[1], "rb"))
workers = Workers(parts, 2)
plan = np.clip(np.full(parts.n_plan, 1.0), parts.plan.column_lower, parts.plan.column_upper)
workers.evaluate(plan, np.full(len(parts.elastic), 1e-4))
print("workers", *(pid for e in workers._executors for pid in e._processes), flush=True)
time.sleep(600)
"""


def test_a_run_that_is_killed_leaves_no_worker_behind(year: tuple[Inputs, Program], tmp_path: Path):
    """Workers hold the pipe of the run: it ends when the last of them does."""
    (tmp_path / "parts.pkl").write_bytes(pickle.dumps(split(year[1])))
    command = [sys.executable, "-c", HOLDS_WORKERS, str(tmp_path / "parts.pkl")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        told = run.stdout.readline().split()
        assert told[0] == "workers" and len(told) == 3, "nothing else is printed: no banner of HiGHS by a worker"
        run.kill()
        run.communicate(timeout=60)


def test_a_cut_is_tight_where_it_was_found_and_below_elsewhere(year: tuple[Inputs, Program]):
    _, program = year
    parts, rng = split(program), np.random.default_rng(0)
    workers = Workers(parts, 1)
    price = np.full(len(parts.elastic), 1e-4)
    high = np.minimum(parts.plan.column_upper, 50.0)
    here, there = (nearest(parts, rng.uniform(0, 1, parts.n_plan) * high) for _ in range(2))
    assert here is not None and there is not None
    at_there = {e.block: e.value for e in workers.evaluate(there, price)}
    for e in workers.evaluate(here, price):
        links = parts.links[:, e.block]
        assert e.constant + e.slope @ here[links] == pytest.approx(e.value, rel=1e-6, abs=1e-3)
        assert e.constant + e.slope @ there[links] <= at_there[e.block] * (1 + 1e-6) + 1e-3


def test_an_interrupt_keeps_the_best_plan(tmp_path: Path):
    """Stopped as soon as a plan is known: the plan is kept, with an honest gap."""
    inputs, stop = loose(tmp_path), threading.Event()
    program = stamp(build(inputs))

    def tell(_: object) -> None:
        if np.isfinite(run.incumbent):
            stop.set()

    run = Decomposition(program, options(inputs, 0.0), inputs.unavoidable_cost, tell=tell, interrupt=stop)
    found = run.solve()
    assert found.status == "interrupted" and found.bound < found.objective < np.inf


@pytest.mark.parametrize("method", ["decomposition", "monolith"])
def test_a_what_if_starts_from_the_plan_of_a_study_near_by(tmp_path: Path, method: str):
    """The same study again, and with less carbon: the same answer as from nothing, and the first plan at once."""
    before = solve(loose(tmp_path, 90_000.0))
    tighter = loose(tmp_path, 85_000.0)
    study = tighter.study.with_(solver={"method": method, "gap": GAP, "time_limit_s": 60.0})
    tighter = replace(tighter, study=study)
    fresh, warm = solve(tighter), solve(tighter, near=before)
    gaps = float(fresh.outcome["gap"]) + float(warm.outcome["gap"])
    assert abs(float(fresh.outcome["objective"]) - float(warm.outcome["objective"])) <= gaps + 1e-6
    assert warm.outcome["gap_of_siting_dependent_cost"] <= GAP + 1e-9
    assert warm.total("carbon_location") <= 85_000.0 * (1 + 1e-6)
    told = " ".join(effort_words(warm))
    assert ("proven for all 12 hours" in told and "Planned on" not in told) if method == "decomposition" else told == ""


def test_the_nearest_plan_keeps_the_rows(year: tuple[Inputs, Program]):
    _, program = year
    s = split(program)
    wild = np.random.default_rng(1).uniform(0, 100, s.n_plan)
    found = nearest(s, wild)
    assert found is not None
    rows = s.plan.matrix @ found
    assert np.all(rows >= s.plan.lower - 1e-6) and np.all(rows <= s.plan.upper + 1e-6)
    assert nearest(s, found) == pytest.approx(found, abs=1e-6)  # a plan that keeps them stays
