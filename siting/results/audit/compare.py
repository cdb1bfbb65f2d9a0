"""How near is near: what a balance may be off, and how that is told."""

from __future__ import annotations

import numpy as np
import xarray as xr

TOLERANCE = 1e-5  # relative to the size of the account, plus 1e-4 of its unit


def paid_for(d: xr.Dataset, name: str) -> xr.DataArray:
    """What is paid for of something built: all that ever stood, where sites may close."""
    block, _, component = name.partition("_")
    paid = f"{block}_paid_{component}"
    return d[paid].fillna(d[name]) if paid in d else d[name]


def at_price(d: xr.Dataset, name: str) -> xr.DataArray:
    """The same, each part at the price of the year in which it was bought."""
    block, _, component = name.partition("_")
    priced = f"{block}_priced_{component}"
    return d[priced] if priced in d else paid_for(d, name)


def above(value: xr.DataArray, what: str, size: float = 1.0) -> list[str]:
    worst = float(np.nanmax(value.values)) if value.size else 0.0
    return [f"{what} by {worst:.6g}"] if worst > TOLERANCE * abs(size) + 1e-4 else []


def differs(found: float, told: float, what: str) -> list[str]:
    close = abs(found - told) <= TOLERANCE * max(abs(found), abs(told)) + 1e-2
    return [] if close else [f"{what}: recomputed {found:.6g}, told {told:.6g}"]
