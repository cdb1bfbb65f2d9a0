"""Plans of whole modules that break no rule, near a plan that breaks some because that is cheap.

Broken rules are dear now. The least point of the master is a corner of few cuts then, far beyond what the blocks can do, and
rounds swing between rules. A point inside, where an interior-point method ends early, is well within most cuts: rounds of such
points, within some room of the best plan, break nothing after a dozen (Gondzio, González-Brevis and Munari, "New developments
in the primal-dual column generation technique", European Journal of Operational Research 224, 2013). What a few blocks break of
a limit on many is moved to others first (`moved_shares`).

A limit that has a price (`limit_prices`) gets shares in the end. Where a plan counts more than the limit allows, though no
other rule is broken, capacity is added: that breaks none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .limit_prices import LimitPrices
from .moved_shares import MovedShares
from .rounds import CHARGE, DEAREST, Best

if TYPE_CHECKING:
    from .rounds import Rounds

DEAR = 1e-3  # of their penalties: what broken rules cost at first
SETTLED = 0.2  # of the gap asked for: promised by a step, it is too little to go on
MOVED = 0.7  # of what is broken: what may be left by moving it, to go on
ROOM = 0.02  # of a first step
LEFT = 1e-3  # of a limit: what a plan leaves that was built more for it, since its blocks count a little more in the end
BUILT, BUILDS = 0.05, 8  # room of a first step that builds more, and how many
DEAR_LIMIT, SAME = 3.0, 2  # times the price of a limit, and how many steps at it
ROUNDED = 1e-8  # of the largest of a column's kind: room of what stays as it is


class Repair:
    """One repair, at the whole numbers of a plan."""

    def __init__(self, rounds: Rounds, going: Callable[[], bool]):
        self.rounds, self.split, self.master, self.run = rounds, rounds.split, rounds.master, rounds.run
        self.going, self.enough = going, SETTLED * rounds.run.options.gap
        self.before = rounds.price

    def of(self, best: Best) -> Best | None:
        """A plan near `best` that breaks no rule; None where none is found."""
        rounds, limits = self.rounds, self.rounds.limits
        rounds.fix(best.plan)
        best = self._kept(best, np.full(len(self.before), DEAR))
        if limits is not None:
            best = self._built_more(best, limits)
            price, of_limits = rounds.price.copy(), limits.elastic
            price[of_limits] = np.clip(CHARGE * limits.charged(price)[of_limits].max(axis=1), DEAR, DEAREST)
            rounds.limits = None
            best = self._kept(replace(best, plan=limits.shared(best.plan, best.found)), price)
            rounds.limits = limits
        rounds.only(None)
        rounds.price = self.before
        return None if rounds.breaks(best) else best

    def _kept(self, best: Best, price: np.ndarray) -> Best:
        """At this price of broken rules, and at the dearest where that does not help."""
        rounds = self.rounds
        for dear in (price, np.full(len(price), DEAREST)):
            rounds.price = dear
            best = self._moved(rounds.look(best.plan))
            best = rounds.better_nearby(best, self.enough, "repair", self.going, True, ROOM, central=True, keeps=True)
            if not rounds.breaks(best) or not self.going():
                break
        return best

    def _moved(self, best: Best) -> Best:
        """What blocks break of limits on many is moved to others, as long as that helps."""
        rounds, shares = self.rounds, MovedShares(self.split)
        while rounds.breaks(best) and self.going():
            plan = shares.of(best.plan, best.found)
            if np.array_equal(plan, best.plan):
                break
            found = rounds.look(plan)
            if found.worth > MOVED * best.worth:
                break
            best = found
        return best

    def _built_more(self, best: Best, limits: LimitPrices) -> Best:
        """Where `best` counts too much: a mean of it and of one with more capacity at its sites, as the cuts ask for when the
        limit is dearer, step by step. `best` where that does not help."""
        rounds = self.rounds
        room = limits.left(best.plan, best.found)
        lacks, wanted = room < 0, LEFT * limits.counted(best.plan, best.found)
        if not lacks.any():
            return best
        most, left, dearer = best, room, limits
        for step in range(BUILDS):
            if step % SAME == 0:
                dearer = rounds.limits = dearer.times(np.where(left < wanted, DEAR_LIMIT, 1.0))
                most = rounds.look(most.plan)
            plan = self._more(most.plan, BUILT * 2.0**step)
            if plan is None or not rounds.servable(plan, True):
                break
            most = rounds.look(plan)
            left = limits.left(most.plan, most.found)
            if (left >= wanted)[lacks].all() or not self.going():
                break
        rounds.limits = limits
        if (left < wanted)[lacks].any():
            return best
        part = np.min(((left - wanted) / (left - room))[lacks])
        return rounds.look(part * best.plan + (1.0 - part) * most.plan)

    def _more(self, plan: np.ndarray, room: float) -> np.ndarray | None:
        """More at the sites, as far as it helps all blocks, and nothing else changed; None where there is no such plan."""
        s, rounds = self.split, self.rounds
        grows = (s.plan.site >= 0) & ~s.plan.integer
        grows[s.links[s.private()]] = False
        low, high = rounds.around(plan, ROUNDED)
        high[grows] = rounds.around(plan, room)[1][grows]
        with self.master.within(low, high):
            least = self.master.relaxation(max(self.run.seconds_left(), 1.0))
        self.run.progress("repair")
        return np.where(grows & s.helping(), np.maximum(least.plan, plan), plan) if len(least.plan) else None
