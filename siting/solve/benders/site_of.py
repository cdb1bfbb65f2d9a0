"""Which site a row or a column of the template belongs to, read from its label: what may be left out with a closed site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from ..program import Label, Program


def numbers(labels: Sequence[Label], sites: Sequence[str]) -> np.ndarray:
    """The number of each label's site; -1: of none."""
    number = {z: i for i, z in enumerate(sites)}
    return np.array([number[str(x.index["site"])] if "site" in x.index else -1 for x in labels], np.int64)


def places(chosen: np.ndarray, n: int) -> np.ndarray:
    """(n,) The place of each number among those `chosen`; -1: it is none of them."""
    out = np.full(n, -1, np.int32)
    out[chosen] = np.arange(len(chosen))
    return out


def of_one_site(matrix: sp.csr_matrix, site: np.ndarray) -> np.ndarray:
    """(rows,) The site of all columns of a row; -1 where they are of several, or of none."""
    of = site[matrix.indices]
    some = np.flatnonzero(np.diff(matrix.indptr))
    out = np.full(matrix.shape[0], -1)
    least, most = (each.reduceat(of, matrix.indptr[some]) for each in (np.minimum, np.maximum))
    out[some] = np.where(least == most, least, -1)
    return out


@dataclass(frozen=True)
class SiteOf:
    """Numbers of sites; -1: of none."""

    n_sites: int
    row: np.ndarray
    own: np.ndarray  # columns of the block's own
    link: np.ndarray  # linking columns
    kind: np.ndarray  # of rows: one number for each constraint
    twin: np.ndarray  # rows that say the same of different sites have one number
    apart: np.ndarray  # (sites,) its rows hold its own columns only, and hold where all of them are zero

    @classmethod
    def of(cls, p: Program, sites: Sequence[str]) -> SiteOf:
        h = p.hours
        row, own, link = (numbers(x, sites) for x in (h.rows, h.columns[: p.n_own], h.columns[p.n_own :]))
        kind = np.unique([x.name for x in h.rows], return_inverse=True)[1]
        same: dict[tuple, int] = {}
        keys = [(x.name, *(v for k, v in x.index.items() if k != "site")) for x in h.rows]
        twin = np.array([same.setdefault(k, len(same)) for k in keys], np.int64)
        needs = (h.lower.ends()[1] > 0) | (h.upper.ends()[0] < 0)
        column_needs = ((h.column_lower.ends()[1] > 0) | (h.column_upper.ends()[0] < 0))[: p.n_own]
        is_own = h.col < p.n_own
        of_row, of_col = row[h.row[is_own]], own[h.col[is_own]]
        strange = (of_row >= 0) & (of_col != of_row)
        apart = np.ones(len(sites) + 1, bool)  # the last is for -1
        apart[np.concatenate([row[needs], own[column_needs], of_row[strange]])] = False
        return cls(len(sites), row, own, link, kind, twin, apart[:-1])
