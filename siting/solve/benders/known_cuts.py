"""Cuts of a solved study, for one that differs little: they hold where its blocks of hours are the same, number by number.

A cut bounds what a block costs under every plan, so it does not ask what the plan's own rows, bounds and costs are: a limit on
the year may be moved, a site be forbidden or fixed, training be less, money be dearer. Nor does it matter what broken rules
cost, as long as that is no less than what they were charged at most. With anything else changed no cut is used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from ...inputs.fingerprint import fingerprint
from ..program import Program
from .split import Split

CHARGED = 0.1  # of a penalty: ten times what rounds charge at most (`rounds.DEAREST`)


class Cuts(NamedTuple):
    """θ[block] ≥ constant + slope · x, per occurrence of a block."""

    block: np.ndarray  # (cuts,)
    constant: np.ndarray  # (cuts,)
    slope: sp.csr_matrix  # (cuts, plan columns)
    prices: np.ndarray  # (cuts, rows of no site), duals; NaN: not known


@dataclass(frozen=True)
class KnownCuts:
    """Cuts of one program, and what another has to have in common with it for them to hold there."""

    blocks: str  # `blocks_of`
    columns: list[str]  # labels of the plan's columns
    penalty: np.ndarray  # (elastic, blocks)
    price: np.ndarray  # (elastic,) of broken rules at the end, in parts of their penalties
    cuts: Cuts

    @classmethod
    def of(cls, p: Program, s: Split, cuts: Cuts, price: np.ndarray) -> KnownCuts:
        return cls(blocks_of(p, s), [str(x) for x in p.plan.columns], s.penalty, price, cuts)

    def holding(self, p: Program, s: Split) -> KnownCuts | None:
        """The same in the plan columns of another program; None where they need not hold there."""
        if self.blocks != blocks_of(p, s) or (s.penalty < CHARGED * self.penalty).any():
            return None
        columns = [str(x) for x in p.plan.columns]
        number = {name: j for j, name in enumerate(columns)}
        to = np.array([number.get(name, -1) for name in self.columns])
        there = np.flatnonzero(to >= 0)  # the others are linked to no block
        join = sp.csr_matrix((np.ones(len(there)), (there, to[there])), (len(to), s.n_plan))
        return replace(self, columns=columns, cuts=self.cuts._replace(slope=(self.cuts.slope @ join).tocsr()))


def blocks_of(p: Program, s: Split) -> str:
    """A fingerprint of all blocks, of the labels and numbers of their rows and columns, and of what they are linked to; of
    penalties only where they are. Time: all numbers of the program, once."""
    h, plan = p.hours, np.array([str(x) for x in p.plan.columns])
    labels = [[str(x) for x in of] for of in (h.rows, h.columns)]
    numbers = [h.row, h.col, h.value, h.lower, h.upper, h.column_lower, h.column_upper, s.cost, s.elastic, s.penalty > 0]
    return fingerprint([*labels, *numbers, plan[s.links].ravel().tolist()])
