"""What each chosen site is worth: how much more a plan without it costs.

For each chosen site its modules are moved to the likeliest other sites, and everything that is not integer is re-optimised
under the grid's rows. The cheapest such plan bounds from above what separates the plan from the best plan without the site.
Where that is within the proven gap, the site is interchangeable.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..inputs.inputs import Inputs
from .monolith import Monolith
from .outcome import Outcome

MOVES = 2  # ways tried for each chosen one
POWER_PER_IT = 1.15  # MW of connection per MW of IT, to guess what fits; the re-optimisation is exact
SHARE_OF_TIME = 0.35  # of the study's time limit, on top of it


def without_each(mono: Monolith, outcome: Outcome, inputs: Inputs) -> pd.DataFrame:
    """One row a chosen site: `found_eur_2024_per_year` (of the cheapest plan found without it, less the plan's cost),
    `instead`, `interchangeable`. Sites that have to open are left out; untried ones (time) have no number."""
    columns = mono.program.plan.columns
    opened = {str(c.index["site"]): j for j, c in enumerate(columns) if c.name == "sites.open"}
    halls: dict[str, list[int]] = {}
    for j, c in enumerate(columns):
        if c.name == "cooling.halls":
            halls.setdefault(str(c.index["site"]), []).append(j)
    chosen = [s for s, j in opened.items() if outcome.plan[j] > 0.5 and mono.whole.column_lower[j] < 0.5]
    mono.extend(mono.options.time_limit_s * SHARE_OF_TIME)
    rows = []
    for site in sorted(chosen, key=lambda s: outcome.plan[halls[s]].sum() if halls else 0.0):
        best, instead = np.inf, ""
        others = _others(site, inputs, outcome, opened, halls)
        for first in range(min(MOVES, len(others))):
            if mono.seconds_left() <= 0 or mono.interrupt.is_set():
                break
            values, used = _moved(mono, outcome, site, others[first:], opened, halls)
            answer = mono.secured(values) if values is not None else None
            if answer is not None and answer.objective < best:
                best, instead = answer.objective, ", ".join(used)
        rows.append((site, max(best - outcome.objective, 0.0), instead))
    table = pd.DataFrame(rows, columns=["site", "found_eur_2024_per_year", "instead"])
    table["interchangeable"] = table["found_eur_2024_per_year"] <= outcome.gap
    return table


def _others(
    site: str, inputs: Inputs, outcome: Outcome, opened: dict[str, int], halls: dict[str, list[int]]
) -> list[tuple[str, float]]:
    """(site, room for modules) of the other sites: those that reach as many of the same users first, then the cheapest."""
    data = inputs.data
    module = float(data["module_mw"]) if "module_mw" in data else 0.0
    reach = data["reachable"].sum("workload")
    cost = inputs.sites.set_index("site").get("cost_of_100_mw_eur_2024_per_year", pd.Series(dtype=float))
    order = []
    for other, j in opened.items():
        if other == site or float(data["may_open"].sel(site=other)) < 0.5:
            continue
        if halls:
            held = outcome.plan[halls[other]].sum() * module
            room = float(data["room_for_new_it"].sel(site=other)) - held
            if "max_connection" in data:
                room = min(room, float(data["max_connection"].sel(site=other)) / POWER_PER_IT - held)
            room = np.floor(room / module + 1e-9)
        else:
            room = 1.0 - round(outcome.plan[j])
        if room >= 1:
            same = float(np.minimum(reach.sel(site=site), reach.sel(site=other)).sum())
            order.append((-same, float(cost.get(other, 0.0)), other, float(room)))
    return [(other, room) for *_, other, room in sorted(order)]


def _moved(
    mono: Monolith,
    outcome: Outcome,
    site: str,
    others: list[tuple[str, float]],
    opened: dict[str, int],
    halls: dict[str, list[int]],
) -> tuple[np.ndarray | None, list[str]]:
    """Values of the integer columns with the site's modules at the other sites, filled in turn; None if they do not fit."""
    plan = np.round(outcome.plan.copy())
    plan[opened[site]] = 0.0
    left = plan[halls[site]].copy() if halls else np.ones(1)
    used = []
    for other, room in others:
        if left.sum() < 0.5:
            break
        used.append(other)
        plan[opened[other]] = 1.0
        for k in range(len(left)):
            n = min(left[k], room)
            if halls:
                plan[halls[other][k]] += n
            left[k], room = left[k] - n, room - n
    if halls:
        plan[halls[site]] = 0.0
    return (plan[mono.highs.integer] if left.sum() < 0.5 else None), used
