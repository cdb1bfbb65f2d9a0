"""Weather by site: the hours of operation, and lazily the climate (observed months, typical year)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from ..errors import InputsError
from ..physics import air
from ..sources.weather import UNITS, at_sites, between_cells, open_weather
from ..study.study import Study
from . import source_water
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
        observed = of_sites(study, sites, path)
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
        return of_sites(self.study, sites, self.study.path(self.study.hours.typical_year), AIR)


def of_sites(study: Study, sites: gpd.GeoDataFrame, path: Path, variables: Sequence[str] = tuple(UNITS)) -> xr.Dataset:
    """The weather of a file at the sites, (cell, time), by the study's `hours.to_site`: the enclosing cell as it is, or
    interpolation between cells with the air brought to the altitude of the site."""
    weather = open_weather(path, variables)
    lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    names = sites["site"].tolist()
    if study.hours.to_site == "cell":
        cells = source_water.beside(at_sites(weather, lon, lat, names, path, variables), weather, lon, lat)
        return source_water.typed_in(study, cells, names)
    unknown = names if "elevation_m" not in sites else sites.loc[sites["elevation_m"].isna(), "site"].tolist()
    if unknown:
        raise InputsError(
            f"hours.to_site: interpolated needs elevation_m for every candidate; {len(unknown)} have none, the first is "
            f"'{unknown[0]}'. Give the column, or set hours.to_site: cell"
        )
    cells = between_cells(weather, lon, lat, names, path, variables)
    rise = sites["elevation_m"].to_numpy(float) - cells["elevation_m"].values
    dry, dew, pressure = (cells[v].values for v in AIR)
    moved = air.at_altitude(dry, dew, pressure, rise[:, None])
    higher = cells.assign({v: cells[v].copy(data=a) for v, a in zip(AIR, moved, strict=True)})
    return source_water.typed_in(study, source_water.beside(higher, weather, lon, lat), names)


def by_site(values: np.ndarray, weather: xr.Dataset) -> np.ndarray:
    return np.asarray(values)[weather["cell_of_site"].values]
