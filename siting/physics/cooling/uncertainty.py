"""Uncertain parameters: from published ranges to a band of PUE and WUE.

A range is uniform between its ends, as the papers draw theirs; draws are a Latin hypercube, so that few of them cover
every range evenly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from scipy.stats import qmc

from ..air import State
from ..arrays import Array
from .performance import Parameters, Performance

Ranges = Mapping[str, tuple[float, float]]


class Band(NamedTuple):
    """Annual means at the asked percentiles: arrays (percentile, *place)."""

    percentiles: tuple[float, ...]
    pue: Array
    wue_l_per_kwh: Array


def draws(p: Parameters, ranges: Ranges, count: int, seed: int = 0) -> list[dict[str, float]]:
    """`count` parameter sets: every parameter with a range is drawn from it, the rest stays.

    `lockout_dry_bulb_c` follows the drawn `supply_high_c` where both have the same range: it is one control setting.

    >>> sets = draws({"a": 1.0, "b": 5.0}, {"a": (0.0, 2.0)}, 4)
    >>> [s["b"] for s in sets], sorted(int(2 * s["a"]) for s in sets)
    ([5.0, 5.0, 5.0, 5.0], [0, 1, 2, 3])
    """
    names = [n for n in ranges if n in p]
    shares = qmc.LatinHypercube(d=max(len(names), 1), rng=np.random.default_rng(seed)).random(count)
    out = []
    for row in shares:
        drawn = {n: ranges[n][0] + x * (ranges[n][1] - ranges[n][0]) for n, x in zip(names, row, strict=False)}
        if ranges.get("lockout_dry_bulb_c") == ranges.get("supply_high_c", ()):
            drawn["lockout_dry_bulb_c"] = drawn["supply_high_c"]
        out.append(dict(p) | drawn)
    return out


def band(
    model: Callable[[State, Parameters], Performance],
    outdoor: State,
    sets: list[dict[str, float]],
    percentiles: tuple[float, ...] = (5.0, 50.0, 95.0),
    time_axis: int = 0,
) -> Band:
    """Percentiles over parameter sets of the mean over the hours, PUE [-] and WUE [L/kWh]."""
    means = [
        (got.pue.mean(axis=time_axis), got.wue_l_per_kwh.mean(axis=time_axis)) for got in (model(outdoor, s) for s in sets)
    ]
    pue, wue = (np.percentile([m[i] for m in means], percentiles, axis=0) for i in (0, 1))
    return Band(percentiles, pue, wue)
