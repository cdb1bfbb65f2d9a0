"""From a grid or from stations to sites: the enclosing cell (or nearest station), or interpolation between cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from ...errors import DataError
from .variables import UNITS

WATER_WITHIN_CELLS = 2.0  # a place has the sea or a lake beside it where the grid has a cell of it this near
WATER = ("sea_temperature_c", "lake_temperature_c")
STATION_REACH_DEGREES = 1.0  # a station stands for what is nearer than this


def at_sites(
    weather: xr.Dataset,
    lon: np.ndarray,
    lat: np.ndarray,
    names: Sequence[str],
    path: Path,
    variables: Sequence[str] = tuple(UNITS),
    within_cells: float = 1.5,
) -> xr.Dataset:
    """The cell that encloses each site, or the nearest with land `within_cells` cells away; dims (cell, time), `cell_of_site`.

    Of stations it is the nearest within a degree. Raises DataError naming every site that the weather does not cover.
    """
    if "station" in weather.dims:
        return _of_stations(weather, lon, lat, names, path, variables)
    land, cell_lon, cell_lat = _land(weather, variables)
    size = abs(float(np.diff(weather["lat"].values).mean())) if weather.sizes["lat"] > 1 else 0.25
    best = _nearest(lon, lat, cell_lon, cell_lat, within_cells * size, names, path, "cell")
    cells, which = np.unique(best, return_inverse=True)
    index = {"lat": xr.DataArray(land[cells, 0], dims="cell"), "lon": xr.DataArray(land[cells, 1], dims="cell")}
    picked = xr.Dataset({v: _picked(weather[v], index) for v in variables})
    if "elevation_m" in weather:
        picked = picked.assign_coords(elevation_m=("cell", weather["elevation_m"].isel(index).values))
    return _with_values(picked, which, names, path)


def between_cells(
    weather: xr.Dataset,
    lon: np.ndarray,
    lat: np.ndarray,
    names: Sequence[str],
    path: Path,
    variables: Sequence[str] = tuple(UNITS),
) -> xr.Dataset:
    """Each site by bilinear weights of the four cells around it, the cells without land left out; as `at_sites`, one
    cell a site, with the elevation that the weights give (`elevation_m`, which the weather must have)."""
    if "station" in weather.dims or "elevation_m" not in weather:
        raise DataError(
            "interpolation with altitude correction needs a grid with elevation_m (ERA5: geopotential, atlite: height); "
            "or set hours.to_site: cell",
            path,
        )
    land, cell_lon, cell_lat = _land(weather, variables)
    size = abs(float(np.diff(weather["lat"].values).mean()))
    _nearest(lon, lat, cell_lon, cell_lat, 1.5 * size, names, path, "cell")
    rows, columns, weight = _weights(weather, lon, lat, land)
    near = {"lat": xr.DataArray(rows, dims=("cell", "corner")), "lon": xr.DataArray(columns, dims=("cell", "corner"))}
    of = xr.DataArray(weight, dims=("cell", "corner"))
    out = {v: (_picked(weather[v], near).fillna(0.0) * of).sum("corner").astype(weather[v].dtype) for v in variables}
    elevation = (weather["elevation_m"].isel(near).fillna(0.0) * of).sum("corner")
    for v, a in out.items():
        a.attrs = weather[v].attrs
    return _with_values(xr.Dataset(out).assign_coords(elevation_m=("cell", elevation.values)), np.arange(len(lon)), names, path)


def water_of(weather: xr.Dataset) -> xr.DataArray | None:
    """Temperature of the sea, and of the lake where there is no sea; None where the weather knows of neither."""
    there = [weather[name] for name in WATER if name in weather]
    return there[0].combine_first(there[1]) if len(there) == 2 else there[0] if there else None


def water_beside(water: xr.DataArray, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Temperature of the nearest cell of water at each place, (place, time); NaN where none is WATER_WITHIN_CELLS away.

    Of stations it is that of the nearest station, where it has one."""
    if "station" in water.dims:
        near = _away(lon, lat, water["lon"].values, water["lat"].values).argmin(axis=1)
        return np.asarray(water.transpose("station", "time").values[near])
    wet, cell_lon, cell_lat = _land(water.to_dataset(name="water"), ["water"])
    out = np.full((len(lon), water.sizes["time"]), np.nan)
    if len(wet):
        size = abs(float(np.diff(water["lat"].values).mean())) if water.sizes["lat"] > 1 else 0.25
        away = _away(lon, lat, cell_lon, cell_lat)
        near = away.min(axis=1) <= WATER_WITHIN_CELLS * size
        row, column = wet[away.argmin(axis=1)[near]].T
        index = {"lat": xr.DataArray(row, dims="cell"), "lon": xr.DataArray(column, dims="cell")}
        out[near] = _picked(water, index).values
    return out


