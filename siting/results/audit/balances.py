"""Balances hour by hour: power, heat, work, capacity, headroom, contracts."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import xarray as xr

from ...inputs.hours import windows_of
from ...inputs.inputs import Inputs
from ..solution import Solution
from .chips import power as chips_power
from .compare import above
from .heat import pump_power
from .levers import relief


def facility_power(d: xr.Dataset) -> xr.DataArray:
    """MW by site and hour: idle part of what is installed, the hour's power per IT, and the treatment of reclaimed water."""
    halls = (d["idle_power"] * d["cooling_installed"] + d["power_per_it"] * d["cooling_carried"]).sum("cooling")
    return halls + d["reclaimed_energy"] * d["water_reclaimed"] if "water_reclaimed" in d else halls


def reclaimed_water(d: xr.Dataset) -> xr.DataArray:
    """m3 by site and hour."""
    return d["water_reclaimed"] if "water_reclaimed" in d else xr.zeros_like(it_power(d))


def it_power(d: xr.Dataset) -> xr.DataArray:
    """MW of IT by site and hour; of chips what they draw."""
    if "chips_running" in d:
        return chips_power(d)
    total = xr.zeros_like(d["demand"].isel(workload=0, region=0, drop=True)) * d["existing_it"]
    if "workloads_serve" in d:
        total = total + d["workloads_serve"].fillna(0).sum(["workload", "region"])
    if "workloads_train" in d:
        total = total + d["workloads_train"].sum("workload" if "workload" in d["workloads_train"].dims else [])
    return total


def power(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    if "grid_imported" not in d:
        return []
    supply = d["grid_imported"]
    if "generation_used" in d:
        supply = supply + d["generation_used"].sum("generator")
    if "storage_charge" in d:
        supply = supply + (d["storage_discharge"] - d["storage_charge"]).sum("storage")
    gap = abs(supply - facility_power(d) - pump_power(d))
    out = above(gap, "power at the busbar is off", float(supply.max()))
    if "cooling_carried" in d:
        out += above(abs(d["cooling_carried"].sum("cooling") - it_power(d)), "heat carried and IT power differ")
    return out


def work(s: Solution, inputs: Inputs) -> list[str]:
    d, out = s.data, []
    if "workloads_serve" in d:
        served = d["workloads_serve"].fillna(0).sum("site")
        wanted = (d["demand"] * (1 - relief(d))).sel(workload=served["workload"], region=served["region"])
        out += above(abs(served - wanted), "work served differs from the demand", float(wanted.max()))
        unreachable = d["workloads_serve"].fillna(0) * (1 - d["reachable"])
        out += above(unreachable, "a site serves a region beyond its latency limit")
    return out


def capacity(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    capacity = d["existing_it"] + d["sites_new_it"]
    out = above(it_power(d) - capacity, "IT power exceeds what is installed", float(capacity.max()))
    out += above(d["sites_new_it"] - d["room_for_new_it"] * d["sites_open"], "a site holds more IT than it has room for")
    if "cooling_halls" in d:
        halls = d["existing_halls"] + d["module_mw"] * d["cooling_halls"].round()
        out += above(abs(halls - d["cooling_installed"]), "halls are not whole modules")
        out += above(d["cooling_carried"] - d["cooling_installed"], "a hall carries more than it holds")
    if "accepts" in d:
        out += _work_in_its_halls(d, inputs)
    if "water_reclaimed" in d:
        needed = (d["water_per_it"] * d["cooling_carried"]).sum("cooling")
        most = np.minimum(needed, d["max_reclaimed"])
        out += above(d["water_reclaimed"] - most, "more water is reclaimed than needed or on offer")
    if "generation_used" in d:
        gives = d["generation_used"] + (d["generation_sold"].fillna(0.0) if "generation_sold" in d else 0.0)
        out += above(gives - d["availability"] * d["generation_built"], "plant gives more than the weather")
        energy, most = (d["generation_used"] * d["weight"]).sum("hour"), d["plant_full_load_hours"] * d["generation_built"]
        for year in windows_of(d, "year").values():
            given_off = year.per * energy.isel(block=year.blocks).sum("block")
            out += above(given_off - most, "plant gives more energy than its full-load hours", float(most.max()))
    return out


def _work_in_its_halls(d: xr.Dataset, inputs: Inputs) -> list[str]:
    """Every set of workloads fits into the halls that can hold some of it: then, and only then, all of it can be placed."""
    if "chips_running" in d:
        return []  # the racks are those of the chips: see `chips`
    names = [str(w) for w in d["workload"].values]
    power = {n: xr.zeros_like(it_power(d)) for n in names}
    for variable in ("workloads_serve", "workloads_train"):
        for n in d[variable]["workload"].values if variable in d else ():
            served = d[variable].sel(workload=n).fillna(0)
            power[str(n)] = power[str(n)] + served.sum([x for x in served.dims if x not in ("site", "block", "hour")])
    out = []
    for size in range(1, len(names) + 1):
        for some in combinations(names, size):
            halls = d["accepts"].sel(workload=list(some)).max("workload")
            room = (d["cooling_carried"] * halls).sum("cooling")
            out += above(sum(power[n] for n in some) - room, f"halls hold work that they cannot cool ({', '.join(some)})")
    return out


def headroom(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    if "grid_connection" not in d:
        return []
    design = (d["idle_power"] * d["cooling_installed"] + d["design_power_per_it"] * d["cooling_firm_in"]).sum("cooling")
    size = float(d["grid_connection"].max())
    through = d["grid_imported"] + (d["generation_sold"].fillna(0.0).sum("generator") if "generation_sold" in d else 0.0)
    served = never_cut = whole = d["grid_connection"]
    out = []
    if "grid_flexible" in d:
        flexible, cut = d["grid_flexible"], d["grid_cut"]
        depth, hours = d["flexible_depth"], float(d["weight"].sum()) * d.sizes["hour"]
        served = served + (flexible - cut).sum("flexible")
        never_cut = never_cut + ((1 - depth) * flexible).sum("flexible")
        whole = whole + flexible.sum("flexible")
        out += above(cut - depth * flexible, "a flexible connection is cut deeper than agreed", size)
        lost = (cut * d["weight"]).sum(["block", "hour"]) - d["flexible_curtailed"] * hours * flexible
        out += above(lost / hours, "a flexible connection loses more energy than agreed", size)
    out += above(through - served, "import exceeds the connection", size)
    out += above(design - never_cut, "the connection does not carry the design hour", size)
    out += above(whole - d["max_connection"], "a connection exceeds the headroom of its bus", size)
    return out


def contracts(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    if "contracts_matched" not in d:
        return []
    out = above(d["contracts_matched"] - d["grid_imported"], "more is matched than imported")
    produced, zone = d["contract_profile"] * d["contracts_contracted"], {n: c.zone for n, c in inputs.study.contracts.items()}
    for z in set(zone.values()):
        sites = inputs.sites["site"] if z is None else inputs.sites.loc[inputs.sites["zone"].astype(str) == z, "site"]
        here, supply = (
            d["contracts_matched"].sel(site=list(sites)).sum("site"),
            produced.sel(contract=[n for n in zone if zone[n] == z]),
        )
        out += above(here - supply.sum("contract"), "more is matched than contracted")
    return out
