"""A closed site alone, at the prices of all others: it gains what it does in the whole, its cuts hold, and they prove."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from siting.blocks.model import build
from siting.solve.benders.decomposition import Decomposition
from siting.solve.benders.master import Master, Mean
from siting.solve.benders.one_site import Alone, Prices, can_be_alone, price_sites, priced, with_alone
from siting.solve.benders.rounds import Rounds
from siting.solve.benders.site_of import of_one_site
from siting.solve.benders.split import Split, split
from siting.solve.benders.subproblem import Subproblems
from siting.solve.highs import Highs
from siting.solve.monolith import Monolith
from siting.solve.program import Program, Whole, whole
from siting.solve.stamp import stamp

from ..benchmarks.instances import instance
from .test_site_pricing import plan_with

N_SITES, OPEN, BROKEN = 8, [0, 2, 3, 5, 7], 1e-4


@pytest.fixture(scope="module")
def program() -> Program:
    """SYNTHETIC: eight sites, four days."""
    return stamp(build(instance(N_SITES, 4, carbon_share=0.5)))


@pytest.fixture(scope="module")
def parts(program: Program) -> Split:
    return split(program)


@pytest.fixture
def settled(program: Program, parts: Split, monkeypatch: pytest.MonkeyPatch) -> Rounds:
    """The relaxation over some sites, nearly settled; the master may use those alone."""
    inputs = instance(N_SITES, 4, carbon_share=0.5)
    run = Decomposition(program, inputs.study.solver, inputs.unavoidable_cost)
    run.sites = np.isin(np.arange(N_SITES), OPEN)
    of = Rounds(run, parts, np.full(len(parts.elastic), BROKEN), 1)
    with monkeypatch.context() as m:
        m.setattr(Rounds, "_more_join", lambda *a: False)
        assert of.settle(None, 1e-3, "relaxation", lambda: True) is not None
    of.only(run.sites)
    return of


def without_cuts(of: Rounds) -> Master:
    return Master(of.split, of.workers.floor(of.price))


def mean_of(of: Rounds) -> Mean:
    mean = of.master.mean(60.0)
    assert mean is not None
    return mean


def all_priced(of: Rounds, mean: Mean, little: float) -> list[Alone]:
    prices = Prices(mean.cuts.prices.T, mean.reduced, of.price, mean.cuts.slope.T @ of.split.weight)
    closed = np.flatnonzero(~np.isin(np.arange(N_SITES), OPEN)).tolist()
    return price_sites(Subproblems(of.split), closed, prices, little, 60.0)


def in_one_matrix(program: Program, s: Split, mean: Mean, site: int) -> float:
    """What the site could gain: the LP of its own rows in the matrix of all hours, at the same prices."""
    w = whole(program, {a: v for a, v in program.minimise.items() if a != "penalty"})
    cost, n_plan = w.cost.copy(), s.n_plan
    y = np.zeros(w.matrix.shape[0])
    cost[:n_plan] = mean.reduced
    for d in range(s.n_blocks):
        cost[n_plan + s.n_own * d + s.elastic] += s.weight[d] * BROKEN * s.penalty[:, d]
        y[len(program.plan.rows) + s.n_rows * d + np.flatnonzero(s.site_of.row < 0)] = s.weight[d] * mean.cuts.prices[d]
    reduced = cost - w.matrix.T @ y
    of_column = np.concatenate([s.plan.site, np.tile(s.site_of.own, s.n_blocks)])
    rows, columns = of_one_site(w.matrix, of_column) == site, np.flatnonzero(of_column == site)
    part = Whole(w.matrix[rows][:, columns].tocsr(), w.lower[rows], w.upper[rows], w.column_lower[columns],
                 w.column_upper[columns], reduced[columns], 0.0, np.zeros(len(columns), bool))  # fmt: skip
    answer = Highs(part).run()
    assert answer.columns is not None
    return float(reduced[columns] @ answer.columns)


def test_a_site_gains_what_it_does_in_the_matrix_of_all_hours(program: Program, parts: Split, settled: Rounds):
    mean, little = mean_of(settled), 100.0
    found = all_priced(settled, mean, little)
    assert len(found) == N_SITES - len(OPEN) and can_be_alone(parts).all()
    gains = [x.gain for x in found if x.value < 0]
    for x in found:
        least = in_one_matrix(program, parts, mean, x.site)
        noise = 1e-6 * abs(mean.bound) * 1e-2
        assert max(x.gain, mean.gains[x.site]) <= least + noise, "both are bounds"
        assert x.value < 0 or x.gain >= mean.gains[x.site] - noise, "site pricing in closed form promises no less"
        assert least <= x.value + noise
        assert x.gain >= -little or x.value <= x.gain / 2
    assert gains and len(gains) < len(found), "some of these sites gain, others do not"


def test_cuts_with_sites_alone_hold_at_every_plan(parts: Split, settled: Rounds):
    mean = mean_of(settled)
    cuts = with_alone(mean.cuts, all_priced(settled, mean, 100.0))
    for seed, sites in enumerate((OPEN, [1, 3, 4], [0, 2, 5, 6], list(range(N_SITES)), [7], [6])):
        plan = plan_with(parts, sites, seed)
        values = np.array([e.value for e in Subproblems(parts).evaluate(plan, settled.price, list(range(parts.n_blocks)))])
        assert (cuts.constant + cuts.slope @ plan <= values * (1 + 1e-6) + 1e-3).all()
        assert (mean.cuts.constant + mean.cuts.slope @ plan <= values * (1 + 1e-6) + 1e-3).all()


def test_they_prove_of_all_sites_what_is_proven_of_some_and_no_more(program: Program, settled: Rounds):
    """But for what the others gain."""
    of, mean = settled, mean_of(settled)
    found = all_priced(of, mean, 100.0)
    of.only(None)
    before = of.master.relaxation(60.0).bound
    of.master.know(with_alone(mean.cuts, found))
    after = of.master.relaxation(60.0).bound
    promised, noise = mean.bound + sum(x.gain for x in found), 1e-8 * abs(mean.bound)
    assert promised - noise <= after <= mean.bound + noise and after > before + noise
    inputs = instance(N_SITES, 4, carbon_share=0.5)
    best = Monolith(program, inputs.study.solver.model_copy(update={"gap": 1e-3}), inputs.unavoidable_cost).solve()
    assert after <= best.objective + noise


def test_the_mean_of_the_cuts_proves_what_they_do(settled: Rounds):
    of, mean = settled, mean_of(settled)
    cuts = of.master.cuts()
    assert len(mean.cuts.block) == of.split.n_blocks < len(cuts.block)
    of.master = without_cuts(of)
    of.only(of.run.sites)
    of.master.know(mean.cuts)
    assert of.master.relaxation(60.0).bound == pytest.approx(mean.bound, rel=1e-9)


def test_other_sites_join_where_they_gain_and_the_bound_is_of_all(program: Program, settled: Rounds):
    of, run = settled, settled.run
    proven = of.prove(of.master.relaxation(60.0).plan, 5e-3, "relaxation", lambda: True)
    assert run.sites.sum() > len(OPEN)
    assert run.bound <= proven.value <= run.bound + run.allowed(proven.value, 5e-3)
    inputs = instance(N_SITES, 4, carbon_share=0.5)
    best = Monolith(program, inputs.study.solver.model_copy(update={"gap": 1e-3}), inputs.unavoidable_cost).solve()
    assert run.bound <= best.objective * (1 + 1e-9)


def test_where_prices_are_not_known_those_join_that_the_master_wants(settled: Rounds):
    """With cuts of which the prices are not known; they prove their bound all the same."""
    of, cuts = settled, settled.master.cuts()
    of.master = without_cuts(of)
    of.master.know(cuts._replace(prices=np.full_like(cuts.prices, np.nan)))
    of.only(of.run.sites)
    low, join = of._priced_out(100.0, lambda: True)
    of.only(None)
    step = of.master.relaxation(60.0)
    assert low == pytest.approx(step.bound, rel=1e-9) and (join == of.split.sites_used(step.plan)).all() and join.any()


def test_a_site_without_time_is_left_as_it_was(parts: Split, settled: Rounds):
    mean = mean_of(settled)
    prices = Prices(mean.cuts.prices.T, mean.reduced, settled.price, mean.cuts.slope.T @ parts.weight)
    assert priced(parts, 1, prices, 100.0, time.monotonic() - 1.0) is None
    assert price_sites(Subproblems(parts), [1, 3], prices, 100.0, -1.0) == []


def test_a_site_that_others_reach_into_is_not_alone(parts: Split):
    """Its plan has to hold something; its rows hold the plan columns of another; or another's hold its own."""
    p, of = parts.plan, parts.site_of
    lower = np.where(p.site == 3, np.minimum(1.0, p.column_upper), p.column_lower)
    assert can_be_alone(replace(parts, plan=replace(p, column_lower=lower))).tolist() == [z != 3 for z in range(N_SITES)]
    links = parts.links.copy()
    links[np.flatnonzero(of.link == 4)[0]] = np.flatnonzero(p.site == 6)[0]
    assert can_be_alone(replace(parts, links=links)).tolist() == [z not in (4, 6) for z in range(N_SITES)]
    link = of.link.copy()
    link[np.flatnonzero(link == 2)[0]] = -1
    assert not can_be_alone(replace(parts, site_of=replace(of, link=link)))[2]
