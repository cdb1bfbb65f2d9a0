"""Sites that a plan leaves closed are left out of the LPs of the blocks, and priced: what would a MW there be worth?

Any duals prove a cut (`subproblem`), so those of a closed site may be chosen without solving for it. Its rows take the duals of
the same rows at an open site, the donor, which knows the prices of the block's hours. Then each packing row

    Σ_j a[i,j] · y_j ≤ b_i + B_i·x,   a ≥ 0

takes the dual nearest to zero that leaves no column with a negative reduced cost, p_i = min(0, min_j r_j / a[i,j]): the rent of
the site's own halls, plants and connection, in its own weather. Sites that cannot be left out are told by `SiteOf.apart`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from .bounding_rows import BoundingRows
from .site_of import places
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
        row, column = places(self.rows, s.n_rows)[s.row], places(self.columns, s.n_own + len(s.links))[s.col]
        self.entries = np.flatnonzero((row >= 0) & (column >= 0))
        self.row, self.column = row[self.entries], column[self.entries]
        self.elastic = places(self.own, s.n_own)[s.elastic]  # -1: left out


class _Layer(NamedTuple):
    """Packing rows of one constraint that hold own columns; entries are numbers of the template's."""

    rows: np.ndarray
    own: np.ndarray  # entries of own columns, row by row
    first: np.ndarray  # of each row
    each: np.ndarray  # how many of each row
    own_column: np.ndarray  # columns
    own_at: np.ndarray | slice  # places of the entries in them; all of them where each stands in one row
    linking: np.ndarray  # entries of linking columns
    row: np.ndarray  # their places in `rows`
    link: np.ndarray  # columns
    link_at: np.ndarray  # places of the entries in them

    @classmethod
    def of(cls, s: Split, entries: np.ndarray) -> _Layer:
        own = entries[s.col[entries] < s.n_own]
        own = own[np.argsort(s.row[own], kind="stable")]
        rows, first, each = np.unique(s.row[own], return_index=True, return_counts=True)
        linking = entries[(s.col[entries] >= s.n_own) & np.isin(s.row[entries], rows)]
        own_column, place = np.unique(s.col[own], return_inverse=True)
        own_at: np.ndarray | slice = place
        if len(own_column) == len(own):
            own_column, own_at = s.col[own], slice(None)
        link, link_at = np.unique(s.col[linking], return_inverse=True)
        row = np.searchsorted(rows, s.row[linking])
        return cls(rows, own, first, each, own_column, own_at, linking, row, link, link_at)

    def summed(self, each: np.ndarray) -> np.ndarray:
        """Of entries, by own column."""
        return each if isinstance(self.own_at, slice) else np.bincount(self.own_at, each, len(self.own_column))


class SitePricing:
    """Duals of the rows of closed sites, for one set of open ones. Time: the non-zeros of the template, once a block."""

    def __init__(self, s: Split, opened: np.ndarray, priced: np.ndarray | None = None):
        """`opened` (sites,); of the others `priced` are priced, or all."""
        self.opened, self.priced = opened, ~opened if priced is None else priced & ~opened
        of, closed = s.site_of, np.append(self.priced, False)
        self._rows = np.flatnonzero(closed[of.row])
        self.links = np.flatnonzero(closed[of.link])  # linking columns of closed sites
        self._donors = np.flatnonzero(opened)
        self._twins = self._rows_of_donors(s)
        self._by_column = np.argsort(s.col, kind="stable")
        self._index = s.row[self._by_column], np.searchsorted(s.col[self._by_column], np.arange(s.n_own + len(s.links) + 1))
        packs = self._packs(s)
        self._packing = self._rows[packs[self._rows]]
        inside = np.flatnonzero(packs[s.row] & closed[of.row[s.row]])
        self._layers = [_Layer.of(s, inside[of.kind[s.row[inside]] == k]) for k in np.unique(of.kind[s.row[inside]])]

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
        for x in self._layers:
            a, left = value[x.own], reduced[x.own_column]
            ratio = np.divide(left[x.own_at], a, out=np.full(len(a), np.inf), where=a > 0)
            p[x.rows] = rent = np.minimum(np.minimum.reduceat(ratio, x.first), 0.0)
            reduced[x.own_column] = left - x.summed(a * np.repeat(rent, x.each))
            reduced[x.link] -= np.bincount(x.link_at, value[x.linking] * rent[x.row], len(x.link))
        return reduced
