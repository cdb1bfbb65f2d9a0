"""Carbon-free energy hour by hour, from what was decided: own plant, contracts matched in their hour, the grid's own share.

    cfe[s,t] = own clean plant used + matched + (import − matched) · grid_clean_share[t]
    unmet    = net demand − cfe,    net demand = facility power + charge − discharge            [MW]

Over a year Σ cfe / Σ net demand is the score; an hour with more clean plant than demand adds nothing beyond its demand.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from .audit.balances import facility_power


def cfe_hours(d: xr.Dataset) -> xr.Dataset:
    """MW by (site, block, hour): net_demand, own, matched, grid, unmet. Without a grid's share, its own part is zero."""
    demand = facility_power(d)
    if "storage_charge" in d:
        demand = demand + (d["storage_charge"] - d["storage_discharge"]).sum("storage")
    zero = xr.zeros_like(d["grid_imported"])
    own = (d["generation_used"] * d["plant_clean"]).sum("generator") if "generation_used" in d else zero
    matched = d.get("contracts_matched", zero)
    grid = (d["grid_imported"] - matched) * d["grid_clean_share"] if "grid_clean_share" in d else zero
    parts = {"net_demand": demand, "own": own, "matched": matched, "grid": grid, "unmet": demand - own - matched - grid}
    out = xr.Dataset({name: a.transpose("site", "block", "hour") for name, a in parts.items()})
    return out.map(lambda a: a.assign_attrs(units="MW"))


def score(hours: xr.Dataset, weight: xr.DataArray) -> float:
    """CFE of all sites over a year [MWh/MWh]; NaN without demand."""
    demand = float((hours["net_demand"] * weight).sum())
    return 1 - float((hours["unmet"] * weight).sum()) / demand if demand > 0 else float("nan")


def unmet_duration(hours: xr.Dataset, weight: xr.DataArray) -> pd.DataFrame:
    """Hours a year, worst first: `hours_per_year` (summed), `unmet_mw` and `unmet_share` of all sites together."""
    of = hours[["net_demand", "unmet"]].sum("site")
    mw, demand = of["unmet"].values.ravel(), of["net_demand"].values.ravel()
    often = np.repeat(weight.values, hours.sizes["hour"])
    order = np.argsort(-mw, kind="stable")
    share = np.divide(mw, demand, out=np.zeros_like(mw), where=demand > 0)
    return pd.DataFrame({"hours_per_year": often[order].cumsum(), "unmet_mw": mw[order], "unmet_share": share[order]})
