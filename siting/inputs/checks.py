"""Every problem of the prepared inputs at once, each in a sentence."""

from __future__ import annotations

import numpy as np

from ..errors import InputsError, nearest
from ..study.workloads import Training
from . import site_loss
from .inputs import VARIABLES, Inputs
from .relief import work_left
from .stages import told_by_stage

COUNTED_WITH = {  # accounts that not every study counts: the array they need, and what to do
    "water_consumed": ("consumed_per_it", "give a column consumed_l_per_kwh in cooling.hours, or weather"),
    "water_scarcity": ("scarcity", "give water.basins, a table with their scarcity"),
    "water_reclaimed": ("max_reclaimed", "give water.reclaimed"),
    "heat_reused": ("heat_demand", "give a heat group (demand for heat)"),
}


def check(inputs: Inputs) -> None:
    """Raise InputsError with every problem: wrong dimensions, NaN, values out of bounds, work that no plan can serve."""
    problems = []
    for told, of in told_by_stage(inputs):
        problems += [told + p for p in _arrays(of) or _work(of) + _sites(of) + _storage(of) + _limits(of)]
    if problems:
        raise InputsError(problems, None)


def _arrays(inputs: Inputs) -> list[str]:
    problems = []
    for name, a in inputs.data.data_vars.items():
        v = VARIABLES.get(str(name))
        if v is None:
            problems.append(f"'{name}' is not in VARIABLES")
            continue
        if set(a.dims) != set(v.dims):
            problems.append(f"{name} has dimensions {a.dims}, expected {v.dims}")
            continue
        values = np.asarray(a.values, float)
        if not np.isfinite(values).all():
            where = np.argwhere(~np.isfinite(np.atleast_1d(values)))[0]
            at = ", ".join(f"{d} {a[d].values[i]}" for d, i in zip(a.dims, where, strict=False))
            problems.append(f"{v.meaning} ({name}) is not a finite number at {at or 'its only value'}")
        elif values.size and (values.min() < v.least or values.max() > v.most):
            worst = values.min() if values.min() < v.least else values.max()
            problems.append(f"{v.meaning} ({name}) holds {worst:g} {v.unit}; allowed is {v.least:g} to {v.most:g}")
    weights = inputs.data["weight"].values * inputs.data.sizes["hour"]
    scenario, probability = inputs.data["scenario"].values, inputs.data["probability"].values
    several = len(np.unique(scenario)) > 1
    for z in np.unique(scenario):
        covered = float((weights / probability)[scenario == z].sum())
        if abs(covered - 8760) > 0.5:
            of = f" of scenario {z:g}" if several else ""
            problems.append(f"the weights of the blocks{of} cover {covered:.1f} hours; a year has 8760")
    total = float(sum(probability[scenario == z][0] for z in np.unique(scenario)))
    if abs(total - 1) > 1e-6:
        problems.append(f"the probabilities of the scenarios sum to {total:g}, not to 1")
    return problems


def _work(inputs: Inputs) -> list[str]:
    d = inputs.data
    problems = site_loss.problems(inputs, dict(zip(inputs.study.work, _left(inputs).tolist(), strict=True)))
    for name, work in inputs.study.work.items():
        if isinstance(work, Training) and work.in_one_place:
            problems += _run(inputs, name)
        if "accepts" in d and not d["accepts"].sel(workload=name).values.any():
            asked = [f"{key} {value}" for key, value in (("needs", work.needs), ("rack_kw", work.rack_kw)) if value is not None]
            problems.append(
                f"work.{name}: no hall can hold it ({', '.join(asked)}): add a technology to cooling.technologies that can"
            )
        if work.kind != "inference":
            continue
        of = d.sel(workload=name)
        for region in d["region"].values[of["has_demand"].values > 0]:
            if not of["reachable"].sel(region=region).values.any():
                limit = getattr(work, "latency_ms", None)
                if limit is None:
                    problems.append(f"work.{name}: no site may do the work of region '{region}' (stays_in)")
                    continue
                trip = d["round_trip"].sel(region=region)
                best = float(trip.min())
                site = str(d["site"].values[int(trip.values.argmin())])
                problems.append(
                    f"work.{name}: no site meets latency_ms {limit:g} for region '{region}'; "
                    f"the nearest, {site}, has {best:.1f} ms: allow that, or add a nearer candidate"
                    + (f" in the areas of stays_in (by {work.stays_by})" if best <= limit else "")
                )
    return problems


