"""Shares moved between blocks: sums stay, who broke keeps what it can, and a limit without others stays as it is."""

from __future__ import annotations

import numpy as np
import pytest

from siting.blocks.model import build
from siting.solve.benders.limit_prices import Limit
from siting.solve.benders.moved_shares import MovedShares
from siting.solve.benders.split import Split, split
from siting.solve.benders.subproblem import Evaluation
from siting.solve.stamp import stamp

from ..benchmarks.instances import instance
from .test_site_pricing import plan_with

DAYS = 4


@pytest.fixture(scope="module")
def parts() -> Split:
    """SYNTHETIC: four sites, four days of a year: training by the year, a battery, and a limit on carbon."""
    return split(stamp(build(instance(4, DAYS, window="year"))))


def broken(parts: Split, limit: Limit, over: list[float]) -> list[Evaluation]:
    """What each block breaks of one limit."""
    of = np.zeros((DAYS, len(parts.elastic)))
    of[limit.blocks, limit.elastic] = over
    return [Evaluation(d, 0.0, 0.0, np.empty(0), of[d], True, np.empty(0)) for d in range(DAYS)]  # type: ignore[arg-type]


def training(parts: Split, shares: MovedShares) -> Limit:
    return next(x for x in shares.limits if parts.plan.lower[x.row] == parts.plan.upper[x.row])


def test_what_one_day_cannot_train_the_others_do_in_equal_parts(parts: Split):
    shares, plan = MovedShares(parts), plan_with(parts, [0, 1, 2, 3], 0)
    x = training(parts, shares)
    before = plan[x.columns]
    after = shares.of(plan, broken(parts, x, [0.0, 30.0, 0.0, 0.0]))[x.columns]
    assert after - before == pytest.approx([10.0, -30.0, 10.0, 10.0], abs=1e-6)
    again = shares.of(plan, broken(parts, x, [9.0, 0.0, 0.0, 0.0]))[x.columns]  # the second day broke its share before
    assert again - before == pytest.approx([-9.0, 0.0, 4.5, 4.5], abs=1e-6)


def test_where_all_days_do_too_little_nothing_is_moved(parts: Split):
    """Otherwise the sum would not be the work of the year."""
    shares, plan = MovedShares(parts), plan_with(parts, [0, 1, 2, 3], 0)
    x = training(parts, shares)
    assert shares.of(plan, broken(parts, x, [1.0, 2.0, 3.0, 4.0]))[x.columns] == pytest.approx(plan[x.columns], abs=0)


def test_room_of_a_limit_is_used_before_the_shares_of_others(parts: Split):
    shares, plan = MovedShares(parts), plan_with(parts, [0, 1, 2, 3], 0)
    x = next(x for x in shares.limits if x.sign == 1.0)
    shares_sum = float((parts.plan.matrix[x.row] @ plan)[0])
    room = parts.plan.upper[x.row] - shares_sum
    assert room > 0
    little = [0.5 * room / x.each[0], 0.0, 0.0, 0.0]
    after = shares.of(plan, broken(parts, x, little))
    assert (after - plan)[x.columns] == pytest.approx(little, rel=1e-6, abs=1e-9)
    much = [2.0 * room / x.each[0], 0.0, 0.0, 0.0]
    after = MovedShares(parts).of(plan, broken(parts, x, much))
    assert float((parts.plan.matrix[x.row] @ after)[0]) == pytest.approx(parts.plan.upper[x.row], rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_rows_of_the_plan_hold_after_any_move(parts: Split, seed: int):
    rng, shares, plan = np.random.default_rng(seed), MovedShares(parts), plan_with(parts, [0, 1, 2, 3], seed)
    n, before = len(parts.elastic), parts.plan.matrix @ plan  # that plan does too little: such rows get no worse
    for _ in range(4):
        some = rng.exponential(5.0, (DAYS, n)) * (rng.uniform(size=(DAYS, n)) < 0.3)
        plan = shares.of(plan, [Evaluation(d, 0.0, 0.0, np.empty(0), some[d], True, np.empty(0)) for d in range(DAYS)])
        rows = parts.plan.matrix @ plan
        scale = 1e-7 * (1.0 + np.abs(rows))
        assert (rows >= np.minimum(parts.plan.lower, before) - scale).all() and (rows <= parts.plan.upper + scale).all()
        assert (plan >= parts.plan.column_lower).all() and (plan <= parts.plan.column_upper).all()
