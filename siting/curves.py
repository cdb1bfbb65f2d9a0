"""Curves: the same study at one value after the other of a limit. What each further point of carbon-free energy costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from .errors import Infeasible, StudyError
from .inputs.prepare import prepare
from .pipeline import solve
from .results.clean import cfe_hours, score
from .solve.highs import Tell
from .study.study import Study


def cfe_curve(study: Study, shares: Sequence[float], tell: Tell | None = None) -> pd.DataFrame:
    """The least cost at each share of carbon-free energy (of net demand, all sites, a year), ascending; inputs prepared once.

    Columns: least_cfe (asked), cfe (reached), cost_eur_2024_per_year and gap_eur_2024_per_year (NaN where no plan does it),
    price_eur_2024_per_point (of each further percentage point on the way from the share before, a year) and
    gaps_eur_2024_per_point (what the gaps of both plans leave open of it).

    Raises StudyError where the study limits `cfe` already, minimises something else, or a share is none; StoppedEarly where
    the time limit passes before any plan is found.
    """
    asked = sorted(set(map(float, shares)))
    problems = [f"a share of carbon-free energy lies between 0 and 1, not at {s:g}" for s in asked if not 0 <= s <= 1]
    if "cfe" in study.limits:
        problems.append("the study limits 'cfe' itself: drop that limit to draw the curve")
    if study.minimise != "cost":
        problems.append(f"the curve is of cost, and the study minimises {study.minimise}")
    if problems:
        raise StudyError(problems, study.name)
    inputs = prepare(study)
    rows = []
    for share in asked:
        limits = {"cfe": {"min_mwh_per_mwh": share, "of": "net_demand"}}
        quick = {"without_each_site": False, "without_flexibility": False}
        limited = study.with_(limits=limits, solver=quick)
        try:
            s = solve(replace(inputs, study=limited, fleet=None), tell)
        except Infeasible:
            rows.append((share, float("nan"), float("nan"), float("nan")))
            continue
        reached = score(cfe_hours(s.data), s.data["weight"])
        rows.append((share, reached, float(s.outcome["objective"]), float(s.outcome["gap"])))
    table = pd.DataFrame(rows, columns=["least_cfe", "cfe", "cost_eur_2024_per_year", "gap_eur_2024_per_year"])
    points = 100 * table["least_cfe"].diff()
    table["price_eur_2024_per_point"] = table["cost_eur_2024_per_year"].diff() / points
    gaps = table["gap_eur_2024_per_year"]
    table["gaps_eur_2024_per_point"] = (gaps + gaps.shift()) / points
    return table