def _left(inputs: Inputs) -> np.ndarray:
    """The least share of each work that sites have to do."""
    return np.broadcast_to(work_left(inputs.data), len(inputs.study.work))


def _run(inputs: Inputs, name: str) -> list[str]:
    """A run in one place that no site has room for."""
    d, rate = inputs.data, float(inputs.data["training_rate"].sel(workload=name))
    room = d["existing_it"] + d["room_for_new_it"] * d["may_open"]
    if "may_train" in d:
        room = room * d["may_train"].sel(workload=name)
    rate = rate / float(d.get("chip_best", 1.0))  # MW of IT, where newer chips do the work
    if rate <= float(room.max()) + 1e-6:
        return []
    best, most = str(d["site"].values[int(room.values.argmax())]), float(room.max())
    return [
        f"work.{name}: a run of {rate:.0f} MW in one place: the largest site, '{best}', has room for {most:.0f} MW of IT "
        "(max_it_mw): allow more there, a lower rate, or drop in_one_place"
    ]


def _sites(inputs: Inputs) -> list[str]:
    d, problems = inputs.data, []
    for site in d["site"].values:
        s = d.sel(site=site)
        if float(s["least_it"]) > float(s["existing_it"] + s["room_for_new_it"]) + 1e-9:
            problems.append(
                f"site '{site}' must hold {float(s['least_it']):g} MW of IT, but has room for "
                f"{float(s['existing_it'] + s['room_for_new_it']):g} MW (max_it_mw)"
            )
        if float(s["must_open"]) > float(s["may_open"]):
            problems.append(f"site '{site}' is both 'must' and 'never'")
    demand = (d["demand"] * work_left(d)).sum(["workload", "region"]) if "demand" in d else None
    if demand is not None:
        peak = float(demand.max())
        room = float((d["existing_it"] + d["room_for_new_it"] * d["may_open"]).sum())
        if peak > room + 1e-6:
            problems.append(
                f"the work needs {peak:.0f} MW of IT at its peak, but all candidates together have room for {room:.0f} MW: "
                f"raise sites.max_it_mw or keep more candidates"
            )
    if "max_connection" in d and demand is not None and "design_power_per_it" in d:
        per_it = (d["idle_power"] + d["design_power_per_it"]).min("cooling")
        most = float((d["max_connection"] / per_it * d["may_open"]).sum())
        if peak > most + 1e-6:
            problems.append(
                f"the work needs {peak:.0f} MW of IT at its peak, but the grid headroom of all candidates carries "
                f"{most:.0f} MW of IT: {peak - most:.0f} MW are missing; add candidates, or lower the demand"
            )
    return problems


def _storage(inputs: Inputs) -> list[str]:
    """A level is carried over only between blocks that follow each other in time."""
    follows = inputs.data.get("follows")
    if follows is not None and bool((follows >= 0).any()):
        return []
    return [
        f"storage.{name}: between_blocks 'carried' needs blocks of hours that follow each other in time (a whole calendar, or "
        "the column follows in hours.table); representative days have no neighbours: say 'same_level'"
        for name, storage in inputs.study.storage.items()
        if storage.between_blocks == "carried"
    ]


def _limits(inputs: Inputs) -> list[str]:
    """A limit per a column that the sites lack, or for a place that no site has; months of hours that have none."""
    sites, problems = inputs.sites, []
    for account, limits in inputs.study.limits.items():
        for name in dict.fromkeys([account, *(limit.of for limit in limits)]):
            if name in COUNTED_WITH and COUNTED_WITH[name][0] not in inputs.data:
                problems.append(f"limits.{account}: the study does not count {name}: {COUNTED_WITH[name][1]}")
        for limit in limits:
            if limit.window == "month" and inputs.data.sizes["block"] > 1 and len(set(inputs.data["month"].values)) == 1:
                problems.append(
                    f"limits.{account}: a limit of each month, but all blocks of hours are of one month; "
                    "give the column month in hours.table"
                )
            if limit.per == "everywhere":
                continue
            if limit.per not in sites.columns:
                told = nearest(limit.per, ["everywhere", *map(str, sites.columns)])
                problems.append(f"limits.{account}: per '{limit.per}' is no column of the sites; {told}")
                continue
            places = set(sites[limit.per].astype(str))
            for value in (limit.most, limit.least):
                for place in value if isinstance(value, dict) else ():
                    if place not in places:
                        problems.append(f"limits.{account}: no kept site has {limit.per} '{place}'; {nearest(place, places)}")
    return problems
