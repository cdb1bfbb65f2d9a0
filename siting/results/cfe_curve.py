"""The curve of carbon-free energy: what each further point of it costs, from plans at one least share after the other."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .clean import cfe_hours, score
from .solution import Solution


def cfe_table(plans: Sequence[tuple[float, Solution | str]]) -> pd.DataFrame:
    """One row a share (of net demand, all sites, a year), ascending; `plans` are (least share, the plan or why there is none).
    Of several stages each has the share; `cfe` is that of the stage that has least, the cost that of the mean year.

    Columns: least_cfe (asked), cfe (reached), cost_eur_2024_per_year and gap_eur_2024_per_year (NaN where there is no plan),
    plan (its status, or why there is none), price_eur_2024_per_point (of each further percentage point on the way from
    the share before, a year) and gaps_eur_2024_per_point (what the gaps of both plans leave open of it).
    """
    nan, rows = float("nan"), []
    for share, s in plans:
        if isinstance(s, str):
            rows.append((share, nan, nan, nan, s))
        else:
            years = [s.stage(y).data for y in s.stages] or [s.data]
            reached = min(score(cfe_hours(d), d["weight"]) for d in years)
            rows.append((share, reached, float(s.outcome["objective"]), float(s.outcome["gap"]), str(s.outcome["status"])))
    table = pd.DataFrame(rows, columns=["least_cfe", "cfe", "cost_eur_2024_per_year", "gap_eur_2024_per_year", "plan"])
    points = 100 * table["least_cfe"].diff()
    table["price_eur_2024_per_point"] = table["cost_eur_2024_per_year"].diff() / points
    gaps = table["gap_eur_2024_per_year"]
    table["gaps_eur_2024_per_point"] = (gaps + gaps.shift()) / points
    return table
