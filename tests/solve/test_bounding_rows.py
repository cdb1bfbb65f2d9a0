"""Rows that bound one column alone: bounds by hand, and the values of blocks beside SciPy, which is given them as rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, vstack

from siting.blocks.model import build
from siting.solve.benders.bounding_rows import BoundingRows
from siting.solve.benders.split import Block, Split, split
from siting.solve.benders.subproblem import Subproblems
from siting.solve.stamp import stamp

from ..benchmarks.instances import instance
from .test_site_pricing import plan_with


@pytest.fixture(scope="module")
def parts() -> Split:
    """SYNTHETIC: six sites, three days."""
    return split(stamp(build(instance(6, 3))))


def alone(parts: Split, a: float, lower: float, upper: float) -> tuple[BoundingRows, Block, int, np.ndarray]:
    """The rows, with the first one as  lower ≤ a·y + b·x ≤ upper; its place, and plans of one in all linking columns."""
    found = BoundingRows(parts)
    block = parts.block(0)
    row = found.rows[0]
    value, low, high = block.value.copy(), block.lower.copy(), block.upper.copy()
    value[(parts.row == row) & (parts.col < parts.n_own)] = a
    value[(parts.row == row) & (parts.col >= parts.n_own)] = -3.0
    low[row], high[row] = lower, upper
    return found, block._replace(value=value, lower=low, upper=high), 0, np.ones(len(parts.links))


@pytest.mark.parametrize(
    "a, lower, upper, bounds",
    [
        (2.0, -np.inf, 0.0, (-np.inf, 1.5)),  # 2 y ≤ 3 x
        (2.0, 1.0, 4.0, (2.0, 3.5)),
        (-2.0, -np.inf, 0.0, (-1.5, np.inf)),  # −2 y ≤ 3 x
        (-2.0, -7.0, np.inf, (-np.inf, 2.0)),
    ],
)
def test_bounds_by_hand(parts: Split, a: float, lower: float, upper: float, bounds: tuple[float, float]):
    rows, block, at, ones = alone(parts, a, lower, upper)
    low, high = rows.bounds(block, ones, ones)
    assert (low[at], high[at]) == bounds


def test_between_two_plans_the_wider_bounds_hold(parts: Split):
    rows, block, at, ones = alone(parts, 2.0, 1.0, 4.0)
    low, high = rows.bounds(block, 0 * ones, ones)  # 2 y − 3 x from 1 to 4, x from 0 to 1
    assert (low[at], high[at]) == (0.5, 3.5)
    assert np.isposinf(rows.bounds(block, 0 * ones, np.inf * ones)[1][at])


def test_they_are_more_than_half_of_the_rows_each_of_another_column(parts: Split):
    rows = BoundingRows(parts)
    assert len(rows.rows) > 0.5 * parts.n_rows
    assert len(np.unique(rows.columns)) == len(rows.columns) and len(np.unique(rows.rows)) == len(rows.rows)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_values_are_those_with_all_rows_and_cuts_meet_them(parts: Split, seed: int):
    price, plan = np.full(len(parts.elastic), 1e-4), plan_with(parts, [[0, 2], [1, 3, 5], list(range(6))][seed], seed)
    sub = Subproblems(parts)
    for e in sub.evaluate(plan, price, list(range(parts.n_blocks))):
        block, at = parts.block(e.block), plan[parts.links[:, e.block]]
        cost = sub._cost(e.block)
        matrix = csr_matrix((block.value, (parts.row, parts.col)))
        least, most = np.isfinite(block.lower), np.isfinite(block.upper)
        rows, limits = vstack([matrix[most], -matrix[least]]), np.concatenate([block.upper[most], -block.lower[least]])
        lower, upper = np.concatenate([block.column_lower, at]), np.concatenate([block.column_upper, at])
        known = linprog(cost, A_ub=rows, b_ub=limits, bounds=np.stack([lower, upper], axis=1), method="highs")
        assert known.status == 0
        assert e.value == pytest.approx(known.fun, rel=1e-6)
        assert e.tight and e.constant + e.slope @ at == pytest.approx(known.fun, rel=1e-5)


def test_a_site_that_reaches_nobody_is_left_out_like_others():
    """Its rows hold no work, and are bounded from below where those of other sites are bounded from above."""
    inputs = instance(8, 2)
    inputs.data["reachable"][:, 5, :] = 0.0
    parts = split(stamp(build(inputs)))
    sub, price = Subproblems(parts), np.full(len(parts.elastic), 1e-4)
    found = sub.evaluate(plan_with(parts, [0, 2], 0), price, list(range(parts.n_blocks)))
    assert all(e.tight for e in found)
    assert sub.view.sites.sum() == 2
