"""Sovereignty: which sites lie in the areas that a work, or one region of its users, must not leave."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from ..errors import StudyError, nearest
from ..study.workloads import Inference, Training


def of_work(name: str, w: Inference | Training, sites: gpd.GeoDataFrame) -> np.ndarray:
    """(site,): the site may do the work. StudyError where the sites have no such column, or none lies in the areas."""
    return _in_areas(f"work.{name}", w.stays_by, w.stays_in, sites)


def inside(name: str, w: Inference, regions: pd.DataFrame, sites: gpd.GeoDataFrame) -> np.ndarray:
    """(site, region): the site may do the region's work: it lies in the areas of the work and of the region."""
    all_regions = np.repeat(of_work(name, w, sites)[:, None], len(regions), axis=1)
    if "stays_in" not in regions:
        return all_regions
    own = [
        _in_areas(f"work.{name}, region '{r}'", w.stays_by, () if pd.isna(a) else tuple(str(a).split("|")), sites)
        for r, a in zip(regions["region"], regions["stays_in"], strict=True)
    ]
    return np.asarray(all_regions & np.array(own).T)


def _in_areas(where: str, column: str, areas: tuple[str, ...], sites: gpd.GeoDataFrame) -> np.ndarray:
    if not areas:
        return np.ones(len(sites), bool)
    if column not in sites.columns:
        raise StudyError(f"{where}: stays_by '{column}' is no column of the sites; {nearest(column, map(str, sites.columns))}")
    values = sites[column].astype(str)
    found = values.isin(areas).to_numpy(bool)
    if not found.any():
        told = "; ".join(f"no kept site has {column} '{a}'; {nearest(a, sorted(set(values)))}" for a in areas)
        raise StudyError(f"{where}: its work may stay nowhere: {told}")
    return found
