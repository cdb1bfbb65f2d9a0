"""Every account of a year recomputed, and the limits of the study held against it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ...inputs.hours import windows_of
from ...inputs.inputs import Inputs
from ...study.accounts import LIMITABLE
from ..solution import Solution
from . import chips, clean, heat, levers
from .balances import facility_power, it_power, reclaimed_water
from .compare import TOLERANCE, at_price, differs, paid_for
from .risk import cost_at_risk


def recomputed(d: xr.Dataset, inputs: Inputs) -> dict[str, tuple[xr.DataArray, dict[str, float]]]:
    """Every account of a year from inputs and decisions: (by site, what belongs to no site by its place)."""
    w, zero = d["weight"], xr.zeros_like(d["existing_it"])

    def year(hourly: xr.DataArray) -> xr.DataArray:
        return (hourly * w).sum([x for x in hourly.dims if x != "site"])

    out = {name: zero for name in LIMITABLE if name != "cost_at_risk"}
    out["it_energy"] = year(it_power(d))
    out["sites"], out["it_capacity"] = d["sites_open"], d["existing_it"] + d["sites_new_it"]
    opened = paid_for(d, "sites_open")
    out["cost"] = d["site_cost"] * opened + d["server_cost"] * d["sites_new_it"]
    if "site_upkeep" in d:
        out["cost"] = out["cost"] - d["site_upkeep"] * (opened - d["sites_open"])
    out["carbon_embodied"] = d["server_carbon"] * d["sites_new_it"]
    chips.accounts(d, out)
    if "cooling_installed" in d:
        new = d["module_mw"] * paid_for(d, "cooling_halls")
        out["land"] = (d["hall_land"] * new).sum("cooling")
        out["carbon_embodied"] = out["carbon_embodied"] + (d["hall_carbon"] * new).sum("cooling")
        needed = (d["water_per_it"] * d["cooling_carried"]).sum("cooling")
        out["water_reclaimed"] = year(reclaimed_water(d))
        out["water"] = year(needed - reclaimed_water(d))
        out["water_scarcity"] = out["water"] * d["scarcity"] if "scarcity" in d else zero
        out["facility_energy"] = out["net_demand"] = year(facility_power(d))
        out["cost"] = out["cost"] + (d["hall_cost"] * new).sum("cooling") + d["water_price"] * out["water"]
        if "consumed_per_it" in d:
            out["water_consumed"] = year((d["consumed_per_it"] * d["cooling_carried"]).sum("cooling"))
        if "rejection_cost" in d:
            out["cost"] = out["cost"] + (d["rejection_cost"] * new).sum("cooling")
        heat.accounts(d, year, out)
        if "water_reclaimed" in d:
            out["cost"] = out["cost"] + d["reclaimed_price"] * out["water_reclaimed"]
    clean.own_plant(d, year, out, inputs)
    if "storage_energy" in d:
        energy = paid_for(d, "storage_energy")
        out["land"] = out["land"] + (d["storage_land"] * energy).sum("storage")
        out["carbon_embodied"] = out["carbon_embodied"] + (d["storage_carbon"] * energy).sum("storage")
        parts = ("power", "energy")
        built = sum((d[f"storage_{p}_cost"] * at_price(d, f"storage_{p}")).sum("storage") for p in parts)
        out["cost"] = out["cost"] + built + year(d["storage_wear"] * d["storage_discharge"])
        out["net_demand"] = out["net_demand"] + year(d["storage_charge"] - d["storage_discharge"])
    out["cost"] = out["cost"] + d["land_rent"] * out["land"]
    if "grid_imported" in d:
        imported = d["grid_imported"]
        out["connection"] = d["grid_connection"]
        out["cost"] = out["cost"] + d["connection_cost"] * paid_for(d, "grid_connection")
        if "grid_flexible" in d:
            out["connection"] = out["connection"] + d["grid_flexible"].sum("flexible")
            out["cost"] = out["cost"] + (d["flexible_cost"] * d["grid_flexible"]).sum("flexible")
        out["cost"] = out["cost"] + year((d["spot_price"] + d["energy_tariff"]) * imported)
    apart = clean.contracts(d, year, out, inputs)
    levers.accounts(d, year, apart)
    clean.carbon(d, year, out, apart, inputs)
    if "reinforcement_built" in d:
        steps = float((d["reinforcement_cost"] * paid_for(d, "reinforcement_built")).sum())
        nowhere = apart.setdefault("cost", {})
        nowhere["everywhere"] = nowhere.get("everywhere", 0.0) + steps
    if "serving_cost" in d:
        out["cost"] = out["cost"] + year((d["serving_cost"] * d["workloads_serve"].fillna(0)).sum(["workload", "region"]))
    return {name: (by_site, apart.get(name, {})) for name, by_site in out.items()}


def accounts_agree(s: Solution, inputs: Inputs) -> list[str]:
    return [
        problem
        for name, (by_site, rest) in recomputed(s.data, inputs).items()
        for problem in differs(float(by_site.sum()) + sum(rest.values()), s.total(name), name)
    ]


def risk_agrees(s: Solution, inputs: Inputs) -> list[str]:
    """The cost at risk against the scenarios' own costs."""
    risk = inputs.study.risk
    if risk is None:
        return []
    cost, probability = [], []
    for blocks, per, _ in windows_of(s.data, "year").values():
        inside = s.data["weight"] * per * s.data["block"].isin(s.data["block"].values[blocks])
        by_site, rest = recomputed(s.data.assign(weight=inside), inputs)["cost"]
        cost.append(float(by_site.sum()) + sum(rest.values()))
        probability.append(1 / per)
    found = cost_at_risk(np.array(cost), np.array(probability), risk.level)
    return differs(found, s.total("cost_at_risk"), "cost_at_risk")


