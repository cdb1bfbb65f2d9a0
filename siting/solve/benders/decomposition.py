"""Benders decomposition by blocks of hours: any number of hours, with a proof.

    0  the mean block's plan: the sites that the master may use at first (`rounds`)
    1  a few blocks stand for all (`Split.coarser`), coarse to fine: a plan to start from, no bound; other sites join. The last
       tell the price of limits on many blocks; once more, with less allowed, where all blocks count more under their plan
    2  the relaxation: rounds over all blocks (`rounds`), until its best plan and its bound are near; limits on many blocks have
       the price that 1 told (`limit_prices`), instead of shares, until 5; other sites are priced and join, until no other one
       could help: the bound is of all
    3  whole modules, at first by a dive in the master, then by its MIP, which has a better bound too; rounds settle the rest
    4  that plan, repaired until it breaks no rule (`repair`), is the run's best plan if it is cheaper
    5  2 again, nearer, and then from that plan; what it broke costs more where it was too cheap
    6  repeat 3 and 4 with all cuts until plan and bound are within the gap asked for

Rows of the grid are added to the master as they are found violated.

Geoffrion, "Generalized Benders decomposition", JOTA 10 (1972). Cost: one round solves every block once, warm (linear
in hours, slightly more than linear in the sites that the plan uses; closed ones are priced without a solve); rounds
hardly grow with hours.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ...errors import Infeasible, StoppedEarly
from ...study.solver import SolverOptions
from .. import infeasibility
from ..highs import Progress, Tell
from ..outcome import Effort, Outcome
from ..program import Cut, Program, WideRow
from ..warm import Start
from .known_cuts import KnownCuts
from .limit_prices import LimitPrices, first_prices
from .mean import mean_plan
from .nearest import nearest
from .repair import Repair
from .rounds import DEAREST, USED, Best, Rounds
from .split import Split, split

COARSER = 8  # blocks that one stands for, from level to level
COARSEST = 12  # blocks that need no coarser level
COARSE_GAP = 0.05  # of the cost that depends on siting, of the first plans
OF_GAP = 0.5  # of the gap asked for: what the relaxation, the choice of modules, and settling a plan may take of it
FEW_SITES = 8  # up to which the master may use all from the beginning
MEAN_SHARE = 0.1  # of the time, for the mean block's plan
OFF = 0.02  # of a limit: what all blocks may count more, or less, than the few that told its price
START_SHARE = 0.1  # of the time left, for the first plan of each coarser level
CHARGE_SHARE = 0.05  # of the time left, to charge more for broken rules
MIP_SHARE = 0.2  # of the time left, for one master with whole modules; twice as much after one that found nothing
GRACE = 0.25  # of the time asked for: what the first plan may take beyond it to be repaired
IN_VAIN = 3  # plans at the dearest price that no repair mends: then no plan keeps every rule, as far as could be seen
FIRST_SHARE, RELAXATION_SHARE = 0.4, 0.6  # of the time left, at most, for the first relaxation, and for a later one
PLAN_SHARE = 0.3  # of the time left, at most, to settle a plan of whole modules


class Decomposition:
    """One solve of one Program."""

    def __init__(
        self,
        program: Program,
        options: SolverOptions,
        unavoidable: float = 0.0,
        find_cuts: Callable[[np.ndarray], Sequence[WideRow]] | None = None,
        tell: Tell | None = None,
        interrupt: threading.Event | None = None,
        processes: int | None = None,
        seen: np.ndarray | None = None,
        near: Start | None = None,
    ):
        """`near`: a solved study that differs little; a start without coarser splits, if it has all plan columns."""
        self.program, self.options, self.unavoidable = program, options, unavoidable
        self.find_cuts, self.tell = find_cuts, tell
        self.interrupt = interrupt or threading.Event()
        self.start = time.monotonic()
        self._deadline = self.start + options.time_limit_s
        self.processes = processes
        self.seen = np.empty(0, np.int64) if seen is None else seen  # columns whose values find_cuts wants
        self.near = near
        self.cuts: list[Cut] = []
        self._mip_share = MIP_SHARE
        self._chose_s = 0.0  # seconds that the last choice of whole modules took
        self.rounds, self.passes, self.first_blocks = 0, 0, 0
        self.bound, self.incumbent = -np.inf, np.inf
        self.sites: np.ndarray | None = None
        self.limits: LimitPrices | None = None  # limits on many blocks that have a price instead of shares
        self.price = np.empty(0)  # of broken rules, in parts of their penalties

    def solve(self, first_cuts: Sequence[WideRow] = ()) -> Outcome:
        """Raises Infeasible (in words) or StoppedEarly (interrupted before any plan was found)."""
        fine = split(self.program)
        self.cuts = [self._row(c) for c in first_cuts]
        start = None if self.near is None or np.isnan(self.near.plan).any() else nearest(fine, self.near.plan)
        known = self.near.cuts.holding(self.program, fine) if self.near is not None and self.near.cuts is not None else None
        self.price = first_prices(fine) if known is None else known.price
        self.sites = self._first_sites(fine, start)
        rounds = Rounds(self, fine, self.price, self.processes)
        try:
            start = self._start(fine, rounds) if start is None else start
            rounds.price, rounds.limits = self.price, self.limits
            if known is not None:
                rounds.master.know(known.cuts)
            return self._proven(rounds, start)
        finally:
            rounds.close()

    def _first_sites(self, s: Split, near: np.ndarray | None) -> np.ndarray | None:
        """The sites of a solved study near by, or of the mean block's plan: what the master may use at first. None: all."""
        if s.site_of.n_sites <= FEW_SITES or s.n_blocks == 1:
            return None
        seconds = self.seconds_left() * MEAN_SHARE
        plan = mean_plan(self.program, s, seconds, self.interrupt) if near is None else near
        return None if plan is None else s.sites_used(plan, USED)

    def _start(self, s: Split, fine: Rounds | None = None) -> np.ndarray | None:
        """A plan of the relaxation from coarser and coarser splits. The last, of `fine`, tells what broken rules and limits on
        many blocks have to cost."""
        if s.n_blocks <= max(COARSEST, len(np.unique(s.stage))):
            return None
        going, (coarse, number) = self.going_for(START_SHARE), s.coarser(-(-s.n_blocks // COARSER))
        rounds = Rounds(self, coarse, self.price, self.processes)
        try:
            gap = COARSE_GAP if fine is None else self.options.gap * OF_GAP
            best = rounds.settle(self._start(coarse), gap, "first plan", going)
            if best is not None and fine is not None:
                best = rounds.charge_enough(best, self.options.gap, "first plan", self.going_for(CHARGE_SHARE))
                self.price = rounds.price
                best = self._told(rounds, best, number, fine)
        finally:
            rounds.close()
        if best is None:
            return None
        self.sites = None if self.sites is None else coarse.sites_used(best.plan, USED)
        return best.plan[number]

    def _told(self, rounds: Rounds, best: Best, number: np.ndarray, fine: Rounds) -> Best:
        """The prices of limits on many blocks, as a coarse split tells them, and its plan. Under that, all blocks count more
        than those few for which it was made: then these tell once more, with so much less allowed."""
        s, coarse = fine.split, rounds.split
        told = self.limits = LimitPrices.told(s, coarse, rounds.master.row_prices, best.plan[number])
        if told is None:
            return best
        plan = told.aside(best.plan[number])
        found = fine.workers.evaluate(plan, told.charged(self.price))
        left = told.left(plan, found)
        if (np.abs(left) <= OFF * told.counted(plan, found)).all():
            return best
        moved = coarse.with_more(np.array([x.row for x in told.limits]), np.array([x.sign for x in told.limits]) * left)
        again = Rounds(self, moved, self.price, self.processes)
        try:
            again.master.know(rounds.master.cuts())
            start, going = nearest(moved, best.plan), self.going_for(START_SHARE)
            better = again.settle(start, self.options.gap * OF_GAP, "first plan", going)
            if better is None:
                return best
            self.limits = LimitPrices.told(s, moved, again.master.row_prices, better.plan[number]) or told
            return better
        finally:
            again.close()

    def _proven(self, rounds: Rounds, start: np.ndarray | None) -> Outcome:
        gap, best, status, in_vain, first, near = self.options.gap, None, "limit", 0, True, False
        relaxed = rounds.settle(start, gap * OF_GAP, "relaxation", self.going_for(FIRST_SHARE), proves=True)
        prices = rounds.master.grid_prices
        while relaxed is not None and (best is None or self._time_for_modules()) and not self.closed():
            chosen = self._whole(rounds, relaxed if first else best or relaxed, first) if rounds.integer else relaxed
            first = False
            if chosen is None:
                if not self._more_time_for_modules():
                    break
                continue
            if self.closed() or (rounds.integer and rounds.low >= self.incumbent):
                continue  # the gap is proven, or these whole modules cannot be better than the best plan
            if best is None:  # a run without any plan is worth nothing
                self._deadline = self.start + (1 + GRACE) * self.options.time_limit_s
            plan = Repair(rounds, self.going).of(chosen)
            self._deadline = self.start + self.options.time_limit_s
            if plan is not None and plan.value < self.incumbent:
                best, self.incumbent = plan, plan.value
            if self.closed() or not self.going():
                break
            unproven = relaxed.value - self.bound > self.allowed(relaxed.value)  # its time ended
            if plan is not None and not near and (rounds.limits is not None or unproven):
                near = True  # to the optimum of the relaxation at these prices of limits, and then the cheapest whole modules
                going = self.going_for(RELAXATION_SHARE)
                closer = OF_GAP if unproven else OF_GAP**2
                relaxed = rounds.settle(relaxed.plan, gap * closer, "relaxation", going, proves=True) or relaxed
                continue
            charged, priced = False, rounds.limits is not None
            if rounds.limits is not None:  # what their prices leave open is for their shares to close
                chosen = replace(chosen, plan=rounds.limits.shared(chosen.plan, chosen.found))
                rounds.limits = None
            if plan is None or (not priced and plan.value - chosen.value > self.allowed(plan.value) / 2):
                charged = rounds.charge_more(chosen)
                in_vain = 0 if charged or priced else in_vain + 1
            if best is None and in_vain == IN_VAIN:
                raise Infeasible(infeasibility.explain(self.program, self.cuts))
            if charged or priced or not rounds.integer:  # the relaxation again, and a first choice near it
                gap = gap if rounds.integer else gap * OF_GAP
                first = charged and plan is not None
                going = self.going_for(RELAXATION_SHARE)
                relaxed = rounds.prove((best or chosen).plan, gap * OF_GAP, "relaxation", going)
        if best is None:
            raise StoppedEarly("time or patience ended before any plan was found; allow more (solver.time_limit_s)")
        if self.closed():
            status = "optimal"
        elif self.interrupt.is_set():
            status = "interrupted"
        hours = rounds.workers.operation(best.plan, np.full(len(rounds.price), DEAREST))
        hours[rounds.split.elastic] = 0.0  # the best plan breaks no rule: what is left there is rounding
        seconds = time.monotonic() - self.start
        prices = np.concatenate([prices, np.zeros(len(self.cuts) - len(prices))])
        bound = min(self.bound, best.value)
        return Outcome(
            status,
            best.value,
            bound,
            self.unavoidable,
            seconds,
            best.plan,
            hours,
            list(self.cuts),
            prices,
            self.rounds,
            effort=Effort(self.program.n_blocks, self.first_blocks, self.passes),
            block_cuts=KnownCuts.of(self.program, rounds.split, rounds.master.cuts(), rounds.price),
        )

    def _whole(self, rounds: Rounds, near: Best, first: bool) -> Best | None:
        """Whole modules, at first by a dive, then the cheapest by the cuts so far; and the rest settled under them."""
        gap, start = self.options.gap * OF_GAP, time.monotonic()
        plan = rounds.dive(near, self.going_for(PLAN_SHARE)) if first else None
        if plan is None:
            if np.isfinite(self.incumbent) and not self._time_for_modules():
                return None
            found = rounds.whole_modules(near, gap, max(self.seconds_left() * self._mip_share, 1.0))
            self.bound = max(self.bound, found.bound)
            if found.status == "infeasible":
                raise Infeasible(infeasibility.explain(self.program, self.cuts))
            plan = found.plan
        self._chose_s = time.monotonic() - start
        return rounds.settle(plan, gap, "plan", self.going_for(PLAN_SHARE), fixed=True) if len(plan) else None

    def _more_time_for_modules(self) -> bool:
        """After a master without any plan: twice the share of the time, if there is more to give."""
        more = self._mip_share < 1.0 and self.going()
        self._mip_share = min(2 * self._mip_share, 1.0)
        return more

    def _time_for_modules(self) -> bool:
        """Whether as much time is left as the last choice took: dives and masters take more than they are given."""
        return self.going() and self.seconds_left() > self._chose_s

    def closed(self) -> bool:
        """Whether the gap asked for is proven."""
        return bool(np.isfinite(self.incumbent)) and self.incumbent - self.bound <= self.allowed(self.incumbent)

    def violated(self, plan: np.ndarray) -> list[Cut]:
        """Rows of the grid that this plan violates; they are kept."""
        if self.find_cuts is None or not len(self.seen):
            return []
        found = [self._row(c) for c in self.find_cuts(np.maximum(plan[self.seen], 0.0))]
        self.cuts += found
        return found

    def _row(self, cut: WideRow) -> Cut:
        at = self.seen
        return Cut(cut.situation, at, np.asarray(cut.coefficients, float), float(cut.rhs_mw), {"row": cut.row})

    def progress(self, stage: str) -> None:
        if self.tell:
            self.tell(Progress(stage, self.bound, self.incumbent, time.monotonic() - self.start))

    def allowed(self, objective: float, gap: float | None = None) -> float:
        """The gap that is allowed, in the objective's unit."""
        share = self.options.gap if gap is None else gap
        return share * abs(objective - self.unavoidable) + 1e-9 * abs(objective)

    def going(self) -> bool:
        return self.seconds_left() > 0 and not self.interrupt.is_set()

    def going_for(self, share: float) -> Callable[[], bool]:
        """Whether to go on, within a share of the time that is left."""
        until = time.monotonic() + share * self.seconds_left()
        return lambda: self.going() and time.monotonic() < until

    def count(self, s: Split) -> None:
        """A round over all blocks of this split."""
        self.rounds += 1
        if s.n_blocks == self.program.n_blocks:
            self.passes += 1
        else:
            self.first_blocks = max(self.first_blocks, s.n_blocks)

    def seconds_left(self) -> float:
        return self._deadline - time.monotonic()
