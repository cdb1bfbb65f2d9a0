"""Heat reuse: no more heat than the halls give off and the place wants; its electricity, its money, its account."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from ...inputs.inputs import Inputs
from ..solution import Solution
from .compare import above, paid_for


def delivered(d: xr.Dataset) -> xr.DataArray:
    """MW by site, cooling, place, block and hour; 0 where there is no route."""
    return d["heat_heat"].reindex(site=d["site"], cooling=d["cooling"], place=d["place"]).fillna(0.0)


def pump_power(d: xr.Dataset) -> xr.DataArray | float:
    """MW by site and hour."""
    return (d["lift_electricity"] * delivered(d)).sum(["cooling", "place"]) if "heat_heat" in d else 0.0


def accounts(d: xr.Dataset, year: Callable[[xr.DataArray], xr.DataArray], out: dict[str, xr.DataArray]) -> None:
    """Adds heat reused, and what pipes, pumps and heat cost and earn."""
    if "heat_heat" not in d:
        return
    heat, lift = delivered(d), d["lift_electricity"]
    out["heat_reused"] = year((1 - lift) * heat)
    out["net_demand"] = out["net_demand"] + year(lift * heat)
    plant = (d["pipe_cost"] * paid_for(d, "heat_pipe").fillna(0)).sum("place") + d["pump_cost"] * paid_for(d, "heat_pump")
    out["cost"] = out["cost"] + plant - year((d["heat_price"] - d["pump_running"] * (lift > 0)) * heat)


def heat(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    if "heat_heat" not in d:
        return []
    heat, lift = delivered(d), d["lift_electricity"]
    taken = ((1 - lift) * heat).sum("place") - d["recoverable_per_it"] * d["cooling_carried"]
    piped = heat.sum("cooling")
    size = float(d["heat_demand"].max())
    return [
        *above(taken, "more heat is reused than the halls give off", size),
        *above(piped - d["heat_pipe"].fillna(0.0), "a pipe carries more than it can", size),
        *above(piped * (1 - d["pipe_reaches"]), "heat goes to a place that no pipe can reach", size),
        *above((heat * (lift > 0)).sum(["cooling", "place"]) - d["heat_pump"], "a heat pump delivers more than it can", size),
        *above(piped.sum("site") - d["heat_demand"], "a place gets more heat than it wants", size),
    ]
