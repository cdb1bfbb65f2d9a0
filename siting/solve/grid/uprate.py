"""What a stronger branch changes in a situation: its limits, and nothing else."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...inputs.situations import Situation


class Uprate(NamedTuple):
    """A step that raises the limits of a branch (number) from `from_mw` above its rating to `to_mw` above it."""

    branch: int
    from_mw: float
    to_mw: float

    def effect(self, situation: Situation, emergency_mw: NDArray[np.float64] | None) -> tuple[float, float]:
        """MW by which it raises the limit of the branch when nothing is out, and after an outage.

        Where the base already exceeds the rating, only what lies above the base counts: linear between not built and built.
        """
        share, held = situation.share_of_rating, float(situation.limit_mw[self.branch])
        base = share * float(situation.rating_mw[self.branch])
        intact = max(base + share * self.to_mw, held) - max(base + share * self.from_mw, held)
        if emergency_mw is None:
            return intact, 0.0
        rated, held_after = float(situation.emergency_mw[self.branch]), float(emergency_mw[self.branch])
        return intact, max(rated + self.to_mw, held_after) - max(rated + self.from_mw, held_after)
