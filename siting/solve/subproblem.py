"""The LP of one block of hours at a given plan, and the cut that its duals prove.

For any row duals p with the right signs, and r = c − Aᵀp the reduced costs of the block's own columns,

    V_d(x) ≥ Σ_i p_i · (the row bound that p_i leans on) + Σ_j r_j · (the column bound that r_j leans on) + g·x,   g = c_x − Bᵀp

holds for every plan x (weak duality), so a cut never depends on the solver's tolerances. Benders 1962; Geoffrion 1972.
Linking columns stay in the LP with equal bounds. A solved LP stays in memory and starts from its last basis.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import highspy
import numpy as np
import scipy.sparse as sp

from ..errors import SolveError
from .highs import THREADS
from .split import Split

GIVE: dict[str, tuple[Any, Any]] = {"presolve": ("off", "choose"), "primal_feasibility_tolerance": (1e-5, 1e-7)}
"""Options for a block that is infeasible by rounding, and their usual values. Cuts hold whatever the tolerance."""


class Evaluation(NamedTuple):
    """One block at one plan, per occurrence: `value` = V_d, and the cut `constant + slope · x[links[:, d]]`."""

    block: int
    value: float
    constant: float
    slope: np.ndarray
    broken: np.ndarray  # elastic columns, as `Split.elastic` orders them
    iterations: int


class Subproblems:
    """The blocks that one process works on."""

    def __init__(self, s: Split):
        self.split, self.elastic = s, s.elastic()
        self.price = np.ones(len(self.elastic))
        self._lp: dict[int, highspy.Highs] = {}
        self._linking = np.arange(s.n_own, s.n_own + len(s.links), dtype=np.int32)

    def evaluate(self, plan: np.ndarray, price: np.ndarray, blocks: list[int]) -> list[Evaluation]:
        """Solve these blocks at `plan`; `price` is the share of each penalty that is charged."""
        if not np.array_equal(price, self.price):
            self.price = price.copy()
            for d, lp in self._lp.items():
                cost = self._cost(d)[self.elastic]
                _must(lp.changeColsCost(len(self.elastic), self.elastic.astype(np.int32), cost), "changeColsCost")
        return [self._evaluate(d, plan) for d in blocks]

    def floor(self, price: np.ndarray, blocks: list[int]) -> dict[int, float]:
        """The least that each block can cost under any plan within its columns' bounds."""
        self.price = price.copy()
        s = self.split
        out = {}
        for d in blocks:
            at = s.links[:, d]
            lp = self._at(d)
            self._bound(lp, s.plan.column_lower[at], s.plan.column_upper[at])
            if not self._solved(lp):
                raise SolveError(f"block {d} has no least cost: {lp.modelStatusToString(lp.getModelStatus())}")
            out[d] = lp.getInfo().objective_function_value
        return out

    def operation(self, plan: np.ndarray, blocks: list[int]) -> np.ndarray:
        """Values of the own columns, (own columns, blocks)."""
        out = np.empty((self.split.n_own, len(blocks)))
        for i, d in enumerate(blocks):
            self._solve(d, plan)
            out[:, i] = np.array(self._lp[d].getSolution().col_value)[: self.split.n_own]
        return out

    def _evaluate(self, d: int, plan: np.ndarray) -> Evaluation:
        s = self.split
        value = self._solve(d, plan)
        lp = self._lp[d]
        solution = lp.getSolution()
        coefficients, lower, upper = s.value.at(d), s.lower.at(d), s.upper.at(d)
        p = np.array(solution.row_dual)
        p[((p > 0) & np.isinf(lower)) | ((p < 0) & np.isinf(upper))] = 0.0
        cost = self._cost(d)
        reduced = cost - np.bincount(s.col, weights=coefficients * p[s.row], minlength=len(cost))
        own, slope = reduced[: s.n_own], reduced[s.n_own :]
        leans = np.where(own > 0, s.column_lower.at(d), s.column_upper.at(d))
        counted = np.isfinite(leans)  # a column without bound has no price: what is left there is below the dual tolerance
        constant = p[p > 0] @ lower[p > 0] + p[p < 0] @ upper[p < 0] + own[counted] @ leans[counted]
        broken = np.array(solution.col_value)[self.elastic]
        return Evaluation(d, value, float(constant), slope, broken, int(lp.getInfo().simplex_iteration_count))

    def _solve(self, d: int, plan: np.ndarray) -> float:
        lp, at = self._at(d), plan[self.split.links[:, d]]
        self._bound(lp, at, at)
        if not self._solved(lp):
            status = lp.modelStatusToString(lp.getModelStatus())
            raise SolveError(f"block {d} ended with status {status}: an hour must be feasible under every plan")
        return float(lp.getInfo().objective_function_value)

    def _bound(self, lp: highspy.Highs, lower: np.ndarray, upper: np.ndarray) -> None:
        lower, upper = np.ascontiguousarray(lower, float), np.ascontiguousarray(upper, float)
        _must(lp.changeColsBounds(len(self._linking), self._linking, lower, upper), "changeColsBounds")

    @staticmethod
    def _solved(lp: highspy.Highs) -> bool:
        """Warm, then cold, then by interior point; first with some give where a plan misses a row of its own by rounding."""
        lp.run()
        if lp.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            for option, value in GIVE.items():
                lp.setOptionValue(option, value[0])
            lp.clearSolver()
            lp.run()
            for option, value in GIVE.items():
                lp.setOptionValue(option, value[1])
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
        cost = s.cost[:, d].copy()
        cost[self.elastic] += self.price * s.penalty[self.elastic, d]
        return cost

    def _at(self, d: int) -> highspy.Highs:
        if d not in self._lp:
            near = min(self._lp, key=lambda other: abs(other - d), default=None)
            self._lp[d] = self._load(d)
            if near is not None and (basis := self._lp[near].getBasis()).valid:
                _must(self._lp[d].setBasis(basis), "setBasis")  # a neighbour's: half the iterations of a cold start
        return self._lp[d]

    def _load(self, d: int) -> highspy.Highs:
        s = self.split
        matrix = sp.csr_matrix((s.value.at(d), (s.row, s.col)), (s.n_rows, s.n_own + len(s.links)))
        lp = highspy.Highs()
        _must(lp.setOptionValue("output_flag", False), "option output_flag")
        _must(lp.setOptionValue("threads", THREADS), "option threads")
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = matrix.shape
        model.col_cost_ = self._cost(d)
        linking = np.zeros(len(s.links))
        model.col_lower_ = np.concatenate([s.column_lower.at(d), linking])
        model.col_upper_ = np.concatenate([s.column_upper.at(d), linking])
        model.row_lower_, model.row_upper_ = s.lower.at(d), s.upper.at(d)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
        model.a_matrix_.value_ = matrix.data
        _must(lp.passModel(model), "passModel", warning_is_fine=True)  # coefficients below 1e-9 are dropped
        return lp


def _must(status: highspy.HighsStatus, what: str, warning_is_fine: bool = False) -> None:
    if status == highspy.HighsStatus.kError or (status == highspy.HighsStatus.kWarning and not warning_is_fine):
        raise SolveError(f"HiGHS refused {what} of a block")
