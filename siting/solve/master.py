"""The master: plan columns, one column θ[d] for what each block costs, and the cuts found so far.

    minimise   c·x + Σ_d weight[d] · θ[d]      over the plan's rows, the grid's rows, and   θ[d] ≥ constant + slope · x[links]

Its relaxation and its MIP both bound the full problem from below. Cuts that have not been tight for a while are dropped.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from .highs import Answer, Highs, Tell
from .program import INF, Cut, Whole
from .split import Split
from .subproblem import Evaluation

IDLE_ROUNDS = 12
SMALLEST = 1e-9  # coefficients of a cut below this are dropped by the solver: moved to the constant at their worst


class Step(NamedTuple):
    """What a solve of the master tells. `blocks` is θ, per occurrence."""

    status: str
    bound: float
    plan: np.ndarray
    blocks: np.ndarray


class Master:
    def __init__(self, split: Split, floor: np.ndarray, interrupt: threading.Event | None = None):
        """`floor` (blocks): the least that each block can cost."""
        s, p = split, split.plan
        self.split, self.n_plan = s, s.n_plan
        # θ and its rows are counted in a unit that makes their costs like the plan's, so that numbers keep their digits
        self.unit = 10.0 ** round(np.log10(np.median(np.abs(p.cost[p.cost != 0])) / np.median(s.weight)))
        none = sp.csr_matrix((p.matrix.shape[0], s.n_blocks))
        self.lower = np.concatenate([p.column_lower, floor / self.unit])
        self.upper = np.concatenate([p.column_upper, np.full(s.n_blocks, INF)])
        matrix = sp.hstack([p.matrix, none]).tocsr()
        integer = np.concatenate([p.integer, np.zeros(s.n_blocks, bool)])
        cost = np.concatenate([p.cost, s.weight * self.unit])
        self.highs = Highs(Whole(matrix, p.lower, p.upper, self.lower, self.upper, cost, s.constant, integer), interrupt)
        self.highs.relax(True)
        self._first = matrix.shape[0]
        self._idle: list[int] = []  # rounds since the row was tight, for each row after the plan's; -1: never dropped
        self.grid_prices = np.empty(0)  # of one more on the right-hand side of each grid row, in the last relaxation

    def add(self, found: list[Evaluation]) -> None:
        """The cuts of one round."""
        s = self.split
        starts, columns, values, right = [], [], [], []
        size = 0
        for e in found:
            slope = sp.csr_matrix((-e.slope, (np.zeros(len(e.slope), int), s.links[:, e.block])), (1, self.n_plan))
            slope.sum_duplicates()
            value, at = slope.data / self.unit, slope.indices
            keep = np.abs(value) > SMALLEST
            small = ~keep & np.isfinite(self.lower[at]) & np.isfinite(self.upper[at])
            worst = np.maximum(value[small] * self.lower[at[small]], value[small] * self.upper[at[small]])
            starts.append(size)
            columns += [at[keep], [self.n_plan + e.block]]
            values += [value[keep], [1.0]]
            right.append(e.constant / self.unit - float(worst.sum()))
            size += int(keep.sum()) + 1
        self.highs.add_rows(np.array(right), np.array(starts), np.concatenate(columns), np.concatenate(values))
        self._idle += [0] * len(found)

    def add_grid(self, cut: Cut) -> None:
        """A row of the grid over plan columns; never dropped."""
        self.highs.add_cut(cut)
        self._idle.append(-1)

    def relaxation(self, time_limit: float) -> Step:
        """The least of the model without integrality."""
        answer = self.highs.run("relaxation", None, time_limit=self.highs.run_time() + time_limit)
        if answer.row_duals is not None:
            duals = answer.row_duals[self._first :]
            self.grid_prices = -duals[np.array(self._idle, int) < 0]
            self._forget(duals)
        return self._step(answer)

    def whole_modules(self, gap: float, time_limit: float, tell: Tell | None = None) -> Step:
        """The MIP of the model, to within `gap` (the objective's unit); its bound is a bound of the full problem."""
        self.highs.relax(False)
        limit = self.highs.run_time() + time_limit
        scaled = max(gap * self.highs.scale, 1e-9)
        answer = self.highs.run("whole modules", tell, mip_rel_gap=0.0, mip_abs_gap=scaled, time_limit=limit)
        self.highs.relax(True)
        return self._step(answer)

    def fix(self, plan: np.ndarray | None) -> None:
        """Fix the integer columns at (the rounded values of) `plan`; None frees them."""
        at = self.highs.integer
        values = None if plan is None else np.round(plan[at])
        self.highs.bound_columns(at, self.lower[at] if values is None else values, self.upper[at] if values is None else values)

    def _step(self, answer: Answer) -> Step:
        if answer.columns is None:
            return Step(answer.status, answer.bound, np.empty(0), np.empty(0))
        plan = np.clip(answer.columns[: self.n_plan], self.lower[: self.n_plan], self.upper[: self.n_plan])
        return Step(answer.status, answer.bound, plan, answer.columns[self.n_plan :] * self.unit)

    def _forget(self, duals: np.ndarray) -> None:
        tight = np.abs(duals) > 0
        self._idle = [i if i < 0 else 0 if t else i + 1 for i, t in zip(self._idle, tight, strict=True)]
        old = [r for r, i in enumerate(self._idle) if i >= IDLE_ROUNDS]
        if len(old) > self.split.n_blocks:
            self.highs.delete_rows(np.array(old) + self._first)
            self._idle = [i for i in self._idle if i < IDLE_ROUNDS]
