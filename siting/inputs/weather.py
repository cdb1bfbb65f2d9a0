"""Weather by site: the hours of operation, and lazily the climate (observed months, typical year)."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from ..sources.weather import at_sites, open_grid
from ..study.study import Study
from .hours import Hours

AIR = ("dry_bulb_c", "dew_point_c", "pressure_pa")


@dataclass(frozen=True)
class Weather:
    """Weather by site: the hours of operation (site, block, hour), and lazily the climate. None without weather grids."""

    study: Study
    hours: xr.Dataset | None
    observed: xr.Dataset | None
    notes: dict[str, pd.DataFrame] = field(default_factory=dict)

    @classmethod
    def of(cls, study: Study, sites: gpd.GeoDataFrame, hours: Hours) -> Weather:
        if study.hours.observed is None or hours.time is None:
            return cls(study, None, None)
        path = study.path(study.hours.observed)
        lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
        observed = at_sites(open_grid(path), lon, lat, sites["site"].tolist(), path)
        return cls(study, observed.sel(time=xr.DataArray(hours.time, dims=("block", "hour"))), observed)

    def only(self, sites: list[str]) -> Weather:
        """The weather of these sites."""
        if self.hours is None or self.observed is None:
            return self
        return Weather(self.study, self.of_cells(self.hours, sites), self.of_cells(self.observed, sites), self.notes)

    @staticmethod
    def of_cells(cells: xr.Dataset, sites: list[str]) -> xr.Dataset:
        """Keep the cells of these sites only."""
        which = cells["cell_of_site"].sel(site=sites).values
        kept, again = np.unique(which, return_inverse=True)
        out = cells.drop_vars(["cell_of_site", "site"]).isel(cell=kept)
        return out.assign_coords(cell_of_site=("site", again), site=("site", sites))

    def typical(self, sites: gpd.GeoDataFrame) -> xr.Dataset:
        """The typical year by cell, (cell, time)."""
        assert self.study.hours.typical_year
        path = self.study.path(self.study.hours.typical_year)
        lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
        return at_sites(open_grid(path), lon, lat, sites["site"].tolist(), path, AIR)


def by_site(values: np.ndarray, weather: xr.Dataset) -> np.ndarray:
    return np.asarray(values)[weather["cell_of_site"].values]
