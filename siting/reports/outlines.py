"""Outlines for maps: polygons from one file, or from every GeoPackage and GeoJSON of a folder."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from ..errors import DataError

POLYGONS = ("Polygon", "MultiPolygon")
PLAIN_CRS = "EPSG:4326"
BESIDE_DEGREES = 0.06


def read_outlines(path: Path | str | None, margin_of: gpd.GeoDataFrame | None = None) -> list[gpd.GeoDataFrame]:
    """Layers of polygons, coarse first (countries before states), cut to the surroundings of `margin_of` when given.

    `path`: a file of polygons, a folder of them (`*.gpkg`, `*.geojson`), or None for none. Raises DataError when there is
    no such path, or it holds no polygons.
    """
    if path is None:
        return []
    path = Path(path)
    if not path.exists():
        raise DataError("there are no outlines", path)
    files = sorted([*path.glob("*.gpkg"), *path.glob("*.geojson")]) if path.is_dir() else [path]
    layers = []
    for file in files:
        layer = gpd.read_file(file, engine="pyogrio").to_crs(PLAIN_CRS)
        layer = layer[layer.geometry.geom_type.isin(POLYGONS)]
        if len(layer):
            layers.append(layer)
    if not layers:
        raise DataError("holds no polygons to draw as outlines", path)
    layers.sort(key=lambda one: float(np.mean(shapely.area(one.geometry.values))), reverse=True)
    if margin_of is None or margin_of.empty:
        return layers
    west, south, east, north = frame(margin_of)
    return [cut for cut in (one.clip((west - 4, south - 3, east + 4, north + 3)) for one in layers) if len(cut)]


def inner_borders(fine: gpd.GeoDataFrame, coarse: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Borders of `fine` that do not run along a border of `coarse`: two sources never draw one coast twice."""
    inside = shapely.union_all(shapely.buffer(coarse.geometry.to_numpy(), -BESIDE_DEGREES))
    lines = shapely.intersection(shapely.union_all(shapely.boundary(fine.geometry.to_numpy())), inside)
    return gpd.GeoSeries([lines], crs=fine.crs).explode(ignore_index=True)


def frame(sites: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """West, south, east, north of all candidates with a margin [degrees]."""
    west, south, east, north = sites.to_crs(PLAIN_CRS).total_bounds
    margin = max(0.06 * max(east - west, north - south), 0.15)
    return float(west - margin), float(south - margin), float(east + margin), float(north + margin)
