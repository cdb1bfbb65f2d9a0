"""What heat reuse comes to: each pipe, what goes through it, and in how many hours supply and demand match."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

COLUMNS = [
    "site", "place", "pipe_km", "pipe_mw", "return_c", "heat_pump_cop", "delivered_mwh_per_year", "recovered_mwh_per_year",
    "hours_of_match_per_year", "hours_of_demand_per_year", "share_of_demand", "revenue_eur_2024_per_year",
]  # fmt: skip


def heat_table(d: xr.Dataset) -> pd.DataFrame:
    """One row a pipe that is built, largest first.

    An hour matches where heat flows and the place wants some; `return_c` and the COP are means over the heat delivered (no
    COP where all of it is warm enough as it is).
    """
    pipes = d["heat_pipe"].to_series().dropna().reset_index()
    rows = [_row(d, *pipe) for pipe in pipes.itertuples(index=False, name=None) if pipe[2] > 1e-6]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values("pipe_mw", ascending=False, ignore_index=True)


def _row(d: xr.Dataset, site: str, place: str, pipe_mw: float) -> tuple:
    here, weight = d.sel(site=site, place=place), d["weight"]
    flow = here["heat_heat"].fillna(0.0)
    by_kind = (flow * weight).sum(["block", "hour"])
    whole, lift = float(by_kind.sum()), float((here["lift_electricity"] * by_kind).sum())
    wanted, carries = here["heat_demand"], flow.sum("cooling") > 1e-6 * max(pipe_mw, 1.0)
    return (
        site,
        place,
        float(here["pipe_km"]),
        pipe_mw,
        float((here["return_c"] * by_kind).sum() / whole) if whole else np.nan,
        whole / lift if lift > 0 else np.nan,
        whole,
        whole - lift,
        float((carries * weight).sum()),
        float(((wanted > 0) * weight).sum()),
        whole / float((wanted * weight).sum()),
        whole * float(here["heat_price"]),
    )
