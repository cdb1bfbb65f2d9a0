"""What the program of single buses tells: the base of an hour, and the headroom of a node in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...inputs.network_hours import GridHour

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Base:
    """What an hour has before anything is connected, re-dispatched to the least overload ("secure base"), and what holds then.

    Flows, injections by node and links [MW], missing supply [MW] by island. `limit_mw` and `after_mw` (branch; intact, after an
    outage) are the limits that new load meets. `over_mw` and `over_after_mw` (branch) say by how much the base exceeds the
    network's own, if by more than 1 kW; `worst` names the outage then.
    """

    hour: GridHour
    flow_mw: Floats
    net_mw: Floats
    link_mw: Floats
    lack_mw: Floats
    limit_mw: Floats
    after_mw: Floats
    over_mw: Floats
    over_after_mw: Floats
    worst: dict[int, str]


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
