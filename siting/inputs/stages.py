"""Stages: the same hours once for each stage, with what is different in it; and back, the inputs of one stage.

A stage is a study of one year. `staged` joins the stages into one Dataset: blocks of hours one after another, and the dimension
`stage` for what is different and belongs to no hour. `of_stage` cuts one out again: every part of the program that looks at one
year (plans, checks, audit, reports) sees a Dataset without stages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import xarray as xr

from ..physics import finance
from ..study.stages import Stage
from ..study.study import Study
from . import money
from .chips import chips
from .generation import not_yet, plant_prices
from .inputs import Inputs
from .levers import edge, levers
from .money import Technologies
from .reinforcement import Step
from .relief import work_left
from .storage import storage_prices
from .work_units import growth_factor
from .workloads import least_it

OF_STAGES = ("discount", "present_value", "stands_for")  # what tells of the stages themselves
CARBON = ("carbon_average", "carbon_residual", "carbon_marginal")


def stages_of(data: xr.Dataset) -> list[int]:
    """First years of the stages; none in a study of one year."""
    return data["stage"].values.tolist() if "stage" in data.coords else []


def staged(
    study: Study, data: xr.Dataset, sites: gpd.GeoDataFrame, technologies: Technologies, steps: Sequence[Step]
) -> xr.Dataset:
    """The Dataset with all stages of the study; without the dimension where there is one or none."""
    if study.stages is None:
        return data.assign(least_new_it=least_new_it(study, data))
    years = list(study.stages.years)
    each = [_in(study, year, data, sites, technologies, steps) for year in years]
    if len(each) == 1:
        return each[0]
    joined = join(each, years)
    present, last = finance.stage_values(study.finance.discount, study.stages.stands_for), study.stages.stands_for
    at = {"stage": years}
    return joined.assign(
        discount=xr.DataArray(present / present.sum(), at), present_value=xr.DataArray(present, at),
        stands_for=xr.DataArray(np.array(last, float), at),
    )  # fmt: skip


def _in(
    study: Study,
    year: int,
    data: xr.Dataset,
    sites: gpd.GeoDataFrame,
    technologies: Technologies,
    steps: Sequence[Step],
) -> xr.Dataset:
    """The Dataset as it is in one stage."""
    assert study.stages is not None
    stage, then = study.stages.years[year], study.at_stage(year)
    out = data.copy(deep=True)
    out.update(levers(then) | chips(study, sites, technologies, year))
    out.update(edge(then, float(out.get("chip_best", 1.0))))
    out.update(storage_prices(then))
    if study.generation:
        out.update(plant_prices(then, data["plant_cost"], technologies))
    factor = _work_of_stage(study, stage, year)
    for name in ("demand", "training_energy", "training_rate", *(["arrivals"] if "arrivals" in out else [])):
        out[name] = (out[name] * factor).transpose(*data[name].dims)
    for name, by in (("spot_price", stage.spot_price_factor), *((c, stage.carbon_factor) for c in CARBON)):
        if name in out:
            out[name] = out[name] * by
    if "carbon_price" in out and then.carbon is not None:
        out["carbon_price"] = xr.DataArray(then.carbon.price_eur_2024_per_t)
    late = [g for g in study.generation if not_yet(then, g, technologies)]
    if late:
        out["max_plant"].loc[{"generator": late}] = 0.0
    if "contract_offered" in out:
        ahead = [c for c, x in study.contracts.items() if x.commissioned is not None and x.commissioned.year > year]
        out["contract_offered"].loc[{"contract": ahead}] = 0.0
        out["contract_minimum"].loc[{"contract": ahead}] = 0.0
    if "power_year" in sites:
        there = xr.DataArray((sites["power_year"] <= year).to_numpy(float), {"site": sites["site"].tolist()})
        out["may_open"], out["must_open"] = out["may_open"] * there, out["must_open"] * there
        out["least_it"] = out["least_it"] * there
    if steps:
        ready = [step.ready_year is None or step.ready_year <= year for step in steps]
        out["reinforcement_of_use"] = xr.DataArray(np.array(ready, float), {"reinforcement": [s.name for s in steps]})
    return out.assign(least_new_it=least_new_it(then, out))


def _work_of_stage(study: Study, stage: Stage, year: int) -> xr.DataArray:
    """Work of the stage over that of the arrays, which are grown to the study's last year (workload,)."""
    factors = [
        stage.work.get(name, 1.0) * growth_factor(study, w.growth, year) / growth_factor(study, w.growth, study.last_year)
        for name, w in study.work.items()
    ]
    return xr.DataArray(factors, {"workload": list(study.work)})


