"""Headroom of a connection that may be curtailed, in closed form from an hourly series of firm headroom.

With headroom h[t] [MW], a load of size D [MW] and profile p[t] in (0, 1], each hour counting `weight` hours,

    curtailed[t] = D * p[t] - h[t], at least 0 and at most D * p[t]                                   [MW]

and the headroom under a limit is the largest D for which it and all smaller loads keep it; under several limits it is the
least of their headrooms. (Recovery alone may be kept again by some larger load, whose events have grown into one.)

    energy   sum of weight * curtailed <= share * D * sum of weight * p
             with the ratios r = h / p in rising order and n of them curtailed: D = sum h / (sum p - share * sum of all p)
    hours    hours with any curtailment <= K            D = the largest ratio that at most K hours lie below
    depth    curtailed <= depth * D * p in every hour   D = least ratio / (1 - depth)
    event    no run of curtailed hours longer than L    D = the least over all runs of L + 1 hours of their largest ratio
    recovery R hours without a cut between two events   D = the least larger ratio of two hours i < k <= i + R with an hour
                                                        between them whose ratio is above both
    notice   N hours from one deepening to the next     an hour deepens the cut for D between its onset and its end; D = the
                                                        least larger onset of two hours less than N apart that overlap
             onset = r, the end is infinite; where p rises the onset is at least (h[t] - h[t-1]) / (p[t] - p[t-1]), where it
             falls that is the end, where it stays and h does not fall the hour never deepens a cut
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from ..errors import InputsError

CURTAILED_MW = 1e-6


class Curtailment(NamedTuple):
    """What a load meets: hours and share of energy curtailed, deepest cut [share of the load], events, their length [h],
    the least hours between two of them and between two deepenings of a cut (infinite where there are no two).

    `kept_half`, `kept_three_quarters`, `kept_nine_tenths`: share of the curtailed hours that keep so much of the load.
    """

    hours: float
    energy_share: float
    deepest_cut: float
    events: int
    mean_event_h: float
    longest_event_h: int
    least_recovery_h: float
    least_between_deepenings_h: float
    kept_half: float
    kept_three_quarters: float
    kept_nine_tenths: float


def _checked(headroom_mw: ArrayLike, profile: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    h = np.maximum(np.asarray(headroom_mw, float), 0.0)
    p = np.ones_like(h) if profile is None else np.asarray(profile, float)
    problems = []
    if h.ndim != 1 or not len(h):
        problems.append("a series of headroom needs at least one hour")
    if not np.isfinite(h).all():
        problems.append(f"{int((~np.isfinite(h)).sum())} hours of the headroom have no value")
    if p.shape != h.shape or not ((p > 0) & (p <= 1)).all():
        problems.append("the load profile needs one share above 0 and not above 1 for each hour")
    if problems:
        raise InputsError(problems)
    return h, p


def firm(headroom_mw: ArrayLike, profile: ArrayLike | None = None) -> float:
    """Load [MW] that is served in every hour.

    >>> firm([50, 80, 100, 200])
    50.0
    """
    h, p = _checked(headroom_mw, profile)
    return float((h / p).min())


def by_energy(headroom_mw: ArrayLike, share: float, profile: ArrayLike | None = None) -> float:
    """Load [MW] of which at most `share` of the energy is curtailed; infinite from a share of 1.

    >>> [round(by_energy([50, 80, 100, 200], share), 6) for share in (0, 0.05, 0.175)]
    [50.0, 62.5, 100.0]
    """
    h, p = _checked(headroom_mw, profile)
    if share >= 1:
        return np.inf
    order = np.argsort(h / p)
    ratio = (h / p)[order]
    served, wanted = np.cumsum(h[order]), np.cumsum(p[order])
    left = wanted - share * p.sum()
    size = np.where(left > 0, served / np.where(left > 0, left, 1.0), np.inf)
    after = np.append(ratio[1:], np.inf)
    fits = (size >= ratio - CURTAILED_MW) & (size <= after + CURTAILED_MW) & (left > 0)
    return float(size[np.argmax(fits)])


def by_hours(headroom_mw: ArrayLike, hours: int, profile: ArrayLike | None = None) -> float:
    """Load [MW] that is curtailed in at most `hours` hours of the series.

    >>> [by_hours([50, 80, 100, 200], hours) for hours in (0, 1, 2)]
    [50.0, 80.0, 100.0]
    """
    h, p = _checked(headroom_mw, profile)
    return np.inf if hours >= len(h) else float(np.partition(h / p, hours)[hours])


def by_depth(headroom_mw: ArrayLike, depth: float, profile: ArrayLike | None = None) -> float:
    """Load [MW] of which never more than the share `depth` is cut.

    >>> by_depth([50, 80, 100, 200], 0.5)
    100.0
    """
    return np.inf if depth >= 1 else firm(headroom_mw, profile) / (1 - depth)


def by_event_length(headroom_mw: ArrayLike, longest_h: int, profile: ArrayLike | None = None) -> float:
    """Load [MW] that is never curtailed for more than `longest_h` consecutive hours of the series.

    >>> by_event_length([50, 80, 100, 200, 60, 90], 1), by_event_length([50, 80, 100, 200, 60, 90], 2)
    (80.0, 100.0)
    """
    h, p = _checked(headroom_mw, profile)
    window = longest_h + 1
    if window > len(h):
        return np.inf
    return float(sliding_window_view(h / p, window).max(axis=1).min())


def by_recovery(headroom_mw: ArrayLike, least_h: int, profile: ArrayLike | None = None) -> float:
    """Load [MW] whose curtailments always leave at least `least_h` hours without one between them; infinite if any load does.

    >>> by_recovery([50, 80, 100, 200, 60, 90], 2), by_recovery([50, 80, 60, 200, 200, 90], 2)
    (100.0, 60.0)
    """
    h, p = _checked(headroom_mw, profile)
    ratio = h / p
    least, between = np.inf, np.full(max(len(ratio) - 1, 0), -np.inf)
    for lag in range(2, min(least_h, len(ratio) - 1) + 1):
        between = np.maximum(between[: len(ratio) - lag], ratio[lag - 1 : -1])
        ends = np.maximum(ratio[:-lag], ratio[lag:])
        apart = between > ends
        least = min(least, float(ends[apart].min())) if apart.any() else least
    return least


def by_notice(headroom_mw: ArrayLike, notice_h: int, profile: ArrayLike | None = None) -> float:
    """Load [MW] whose cut is deepened at most once in `notice_h` hours; infinite if that of any load is.

    >>> [by_notice([90, 80, 100, 60, 70, 50], notice_h) for notice_h in (1, 2, 3)]
    [inf, 90.0, 60.0]
    """
    h, p = _checked(headroom_mw, profile)
    onset, end = _deepens(h, p)
    least = np.inf
    for lag in range(1, min(notice_h, len(h))):
        both = np.maximum(onset[:-lag], onset[lag:])
        meet = both < np.minimum(end[:-lag], end[lag:])
        least = min(least, float(both[meet].min())) if meet.any() else least
    return least


def _deepens(h: NDArray[np.float64], p: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Loads [MW] between which an hour cuts deeper than the hour before it; infinite where no load does."""
    rise, more = np.diff(p, prepend=0.0), np.diff(h, prepend=0.0)
    rise[0], more[0] = 0.0, -1.0  # before the first hour nothing is cut
    turn = np.divide(more, rise, out=np.zeros_like(h), where=rise != 0)
    onset = np.where(rise > 0, np.maximum(h / p, turn), h / p)
    end = np.where(rise < 0, turn, np.where((rise == 0) & (more >= 0), 0.0, np.inf))
    return onset, end


