"""What each chosen site is worth, and what it is worth to wait with it: how much more a plan without it, or later, costs.

The site is closed (in all stages, or in the stage in which it opens) and the others keep what they have; the relaxation of the
whole Program says where a cheap plan has more. That is rounded to whole modules, largest remainders first, and put into the
whole Program, where everything else is re-optimised under the grid's rows. That plan's cost bounds from above what separates
the plan from the best plan without the site. Where that is within the proven gap, the site is interchangeable, or may wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from .monolith import Monolith
from .outcome import Outcome

SHARE_OF_TIME = 0.4  # of the study's time limit, on top of what the solve has left of it
TINY = 1e-6
TRIES = 5  # roundings, until one can be served
ONE_OF = ("workloads.hosts", "workloads.assigned")  # a choice of one site


def without_each(mono: Monolith, outcome: Outcome) -> pd.DataFrame:
    """One row a chosen site: `found_eur_2024_per_year` (of the plan found without it, less the plan's cost; inf where none
    was found, NaN where there was no time to look), `instead` (sites with more), `interchangeable`.

    Sites that have to open are left out."""
    of = Integers.of(mono, outcome)
    chosen = of.may_close(of.opened & (of.plan > 0.5))
    mono.extend(mono.options.time_limit_s * SHARE_OF_TIME)
    rows = [(s, *_found(mono, outcome, of, s, of.site == s, f"a plan without {s}")) for s in chosen]
    table = pd.DataFrame(rows, columns=["site", "found_eur_2024_per_year", "instead"])
    table["interchangeable"] = table["found_eur_2024_per_year"] <= outcome.gap
    return table


def waiting(mono: Monolith, outcome: Outcome) -> pd.DataFrame:
    """One row a site that opens before the last stage: `opens`, `waits_until` the next stage, what the plan found so costs more
    (as in `without_each`), sites with more `instead`, and whether it may wait within the proven gap."""
    of, years, rows = Integers.of(mono, outcome), mono.program.years, []
    mono.extend(mono.options.time_limit_s * SHARE_OF_TIME)
    for year, after in pairwise(years):
        before = set(of.site[of.opened & (of.plan > 0.5) & (of.stage < year)])
        opens = of.may_close(of.opened & (of.plan > 0.5) & (of.stage == year) & ~np.isin(of.site, list(before)))
        for s in opens:
            closed = (of.site == s) & (of.stage == year)
            rows.append((s, year, after, *_found(mono, outcome, of, s, closed, f"a plan in which {s} waits")))
    table = pd.DataFrame(rows, columns=["site", "opens", "waits_until", "found_eur_2024_per_year", "instead"])
    table["may_wait"] = table["found_eur_2024_per_year"] <= outcome.gap
    return table


@dataclass(frozen=True)
class Integers:
    """The integer columns of the plan: values, bounds, and what they are."""

    plan: np.ndarray
    least: np.ndarray
    most: np.ndarray
    site: np.ndarray
    stage: np.ndarray
    opened: np.ndarray
    halls: np.ndarray
    choice: np.ndarray  # number of the choice of one site that a column belongs to; -1 where it is none

    @classmethod
    def of(cls, mono: Monolith, outcome: Outcome) -> Integers:
        columns = [mono.program.plan.columns[j] for j in mono.highs.integer]
        least, most = (bound[mono.highs.integer] for bound in (mono.whole.column_lower, mono.whole.column_upper))
        keys = [(c.name, *(v for k, v in c.index.items() if k != "site")) if c.name in ONE_OF else None for c in columns]
        number = {key: i for i, key in enumerate(dict.fromkeys(k for k in keys if k is not None))}
        return cls(
            np.round(outcome.plan[mono.highs.integer]),
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


def _found(mono: Monolith, outcome: Outcome, of: Integers, site: str, closed: np.ndarray, told: str) -> tuple[float, str]:
    """How much more the plan found with these columns at 0 costs, and which sites have more."""
    upper = np.where(closed, 0.0, of.most)
    free = (of.site == site) | (of.choice >= 0)  # the site itself, and who is served from where, are decided anew
    lower = np.where(free, 0.0, np.minimum(of.plan, upper))
    relaxed = mono.relaxed_within(lower, upper, told)
    answer = None
    for skip in range(TRIES):
        if relaxed is None:
            break
        answer = mono.secured(_by_stage(relaxed, of, upper, skip))
        if answer is not None:
            break
    if answer is None or answer.columns is None:
        stopped = mono.seconds_left() <= 0 or mono.interrupt.is_set()
        return (np.nan if stopped else np.inf), ""
    more = (answer.columns[mono.highs.integer] > of.plan + 0.5) & (of.choice < 0)
    return max(answer.objective - outcome.objective, 0.0), ", ".join(dict.fromkeys(of.site[more]))


def _by_stage(relaxed: np.ndarray, of: Integers, upper: np.ndarray, skip: int) -> np.ndarray:
    """`_whole` of each stage for itself; what stands in one stands in the next. A choice falls on its largest share."""
    values, before = np.empty(len(relaxed)), None
    for year in np.unique(of.stage):
        at = np.flatnonzero((of.stage == year) & (of.choice < 0))
        whole = _whole(relaxed[at], of.plan[at], upper[at], of.halls[at], of.opened[at], of.site[at], skip)
        values[at] = before = whole if before is None else np.maximum(whole, before)
    for number in range(of.choice.max(initial=-1) + 1):
        at = np.flatnonzero(of.choice == number)
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
