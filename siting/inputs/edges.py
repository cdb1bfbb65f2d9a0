"""Edges: which level of a store stands at the start and at the end of each block of hours."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def edges(follows: ArrayLike) -> tuple[list[int], list[int]]:
    """(start, end) of each block as the number of an edge: the edge before block d is d's own, or that of an elder sibling.

    `follows[d]` is the block just before d, −1 for none. Blocks that follow the same block (scenarios that branch) start at one
    edge. A block that nothing follows hands back to the start of its chain, so nothing is gained by ending empty.

    >>> edges([-1, 0, 1, -1])
    ([0, 1, 2, 3], [1, 2, 0, 3])
    >>> edges([2, 0, 1]), edges([-1, 0, 0])
    (([0, 1, 2], [1, 2, 0]), ([0, 1, 1], [1, 0, 0]))
    """
    before = [int(p) for p in np.asarray(follows)]
    first_after: dict[int, int] = {}
    for d, p in enumerate(before):
        if p >= 0:
            first_after.setdefault(p, d)
    start = [d if p < 0 else first_after[p] for d, p in enumerate(before)]

    def root(d: int) -> int:
        while before[d] >= 0:
            d = before[d]
        return d

    return start, [first_after[d] if d in first_after else root(d) for d in range(len(before))]


def among(follows: ArrayLike, chosen: ArrayLike) -> np.ndarray:
    """`follows` of some blocks only, by their position among the chosen; −1 where the block before is not chosen.

    >>> among([-1, 0, 1, 2], [1, 2]).tolist()
    [-1, 0]
    """
    position = {int(d): i for i, d in enumerate(np.asarray(chosen))}
    return np.array([position.get(int(p), -1) for p in np.asarray(follows)[np.asarray(chosen)]])
