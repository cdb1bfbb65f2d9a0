"""A hand-made block with every form of row and bound that the template knows, over arrays that differ by block."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import numpy as np
import pyomo.environ as pyo
import xarray as xr

from siting.blocks.given import Given
from siting.blocks.ledger import EVERYWHERE, Ledger
from siting.inputs.inputs import Inputs

from .small import two_sites

BLOCKS, HOURS, SITES = 4, 2, ["north", "south"]


def inputs(folder: Path) -> Inputs:
    """Inputs whose arrays are `low < high`, `a > 0`, `cap > 0`, `some` (zero in half of the blocks), `flat` (no blocks)."""
    rng = np.random.default_rng(7)
    study = two_sites().study(folder)
    sites = two_sites().inputs(folder).candidates
    hours = {"block": np.arange(BLOCKS), "hour": np.arange(HOURS)}
    at = {"site": SITES, **hours}

    def of(low: float, high: float) -> xr.DataArray:
        return xr.DataArray(rng.uniform(low, high, (2, BLOCKS, HOURS)), at)

    some = of(0.5, 1.5)
    some[:, ::2] = 0.0
    parts = {
        "weight": xr.DataArray(np.array([100.0, 200.0, 300.0, 3780.0]), {"block": hours["block"]}),
        "low": xr.DataArray(rng.uniform(-9, -1, (BLOCKS, HOURS)), hours),
        "high": xr.DataArray(rng.uniform(1, 9, (BLOCKS, HOURS)), hours),
        "a": of(0.1, 3.0),
        "cap": of(5.0, 9.0),
        "some": some,
        "flat": xr.DataArray([0.3, 0.7], {"site": SITES}),
    }
    return Inputs(study, sites, xr.Dataset(parts))


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    b.size = pyo.Var(given.s, domain=pyo.NonNegativeReals, bounds=(1, 8))
    b.whole = pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(0, 3))
    b.level = pyo.Var(given.d, bounds=(-5, 5))
    b.sums = pyo.Constraint(expr=pyo.quicksum(b.level[d] for d in given.d) == 0.5)
    b.ranges = pyo.Constraint(given.s, rule=lambda b, s: (1, b.size[s] + 0.5 * b.whole + given.flat[s], 9))
    b.large_enough = pyo.Constraint(given.s, rule=lambda b, s: 2 * b.size[s] - 1 >= b.whole - 3)
    ledger.post("cost", "size", {s: 10 * b.size[s] + 1 for s in given.s})


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    s_t = (given.s, given.t)
    b.x = pyo.Var(*s_t, domain=pyo.NonNegativeReals)
    b.y = pyo.Var(*s_t, domain=pyo.NonNegativeReals, bounds=lambda b, s, t: (0, given.cap[s, t]))
    b.free = pyo.Var(given.t, domain=pyo.Reals, bounds=lambda b, t: (given.low[t], given.high[t]))
    rows = {
        "equality": lambda b, s, t: given.a[s, t] * b.x[s, t] + 3 == given.high[t] + 5,
        "range": lambda b, s, t: pyo.inequality(given.low[t], b.x[s, t] - b.y[s, t] + 1, given.high[t]),
        "at_most": lambda b, s, t: b.x[s, t] <= given.a[s, t] * b.size[s],
        "at_least": lambda b, s, t: 2 * b.x[s, t] - 1 >= given.low[t],
        "both_sides": lambda b, s, t: b.x[s, t] + 3 <= 2 * b.y[s, t] + given.high[t] + 1 + b.free[t],
        "arrays": lambda b, s, t: given.a[s, t] * b.x[s, t] + given.low[t] >= b.whole * given.flat[s] - given.high[t] ** 2,
        "sometimes": lambda b, s, t: given.some[s, t] * b.x[s, t] + b.y[s, t] <= 50,
        "noise": lambda b, s, t: given.some[s, t] * 1e-12 * b.x[s, t] + b.y[s, t] >= 0,
        "again": lambda b, s, t: b.x[s, t] + given.a[s, t] * b.x[s, t] + b.y[s, t] / given.a[s, t] <= 99,
    }
    for name, rule in rows.items():
        b.add_component(name, pyo.Constraint(*s_t, rule=rule))
    b.shared = pyo.Constraint(expr=given.across(lambda d: b.level[d]) <= pyo.quicksum(b.x[i] for i in b.x))
    cost = pyo.quicksum(given.a[s, t] * b.x[s, t] + given.low[t] for s in given.s for t in given.t)
    ledger.post("cost", "running", {EVERYWHERE: cost + b.whole})


MODULE = cast(ModuleType, SimpleNamespace(__name__="forms", plan=plan, operate=operate))
