"""The same problem in another library: a SYNTHETIC year (`instances.py`) written in linopy and solved by HiGHS, beside ours.

    python -m tests.benchmarks.linopy_instance 10 12                  # sites, days: whole modules, gap 0.5 %
    python -m tests.benchmarks.linopy_instance 4 2 --relaxed          # the linear program: the objectives agree to 1e-6
    python -m tests.benchmarks.linopy_instance 20 56 --seconds 600 --ways linopy decomposition

The model here is written from the mathematics, with linopy's variables over (site, block, hour): not from our arrays. It has
no elastic columns (they are zero in every plan that keeps the rules), and shares of months and of the carbon limit are sums.
Every way has a process of its own, so that its peak of memory is its own. The same gap (of the siting-dependent cost), one
thread in each HiGHS, the same LP solver (interior point). linopy hands its matrix over directly (`io_api="direct"`, its
quickest), its objective in 1000 EUR as scaling by hand; ours scales inside.

PyPSA cannot hold this instance as it stands. It has plant, battery, connection, regions (loads, a link to each site), training
(a store a month), modules (`p_nom_mod`, alone in each link) and the carbon limit (a global constraint). It has no rows between
capacities of different components (but sums of a carrier against a constant), and siting is made of these: halls of all
technologies within the room of a site that opens at a fixed cost, with plant and connection only there; idle power of what is
built, whether or not it carries anything; idle and design power of halls and firm work within the connection (a capacity
against capacities, not flows); charge and discharge through one inverter; a battery's one level at every midnight. And one
weighting of stores serves the battery (1 hour) and the month (the hours that a sampled day stands for). Each can be added with
`extra_functionality`, which is linopy: this.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import linopy
import pandas as pd
import xarray as xr

from siting.blocks.model import build
from siting.errors import SitingError
from siting.inputs.inputs import Inputs
from siting.solve.benders.decomposition import Decomposition
from siting.solve.monolith import Monolith
from siting.solve.stamp import stamp

from .instances import instance

EUR = 1000.0  # of the objective's unit


class Figures(NamedTuple):
    """What one way of solving took [s, GB] and found [EUR/year]."""

    build_s: float
    hand_s: float
    solve_s: float
    status: str
    objective: float
    gap_of_siting: float
    own_gb: float  # peak of the process
    worker_gb: float  # peak of its largest worker process


def written_in_linopy(inputs: Inputs, relaxed: bool) -> linopy.Model:
    """The instance (of one weather year) in linopy's own words; objective in 1000 EUR less what every plan pays."""
    d, study, m = inputs.data, inputs.study, linopy.Model()
    site, cooling, plants = (pd.Index(d[n].values, name=n) for n in ("site", "cooling", "generator"))
    time_ = [pd.Index(d[n].values, name=n) for n in ("block", "hour")]
    battery, batch, web = ({"storage": "battery"}, {"workload": "batch"}, {"workload": "web"})

    def plan(name: str, *of: pd.Index, upper: object = float("inf"), **kind: bool) -> linopy.Variable:
        return m.add_variables(lower=0, upper=upper, coords=of, name=name, **({} if relaxed else kind))

    def hourly(name: str, *of: pd.Index, mask: xr.DataArray | None = None) -> linopy.Variable:
        return m.add_variables(lower=0, coords=[*of, *time_], name=name, mask=mask)

    opened = plan("open", site, upper=1, integer=True)
    modules = plan("modules", site, cooling, integer=True)
    firm = plan("firm", site, cooling)
    plant = plan("plant", site, plants, upper=d.max_plant)
    power = plan("battery_mw", site, upper=d.max_storage_power.sel(battery, drop=True))
    energy = plan("battery_mwh", site, upper=d.max_storage_energy.sel(battery, drop=True))
    midnight = plan("battery_level_at_midnight", site)
    connection = plan("connection", site)
    halls = float(d.module_mw) * modules
    it = halls.sum("cooling")
    m.add_constraints(it <= d.room_for_new_it * opened)
    m.add_constraints(it >= float(d.module_mw) * opened)
    m.add_constraints(it.sum() >= float(d.least_new_it))
    m.add_constraints(firm <= halls)
    m.add_constraints(plant <= d.max_plant * opened)
    m.add_constraints(connection <= d.max_connection * opened)
    m.add_constraints((d.idle_power * halls + d.design_power_per_it * firm).sum("cooling") <= connection)
    m.add_constraints(midnight <= energy)
    land = (d.hall_land * halls).sum("cooling") + (d.plant_land * plant).sum("generator")
    land = land + float(d.storage_land.sel(battery)) * energy
    m.add_constraints(land <= d.land_available)

    near = d.reachable.sel(web, drop=True) > 0
    serve = hourly("serve", site, pd.Index(d.region.values, name="region"), mask=near.expand_dims(block=d.block, hour=d.hour))
    train, carried = hourly("train", site), hourly("carried", site, cooling)
    m.add_constraints(serve.sum("site") == d.demand.sel(web, drop=True))
    m.add_constraints(train.sum("site") <= float(d.training_rate.sel(batch)))
    done = (d.weight * train).sum(["site", "hour"]).groupby(d.month.rename("of_month")).sum()
    hours_of_month = d.weight.groupby(d.month.rename("of_month")).sum()
    m.add_constraints(done >= float(d.training_energy.sel(batch)) * hours_of_month / float(d.weight.sum()))
    m.add_constraints(serve.sum("region") <= firm.sum("cooling"))
    m.add_constraints(carried.sum("cooling") == serve.sum("region") + train)
    m.add_constraints(carried <= halls)

    imported, used = hourly("imported", site), hourly("used", site, plants)
    charge, discharge, level = (hourly(n, site) for n in ("charge", "discharge", "level"))
    facility = (d.idle_power * halls + d.power_per_it * carried).sum("cooling")
    m.add_constraints(imported + used.sum("generator") + discharge - charge == facility)
    m.add_constraints(imported <= connection)
    m.add_constraints(used <= d.availability * plant)
    m.add_constraints(charge + discharge <= power)
    m.add_constraints(level <= energy)
    first = xr.zeros_like(d.hour, float).where(d.hour > d.hour[0], 1.0)
    into, out = (float(d[f"{n}_efficiency"].sel(battery)) for n in ("charge", "discharge"))
    before = (1 - float(d.standing_loss.sel(battery))) * (level.shift(hour=1).fillna(0) + first * midnight)
    m.add_constraints(level == before + into * charge - discharge / out)
    m.add_constraints(level.isel(hour=-1) >= midnight)
    (limit,) = study.limits["carbon_location"]
    (carbon_t,) = (value for sense, value in limit.bounds("everywhere") if sense == "most")
    m.add_constraints((d.weight * d.carbon_average * imported).sum() <= carbon_t, name="within_carbon")

    per_mw = d.hall_cost + float(d.server_cost) + d.land_rent * d.hall_land
    per_mwh = float(d.storage_energy_cost.sel(battery)) + d.land_rent * float(d.storage_land.sel(battery))
    cost = (d.site_cost * opened).sum() + (per_mw * halls).sum() + (d.connection_cost * connection).sum()
    cost = cost + ((d.plant_cost + d.land_rent * d.plant_land) * plant).sum() + (per_mwh * energy).sum()
    cost = cost + (float(d.storage_power_cost.sel(battery)) * power).sum()
    cost = cost + (d.weight * (d.spot_price + float(d.energy_tariff)) * imported).sum()
    cost = cost + (d.weight * d.water_price * d.water_per_it * carried).sum()
    cost = cost + (d.weight * float(d.storage_wear.sel(battery)) * discharge).sum()
    every_plan = m.add_variables(lower=1, upper=1, name="what_every_plan_pays")  # so that HiGHS's gap is that of siting
    m.add_objective(cost / EUR - inputs.unavoidable_cost / EUR * every_plan)
    return m


