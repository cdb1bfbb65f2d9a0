"""The whole Program in one matrix, with rows of the grid added as they are found violated.

    1  the relaxation, with cuts until its connections are servable: most cuts, a first bound
    2  the integers of the mean block's plan (`mean`), for a first plan; within the gap of that bound: stop. Beside a solved
       study its integers come first, then a dive towards them (`dive`)
    3  the MIP with those cuts, from that plan
    4  its integers fixed, the rest re-optimised with cuts until servable: a plan that keeps every grid row
    5  if that plan is within the gap of the MIP's bound, stop; else keep the cuts and go to 3

Every cut holds for all servable connections, so the MIP's bound is a bound of the full problem.
Broken rules (elastic columns) are closed; when no plan exists they are opened to say what is missing (`infeasibility`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import Infeasible, StoppedEarly
from ..study.solver import SolverOptions
from . import infeasibility
from .benders.mean import MeanBlock
from .dive import dive
from .highs import MIP, Answer, Highs, Tell
from .outcome import Outcome
from .program import BASIC, INF, Basis, Cut, Program, WideRow, whole
from .rounding import Integers
from .warm import Bases, Frame, Start

FindCuts = Callable[[np.ndarray], Sequence[WideRow]]  # values of the columns `seen` -> rows over them that they violate
Settle = Callable[[np.ndarray], Any]  # the same values -> what a rule of the grid decides at them (`where`, `values`), or None
MOST_ROUNDS = 40
FIRST_SHARE = 0.7  # of the gap is left to the MIP; securing the plan against the grid may take the rest
FIRST_PLAN_SHARE = 0.5  # of the time limit, at most, for the mean block's plan
NEAR_STEPS = 0.3  # of the rows, at most, of the simplex method from a solved study's basis: then interior point is quicker
DIVE_SHARE = 0.3  # of the time limit, at most
WARM = {"simplex_dual_edge_weight_strategy": 1}
"""Devex: exact steepest edge weights of a new basis take twice as long as the few hundred steps from it."""


class Monolith:
    """One solve of one Program."""

    def __init__(
        self,
        program: Program,
        options: SolverOptions,
        unavoidable: float = 0.0,
        find_cuts: FindCuts | None = None,
        settle: Settle | None = None,
        tell: Tell | None = None,
        interrupt: threading.Event | None = None,
        seen: np.ndarray | None = None,
        near: Start | None = None,
    ):
        """`near`: a solved study that differs little; its integers are tried first, and the relaxation begins at its bases."""
        self.program, self.options, self.unavoidable = program, options, unavoidable
        self.find_cuts, self.settle, self.tell = find_cuts, settle, tell
        self.interrupt = interrupt or threading.Event()
        self.start = time.monotonic()
        self._deadline = self.start + options.time_limit_s
        self.n_plan = len(program.plan.columns)
        self.whole = whole(program)
        self.highs = Highs(self.whole, self.interrupt)
        self.elastic = self._all_blocks(program.elastic_columns())
        self.highs.bound_columns(self.elastic, np.zeros(len(self.elastic)), np.zeros(len(self.elastic)))
        self.seen = np.empty(0, np.int64) if seen is None else seen  # columns whose values find_cuts and settle want
        self.near = None if near is None else near.plan
        self.bases = None if near is None else near.bases
        self._ended: dict[str, Basis] = {}  # where the relaxation ended, and the best plan
        self.cuts: list[Cut] = []
        self.cut_rows: list[int] = []
        self.rounds = 0

    def solve(self, first_cuts: Sequence[WideRow] = ()) -> Outcome:
        """Raises Infeasible (in words) or StoppedEarly (interrupted before any plan was found)."""
        self._add(first_cuts)
        relaxed = self._relaxation()
        if relaxed.status == "infeasible":
            raise Infeasible(infeasibility.explain(self.program, self.cuts))
        bound, prices, status = relaxed.bound, self._prices(relaxed), "limit"
        best = self._first_plan(relaxed)
        if best is not None and best.objective - bound <= self.allowed(best.objective):
            return self._outcome("optimal", best, bound, prices, relaxed)
        while self.rounds < MOST_ROUNDS and self.seconds_left() > 0 and not self.interrupt.is_set():
            found = self._mip(relaxed, best)
            if found.status == "infeasible":
                raise Infeasible(infeasibility.explain(self.program, self.cuts))
            bound = max(bound, found.bound)
            if found.columns is None:
                status = "limit"
                break
            before, integers = len(self.cuts), found.columns[self.highs.integer]
            servable = not self._violated(found.columns)
            secure = found if servable and self.settle is None else self.secured(integers)
            if secure is not None and secure.columns is not None and (best is None or secure.objective < best.objective):
                best = secure
            if best is not None and best.objective - bound <= self.allowed(best.objective):
                status = "optimal"
                break
            self.rounds += 1
            if self.settle is not None and len(self.cuts) == before:
                break  # the rule of the grid costs more than the gap: the same plan would come again
        if best is None or best.columns is None:
            why = "interrupted" if self.interrupt.is_set() else f"the time limit of {self.options.time_limit_s:g} s was reached"
            raise StoppedEarly(f"{why} before any plan was found; allow more time (solver.time_limit_s)")
        if self.interrupt.is_set():
            status = "interrupted"
        return self._outcome(status, best, bound, prices, relaxed)

    def _outcome(self, status: str, best: Answer, bound: float, prices: np.ndarray, relaxed: Answer) -> Outcome:
        assert best.columns is not None
        hours = best.columns[self.n_plan :].reshape(self.program.n_blocks, self.program.n_own).T
        prices = np.concatenate([prices, np.zeros(len(self.cuts) - len(prices))])
        return Outcome(
            status,
            best.objective,
            min(bound, best.objective),
            self.unavoidable,
            time.monotonic() - self.start,
            best.columns[: self.n_plan],
            hours,
            list(self.cuts),
            prices,
            self.rounds + 1,
            np.empty(0) if relaxed.column_duals is None else relaxed.column_duals[: self.n_plan],
            bases=self._bases(),
        )

    def _bases(self) -> Bases | None:
        if "relaxation" not in self._ended:
            return None
        return Bases(Frame.of(self.program, self.cuts), self._ended["relaxation"], self._ended.get("plan"))

    def _relaxation(self) -> Answer:
        """The LP relaxation with cuts until none is violated (interior point first, then warm dual simplex)."""
        self.highs.relax(True)
        answer = self._root()
        while answer.columns is not None and answer.status == "optimal":
            new = self._violated(answer.columns)
            if not new or self.seconds_left() <= 0:
                break
            answer = self._lp("relaxation, grid rows")
        if answer.status == "optimal":
            self._ended["relaxation"] = self.highs.basis()
        self.highs.relax(False)
        return answer

    def _root(self) -> Answer:
        """The relaxation from where a solved study's ended, if that is near enough; else by interior point."""
        if self.bases is not None:
            self._begin_at(self.bases.relaxation)
            steps = int(self.highs.n_rows * NEAR_STEPS)
            answer = self._lp("relaxation, from the solved study", simplex_iteration_limit=steps)
            if answer.status in ("optimal", "infeasible"):
                return answer
            self.highs.forget()
        return self.highs.run("relaxation", self.tell, solver="ipx", time_limit=self._clock())

    def _begin_at(self, basis: Basis) -> None:
        assert self.bases is not None
        self.highs.begin_at(self.bases.fitted(basis, Frame.of(self.program, self.cuts), self.whole))

    def _lp(self, stage: str, **options: int) -> Answer:
        """A continuous program from where the last one ended."""
        return self.highs.run(stage, self.tell, time_limit=self._clock(), **WARM, **options)

    def _first_plan(self, relaxed: Answer) -> Answer | None:
        """A plan to start from, so that one exists even if time runs out: the first that is within the gap, else the best."""
        if relaxed.columns is None or not len(self.highs.integer):
            return None
        best: Answer | None = None
        for answer in self._first_plans(relaxed):
            if answer is not None and (best is None or answer.objective < best.objective):
                best = answer
            if best is not None and best.objective - relaxed.bound <= self.allowed(best.objective):
                break
        return best

    def _first_plans(self, relaxed: Answer) -> Iterator[Answer | None]:
        """The integers of a study near by, those of a dive towards them, the mean block's; where there are none of these, the
        relaxation's rounded, else rounded up."""
        assert relaxed.columns is not None
        lower, upper = (b[self.highs.integer] for b in self._column_bounds())
        none = True
        if self.near is not None and not np.isnan(integers := self.near[self.highs.integer]).any():
            near = np.clip(np.round(integers), lower, upper)
            if self.bases is not None and self.bases.plan is not None:
                self._begin_at(self.bases.plan)
            answer = self.secured(near)
            none &= answer is None
            yield answer
            if "relaxation" in self._ended:
                answer = self._dived(near, relaxed)
                none &= answer is None
                yield answer
        if self.program.n_blocks > 1:
            seconds = min(self.seconds_left(), self.options.time_limit_s * FIRST_PLAN_SHARE)
            answer = self._planned(self.allowed(relaxed.objective), seconds)
            none &= answer is None
            yield answer
        values = relaxed.columns[self.highs.integer]
        for rounded in (np.round(values + 0.25), np.ceil(values - 1e-6)):
            if none:
                answer = self.secured(np.clip(rounded, lower, upper))
                none &= answer is None
                yield answer

    def integers(self, plan: np.ndarray) -> Integers:
        """The integers among the values of the plan's columns."""
        least, most = (bound[self.highs.integer] for bound in self._column_bounds())
        columns = [self.program.plan.columns[j] for j in self.highs.integer]
        return Integers.of(columns, plan[self.highs.integer], least, most)

    def _dived(self, near: np.ndarray, relaxed: Answer) -> Answer | None:
        """The plan that a dive from the relaxation finds, guided by these integers."""
        assert relaxed.columns is not None
        values, until = np.zeros(self.n_plan), time.monotonic() + self.options.time_limit_s * DIVE_SHARE
        values[self.highs.integer] = near
        ended = self._ended["relaxation"]
        rows = np.append(ended.rows, np.full(self.highs.n_rows - len(ended.rows), BASIC))  # rows of the grid found since
        self.highs.begin_at(Basis(ended.columns, rows))

        def within(lower: np.ndarray, upper: np.ndarray) -> np.ndarray | None:
            late = time.monotonic() > until
            return None if late else self.relaxed_within(lower, upper, "dive towards the solved study's plan")

        integers = dive(self.integers(values), relaxed.columns[self.highs.integer], within)
        return None if integers is None else self.secured(integers)

    def _planned(self, gap: float, seconds: float) -> Answer | None:
        """A plan with the integers of the mean block. Where a block of hours cannot be served with them, that block is taken
        out of the mean, and the integers are asked for again."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.interrupt.is_set():
            cuts = len(self.cuts)
            found = self._mean_block.integers(self.cuts, gap, left, "first plan, mean of the blocks", self.tell)
            if found is None:
                return None
            answer = self.secured(found)
            if answer is not None:
                return answer
            hardest, apart = self._hardest_block(found), self._mean_block.apart
            if hardest is not None and hardest not in apart:
                self._mean_block = MeanBlock(self.program, self.interrupt, apart | {hardest})
            elif len(self.cuts) == cuts:
                return None
        return None

    @cached_property
    def _mean_block(self) -> MeanBlock:
        return MeanBlock(self.program, self.interrupt)

    def _hardest_block(self, integers: np.ndarray) -> int | None:
        """The block of hours whose rules these integers break most; None where they break none of the hours'."""
        program = self.program
        penalty = whole(program, {"penalty": 1.0}).cost
        open_ = np.full(len(self.elastic), INF)
        with self.highs.held(integers, integers, self.whole):
            self.highs.bound_columns(self.elastic, np.zeros(len(self.elastic)), open_)
            self.highs.cost_columns(penalty)
            answer = self._lp("what the plan breaks")
            self.highs.cost_columns(self.whole.cost, self.whole.constant)
            self.highs.bound_columns(self.elastic, np.zeros(len(self.elastic)), np.zeros(len(self.elastic)))
        if answer.columns is None:
            return None
        broken = (penalty * answer.columns)[self.n_plan :].reshape(program.n_blocks, program.n_own).sum(axis=1)
        return int(np.argmax(broken)) if broken.max() > 0 else None

    def _column_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        return self.whole.column_lower, self.whole.column_upper

    def _mip(self, relaxed: Answer, best: Answer | None) -> Answer:
        allowed = min(self.allowed(a.objective) for a in (relaxed, best) if a is not None)
        if best is not None and best.columns is not None:
            self.highs.start_from(best.columns)
        return self.highs.run(
            "plan",
            self.tell,
            mip_abs_gap=max(allowed * self.highs.scale * FIRST_SHARE, 1e-9),
            time_limit=self._clock(),
            **MIP,
        )

    def relaxed_within(self, lower: np.ndarray, upper: np.ndarray, stage: str) -> np.ndarray | None:
        """The integer columns of the relaxation within these bounds on them; None where there is none or time is up."""
        with self.highs.held(lower, upper, self.whole):
            answer = self._lp(stage)
        return answer.columns[self.highs.integer] if answer.columns is not None and answer.status == "optimal" else None

    def secured(self, integers: np.ndarray) -> Answer | None:
        """These values of the integer columns, everything else re-optimised under the grid rows found on the way; None where
        no such plan exists or time is up."""
        with self.highs.held(np.round(integers), np.round(integers), self.whole):
            answer = self._until_servable()
            if self.settle is not None and answer is not None and answer.columns is not None:
                answer = self._settled(answer.columns)
            if answer is not None and answer.status == "optimal":
                self._ended["plan"] = self.highs.basis()
        usable = answer is not None and answer.status == "optimal" and answer.columns is not None
        return answer if usable else None

    def _until_servable(self) -> Answer | None:
        answer: Answer | None = None
        while self.seconds_left() > 0:
            answer = self._lp("grid rows of the plan")
            if answer.columns is None or not self._violated(answer.columns):
                break
        return answer

    def _settled(self, columns: np.ndarray) -> Answer | None:
        """The rest re-optimised with what the rule of the grid decides at this plan."""
        assert self.settle is not None
        decided = self.settle(np.maximum(columns[self.seen], 0.0))
        if decided is None:
            return None
        where = self.seen[decided.where]
        self.highs.bound_columns(where, decided.values, decided.values)
        answer = self._until_servable()
        self.highs.bound_columns(where, self.whole.column_lower[where], self.whole.column_upper[where])
        return answer

    def _violated(self, columns: np.ndarray) -> int:
        """Find the violated rows of the grid, add them; how many."""
        if self.find_cuts is None or not len(self.seen):
            return 0
        found = self.find_cuts(np.maximum(columns[self.seen], 0.0))
        self._add(found)
        return len(found)

    def _add(self, found: Sequence[WideRow]) -> None:
        for cut in found:
            row = Cut(cut.situation, self.seen, np.asarray(cut.coefficients, float), float(cut.rhs_mw), {"row": cut.row})
            self.cuts.append(row)
            self.cut_rows.append(self.highs.add_cut(row))

    def _prices(self, relaxed: Answer) -> np.ndarray:
        """What one MW more on the right-hand side of each cut is worth, in the relaxation."""
        if relaxed.row_duals is None or not self.cut_rows:
            return np.zeros(len(self.cuts))
        return -relaxed.row_duals[np.array(self.cut_rows)]

    def _all_blocks(self, own: np.ndarray) -> np.ndarray:
        starts = self.n_plan + self.program.n_own * np.arange(self.program.n_blocks)
        return (starts[:, None] + own).ravel()

    def allowed(self, objective: float) -> float:
        """The gap that is allowed, in the objective's unit."""
        if not np.isfinite(objective):
            return 0.0
        return self.options.gap * abs(objective - self.unavoidable) + 1e-9 * abs(objective)

    def extend(self, seconds: float) -> None:
        """Allow `seconds` more from now on than what is left."""
        self._deadline = time.monotonic() + max(self.seconds_left(), 0.0) + seconds

    def seconds_left(self) -> float:
        return self._deadline - time.monotonic()

    def _clock(self) -> float:
        """HiGHS counts the run time of one object over all its runs."""
        return self.highs.run_time() + max(self.seconds_left(), 0.1)
