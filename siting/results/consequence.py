"""What the load keeps alive: the dispatch of the grid with and without the plan's import, and the difference.

The *joint* difference is the answer; a site is given its part of each hour in proportion to its import of that hour, which is a
rule of sharing and nothing more. There is no trade with neighbours: demand is all that the plants of the record made, and the
load is met inside. Short-run: the plants stand as they are; whether they go on standing is told by their margin:
a plant is kept alive if its margin of a year covers what closing it would save with the load, and does not without.

    induced[p,t]              = output with − output without                                      [MW]
    carbon_consequence[s]     = Σ weight · (Σ_p carbon[p] · induced[p,t]) · imported[s,t] / Σ imported[t]
    margin[p]                 = Σ weight · (price[t] − marginal cost[p]) · output[p,t]            at the price of zone or node
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from ..inputs.fleet import Fleet
from ..inputs.situations import VARIABLE
from ..solve.dispatch import Dispatch, Dispatched
from .audit.balances import facility_power
from .solution import Solution

Array = NDArray[np.float64]
ACCOUNT, LINE = "carbon_consequence", "grid.dispatch"
SAME_MW = 1e-6


@dataclass(frozen=True)
class Consequence:
    """Arrays over (plant, block, hour) and (block, hour), in MW and t/h; `load_mw` is the plan's import."""

    fleet: Fleet
    weight: Array
    without: Dispatched
    with_load: Dispatched
    load_mw: Array
    dispatch: Dispatch

    @property
    def induced_mw(self) -> Array:
        return self.with_load.output - self.without.output

    @property
    def carbon_t(self) -> Array:
        carbon = self.fleet.plants["carbon_t_per_mwh"].to_numpy(float)
        return np.einsum("p,pdt->dt", carbon, self.induced_mw)

    def year(self, hourly: Array) -> Array:
        """Sum over a year of (…, block, hour)."""
        return np.einsum("...dt,d->...", hourly, self.weight)

    def margin(self, d: Dispatched, prices: str) -> Array:
        """EUR_2024 a year and plant; `prices`: zone (the market's, for its schedule) | node (its bus's, after re-dispatch)."""
        cost = self.fleet.plants["marginal_cost_eur_2024_per_mwh"].to_numpy(float)[:, None, None]
        if prices == "zone":
            return self.year((d.market_price - cost) * d.market_output)
        node = self.fleet.network.node[self.fleet.plants["bus_index"].to_numpy(int)]
        return self.year((d.node_price[node] - cost) * d.output)


def consequence(fleet: Fleet, imported_mw: Array, weight: Array) -> Consequence:
    """Dispatch with and without `imported_mw` (site, block, hour). Raises SolveError when HiGHS finds no answer."""
    dispatch, load = Dispatch(fleet), imported_mw.sum(axis=0)
    with_load = dispatch.solve(_at_buses(fleet, imported_mw))
    return Consequence(fleet, np.asarray(weight, float), dispatch.solve(), with_load, load, dispatch)


def _at_buses(fleet: Fleet, of_sites_mw: Array) -> Array:
    more = np.zeros(fleet.demand_mw.shape)
    np.add.at(more, fleet.bus, of_sites_mw)
    return more


def all_bought(c: Consequence, facility_mw: Array) -> Consequence:
    """The consequence of the same facilities (site, block, hour) without own plant and storage: all they draw is import."""
    load = facility_mw.sum(axis=0)
    if np.allclose(load, c.load_mw, atol=SAME_MW):
        return c
    return replace(c, with_load=c.dispatch.solve(_at_buses(c.fleet, facility_mw)), load_mw=load)


def by_plant(c: Consequence, prices: str) -> pd.DataFrame:
    """One row a plant: energy without, with and induced, carbon, margins without and with, what closing saves, kept alive."""
    plants = c.fleet.plants
    out = plants[["plant", "carrier", "capacity_mw"]].copy()
    out["without_mwh_per_year"] = c.year(c.without.output)
    out["induced_mwh_per_year"] = c.year(c.induced_mw)
    out["induced_t_per_year"] = out["induced_mwh_per_year"] * plants["carbon_t_per_mwh"]
    out["margin_without_eur_2024_per_year"] = c.margin(c.without, prices)
    out["margin_with_eur_2024_per_year"] = c.margin(c.with_load, prices)
    saved = plants["fixed_cost_eur_2024_per_mw_year"] * plants["capacity_mw"]
    out["closing_saves_eur_2024_per_year"] = saved
    out["kept_alive"] = (out["margin_with_eur_2024_per_year"] >= saved) & (out["margin_without_eur_2024_per_year"] < saved)
    return out.assign(fleet=c.fleet.year)


