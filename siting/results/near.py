"""A solved study as the start of another that differs little: its plan, in the columns of the other's program."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..solve.program import Program


def plan_of(data: xr.Dataset, program: Program) -> np.ndarray:
    """(plan columns,) The value that a solution's `data` holds for each plan column of `program`; NaN where it has none."""
    out = np.full(len(program.plan.columns), np.nan)
    tables: dict[str, tuple[tuple[str, ...], dict]] = {}
    for j, label in enumerate(program.plan.columns):
        name = label.name.replace(".", "_")
        if name not in data:
            continue
        if name not in tables:
            dims = tuple(str(d) for d in data[name].dims)
            tables[name] = (dims, data[name].to_series().to_dict() if dims else {(): float(data[name])})
        dims, values = tables[name]
        if set(dims) == set(label.index):
            key = tuple(label.index[d] for d in dims)
            out[j] = values.get(key[0] if len(key) == 1 else key, np.nan)
    return out
