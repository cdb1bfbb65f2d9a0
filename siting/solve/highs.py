"""HiGHS by arrays: every status is checked, a run can be interrupted, and progress is told.

Why not Pyomo's own HiGHS interfaces: they add a large model row by row, 20 to 100 times slower than one `passModel`.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import highspy
import numpy as np
import scipy.sparse as sp

from ..errors import SolveError
from .program import INF, Basis, Cut, Whole

THREADS = 1  # `threads` is global to a process in HiGHS: one value, never changed
MIP = {"mip_lp_solver": "ipx", "mip_rel_gap": 0.0}
"""A MIP with hours inside, or with thousands of wide cuts: by simplex the root alone takes minutes."""


class Progress(NamedTuple):
    """What a running solve knows: EUR (or the unit of the objective) and seconds."""

    stage: str
    bound: float
    incumbent: float
    seconds: float


Tell = Callable[[Progress], None]


class Answer(NamedTuple):
    """`status` is optimal | infeasible | limit | interrupted; `columns` is None without a solution."""

    status: str
    objective: float
    bound: float
    columns: np.ndarray | None
    row_duals: np.ndarray | None
    column_duals: np.ndarray | None


STATUS = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",
    highspy.HighsModelStatus.kTimeLimit: "limit",
    highspy.HighsModelStatus.kIterationLimit: "limit",
    highspy.HighsModelStatus.kSolutionLimit: "limit",
    highspy.HighsModelStatus.kObjectiveTarget: "limit",
    highspy.HighsModelStatus.kInterrupt: "interrupted",
}
A_LITTLE = 1e-4  # of a row's unit
BASIS_STATUS = list(highspy.HighsBasisStatus.__members__.values())
UNSURE = (highspy.HighsModelStatus.kUnknown, highspy.HighsModelStatus.kNotset, highspy.HighsModelStatus.kSolveError)


def without_banner() -> None:
    """HiGHS prints a banner to file descriptor 1 when a process first uses it, whatever is asked of it: let it, unseen."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        highspy.Highs()
        if os.name == "posix":
            ctypes.CDLL(None).fflush(None)
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def scale_of(cost: np.ndarray) -> float:
    """What brings the typical cost near one."""
    sizes = np.abs(cost[cost != 0])
    return float(10.0 ** -round(math.log10(float(np.median(sizes))))) if len(sizes) else 1.0


