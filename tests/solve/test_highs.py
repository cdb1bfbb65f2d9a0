"""HiGHS behind our arrays: a problem with a known answer, options that are refused, a run that is interrupted."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp

from siting.errors import SolveError
from siting.solve.highs import Highs
from siting.solve.program import INF, Cut, Whole


def self_test() -> Whole:
    """min 10 d0 + 8 d1;  z_i <= 1000 x_i;  z_i + d_i = 1000;  x0 + x1 <= 1;  x binary;  z, d in [0, 1000].

    One x opens one z: the dearer d0 is spared, d1 = 1000 costs 8,000. Columns: x0 x1 z0 z1 d0 d1.
    """
    rows = np.array(
        [[-1000, 0, 1, 0, 0, 0], [0, -1000, 0, 1, 0, 0], [0, 0, 1, 0, 1, 0], [0, 0, 0, 1, 0, 1], [1, 1, 0, 0, 0, 0]], float
    )
    return Whole(
        sp.csr_matrix(rows),
        np.array([-INF, -INF, 1000, 1000, -INF]),
        np.array([0.0, 0, 1000, 1000, 1]),
        np.zeros(6),
        np.array([1.0, 1, 1000, 1000, 1000, 1000]),
        np.array([0.0, 0, 0, 0, 10, 8]),
        0.0,
        np.array([True, True, False, False, False, False]),
    )


@pytest.mark.parametrize("presolve", ["on", "off"])
def test_self_test(presolve):
    answer = Highs(self_test()).run(presolve=presolve, mip_rel_gap=0.0)
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(8000, abs=1e-6)
    assert answer.bound == pytest.approx(8000, abs=1e-6)
    assert answer.columns == pytest.approx([1, 0, 1000, 0, 0, 1000])


def test_the_constant_is_part_of_objective_and_bound():
    answer = Highs(self_test()._replace(constant=500.0)).run()
    assert (answer.objective, answer.bound) == pytest.approx((8500, 8500))


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e9])
def test_scaling_inside_is_not_seen_outside(size):
    w = self_test()
    answer = Highs(w._replace(cost=w.cost * size)).run()
    assert answer.objective == pytest.approx(8000 * size)


def test_unknown_option_or_value():
    with pytest.raises(SolveError, match="option presolv = on"):
        Highs(self_test()).option("presolv", "on")
    with pytest.raises(SolveError, match="option presolve = perhaps"):
        Highs(self_test()).option("presolve", "perhaps")
    with pytest.raises(Exception, match="presolv"):
        Highs(self_test()).run(presolv="on")


def test_options_hold_for_one_run():
    h = Highs(self_test())
    before = h._h.getOptionValue("mip_rel_gap")[1]
    h.run(mip_rel_gap=0.25)
    assert h._h.getOptionValue("mip_rel_gap")[1] == before


def knapsacks(n: int = 60, m: int = 40) -> Whole:
    """A market-split-like MIP that no one solves in seconds."""
    rng = np.random.default_rng(1)
    a = rng.integers(1, 1000, (m, n)).astype(float)
    half = a.sum(axis=1) // 2
    slack = np.hstack([np.eye(m), -np.eye(m)])
    matrix = sp.csr_matrix(np.hstack([a, slack]))
    upper = np.concatenate([np.ones(n), np.full(2 * m, INF)])
    cost = np.concatenate([np.zeros(n), np.ones(2 * m)])
    return Whole(matrix, half, half, np.zeros(n + 2 * m), upper, cost, 0.0, np.arange(n + 2 * m) < n)


@pytest.mark.parametrize("after_s", [0.0, 0.5])
def test_an_interrupt_stops_the_run(after_s):
    """Set before the run or in the midst of it: soon over, `interrupted` (or solved), a found plan kept with its bound."""
    interrupt = threading.Event()
    timer = threading.Timer(after_s, interrupt.set)
    if after_s:
        timer.start()
    else:
        interrupt.set()
    answer = Highs(knapsacks(), interrupt).run(time_limit=30.0, mip_rel_gap=0.0)
    timer.cancel()
    assert answer.status == "interrupted"
    if answer.columns is not None:
        assert answer.bound <= answer.objective + 1e-6


def test_an_interrupt_ends_one_run_and_not_the_next():
    """HiGHS keeps the flag of an interrupt: it is taken back, so the same model solves again."""
    interrupt = threading.Event()
    interrupt.set()
    highs = Highs(knapsacks(), interrupt)
    assert highs.run(time_limit=30.0, mip_rel_gap=0.0).status == "interrupted"
    interrupt.clear()
    highs.relax(True)
    assert highs.run(time_limit=highs.run_time() + 30.0).status == "optimal"


def test_an_interrupt_before_a_small_run():
    interrupt = threading.Event()
    interrupt.set()
    answer = Highs(self_test(), interrupt).run()
    assert answer.status == "interrupted" or answer.objective == pytest.approx(8000)


def test_time_limit():
    answer = Highs(knapsacks()).run(time_limit=0.3, mip_rel_gap=0.0)
    assert answer.status == "limit"


def test_infeasible_is_an_answer():
    w = self_test()
    answer = Highs(w._replace(column_lower=np.array([1.0, 1, 0, 0, 0, 0]))).run()
    assert (answer.status, answer.columns) == ("infeasible", None)


def test_progress_is_told():
    told = []
    Highs(knapsacks()).run("plan", told.append, time_limit=2.0)
    assert told and {p.stage for p in told} == {"plan"}
    assert all(p.bound <= p.incumbent + 1e-6 for p in told)


def test_a_cut_and_a_bound_move_the_answer():
    """x0 <= 0 by a row: d0 must be paid, 10,000; and by a bound the same."""
    h = Highs(self_test())
    assert h.add_cut(Cut("no x0", np.array([0]), np.array([1.0]), 0.0)) == 5
    assert h.run().objective == pytest.approx(10_000)
    h = Highs(self_test())
    h.bound_columns(np.array([0]), np.zeros(1), np.zeros(1))
    assert h.run().objective == pytest.approx(10_000)


def test_relaxation_and_back():
    """Relaxed: x0 = 1 still, since x0 + x1 <= 1 binds; one more unit of that row is worth 8,000 (x1) or 10,000 (x0)."""
    h = Highs(self_test())
    h.relax(True)
    answer = h.run()
    assert answer.objective == pytest.approx(8000)
    assert answer.row_duals is not None and -10_000.01 <= answer.row_duals[4] <= -7_999.99
    h.relax(False)
    assert h.run().objective == pytest.approx(8000)


def test_an_optimum_that_misses_a_row_by_rounding_is_one(monkeypatch):
    """HiGHS calls it optimal as it scaled the model, and its point infeasible in the model's own units."""
    h = Highs(self_test())
    h.relax(True)
    h.run()
    ended, solver = h._h.getInfo(), h._h

    def off(by):
        names = ("mip_node_count", "objective_function_value", "mip_dual_bound")
        info = SimpleNamespace(**{n: getattr(ended, n) for n in names}, primal_solution_status=1, max_primal_infeasibility=by)
        told = SimpleNamespace(
            getInfo=lambda: info, **{n: getattr(solver, n) for n in ("getModelStatus", "getSolution", "modelStatusToString")}
        )
        monkeypatch.setattr(h, "_h", told)
        return h._answer()

    assert off(1e-6).columns == pytest.approx(np.array(solver.getSolution().col_value))
    assert off(1e-2).columns is None
