"""Rules over the plan that are found as a plan breaks them: rows of the grid, and the loss of a site. One `find` for both.

The columns of the grid come first, so what the grid decides (`settle`) keeps its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..inputs.inputs import Inputs
from .headroom import JointHeadroom
from .program import Program, WideRow
from .site_loss import SiteLoss


class PlanRules:
    """`columns`: numbers of the plan's columns whose values `find` wants, in this order."""

    def __init__(self, program: Program, grid: JointHeadroom | None, losses: Sequence[SiteLoss]):
        self.grid, self.losses = grid, losses
        self._parts = [program.grid_columns(), *(loss.columns for loss in losses)]
        self.columns = np.concatenate(self._parts)
        self._starts = np.cumsum([0, *(len(p) for p in self._parts)])

    def __bool__(self) -> bool:
        return self.grid is not None or bool(self.losses)

    def find(self, values: np.ndarray) -> list[WideRow]:
        """The rows that these values break."""
        rows = [] if self.grid is None else [self.wide(0, row) for row in self.grid.cuts(self._of(0, values))]
        for i, loss in enumerate(self.losses, start=1):
            rows += [self.wide(i, row) for row in loss.rows(self._of(i, values))]
        return rows

    def settle(self, values: np.ndarray) -> Any:
        """What the grid's rule of flexible connections decides (see `curtailment`)."""
        assert self.grid is not None
        return self.grid.settle(self._of(0, values))

    def first(self, inputs: Inputs) -> list[WideRow]:
        """Rows that are worth having from the start: those of the grid."""
        return [] if self.grid is None else [self.wide(0, row) for row in self.grid.first_cuts(inputs)]

    def wide(self, part: int, row: Any) -> WideRow:
        """A row of a part (0: the grid) over all columns."""
        coefficients = np.zeros(len(self.columns))
        coefficients[self._starts[part] : self._starts[part + 1]] = row.coefficients
        return WideRow(row.situation, coefficients, row.rhs_mw, row)

    def _of(self, part: int, values: np.ndarray) -> np.ndarray:
        return values[self._starts[part] : self._starts[part + 1]]
