"""Facility location as a study: sites, demands and serving costs are plain tables, one block of one hour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

HOURS = 8760.0


def write_study(folder: Path, capacity: np.ndarray, fixed: np.ndarray, demand: np.ndarray, cost: np.ndarray) -> Path:
    """`cost[site, region]` of serving ALL of a region's demand; capacity and demand in the same unit (called MW)."""
    sites = [f"s{i}" for i in range(len(capacity))]
    regions = [f"r{j}" for j in range(len(demand))]
    pd.DataFrame({"site": sites, "max_it_mw": capacity, "fixed_cost_eur_2024_per_year": fixed}).to_csv(
        folder / "sites.csv", index=False
    )
    pd.DataFrame({"region": regions, "it_mw": demand}).to_csv(folder / "regions.csv", index=False)
    per_mwh = cost / np.where(demand > 0, demand, 1.0) / HOURS
    pd.DataFrame(
        [(s, r, per_mwh[i, j]) for i, s in enumerate(sites) for j, r in enumerate(regions)],
        columns=["site", "region", "eur_2024_per_mwh"],
    ).to_csv(folder / "serving.csv", index=False, float_format="%.17g")
    pd.DataFrame({"block": [0], "hour": [0], "weight": [HOURS]}).to_csv(folder / "hours.csv", index=False)
    path = folder / "study.yaml"
    path.write_text(
        "name: facility location\n"
        "sites: {table: sites.csv}\n"
        "hours: {table: hours.csv}\n"
        "work:\n"
        "  demand: {kind: inference, table: regions.csv, serving_costs: serving.csv}\n"
        "solver: {gap: 0, time_limit_s: 100, strong_rows: true}\n"
    )
    return path
