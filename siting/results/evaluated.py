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
    """Notes of a solution: `backup_hours` where plant has an energy limit or a permit, `both_ways` where a store charges and
    discharges at once, `carbon` where there is a grid."""
    tables = {"backup_hours": _backup_hours(s, inputs), "both_ways": _both_ways(s), "carbon": _carbon(s)}
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


def _both_ways(s: Solution) -> pd.DataFrame:
    """Energy that a store takes and gives in the same hour: it burns it, which no store does and a linear model may, where
    energy is worth less than nothing or a score rewards more net demand that is clean."""
    d, rows = s.data, []
    if "storage_charge" not in d:
        return pd.DataFrame()
    both = d["storage_charge"].where(d["storage_charge"] < d["storage_discharge"], d["storage_discharge"])
    for site in d["site"].values:
        for u in d["storage"].values:
            here, power = both.sel(site=site, storage=u), float(d["storage_power"].sel(site=site, storage=u))
            running = here > RUNS_FROM * max(power, 1.0)
            if bool(running.any()):
                rows.append((site, u, float((here * d["weight"]).sum()), float((running * d["weight"]).sum())))
    return pd.DataFrame(rows, columns=["site", "storage", "mwh_both_ways_per_year", "hours_per_year"])


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
    if "dispatch_all_bought" in d:
        bought = float(d["dispatch_all_bought"])
        rows.append(("carbon_consequence", s.total("carbon_consequence"), bought, s.total("carbon_consequence") - bought))
    table = pd.DataFrame(rows, columns=["account", "t_per_year", "all_from_the_grid_t_per_year", "change_t_per_year"])
    small = DIFFERS_FROM * table["all_from_the_grid_t_per_year"].abs()
    change = table["change_t_per_year"]
    return table.assign(disagree=bool((change > small).any() and (change < -small).any()))
