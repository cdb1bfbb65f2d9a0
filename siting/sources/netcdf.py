"""NetCDF-4 files opened once: again and again the same file is asked for, in one study and from one study to the next.

A file is the same while its path, its size and the time of its last change are. Small ones are held in memory, of large ones
only what is asked for is read, each time.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import xarray as xr

SMALL_BYTES = 64_000_000  # unpacked


def opened(path: Path) -> xr.Dataset:
    """The file as it is on the disk now. Raises OSError or ValueError where it is no NetCDF-4 file."""
    return _opened(*as_it_is(path)).copy()


def as_it_is(path: Path) -> tuple[Path, int, int]:
    """Path, time of the last change [ns] and size [bytes]."""
    stat = path.stat()
    return path.resolve(), stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=16)
def _opened(path: Path, changed_ns: int, size: int) -> xr.Dataset:
    data = xr.open_dataset(path, engine="h5netcdf")
    return data.load() if data.nbytes <= SMALL_BYTES else data
