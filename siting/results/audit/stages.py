"""Between stages: what is built stays, and the objective is the discounted sum of the stages' years."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ...inputs.inputs import Inputs
from ..solution import Solution
from .compare import above, differs, paid_for

STAY = (
    "sites_open", "cooling_halls", "grid_connection", "generation_built", "storage_power", "storage_energy", "heat_pipe",
    "heat_pump", "reinforcement_built",
)  # fmt: skip


def stages(s: Solution, inputs: Inputs) -> list[str]:
    """For a study of several stages only."""
    out = []
    study = inputs.study
    assert study.stages is not None
    for name in STAY:
        if name in s.data and "stage" in s.data[name].dims:
            paid, size = paid_for(s.data, name), float(abs(s.data[name]).max())
            fall = -paid.transpose(..., "stage").diff("stage")
            out += above(fall.fillna(0.0), f"{name} falls from one stage to the next", size)
            out += above((s.data[name] - paid).fillna(0.0), f"{name} stands and is not paid for", size)
    rate, ends = study.finance.discount, np.cumsum([0, *study.stages.stands_for])
    value = np.array([sum((1 + rate) ** -t for t in range(a, b)) for a, b in pairwise(ends)])
    of_year = s.accounts.pivot_table("value", "account", "stage", "sum", 0.0)[s.stages]
    tail = study.risk.weight if study.risk else 0.0
    parts = {study.minimise: 1.0 - tail, "penalty": 1.0, "cost_at_risk": tail}
    found = sum(w * (of_year.loc[a].to_numpy() @ value) / value.sum() for a, w in parts.items() if a in of_year.index)
    return out + differs(float(found), float(s.outcome["objective"]), "the discounted sum of the stages")
