"""Prices of plant and storage in the year in which they are bought, over those of their tables: published paths of capex.

Between two years of a path capex falls at a constant rate; before the first it stays, and so after the last.
"""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from ..errors import DataError, StudyError
from ..physics.work import path_factor
from ..sources.ranges import Ranges, read_ranges
from ..study.study import Study
from .money import folder_of

TABLE_YEAR = "table_year"  # the year that the row of the technology's own table is of


def price(study: Study, technology: str) -> float:
    """Capex in the study's year over that of the technology's table; 1 where the study does not ask for paths of cost, or the
    technology has none. Raises StudyError without a year, DataError for a path that rises or lacks its table's year."""
    if not study.finance.cost_paths:
        return 1.0
    if study.last_year is None:
        raise StudyError("finance.cost_paths takes costs of the year in which something is bought: give 'year', or stages")
    table = read_ranges(folder_of(study) / "cost_paths.csv")
    if technology not in table.rows:
        return 1.0
    points = {int(y): row.value for y, row in sorted(table.rows[technology].items()) if y != TABLE_YEAR}
    years, amounts = list(points), list(points.values())
    if any(after > before for before, after in pairwise(amounts)):
        raise DataError(f"the path of '{technology}' rises: what is bought later must not be dearer", table.path)
    own, now = (min(max(y, years[0]), years[-1]) for y in (table.of(technology, TABLE_YEAR).value, study.last_year))
    return path_factor(years, amounts, own, now)


def told(study: Study, rows: dict[str, str]) -> pd.DataFrame:
    """What the study takes: one row a technology of it (`rows`: name in the study to row of the paths) and stage."""
    table: Ranges = read_ranges(folder_of(study) / "cost_paths.csv")
    years = list(study.stages.years) if study.stages is not None else [study.last_year]
    out = []
    for name, technology in rows.items():
        points = [row for y, row in table.rows.get(technology, {}).items() if y != TABLE_YEAR]
        for year in years:
            of = study.at_stage(int(year)) if study.stages is not None and year is not None else study
            source = (points[0].source, points[0].mark) if points else ("no path: as in its table", "")
            out.append((name, year, price(of, technology), *source))
    return pd.DataFrame(out, columns=["technology", "bought_in", "capex_over_table", "source", "mark"])
