"""Contracts: the hourly shape and the price of each named PPA."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import xarray as xr

from ..study.study import Study
from .generation import capacity_factor
from .hours import Hours
from .money import Technologies
from .weather import Weather


def contracts(study: Study, hours: Hours, technologies: Technologies) -> dict[str, xr.DataArray]:
    """Hourly shape of each named PPA, from the weather at its place."""
    if not study.contracts:
        return {}
    names = list(study.contracts)
    frame = gpd.GeoDataFrame(
        {"site": names},
        geometry=gpd.points_from_xy([c.lon for c in study.contracts.values()], [c.lat for c in study.contracts.values()]),
        crs="EPSG:4326",
    )
    cells = Weather.of(study, frame, hours).hours
    assert cells is not None
    profiles = []
    for name, c in study.contracts.items():
        here = Weather.of_cells(cells, [name])
        cf = capacity_factor(c.technology, here, here["time"].values, here["lon"].values, here["lat"].values, technologies)
        profiles.append(cf[0])
    values = np.stack(profiles)
    of = {"contract": names}
    return {
        "contract_profile": xr.DataArray(
            values, of | {"block": np.arange(values.shape[1]), "hour": np.arange(values.shape[2])}
        ),
        "contract_offered": xr.DataArray([c.offered_mw for c in study.contracts.values()], of),
        "contract_strike": xr.DataArray([c.strike_eur_2024_per_mwh for c in study.contracts.values()], of),
    }
