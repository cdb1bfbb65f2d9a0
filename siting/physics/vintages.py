"""A fleet of chips by vintage: newer chips do more work per watt, but only what is bought anew is newer."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array


def fleet_mw(work: ArrayLike, gain_per_year: float, life_years: int) -> Array:
    """Power of a fleet that does `work` [MW at the efficiency of the fleet of the first year] in each of consecutive years.

    What is missing is bought in its year, at (1 + gain)^year times the work per watt of year 0; what has reached its life
    leaves. The fleet of year 0 was bought in equal parts in the `life_years` before. Where work shrinks, the oldest leave.

        power[y] = Σ_vintages work of the vintage / (1 + gain)^vintage,     scaled to work[0] in year 0

    Steady work at a gain of g falls by g a year, and without a gain power is work:

    >>> power = fleet_mw([10.0] * 6, 0.25, 4)
    >>> np.round(power, 2).tolist(), np.round(power[5] / power[4], 2)
    ([10.0, 8.0, 6.4, 5.12, 4.1, 3.28], np.float64(0.8))
    >>> fleet_mw([10.0, 20.0, 15.0], 0.0, 5).tolist()
    [10.0, 20.0, 15.0]
    """
    asked = np.asarray(work, float)
    per_watt = (1.0 + gain_per_year) ** np.arange(-life_years + 1, len(asked))  # of the vintages, the oldest first
    held = np.zeros(len(per_watt))
    held[:life_years] = asked[0] / life_years
    power = np.zeros(len(asked))
    for y in range(len(asked)):
        if y:
            held[y - 1] = 0.0  # at the end of its life
        surplus = held.sum() - asked[y]
        for vintage in range(y, y + life_years):
            leaves = min(max(surplus, 0.0), held[vintage])
            held[vintage] -= leaves
            surplus -= leaves
        held[y + life_years - 1] += max(-surplus, 0.0)
        power[y] = (held / per_watt).sum()
    return np.asarray(power * (asked[0] / power[0]))


def runs_out(years: ArrayLike, need: ArrayLike, have: ArrayLike) -> float:
    """The first year in which `need` exceeds `have` (same unit), between two years in proportion of logarithms; NaN where it
    does not.

    >>> [runs_out([2030, 2040], need, 2.0) for need in ([1.0, 4.0], [1.0, 1.5], [3.0, 4.0])]
    [2035.0, nan, 2030.0]
    """
    y, over = np.asarray(years, float), np.log(np.asarray(need, float)) - np.log(np.asarray(have, float))
    over = np.broadcast_to(over, y.shape)
    crossed = np.flatnonzero(over > 0)
    if not len(crossed):
        return float("nan")
    i = int(crossed[0])
    if i == 0:
        return float(y[0])
    return float(y[i - 1] + (y[i] - y[i - 1]) * -over[i - 1] / (over[i] - over[i - 1]))
