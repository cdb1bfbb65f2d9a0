"""The LP of one block of hours at a given plan, and the cut that its duals prove.

For any row duals p with the right signs, and r = c − Aᵀp the reduced costs of the block's own columns,

    V_d(x) ≥ Σ_i p_i · (the row bound that p_i leans on) + Σ_j r_j · (the column bound that r_j leans on) + g·x,   g = c_x − Bᵀp

holds for every plan x (weak duality), so a cut never depends on the solver's tolerances. Benders 1962; Geoffrion 1972.
Linking columns stay in the LP with equal bounds. A solved LP stays in memory and starts from its last basis.
"""

from __future__ import annotations

import ctypes
import sys
from typing import NamedTuple

import highspy
import numpy as np
import scipy.sparse as sp

from ...errors import SolveError
from ..highs import THREADS
from .bounding_rows import BoundingRows
from .site_pricing import SitePricing, View
from .split import Block, Split

KEPT, SPARE = 5, 2.0  # rounds since a site was used; the LPs are loaded anew when they hold so many times those used lately
LEFT, ROUNDED = 1e-5, 1e-9  # what rounding may leave of a reduced cost; and, in parts of the dearest cost of the block
LOOSE = 1e-5  # what it may leave between a value and its cut, in parts of the value
FEW = 5  # blocks whose cuts meet their values only with all sites in: they get such cuts; where more do, all sites stay in
TRIED = 3  # open sites whose prices are tried for closed ones that are wanted, and the best of before

GIVES, USUAL = (1e-5, 1e-3), 1e-7  # MW that a row of a block may be off where a plan misses its own rows by rounding


class Evaluation(NamedTuple):
    """One block at one plan, per occurrence: `value` = V_d, and the cut `constant + slope · x[links[:, d]]`."""

    block: int
    value: float
    constant: float
    slope: np.ndarray
    broken: np.ndarray  # elastic columns, as `Split.elastic` orders them
    tight: bool  # the cut holds, and meets the value
    prices: np.ndarray  # duals of the rows of no site


