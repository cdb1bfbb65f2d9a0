"""A cooling technology at one end of its published ranges: the parameter set that gives a low or a high PUE.

Of DRAWS sets from the ranges (a Latin hypercube), the one whose mean PUE over the sites' typical year is nearest the 5th or
the 95th percentile of all. Every number of the set belongs together; what is not physics (costs, racks) stays as it is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from ..errors import DataError
from ..physics import air
from ..physics.cooling.uncertainty import draws
from .climate import technologies
from .source_water import SOURCE_WATER
from .weather import AIR

DRAWS = 64
EVERY = 7  # hours of the typical year looked at: every seventh meets all hours of the day
PERCENTILE = {"low": 5.0, "high": 95.0}
NOT_PHYSICS = ("rack_kw_max", "chiller_capex", "rejection_capex")


def at_end(technology: str, end: str, path: Path, typical: xr.Dataset) -> dict[str, float]:
    """The numbers of a technology of the table, at the `low` or the `high` end of PUE; DataError where it has no ranges."""
    of = technologies(path, [technology])[0]
    ranges = {p: r for p, r in of.ranges.items() if p not in NOT_PHYSICS}
    if not ranges:
        told = f"technology '{technology}' has no ranges (columns low, high), which cooling.parameters: {end} asks for"
        raise DataError(told, path)
    outdoor = air.state(*(typical[v].values[:, ::EVERY] for v in AIR))
    if SOURCE_WATER in typical:
        outdoor = outdoor._replace(source_water_c=typical[SOURCE_WATER].values[:, ::EVERY])
    sets = draws(of.parameters, ranges, DRAWS)
    means = np.array([float(np.nanmean(of._replace(parameters=s).run(outdoor).pue)) for s in sets])
    return sets[int(np.abs(means - np.percentile(means, PERCENTILE[end])).argmin())]
