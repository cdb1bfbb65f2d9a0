"""How fast is the template? A script, not a test:  python -m tests.benchmarks.stamping [sites] [days]

All inputs are SYNTHETIC (random prices, weather and demand), made directly as arrays. In one run it prints

    1  build + stamp of sites x days x 24 h, then assembly of the whole matrix and `passModel`
    2  `passModel` alone of the same ready arrays                                          building / handing must be <= 3
    3  Pyomo's own HiGHS interface on single blocks, extrapolated linearly to all blocks   must be at least 20 times slower
    4  peak memory of this process                                                         must be below 6 GB

Pyomo's interface is given one block at a time (all of a block's hours and the plan), without solving, so the extrapolation
leaves out what its memory would cost at full size: it flatters Pyomo.

60 sites x 365 days, before and after storage, contracts by zone, and the accounts of clean energy came in (two cores):
5.39 M rows, 28.8 M non-zeros, build and stamp 5.6 s, ours / passModel 2.04; then 5.91 M, 29.9 M, 5.1 s, 1.71.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import geopandas as gpd
import highspy
import numpy as np
import pyomo.environ as pyo
import xarray as xr
from pyomo.contrib.appsi.solvers import Highs as PyomoHighs

from siting.blocks.model import build
from siting.inputs.inputs import Inputs, described
from siting.solve.highs import Highs
from siting.solve.program import Whole, whole
from siting.solve.stamp import stamp
from siting.study.contracts import Contract
from siting.study.generation import Plant
from siting.study.study import Study

T = TypeVar("T")
SAMPLE = 3  # single blocks given to Pyomo's interface
MOST_RATIO, LEAST_SPEED, MOST_GB = 3.0, 20.0, 6.0


def synthetic(n_sites: int, n_days: int, n_regions: int = 10) -> Inputs:
    """SYNTHETIC inputs: three coolings, PV and wind behind the meter, a contract, inference and training, two limits."""
    rng = np.random.default_rng(0)
    sites, regions = [f"s{i:02d}" for i in range(n_sites)], [f"r{j}" for j in range(n_regions)]
    kinds, plants, work = ["air", "water", "dry"], ["pv", "wind"], ["web", "batch"]
    coords: dict[str, list] = {
        "site": sites, "block": list(range(n_days)), "hour": list(range(24)), "cooling": kinds, "generator": plants,
        "workload": work, "region": regions, "contract": ["sea"],
    }  # fmt: skip

    def of(values: object, *dims: str) -> xr.DataArray:
        shape = [len(coords[d]) for d in dims]
        return xr.DataArray(np.broadcast_to(np.asarray(values, float), shape).copy(), {d: coords[d] for d in dims})

    def at_random(low: float, high: float, *dims: str) -> xr.DataArray:
        return of(rng.uniform(low, high, [len(coords[d]) for d in dims]), *dims)

    hours = ("block", "hour")
    sun = at_random(0, 1, "site", "generator", *hours)
    sun[:, 0, :, :6] = 0.0
    carbon, is_web = at_random(0.1, 0.6, *hours), of([[1.0], [0.0]], "workload", "region")
    parts = {
        "weight": of(365 / n_days, "block"),
        "month": of(np.arange(n_days) * 12 // n_days + 1, "block"),
        "follows": of(-1, "block"), "scenario": of(0, "block"), "probability": of(1, "block"),
        "must_open": of(0, "site"), "may_open": of(1, "site"), "existing_it": of(0, "site"), "least_it": of(0, "site"),
        "room_for_new_it": of(100, "site"), "least_new_it": xr.DataArray(200.0), "land_available": of(200, "site"),
        "land_rent": of(35_000, "site"), "site_cost": of(7e5, "site"), "module_mw": xr.DataArray(10.0),
        "server_cost": xr.DataArray(5e6), "server_carbon": xr.DataArray(80.0), "existing_halls": of(0, "site", "cooling"),
        "idle_power": at_random(0.03, 0.08, "site", "cooling"), "power_per_it": at_random(1.02, 1.3, "site", "cooling", *hours),
        "design_power_per_it": of(1.35, "site", "cooling"), "water_per_it": at_random(0, 2, "site", "cooling", *hours),
        "hall_cost": of([1.1e6, 1.1e6, 1.2e6], "cooling"), "hall_land": of(0.4, "cooling"), "hall_carbon": of(40, "cooling"),
        "water_price": of(2.0, "site"), "has_demand": is_web,
        "demand": at_random(5, 15, "workload", "region", *hours) * is_web,
        "reachable": of(rng.uniform(size=(2, n_sites, n_regions)) < 0.5, "workload", "site", "region"),
        "training_energy": of([0, 3e5], "workload"), "training_rate": of([0, 80], "workload"), "availability": sun,
        "max_plant": of(50, "site", "generator"), "plant_cost": of([8e4, 1.7e5], "generator"),
        "plant_land": of([1.1, 0.4], "generator"), "plant_carbon": of([45, 27], "generator"),
        "plant_land_nearby": of(0, "generator"), "plant_clean": of(1, "generator"), "plant_variable_cost": of(0, "generator"),
        "plant_direct_carbon": of(0, "generator"), "plant_full_load_hours": of(8760, "generator"),
        "contract_minimum": of(0, "contract"), "contract_new": of(1, "contract"),
        "connection_cost": of(1.4e5, "site"), "max_connection": of(150, "site"), "spot_price": at_random(10, 150, *hours),
        "energy_tariff": xr.DataArray(48.0), "carbon_average": carbon, "carbon_residual": carbon,
        "contract_profile": at_random(0, 1, "contract", *hours), "contract_offered": of(50, "contract"),
        "contract_strike": of(60, "contract"), "penalty_per_mwh": xr.DataArray(1e8), "penalty_total": xr.DataArray(1e9),
    }  # fmt: skip
    sea = Contract(technology="wind", lon=8.0, lat=54.0, offered_mw=50.0, strike_eur_2024_per_mwh=60.0)
    raw = {
        "name": "synthetic",
        "sites": {"table": "none.csv", "module_mw": 10.0},
        "hours": {"table": "none.csv"},
        "work": {
            "web": {"kind": "inference", "table": "none.csv", "latency_ms": 10.0},
            "batch": {"kind": "training", "mwh_it_per_year": 3e5, "max_it_mw": 80.0, "window": "month"},
        },
        "cooling": {"technologies": kinds, "hours": "none.csv"},
        "grid": {"headroom": "off"},
        "limits": {"carbon_location": {"max_t_per_year": 5e5}, "water": {"max_m3_per_year": 2e6, "per": "site"}},
    }
    frame = gpd.GeoDataFrame(
        {"site": sites, "kept": True}, geometry=gpd.points_from_xy([10.0] * n_sites, [50.0] * n_sites), crs=4326
    )
    more = {"generation": {g: Plant(max_mw_per_site=50.0) for g in plants}, "contracts": {"sea": sea}}
    study = Study.model_validate(raw).model_copy(update=more)  # a file of it would need weather
    return Inputs(study, frame, described(xr.Dataset(parts)))


def timed(what: str, make: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    made = make()
    seconds = time.perf_counter() - start
    print(f"  {what:<58} {seconds:8.2f} s", flush=True)
    return seconds, made


def hand_over(w: Whole) -> highspy.Highs:
    """The ready arrays straight into HiGHS: nothing but `passModel`."""
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = w.matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_, lp.row_lower_, lp.row_upper_ = (
        w.cost,
        w.column_lower,
        w.column_upper,
        w.lower,
        w.upper,
    )
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = w.matrix.indptr, w.matrix.indices, w.matrix.data
    if h.passModel(lp) != highspy.HighsStatus.kOk:
        raise SystemExit("passModel did not succeed")
    return h


def through_pyomo(inputs: Inputs, d: int) -> None:
    """One block as an ordinary Pyomo model, given to Pyomo's own HiGHS interface; not solved."""
    model = build(inputs, only=[d])
    entries = [e for e in model.ledger.entries if e.account in ("cost", "penalty")]
    weights = {"plan": 1.0, "operate": float(model.given.weights[0])}
    terms = [weights[e.phase] * x for e in entries for x in e.amounts.values()]
    model.pyomo.objective = pyo.Objective(expr=pyo.quicksum(terms))
    PyomoHighs().set_instance(model.pyomo)


