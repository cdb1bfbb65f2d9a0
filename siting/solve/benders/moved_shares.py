"""Shares moved between blocks: what some break of a limit on many, others keep for them.

Under whole modules a plan of the relaxation has shares that some blocks cannot keep: a day that is to train more than its halls
can do, a windless one that is to cause less carbon. Each of these keeps what it can, and that is its share; what is then
missing (or too much) is for the others of the limit, in equal parts, but for those that broke theirs before. What is moved
is little beside what all blocks do, so a few rounds end it where rounds of cuts take dozens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .limit_prices import limits_of
from .split import Split
from .subproblem import Evaluation

TINY = 1e-300


class MovedShares:
    """One plan's shares, move by move."""

    def __init__(self, s: Split):
        self.split, self.limits = s, limits_of(s)
        self.full = np.zeros(s.n_plan, bool)  # shares of blocks that broke theirs

    def of(self, plan: np.ndarray, found: Sequence[Evaluation]) -> np.ndarray:
        """The plan with what its blocks can keep as their shares; those of a limit that has no others left stay."""
        out, p = plan.copy(), self.split.plan
        for x in self.limits:
            over = x.over(found)
            self.full[x.columns] |= over > 0
            others = ~self.full[x.columns]
            missing = max(float(x.each @ over) - max(x.room(p, plan), 0.0), 0.0)
            share = plan[x.columns] + x.step * (over - others * missing / max(x.each @ others, TINY))
            held = (share >= p.column_lower[x.columns]) & (share <= p.column_upper[x.columns])
            if held.all() and (others.any() or missing == 0):
                out[x.columns] = share
        return out
