"""Sites that a plan leaves closed are left out of the LPs of the blocks, and priced: what would a MW there be worth?

Any duals prove a cut (`subproblem`), so those of a closed site may be chosen without solving for it. Its rows take the duals of
the same rows at an open site, the donor, which knows the prices of the block's hours. Then each packing row

    Σ_j a[i,j] · y_j ≤ b_i + B_i·x,   a ≥ 0

takes the dual nearest to zero that leaves no column with a negative reduced cost, p_i = min(0, min_j r_j / a[i,j]): the rent of
the site's own halls, plants and connection, in its own weather. Sites that cannot be left out are told by `SiteOf.apart`.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from .bounding_rows import BoundingRows
from .split import Block, Split


class View:
    """The part of the template that is in the LPs: all but what belongs to sites left out, and rows that are bounds."""

    def __init__(self, s: Split, sites: np.ndarray, bounding: BoundingRows):
        """`sites` (sites,): those that are in."""
        of, within = s.site_of, np.append(sites, True)  # number -1, of no site, is in
        self.sites = sites
        self.rows, self.own, self.links = (np.flatnonzero(within[x]) for x in (of.row, of.own, of.link))
        self.rows = self.rows[~np.isin(self.rows, bounding.rows)]
        self.columns = np.concatenate([self.own, s.n_own + self.links])
        row, column = _places(self.rows, s.n_rows)[s.row], _places(self.columns, s.n_own + len(s.links))[s.col]
        self.entries = np.flatnonzero((row >= 0) & (column >= 0))
        self.row, self.column = row[self.entries], column[self.entries]
        self.elastic = _places(self.own, s.n_own)[s.elastic]  # -1: left out


def _places(chosen: np.ndarray, n: int) -> np.ndarray:
    out = np.full(n, -1, np.int32)
    out[chosen] = np.arange(len(chosen))
    return out


class SitePricing:
    """Duals of the rows of closed sites, for one set of open ones. Time: the non-zeros of the template, once a block."""

    def __init__(self, s: Split, opened: np.ndarray):
        self.opened = opened
        of, closed = s.site_of, np.append(~opened, False)
        self._rows = np.flatnonzero(closed[of.row])
        self.links = np.flatnonzero(closed[of.link])  # linking columns of closed sites
        self._donors = np.flatnonzero(opened)
        self._twins = self._rows_of_donors(s)
        self._by_column = np.argsort(s.col, kind="stable")
        self._index = s.row[self._by_column], np.searchsorted(s.col[self._by_column], np.arange(s.n_own + len(s.links) + 1))
        packs = self._packs(s)
        self._packing = self._rows[packs[self._rows]]
        inside = np.flatnonzero(packs[s.row] & closed[of.row[s.row]])
        self._layers = []  # constraint by constraint: entries, columns, rows; columns of entries, rows of entries
        for kind in np.unique(of.kind[s.row[inside]]):
            e = inside[of.kind[s.row[inside]] == kind]
            e = e[np.argsort(s.row[e], kind="stable")]
            rows, first = np.unique(s.row[e], return_index=True)
            columns, at = np.unique(s.col[e], return_inverse=True)
            row = np.repeat(np.arange(len(rows)), np.diff(np.append(first, len(e))))
            self._layers.append((e, columns, at, columns[at] < s.n_own, rows, first, row))

    def _rows_of_donors(self, s: Split) -> np.ndarray:
        """(donors, rows of closed sites) The row of the donor that says the same; -1: none."""
        of = s.site_of
        at = np.full((of.n_sites, of.twin.max(initial=0) + 1), -1, np.int64)
        some = np.flatnonzero(of.row >= 0)
        at[of.row[some], of.twin[some]] = some
        return at[self._donors[:, None], of.twin[self._rows][None, :]]

    def donors(self, number: int, tried: int, known: int) -> list[int]:
        """So many open sites to try as donors, beginning with any number, and a known one (-1: none) where it is open; [-1]
        where none is."""
        n = len(self._donors)
        if not len(self._rows) or not n:
            return [-1]
        turn = {int(self._donors[(number + i * max(n // tried, 1)) % n]) for i in range(tried)}
        return sorted(turn | ({known} if known >= 0 and self.opened[known] else set()))

    @staticmethod
    def _packs(s: Split) -> np.ndarray:
        """(rows,) Whether own columns have no negative coefficient in any block, and the row is bounded from above alone."""
        own, (least, _) = s.col < s.n_own, s.value.ends()
        negative = np.bincount(s.row[own], weights=least[own] < 0, minlength=s.n_rows) > 0
        bounded_above = np.isneginf(s.lower.base) & np.isfinite(s.upper.base)
        return ~negative & bounded_above

    def extend(self, p: np.ndarray, donor: int, cost: np.ndarray, block: Block) -> np.ndarray:
        """Fill in the duals `p` (rows,) of closed sites, and drop those that lean on no bound (a row may be bounded from below
        at one site, from above at another); `donor` is the number of an open site; -1: none. The reduced costs (columns,)."""
        twins = self._twins[np.searchsorted(self._donors, donor)] if donor >= 0 else np.full(len(self._rows), -1)
        p[self._rows] = np.where(twins >= 0, p[twins], 0.0)
        p[self._packing] = 0.0
        p[((p > 0) & np.isinf(block.lower)) | ((p < 0) & np.isinf(block.upper))] = 0.0
        value = block.value
        reduced = cost - sp.csr_matrix((value[self._by_column], *self._index), (len(cost), len(p))) @ p
        for entries, columns, at, own, rows, first, row in self._layers:
            a, left = value[entries], reduced[columns]
            ratio = np.divide(left[at], a, out=np.full(len(a), np.inf), where=own & (a > 0))
            p[rows] = rent = np.minimum(np.minimum.reduceat(ratio, first), 0.0)
            reduced[columns] = left - np.bincount(at, a * rent[row], len(columns))
        return reduced
