"""Levers and the edge: no share above what there is, no more saved than the levers save together, and their cost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from ...inputs.inputs import Inputs
from ...physics.levers import together
from ..solution import Solution
from .compare import above


def saved(d: xr.Dataset) -> xr.DataArray:
    """Share of each work that the levers save (workload,)."""
    if "levers_share" not in d:
        return xr.zeros_like(d["training_energy"])
    return (d["lever_saving"] * d["levers_share"]).sum("lever")


def relief(d: xr.Dataset) -> xr.DataArray:
    """Share of each work that no site does (workload,)."""
    return saved(d) + d.get("edge_share", 0.0)


def edge_power(d: xr.Dataset) -> xr.DataArray:
    """IT power at the edge, MW by block and hour."""
    return (d["edge_energy_ratio"] * d["demand"].sum("region") * d["edge_share"]).sum("workload")


def accounts(d: xr.Dataset, year: Callable[[xr.DataArray], xr.DataArray], apart: dict[str, dict[str, float]]) -> None:
    """Adds to `apart` what levers and the edge cost, and the energy and carbon of the edge."""

    def post(account: str, place: str, amount: float) -> None:
        there = apart.setdefault(account, {})
        there[place] = there.get(place, 0.0) + amount

    if "levers_share" in d:
        energy = ((d["demand"].sum("region") * d["weight"]).sum(["block", "hour"]) + d["training_energy"]) * d["levers_share"]
        post("cost", "everywhere", float((d["lever_cost"] * energy).sum()))
    if "edge_share" in d:
        power = edge_power(d)
        post("cost", "edge", float(year(d["edge_cost"] * power)))
        post("edge_energy", "edge", float(year(d["edge_pue"] * power)))
        for account, factor in (("carbon_location", "carbon_average"), ("carbon_market", "carbon_residual")):
            if factor in d and "grid_imported" in d:
                post(account, "edge", float(year(d[factor] * d["edge_pue"] * power)))


def levers(s: Solution, inputs: Inputs) -> list[str]:
    d, out = s.data, []
    if "edge_share" in d:
        out += above(d["edge_share"] - d["edge_most"], "more work is at the edge than the study allows")
        out += above(d["edge_least"] - d["edge_share"], "less work is at the edge than the study asks for")
    if "levers_share" not in d:
        return out
    share = d["levers_share"]
    out += above(share - d["lever_share"], "a lever treats more than it can")
    out += above(saved(d) - d["lever_cap"], "levers save more than their cap")
    for w in d["workload"].values:
        x, on = share.sel(workload=w).values, d["lever_acts_on"].values
        alone = d["lever_saving_alone"].values
        most = max(float(x[on == g].sum()) for g in np.unique(on))
        out += above(xr.DataArray(most - 1), f"levers on the same thing treat more than all of '{w}'")
        more = float(saved(d).sel(workload=w)) - together(alone, x, on)
        out += above(xr.DataArray(more), f"levers count more of '{w}' than they save together")
    return out
