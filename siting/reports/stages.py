"""The years: what stands in each stage, which sites open when, which chips, how much work.

Of a study of several stages every table and map of one year is that of the stage (`Solution.stage`); here is what they tell
together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..results.solution import Solution
from . import words

PEAK = "work asked for at its peak [MW of the reference]"
LEFT = "left by levers and edge [MW of the reference]"
CHIPS = "IT that stands [MW]"
METER = "connection [MW]"
ROOM = "joint headroom of all candidates [MW]"


def stage_table(solution: Solution) -> pd.DataFrame:
    """One row a stage: how long it stands, what stands, and what a year of it costs and emits."""
    share, rows = solution.data["discount"].to_series(), []
    open_before = 0
    for year in solution.stages:
        s = solution.stage(year)
        row: dict[str, object] = {
            "stage": str(year),
            "stands for [years]": int(solution.data["stands_for"].sel(stage=year)),
            "part of the mean year [%]": 100 * float(share[year]),
            "sites": len(s.chosen),
            "new sites": len(s.chosen) - open_before,
            "IT [MW]": float(s.chosen["it_mw"].sum()),
            "cost [M EUR_2024/year]": s.total("cost") / 1e6,
            "carbon, location-based [kt/year]": s.total("carbon_location") / 1e3,
            "water [1000 m³/year]": s.total("water") / 1e3,
        }
        if "connection_mw" in s.chosen:
            row["connection [MW]"] = float(s.chosen["connection_mw"].sum())
        rows.append(row)
        open_before = len(s.chosen)
    return pd.DataFrame(rows)


def short_stages(solution: Solution) -> pd.DataFrame:
    """What a terminal has room for."""
    full = stage_table(solution)
    names = {"IT [MW]": "IT MW", "connection [MW]": "grid MW", "cost [M EUR_2024/year]": "M EUR/a",
             "carbon, location-based [kt/year]": "kt/a"}  # fmt: skip
    out = full[["stage", "sites", "new sites", *(c for c in names if c in full)]].rename(columns=names)
    return out.astype({"sites": str, "new sites": str})


def site_table(solution: Solution) -> pd.DataFrame:
    """One row a site that ever opens: when, and its IT in each stage."""
    sites = solution.sites[solution.sites["opens"].notna()].sort_values(["opens", "site"])
    out = pd.DataFrame({"site": sites["site"].astype(str)})
    if "state" in sites:
        out["state"] = sites["state"].fillna("").astype(str)
    out["opens"] = sites["opens"].astype(int).astype(str)
    if "closes" in sites:
        out["closes"] = [f"{x:.0f}" if np.isfinite(x) else "" for x in sites["closes"]]
    for year in solution.stages:
        out[f"IT in {year} [MW]"] = sites[f"it_{year}_mw"].astype(float)
    return out.reset_index(drop=True)


def chip_table(solution: Solution) -> pd.DataFrame:
    """Generations of chips by stage: bought, plugged in, retired before the end of their life, and their part of the work."""
    rows = []
    for year in solution.stages or [0]:
        d = solution.stage(year).data if year else solution.data
        done = (d["chip_performance"] * d["chips_running"] * d["weight"]).sum(["site", "block", "hour"])
        for chip in d["chip"].values:
            bought, alive, standing = (float(d[f"chips_{n}"].sel(chip=chip).sum()) for n in ("bought", "alive", "standing"))
            if alive < 1e-6:
                continue
            part = float(done.sel(chip=chip) / done.sum()) if float(done.sum()) > 0 else np.nan
            rows.append((str(year), words.plain(str(chip)), bought, standing, max(alive - standing, 0.0), 100 * part))
    columns = ["stage", "generation", "bought [MW]", "plugged in [MW]", "retired, still paid for [MW]", "of the work [%]"]
    table = pd.DataFrame(rows, columns=columns)
    return table if solution.stages else table.drop(columns="stage")


def work_table(solution: Solution) -> pd.DataFrame:
    """Work and what does it by stage: what is asked for, what levers leave of it, what stands for it, what the grid has.

    Work is the IT that it asks for, whatever the sites, in MW of plain servers or of the reference generation of chips.
    """
    room = solution.notes.get("stacking")
    rows = []
    for year in solution.stages:
        d = solution.stage(year).data
        work, left = float(d["work_it"]), float(d["work_it_left"])
        row: dict[str, object] = {"stage": str(year), PEAK: work, LEFT: left, CHIPS: _it(d)}
        if "grid_connection" in d:
            row[METER] = float(d["grid_connection"].sum())
        if room is not None:
            row[ROOM] = float(room["jointly_mw"].iloc[0])
        rows.append(row)
    return pd.DataFrame(rows)


def _it(d: xr.Dataset) -> float:
    return float((d["existing_it"] + d["sites_new_it"]).sum())


def finding(solution: Solution) -> str:
    """The years in one sentence."""
    parts = []
    for year in solution.stages:
        chosen = solution.stage(year).chosen
        plural = "s" if len(chosen) != 1 else ""
        parts.append(f"{words.megawatts(float(chosen['it_mw'].sum()))} at {len(chosen)} site{plural} in {year}")
    return "IT " + ", ".join(parts[:-1]) + f" and {parts[-1]}"