def by_contract(
    headroom_mw: ArrayLike,
    energy_share: float | None = None,
    hours: int | None = None,
    depth: float | None = None,
    longest_event_h: int | None = None,
    least_recovery_h: int | None = None,
    notice_h: int | None = None,
    profile: ArrayLike | None = None,
) -> float:
    """Load [MW] that keeps every limit given; without any it must be firm.

    >>> by_contract([50, 80, 100, 200], energy_share=0.175, depth=0.4)
    83.33333333333334
    """
    sizes = []
    if energy_share is not None:
        sizes.append(by_energy(headroom_mw, energy_share, profile))
    if hours is not None:
        sizes.append(by_hours(headroom_mw, hours, profile))
    if depth is not None:
        sizes.append(by_depth(headroom_mw, depth, profile))
    if longest_event_h is not None:
        sizes.append(by_event_length(headroom_mw, longest_event_h, profile))
    if least_recovery_h is not None:
        sizes.append(by_recovery(headroom_mw, least_recovery_h, profile))
    if notice_h is not None:
        sizes.append(by_notice(headroom_mw, notice_h, profile))
    return min(sizes) if sizes else firm(headroom_mw, profile)


def curtailment(headroom_mw: ArrayLike, load_mw: float, profile: ArrayLike | None = None) -> Curtailment:
    """What a load of `load_mw` meets in the hours of the series.

    >>> curtailment([50, 80, 100, 200], 100).hours, round(curtailment([50, 80, 100, 200], 100).energy_share, 3)
    (2, 0.175)
    """
    h, p = _checked(headroom_mw, profile)
    wanted = load_mw * p
    cut = np.maximum(wanted - h, 0.0)
    on = cut > CURTAILED_MW
    edge = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
    length = edge[1::2] - edge[::2]
    apart = edge[2::2] - edge[1:-1:2]
    deeper = np.flatnonzero(np.diff(cut, prepend=0.0) > CURTAILED_MW)
    depth = cut[on] / wanted[on]
    kept = [float((depth <= 1 - k + 1e-12).mean()) if on.any() else 1.0 for k in (0.5, 0.75, 0.9)]
    return Curtailment(
        int(on.sum()),
        float(cut.sum() / wanted.sum()) if wanted.sum() > 0 else 0.0,
        float(depth.max()) if on.any() else 0.0,
        len(length),
        float(length.mean()) if len(length) else 0.0,
        int(length.max()) if len(length) else 0,
        min(apart.tolist(), default=np.inf),
        min(np.diff(deeper).tolist(), default=np.inf),
        *kept,
    )