def limits_hold(s: Solution, inputs: Inputs) -> list[str]:
    """The study's limits against the recomputed accounts, window by window."""
    sites = inputs.sites.set_index("site")
    windows: dict[str, dict[str, tuple[dict, float]]] = {"year": {}, "month": {}}
    for kind in {limit.window for limits in inputs.study.limits.values() for limit in limits}:
        for name, (blocks, per, scale) in windows_of(s.data, kind).items():
            inside = s.data["weight"] * per * s.data["block"].isin(s.data["block"].values[blocks])
            windows[kind][name] = recomputed(s.data.assign(weight=inside), inputs), scale
    out = []
    for name, limits in inputs.study.limits.items():
        for limit in limits:
            column = None if limit.per == "everywhere" else sites.index.to_series() if limit.per == "site" else sites[limit.per]
            for window, (accounts, scale) in windows[limit.window].items():
                found = _by_place(accounts, name, column)
                of = {} if limit.of is None else _by_place(accounts, limit.of, column)
                for place, amount in found.items():
                    for sense, value in limit.bounds(place):
                        bound = value * of[place] if limit.of else value * scale
                        sign = 1.0 if sense == "most" else -1.0
                        if sign * (amount - bound) > TOLERANCE * max(abs(bound), 1.0) + 1e-3:
                            what = f"the limit on {limit.subject(name)} ({place}) is {value:g}"
                            out.append(f"{what}: {bound:.6g} in {window}, the plan has {amount:.6g}")
    return out


def _by_place(
    accounts: dict[str, tuple[xr.DataArray, dict[str, float]]], name: str, column: pd.Series | None
) -> dict[str, float]:
    """An account's amount at each place of a column of the sites; None: everywhere, with what belongs to no site."""
    by_site, rest = accounts[name]
    if column is None:
        return {"everywhere": float(by_site.sum()) + sum(rest.values())}
    of_sites = by_site.to_series().groupby(column.astype(str)).sum()
    return {str(place): amount + rest.get(str(place), 0.0) for place, amount in of_sites.items()}
