"""Networks, one reader a format. A new format is one module and one line in READERS.

plain        a folder of buses.csv, branches.csv, generators.csv, storage.csv
pypsa        a PyPSA network: a folder of its CSV files, or its NetCDF file
matpower     a MATPOWER case, `.m`
pandapower   a pandapower network, `.json`
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ...errors import DataError
from .matpower import read_matpower
from .pandapower import read_pandapower
from .plain import read_demand, read_plain, read_series
from .pypsa import read_pypsa
from .tables import NetworkTables

__all__ = ["READERS", "NetworkTables", "read_demand", "read_network", "read_series"]


class Reader(NamedTuple):
    """What a format looks like on disk, and who reads it."""

    format: str
    looks_like: Callable[[Path], bool]
    read: Callable[[Path], NetworkTables]


READERS = (
    Reader("PyPSA CSV folder", lambda p: (p / "lines.csv").is_file() or (p / "network.csv").is_file(), read_pypsa),
    Reader("plain CSV folder", lambda p: p.is_dir(), read_plain),
    Reader("PyPSA NetCDF", lambda p: p.suffix == ".nc", read_pypsa),
    Reader("MATPOWER case", lambda p: p.suffix == ".m", read_matpower),
    Reader("pandapower JSON", lambda p: p.suffix == ".json", read_pandapower),
)


def read_network(path: Path | str) -> NetworkTables:
    """The tables of a network in any of the formats of READERS.

    Raises DataError: no such file, an unknown format, or every problem of the file at once.
    """
    path = Path(path)
    if not path.exists():
        raise DataError("there is no such file or folder", path)
    for reader in READERS:
        if reader.looks_like(path):
            return reader.read(path)
    raise DataError(f"'{path.suffix}' is no known form of a network; known: {', '.join(r.format for r in READERS)}", path)
