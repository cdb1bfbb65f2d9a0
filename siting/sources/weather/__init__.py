"""Weather: one reader a format, all giving the project's own variables (UNITS), UTC, hour beginning.

A reader takes a path and gives a Dataset on (time, lat, lon) or (time, station), lazily where the file allows. To add
one: write its module here and its line in READERS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import xarray as xr

from ...errors import DataError
from ..netcdf import as_it_is
from . import era5
from .cutout import read_cutout
from .epw import ENDINGS, epw_files, read_epw
from .era5 import read_era5
from .grid import open_grid, read_grid
from .sites import WATER, at_sites, between_cells, water_beside, water_of
from .table import read_table
from .variables import RADIATION, UNITS, WIND_HEIGHT_M, checked

READERS: dict[str, Callable[[Path], xr.Dataset]] = {
    "grid": read_grid,
    "era5": read_era5,
    "cutout": read_cutout,
    "epw": read_epw,
    "csv": read_table,
}


def open_weather(path: Path, needed: Sequence[str] = tuple(UNITS), form: str | None = None) -> xr.Dataset:
    """Open weather of any format (`form`, a key of READERS; else told from the file) and check what is needed of it.

    Where radiation is needed, hours that have none are left out: the last hour of a record whose labels end the hour.
    Raises DataError with every problem: no such file, an unknown format, a missing variable, a wrong unit, hours that
    are missing or stand there twice.
    """
    if not path.exists():
        raise DataError("there is no such file", path)
    form = form or form_of(path)
    if form == "grid":
        return open_grid(path, needed)
    data = READERS[form](path)
    gone = [v for v in needed if v not in data]
    if gone and form == "era5":
        raise DataError([era5.missing(v) for v in gone], path)
    data = checked(data, needed, path)
    if form in ("era5", "cutout") and set(needed) & set(RADIATION):
        time = data["time"].values
        data = data.isel(time=np.isin(time + np.timedelta64(1, "h"), time))
    return data


def form_of(path: Path) -> str:
    """The format of a file or folder, by its name or by what is in it.

    >>> form_of(Path("Miami.epw")), form_of(Path("my_weather.csv"))
    ('epw', 'csv')
    """
    if path.is_dir():
        return "epw" if epw_files(path) else "era5"
    if path.name.endswith(ENDINGS):
        return "epw"
    if path.suffix == ".csv":
        return "csv"
    try:
        names, dims = _inside(*as_it_is(path))
    except (OSError, ValueError) as e:
        raise DataError(f"not a weather file (NetCDF, EPW or CSV): {e}", path) from None
    if names & set(UNITS):
        return "grid"
    if names & era5.KNOWN:
        return "era5"
    if {"x", "y"} <= dims:
        return "cutout"
    raise DataError(f"weather of no known format; its variables: {', '.join(sorted(names)) or 'none'}", path)


@lru_cache(maxsize=16)
def _inside(path: Path, changed_ns: int, size: int) -> tuple[set[str], set[str]]:
    """Names of variables and dimensions."""
    with xr.open_dataset(path) as data:
        return set(map(str, data.data_vars)), set(map(str, data.dims))


__all__ = [
    "READERS",
    "UNITS",
    "WATER",
    "WIND_HEIGHT_M",
    "at_sites",
    "between_cells",
    "form_of",
    "open_grid",
    "open_weather",
    "water_beside",
    "water_of",
]
