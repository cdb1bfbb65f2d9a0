"""From a relaxation to whole modules, near a plan that is there.

A plan from which sites are taken keeps what it has where it may; the relaxation of the whole Program says where a cheap plan
has more. That is rounded to whole modules, largest remainders first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .program import Label

TINY = 1e-6
ONE_OF = ("workloads.hosts", "workloads.assigned")  # a choice of one site


@dataclass(frozen=True)
class Integers:
    """The integer columns of a plan: values, bounds, and what they are."""

    plan: np.ndarray
    least: np.ndarray
    most: np.ndarray
    site: np.ndarray
    stage: np.ndarray
    opened: np.ndarray
    halls: np.ndarray
    choice: np.ndarray  # number of the choice of one site that a column belongs to; -1 where it is none

    @classmethod
    def of(cls, columns: Sequence[Label], plan: np.ndarray, least: np.ndarray, most: np.ndarray) -> Integers:
        keys = [(c.name, *(v for k, v in c.index.items() if k != "site")) if c.name in ONE_OF else None for c in columns]
        number = {key: i for i, key in enumerate(dict.fromkeys(k for k in keys if k is not None))}
        return cls(
            np.round(plan),
            least,
            most,
            np.array([str(c.index.get("site")) for c in columns]),
            np.array([c.index.get("stage", 0) for c in columns]),
            np.array([c.name == "sites.open" for c in columns]),
            np.array([c.name == "cooling.halls" for c in columns]),
            np.array([-1 if key is None else number[key] for key in keys]),
        )

    def may_close(self, which: np.ndarray) -> list[str]:
        """Sites of these columns that do not have to open, smallest first."""
        must = set(self.site[self.opened & (self.least > 0.5)])
        sites = [s for s in dict.fromkeys(self.site[which]) if s not in must]
        return sorted(sites, key=lambda s: self.plan[(self.site == s) & ~self.opened].sum())

    def rounded(self, relaxed: np.ndarray, upper: np.ndarray, skip: int) -> np.ndarray:
        """`_whole` of each stage for itself; what stands in one stands in the next. A choice falls on its largest share."""
        values, before = np.empty(len(relaxed)), None
        for year in np.unique(self.stage):
            at = np.flatnonzero((self.stage == year) & (self.choice < 0))
            whole = _whole(relaxed[at], self.plan[at], upper[at], self.halls[at], self.opened[at], self.site[at], skip)
            values[at] = before = whole if before is None else np.maximum(whole, before)
        for number in range(self.choice.max(initial=-1) + 1):
            at = np.flatnonzero(self.choice == number)
            values[at] = np.arange(len(at)) == relaxed[at].argmax()
        return values


def _whole(
    relaxed: np.ndarray,
    plan: np.ndarray,
    upper: np.ndarray,
    halls: np.ndarray,
    opened: np.ndarray,
    site: np.ndarray,
    skip: int,
) -> np.ndarray:
    """Whole numbers near `relaxed`: as many modules of halls in all, largest remainders first, but the first `skip` of them. A
    site with modules is open; everything else is rounded up."""
    values = np.where(halls, np.floor(relaxed + TINY), np.ceil(relaxed - TINY))
    remainder = np.where(halls & (values + 1 <= upper + TINY), relaxed - values, -1.0)
    missing = int(np.ceil(relaxed[halls].sum() - TINY) - values[halls].sum())
    order = np.argsort(-remainder, kind="stable")
    rising = order[remainder[order] >= 0][skip : skip + missing] if missing > 0 else order[:0]
    values[rising] += 1
    if halls.any():
        with_halls = np.isin(site, site[halls & (values > 0.5)])
        values[opened] = np.where(with_halls, 1.0, np.minimum(plan, upper))[opened]
    return values
