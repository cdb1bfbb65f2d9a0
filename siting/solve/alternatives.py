"""What each chosen site is worth: how much more a plan without it costs.

The site is closed, the others keep what they have, and the mean block (`mean`) says where a cheap plan has more; these
integers are put into the whole Program, where everything else is re-optimised under the grid's rows. That plan's cost bounds
from above what separates the plan from the best plan without the site. Where that is within the proven gap, the site is
interchangeable.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .monolith import Monolith
from .outcome import Outcome

MORE = 3  # by which an integer of another site may rise
SHARE_OF_TIME = 0.4  # of the study's time limit, on top of what the solve has left of it
PRECISION = 0.5  # of the proven gap


def without_each(mono: Monolith, outcome: Outcome) -> pd.DataFrame:
    """One row a chosen site: `found_eur_2024_per_year` (of the plan found without it, less the plan's cost; inf where none
    was found, NaN where there was no time to look), `instead` (sites with more), `interchangeable`.

    Sites that have to open are left out."""
    columns = [mono.program.plan.columns[j] for j in mono.highs.integer]
    plan = np.round(outcome.plan[mono.highs.integer])
    site = np.array([str(c.index.get("site")) for c in columns])
    opened = np.array([c.name == "sites.open" for c in columns])
    least, most = (bound[mono.highs.integer] for bound in (mono.whole.column_lower, mono.whole.column_upper))
    chosen = site[opened & (plan > 0.5) & (least < 0.5)]
    size = {s: plan[(site == s) & ~opened].sum() for s in chosen}
    mono.extend(mono.options.time_limit_s * SHARE_OF_TIME)
    rows = []
    for s in sorted(chosen, key=lambda s: size[s]):
        if mono.seconds_left() <= 0 or mono.interrupt.is_set():
            rows.append((s, np.nan, ""))
            continue
        upper = np.where(site == s, 0.0, np.minimum(most, plan + MORE))
        part = mono.seconds_left() / (len(chosen) - len(rows))
        after = mono.seconds_left() - part  # what the others still get
        answer = mono.planned(outcome.gap * PRECISION, part, f"a plan without {s}", np.minimum(plan, upper), upper)
        if answer is None or answer.columns is None:
            rows.append((s, np.inf if mono.seconds_left() > after else np.nan, ""))
            continue
        instead = dict.fromkeys(site[answer.columns[mono.highs.integer] > plan + 0.5])
        rows.append((s, max(answer.objective - outcome.objective, 0.0), ", ".join(instead)))
    table = pd.DataFrame(rows, columns=["site", "found_eur_2024_per_year", "instead"])
    table["interchangeable"] = table["found_eur_2024_per_year"] <= outcome.gap
    return table
