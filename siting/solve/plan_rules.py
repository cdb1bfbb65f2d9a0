"""Rules over the plan that are found as a plan breaks them: rows of the grid, and the loss of a site. One `find` for both.

The columns of the grid come first, so what the grid decides (`settle`) keeps its numbers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import Infeasible
from ..inputs.inputs import Inputs
from .grid.headroom import JointHeadroom
from .plan_alone import PlanAlone, Short
from .program import Program, WideRow
from .site_loss import LossRow, SiteLoss

SHARE_OF_TIME = 0.1  # of the study's time limit, at most, for what whole plans need at least
WHOLE = 1e-4  # of a module: what a bound may miss by rounding


def _told(short: Short) -> str:
    regions = ", ".join(short.row.row.regions)
    return (
        f"n_plus_1: no plan bears the loss of each of its sites: for one of them at least {short.mw:,.1f} MW of the peak of "
        f"users in {regions} cannot be carried by the others, whichever sites are built. Ways out: more candidates or headroom "
        "within their reach, a larger latency_ms, less demand."
    )


class PlanRules:
    """`columns`: numbers of the plan's columns whose values `find` wants, in this order."""

    def __init__(self, program: Program, grid: JointHeadroom | None, losses: Sequence[SiteLoss]):
        self.program, self.grid, self.losses = program, grid, losses
        self._parts = [program.grid_columns(), *(loss.columns for loss in losses)]
        self.columns = np.concatenate(self._parts)
        self._starts = np.cumsum([0, *(len(p) for p in self._parts)])

    def __bool__(self) -> bool:
        return self.grid is not None or bool(self.losses)

    def find(self, values: np.ndarray) -> list[WideRow]:
        """The rows that these values break."""
        return self._of_grid(values) + self._of_losses(values)

    def settle(self, values: np.ndarray) -> Any:
        """What the grid's rule of flexible connections decides (see `curtailment`)."""
        assert self.grid is not None
        return self.grid.settle(self._of(0, values))

    def first(self, inputs: Inputs, interrupt: threading.Event | None = None) -> list[WideRow]:
        """Rows that are worth having from the start; fewer after an `interrupt`."""
        rows = [] if self.grid is None else [self.wide(0, row) for row in self.grid.first_cuts(inputs)]
        rows += [self.wide(i, row) for i, loss in enumerate(self.losses, start=1) for row in loss.first()]
        return rows + self._whole_modules(inputs, rows, interrupt) if self.losses else rows

    def _whole_modules(self, inputs: Inputs, rows: Sequence[WideRow], interrupt: threading.Event | None) -> list[WideRow]:
        """How much new IT the loss of a site asks for at least, in whole modules; and rows found on the way. Raises Infeasible
        where no plan bears the loss of every site."""
        alone, out = PlanAlone(self.program, self.columns, LossRow, interrupt), []
        alone.add(rows)
        until = time.monotonic() + inputs.study.solver.time_limit_s * SHARE_OF_TIME
        whole = inputs.study.sites.module_mw if inputs.study.cooling is not None else None
        for i, loss in enumerate(self.losses, start=1):
            for counted in loss.counted(whole):
                asked = self.wide(i, counted.row)
                find = self._first_broken if counted.of_all else self._of_losses
                least = alone.least(asked.coefficients, until - time.monotonic(), find)
                if np.isinf(least):
                    if short := alone.short(until - time.monotonic()):
                        raise Infeasible([_told(short)])
                    return []
                least = float(np.ceil(least - WHOLE)) if whole is not None else least
                if least > 0:
                    row = WideRow(asked.situation, -asked.coefficients, -least, asked.row)
                    alone.add([row])
                    out.append(row)
        return [*alone.found, *out]

    def _first_broken(self, values: np.ndarray) -> list[WideRow]:
        """Rows of lost sites that these values break; where there are none, those of the grid, which take longer to find."""
        return self._of_losses(values) or self._of_grid(values)

    def _of_grid(self, values: np.ndarray) -> list[WideRow]:
        return [] if self.grid is None else [self.wide(0, row) for row in self.grid.cuts(self._of(0, values))]

    def _of_losses(self, values: np.ndarray) -> list[WideRow]:
        each = enumerate(self.losses, start=1)
        return [self.wide(i, row) for i, loss in each for row in loss.rows(self._of(i, values))]

    def wide(self, part: int, row: Any) -> WideRow:
        """A row of a part (0: the grid) over all columns."""
        coefficients = np.zeros(len(self.columns))
        coefficients[self._starts[part] : self._starts[part + 1]] = row.coefficients
        return WideRow(row.situation, coefficients, row.rhs_mw, row)

    def _of(self, part: int, values: np.ndarray) -> np.ndarray:
        return values[self._starts[part] : self._starts[part + 1]]
