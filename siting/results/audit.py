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
    problems = [p for test in TESTS for p in test(solution, inputs)]
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
        if w.kind != "training":
            continue
        power = d["workloads_train"].sel(workload=name).sum("site")
        out += _above(power - w.max_it_mw, f"training '{name}' exceeds its largest rate", w.max_it_mw)
        done, hours = power.sum("hour") * d["weight"], d["weight"] * d.sizes["hour"]
        groups = {"year": xr.zeros_like(d["month"]), "month": d["month"], "day": d["block"]}[w.window].values
        for group in np.unique(groups):
            least = w.mwh_it_per_year * float(hours.values[groups == group].sum()) / 8760
            found = float(done.values[groups == group].sum())
            if found < least * (1 - 1e-5) - 1e-3:
                out.append(f"training '{name}': {found:.1f} of {least:.1f} MWh are done in {w.window} {group:g} (window)")
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


def recomputed(d: xr.Dataset) -> dict[str, tuple[xr.DataArray, float]]:
    """Every account of a year from inputs and decisions: (by site, what belongs to no site)."""
    w, zero = d["weight"], xr.zeros_like(d["existing_it"])

    def year(hourly: xr.DataArray) -> xr.DataArray:
        return (hourly * w).sum([x for x in hourly.dims if x != "site"])

    out = {name: zero for name in ("cost", "carbon_embodied", "land", "water", "clean", "facility_energy")}
    apart = {name: 0.0 for name in ("cost", "clean", "carbon_market")}
    out["sites"], out["it_capacity"] = d["sites_open"], d["existing_it"] + d["sites_new_it"]
    out["cost"] = d["site_cost"] * d["sites_open"] + d["server_cost"] * d["sites_new_it"]
    out["carbon_embodied"] = d["server_carbon"] * d["sites_new_it"]
    if "cooling_installed" in d:
        new = d["cooling_installed"] - d["existing_halls"]
        out["land"] = (d["hall_land"] * new).sum("cooling")
        out["carbon_embodied"] = out["carbon_embodied"] + (d["hall_carbon"] * new).sum("cooling")
        out["water"] = year((d["water_per_it"] * d["cooling_carried"]).sum("cooling"))
        out["facility_energy"] = year(facility_power(d))
        out["cost"] = out["cost"] + (d["hall_cost"] * new).sum("cooling") + d["water_price"] * out["water"]
    if "generation_built" in d:
        built = d["generation_built"]
        out["land"] = out["land"] + (d["plant_land"] * built).sum("generator")
        out["carbon_embodied"] = out["carbon_embodied"] + (d["plant_carbon"] * built).sum("generator")
        out["clean"] = year(d["generation_used"].sum("generator"))
        out["cost"] = out["cost"] + (d["plant_cost"] * built).sum("generator")
    out["cost"] = out["cost"] + d["land_rent"] * out["land"]
    if "grid_imported" in d:
        imported = d["grid_imported"]
        out["connection"] = d["grid_connection"]
        out["cost"] = out["cost"] + d["connection_cost"] * d["grid_connection"]
        out["cost"] = out["cost"] + year((d["spot_price"] + d["energy_tariff"]) * imported)
        out["carbon_location"] = year(d["carbon_average"] * imported)
        out["carbon_market"] = year(d["carbon_residual"] * imported)
    if "contracts_contracted" in d:
        price = d["contract_strike"] - d["spot_price"]
        apart["cost"] = float((price * d["contract_profile"] * d["contracts_contracted"] * w).sum())
        apart["clean"] = float((d["contracts_matched"] * w).sum())
        apart["carbon_market"] = -float((d["carbon_residual"] * d["contracts_matched"] * w).sum())
    if "serving_cost" in d:
        out["cost"] = out["cost"] + year((d["serving_cost"] * d["workloads_serve"].fillna(0)).sum(["workload", "region"]))
    return {name: (by_site, apart.get(name, 0.0)) for name, by_site in out.items()}


def _accounts(s: Solution, inputs: Inputs) -> list[str]:
    return [
        problem
        for name, (by_site, rest) in recomputed(s.data).items()
        for problem in _differs(float(by_site.sum()) + rest, s.total(name), name)
    ]


def _limits(s: Solution, inputs: Inputs) -> list[str]:
    """The study's limits against the recomputed accounts."""
    accounts, out = recomputed(s.data), []
    sites = inputs.sites.set_index("site")
    for name, limit in inputs.study.limits.items():
        by_site, rest = accounts.get(name, (xr.zeros_like(s.data["existing_it"]), 0.0))
        if limit.per == "everywhere":
            found: dict = {"everywhere": float(by_site.sum()) + rest}
        else:
            column = sites.index.to_series() if limit.per == "site" else sites[limit.per].astype(str)
            found = by_site.to_series().groupby(column).sum().to_dict()
        for place, amount in found.items():
            for bound, sign in ((limit.most, 1.0), (limit.least, -1.0)):
                value = bound.get(place) if isinstance(bound, dict) else bound
                if value is not None and sign * (amount - value) > TOLERANCE * max(abs(value), 1.0) + 1e-3:
                    out.append(f"the limit on {name} ({place}) is {value:g}, the plan has {amount:.6g}")
    return out


def _contracts(s: Solution, inputs: Inputs) -> list[str]:
    d = s.data
    if "contracts_matched" not in d:
        return []
    sold = (d["contract_profile"] * d["contracts_contracted"]).sum("contract")
    out = _above(d["contracts_matched"] - sold, "more is matched than contracted")
    return out + _above(d["contracts_matched"] - d["grid_imported"].sum("site"), "more is matched than imported")


TESTS = (_power, _work, _capacity, _headroom, _accounts, _limits, _contracts)
