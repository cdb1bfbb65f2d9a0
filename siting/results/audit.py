"""The audit: every balance of a solution recomputed with numpy from inputs and decisions, without the model.

Nothing here reads a row of the Program or an expression of Pyomo. A solution that does not balance is refused.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..errors import ModelError
from ..inputs.inputs import Inputs
from .solution import Solution

TOLERANCE = 1e-5  # relative to the size of the account, plus 1e-4 of its unit


def audit(solution: Solution, inputs: Inputs) -> Solution:
    """Return the solution, or raise ModelError naming every balance that does not hold."""
    problems = [p for test in (_power, _work, _capacity, _headroom, _cost, _carbon_and_water) for p in test(solution, inputs)]
    if problems:
        raise ModelError([f"audit: {p}" for p in problems])
    return solution


def _yearly(d: xr.Dataset, hourly: xr.DataArray) -> float:
    """Sum over sites and hours with the blocks' weights."""
    return float((hourly * d["weight"]).sum())


def _above(value: xr.DataArray, what: str, size: float = 1.0) -> list[str]:
    worst = float(np.nanmax(value.values)) if value.size else 0.0
    return [f"{what} by {worst:.6g}"] if worst > TOLERANCE * abs(size) + 1e-4 else []


def _differs(found: float, told: float, what: str) -> list[str]:
    close = abs(found - told) <= TOLERANCE * max(abs(found), abs(told)) + 1e-2
    return [] if close else [f"{what}: recomputed {found:.6g}, told {told:.6g}"]


def facility_power(d: xr.Dataset) -> xr.DataArray:
    """MW by site and hour: idle part of what is installed plus the hour's power per IT."""
    return (d["idle_power"] * d["cooling_installed"] + d["power_per_it"] * d["cooling_carried"]).sum("cooling")


def it_power(d: xr.Dataset) -> xr.DataArray:
    """MW of IT by site and hour."""
    total = xr.zeros_like(d["demand"].isel(workload=0, region=0, drop=True)) * d["existing_it"]
    if "workloads_serve" in d:
        total = total + d["workloads_serve"].fillna(0).sum(["workload", "region"])
    if "workloads_train" in d:
        total = total + d["workloads_train"].sum("workload" if "workload" in d["workloads_train"].dims else [])
    return total


def _power(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    if "grid_imported" not in d:
        return []
    supply = d["grid_imported"]
    if "generation_used" in d:
        supply = supply + d["generation_used"].sum("generator")
    gap = abs(supply - facility_power(d))
    out = _above(gap, "power at the busbar is off", float(supply.max()))
    if "cooling_carried" in d:
        out += _above(abs(d["cooling_carried"].sum("cooling") - it_power(d)), "heat carried and IT power differ")
    return out


def _work(s: Solution, inputs: Inputs) -> list[str]:
    d, out = s.data, []
    if "workloads_serve" in d:
        served = d["workloads_serve"].fillna(0).sum("site")
        wanted = d["demand"].sel(workload=served["workload"], region=served["region"])
        out += _above(abs(served - wanted), "work served differs from the demand", float(wanted.max()))
        unreachable = d["workloads_serve"].fillna(0) * (1 - d["reachable"])
        out += _above(unreachable, "a site serves a region beyond its latency limit")
    for name, w in inputs.study.work.items():
        if w.kind == "training":
            done = _yearly(d, d["workloads_train"].sel(workload=name))
            least = w.mwh_it_per_year * float(d["weight"].sum() * d.sizes["hour"]) / 8760
            if done < least * (1 - 1e-5) - 1e-3:
                out.append(f"training '{name}': {done:.1f} of {least:.1f} MWh are done")
            rate = d["workloads_train"].sel(workload=name).sum("site") - w.max_it_mw
            out += _above(rate, f"training '{name}' exceeds its largest rate", w.max_it_mw)
    return out


def _capacity(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    capacity = d["existing_it"] + d["sites_new_it"]
    out = _above(it_power(d) - capacity, "IT power exceeds what is installed", float(capacity.max()))
    out += _above(d["sites_new_it"] - d["room_for_new_it"] * d["sites_open"], "a site holds more IT than it has room for")
    if "cooling_halls" in d:
        halls = d["existing_halls"] + d["module_mw"] * d["cooling_halls"].round()
        out += _above(abs(halls - d["cooling_installed"]), "halls are not whole modules")
        out += _above(d["cooling_carried"] - d["cooling_installed"], "a hall carries more than it holds")
    if "generation_used" in d:
        out += _above(d["generation_used"] - d["availability"] * d["generation_built"], "plant gives more than the weather")
    return out


def _headroom(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    if "grid_connection" not in d:
        return []
    design = (d["idle_power"] * d["cooling_installed"] + d["design_power_per_it"] * d["cooling_firm_in"]).sum("cooling")
    size = float(d["grid_connection"].max())
    out = _above(d["grid_imported"] - d["grid_connection"], "import exceeds the connection", size)
    out += _above(design - d["grid_connection"], "the connection does not carry the design hour", size)
    out += _above(d["grid_connection"] - d["max_connection"], "a connection exceeds the headroom of its bus", size)
    return out


def _cost(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    cost = float((d["site_cost"] * d["sites_open"] + d["server_cost"] * d["sites_new_it"]).sum())
    if "cooling_installed" in d:
        new = d["cooling_installed"] - d["existing_halls"]
        cost += float((d["hall_cost"] * new + d["land_rent"] * d["hall_land"] * new).sum())
        cost += _yearly(d, d["water_price"] * (d["water_per_it"] * d["cooling_carried"]).sum("cooling"))
    if "generation_built" in d:
        cost += float(((d["plant_cost"] + d["land_rent"] * d["plant_land"]) * d["generation_built"]).sum())
    if "grid_imported" in d:
        cost += float((d["connection_cost"] * d["grid_connection"]).sum())
        cost += _yearly(d, (d["spot_price"] + d["energy_tariff"]) * d["grid_imported"])
    if "contracts_contracted" in d:
        settled = (d["contract_strike"] - d["spot_price"]) * d["contract_profile"] * d["contracts_contracted"]
        cost += _yearly(d, settled)
    if "serving_cost" in d:
        cost += _yearly(d, d["serving_cost"] * d["workloads_serve"].fillna(0))
    return _differs(cost, s.total("cost"), "cost")


def _carbon_and_water(s: Solution, inputs: Inputs) -> list[str]:
    d, out = s.data, []
    if "grid_imported" in d:
        carbon = _yearly(d, d["carbon_average"] * d["grid_imported"])
        out += _differs(carbon, s.total("carbon_location"), "carbon_location")
        matched = d.get("contracts_matched", 0.0)
        market = _yearly(d, d["carbon_residual"] * (d["grid_imported"].sum("site") - matched))
        out += _differs(market, s.total("carbon_market"), "carbon_market")
        if "contracts_matched" in d:
            out += _above(d["contracts_matched"] - d["grid_imported"].sum("site"), "more is matched than imported")
            sold = (d["contract_profile"] * d["contracts_contracted"]).sum("contract")
            out += _above(d["contracts_matched"] - sold, "more is matched than contracted")
    if "cooling_carried" in d:
        water = _yearly(d, (d["water_per_it"] * d["cooling_carried"]).sum("cooling"))
        out += _differs(water, s.total("water"), "water")
    return out
