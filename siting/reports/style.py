"""One look for maps, charts and tables: colours that colour-blind readers can tell apart (Okabe and Ito), sizes of circles."""

from __future__ import annotations

import pandas as pd

from ..results.solution import Solution
from . import words

OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442"]
NO_COOLING = "#444444"
KEPT, DROPPED = "#7d868c", "#c3c9cd"
LAND, SEA, BORDER, STATE_BORDER = "#f6f4ee", "#e9eff3", "#8d9499", "#c9c6bc"
SUPPLY = {"imported": "#5B6770", "pv": "#E69F00", "wind": "#56B4E9"}
WORK = {"inference": "#0072B2", "training": "#CC79A7"}


def cooling_colours(solution: Solution) -> dict[str, str]:
    """A colour for each cooling technology of the study, the same one in every picture."""
    names = [str(c).removeprefix("it_mw_") for c in solution.sites.columns if str(c).startswith("it_mw_")]
    return {name: OKABE_ITO[i % len(OKABE_ITO)] for i, name in enumerate(names)}


def colours_of(solution: Solution) -> pd.Series:
    """The colour of each chosen site."""
    colours = cooling_colours(solution)
    return words.cooling_of(solution.chosen).map(lambda name: colours.get(name, NO_COOLING))


def size_steps(largest_mw: float) -> list[float]:
    """Round MW for the size legend.

    >>> size_steps(370), size_steps(60)
    ([50, 100, 400], [5, 20, 60])
    """
    if largest_mw <= 0:
        return []
    unit = 10.0 ** (len(str(int(max(largest_mw, 1)))) - 1)
    top = max(-(-largest_mw // unit), 1) * unit
    steps = sorted({step for step in (_round(top / 8), _round(top / 3), top)})
    return [int(s) if s >= 1 else s for s in steps]


def _round(value: float) -> float:
    """Down to the nearest 1, 2 or 5 times a power of ten."""
    if value < 1:
        return 1.0
    unit = 10.0 ** (len(str(int(value))) - 1)
    return max(s for s in (1, 2, 5) if s * unit <= value) * unit