def least_new_it(study: Study, data: xr.Dataset) -> xr.DataArray:
    """What must be built somewhere, in whole modules [MW]: a bound that the solver would take long to find by itself."""
    new = max(least_it(study, data, work_left(data)) - float(data["existing_it"].sum()), 0.0)
    if study.sites.module_mw is not None:
        new = float(np.ceil(new / study.sites.module_mw - 1e-6)) * study.sites.module_mw
    return xr.DataArray(new)


def join(each: Sequence[xr.Dataset], years: Sequence[int]) -> xr.Dataset:
    """Stages into one Dataset: blocks one after another; a dimension `stage` where other values differ."""
    n_blocks = each[0].sizes["block"]
    parts = {}
    for name in each[0].data_vars:
        of = [d[name] for d in each]
        if "block" in of[0].dims:
            if name == "follows":
                of = [xr.where(a >= 0, a + y * n_blocks, a) for y, a in enumerate(of)]
            parts[name] = xr.concat([a.drop_vars("block", errors="ignore") for a in of], "block").assign_attrs(of[0].attrs)
        elif all(np.array_equal(a.values, of[0].values) for a in of[1:]):
            parts[name] = of[0]
        else:
            parts[name] = xr.concat(of, "stage").transpose(*of[0].dims, "stage").assign_attrs(of[0].attrs)
    parts["stage_of_block"] = xr.DataArray(np.repeat(np.arange(float(len(years))), n_blocks), dims="block")
    whole = xr.Dataset(parts).assign_coords(block=np.arange(n_blocks * len(years)), stage=list(years))
    coords = {n: c for n, c in each[0].coords.items() if n not in whole.coords and "block" not in c.dims}
    return whole.assign_coords(coords)


def data_of_stage(data: xr.Dataset, number: int) -> xr.Dataset:
    """A Dataset of several stages as it is in one: blocks numbered from 0, no dimension `stage`.

    >>> each = [xr.Dataset({"weight": ("block", [1.0, 2.0]), "follows": ("block", [-1.0, 0.0]), "rate": x}) for x in (3.0, 4.0)]
    >>> whole = join(each, [2030, 2035])
    >>> whole["rate"].values.tolist(), whole["follows"].values.tolist()
    ([3.0, 4.0], [-1.0, 0.0, -1.0, 2.0])
    >>> one = data_of_stage(whole, 1)
    >>> float(one["rate"]), one["follows"].values.tolist(), one["block"].values.tolist(), "stage" in one.coords
    (4.0, [-1.0, 0.0], [0, 1], False)
    """
    blocks = np.flatnonzero(data["stage_of_block"].values == number)
    out = data.isel(stage=number, block=blocks).drop_vars(["stage", "stage_of_block", *OF_STAGES], errors="ignore")
    follows = out["follows"]
    out["follows"] = xr.where(follows >= 0, follows - blocks[0], follows).assign_attrs(follows.attrs)
    return out.assign_coords(block=np.arange(len(blocks)))


def of_stage(inputs: Inputs, number: int) -> Inputs:
    """The inputs of one stage: those of a study of one year."""
    year = stages_of(inputs.data)[number]
    return replace(inputs, study=inputs.study.at_stage(year), data=data_of_stage(inputs.data, number))


def each_stage(inputs: Inputs) -> list[Inputs]:
    """The inputs stage by stage; themselves in a study of one year."""
    years = stages_of(inputs.data)
    if not years and inputs.study.stages is not None:  # a study of one stage is one of its year
        return [replace(inputs, study=inputs.study.at_stage(*inputs.study.stages.years))]
    return [of_stage(inputs, y) for y in range(len(years))] or [inputs]


def unavoidable(inputs: Inputs) -> float:
    """What every plan pays in the mean year (see `money.unavoidable`)."""
    each = [money.unavoidable(of.study, of.data) for of in each_stage(inputs)]
    share = inputs.data["discount"].values if "discount" in inputs.data else np.ones(1)
    return float(share @ np.array(each))


def told_by_stage(inputs: Inputs) -> list[tuple[str, Inputs]]:
    """(`stage 2035: `, or nothing in a study of one year; inputs of the stage): for messages."""
    names = [f"stage {year}: " for year in stages_of(inputs.data)] or [""]
    return list(zip(names, each_stage(inputs), strict=True))
