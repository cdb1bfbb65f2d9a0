"""The order in which megawatts are worth having: those that levers avoid beside those that sites bring, dearest last."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..inputs.workloads import least_it
from ..physics.levers import together
from ..solve.outcome import Outcome
from ..solve.program import Program
from ..study.study import Study
from .solution import Solution

COLUMNS = [
    "measure", "kind", "work", "share", "most_share", "mw", "mwh_per_year", "cost_eur_2024_per_year",
    "price_eur_2024_per_mw_year", "worth_eur_2024_per_mw_year",
]  # fmt: skip
UNUSED = 1e-6  # of a work: a lever that treats less is not used


def with_lever_prices(d: xr.Dataset, program: Program, outcome: Outcome) -> xr.Dataset:
    """The data with `levers_price`: what one unit more of each lever's share costs, all else decided anew, in the relaxation
    [EUR_2024/year]; below zero where more of it would pay. Unchanged where the method does not know."""
    if not len(outcome.plan_prices):
        return d
    found = {
        tuple(c.index.values()): (list(c.index), outcome.plan_prices[j])
        for j, c in enumerate(program.plan.columns)
        if c.name == "levers.share"
    }
    dims = next(iter(found.values()))[0]
    index = pd.MultiIndex.from_tuples(list(found), names=dims)
    price = xr.DataArray.from_series(pd.Series([price for _, price in found.values()], index))
    price = price / d["discount"] if "stage" in price.dims else price  # in money of the stage's own year
    return d.assign(levers_price=price.assign_attrs(units="EUR_2024/year", long_name="price of one unit more of the share"))


def merit_order(s: Solution, study: Study) -> pd.DataFrame:
    """One row a lever and work, the edge, and each site with new IT, by EUR per MW and year.

    `mw` of a lever is the IT that all work together would ask for without it, beside all other levers as they are used
    (`work_it`), less what it asks for; in MW of the chips that stand. Of a site it is its new IT. Of a lever that is not used
    the price is of what it would take away.
    `worth_eur_2024_per_mw_year` is what one MW less of that work would save, in the relaxation: levers dearer than it are left.
    """
    d = s.data
    rows = [*_levers(d, study), *_edge(d, study), *_sites(s)]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values("price_eur_2024_per_mw_year", ignore_index=True)


def saved_together(s: Solution) -> pd.DataFrame:
    """What is saved of each work: as counted in the plan, and if every lever acted on what all others leave."""
    d = s.data
    rows = []
    for w in d["workload"].values:
        x = d["levers_share"].sel(workload=w).values
        counted = float((d["lever_saving"].sel(workload=w) * d["levers_share"].sel(workload=w)).sum())
        most = together(d["lever_saving_alone"].values, x, d["lever_acts_on"].values)
        sum_alone = float(d["lever_saving_alone"].values @ x)
        rows.append((str(w), counted, most, sum_alone, float(d["lever_cap"])))
    return pd.DataFrame(rows, columns=["work", "saved_share", "saved_together", "sum_of_each_alone", "cap"])


def _work_per_mw(d: xr.Dataset) -> float:
    """Work per MW of what stands, over that of the reference generation of chips; 1 in a study without generations."""
    if "chips_standing" not in d or float(d["chips_standing"].sum()) <= 0:
        return 1.0
    return float((d["chip_performance"] * d["chips_standing"]).sum() / d["chips_standing"].sum())


def _energy(d: xr.Dataset) -> xr.DataArray:
    """Energy of each work in a year, before any lever [MWh]."""
    return (d["demand"].sum("region") * d["weight"]).sum(["block", "hour"]) + d["training_energy"]


def _mw_of_all(d: xr.Dataset, study: Study, work: str, saving: float, share: float, most: float) -> float:
    """IT [MW of the chips that stand] that all work asks for less if the whole of a work were treated; by what is used, or
    where nothing is by the most that could be."""
    step = -share if share > UNUSED else most
    left = 1 - d["workloads_relieved"]
    other = left - saving * step * (left["workload"] == work)
    now, then = (least_it(study, d, x.clip(min=0.0)) for x in (left, other))
    return (now - then) / step / _work_per_mw(d)


def _levers(d: xr.Dataset, study: Study) -> list[tuple]:
    if "levers_share" not in d:
        return []
    energy, per_mw = _energy(d), _work_per_mw(d)
    out = []
    for v in d["lever"].values:
        for w in d["workload"].values:
            at = {"lever": v, "workload": w}
            most, saving = float(d["lever_share"].sel(at)), float(d["lever_saving"].sel(at))
            if most <= 0:
                continue
            x = float(d["levers_share"].sel(at))
            mw = _mw_of_all(d, study, str(w), saving, x, most)
            cost = float(d["lever_cost"].sel(lever=v) * energy.sel(workload=w))
            worth = (cost - float(d["levers_price"].sel(at))) / mw if "levers_price" in d and mw > 0 else np.nan
            price = cost / mw if mw > 0 else np.inf
            saved = saving * float(energy.sel(workload=w)) * x / per_mw
            out.append((str(v), "lever", str(w), x, most, mw * x, saved, cost * x, price, worth))
    return out


def _edge(d: xr.Dataset, study: Study) -> list[tuple]:
    if "edge_share" not in d:
        return []
    energy, per_mw = _energy(d), _work_per_mw(d)
    out = []
    for w in d["workload"].values:
        most, x = float(d["edge_most"].sel(workload=w)), float(d["edge_share"].sel(workload=w))
        if most > 0:
            moved = float(energy.sel(workload=w))
            cost, mw = float(d["edge_cost"] * d["edge_energy_ratio"]) * moved, _mw_of_all(d, study, str(w), 1.0, x, most)
            price = cost / mw if mw > 0 else np.inf
            out.append(("edge", "edge", str(w), x, most, mw * x, moved * x / per_mw, cost * x, price, np.nan))
    return out


def _sites(s: Solution) -> list[tuple]:
    """Sites with new IT: all that is posted at the site, over its IT."""
    d = s.data
    cost = s.accounts[s.accounts["account"] == "cost"].groupby("place")["value"].sum()
    energy = s.accounts[s.accounts["account"] == "it_energy"].groupby("place")["value"].sum()
    out = []
    for site in d["site"].values:
        new = float(d["sites_new_it"].sel(site=site))
        if new > 1e-6:
            whole = new + float(d["existing_it"].sel(site=site))
            paid, used = float(cost.get(site, 0.0)), float(energy.get(site, 0.0))
            out.append((str(site), "site", "", np.nan, np.nan, new, used, paid, paid / whole, np.nan))
    return out
