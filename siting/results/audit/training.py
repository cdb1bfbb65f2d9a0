"""Training: the work of each window, the losses of stopping, and what was asked of clusters, from hourly power alone."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ...inputs.inputs import Inputs
from ...study.workloads import Pausing, Training
from ..solution import Solution
from .compare import above
from .levers import relief


def training(s: Solution, inputs: Inputs) -> list[str]:
    """Rates, windows and clusters of every training work."""
    d, out = s.data, []
    for name, w in inputs.study.work.items():
        if not isinstance(w, Training):
            continue
        power = d["workloads_train"].sel(workload=name)
        total = power.sum("site")
        rate = float(d["training_rate"].sel(workload=name))
        out += above(total - rate, f"training '{name}' exceeds its largest rate", rate)
        if "may_train" in d:
            out += above(power * (1 - d["may_train"].sel(workload=name)), f"training '{name}' leaves its areas", rate)
        done = total.sum("hour")
        if w.pausing:
            up = d["workloads_up"].sel(workload=name)
            standing = d["workloads_standing"].sel(workload=name)
            started, stopped = changes(up, standing)
            lost = w.pausing.restart_hours * started + w.pausing.checkpoint_hours * stopped
            done = done - lost.sum(["site", "edge"])
            out += _clusters(s, name, w, w.pausing, started)
        if w.window == "steady":
            out += above(power.max(["block", "hour"]) - power.min(["block", "hour"]), f"steady training '{name}' varies")
        out += _windows(d, name, w, done)
    return out


def changes(up: xr.DataArray, standing: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """MW started and stopped, (site, block, edge): an edge before every hour and one after the last; midnight is `standing`.

    >>> up = xr.DataArray([[[0.0, 4.0, 4.0]]], dims=("site", "block", "hour"))
    >>> started, stopped = changes(up, xr.DataArray([1.0], dims="site"))
    >>> started.values.ravel().tolist(), stopped.values.ravel().tolist()
    ([0.0, 4.0, 0.0, 0.0], [1.0, 0.0, 0.0, 3.0])
    """
    up = up.transpose("site", "block", "hour")
    edge = np.broadcast_to(standing.values[:, None, None], (up.sizes["site"], up.sizes["block"], 1))
    steps = np.diff(np.concatenate([edge, up.values, edge], axis=2), axis=2)
    coords = {"site": up["site"], "block": up["block"]} if "site" in up.coords else None
    dims = ("site", "block", "edge")
    return xr.DataArray(np.maximum(steps, 0), coords, dims), xr.DataArray(np.maximum(-steps, 0), coords, dims)


def _windows(d: xr.Dataset, name: str, w: Training, done: xr.DataArray) -> list[str]:
    """`done` is MWh by block, in one occurrence."""
    of_year, hours = done * d["weight"], d["weight"] * d.sizes["hour"]
    whole = w.window in ("year", "steady")
    of_scenario = 0 * d["month"] + 100 * d["scenario"]
    groups = (of_scenario if whole else of_scenario + d["month"] if w.window == "month" else d["block"]).values
    asked = float((d["training_energy"] * (1 - relief(d))).sel(workload=name))
    out = []
    for group in np.unique(groups):
        least = asked * float(hours.values[groups == group].sum()) / 8760
        found = float(of_year.values[groups == group].sum())
        if found < least * (1 - 1e-5) - 1e-3:
            out.append(f"training '{name}': {found:.1f} of {least:.1f} MWh are done in {w.window} {group:g} (window)")
    return out


def _clusters(s: Solution, name: str, w: Training, p: Pausing, started: xr.DataArray) -> list[str]:
    """Nothing runs but what is up; throttle, minimum up time, ramp and the paused share as the study has them."""
    d = s.data
    power, up, held = (d[f"workloads_{v}"].sel(workload=name) for v in ("train", "up", "cluster"))
    size, told = max(float(held.max()), 1.0), f"training '{name}'"
    out = above(power - up, f"{told} runs more than is up", size)
    out += above(up - held, f"{told} has more up than it holds", size)
    out += above(p.least_power_share * up - power, f"{told} throttles too low", size)
    if p.max_ramp_mw_per_hour is not None:
        step = np.abs(np.diff(power.transpose(..., "hour").values, axis=-1))
        out += above(xr.DataArray(step) - p.max_ramp_mw_per_hour, f"{told} ramps too fast", size)
    starts = started.transpose(..., "edge").values[..., : up.sizes["hour"]]
    ups = up.transpose("site", "block", "hour").values
    for t in range(ups.shape[-1]):
        recent = starts[..., max(t - p.min_up_hours + 1, 0) : t + 1].sum(axis=-1)
        out += above(xr.DataArray(recent - ups[..., t]), f"{told}: clusters stop before their minimum up time", size)
    if p.max_paused_share is not None:
        could = 8760 * float(held.sum())
        drawn = float((power.sum(["site", "hour"]) * d["weight"]).sum())
        if could > 0 and 1 - drawn / could > p.max_paused_share + 1e-5:
            out.append(f"{told} pauses {1 - drawn / could:.2%} of what its clusters could do; {p.max_paused_share:.2%} may be")
    return out
