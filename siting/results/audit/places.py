"""Work in one place, work with a deadline, and the loss of a site, from the plan and the hourly power alone."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ...inputs.inputs import Inputs
from ...inputs.site_loss import Losses
from ...study.workloads import Inference, Training
from ..solution import Solution
from .compare import above
from .levers import relief


def places(s: Solution, inputs: Inputs) -> list[str]:
    d, out = s.data, []
    capacity = d["existing_it"] + d["sites_new_it"]
    if "chips_standing" in d:
        capacity = (d["chip_performance"] * d["chips_standing"]).sum("chip")
    runs = xr.zeros_like(capacity)
    for name, w in inputs.study.work.items():
        if isinstance(w, Training) and w.in_one_place:
            host = d["workloads_hosts"].sel(workload=name).round()
            rate = float(d["training_rate"].sel(workload=name))
            if float(host.sum()) != 1:
                out.append(f"training '{name}' is at {float(host.sum()):g} sites, not one")
            away = d["workloads_train"].sel(workload=name) * (1 - host)
            out += above(away, f"training '{name}' runs beside its place", rate)
            runs = runs + rate * host
        if isinstance(w, Inference) and w.one_site_per_region:
            served = d["workloads_serve"].sel(workload=name).fillna(0).max(["block", "hour"])
            for region in served["region"].values:
                sites = int((served.sel(region=region) > 1e-4 * max(float(served.max()), 1.0)).sum())
                if sites > 1:
                    out.append(f"'{name}' serves region '{region}' from {sites} sites, not one")
    return out + above(runs - capacity, "a site does not hold the clusters of its runs", float(capacity.max()))


def deadlines(s: Solution, inputs: Inputs) -> list[str]:
    """With the least that can wait, everything is done in time, the hours of a block going round."""
    d, out = s.data, []
    for name, w in inputs.study.work.items():
        if not isinstance(w, Training) or w.deadline_hours is None:
            continue
        left = 1 - float(relief(d).sel(workload=name))
        comes = left * d["arrivals"].sel(workload=name).transpose("block", "hour").values
        done = d["workloads_train"].sel(workload=name).sum("site").transpose("block", "hour").values
        waits = np.cumsum(comes - done, axis=1)
        out += above(xr.DataArray(abs(waits[:, -1])), f"'{name}' is not done in its block", float(comes.sum(axis=1).max()))
        waits = waits - waits.min(axis=1, keepdims=True)
        n, size = waits.shape[1], float(comes.max())
        if w.deadline_hours < n:
            soon = sum((np.roll(done, -i, axis=1) for i in range(1, w.deadline_hours + 1)), np.zeros_like(done))
            out += above(xr.DataArray(waits - soon), f"'{name}' misses its deadline of {w.deadline_hours} h", size)
    return out


def losses(s: Solution, inputs: Inputs) -> list[str]:
    """With each open site lost, the others carry the peak of all users who ask for that."""
    rule = Losses.of(inputs)
    if rule is None:
        return []
    d, out = s.data, []
    if "chips_ready" in d:
        of_halls = (d["chip_performance"] * d["chips_ready"]).sum("chip")
    else:
        of_halls = d["cooling_firm_in"] if "cooling_firm_in" in d else d["workloads_firm"]
    of_halls = of_halls.sel(site=d["site"])
    firm = dict(zip(rule.halls, of_halls.values.ravel().tolist(), strict=True))
    left = dict(zip(inputs.study.work, (1 - relief(d)).values.tolist(), strict=True))
    for site in d["site"].values[d["sites_open"].values > 0.5]:
        short = rule.without(str(site), firm, left)
        out += above(xr.DataArray(short.mw), f"with '{site}' lost, users are not served", float(rule.peak.sum()))
    return out