class Subproblems:
    """The blocks that one process works on."""

    def __init__(self, s: Split):
        self.split, self.elastic = s, s.elastic
        self.price = np.ones(len(self.elastic))
        self._every = np.ones(s.site_of.n_sites, bool)
        self._stays = ~s.site_of.apart  # sites that are never left out
        self._used = np.full(s.site_of.n_sites, -KEPT)  # the round in which each was last used
        self._round = 0
        self._joining = np.flatnonzero(s.site_of.row < 0)
        self.bounding = BoundingRows(s)
        self.view, self.pricing = View(s, self._every, self.bounding), SitePricing(s, self._every)
        self._trial = self.pricing  # of closed sites of which something is wanted
        self._lp: dict[int, tuple[View, highspy.Highs]] = {}
        self._donor: dict[int, int] = {}  # of each block: at whose prices closed sites were worth least
        self._last_donor = -1  # of the last block

    def evaluate(
        self, plan: np.ndarray, price: np.ndarray, blocks: list[int], wanted: np.ndarray | None = None
    ) -> list[Evaluation]:
        """Solve these blocks at `plan`; `price`, (elastic,) or (elastic, blocks): the share of each penalty that is charged.
        Cuts are as high as can be at what is `wanted` of sites that are closed in `plan`, of some prices tried."""
        before, wanted = self.view, plan if wanted is None else wanted
        self._charge(price)
        self._choose(self.split.sites_used(plan), self.split.sites_used(wanted))
        found = [self._evaluate(d, plan, wanted) for d in blocks]
        if self.view is not before:
            _give_back()
        loose = [i for i, e in enumerate(found) if not e.tight]
        if not loose or self._stays.all():
            return found
        every, needed = Subproblems(self.split), 0
        every._stays[:] = True
        for i in loose:
            again = every.evaluate(plan, self.price, [found[i].block])[0]
            if again.tight:  # otherwise it is the solver's rounding that they miss
                found[i], needed = again, needed + 1
            if needed > FEW:
                self._stays[:] = True  # closed sites do something: from now on none is left out
                self._choose(self._every)
                return [self._evaluate(d, plan, wanted) for d in blocks]
        return found

    def _charge(self, price: np.ndarray) -> None:
        if np.array_equal(price, self.price):
            return
        self.price = price.copy()
        for d, (view, lp) in self._lp.items():
            cost, there = self._cost(d)[self.elastic], view.elastic >= 0
            _must(lp.changeColsCost(int(there.sum()), view.elastic[there], cost[there]), "changeColsCost")

    def _choose(self, sites: np.ndarray, wanted: np.ndarray | None = None) -> None:
        """Open are these sites; the LPs keep others too, since loading them anew takes as long as some rounds. Prices of open
        ones are tried for those `wanted` that are closed; default: none."""
        self._round += 1
        opened = sites | self._stays
        self._used[opened] = self._round
        if not np.array_equal(opened, self.pricing.opened):
            self.pricing = SitePricing(self.split, opened)
        tried = np.zeros_like(opened) if wanted is None else wanted & ~opened
        if self._trial.opened is not self.pricing.opened or not np.array_equal(tried, self._trial.priced):
            self._trial = SitePricing(self.split, self.pricing.opened, tried)
        lately = self._used > self._round - KEPT
        if (opened & ~self.view.sites).any():
            self.view = View(self.split, self.view.sites | opened, self.bounding)
        elif self.view.sites.sum() > SPARE * lately.sum():
            self.view = View(self.split, lately, self.bounding)

    def floor(self, price: np.ndarray, blocks: list[int]) -> dict[int, float]:
        """The least that each block can cost under any plan within its columns' bounds."""
        self.price = price.copy()
        s = self.split
        self._choose(self._every)
        out = {}
        for d in blocks:
            at, (_, lp) = s.links[:, d], self._at(d)
            self._bound(d, s.block(d), s.plan.column_lower[at], s.plan.column_upper[at])
            if not self._solved(lp):
                raise SolveError(f"block {d} has no least cost: {lp.modelStatusToString(lp.getModelStatus())}")
            out[d] = lp.getInfo().objective_function_value
        return out

    def operation(self, plan: np.ndarray, price: np.ndarray, blocks: list[int]) -> np.ndarray:
        """Values of the own columns, (own columns, blocks)."""
        self._charge(price)
        out = np.zeros((self.split.n_own, len(blocks)))
        self._choose(self.split.sites_used(plan))
        for i, d in enumerate(blocks):
            view, lp = self._at(d)
            at = plan[self.split.links[:, d]]
            self._bound(d, self.split.block(d), at, at)
            self._solve(d, lp)
            out[view.own, i] = np.array(lp.getSolution().col_value)[: len(view.own)]
        return out

    def _evaluate(self, d: int, plan: np.ndarray, wanted: np.ndarray) -> Evaluation:
        s, block, at, cost = self.split, self.split.block(d), plan[self.split.links[:, d]], self._cost(d)
        view, lp = self._at(d)
        bounds = self._bound(d, block, at, at)
        value = self._solve(d, lp)
        solution = lp.getSolution()
        known = np.zeros(s.n_rows)
        known[view.rows] = solution.row_dual
        p, reduced = self._priced(d, known, cost, block, bounds, wanted[s.links[:, d]])
        rows, columns, slope = np.flatnonzero(p), np.flatnonzero(reduced[: s.n_own]), reduced[s.n_own :]
        duals, own = p[rows], reduced[columns]
        leans = np.where(own > 0, block.column_lower[columns], block.column_upper[columns])
        counted = np.isfinite(leans)  # a column without bound has no price: what is left there has to be rounding
        missed = bool((own[~counted] < -LEFT - ROUNDED * cost.max()).any())
        constant = duals @ np.where(duals > 0, block.lower[rows], block.upper[rows]) + own[counted] @ leans[counted]
        broken = np.zeros(len(self.elastic))
        there = view.elastic >= 0
        broken[there] = np.array(solution.col_value)[view.elastic[there]]
        tight = not missed and value - (constant + slope @ at) <= LOOSE * abs(value) + LEFT
        return Evaluation(d, value, float(constant), slope, broken, tight, p[self._joining])

    def _priced(
        self,
        d: int,
        known: np.ndarray,
        cost: np.ndarray,
        block: Block,
        bounds: tuple[np.ndarray, np.ndarray],
        wanted: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Duals of all rows, and reduced costs: `known` with those of closed sites, at the prices of the open one whose turn it
        is; or, where something is `wanted` (links,) of closed ones, of some at whose prices that is worth least."""

        def at(pricing: SitePricing, donor: int) -> tuple[np.ndarray, np.ndarray]:
            p = known.copy()
            reduced = pricing.extend(p, donor, cost, block)
            self.bounding.price(p, reduced, block, bounds)
            return p, reduced

        trial, turn = self._trial, d + self._round
        wants = wanted[trial.links]
        if not wants.any():
            return at(self.pricing, *self.pricing.donors(turn, 1, -1))
        donors = trial.donors(turn, TRIED, self._donor.get(d, self._last_donor))
        worth = [-float(at(trial, z)[1][self.split.n_own :][trial.links] @ wants) for z in donors]
        self._donor[d] = self._last_donor = donors[int(np.argmin(worth))]
        return at(self.pricing, self._last_donor)

    def _solve(self, d: int, lp: highspy.Highs) -> float:
        if not self._solved(lp):
            status = lp.modelStatusToString(lp.getModelStatus())
            raise SolveError(f"block {d} ended with status {status}: an hour must be feasible under every plan")
        return float(lp.getInfo().objective_function_value)

    def _bound(self, d: int, block: Block, least: np.ndarray, most: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of all columns under plans between `least` and `most` (links,). Those of the rows that are bounds."""
        (view, lp), at, found = self._lp[d], self.bounding.columns, self.bounding.bounds(block, least, most)
        lower, upper = np.concatenate([block.column_lower, least]), np.concatenate([block.column_upper, most])
        lower[at], upper[at] = np.maximum(lower[at], found[0]), np.minimum(upper[at], found[1])
        crossed = (lower > upper) & (lower <= upper + GIVES[0])  # where a plan misses a row by rounding
        upper[crossed] = lower[crossed]
        every = np.arange(len(view.columns), dtype=np.int32)
        _must(lp.changeColsBounds(len(every), every, lower[view.columns], upper[view.columns]), "changeColsBounds")
        return found

    @staticmethod
    def _solved(lp: highspy.Highs) -> bool:
        """Warm, then cold, then by interior point; first with some give where a plan misses a row of its own by rounding."""
        lp.run()
        for give in GIVES:  # cuts hold whatever the tolerance
            if lp.getModelStatus() != highspy.HighsModelStatus.kInfeasible:
                break
            lp.setOptionValue("presolve", "off")
            lp.setOptionValue("primal_feasibility_tolerance", give)
            lp.clearSolver()
            lp.run()
            lp.setOptionValue("presolve", "choose")
            lp.setOptionValue("primal_feasibility_tolerance", USUAL)
        for solver in ("choose", "ipx"):
            if lp.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                break
            lp.clearSolver()
            lp.setOptionValue("solver", solver)
            lp.run()
            lp.setOptionValue("solver", "choose")
        return bool(lp.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def _cost(self, d: int) -> np.ndarray:
        s = self.split
        cost = s.cost.at(d)
        price = self.price if self.price.ndim == 1 else self.price[:, d]
        cost[self.elastic] += price * s.penalty[:, d]
        return cost

    def _at(self, d: int) -> tuple[View, highspy.Highs]:
        if d in self._lp and self._lp[d][0] is self.view:
            return self._lp[d]
        alike = [other for other, (view, _) in self._lp.items() if view is self.view]
        lp = self._load(d)
        if alike:  # half the iterations of a cold start; the block's own basis with other sites takes more than a cold start
            basis = self._lp[min(alike, key=lambda other: abs(other - d))][1].getBasis()
            if basis.valid:
                _must(lp.setBasis(basis), "setBasis")
        self._lp[d] = self.view, lp
        return self._lp[d]

    def _load(self, d: int) -> highspy.Highs:
        s, view = self.split, self.view
        matrix = sp.csr_matrix((s.value.at(d)[view.entries], (view.row, view.column)), (len(view.rows), len(view.columns)))
        lp = highspy.Highs()
        _must(lp.setOptionValue("output_flag", False), "option output_flag")
        _must(lp.setOptionValue("threads", THREADS), "option threads")
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = matrix.shape
        model.col_cost_ = self._cost(d)[view.columns]
        model.col_lower_ = model.col_upper_ = np.zeros(len(view.columns))  # set before it is solved
        model.row_lower_, model.row_upper_ = s.lower.at(d)[view.rows], s.upper.at(d)[view.rows]
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
        model.a_matrix_.value_ = matrix.data
        _must(lp.passModel(model), "passModel", warning_is_fine=True)  # coefficients below 1e-9 are dropped
        return lp


def _give_back() -> None:
    """Memory of LPs that were loaded anew goes back to the system: glibc keeps it in holes that larger ones do not fit into."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def _must(status: highspy.HighsStatus, what: str, warning_is_fine: bool = False) -> None:
    if status == highspy.HighsStatus.kError or (status == highspy.HighsStatus.kWarning and not warning_is_fine):
        raise SolveError(f"HiGHS refused {what} of a block")
