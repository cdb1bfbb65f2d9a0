"""Chips: no work beyond what runs, nothing runs that does not stand, halls that cool them; what was bought stands its life."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import xarray as xr

from ...inputs.inputs import Inputs
from ..solution import Solution
from .compare import above


def power(d: xr.Dataset, column: str = "chips_running") -> xr.DataArray:
    """IT power by site and hour, MW: idle chips draw their share."""
    return (d["chip_idle"] * d["chips_standing"] + (1 - d["chip_idle"]) * d[column]).sum("chip")


def accounts(d: xr.Dataset, out: dict[str, xr.DataArray]) -> None:
    """Adds what chips within their life cost, and their embodied carbon."""
    if "chips_alive" not in d:
        return
    new = d["chips_alive"] - d["chip_existing"]
    out["cost"] = out["cost"] + (d["chip_cost"] * new).sum("chip")
    out["carbon_embodied"] = out["carbon_embodied"] + (d["chip_carbon"] * new).sum("chip")


def chips(s: Solution, inputs: Inputs) -> list[str]:
    """One year: work, power, halls."""
    d = s.data
    if "chips_running" not in d:
        return []
    standing, size = d["chips_standing"], float(d["chips_standing"].max())
    work = d["workloads_serve"].fillna(0).sum(["workload", "region"]) if "workloads_serve" in d else 0.0
    firm_works = [w for w, x in inputs.study.work.items() if x.kind != "inference" and x.firm]
    firm = work
    if "workloads_train" in d:
        train = d["workloads_train"].fillna(0)
        work, firm = work + train.sum("workload"), firm + train.sel(workload=firm_works).sum("workload")
    firmly = "chips_firmly" if "chips_firmly" in d else "chips_running"
    out = above(d["chips_running"] - standing, "more chips run than stand", size)
    out += above(
        abs((d["chip_performance"] * d["chips_running"]).sum("chip") - work), "chips do other work than is asked", size
    )
    out += above(firm - (d["chip_performance"] * d[firmly]).sum("chip"), "firm work is not done firmly", size)
    out += above(power(d, firmly) - d["chips_firm"], "the design hour does not carry the firm work of chips", size)
    out += above(standing - d["chips_alive"], "more chips stand than are within their life", size)
    out += above(standing.sum("chip") - d["existing_it"] - d["sites_new_it"], "chips stand without a hall", size)
    at_design = d["chip_idle"] * standing
    if "chips_ready" in d:
        ready = d["chips_ready"]
        at_design = at_design + (1 - d["chip_idle"]) * ready
        out += above(ready - standing, "more chips are ready for the loss of a site than stand", size)
        out += above(at_design.sum("chip") - d["chips_firm"], "the design hour does not carry the chips that are ready", size)
    names = d["chip"].values
    for count in range(1, len(names) + 1):
        for some in combinations(names, count):
            of, told = {"chip": list(some)}, ", ".join(some)
            fits = d["chip_fits"].sel(of).max("chip")
            most = standing.sel(of).sum("chip") - (d["cooling_installed"] * fits).sum("cooling")
            out += above(most, f"halls hold chips that they cannot cool ({told})", size)
            most = at_design.sel(of).sum("chip") - (d["cooling_firm_in"] * fits).sum("cooling")
            out += above(most, f"the design hour does not carry chips in halls that cool them ({told})", size)
    if d["bought_in"].size == 1:
        out += above(abs(d["chips_alive"] - d["chip_existing"] - d["chips_bought"]), "chips stand that nobody bought", size)
    return out


def over_stages(s: Solution) -> list[str]:
    """What is within its life in each stage, from what was bought in all of them."""
    d = s.data
    if "chips_alive" not in d:
        return []
    bought = d["chips_bought"].fillna(0.0).rename(stage="bought_in")
    alive = d["chip_existing"] + (d["chip_stands"] * bought).sum("bought_in")
    gap = abs(alive - d["chips_alive"])
    late = d["chips_bought"] * (1 - d["chip_on_sale"])
    size = float(np.nanmax(d["chips_alive"].values))
    return above(gap, "chips stand that nobody bought", size) + above(late, "chips are bought before they are on sale", size)
