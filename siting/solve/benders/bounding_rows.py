"""Rows that hold one column of a block alone are bounds of that column: half of the rows of a block.

    lower ≤ a·y + B·x ≤ upper   →   y lies between  (lower − B·x) / a  and  (upper − B·x) / a  at a plan x

The basis of the LP is half as large, and the dual simplex passes bounds where it would exchange columns. Where such a row is
tighter than the column's own bound, its dual is what is left of the column's reduced cost: p = r / a.
"""

from __future__ import annotations

import numpy as np

from .split import Block, Split

SURE = 1e-3  # a coefficient that is nearer to zero in some block stays in a row


class BoundingRows:
    """One row a column at most; others stay rows. Time: the non-zeros of these rows, once a block."""

    def __init__(self, s: Split):
        own, (least, most) = s.col < s.n_own, s.value.ends()
        alone = np.bincount(s.row[own], minlength=s.n_rows) == 1
        found = np.flatnonzero(own & alone[s.row] & ((least > SURE) | (most < -SURE)))
        self.columns, first = np.unique(s.col[found], return_index=True)
        self._entries = found[first]
        self.rows = s.row[self._entries]
        place = np.full(s.n_rows, -1)
        place[self.rows] = np.arange(len(self.rows))
        self._linking = np.flatnonzero(~own & (place[s.row] >= 0))
        self._of, self._column = place[s.row[self._linking]], s.col[self._linking]
        self._link = self._column - s.n_own

    def bounds(self, block: Block, least: np.ndarray, most: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(columns,) What the rows leave their columns under plans between `least` and `most` (links,)."""
        a, b = block.value[self._entries], block.value[self._linking]
        with np.errstate(invalid="ignore"):
            ends = b * least[self._link], b * most[self._link]
        given = [
            np.bincount(self._of, np.nan_to_num(x, nan=0.0, posinf=np.inf, neginf=-np.inf), len(self.rows))
            for x in (np.minimum(*ends), np.maximum(*ends))
        ]
        first, last = (block.lower[self.rows] - given[1]) / a, (block.upper[self.rows] - given[0]) / a
        return np.where(a > 0, first, last), np.where(a > 0, last, first)

    def price(self, p: np.ndarray, reduced: np.ndarray, block: Block, bounds: tuple[np.ndarray, np.ndarray]) -> None:
        """Move what is left of reduced costs into the duals of the rows where `bounds` are tighter than the columns' own."""
        at, (low, high), r = self.columns, bounds, reduced[self.columns]
        below = (r > 0) & (low >= block.column_lower[at]) & np.isfinite(low)
        above = (r < 0) & (high <= block.column_upper[at]) & np.isfinite(high)
        moved = np.where(below | above, r, 0.0)
        more = moved / block.value[self._entries]
        p[self.rows] += more
        reduced[at] = r - moved
        reduced -= np.bincount(self._column, block.value[self._linking] * more[self._of], len(reduced))
