"""What each chosen site is worth: how much more a plan without it costs.

The site is closed and the others keep what they have; the relaxation of the whole Program says where a cheap plan has more.
That is rounded to whole modules, largest remainders first, and put into the whole Program, where everything else is
re-optimised under the grid's rows. That plan's cost bounds from above what separates the plan from the best plan without
the site. Where that is within the proven gap, the site is interchangeable.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .monolith import Monolith
from .outcome import Outcome

SHARE_OF_TIME = 0.4  # of the study's time limit, on top of what the solve has left of it
TINY = 1e-6
TRIES = 5  # roundings, until one can be served


def without_each(mono: Monolith, outcome: Outcome) -> pd.DataFrame:
    """One row a chosen site: `found_eur_2024_per_year` (of the plan found without it, less the plan's cost; inf where none
    was found, NaN where there was no time to look), `instead` (sites with more), `interchangeable`.

    Sites that have to open are left out."""
    columns = [mono.program.plan.columns[j] for j in mono.highs.integer]
    plan = np.round(outcome.plan[mono.highs.integer])
    site = np.array([str(c.index.get("site")) for c in columns])
    stage = np.array([c.index.get("stage", 0) for c in columns])
    opened = np.array([c.name == "sites.open" for c in columns])
    halls = np.array([c.name == "cooling.halls" for c in columns])
    least, most = (bound[mono.highs.integer] for bound in (mono.whole.column_lower, mono.whole.column_upper))
    must = set(site[opened & (least > 0.5)])
    chosen = [s for s in dict.fromkeys(site[opened & (plan > 0.5)]) if s not in must]
    size = {s: plan[(site == s) & ~opened].sum() for s in chosen}
    mono.extend(mono.options.time_limit_s * SHARE_OF_TIME)
    rows = []
    for s in sorted(chosen, key=lambda s: size[s]):
        upper = np.where(site == s, 0.0, most)
        relaxed = mono.relaxed_within(np.minimum(plan, upper), upper, f"a plan without {s}")
        answer = None
        for skip in range(TRIES):
            if relaxed is None:
                break
            answer = mono.secured(_by_stage(relaxed, plan, upper, halls, opened, site, stage, skip))
            if answer is not None:
                break
        if answer is None or answer.columns is None:
            stopped = mono.seconds_left() <= 0 or mono.interrupt.is_set()
            rows.append((s, np.nan if stopped else np.inf, ""))
            continue
        instead = dict.fromkeys(site[answer.columns[mono.highs.integer] > plan + 0.5])
        rows.append((s, max(answer.objective - outcome.objective, 0.0), ", ".join(instead)))
    table = pd.DataFrame(rows, columns=["site", "found_eur_2024_per_year", "instead"])
    table["interchangeable"] = table["found_eur_2024_per_year"] <= outcome.gap
    return table


def _by_stage(
    relaxed: np.ndarray,
    plan: np.ndarray,
    upper: np.ndarray,
    halls: np.ndarray,
    opened: np.ndarray,
    site: np.ndarray,
    stage: np.ndarray,
    skip: int,
) -> np.ndarray:
    """`_whole` of each stage for itself; what stands in one stands in the next."""
    values, before = np.empty(len(relaxed)), None
    for year in np.unique(stage):
        at = np.flatnonzero(stage == year)
        of = _whole(relaxed[at], plan[at], upper[at], halls[at], opened[at], site[at], skip)
        values[at] = before = of if before is None else np.maximum(of, before)
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
