"""Technology rows with their published range: value, low, high, and where they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from ..errors import DataError, nearest
from .tables import read_csv

End = Literal["low", "central", "high"]
OTHER_END: dict[End, End] = {"low": "high", "central": "central", "high": "low"}


class Ranged(NamedTuple):
    """One row: `low` and `high` are the value itself where the row has no range."""

    value: float
    low: float
    high: float
    unit: str
    source: str
    note: str
    mark: str

    def at(self, end: End) -> float:
        return {"low": self.low, "central": self.value, "high": self.high}[end]


class Ranges(NamedTuple):
    """The numbers of a technology table; text rows are left out."""

    path: Path
    rows: dict[str, dict[str, Ranged]]

    def of(self, technology: str, parameter: str) -> Ranged:
        """A row; DataError naming the nearest where there is none."""
        if technology not in self.rows:
            raise DataError(f"there is no '{technology}'; {nearest(technology, list(self.rows))}", self.path)
        row = self.rows[technology].get(parameter)
        if row is None:
            raise DataError(f"'{technology}' has no row '{parameter}'; add it with its source", self.path)
        return row


def read_ranges(path: Path) -> Ranges:
    """`technology, parameter, value, unit, source, note, mark` and, where any row has a range, `low, high`.

    Raises DataError where low ≤ value ≤ high fails.
    """
    needed = ["technology", "parameter", "value", "unit", "source", "note", "mark"]
    table = read_csv(path, needed, key=["technology", "parameter"])
    table = table.assign(**{c: np.nan for c in ("low", "high") if c not in table})
    numbers = table[["value", "low", "high"]].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    texts = table[["unit", "source", "note", "mark"]].fillna("").astype(str).to_numpy()
    rows: dict[str, dict[str, Ranged]] = {}
    problems = []
    names = zip(table["technology"].astype(str), table["parameter"].astype(str), strict=True)
    for (technology, parameter), (value, *ends), text in zip(names, numbers, texts, strict=True):
        if np.isnan(value):
            continue
        low, high = (value if np.isnan(end) else float(end) for end in ends)
        if not low <= value <= high:
            problems.append(f"'{technology}' {parameter}: {low:g} ≤ {value:g} ≤ {high:g} does not hold")
        rows.setdefault(technology, {})[parameter] = Ranged(float(value), low, high, *text)
    if problems:
        raise DataError(problems, path)
    return Ranges(path, rows)
