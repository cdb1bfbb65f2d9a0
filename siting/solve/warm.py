"""What a solved program leaves for one that differs little: two bases, cuts of its blocks, and rows of the grid.

A basis is where the simplex method begins: a wrong one costs time, never truth. So columns and rows are matched by their
labels; a column without counterpart starts at a bound, a row without one in the basis, and HiGHS completes what is then no
basis. Rows of the grid are statements about a network, its situations and its buses: they are used again only where all of
these are equal, number by number (`GridRows.of`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..inputs.fingerprint import fingerprint
from ..inputs.headroom import GridCase
from .benders.known_cuts import KnownCuts
from .grid.check import GridCut, Headroom
from .grid.joint import Joint
from .program import BASIC, LOWER, UPPER, ZERO, Basis, Cut, Program, Whole

NONE = -1


class Frame(NamedTuple):
    """Labels of a Program's columns and rows, those of the hours once for all blocks, and keys of its cuts."""

    plan_columns: list[str]
    hour_columns: list[str]
    plan_rows: list[str]
    hour_rows: list[str]
    cuts: list[str]
    blocks: int

    @classmethod
    def of(cls, program: Program, cuts: Sequence[Cut]) -> Frame:
        p, h = program.plan, program.hours
        own = h.columns[: program.n_own]
        columns, hour_columns, rows, hour_rows = ([str(x) for x in labels] for labels in (p.columns, own, p.rows, h.rows))
        return cls(columns, hour_columns, rows, hour_rows, [_key(cut) for cut in cuts], program.n_blocks)


@dataclass(frozen=True)
class Bases:
    """The basis of the relaxation, and that of the plan with its integers held (None: a search for integers ended with it)."""

    frame: Frame
    relaxation: Basis
    plan: Basis | None

    def fitted(self, basis: Basis, to: Frame, w: Whole) -> Basis:
        """`basis` in the columns and rows of another program, whose matrix is `w`."""
        of = self.frame
        n, m = len(of.plan_columns), len(of.plan_rows)
        end = m + len(of.hour_rows) * of.blocks
        columns = np.concatenate(
            [
                _moved(basis.columns[:n], of.plan_columns, to.plan_columns),
                _moved_blocks(basis.columns[n:], of.hour_columns, to.hour_columns, of.blocks, to.blocks),
            ]
        )
        rows = np.concatenate(
            [
                _moved(basis.rows[:m], of.plan_rows, to.plan_rows),
                _moved_blocks(basis.rows[m:end], of.hour_rows, to.hour_rows, of.blocks, to.blocks),
                _moved(basis.rows[end:], of.cuts, to.cuts),
            ]
        )
        at = np.where(np.isfinite(w.column_lower), LOWER, np.where(np.isfinite(w.column_upper), UPPER, ZERO))
        return Basis(np.where(columns == NONE, at, columns), np.where(rows == NONE, BASIC, rows), of == to)


class Start(NamedTuple):
    """A solved study, for a program that differs little: values of its plan columns (NaN where it has none), and what it left
    of one matrix or of blocks."""

    plan: np.ndarray
    bases: Bases | None = None
    cuts: KnownCuts | None = None


@dataclass(frozen=True)
class GridRows:
    """Rows over sites that hold in a grid case, each site's own headroom in it, and joint headrooms by what was asked for;
    `case` is the case's fingerprint."""

    case: str
    own: list[Headroom]
    rows: list[GridCut]
    joint: dict[str, Joint]

    def of(self, case: GridCase) -> bool:
        """Whether they hold in this case: it is equal to theirs in every number."""
        return self.case == fingerprint(case)


@dataclass(frozen=True)
class Warm:
    """What a solve leaves behind: of one matrix its bases, of blocks their cuts; None where there is nothing of it."""

    bases: Bases | None
    grid: GridRows | None
    cuts: KnownCuts | None = None


def _key(cut: Cut) -> str:
    return hashlib.sha256(cut.value.tobytes() + np.float64(cut.upper).tobytes()).hexdigest()[:16]


def _moved(values: np.ndarray, of: list[str], to: list[str]) -> np.ndarray:
    """`values`, one a name of `of`, in the order of `to`; NONE where a name is new."""
    if of == to:
        return values.astype(np.int8)
    number = {name: i for i, name in enumerate(of)}
    where = np.array([number.get(name, NONE) for name in to], int)
    return np.where(where == NONE, NONE, np.append(values, NONE)[where]).astype(np.int8)


def _moved_blocks(values: np.ndarray, of: list[str], to: list[str], blocks: int, to_blocks: int) -> np.ndarray:
    """The same for names that stand in every block; a block that is new begins as the last one."""
    each = values.reshape(blocks, len(of))
    moved = np.array([_moved(block, of, to) for block in each]).reshape(blocks, len(to))
    return moved[np.minimum(np.arange(to_blocks), blocks - 1)].ravel()
