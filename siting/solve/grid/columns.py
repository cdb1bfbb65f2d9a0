"""Which columns of the plan the grid sees, and what demand they make at the sites.

Rows of the grid are rows over these columns: connections, firm and flexible, cuts of the flexible ones by block and hour, and
reinforcements that are built.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..program import Label


class GridColumns:
    """The grid's columns in the order of the plan: `find_cuts` gets their values, and rows have one coefficient for each.

    `firm` is [site], `flexible` [site, class], `cut` [site, class, block, hour], `built` [step]: positions of the columns; of
    several stages those of the stage `year`.
    """

    def __init__(
        self,
        labels: Sequence[Label],
        sites: Sequence[str],
        classes: Sequence[str],
        steps: Sequence[str],
        shape: tuple[int, int],
        year: int | None = None,
    ):
        self.count = len(labels)
        index = {
            "site": {name: i for i, name in enumerate(sites)},
            "flexible": {name: i for i, name in enumerate(classes)},
            "reinforcement": {name: i for i, name in enumerate(steps)},
        }
        self.firm = np.zeros(len(sites), np.int64)
        self.flexible = np.zeros((len(sites), len(classes)), np.int64)
        self.cut = np.zeros((len(sites), len(classes), *shape), np.int64)
        self.built = np.zeros(len(steps), np.int64)
        table = {"connection": self.firm, "flexible": self.flexible, "cut": self.cut, "built": self.built}
        for position, label in enumerate(labels):
            if label.index.get("stage", year) != year:
                continue
            of = ((d, str(x)) for d, x in label.index.items() if d != "stage")
            place = tuple(index[d][x] if d in index else int(x) for d, x in of)
            table[label.component][place] = position

    def least(self, depth: NDArray[np.float64], firm: Collection[int] = ()) -> sp.csr_matrix:
        """[site, column]: demand that is never cut; classes in `firm` count whole, the others without their depth."""
        share = 1.0 - depth
        share[list(firm)] = 1.0
        sites = np.arange(len(self.firm))
        parts = [(self.firm, np.ones(len(sites)))]
        parts += [(self.flexible[:, f], np.full(len(sites), share[f])) for f in range(len(share))]
        return self._matrix(sites, parts)

    @cache  # noqa: B019 (one object a solve)
    def at(self, block: int, hour: int) -> sp.csr_matrix:
        """[site, column]: demand of an hour of operation, firm and flexible less what is cut."""
        sites = np.arange(len(self.firm))
        one = np.ones(len(sites))
        parts = [(self.firm, one)]
        for f in range(self.flexible.shape[1]):
            parts += [(self.flexible[:, f], one), (self.cut[:, f, block, hour], -one)]
        return self._matrix(sites, parts)

    def _matrix(self, sites: NDArray[np.int64], parts: list[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> sp.csr_matrix:
        column, value = (np.concatenate(x) for x in zip(*parts, strict=True))
        return sp.csr_matrix((value, (np.tile(sites, len(parts)), column)), (len(sites), self.count))

    def shares_built(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much of each reinforcement is built (0 to 1)."""
        return np.clip(values[self.built], 0.0, 1.0)
