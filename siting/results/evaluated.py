"""What the model keeps by a rule it can write, evaluated exactly: hours of running, and both kinds of carbon accounting."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..inputs.inputs import Inputs
from .audit.balances import facility_power
from .solution import Solution

RUNS_FROM = 1e-4  # of the plant's rating: less is not running
DIFFERS_FROM = 1e-6  # of the account without a portfolio


def evaluated(s: Solution, inputs: Inputs) -> dict[str, pd.DataFrame]:
    """Notes of a solution: `backup_hours` where plant has an energy limit or a permit, `carbon` where there is a grid."""
    tables = {"backup_hours": _backup_hours(s, inputs), "carbon": _carbon(s)}
    return {name: table for name, table in tables.items() if len(table)}


def _backup_hours(s: Solution, inputs: Inputs) -> pd.DataFrame:
    """Hours of a year in which each limited plant runs, against the hours that it may: the model limits its energy alone."""
    d, rows = s.data, []
    for name, plant in inputs.study.generation.items():
        if plant.max_full_load_hours is None and plant.max_run_hours is None:
            continue
        for site in d["site"].values:
            built = float(d["generation_built"].sel(site=site, generator=name))
            if built < RUNS_FROM:
                continue
            used = d["generation_used"].sel(site=site, generator=name)
            hours = float(((used > RUNS_FROM * built) * d["weight"]).sum())
            energy = float((used * d["weight"]).sum())
            most = np.nan if plant.max_run_hours is None else plant.max_run_hours
            rows.append((site, name, built, energy, energy / built, hours, most, not hours > most + 1e-6))
    columns = ["site", "plant", "built_mw", "mwh_per_year", "full_load_hours", "run_hours", "most_run_hours", "kept"]
    return pd.DataFrame(rows, columns=columns)


def _carbon(s: Solution) -> pd.DataFrame:
    """What the portfolio changes in each account of import, against the same load all bought from the grid.

    `disagree` is true in every row where one account falls and another rises: no single number tells the direction then.
    """
    d, rows = s.data, []
    if "grid_imported" not in d:
        return pd.DataFrame()
    for account, factor in (
        ("carbon_location", "carbon_average"),
        ("carbon_market", "carbon_residual"),
        ("carbon_consequence", "carbon_marginal"),
    ):
        if factor in d:
            bought = float((facility_power(d) * d[factor] * d["weight"]).sum())
            rows.append((account, s.total(account), bought, s.total(account) - bought))
    table = pd.DataFrame(rows, columns=["account", "t_per_year", "all_from_the_grid_t_per_year", "change_t_per_year"])
    small = DIFFERS_FROM * table["all_from_the_grid_t_per_year"].abs()
    change = table["change_t_per_year"]
    return table.assign(disagree=bool((change > small).any() and (change < -small).any()))
