"""What the program of single buses tells: the base of an hour, and the headroom of a node in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(eq=False)
class Base:
    """What an hour has before anything is connected: flows, injections by node and links [MW], missing supply [MW] by island.

    `branches`, `pairs` (rows of the pool) and `links` (branches after the loss of a link, by their row) are overloaded by
    `branch_mw`, `pair_mw` and `links_mw`, where that is more than 1 kW.
    """

    flow_mw: Floats
    net_mw: Floats
    link_mw: Floats
    lack_mw: Floats
    branches: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    branch_mw: Floats = field(default_factory=lambda: np.zeros(0))
    pairs: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    pair_mw: Floats = field(default_factory=lambda: np.zeros(0))
    links: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    links_mw: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Found:
    """Headroom [MW] of a node in an hour and what stops it.

    `worth` [MW per MW] is that of the limit that weighs most: `kind` says whether `number` is a branch, a pair (row of the
    pool) or a row of a lost link. `adequacy` is the worth of supply. `relaxed_mw` is how much of the figure rests on limits
    that the base exceeds already: without them it would be at most mw - relaxed_mw.
    """

    mw: float
    kind: str
    number: int
    worth: float
    adequacy: float
    relaxed_mw: float