def solved_by_linopy(m: linopy.Model, relaxed: bool, gap: float, seconds: float) -> tuple[str, float, float, float]:
    """Status, objective less what every plan pays [EUR/year], its gap, and the seconds that HiGHS ran."""
    options = {"solver": "ipm"} if relaxed else {"mip_rel_gap": gap, "mip_abs_gap": 0.0, "mip_lp_solver": "ipx"}
    status = m.solve("highs", io_api="direct", log_to_console=False, threads=1, time_limit=seconds, **options)
    info, seconds = m.solver_model.getInfo(), m.solver_model.getRunTime()
    found = info.objective_function_value
    proven = float(0 if status[1] == "optimal" else "nan") if relaxed else (found - info.mip_dual_bound) / abs(found)
    return status[1], found * EUR, proven, seconds


def figures(way: str, sites: int, days: int, relaxed: bool, gap: float, seconds: float) -> Figures:
    """Build, hand over and solve in one of the three ways."""
    inputs = instance(sites, days, gap=gap)
    start = time.perf_counter()
    if way == "linopy":
        m = written_in_linopy(inputs, relaxed)
        built = time.perf_counter()
        status, dependent, proven, solve_s = solved_by_linopy(m, relaxed, gap, seconds)
        hand_s, objective = time.perf_counter() - built - solve_s, dependent + inputs.unavoidable_cost
    else:
        model = build(inputs)
        built = time.perf_counter()
        program = stamp(model)
        if relaxed:
            program.plan.integer[:] = False
        options = inputs.study.solver.model_copy(update={"gap": gap, "time_limit_s": seconds})
        solver = {"monolith": Monolith, "decomposition": Decomposition}[way](program, options, inputs.unavoidable_cost)
        handed = time.perf_counter()
        try:
            found = solver.solve()
            status, objective, proven = found.status, found.objective, found.gap_of_siting
        except SitingError as e:
            status, objective, proven = str(e), float("nan"), float("nan")
        hand_s, solve_s = handed - built, time.perf_counter() - handed
    own, worker = (resource.getrusage(w).ru_maxrss / 2**20 for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Figures(built - start, hand_s, solve_s, status, objective, proven, own, worker * (way == "decomposition"))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("sites", type=int)
    ask.add_argument("days", type=int)
    ask.add_argument("--relaxed", action="store_true", help="without whole modules and sites")
    ask.add_argument("--gap", type=float, default=0.005)
    ask.add_argument("--seconds", type=float, default=600.0)
    every = ["linopy", "monolith", "decomposition"]
    ask.add_argument("--ways", nargs="+", choices=every, default=every)
    asked = ask.parse_args()
    print(f"SYNTHETIC {asked.sites} sites x {asked.days * 24} h, {'relaxed' if asked.relaxed else 'whole modules'}")
    for way in asked.ways:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            f = process.submit(figures, way, asked.sites, asked.days, asked.relaxed, asked.gap, asked.seconds).result()
        print(
            f"{way:<14} build {f.build_s:6.2f} s, hand over {f.hand_s:6.2f} s, solve {f.solve_s:7.1f} s; {f.status}, "
            f"{f.objective:.2f} EUR/year, gap {f.gap_of_siting:.3%} of siting; peak {f.own_gb:.2f} GB, "
            f"largest worker {f.worker_gb:.2f} GB",
            flush=True,
        )


if __name__ == "__main__":
    main()
