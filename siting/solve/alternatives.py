"""What each chosen site is worth, and what it is worth to wait with it: how much more a plan without it, or later, costs.

The site is closed (in all stages, or in the stage in which it opens) and the others keep what they have; the relaxation of the
whole Program says where a cheap plan has more. That is rounded to whole modules, largest remainders first, and put into the
whole Program, where everything else is re-optimised under the grid's rows. That plan's cost bounds from above what separates
the plan from the best plan without the site. Where that is within the proven gap, the site is interchangeable, or may wait.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from .monolith import Monolith
from .outcome import Outcome
from .rounding import Integers

SHARE_OF_TIME = 0.4  # of the study's time limit, on top of what the solve has left of it
TRIES = 5  # roundings, until one can be served


def without_each(mono: Monolith, outcome: Outcome) -> pd.DataFrame:
    """One row a chosen site: `found_eur_2024_per_year` (of the plan found without it, less the plan's cost; inf where none
    was found, NaN where there was no time to look), `instead` (sites with more), `interchangeable`.

    Sites that have to open are left out."""
    of = mono.integers(outcome.plan)
    chosen = of.may_close(of.opened & (of.plan > 0.5))
    mono.extend(mono.options.time_limit_s * SHARE_OF_TIME)
    rows = [(s, *_found(mono, outcome, of, s, of.site == s, f"a plan without {s}")) for s in chosen]
    table = pd.DataFrame(rows, columns=["site", "found_eur_2024_per_year", "instead"])
    table["interchangeable"] = table["found_eur_2024_per_year"] <= outcome.gap
    return table


def waiting(mono: Monolith, outcome: Outcome) -> pd.DataFrame:
    """One row a site that opens before the last stage: `opens`, `waits_until` the next stage, what the plan found so costs more
    (as in `without_each`), sites with more `instead`, and whether it may wait within the proven gap."""
    of, years, rows = mono.integers(outcome.plan), mono.program.years, []
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
        answer = mono.secured(of.rounded(relaxed, upper, skip))
        if answer is not None:
            break
    if answer is None or answer.columns is None:
        stopped = mono.seconds_left() <= 0 or mono.interrupt.is_set()
        return (np.nan if stopped else np.inf), ""
    more = (answer.columns[mono.highs.integer] > of.plan + 0.5) & (of.choice < 0)
    return max(answer.objective - outcome.objective, 0.0), ", ".join(dict.fromkeys(of.site[more]))
