"""Tables of a solution made stage by stage, each a table of one year, with a first column `stage`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from ..inputs.inputs import Inputs
from ..inputs.stages import each_stage
from .solution import Solution

Tables = dict[str, pd.DataFrame]


def by_stage(solution: Solution, inputs: Inputs, make: Callable[[Solution, Inputs], pd.DataFrame]) -> pd.DataFrame:
    """The table of each stage under the other; without the column in a study of one year."""
    return all_by_stage(solution, inputs, lambda s, i: {"": make(s, i)})[""]


def all_by_stage(solution: Solution, inputs: Inputs, make: Callable[[Solution, Inputs], Tables]) -> Tables:
    """The same for several tables by name."""
    if not solution.stages:
        return make(solution, *each_stage(inputs))
    parts: dict[str, list[pd.DataFrame]] = {}
    for year, of in zip(solution.stages, each_stage(inputs), strict=True):
        for name, table in make(solution.stage(year), of).items():
            parts.setdefault(name, []).append(table.assign(stage=year)[["stage", *table.columns]])
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}
