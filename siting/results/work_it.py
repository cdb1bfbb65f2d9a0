"""How much IT the work asks for, whatever the sites: before levers and the edge, and what they leave.

Users count with their peak. Training counts with what it adds to that: it runs in the valleys of the users' day as far as its
window and its largest rate let it, so its mean power is too much where there is room, and too little where its rate binds.
"""

from __future__ import annotations

import xarray as xr

from ..inputs.inputs import Inputs
from ..inputs.stages import each_stage
from ..inputs.workloads import least_it
from .solution import Solution

MEANINGS = {
    "work_it": "IT that the work asks for, whatever the sites",
    "work_it_left": "of that, what levers and the edge leave",
}


def with_work_it(solution: Solution, inputs: Inputs) -> xr.Dataset:
    """The data with `work_it` and `work_it_left` [MW; with generations of chips MW of the reference one], by stage."""
    looked_at = [solution.stage(year).data for year in solution.stages] or [solution.data]
    found: dict[str, list[float]] = {name: [] for name in MEANINGS}
    for d, of in zip(looked_at, each_stage(inputs), strict=True):
        left = 1 - d["workloads_relieved"] if "workloads_relieved" in d else 1.0
        found["work_it"].append(least_it(of.study, d, 1.0))
        found["work_it_left"].append(least_it(of.study, d, left))
    out = solution.data
    for name, values in found.items():
        array = xr.DataArray(values, {"stage": solution.stages}) if solution.stages else xr.DataArray(values[0])
        out = out.assign({name: array.assign_attrs(units="MW", long_name=MEANINGS[name])})
    return out
