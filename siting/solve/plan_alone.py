"""The plan without its hours: a small MIP that says how much whole plans need, before the large one is asked.

Every plan of the Program keeps the plan's own rows and the rules over it, so what these ask for at least is a bound: of N+1
over sites, how many modules of halls must stand in all. The large relaxation spreads them over all candidates and finds far
less; to branch on every hall until that is refuted takes it long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from .highs import Highs
from .program import INF, Cut, Program, Whole, WideRow

TOO_SMALL_MW = 2e-3  # to speak of
Find = Callable[[np.ndarray], Sequence[WideRow]]  # values of the columns `seen` -> rows that they break
ROUNDS = 20  # of rules that the least plan breaks; each bound holds, however many are left


class Short(NamedTuple):
    """Every plan misses one of the soft rows by `mw` at least; `row` is missed by that in the plan found."""

    mw: float
    row: WideRow


class PlanAlone:
    """Rows of the plan and those found over it; asked for the least of some columns together."""

    def __init__(self, program: Program, seen: np.ndarray, soft: type, interrupt: threading.Event | None = None):
        """`seen`: columns that rows may hold. Rows whose own kind is `soft` may be missed in `short`; the last column, closed
        otherwise, is by how much."""
        part, n = program.plan, len(program.plan.columns)
        matrix = sp.csr_matrix((part.value.base, (part.row, part.col)), shape=(len(part.rows), n + 1))
        lower, upper = (np.append(bound.base, 0.0) for bound in (part.column_lower, part.column_upper))
        w = Whole(matrix, part.lower.base, part.upper.base, lower, upper, np.ones(n + 1), 0.0, np.append(part.integer, False))
        self.highs, self.seen, self.soft, self.n = Highs(w, interrupt), seen, soft, n
        self.rows: list[WideRow] = []
        self.found: list[WideRow] = []

    def add(self, rows: Sequence[WideRow]) -> None:
        self.rows += rows
        for row in rows:
            by = -float(isinstance(row.row, self.soft))
            at, value = np.append(self.seen, self.n), np.append(np.asarray(row.coefficients, float), by)
            self.highs.add_cut(Cut(row.situation, at, value, float(row.rhs_mw)))

    def short(self, seconds: float) -> Short | None:
        """What the soft rows miss at least, and the one that says most; None where a plan keeps them, or time ran out."""
        cost, last = np.zeros(self.n + 1), np.array([self.n])
        cost[self.n] = 1.0
        self.highs.cost_columns(cost)
        self.highs.bound_columns(last, np.zeros(1), np.full(1, INF))
        answer = self.highs.run(time_limit=self.highs.run_time() + seconds, mip_rel_gap=0.0)
        self.highs.bound_columns(last, np.zeros(1), np.zeros(1))
        if answer.columns is None or answer.bound < TOO_SMALL_MW:
            return None
        values, mw = answer.columns[self.seen], answer.columns[self.n]
        soft = [row for row in self.rows if isinstance(row.row, self.soft)]
        tight = [row for row in soft if float(row.coefficients @ values) - row.rhs_mw > mw * (1 - 1e-6)]
        return Short(answer.bound, min(tight, key=lambda row: np.count_nonzero(row.coefficients)))

    def least(self, weights: np.ndarray, seconds: float, find: Find) -> float:
        """The least weighted sum of the columns `seen` in any plan, as far as it is proved within the time. Infinite where no
        plan keeps its rows. Rows that `find` gives are kept in `found`."""
        cost, bound, until = np.zeros(self.n + 1), 0.0, time.monotonic() + seconds
        np.add.at(cost, self.seen, weights)
        self.highs.cost_columns(cost)
        for _ in range(ROUNDS):
            left = until - time.monotonic()
            if left <= 0:
                break
            answer = self.highs.run(time_limit=self.highs.run_time() + left, mip_rel_gap=0.0)
            if answer.status == "infeasible":
                return INF
            bound = max(bound, answer.bound)
            rows = [] if answer.columns is None else list(find(np.maximum(answer.columns[self.seen], 0.0)))
            if not rows:
                break
            self.found += rows
            self.add(rows)
        return bound