def main(n_sites: int = 60, n_days: int = 365) -> bool:
    """Print times and ratios; whether every bound holds."""
    print(f"SYNTHETIC: {n_sites} sites x {n_days} blocks x 24 h")
    inputs = synthetic(n_sites, n_days)
    built, model = timed("build: Pyomo, plan and one template", lambda: build(inputs))
    stamped, program = timed("stamp: template to arrays", lambda: stamp(model))
    assembled, w = timed("assemble: one matrix", lambda: whole(program))
    passed, highs = timed("Highs(whole): scaling and passModel", lambda: Highs(w))
    del highs
    print(f"  {w.matrix.shape[0]:,} rows, {w.matrix.shape[1]:,} columns, {w.matrix.nnz:,} non-zeros")
    handed, ready = timed("passModel alone of the ready arrays", lambda: hand_over(w))
    del ready
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    sample = [n_days * i // SAMPLE for i in range(SAMPLE)]
    one = np.mean([timed(f"Pyomo's HiGHS interface, block {d} only", lambda d=d: through_pyomo(inputs, d))[0] for d in sample])
    pyomo_all = float(one) * n_days
    ours = built + stamped + assembled + passed
    checks = [
        (
            f"all of ours {ours:.1f} s / passModel alone {handed:.1f} s",
            ours / handed,
            ours / handed <= MOST_RATIO,
            f"<= {MOST_RATIO:g}",
        ),
        (
            f"Pyomo {pyomo_all:.0f} s (extrapolated from {SAMPLE} blocks) / ours",
            pyomo_all / ours,
            pyomo_all / ours >= LEAST_SPEED,
            f">= {LEAST_SPEED:g}",
        ),
        ("peak memory up to passModel, GB", memory, memory < MOST_GB, f"< {MOST_GB:g}"),
    ]
    for what, value, holds, bound in checks:
        print(f"  {what:<58} {value:8.2f}   {bound}: {'yes' if holds else 'NO'}")
    return all(holds for _, _, holds, _ in checks)


if __name__ == "__main__":
    sys.exit(0 if main(*map(int, sys.argv[1:])) else 1)
