"""What the plan's flexible connections meet, hour by hour, against every limit of their contracts: kept or not kept.

Share of energy and depth are limits of the model. Hours a year, length of an event, hours between two events and hours between
two deepenings of a cut are counted here, on the cut series of the plan. Hours count with the weight of their block. An event
ends with its block unless the next block follows it in time.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from ..study.flexible import Flexible
from ..study.study import Study

CUT_FROM_MW = 1e-2
NOISE = 1e-6


def kept(data: xr.Dataset, study: Study) -> pd.DataFrame:
    """One row for each flexible connection of the plan: what it meets, and which limits are kept (empty where none is set)."""
    assert study.grid is not None
    weight = data["weight"].values
    pieces = _pieces(data)
    hours = float(weight.sum()) * data.sizes["hour"]
    rows = []
    for name, contract in study.grid.flexible.items():
        for site in data["site"].values:
            mw = float(data["grid_flexible"].sel(site=site, flexible=name))
            if mw <= CUT_FROM_MW:
                continue
            cut = data["grid_cut"].sel(site=site, flexible=name).transpose("block", "hour").values
            rows.append({"site": site, "class": name, "flexible_mw": mw} | _met(cut, mw, weight, hours, pieces, contract))
    return pd.DataFrame(rows)


def _pieces(data: xr.Dataset) -> list[list[int]]:
    """Blocks that follow each other in time, together."""
    count = data.sizes["block"]
    if "time" not in data.coords:
        return [[d] for d in range(count)]
    time, pieces = data["time"].values, [[0]]
    for d in range(1, count):
        if time[d, 0] - time[d - 1, -1] == np.timedelta64(1, "h"):
            pieces[-1].append(d)
        else:
            pieces.append([d])
    return pieces


def _met(
    cut: NDArray[np.float64],
    mw: float,
    weight: NDArray[np.float64],
    hours: float,
    pieces: list[list[int]],
    contract: Flexible,
) -> dict[str, object]:
    share = float(weight @ cut.sum(axis=1)) / (hours * mw)
    on_hours = float(weight @ (cut > CUT_FROM_MW).sum(axis=1))
    longest, recovery, notice = 0, np.inf, np.inf
    for blocks in pieces:
        series = cut[blocks].ravel()
        starts, ends = _events(series > CUT_FROM_MW)
        longest = max([longest, *(ends - starts)])
        recovery = min([recovery, *(starts[1:] - ends[:-1])])
        deeper = np.flatnonzero(np.diff(np.append(0.0, series)) > CUT_FROM_MW)
        notice = min([notice, *np.diff(deeper)])
    met = {
        "curtailed_share": (share, contract.max_curtailed_share, 1),
        "deepest_cut": (float(cut.max()) / mw, contract.max_depth, 1),
        "hours_per_year": (on_hours, contract.max_hours_per_year, 1),
        "longest_event_hours": (float(longest), contract.longest_event_hours, 1),
        "least_recovery_hours": (float(recovery), contract.least_recovery_hours, -1),
        "least_hours_between_deepenings": (float(notice), contract.notice_hours, -1),
    }
    row: dict[str, object] = {name: value for name, (value, _, _) in met.items()}
    for name, (value, limit, sign) in met.items():
        row[f"{name}_kept"] = "" if limit is None else "kept" if sign * (value - limit) <= NOISE else "not kept"
    return row


def _events(on: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First hour of each run, and the hour after its last.

    >>> [x.tolist() for x in _events(np.array([True, False, True, True]))]
    [[0, 2], [1, 4]]
    """
    edge = np.diff(np.concatenate([[0], on.astype(int), [0]]))
    return np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
