"""The cut series of flexible connections by a named rule: pro rata in the binding corridor.

In each hour of operation, for given connections, every flexible MW that uses a violated limit by at least 5 % of a MW is cut
by the same share, until the limit holds (or a class is cut to its depth); then the next violated limit, until the hour is
servable. The model itself may cut where it costs least: its bound holds for every rule, and the plan pays for this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .check import GridCut
from .joint import SHARES_FROM

if TYPE_CHECKING:
    from .headroom import JointHeadroom

RULE = "pro rata in the binding corridor"
HOLDS_MW = 1e-5
MOST_ROWS = 500
SMALLER = 0.9
MOST_STEPS = 60


class Decided(NamedTuple):
    """Positions among the grid's columns, and the values that the rule gives them."""

    where: NDArray[np.int64]
    values: NDArray[np.float64]


def settle(grid: JointHeadroom, values: NDArray[np.float64]) -> Decided | None:
    """Flexible MW and their cuts by the rule, near these values of the grid's columns: flexible connections whose cuts exceed
    their share of energy are made smaller until they keep it. None where firm MW leave no room for the rule.
    """
    columns = grid.columns
    flexible = np.maximum(values[columns.flexible], 0.0)
    firm = np.maximum(values[columns.firm], 0.0)
    built = columns.shares_built(values)
    hours = float(grid.weight.sum()) * columns.cut.shape[3]
    for _ in range(MOST_STEPS):
        cut = np.zeros(columns.cut.shape)
        for (block, hour), number in grid.case.calendar.items():
            found = _hour(grid, number, firm, flexible, built)
            if found is None:
                return None
            cut[:, :, block, hour] = found
        lost = np.einsum("sfdt,d->sf", cut, grid.weight)
        over = (lost > grid.curtailed * hours * flexible - HOLDS_MW * grid.curtailed) & (lost > 0)
        if not over.any():
            where = np.concatenate([columns.flexible.ravel(), columns.cut.ravel()])
            return Decided(where, np.concatenate([flexible.ravel(), cut.ravel()]))
        flexible = np.where(over, np.where(flexible > 0.1, flexible * SMALLER, 0.0), flexible)
    return None


def _hour(
    grid: JointHeadroom,
    number: int,
    firm: NDArray[np.float64],
    flexible: NDArray[np.float64],
    built: NDArray[np.float64],
) -> NDArray[np.float64] | None:
    """Cuts [MW] (site, class) of one situation; None where full depth is not enough."""
    cut, share = np.zeros(flexible.shape), built * grid.epochs[0].counts
    rows = list(grid.known(number, share))
    for _ in range(MOST_ROWS):
        d = firm + (flexible - cut).sum(axis=1)
        row, missing = _worst(rows, d, share[grid.uprates])
        if row is None:
            row = grid.violated(number, d, share)
            if row is None:
                return cut
            missing = float(row.coefficients @ d - row.rhs_mw - row.rise @ share[grid.uprates])
            grid.remember([row], share)
            rows.append(row)
        use = np.where(row.coefficients >= SHARES_FROM, row.coefficients, 0.0)
        left = np.maximum(grid.depth * flexible - cut, 0.0)
        may = (left > 1e-9) & (use[:, None] > 0)
        weight = float((use[:, None] * flexible * may).sum())
        if weight > 0:
            cut += np.minimum(flexible * (missing + HOLDS_MW) / weight, left) * may
        elif missing <= HOLDS_MW:
            rows.remove(row)  # firm MW alone, at the limit
        else:
            return None
    return None


def _worst(rows: list[GridCut], d: NDArray[np.float64], share: NDArray[np.float64]) -> tuple[GridCut | None, float]:
    """The row that `d` breaks most, and by how many MW."""
    worst, most = None, -HOLDS_MW / 2
    for row in rows:
        missing = float(row.coefficients @ d - row.rhs_mw - row.rise @ share)
        if missing > most:
            worst, most = row, missing
    return worst, most
