"""Which columns of the plan the grid sees, and what demand they make at the sites.

Rows of the grid are rows over these columns: connections, and reinforcements that are built.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .program import Label


class GridColumns:
    """The grid's columns in the order of the plan: `find_cuts` gets their values, and rows have one coefficient for each."""

    def __init__(self, labels: Sequence[Label], sites: Sequence[str], steps: Sequence[str]):
        self.labels, self.count = list(labels), len(labels)
        self._site = {site: i for i, site in enumerate(sites)}
        step = {name: i for i, name in enumerate(steps)}
        self.built = np.full(len(steps), -1, np.int64)
        for position, label in enumerate(self.labels):
            if label.name == "reinforcement.built":
                self.built[step[str(label.index["reinforcement"])]] = position

    def demand(self) -> sp.csr_matrix:
        """[site, column]: MW of demand that a unit of each column makes in a situation."""
        rows, columns, values = [], [], []
        for position, label in enumerate(self.labels):
            if label.name == "grid.connection":
                rows.append(self._site[str(label.index["site"])])
                columns.append(position)
                values.append(1.0)
        return sp.csr_matrix((values, (rows, columns)), (len(self._site), self.count))

    def shares_built(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much of each reinforcement is built (0 to 1)."""
        return np.clip(values[self.built], 0.0, 1.0) if len(self.built) else np.zeros(0)
