"""Hourly shapes from a plain table: block, hour, per_unit and, where they differ by site, site."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import DataError
from ..sources.tables import read_csv
from .hours import Hours


def read_profile(path: Path, hours: Hours, sites: list[str] | None = None) -> np.ndarray:
    """Output per rating: (block, hour), or (site, block, hour) where `sites` are given.

    Blocks are called as in the table of hours, or numbered from 0. Raises DataError naming the hours that are missing and the
    values outside 0 to 1.
    """
    key = ["block", "hour"]
    by_site = sites is not None and "site" in read_csv(path, [*key, "per_unit"])
    key = ["site", *key] if by_site else key
    table = read_csv(path, [*key, "per_unit"], ["hour", "per_unit"], key)
    problems = [
        f"row {row + 2}: per_unit is {table['per_unit'].iloc[row]:g}; allowed is 0 to 1"
        for row in np.flatnonzero((table["per_unit"] < 0) | (table["per_unit"] > 1))
    ]
    n_blocks, n_hours = hours.shape
    names = [str(n) for n in (hours.names or range(n_blocks))]
    values = {
        tuple(map(str, row[:-1])): row[-1] for row in table.astype({"hour": int})[[*key, "per_unit"]].itertuples(index=False)
    }
    wanted = [(b, str(t)) for b in names for t in range(n_hours)]
    rows = [(s, *w) for s in sites for w in wanted] if by_site and sites else wanted
    missing = [row for row in rows if row not in values]
    problems += [f"there is no row for {', '.join(f'{k} {v}' for k, v in zip(key, row, strict=True))}" for row in missing[:5]]
    if problems:
        raise DataError(problems, path)
    found = np.array([values[row] for row in rows], float)
    if by_site and sites:
        return found.reshape(len(sites), n_blocks, n_hours)
    shape = found.reshape(n_blocks, n_hours)
    return shape if sites is None else np.broadcast_to(shape, (len(sites), n_blocks, n_hours))
