"""Limits on many blocks together at a price, instead of shares for each block (Lagrangian relaxation of their rows).

    limit:           Σ_d a[d] · share[d] + a·x ≤ b                     a row of the plan, with price π ≥ 0
    in each block:   what it counts − over ≤ share                     an elastic row

With every share out of the way, `over` is what a block counts, but for a constant; it costs a[d] · π, and  π · (b − a·x − Σ …)
is taken off the whole: the least over all x is a bound for every π, and all blocks weigh what they count alike from the first
round on. A price that a few blocks told is good for all: the bound misses the best one's by the square of what π is off.

Two plans, of which one counts too much and the other too little, have a mean that fills the limit, with what each block counts
as its share: a block's cost is convex in plan and share, so it costs no more than the mean of both.

Geoffrion, "Lagrangean relaxation for integer programming", Mathematical Programming Study 2 (1974). Time: nothing beside a
round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .split import FIRST_PRICE, Plan, Split
from .subproblem import Evaluation

FAR = 2.0  # times the largest share of a plan: out of the way
TOLD = 12  # blocks of a limit, from which on their price of it is worth having
DEARER = 10.0  # times the first price of other broken rules
LEAST = 1e-4  # of what breaking a limit costs at first: a lower price is none


@dataclass(frozen=True)
class Limit:
    """A row of the plan that joins shares: `elastic` is the place of what a block counts beyond its share (`Split.elastic`)."""

    row: int
    sign: float  # 1: at most, -1: at least; of an equation, the side that costs something
    elastic: int
    blocks: np.ndarray
    columns: np.ndarray  # plan columns of their shares
    step: float  # that a share grows by for one more of the elastic column
    each: np.ndarray  # of the limit that one more of the elastic column takes, in a block

    def room(self, p: Plan, plan: np.ndarray) -> float:
        """What this plan leaves of the limit."""
        return self.sign * float((p.upper if self.sign > 0 else p.lower)[self.row] - (p.matrix[self.row] @ plan)[0])

    def over(self, found: Sequence[Evaluation]) -> np.ndarray:
        """(blocks,) What they count beyond their shares."""
        return np.array([found[d].broken[self.elastic] for d in self.blocks])


@dataclass(frozen=True)
class LimitPrices:
    """Prices of limits [objective's unit for one more of the limit]."""

    split: Split
    limits: list[Limit]
    price: np.ndarray
    far: np.ndarray  # (limits,) value of a share that is out of the way

    @classmethod
    def told(cls, s: Split, coarse: Split, row_prices: np.ndarray, plan: np.ndarray) -> LimitPrices | None:
        """Of the limits that cost something at `row_prices` (rows of the plan), which some blocks of `coarse` told; `plan` has
        shares of the usual size. None where there are none."""
        told = {x.row for x in of_many(coarse)}
        found, price = [], []
        for x in limits_of(s):
            of_row = x.sign * row_prices[x.row]
            broken = FIRST_PRICE * s.weight[x.blocks] * s.penalty[x.elastic, x.blocks] / x.each
            if x.row in told and of_row > LEAST * broken.max():
                found.append(x)
                price.append(of_row)
        far = [-np.sign(x.step) * FAR * np.abs(plan[x.columns]).max() for x in found]
        return cls(s, found, np.array(price), np.array(far)) if found else None

    @cached_property
    def priced(self) -> np.ndarray:
        """(elastic, blocks) What is counted, not broken."""
        out = np.zeros((len(self.split.elastic), self.split.n_blocks), bool)
        for x in self.limits:
            out[x.elastic, x.blocks] = True
        return out

    @property
    def elastic(self) -> np.ndarray:
        return np.array([x.elastic for x in self.limits])

    @property
    def columns(self) -> np.ndarray:
        return np.concatenate([x.columns for x in self.limits])

    def times(self, factor: np.ndarray | float) -> LimitPrices:
        return replace(self, price=self.price * factor)

    def aside(self, plan: np.ndarray) -> np.ndarray:
        """The plan with all shares out of the way."""
        out = plan.copy()
        for x, far in zip(self.limits, self.far, strict=True):
            out[x.columns] = np.clip(far, self.split.plan.column_lower[x.columns], self.split.plan.column_upper[x.columns])
        return out

    def charged(self, price: np.ndarray) -> np.ndarray:
        """`price` (elastic,) of broken rules, in parts of their penalties, with that of the limits: (elastic, blocks)."""
        s, out = self.split, np.repeat(price[:, None], self.split.n_blocks, axis=1)
        for x, of_limit in zip(self.limits, self.price, strict=True):
            penalty = s.penalty[x.elastic, x.blocks]
            out[x.elastic, x.blocks] = of_limit * x.each / s.weight[x.blocks] / penalty
        return out

    def room(self, plan: np.ndarray) -> np.ndarray:
        """(limits,) What this plan leaves of each limit."""
        return np.array([x.room(self.split.plan, plan) for x in self.limits])

    def counted(self, plan: np.ndarray, found: Sequence[Evaluation]) -> np.ndarray:
        """(limits,) What all blocks count, whatever its sign."""
        filled = self.filled(plan, found)
        return np.array([x.each @ np.abs(filled[x.columns] / x.step) for x in self.limits])

    def to_the_brim(self, plan: np.ndarray) -> np.ndarray:
        """The plan with what is left of each limit, or lacks, shared out over its blocks, more where a share is large."""
        out = plan.copy()
        for x, room in zip(self.limits, self.room(plan), strict=True):
            part = np.abs(plan[x.columns])
            out[x.columns] += np.sign(x.step) * room * part / max(x.each @ (part / abs(x.step)), 1e-12)
        return out

    def left(self, plan: np.ndarray, found: Sequence[Evaluation]) -> np.ndarray:
        """(limits,) What is left of each limit by what the blocks count; below zero where that is too much."""
        return self.room(self.filled(plan, found))

    def shared(self, plan: np.ndarray, found: Sequence[Evaluation]) -> np.ndarray:
        """The plan with all of each limit shared out, by what each block counts."""
        return self.to_the_brim(self.filled(plan, found))

    def filled(self, plan: np.ndarray, found: Sequence[Evaluation]) -> np.ndarray:
        """The plan with what each block counts as its share."""
        out = plan.copy()
        for x in self.limits:
            out[x.columns] += x.step * x.over(found)
        return out


def limits_of(s: Split) -> list[Limit]:
    """Rows of the plan that join shares which blocks may exceed at a cost, where shares stand in no other row and all else in
    the row is bounded (otherwise only one price keeps the whole from running away)."""
    private, p, out = s.private(), s.plan, []
    matrix = p.matrix.tocsc()
    matrix.eliminate_zeros()
    rows_of = np.diff(matrix.indptr)
    bounded = np.isfinite(p.column_lower) & np.isfinite(p.column_upper)
    for place, j in enumerate(s.elastic):
        mine = np.flatnonzero(s.col == j)
        links = np.flatnonzero((s.row == s.row[mine[0]]) & (s.col >= s.n_own))
        links = links[private[s.col[links] - s.n_own]]
        if len(mine) != 1 or len(links) != 1:
            continue
        columns = s.links[s.col[links[0]] - s.n_own]
        step = float(s.value.base[mine[0]] / s.value.base[links[0]])
        joined = matrix[:, columns].tocoo()
        for row in np.unique(joined.row):
            of = joined.row == row
            share, each = columns[joined.col[of]], joined.data[of] * step
            others = np.setdiff1d(p.matrix[row].indices, share)
            sign = float(np.sign(each[0]))
            side = np.isinf(p.lower[row] if sign > 0 else p.upper[row]) or p.lower[row] == p.upper[row]
            if side and (sign * each > 0).all() and (rows_of[share] == 1).all() and bounded[others].all():
                out.append(Limit(int(row), sign, place, joined.col[of], share, step, np.abs(each)))
    return out


def of_many(s: Split) -> list[Limit]:
    """Limits on so many blocks that those may tell their price. No equation: a little off its price, all blocks would do far
    too much, or too little."""
    p = s.plan
    return [x for x in limits_of(s) if len(x.blocks) >= TOLD and p.lower[x.row] != p.upper[x.row]]


def first_prices(s: Split) -> np.ndarray:
    """(elastic,) What broken rules cost at first, in parts of their penalties. Blocks tell no higher price of a limit than what
    breaking it costs, so that is dearer where many of them may tell one."""
    out = np.full(len(s.elastic), FIRST_PRICE)
    out[[x.elastic for x in of_many(s)]] *= DEARER
    return out
