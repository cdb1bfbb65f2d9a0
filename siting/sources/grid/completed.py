"""What a network's file leaves open, completed as the planner says: missing ratings, and where the buses are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from ...errors import DataError
from .tables import NetworkTables

NO_RATING_MVA = 9998.0
"""Ratings of 0 and of 9,999 kind stand for `not known` in public cases."""

MissingRatings = Literal["refuse", "unlimited"] | Mapping[float, float]
AfterOutage = Literal["rating_mva", "rating_b_mva", "rating_c_mva"]


def unrated(tables: NetworkTables) -> pd.Series:
    """Which branches have no known rating: 0, empty, or a placeholder such as 9999. Couplers need none."""
    rating = tables.branches["rating_mva"].astype(float)
    known = rating.between(0, NO_RATING_MVA, inclusive="neither")
    return ~known & (tables.branches["kind"] != "coupler")


def with_ratings(tables: NetworkTables, missing: MissingRatings, after_outage: AfterOutage) -> NetworkTables:
    """The same network with every rating settled; what was done stands in its notes.

    `missing`: `refuse` raises DataError with the branches; `unlimited` lets them limit nothing; a mapping from voltage [kV]
    to MVA per circuit gives each the value of its lower voltage. `after_outage` is the column that limits a branch once
    another one is lost; where it is empty the normal rating holds.
    """
    branches, untold = tables.branches.assign(rating_mva=tables.branches["rating_mva"].astype(float)), unrated(tables)
    notes = list(tables.notes)
    if untold.any():
        some = ", ".join(f"'{b}' ({x:g})" for b, x in zip(branches["branch"][untold][:5], branches["rating_mva"][untold][:5]))
        count = f"{int(untold.sum())} of {len(branches)} branches have no rating (0, empty or a placeholder): {some}"
        if missing == "refuse":
            raise DataError(
                f"{count}. Say what to do: missing_ratings 'unlimited' lets them limit nothing, a table of voltage_kv to "
                "MVA per circuit gives them a value"
            )
        if missing == "unlimited":
            notes.append(f"{count}; they limit nothing")
            branches.loc[untold, "rating_mva"] = np.inf
        else:
            assert not isinstance(missing, str)
            branches.loc[untold, "rating_mva"] = _by_voltage(tables, untold, missing)
            notes.append(f"{count}; they get the MVA per circuit given for their voltage")
    normal = branches["rating_mva"].astype(float)
    emergency = branches[after_outage].astype(float)
    known = np.isfinite(emergency) & (emergency > 0) & (emergency < NO_RATING_MVA)
    branches["emergency_mva"] = np.where(known, np.maximum(emergency, normal), normal)
    return replace(tables, branches=branches, notes=tuple(notes))


def _by_voltage(tables: NetworkTables, untold: pd.Series, mva: Mapping[float, float]) -> pd.Series:
    voltage = tables.buses.set_index("bus")["voltage_kv"].astype(float)
    of = tables.branches[untold]
    lower = pd.concat([of["bus0"].map(voltage), of["bus1"].map(voltage)], axis=1).min(axis=1)
    absent = sorted(set(lower) - {float(v) for v in mva})
    if absent:
        raise DataError([f"branches of {v:g} kV have no rating, and missing_ratings has no value for {v:g} kV" for v in absent])
    return lower.map({float(k): float(v) for k, v in mva.items()}) * of["circuits"].astype(float)


def with_coordinates(
    tables: NetworkTables, path: Path | str, bus: str = "bus", lon: str = "lon", lat: str = "lat"
) -> NetworkTables:
    """The same network with the places of its buses from another table (CSV) with the columns named; the rest stays.

    Raises DataError: a column that is missing, a bus that appears twice, or no bus in common.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError("there is no such file", path)
    table = pd.read_csv(path, comment="#", dtype={bus: str})
    absent = [f"there is no column '{c}'" for c in (bus, lon, lat) if c not in table]
    if absent:
        raise DataError(absent, path)
    doubled = sorted(table[bus][table[bus].duplicated()].unique())
    if doubled:
        raise DataError([f"bus '{b}' appears more than once" for b in doubled], path)
    place = table.set_index(bus)[[lon, lat]].astype(float)
    buses = tables.buses.copy()
    found = buses["bus"].isin(place.index)
    if not found.any():
        raise DataError(f"none of its buses is in the network (it has '{buses['bus'][0]}', the table '{place.index[0]}')", path)
    for column, source in (("lon", lon), ("lat", lat)):
        buses.loc[found, column] = buses["bus"][found].map(place[source])
    left = int((~found).sum())
    notes = (*tables.notes, f"{left} buses are not in {path.name} and keep the place they had") if left else tables.notes
    return replace(tables, buses=buses, notes=notes)
