"""A program of which the solver holds some sites: the same least as SciPy finds with all columns, whatever is changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog

from siting.solve.benders import sifting
from siting.solve.benders.sifting import Sifted
from siting.solve.highs import Answer, Highs
from siting.solve.program import Cut, Whole

SITES, REGIONS = 30, 4


def program(rng: np.random.Generator) -> tuple[Whole, np.ndarray]:
    """Each site: open (0 to 1), MW ≤ 50 · open, MW to each region; regions want MW, or go without at a cost."""
    n = 2 + REGIONS
    site = np.append(np.repeat(np.arange(SITES), n), np.full(REGIONS, -1))
    cost = np.concatenate(
        [np.append([rng.uniform(50, 100), rng.uniform(1, 3)], rng.uniform(0, 5, REGIONS)) for _ in range(SITES)]
    )
    rows, lower, upper = [], [], []

    def row(entries: dict[int, float], least: float, most: float) -> None:
        one = np.zeros(len(site))
        one[list(entries)] = list(entries.values())
        rows.append(one)
        lower.append(least)
        upper.append(most)

    for s in range(SITES):
        row({s * n: -50.0, s * n + 1: 1.0}, -np.inf, 0.0)
        row({s * n + 1: -1.0} | {s * n + 2 + r: 1.0 for r in range(REGIONS)}, -np.inf, 0.0)
    for r in range(REGIONS):
        row({s * n + 2 + r: 1.0 for s in range(SITES)} | {SITES * n + r: 1.0}, rng.uniform(60, 120), np.inf)
    most = np.where(site < 0, np.inf, 60.0)
    most[: SITES * n : n] = 1.0
    matrix = sp.csr_matrix(np.array(rows))
    cost = np.append(cost, np.full(REGIONS, 500.0))
    zero, none = np.zeros(len(site)), np.zeros(len(site), bool)
    w = Whole(matrix, np.array(lower), np.array(upper), zero, most, cost, 7.0, none)
    return w, site


def least(w: Whole) -> float:
    a, has_upper, has_lower = w.matrix.toarray(), np.isfinite(w.upper), np.isfinite(w.lower)
    found = linprog(
        w.cost,
        np.vstack([a[has_upper], -a[has_lower]]),
        np.concatenate([w.upper[has_upper], -w.lower[has_lower]]),
        bounds=np.stack([w.column_lower, w.column_upper], axis=1),
    )
    assert found.status == 0
    return found.fun + w.constant


def with_rows(w: Whole, rows: sp.csr_matrix, lower: np.ndarray, upper: np.ndarray) -> Whole:
    matrix = sp.vstack([w.matrix, rows]).tocsr()
    return w._replace(matrix=matrix, lower=np.append(w.lower, lower), upper=np.append(w.upper, upper))


def inside(of: Sifted) -> int:
    return int(of._inside.sum())


@pytest.mark.parametrize("together", [5000, 7])
@pytest.mark.parametrize("seed", range(5))
def test_the_least_is_that_of_all_columns_through_every_change(seed: int, together: int, monkeypatch: pytest.MonkeyPatch):
    """All sites priced in one program, or a few in each."""
    monkeypatch.setattr(sifting, "PRICED", together)
    rng = np.random.default_rng(seed)
    w, site = program(rng)
    some = Sifted(w, site)

    def same() -> None:
        answer = some.run(60.0)
        assert answer.status == "optimal" and answer.columns is not None
        assert answer.bound == pytest.approx(least(w), rel=1e-8)
        assert w.cost @ answer.columns + w.constant == pytest.approx(least(w), rel=1e-8)
        assert (w.matrix @ answer.columns <= w.upper + 1e-6).all() and (w.matrix @ answer.columns >= w.lower - 1e-6).all()

    same()
    assert inside(some) < SITES
    more = sp.csr_matrix(rng.uniform(0, 1, (3, len(site))) * (rng.uniform(size=(3, len(site))) < 0.5))
    asked = np.array([40.0, 90.0, 150.0])
    some.add_rows(more, asked, np.full(3, np.inf))
    w = with_rows(w, more, asked, np.full(3, np.inf))
    same()
    at = np.flatnonzero(np.arange(len(site)) % (2 + REGIONS) == 1)[:8]
    some.add_cut(Cut("corridor", at, np.ones(8), 30.0, {}))
    row = sp.csr_matrix((np.ones(8), (np.zeros(8, int), at)), (1, len(site)))
    w = with_rows(w, row, np.array([-np.inf]), np.array([30.0]))
    same()
    gone = np.array([2 * SITES + REGIONS, 2 * SITES + REGIONS + 2])
    some.delete_rows(gone)
    stays = np.delete(np.arange(w.matrix.shape[0]), gone)
    w = w._replace(matrix=w.matrix[stays], lower=w.lower[stays], upper=w.upper[stays])
    same()
    shut, must = site % 3 == 0, np.flatnonzero(site == 4)[:1]
    some.bound_columns(np.flatnonzero(shut), np.zeros(shut.sum()), np.zeros(shut.sum()))
    some.bound_columns(must, np.ones(1), np.ones(1))
    w.column_upper[shut], w.column_lower[must] = 0.0, 1.0
    same()
    some.forget()
    same()


def test_sites_that_are_not_used_any_more_go_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sifting, "MOST", 2)
    w, site = program(np.random.default_rng(1))
    some, most = Sifted(w, site), w.column_upper.copy()
    for turn in range(30):
        third = (site >= 0) & (site % 3 != turn // 10)
        some.bound_columns(np.arange(len(site)), w.column_lower, np.where(third, 0.0, most))
        answer = some.run(60.0)
        assert answer.bound == pytest.approx(least(w._replace(column_upper=np.where(third, 0.0, most))), rel=1e-8)
    assert inside(some) < 2 * SITES / 3


def test_a_site_that_has_to_be_there_is_inside_from_the_beginning():
    w, site = program(np.random.default_rng(2))
    existing = sp.csr_matrix((np.ones(1), ([0], [3 * (2 + REGIONS) + 1])), (1, len(site)))  # MW of site 3
    w = with_rows(w, existing, np.array([20.0]), np.array([np.inf]))
    assert Sifted(w, site).run(60.0).bound == pytest.approx(least(w), rel=1e-8)


def test_what_can_be_kept_by_more_sites_alone_is_no_infeasible_program():
    w, site = program(np.random.default_rng(3))
    at = np.flatnonzero(site < 0)
    w.column_upper[at] = 0.0  # no region may go without
    some = Sifted(w, site)
    assert some.run(60.0).bound == pytest.approx(least(w), rel=1e-8)
    assert inside(some) < SITES  # a ray told which sites it takes
    assert some._highs.n_rows == REGIONS + 2 * inside(some)
    some.bound_columns(np.flatnonzero(site >= 0), np.zeros((site >= 0).sum()), np.zeros((site >= 0).sum()))
    answer = some.run(60.0)
    assert answer.status == "infeasible" and answer.row_duals is None


def test_dear_columns_that_are_of_no_site_do_not_blunt_the_costs_of_sites():
    """The objective is scaled by all columns, not by those that are there at the beginning: penalties alone."""
    w, site = program(np.random.default_rng(6))
    w.cost[site < 0] = 5e10
    answer = Sifted(w, site).run(60.0)
    assert answer.columns is not None
    assert answer.bound == pytest.approx(least(w), rel=1e-8)
    assert w.cost @ answer.columns + w.constant == pytest.approx(least(w), rel=1e-8)


def test_a_run_that_ends_early_has_a_plan_and_a_bound_that_holds(monkeypatch: pytest.MonkeyPatch):
    w, site = program(np.random.default_rng(4))
    monkeypatch.setattr(sifting, "MOST", 1)
    runs, run = [0], Highs.run

    def short(self: Highs, *args: Any, **options: Any) -> Answer:
        answer = run(self, *args, **options)
        if args:  # it has a stage, which the program that prices sites has not
            runs[0] += 1
            if runs[0] > 3:
                return Answer("limit", np.inf, -np.inf, None, None, None)
        return answer

    monkeypatch.setattr(Highs, "run", short)
    answer = Sifted(w, site).run(60.0)
    assert answer.status == "limit" and answer.columns is not None
    assert np.isfinite(answer.bound)
    assert answer.bound < least(w) < w.cost @ answer.columns + w.constant


def test_whole_numbers_are_back_in_the_program_of_some_rows():
    w, site = program(np.random.default_rng(5))
    w = w._replace(integer=np.arange(len(site)) % (2 + REGIONS) == 0)
    w.integer[site < 0] = False
    some = Sifted(w, site)
    relaxed = some.run(60.0).bound
    whole = some.with_rows(np.arange(w.matrix.shape[0])).run(mip_rel_gap=0.0)
    assert whole.objective > relaxed + 1.0


def test_a_central_point_is_near_the_least_and_no_corner():
    """Four by four, all at the same cost: each corner gives every one to one other, the centre a quarter to each."""
    rows = sp.csr_matrix(np.vstack([np.kron(np.eye(4), np.ones(4)), np.kron(np.ones(4), np.eye(4))]))
    each, zero, none = np.ones(8), np.zeros(16), np.zeros(16, bool)
    same = Whole(rows, each, each, zero, np.ones(16), np.ones(16), 0.0, none)
    found = Sifted(same, np.repeat(np.arange(4), 4)).central(10.0, 1e-5)
    assert found == pytest.approx(np.full(16, 0.25), abs=1e-2)
    w, site = program(np.random.default_rng(5))
    tight, loose = (Sifted(w, site).central(10.0, tolerance) for tolerance in (1e-8, 1e-5))
    assert tight is not None and w.cost @ tight + w.constant == pytest.approx(least(w), rel=1e-6)
    assert loose is not None and w.cost @ loose + w.constant == pytest.approx(least(w), rel=1e-3)
    assert (w.matrix @ loose >= w.lower - 1e-5).all() and (w.matrix @ loose <= w.upper + 1e-5).all()


def test_a_central_point_uses_no_site_that_may_not_be_used():
    w, site = program(np.random.default_rng(5))
    of = Sifted(w, site)
    shut = np.flatnonzero(site == 3)
    of.bound_columns(shut, np.zeros(len(shut)), np.zeros(len(shut)))
    found = of.central(10.0, 1e-5)
    assert found is not None and not found[shut].any()
    assert of.central(0.0, 1e-5) is None  # no time: no point
