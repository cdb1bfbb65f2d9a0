"""The project's own weather grids: NetCDF with its variables on a regular lon/lat grid, UTC, hour beginning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from ...errors import DataError
from ..netcdf import opened
from .variables import UNITS, checked


def read_grid(path: Path) -> xr.Dataset:
    return opened(path)


def open_grid(path: Path, needed: Sequence[str] = tuple(UNITS)) -> xr.Dataset:
    """Open a grid of the project's own and check it.

    Raises DataError with every problem: a missing variable, a wrong unit, hours that are missing or stand there twice.
    """
    if not path.is_file():
        raise DataError("there is no such file", path)
    try:
        grid = read_grid(path)
    except (OSError, ValueError) as e:
        raise DataError(f"not a NetCDF-4 file: {e}", path) from None
    return checked(grid, needed, path)
