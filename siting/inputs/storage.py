"""Storage: limits at each site, efficiencies and yearly costs of batteries and long-duration storage."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import xarray as xr

from ..physics import finance
from ..study.study import Study
from . import prices
from .money import Technologies

PLAIN = {  # parameter of the table -> variable
    "charge_efficiency": "charge_efficiency",
    "discharge_efficiency": "discharge_efficiency",
    "standing_loss": "standing_loss",
    "wear": "storage_wear",
    "land_ha_per_mwh": "storage_land",
}


def storage_prices(study: Study) -> dict[str, xr.DataArray]:
    """What storage bought in the study's year costs over its table, where the study asks for paths of cost."""
    if not study.storage or not study.finance.cost_paths:
        return {}
    of = {"storage": list(study.storage)}
    return {
        f"storage_{part}_price": xr.DataArray([prices.price(study, f"{u}_{part}") for u in study.storage], of)
        for part in ("power", "energy")
    }


def storage(study: Study, sites: gpd.GeoDataFrame, technologies: Technologies) -> dict[str, xr.DataArray]:
    """Limits by site, and rows of the storage table as yearly costs; nothing without storage."""
    if not study.storage:
        return {}
    names = list(study.storage)
    of, at = {"storage": names}, {"site": sites["site"].tolist(), "storage": names}

    def row(parameter: str) -> np.ndarray:
        return np.array([technologies.number("storage", u, parameter) for u in names])

    def at_each_site(values: list[float]) -> xr.DataArray:
        return xr.DataArray(np.tile(values, (len(sites), 1)), at)

    yearly = finance.annuity(study.finance.real_rate, row("life")) + row("fom")
    return {
        "max_storage_power": at_each_site([x.max_mw_per_site for x in study.storage.values()]),
        "max_storage_energy": at_each_site([x.max_mwh_per_site for x in study.storage.values()]),
        "storage_power_cost": xr.DataArray(row("power_capex") * yearly, of),
        "storage_energy_cost": xr.DataArray(row("energy_capex") * yearly, of),
        "storage_carbon": xr.DataArray(row("embodied_carbon") / row("life"), of),
        **{variable: xr.DataArray(row(parameter), of) for parameter, variable in PLAIN.items()},
    }
