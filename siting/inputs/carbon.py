"""Carbon: the grid's own clean share by hour, and its marginal factor.

The short-run marginal factor is the slope of emissions on generation from hour to hour, by decile of residual load (Hawkes
2010, doi:10.1016/j.enpol.2010.05.053): how what stands responds. On the German record of
2017-2020 it is 0.89 to 1.02 t/MWh: coal and gas, at life-cycle factors. A long-run factor is an assumption of the study.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import StudyError
from ..study.carbon import Carbon
from ..study.study import Study
from .hours import Hours

CLEAN = (
    "biomass", "geothermal", "hydro", "nuclear", "other_renewable", "run_of_river", "solar", "storage_hydro", "wind",
    "wind_offshore", "wind_onshore",
)  # fmt: skip
DECILES = 10


def carbon(study: Study, hours: Hours) -> dict[str, xr.DataArray]:
    """The marginal and the residual factor that the study types in; those of the hours stand already."""
    asked = study.carbon
    if asked is None:
        return {}
    out = _marginal(asked, hours) | {"carbon_price": xr.DataArray(asked.price_eur_2024_per_t)}
    if asked.residual_t_per_mwh is not None:
        out["carbon_residual"] = xr.full_like(hours.data["carbon_average"], asked.residual_t_per_mwh)
    return out


def _marginal(asked: Carbon, hours: Hours) -> dict[str, xr.DataArray]:
    there = "carbon_marginal" in hours.data
    if asked.marginal_t_per_mwh is None:
        if asked.counts == "consequence" and not there:
            raise StudyError(
                "carbon.counts 'consequence' needs a marginal factor: carbon.marginal_t_per_mwh, 'marginal: short-run' with "
                "representative days, or a column carbon_marginal_t_per_mwh in hours.table"
            )
        return {}
    if there:
        raise StudyError("the marginal factor stands in the hours and in carbon.marginal_t_per_mwh: give one of them")
    return {"carbon_marginal": xr.full_like(hours.data["carbon_average"], asked.marginal_t_per_mwh)}


def clean_share(generation_mw: xr.DataArray) -> xr.DataArray:
    """Carbon-free share of the mix by hour: nuclear, water, wind, sun, biomass, geothermal; pumped storage makes none.

    >>> mix = xr.DataArray([[30.0], [50.0], [20.0]], {"carrier": ["solar", "gas", "pumped_hydro"], "time": [0]})
    >>> clean_share(mix).values.tolist()
    [0.375]
    """
    made = generation_mw.clip(min=0).where(generation_mw["carrier"] != "pumped_hydro", 0.0)
    clean = made.where(made["carrier"].isin(CLEAN), 0.0)
    return clean.sum("carrier") / made.sum("carrier")


def short_run_marginal(system: xr.Dataset) -> xr.DataArray:
    """t/MWh by hour, from `generation_mw`, `residual_load_mw` and `carbon_average_t_per_mwh`; at least 0.

    Where every further MWh of residual load is met by a plant of 0.5 t/MWh, that is the factor:

    >>> load = 100.0 + 10 * np.sin(np.arange(400) * 0.7)
    >>> system = xr.Dataset({"generation_mw": (("carrier", "time"), load[None]), "residual_load_mw": ("time", load),
    ...     "carbon_average_t_per_mwh": ("time", (20 + 0.5 * load) / load)}, {"carrier": ["gas"], "time": np.arange(400)})
    >>> short_run_marginal(system).round(6).values[:2].tolist()
    [0.5, 0.5]
    """
    made = system["generation_mw"].sum("carrier").values
    residual = system["residual_load_mw"].values
    more, tonnes = np.diff(residual), np.diff(system["carbon_average_t_per_mwh"].values * made)
    edges = np.quantile(residual, np.linspace(0, 1, DECILES + 1)[1:-1])
    bin_of = np.digitize(residual, edges)
    frame = pd.DataFrame({"bin": bin_of[1:], "xy": more * tonnes, "xx": more * more}).groupby("bin").sum()
    slope = (frame["xy"] / frame["xx"]).clip(lower=0.0)
    return xr.DataArray(slope.reindex(bin_of).to_numpy(), {"time": system["time"]}, dims="time")
