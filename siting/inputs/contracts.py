"""Contracts: the hourly shape and the price of each named PPA, and whether it counts as additional."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import xarray as xr

from ..errors import StudyError
from ..study.contracts import Contract
from ..study.study import Study
from .generation import capacity_factor, model_of
from .hours import Hours
from .money import Technologies
from .profiles import read_profile
from .weather import Weather


def contracts(study: Study, sites: gpd.GeoDataFrame, hours: Hours, technologies: Technologies) -> dict[str, xr.DataArray]:
    """Shape, offer, price and standing of each named PPA."""
    if not study.contracts:
        return {}
    _zones_exist(study, sites)
    values = np.stack([_shape(study, name, c, hours, technologies) for name, c in study.contracts.items()])
    of, all_of = {"contract": list(study.contracts)}, study.contracts.values()
    rule = study.additionality
    new = [rule is None or (c.commissioned is not None and c.commissioned >= rule.commissioned_from) for c in all_of]
    return {
        "contract_profile": xr.DataArray(
            values, of | {"block": np.arange(values.shape[1]), "hour": np.arange(values.shape[2])}
        ),
        "contract_offered": xr.DataArray([c.offered_mw for c in all_of], of),
        "contract_minimum": xr.DataArray([c.minimum_mw for c in all_of], of),
        "contract_strike": xr.DataArray([c.strike_eur_2024_per_mwh for c in all_of], of),
        "contract_new": xr.DataArray(np.array(new, float), of),
    }


def _shape(study: Study, name: str, c: Contract, hours: Hours, technologies: Technologies) -> np.ndarray:
    """(block, hour): from the contract's own table, else its technology in the weather at its place."""
    if c.profile is not None:
        return read_profile(study.path(c.profile), hours)
    if model_of(c.technology, technologies) == "firm":
        return np.full(hours.shape, technologies.number("generation", c.technology, "availability"))
    place = gpd.GeoDataFrame({"site": [name]}, geometry=gpd.points_from_xy([c.lon], [c.lat]), crs="EPSG:4326")
    here = Weather.of(study, place, hours).hours
    if here is None:
        raise StudyError(
            f"contracts.{name} needs weather (hours.observed and the other keys of representative days), or a 'profile'"
        )
    cf = capacity_factor(c.technology, here, here["time"].values, here["lon"].values, here["lat"].values, technologies)
    return np.asarray(cf[0])


def _zones_exist(study: Study, sites: gpd.GeoDataFrame) -> None:
    wanted = {str(c.zone) for c in study.contracts.values() if c.zone is not None}
    if not wanted:
        return
    if "zone" not in sites or sites["zone"].isna().any():
        raise StudyError("contracts name a delivery zone, but not every site has one: give sites.zone, or a column 'zone'")
    nowhere = sorted(wanted - set(sites["zone"].astype(str)))
    if nowhere:
        there = ", ".join(sorted(set(sites["zone"].astype(str))))
        raise StudyError(f"no site is in the contracts' zone {', '.join(map(repr, nowhere))}; the sites are in: {there}")