def by_fuel(plants: pd.DataFrame, c: Consequence) -> pd.DataFrame:
    """MWh and carbon a fuel, dearest consequence first; curtailed wind and sun taken up stand in `taken_up_mwh_per_year`."""
    sums = plants.groupby("carrier")[["without_mwh_per_year", "induced_mwh_per_year", "induced_t_per_year"]].sum()
    load = float(c.year(c.load_mw))
    sums["share_of_the_load"] = sums["induced_mwh_per_year"] / max(load, 1e-9)
    weather = sums.index.isin(VARIABLE)
    sums["taken_up_mwh_per_year"] = np.where(weather, sums["induced_mwh_per_year"], 0.0)
    alive = plants[plants["kept_alive"]].groupby("carrier")["capacity_mw"].sum()
    sums["kept_alive_mw"] = alive.reindex(sums.index).fillna(0.0)
    out = sums.sort_values("induced_mwh_per_year", ascending=False).reset_index(names="fuel")
    return out.assign(fleet=c.fleet.year)


def balance(c: Consequence) -> pd.DataFrame:
    """Where the load's energy comes from, MWh a year; the first row is the sum of the others (no losses in the lines)."""
    curtailed = float(c.year(c.induced_mw[c.fleet.plants["carrier"].isin(VARIABLE).to_numpy()].sum(axis=0)))
    induced = float(c.year(c.induced_mw.sum(axis=0)))
    stores = float(c.year((c.with_load.discharge - c.without.discharge).sum(axis=0)))
    unserved = float(c.year((c.with_load.unserved - c.without.unserved).sum(axis=0)))
    overload = float(c.year((c.with_load.overload - c.without.overload).sum(axis=0)))
    load, carbon = float(c.year(c.load_mw)), float(c.year(c.carbon_t))
    rows = [
        ("the plan's import", load, "MWh/year"),
        ("from plants that burn or split, and from water", induced - curtailed, "MWh/year"),
        ("from wind and sun that would be curtailed", curtailed, "MWh/year"),
        ("from stores: smaller losses (negative: larger)", stores, "MWh/year"),
        ("not served to others", unserved, "MWh/year"),
        ("carbon, short-run", carbon, "t/year"),
        ("carbon per MWh of import, short-run", carbon / max(load, 1e-9), "t/MWh"),
        ("flow above a branch's limit, more than without", overload, "MWh/year"),
        ("of its rating a branch may carry", c.fleet.share_of_rating, "1"),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value", "unit"]).assign(fleet=c.fleet.year)


def site_carbon(c: Consequence, imported: xr.DataArray) -> xr.DataArray:
    """t a year by site: each hour's carbon in proportion to the site's import of the hour."""
    total = c.load_mw
    per_mwh = np.divide(c.carbon_t, total, out=np.zeros_like(total), where=total > 1e-9)
    values = c.year(imported.transpose("site", "block", "hour").values * per_mwh)
    return xr.DataArray(values, {"site": imported["site"]}, name=ACCOUNT)


def with_consequence(solution: Solution, fleet: Fleet) -> Solution:
    """The solution with the account `carbon_consequence`, the arrays that made it, and the tables of the report."""
    imported = solution.data["grid_imported"].transpose("site", "block", "hour")
    c = consequence(fleet, imported.values, solution.data["weight"].values)
    of_site = site_carbon(c, imported)
    rows = [(ACCOUNT, LINE, str(s), float(v), "t/year") for s, v in zip(of_site["site"].values, of_site.values)]
    more = pd.DataFrame(rows, columns=solution.accounts.columns)
    solution.accounts = pd.concat([solution.accounts, more], ignore_index=True)
    solution.sites["carbon_consequence_t_per_year"] = solution.sites["site"].map(of_site.to_series())
    at = {"plant": fleet.plants["plant"].to_numpy(str), "block": imported["block"], "hour": imported["hour"]}
    for name, d in (("without", c.without), ("with", c.with_load)):
        meaning = {"units": "MW", "long_name": f"output of the grid's plants {name} the plan's import (fleet of {fleet.year})"}
        solution.data[f"dispatch_{name}"] = xr.DataArray(d.output, at, attrs=meaning)
    rest = (c.with_load.discharge - c.without.discharge).sum(axis=0) + (c.with_load.unserved - c.without.unserved).sum(axis=0)
    solution.data["dispatch_rest"] = xr.DataArray(
        rest, {k: at[k] for k in ("block", "hour")}, attrs={"units": "MW", "long_name": "from stores, or not served to others"}
    )
    solution.data["plant_carbon_t_per_mwh"] = xr.DataArray(
        fleet.plants["carbon_t_per_mwh"].to_numpy(float), {"plant": at["plant"]}
    )
    bought = all_bought(c, facility_power(solution.data).transpose("site", "block", "hour").values)
    solution.data["dispatch_all_bought"] = xr.DataArray(
        float(bought.year(bought.carbon_t)),
        attrs={"units": "t/year", "long_name": "carbon if own plant and storage gave nothing"},
    )
    plants = by_plant(c, fleet.prices)
    moved = plants[(plants["induced_mwh_per_year"].abs() > 1.0) | plants["kept_alive"]]
    solution.notes |= {
        "consequence": balance(c),
        "consequence_by_fuel": by_fuel(plants, c),
        "kept_alive": plants[plants["kept_alive"]].drop(columns="kept_alive").sort_values("capacity_mw", ascending=False),
        "consequence_by_plant": moved.sort_values("induced_mwh_per_year", ascending=False).reset_index(drop=True),
    }
    return solution
