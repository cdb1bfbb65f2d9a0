"""What each chosen site is worth: how much more a plan without it costs.

The site is closed, every other integer may move a little, and the mean block (`mean`) gives the integers of a cheap plan;
they are put into the whole Program, where everything else is re-optimised under the grid's rows. That plan's cost bounds
from above what separates the plan from the best plan without the site. Where that is within the proven gap, the site is
interchangeable.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .monolith import Monolith
from .outcome import Outcome

FEWER, MORE = 1, 3  # by which an integer of another site may fall and rise
SHARE_OF_TIME = 0.4  # of the study's time limit, on top of it
PRECISION = 0.5  # of the proven gap


def without_each(mono: Monolith, outcome: Outcome) -> pd.DataFrame:
    """One row a chosen site: `found_eur_2024_per_year` (of the plan found without it, less the plan's cost; inf where none
    was found, NaN where there was no time to look), `instead` (sites with more), `interchangeable`.

    Sites that have to open are left out."""
    columns = [mono.program.plan.columns[j] for j in mono.highs.integer]
    plan = np.round(outcome.plan[mono.highs.integer])
    site = np.array([str(c.index.get("site")) for c in columns])
    opened = np.array([c.name == "sites.open" for c in columns])
    mean = mono.mean_block
    chosen = site[opened & (plan > 0.5) & (mean.lower < 0.5)]
    size = {s: plan[(site == s) & ~opened].sum() for s in chosen}
    mono.extend(mono.options.time_limit_s * SHARE_OF_TIME)
    rows = []
    for s in sorted(chosen, key=lambda s: size[s]):
        if mono.seconds_left() <= 0 or mono.interrupt.is_set():
            rows.append((s, np.nan, ""))
            continue
        upper = np.where(site == s, 0.0, np.minimum(mean.upper, plan + MORE))
        lower = np.minimum(np.maximum(mean.lower, plan - FEWER), upper)
        values = mean.integers(
            mono.cuts, outcome.gap * PRECISION, mono.seconds_left(), f"a plan without {s}", mono.tell, lower, upper
        )
        answer = mono.secured(values) if values is not None else None
        if answer is None:
            rows.append((s, np.inf if mono.seconds_left() > 0 else np.nan, ""))
            continue
        assert values is not None
        instead = dict.fromkeys(site[values > plan + 0.5])
        rows.append((s, max(answer.objective - outcome.objective, 0.0), ", ".join(instead)))
    table = pd.DataFrame(rows, columns=["site", "found_eur_2024_per_year", "instead"])
    table["interchangeable"] = table["found_eur_2024_per_year"] <= outcome.gap
    return table