class Highs:
    """One model inside HiGHS, which sees the objective times `scale`; default: so that its typical coefficient is near one."""

    def __init__(self, w: Whole, interrupt: threading.Event | None = None, scale: float | None = None):
        self._h = highspy.Highs()
        self.interrupt = interrupt or threading.Event()
        self.option("log_to_console", False)
        self.option("threads", THREADS)
        self.scale = scale_of(w.cost) if scale is None else scale
        self._offset = w.constant
        self.integer = np.flatnonzero(w.integer).astype(np.int32)
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = w.matrix.shape
        lp.col_cost_ = w.cost * self.scale
        lp.col_lower_, lp.col_upper_, lp.row_lower_, lp.row_upper_ = w.column_lower, w.column_upper, w.lower, w.upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = w.matrix.indptr, w.matrix.indices
        lp.a_matrix_.value_ = w.matrix.data
        if len(self.integer):
            kind = np.array([highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger])
            lp.integrality_ = kind[w.integer.astype(int)]
        self._must(self._h.passModel(lp), "passModel")
        self.n_columns, self.n_rows = lp.num_col_, lp.num_row_
        self._listen()

    def option(self, name: str, value: Any) -> None:
        """Set an option of HiGHS; an unknown one is an error, not a printed line."""
        self._must(self._h.setOptionValue(name, value), f"option {name} = {value}")

    def relax(self, relaxed: bool) -> None:
        """Drop or restore the integrality of the integer columns."""
        kind = highspy.HighsVarType.kContinuous if relaxed else highspy.HighsVarType.kInteger
        if len(self.integer):
            kinds = np.full(len(self.integer), kind)
            self._must(self._h.changeColsIntegrality(len(self.integer), self.integer, kinds), "changeColsIntegrality")

    def bound_columns(self, columns: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        columns = np.ascontiguousarray(columns, np.int32)
        lower, upper = np.ascontiguousarray(lower, float), np.ascontiguousarray(upper, float)
        self._must(self._h.changeColsBounds(len(columns), columns, lower, upper), "changeColsBounds")

    @contextmanager
    def held(self, lower: np.ndarray, upper: np.ndarray, w: Whole) -> Iterator[None]:
        """The integer columns held within bounds, as a continuous program, and given back the bounds of `w` at the end."""
        self.relax(True)
        self.bound_columns(self.integer, lower, upper)
        yield
        self.bound_columns(self.integer, w.column_lower[self.integer], w.column_upper[self.integer])
        self.relax(False)

    def bound_rows(self, rows: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        rows = np.ascontiguousarray(rows, np.int32)
        lower, upper = np.ascontiguousarray(lower, float), np.ascontiguousarray(upper, float)
        self._must(self._h.changeRowsBounds(len(rows), rows, lower, upper), "changeRowsBounds")  # type: ignore[attr-defined]

    def cost_columns(self, cost: np.ndarray, constant: float = 0.0) -> None:
        """Another objective over all columns."""
        every = np.arange(self.n_columns, dtype=np.int32)
        self._offset = constant
        self._must(self._h.changeColsCost(self.n_columns, every, np.asarray(cost, float) * self.scale), "changeColsCost")

    def add_cut(self, cut: Cut) -> int:
        """Append the row; its number is returned."""
        keep = np.abs(cut.value) > 1e-9
        cols, values = cut.col[keep].astype(np.int32), np.ascontiguousarray(cut.value[keep], float)
        self._must(self._h.addRow(-INF, cut.upper, len(cols), cols, values), "addRow")
        self.n_rows += 1
        return self.n_rows - 1

    def add_rows(self, rows: sp.csr_matrix, lower: np.ndarray, upper: np.ndarray) -> None:
        """Append  lower ≤ rows·columns ≤ upper."""
        n, at = rows.shape[0], rows.indices.astype(np.int32)
        lower, upper = np.ascontiguousarray(lower, float), np.ascontiguousarray(upper, float)
        self._must(self._h.addRows(n, lower, upper, rows.nnz, rows.indptr[:-1].astype(np.int32), at, rows.data), "addRows")
        self.n_rows += n

    def add_columns(self, columns: sp.csc_matrix, cost: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Append columns over all rows; the basis stays."""
        n, at = columns.shape[1], columns.indices.astype(np.int32)
        starts, cost = columns.indptr[:-1].astype(np.int32), cost * self.scale
        self._must(self._h.addCols(n, cost, lower, upper, columns.nnz, starts, at, columns.data), "addCols")
        self.n_columns += n

    def delete_rows(self, rows: np.ndarray) -> None:
        self._must(self._h.deleteRows(len(rows), np.ascontiguousarray(rows, np.int32)), "deleteRows")
        self.n_rows -= len(rows)

    def delete_columns(self, columns: np.ndarray) -> None:
        self._must(self._h.deleteCols(len(columns), np.ascontiguousarray(columns, np.int32)), "deleteCols")
        self.n_columns -= len(columns)

    def start_from(self, columns: np.ndarray) -> None:
        """Give a (feasible) point to start the MIP from."""
        solution = highspy.HighsSolution()
        solution.col_value = list(columns)
        self._must(self._h.setSolution(solution), "setSolution", warning_is_fine=True)

    def basis(self) -> Basis:
        """Where the last run of a continuous program ended."""
        basis = self._h.getBasis()
        columns, rows = (np.array([int(x) for x in of], np.int8) for of in (basis.col_status, basis.row_status))
        return Basis(columns, rows)

    def begin_at(self, basis: Basis) -> None:
        """Let the next run of a continuous program begin here."""
        of = highspy.HighsBasis()
        of.valid, of.alien = True, not basis.complete
        of.col_status, of.row_status = ([BASIS_STATUS[x] for x in side] for side in (basis.columns, basis.rows))
        self._must(self._h.setBasis(of), "setBasis", warning_is_fine=True)

    def run_time(self) -> float:
        """Seconds over all runs so far: the clock that `time_limit` is compared with."""
        return float(self._h.getRunTime())

    def forget(self) -> None:
        """Drop the basis and the solution: the next run starts cold."""
        self._must(self._h.clearSolver(), "clearSolver")

    def run_once(self, **options: Any) -> Answer:
        """Solve; a run that ends unsure is not tried again in other ways (SolveError)."""
        self._begin("", None, options)
        self._with(options, self._run_in_thread)
        return self._answer()

    def run(self, stage: str = "", tell: Tell | None = None, **options: Any) -> Answer:
        """Solve; Ctrl-C and `interrupt` stop it with the best solution kept. Options hold for this run only."""
        self._begin(stage, tell, options)
        self._with(options, self._run_in_thread)
        if self._unsure():  # a bad start: once more from nothing, then in a new object, then by interior point
            self.forget()
            self._with(options, self._run_in_thread)
        if self._unsure():
            options = self._afresh(options)
            self._with(options, self._run_in_thread)
        if self._unsure():
            self.forget()
            self._with(options | {"solver": "ipx"}, self._run_in_thread)
        return self._answer()

    def _unsure(self) -> bool:
        return self._h.getModelStatus() in UNSURE and not self._a_little_off()

    def _begin(self, stage: str, tell: Tell | None, options: dict[str, Any]) -> None:
        self._stage, self._tell = stage, tell
        seconds = options.get("time_limit", INF) - self.run_time()
        self._deadline = time.monotonic() + max(seconds, 0.0) + 1.0

    def _afresh(self, options: dict[str, Any]) -> dict[str, Any]:
        """The same model in a new HiGHS: an object that has solved many changes may refuse what a new one solves at once."""
        old = self._h
        self._h = highspy.Highs()
        self.option("log_to_console", False)
        self.option("threads", THREADS)
        self._must(self._h.passModel(old.getLp()), "passModel", warning_is_fine=True)
        stage, tell, deadline = self._stage, self._tell, self._deadline
        self._listen()
        self._stage, self._tell, self._deadline = stage, tell, deadline
        left = {"time_limit": options["time_limit"] - old.getRunTime()} if "time_limit" in options else {}
        return options | left

    def _with(self, options: dict[str, Any], work: Callable[[], None]) -> None:
        before = {name: self._h.getOptionValue(name)[1] for name in options}
        for name, value in options.items():
            self.option(name, value)
        work()
        for name, value in before.items():
            self.option(name, value)

    def _run_in_thread(self) -> None:
        """HiGHS runs beside this thread, which listens for Ctrl-C."""
        failure: list[BaseException] = []

        def work() -> None:
            try:
                self._h.run()
            except BaseException as e:  # told to the caller below
                failure.append(e)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        while thread.is_alive():
            try:
                thread.join(0.1)
            except KeyboardInterrupt:
                self.interrupt.set()
        if failure:
            raise failure[0]

    def _answer(self) -> Answer:
        model_status, info, off = self._h.getModelStatus(), self._h.getInfo(), self._a_little_off()
        status, is_mip = STATUS.get(model_status), info.mip_node_count >= 0
        if (status is None and off) or (status == "interrupted" and not self.interrupt.is_set()):
            status = "limit"
        if status is None:
            raise SolveError(f"HiGHS ended with status {self._h.modelStatusToString(model_status)}")
        solution = self._h.getSolution()
        found = (info.primal_solution_status == 2 or off) and status != "infeasible"
        objective = info.objective_function_value / self.scale + self._offset if found else INF
        bound = info.mip_dual_bound / self.scale + self._offset if is_mip else (objective if status == "optimal" else -INF)
        return Answer(
            status,
            objective,
            bound,
            np.array(solution.col_value) if found else None,
            np.array(solution.row_dual) / self.scale if solution.dual_valid else None,
            np.array(solution.col_dual) / self.scale if solution.dual_valid else None,
        )

    def _a_little_off(self) -> bool:
        """A solution that misses a row by a little more than HiGHS allows, of a program at its optimum or of a MIP that ended
        with a bound: it is kept."""
        status, info = self._h.getModelStatus(), self._h.getInfo()
        is_mip = info.mip_node_count >= 0
        bounded = status == highspy.HighsModelStatus.kSolveError and math.isfinite(info.mip_dual_bound)
        ended = bounded if is_mip else status == highspy.HighsModelStatus.kOptimal
        return bool(ended and info.max_primal_infeasibility <= A_LITTLE)

    def ray(self) -> np.ndarray | None:
        """(rows,) Multipliers that prove that the last continuous program has no solution: those of rows at their lower bounds
        are positive."""
        _, there, values = self._h.getDualRay()  # type: ignore[attr-defined]
        return np.array(values) if there else None

    def conflict(self, seconds: float = 20.0) -> tuple[list[int], list[int]]:
        """Rows and columns of an irreducible set that cannot hold together (empty when none was found in time)."""
        self.option("iis_strategy", 6)
        self.option("iis_time_limit", seconds)
        status, iis = self._h.getIis()
        if status != highspy.HighsStatus.kOk or not iis.valid_:
            return [], []
        return list(iis.row_index_), list(iis.col_index_)

    def _listen(self) -> None:
        self._stage, self._tell, self._deadline = "", None, INF

        def logged(e: Any) -> None:
            if self._tell:
                out = e.data_out
                bound = out.mip_dual_bound / self.scale + self._offset
                incumbent = out.mip_primal_bound / self.scale + self._offset
                self._tell(Progress(self._stage, bound, incumbent, out.running_time))

        def asked(e: Any) -> None:
            late = time.monotonic() > self._deadline  # HiGHS forgets its limit inside some phases
            e.interrupt(self.interrupt.is_set() or late)  # taken back too: the flag outlives the run

        self._h.cbMipLogging += logged
        self._h.cbMipInterrupt += asked
        self._h.cbSimplexInterrupt += asked
        self._h.cbIpmInterrupt += asked

    def _must(self, status: Any, what: str, warning_is_fine: bool = False) -> None:
        fine = (highspy.HighsStatus.kOk, highspy.HighsStatus.kWarning) if warning_is_fine else (highspy.HighsStatus.kOk,)
        if status not in fine:
            raise SolveError(f"HiGHS refused {what} ({status})")
