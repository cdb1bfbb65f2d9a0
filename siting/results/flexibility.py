"""What the flexibility of training is worth: the same study with it, and with all training at a constant power."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..study.accounts import ACCOUNTS, YEARLY
from .solution import Solution

COMPARED = ("cost", "carbon_location", "carbon_market", "carbon_embodied", "water", "connection", "it_capacity")


def worth(flexible: Solution, steady: Solution | str) -> pd.DataFrame:
    """quantity, unit, with, without, worth (saved by moving), gaps_together: a smaller difference of cost is not proven.

    `steady` is the plan at a constant power, or why there is none (then `without` is NaN and the column `told` says it).
    `gaps_together` is NaN but for what is minimised.
    """
    rows = []
    for name in COMPARED:
        if name not in set(flexible.accounts["account"]):
            continue
        here, there, gaps = flexible.total(name), np.nan, np.nan
        unit = ACCOUNTS[name].unit + ("/year" if name in YEARLY else "")
        if isinstance(steady, Solution):
            there = steady.total(name)
            if np.isclose(here, float(flexible.outcome["objective"]), rtol=1e-6):
                gaps = float(flexible.outcome["gap"]) + float(steady.outcome["gap"])
        rows.append((name, unit, here, there, there - here, gaps))
    table = pd.DataFrame(rows, columns=["quantity", "unit", "with", "without", "worth", "gaps_together"])
    return table.assign(told=steady) if isinstance(steady, str) else table


def pauses(d: xr.Dataset) -> pd.DataFrame:
    """What each training that pauses did over a year, evaluated from its hourly power: one row a workload.

    `starts_a_year` is MW started over MW held; `paused_share` what the clusters could do in a year and did not.
    """
    rows = []
    pausing = d["workloads_cluster"].dropna("workload", how="all")["workload"].values if "workloads_cluster" in d else ()
    for w in pausing:
        power, up, held = (d[f"workloads_{v}"].sel(workload=w) for v in ("train", "up", "cluster"))
        before = up.shift(hour=1).fillna(d["workloads_standing"].sel(workload=w))
        last = d["workloads_standing"].sel(workload=w) - up.isel(hour=-1)
        started = (up - before).clip(min=0).sum("hour") + last.clip(min=0)
        mwh = float((power.sum(["site", "hour"]) * d["weight"]).sum())
        held_mw = float(held.sum())
        starts = float((started.sum("site") * d["weight"]).sum()) / max(held_mw, 1e-9)
        step = float(abs(power.diff("hour")).max()) if power.sizes["hour"] > 1 else 0.0
        rows.append((str(w), held_mw, mwh, 1 - mwh / max(8760 * held_mw, 1e-9), starts, step))
    columns = ["workload", "clusters_mw", "drawn_mwh_per_year", "paused_share", "starts_a_year", "largest_step_mw_per_hour"]
    return pd.DataFrame(rows, columns=columns)
