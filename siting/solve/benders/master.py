"""The master: plan columns, one column θ[d] for what each block costs, and the cuts found so far.

    minimise   c·x + Σ_d weight[d] · θ[d]      over the plan's rows, the grid's rows, and   θ[d] ≥ constant + slope · x[links]

Its relaxation and its MIP both bound the full problem from below. When cuts are many, those that have not been tight for
longest are dropped.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from ..highs import MIP, Answer, Tell
from ..program import INF, Cut, Whole
from .known_cuts import Cuts
from .sifting import Sifted
from .split import Split
from .subproblem import Evaluation

MANY, MANY_A_BLOCK = 2000, 12  # cuts, up to which none is dropped: with other whole modules an old one may matter again
GRID, PROOF = -1, -2  # rows that are not dropped: of the grid, and what proves the relaxation's bound
LATELY = 5  # rounds since which a cut was tight, to be in the first choice of whole modules
PATIENCE_S, PATIENCE = 20.0, 2.0  # seconds, and times the longest before, that the simplex may take
WARM_CUTS = {"dual_simplex_cost_perturbation_multiplier": 0.0}  # with it, many like cuts take the simplex 5 to 20 times as long
DIVE_S = 60.0  # for one step of a dive
CENTRAL = 1e-5  # of the objective: so near the least, an interior point ends
PART = 1e-6  # of a block's weight that cuts do not explain: then it has no prices
SMALLEST = 1e-9  # coefficients of a cut below this are dropped by the solver: moved to the constant at their worst


class Step(NamedTuple):
    """What a solve of the master tells. `blocks` is θ, per occurrence."""

    status: str
    bound: float
    plan: np.ndarray
    blocks: np.ndarray


class Mean(NamedTuple):
    """The cuts that prove a relaxation's bound: of each block the mean, by their multipliers; it proves the same alone."""

    bound: float
    cuts: Cuts
    reduced: np.ndarray  # (plan columns,) what is left of their costs without the cuts
    gains: np.ndarray  # (sites,) what each that may not be used now could gain at most


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
        whole = Whole(matrix, p.lower, p.upper, self.lower, self.upper, cost, s.constant, integer)
        self.highs = Sifted(whole, np.append(p.site, np.full(s.n_blocks, -1)), interrupt)
        self._first = matrix.shape[0]
        self._least, self._most = p.column_lower.copy(), p.column_upper.copy()  # bounds of plan columns, as they are now
        self._prices = np.empty((0, (s.site_of.row < 0).sum()))  # duals of the rows of no site, for each such row; or NaN
        self._idle = np.empty(0, int)  # rounds since the row was tight, for each row after the plan's; or GRID, PROOF
        self._may = np.ones(s.site_of.n_sites, bool)  # sites that may be used
        self._longest = 0.0  # seconds of a relaxation
        self._chose = False  # whole modules, before
        self.grid_prices = np.empty(0)  # of one more on the right-hand side of each grid row, in the last relaxation
        self.row_prices = np.zeros(self._first)  # the same of the plan's rows

    def add(self, found: list[Evaluation]) -> None:
        """The cuts of one round."""
        block, constant = np.array([e.block for e in found]), np.array([e.constant for e in found])
        slope, at = np.concatenate([e.slope for e in found]), self.split.links[:, block].T.ravel()
        starts = np.arange(len(found) + 1) * len(self.split.links)
        slopes = sp.csr_matrix((slope, at, starts), (len(found), self.n_plan))
        slopes.sum_duplicates()
        prices = np.array([e.prices for e in found])
        self.know(Cuts(block, constant, slopes, prices))

    def know(self, cuts: Cuts) -> None:
        """Cuts that hold; those of a solved study too."""
        n, slopes = len(cuts.block), cuts.slope
        row, at, value = np.repeat(np.arange(n), np.diff(slopes.indptr)), slopes.indices, -slopes.data / self.unit
        keep = np.abs(value) > SMALLEST
        low, high = self.lower[at], self.upper[at]
        small = ~keep & np.isfinite(low) & np.isfinite(high)
        worst = np.maximum(value[small] * low[small], value[small] * high[small])
        lower = cuts.constant / self.unit - np.bincount(row[small], worst, n)
        kept = sp.csr_matrix((value[keep], (row[keep], at[keep])), slopes.shape)
        theta = sp.csr_matrix((np.ones(n), (np.arange(n), cuts.block)), (n, self.split.n_blocks))
        rows = sp.hstack([kept, theta]).tocsr()
        self.highs.add_rows(rows, lower, np.full(n, INF))
        self._count(np.zeros(n, int), cuts.prices)

    def cuts(self) -> Cuts:
        """All that hold."""
        that_hold = np.flatnonzero((self._idle >= 0) | (self._idle == PROOF))
        rows, lower, _ = self.highs.rows(that_hold + self._first)
        block = rows[:, self.n_plan :].indices  # one θ a row
        return Cuts(block, lower * self.unit, -rows[:, : self.n_plan] * self.unit, self._prices[that_hold])

    def add_grid(self, cut: Cut) -> None:
        """A row of the grid over plan columns; never dropped."""
        self.highs.add_cut(cut)
        self._count(np.array([GRID]))

    def _count(self, idle: np.ndarray, prices: np.ndarray | None = None) -> None:
        """Rows that were added."""
        none = np.full((len(idle), self._prices.shape[1]), np.nan)
        self._idle, self._prices = np.append(self._idle, idle), np.vstack([self._prices, none if prices is None else prices])

    @contextmanager
    def within(self, lower: np.ndarray, upper: np.ndarray) -> Iterator[None]:
        """Plan columns held within these bounds too, for a while."""
        self._bound(np.clip(lower, self._least, self._most), np.clip(upper, self._least, self._most))
        yield
        self._bound(self._least, self._most)

    def _bound(self, lower: np.ndarray, upper: np.ndarray) -> None:
        self.highs.bound_columns(np.arange(self.n_plan), lower, upper)

    def keep_proof(self) -> None:
        """The cuts that were tight lately are kept from now on, instead of those kept before."""
        self._idle[self._idle == PROOF] = 0
        self._idle[(self._idle >= 0) & (self._idle <= LATELY)] = PROOF

    def relaxation(self, time_limit: float, patience_s: float = PATIENCE_S) -> Step:
        """The least of the model without integrality; by interior point where the simplex is lost."""
        patience = min(time_limit, max(patience_s, PATIENCE * self._longest))
        start = time.monotonic()
        answer = self.highs.run(patience, **WARM_CUTS)
        if answer.columns is None and answer.status == "limit" and patience < time_limit:
            self.highs.forget()
            answer = self.highs.run(time_limit - patience, solver="ipx")
        else:
            self._longest = max(self._longest, time.monotonic() - start)
        if answer.row_duals is not None:
            self.row_prices, duals = -answer.row_duals[: self._first], answer.row_duals[self._first :]
            self.grid_prices = -duals[self._idle == GRID]
            self._forget(duals)
        return self._step(answer)

    def central(self, time_limit: float) -> Step:
        """A plan near the relaxation's that is no corner of its cuts, and no bound; the relaxation's where there is none."""
        columns = self.highs.central(time_limit, CENTRAL)
        if columns is None:
            return self.relaxation(time_limit)
        least = float(self.highs.cost @ columns) + self.split.constant
        return self._step(Answer("limit", least, least, columns, None, None))

    def mean(self, time_limit: float) -> Mean | None:
        """Of the relaxation, for sites that may be used; None where it is not solved by then."""
        answer = self.highs.run(time_limit, **WARM_CUTS)
        if answer.row_duals is None:
            return None
        s, is_cut = self.split, np.append(np.zeros(self._first, bool), self._idle != GRID)
        tight = np.flatnonzero(is_cut & (answer.row_duals > 0))
        rows, lower, _ = self.highs.rows(tight)
        block = rows[:, self.n_plan :].indices  # one θ a row
        part = answer.row_duals[tight] / (s.weight * self.unit)[block]
        of_floor = 1.0 - np.bincount(block, part, s.n_blocks)
        mean = sp.csr_matrix((part, (block, np.arange(len(tight)))), (s.n_blocks, len(tight)))
        constant = (mean @ lower + of_floor * self.lower[self.n_plan :]) * self.unit
        prices = mean @ self._prices[tight - self._first]
        prices[of_floor > PART] = np.nan
        elsewhere = np.where(is_cut, 0.0, answer.row_duals)
        could = self.highs.gains(answer.row_duals, ~self._may, self.lower, self.upper)
        slope = (-self.unit * (mean @ rows[:, : self.n_plan])).tocsr()
        cuts = Cuts(np.arange(s.n_blocks), constant, slope, prices)
        return Mean(answer.bound, cuts, self.highs.reduced(elsewhere)[: self.n_plan], could)

    def whole_modules(self, gap: float, time_limit: float, tell: Tell | None = None) -> Step:
        """The MIP of the model, to within `gap` (the objective's unit); its bound is a bound of the full problem. At first with
        the cuts that were tight lately; then with all, since with other whole modules an old one matters again."""
        late = np.concatenate([np.ones(self._first, bool), (self._idle <= LATELY) | self._chose])
        small, self._chose = self.highs.with_rows(np.flatnonzero(late)), True
        scaled = max(gap * small.scale, 1e-9)
        return self._step(small.run("whole modules", tell, mip_abs_gap=scaled, time_limit=time_limit, **MIP))

    def dive(self, going: Callable[[], bool]) -> np.ndarray | None:
        """A plan of whole numbers: those nearest to one are held there, a third at a time, yes or no first, and the relaxation
        is solved again, warm; where it has no plan, one at a time, and that one on its other side. None where that ends
        without (fractional diving: Berthold, "Primal heuristics for mixed integer programs", 2006)."""
        at, least, most = self.highs.integer, self._least, self._most
        self._least, self._most = least.copy(), most.copy()
        free, yes_or_no = np.ones(len(at), bool), most[at] - least[at] <= 1
        plan, share = self.relaxation(DIVE_S).plan, 3
        while going() and len(plan) and free.any():
            value, before = plan[at], (self._least.copy(), self._most.copy())
            now = free & yes_or_no if (free & yes_or_no).any() else free
            off = np.where(now, np.abs(value - np.round(value)), np.inf)
            held = np.argsort(off)[: max(now.sum() // share, 1)]
            found = self._held(at[held], np.round(value[held]))
            if not len(found) and len(held) == 1:
                self._least, self._most = before
                found = self._held(at[held], np.floor(value[held]) + np.ceil(value[held]) - np.round(value[held]))
            elif not len(found):
                (self._least, self._most), share = before, len(at)
                continue
            free[held], plan = False, found
        whole = len(plan) and not free.any()
        self._least, self._most = least, most
        self._bound(least, most)
        return plan if whole else None

    def _held(self, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """The plan of the relaxation with these columns fixed too; empty where there is none."""
        self._least[columns] = self._most[columns] = values
        self._bound(self._least, self._most)
        return self.relaxation(DIVE_S).plan

    def fix(self, plan: np.ndarray) -> None:
        """Fix the integer columns at the rounded values of `plan`, until `only` is called."""
        at = self.highs.integer
        self._least[at] = self._most[at] = np.round(plan[at])
        self._bound(self._least, self._most)

    def only(self, sites: np.ndarray | None) -> None:
        """Only these sites (sites,) may be used; None: all. Nothing is fixed."""
        of, every = self.split.plan.site, np.arange(self.n_plan)
        self._may = np.ones(self.split.site_of.n_sites, bool) if sites is None else sites.copy()
        shut = ~np.append(self._may, True)[of]
        self._least, self._most = self.lower[every], np.where(shut, self.lower[every], self.upper[every])
        self._bound(self._least, self._most)

    def _step(self, answer: Answer) -> Step:
        if answer.columns is None:
            return Step(answer.status, answer.bound, np.empty(0), np.empty(0))
        plan = np.clip(answer.columns[: self.n_plan], self.lower[: self.n_plan], self.upper[: self.n_plan])
        return Step(answer.status, answer.bound, plan, answer.columns[self.n_plan :] * self.unit)

    def _forget(self, duals: np.ndarray) -> None:
        self._idle = np.where(self._idle < 0, self._idle, np.where(np.abs(duals) > 0, 0, self._idle + 1))
        most = max(MANY, MANY_A_BLOCK * self.split.n_blocks)
        if len(self._idle) > most:
            stays = self._idle <= np.sort(self._idle)[most * 3 // 4]
            self.highs.delete_rows(np.flatnonzero(~stays) + self._first)
            self._idle, self._prices = self._idle[stays], self._prices[stays]
