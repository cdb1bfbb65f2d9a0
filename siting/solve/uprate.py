"""What a stronger branch changes in a situation: its limits, and nothing else."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..inputs.situations import Situation
from ..physics.security import Emergency


class Uprate(NamedTuple):
    """A step that raises the limits of a branch (number) from `from_mw` above its rating to `to_mw` above it."""

    branch: int
    from_mw: float
    to_mw: float

    def effect(self, situation: Situation, emergency: Emergency | None) -> tuple[float, NDArray[np.float64]]:
        """MW by which it raises the limit of the branch when nothing is out, and after each outage.

        Where the base already exceeds the rating, only what lies above the base counts: linear between not built and built.
        """
        share, held = situation.share_of_rating, float(situation.limit_mw[self.branch])
        base = share * float(situation.rating_mw[self.branch])
        intact = max(base + share * self.to_mw, held) - max(base + share * self.from_mw, held)
        if emergency is None:
            return intact, np.zeros(0)
        rated, held_after = situation.emergency_mw[self.branch], emergency.of(self.branch)
        return intact, np.maximum(rated + self.to_mw, held_after) - np.maximum(rated + self.from_mw, held_after)