def _weights(
    weather: xr.Dataset, lon: np.ndarray, lat: np.ndarray, land: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and weight of the four cells around each site; cells without land have no weight."""
    has_land = np.zeros((weather.sizes["lat"], weather.sizes["lon"]), bool)
    has_land[land[:, 0], land[:, 1]] = True
    (south, up), (west, right) = (_position(weather[d].values, x) for d, x in (("lat", lat), ("lon", lon)))
    north, east = np.minimum(south + 1, has_land.shape[0] - 1), np.minimum(west + 1, has_land.shape[1] - 1)
    rows = np.stack([south, south, north, north], axis=1)
    columns = np.stack([west, east, west, east], axis=1)
    weight = np.stack([(1 - up) * (1 - right), (1 - up) * right, up * (1 - right), up * right], axis=1)
    weight = (weight + 1e-9) * has_land[rows, columns]
    return rows, columns, weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)


def _position(axis: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the cell below and the share of the way to the next; at the rim, the rim."""
    place = np.clip(np.interp(x, axis, np.arange(axis.size)), 0, axis.size - 1)
    below = np.minimum(place.astype(int), max(axis.size - 2, 0))
    return below, place - below


def _land(weather: xr.Dataset, variables: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    probe = weather[variables[0]].isel(time=0).transpose("lat", "lon").values
    land = np.argwhere(np.isfinite(probe))
    return land, weather["lon"].values[land[:, 1]], weather["lat"].values[land[:, 0]]


def _of_stations(
    weather: xr.Dataset, lon: np.ndarray, lat: np.ndarray, names: Sequence[str], path: Path, variables: Sequence[str]
) -> xr.Dataset:
    of_lon, of_lat = weather["lon"].values, weather["lat"].values
    best = _nearest(lon, lat, of_lon, of_lat, STATION_REACH_DEGREES, names, path, "station")
    stations, which = np.unique(best, return_inverse=True)
    picked = weather[list(variables)].isel(station=stations).rename(station="cell").transpose("cell", "time").compute()
    return _with_values(picked.drop_vars("clock_error_h", errors="ignore"), which, names, path)


def _away(lon: np.ndarray, lat: np.ndarray, of_lon: np.ndarray, of_lat: np.ndarray) -> np.ndarray:
    """Degrees from each place to each of the others."""
    east = (lon[:, None] - of_lon) * np.cos(np.radians(lat))[:, None]
    return np.asarray(np.hypot(lat[:, None] - of_lat, east))


def _nearest(
    lon: np.ndarray,
    lat: np.ndarray,
    of_lon: np.ndarray,
    of_lat: np.ndarray,
    reach: float,
    names: Sequence[str],
    path: Path,
    what: str,
) -> np.ndarray:
    away = _away(lon, lat, of_lon, of_lat)
    best = away.argmin(axis=1)
    far = np.flatnonzero(away[np.arange(len(lon)), best] > reach)
    if len(far):
        raise DataError(
            [
                f"the weather grid does not cover site '{names[i]}' ({lat[i]:.2f} N, {lon[i]:.2f} E); "
                f"the nearest {what} is {away[i, best[i]]:.1f} degrees away"
                for i in far[:10]
            ],
            path,
        )
    return np.asarray(best)


def _picked(a: xr.DataArray, index: dict[str, xr.DataArray]) -> xr.DataArray:
    """Cells of one variable, loaded: lazily chunk by chunk, or (a compressed file) the whole variable at once, since
    reading scattered cells from compressed chunks is far slower."""
    a = a if a.chunks is not None else a.compute()
    return a.isel(index).transpose("cell", ..., "time").compute()


def _with_values(picked: xr.Dataset, which: np.ndarray, names: Sequence[str], path: Path) -> xr.Dataset:
    for name, a in picked.data_vars.items():
        if not np.isfinite(a.values).all():
            cell = int(np.argwhere(~np.isfinite(a.values))[0, 0])
            at = ", ".join(
                f"{float(picked[c][cell]):.2f} {mark}" for c, mark in (("lat", "N"), ("lon", "E")) if c in picked.coords
            )
            raise DataError(f"{name} has hours without a value in the cell at {at or names[cell]}", path)
    return picked.assign_coords(cell_of_site=("site", which), site=("site", list(names)))
