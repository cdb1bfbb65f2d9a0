"""What a few blocks count of a limit, and what all count: the few tell its right price only if they count as much.

    limit of the few:   Σ_d a[d] · share[d] + a·x ≤ b − (what all blocks count at a plan − what the few count there)

Middle days have less of the windless weeks than the year. At one plan and one price of the limit both splits count, every share
out of the way (`limit_prices`); the row of the few is moved by the difference, and their rounds go on with all cuts.
"""

from __future__ import annotations

import numpy as np

from .limit_prices import LimitPrices
from .rounds import Best, Rounds

SAME = 0.005  # of what all count: the few are so near


class Counted:
    """Moves the limits of `few` to what `every` counts; `number`: the coarse column of each plan column."""

    def __init__(self, few: Rounds, every: Rounds, number: np.ndarray):
        self.few, self.every, self.number = few, every, number
        self._missing: np.ndarray | float = 0.0

    def moved(self, best: Best) -> np.ndarray | None:
        """The plan of `best` with shares within the limits of `few`, which are moved by what its blocks count too little; None
        where that changes little. One round over all blocks."""
        few, every, prices = self.few.split, self.every.split, self.few.master.row_prices
        coarse = LimitPrices.told(few, few, prices, best.plan, all_limits=True)
        fine = LimitPrices.told(every, few, prices, best.plan[self.number], all_limits=True)
        if coarse is None or fine is None:
            return None
        here, there = self._look(self.few, coarse, best.plan), self._look(self.every, fine, best.plan[self.number])
        missing = coarse.left(here.plan, here.found) - fine.left(there.plan, there.found)
        more, self._missing = missing - self._missing, missing
        if (np.abs(more) <= SAME * fine.counted(there.plan, there.found)).all():
            return None
        for x, by in zip(coarse.limits, missing, strict=True):
            self.few.master.tighten(x.row, x.sign, by)
        return coarse.to_the_brim(coarse.filled(here.plan, here.found), missing)

    @staticmethod
    def _look(rounds: Rounds, limits: LimitPrices, plan: np.ndarray) -> Best:
        """Without its cuts: where they have many prices of a limit, the master, that has to choose, takes ten times as long."""
        rounds.limits = limits
        found = rounds.look(plan, keeps=False)
        rounds.limits = None
        return found
