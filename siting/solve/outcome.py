"""Outcome: what the solver found, and what it proved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from .benders.known_cuts import KnownCuts
from .program import Cut
from .warm import Bases


class Effort(NamedTuple):
    """Of a solve block by block: blocks of hours in all, blocks that the first plan was made from (0: it had one), and how
    often all blocks were solved until the gap held for all of them."""

    blocks: int
    first_blocks: int
    passes: int


@dataclass
class Outcome:
    """Values of all columns, the proven bound, and the gap in three denominators.

    `status`: `optimal` (the gap asked for is proven), `limit` (time), `interrupted`; the last two with the best plan found.
    """

    status: str
    objective: float
    bound: float
    unavoidable: float
    seconds: float
    plan: np.ndarray
    hours: np.ndarray  # (own columns, blocks)
    cuts: list[Cut] = field(default_factory=list)
    cut_prices: np.ndarray = field(
        default_factory=lambda: np.empty(0)
    )  # per MW of the cut's right-hand side, in the relaxation
    rounds: int = 0
    plan_prices: np.ndarray = field(
        default_factory=lambda: np.empty(0)
    )  # what one unit more of each plan column costs, all else re-optimised, in the relaxation; empty where it is not known
    without: pd.DataFrame | None = None
    waiting: pd.DataFrame | None = None
    effort: Effort | None = None
    bases: Bases | None = None
    block_cuts: KnownCuts | None = None

    @property
    def gap(self) -> float:
        """Objective minus bound, in the objective's unit."""
        return max(self.objective - self.bound, 0.0)

    @property
    def gap_of_objective(self) -> float:
        return self.gap / max(abs(self.objective), 1e-9)

    @property
    def gap_of_siting(self) -> float:
        """Gap over the siting-dependent part: the objective without what every plan pays."""
        return self.gap / max(abs(self.objective - self.unavoidable), 1e-9)

    def summary(self) -> dict[str, float | str]:
        return {
            "status": self.status,
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "gap_of_objective": self.gap_of_objective,
            "gap_of_siting_dependent_cost": self.gap_of_siting,
            "seconds": self.seconds,
            "cuts": len(self.cuts),
            **({} if self.effort is None else self.effort._asdict()),
        }
