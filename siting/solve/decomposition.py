"""Benders decomposition by blocks of hours, steered by in-out points: any number of hours, with a proof.

    1  a few blocks stand for all (`Split.coarser`), coarse to fine: a plan to start from, no bound
    2  the relaxation: the master's least point x (a bound) and the best plan so far z; every block is solved at
       z + step · (x − z), which keeps all plan rows, may be the new best plan, and gives one cut a block
    3  the master with whole modules: a better bound; its integers are kept, step 2 settles the rest: a plan
    4  repeat 3 with all cuts until plan and bound are within the gap asked for

Broken rules are cheap at first and raised where a settled plan still breaks them: bounds stay bounds (a cheaper penalty is a
relaxation), and only plans that break nothing count. Rows of the grid are added to the master as they are found violated.

Ben-Ameur and Neto, "Acceleration of cutting-plane and column generation algorithms", Networks 49 (2007); Geoffrion,
"Generalized Benders decomposition", JOTA 10 (1972).
Cost: one round solves every block once, warm (linear in hours, slightly more than linear in sites); rounds hardly grow with
hours.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import Infeasible, StoppedEarly
from ..study.solver import SolverOptions
from . import infeasibility
from .highs import Progress, Tell
from .master import Master
from .outcome import Outcome
from .program import Cut, Program, WideRow
from .split import FIRST_PRICE, Split, split
from .subproblem import Evaluation
from .workers import Workers

STEP = 0.4  # from the best plan towards the master's least point
COARSER = 8  # blocks that one stands for, from level to level
COARSEST = 12  # blocks that need no coarser level
COARSE_GAP = 0.05  # of the cost that depends on siting, of the first plans
OF_GAP = 0.4  # of the gap asked for: what the relaxation, and what settling a plan, may take of it
MIP_SHARE = 0.2  # of the time left, for one master with whole modules
DEARER = 10.0
LAST_PRICE = 1e-2  # of the penalties: still above any honest price, and not so dear that numbers lose their digits
NEAR = 4.0  # gaps asked for: so near, every second round looks at the master's least point itself
ROUNDING = 1e-7  # of the objective, paid for broken rules


@dataclass
class Best:
    """A plan under which every block was solved."""

    value: float
    plan: np.ndarray
    broken: np.ndarray  # over the year, by elastic column
    paid: float  # for broken rules, at the prices charged


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
    ):
        self.program, self.options, self.unavoidable = program, options, unavoidable
        self.find_cuts, self.tell = find_cuts, tell
        self.interrupt = interrupt or threading.Event()
        self.start = time.monotonic()
        self._deadline = self.start + options.time_limit_s
        self.processes = processes
        self.seen = np.empty(0, np.int64) if seen is None else seen  # columns whose values find_cuts wants
        self.cuts: list[Cut] = []
        self.rounds = 0
        self.bound, self.incumbent = -np.inf, np.inf

    def solve(self, first_cuts: Sequence[WideRow] = ()) -> Outcome:
        """Raises Infeasible (in words) or StoppedEarly (interrupted before any plan was found)."""
        fine = split(self.program)
        self.cuts = [self._row(c) for c in first_cuts]
        start, price = self._start(fine)
        level = Level(self, fine, price, self.processes)
        try:
            return self._proven(level, start)
        finally:
            level.close()

    def _start(self, fine: Split) -> tuple[np.ndarray | None, np.ndarray]:
        """A plan of the relaxation from coarser and coarser splits, and the prices of broken rules that it needed."""
        price = np.full(len(fine.elastic()), FIRST_PRICE)
        if fine.n_blocks <= max(COARSEST, len(np.unique(fine.stage))):
            return None, price
        coarse, number = fine.coarser(-(-fine.n_blocks // COARSER))
        start, price = self._start(coarse)
        level = Level(self, coarse, price, self.processes)
        try:
            plan = level.settle(start, COARSE_GAP, "first plan")
            return (None if plan is None else plan.plan[number]), level.price
        finally:
            level.close()

    def _proven(self, level: Level, start: np.ndarray | None) -> Outcome:
        gap, status = self.options.gap, "limit"
        relaxed = level.settle(start, gap * OF_GAP, "relaxation", proves=True)
        best = None if level.integer else relaxed
        prices = level.master.grid_prices
        while relaxed is not None and level.integer and self.going():
            found = level.whole_modules(best or relaxed, gap * OF_GAP)
            self.bound = max(self.bound, found.bound)
            if not len(found.plan):
                break
            settled = level.settle(found.plan, gap * OF_GAP, "plan", fixed=True)
            if settled and not level.breaks(settled) and (best is None or settled.value < best.value):
                best, self.incumbent = settled, settled.value
            if best is not None and best.value - self.bound <= self.allowed(best.value):
                break
        if best is None or level.breaks(best):
            if self.interrupt.is_set() or self.seconds_left() <= 0:
                raise StoppedEarly("time or patience ended before any plan was found; allow more (solver.time_limit_s)")
            raise Infeasible(infeasibility.explain(self.program, self.cuts))
        if best.value - self.bound <= self.allowed(best.value):
            status = "optimal"
        elif self.interrupt.is_set():
            status = "interrupted"
        hours = level.workers.operation(best.plan)
        seconds = time.monotonic() - self.start
        prices = np.concatenate([prices, np.zeros(len(self.cuts) - len(prices))])
        bound = min(self.bound, best.value)
        return Outcome(
            status, best.value, bound, self.unavoidable, seconds, best.plan, hours, list(self.cuts), prices, self.rounds
        )

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

    def seconds_left(self) -> float:
        return self._deadline - time.monotonic()


class Level:
    """A split with its master and its workers."""

    def __init__(self, run: Decomposition, s: Split, price: np.ndarray, processes: int | None):
        self.run, self.split, self.price = run, s, price
        self.workers = Workers(s, processes)
        self.master = Master(s, self.workers.floor(price), run.interrupt)
        self.integer = bool(s.plan.integer.any())
        self._grid = self._new_rows = 0

    def close(self) -> None:
        self.workers.close()

    def settle(
        self, start: np.ndarray | None, gap: float, stage: str, proves: bool = False, fixed: bool = False
    ) -> Best | None:
        """In-out rounds from `start` until best plan and master's bound are within `gap`; `fixed` keeps the integers of
        `start`, `proves` lets the bound be the run's. A plan that is to be kept goes on until no rule is broken. Stops early
        when the run does; None where no plan was looked at."""
        run, low = self.run, -np.inf
        self.master.fix(start if fixed else None)
        self._grid_rows()
        best = None if start is None or not self._servable(start, proves or fixed) else self._solved_at(start)
        while best is None or run.going():
            least = self.master.relaxation(max(run.seconds_left(), 1.0))
            if not len(least.plan):
                if proves and best is None and least.status == "infeasible":
                    raise Infeasible(infeasibility.explain(run.program, run.cuts))
                break
            low = max(low, least.bound)
            if proves:
                run.bound = max(run.bound, low)
            run.progress(stage)
            if fixed and low > run.incumbent:
                break  # these integers cannot be better than the best plan
            if best is not None and best.value - low <= run.allowed(best.value, gap):
                broken = (fixed or not self.integer) and self.breaks(best)
                exact = best.value - low <= ROUNDING * abs(best.value)
                settled = not broken or best.value - low <= run.allowed(best.value, gap / 10)
                if settled and (broken or proves) and self._raise_prices(best, 0.0 if broken else gap):
                    best, low = self._solved_at(best.plan), -np.inf  # under the new prices
                    continue
                if exact or not broken:
                    break  # the last of a broken rule goes as the rounds go on, if it goes at all
            near = best is not None and best.value - low <= NEAR * run.allowed(best.value, gap)
            length = 1.0 if best is None or (near and run.rounds % 2) else STEP
            towards = least.plan if best is None else best.plan + length * (least.plan - best.plan)
            if self._servable(towards, proves or fixed) or best is not None:
                found = self._solved_at(towards)
                if best is None or (found.value < best.value and not self._new_rows):
                    best = found
        self.master.fix(None)
        return best

    def whole_modules(self, best: Best, gap: float) -> Any:
        seconds = max(self.run.seconds_left() * MIP_SHARE, 1.0)
        return self.master.whole_modules(self.run.allowed(best.value, gap), seconds, self.run.tell)

    def breaks(self, best: Best) -> bool:
        """Whether the plan breaks a rule by more than rounding."""
        return best.paid > ROUNDING * abs(best.value)

    def _solved_at(self, plan: np.ndarray) -> Best:
        found: list[Evaluation] = self.workers.evaluate(plan, self.price)
        self.master.add(found)
        self.run.rounds += 1
        s = self.split
        value = s.constant + s.plan.cost @ plan + sum(s.weight[e.block] * e.value for e in found)
        broken = np.zeros(len(self.price))
        paid = 0.0
        for e in found:
            broken += s.weight[e.block] * e.broken
            paid += s.weight[e.block] * float(self.price * s.penalty[s.elastic(), e.block] @ e.broken)
        return Best(float(value), plan, broken, paid)

    def _raise_prices(self, best: Best, gap: float) -> bool:
        """Charge more for what this plan breaks; False where that costs little, or is charged enough."""
        kinds = self.split.kinds()
        dear = np.isin(kinds, kinds[best.broken > 0]) & (self.price < LAST_PRICE)
        if best.paid <= self.run.allowed(best.value, gap) / 2 or not dear.any():
            return False
        self.price = np.where(dear, self.price * DEARER, self.price)
        return True

    def _servable(self, plan: np.ndarray, matters: bool) -> bool:
        """Whether the grid can serve this plan; rows that it violates are added."""
        self._new_rows = len(self.run.violated(plan)) if matters else 0
        self._grid_rows()
        return not self._new_rows

    def _grid_rows(self) -> None:
        """Rows of the grid found so far; coarse levels see the same plan columns under other numbers and do without."""
        if self.split.n_plan != len(self.run.program.plan.columns):
            return
        for cut in self.run.cuts[self._grid :]:
            self.master.add_grid(cut)
        self._grid = len(self.run.cuts)
