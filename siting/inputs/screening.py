"""Screening: which candidates are worth carrying, by the cost of a first 100 MW. A rule of thumb, not a proof."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from ..study.study import Study
from .cooling import performance
from .generation import capacity_factor, model_of, technology_of
from .hours import Hours
from .money import Technologies
from .weather import Weather, by_site
from .workloads import within_reach

EACH = 4  # candidates kept for each region of users


def screened(
    study: Study,
    table: gpd.GeoDataFrame,
    hours: Hours,
    weather: Weather,
    technologies: Technologies,
) -> gpd.GeoDataFrame:
    """Keep `sites.keep` candidates and say so for the others: the cheapest of each region of users within its latency, then
    the cheapest of each state, by the cost of a first 100 MW. A rule of thumb, not a proof."""
    keep = study.sites.keep
    if keep is None or table["kept"].sum() <= keep:
        return table
    kept = table[table["kept"]].reset_index(drop=True)
    cost = first_100_mw(study, kept, hours, weather, technologies)
    worth = pd.Series(cost, index=kept["site"])
    order = worth.sort_values()
    must = kept.loc[(kept["choice"] == "must") | (kept["existing_it_mw"] > 0), "site"].tolist()
    near = [
        s for reach in within_reach(study, kept).values() for s in order[order.index.isin(kept["site"][reach])].index[:EACH]
    ]
    chosen = list(dict.fromkeys(must + near + _per_state(kept, order, keep)))[: max(keep, len(must))]
    table = table.copy()
    table["cost_of_100_mw_eur_2024_per_year"] = table["site"].map(worth)
    dropped = table["kept"] & ~table["site"].isin(chosen)
    best = order.iloc[0]
    table.loc[dropped, "kept"] = False
    table.loc[dropped, "reason"] = [
        f"screened out, not proven: the first 100 MW cost {(worth[s] - best) / 1e6:.2f} M EUR_2024/year more than the best"
        for s in table.loc[dropped, "site"]
    ]
    return table


def _per_state(kept: pd.DataFrame, order: pd.Series, keep: int) -> list[str]:
    """In rounds: each state's next cheapest candidate, so that every area stays in the choice; cheapest states first."""
    state = kept.set_index("site")["state"]
    rank = order.groupby(state.reindex(order.index)).cumcount()
    frame = pd.DataFrame({"rank": rank, "cost": order})
    return frame.sort_values(["rank", "cost"]).index[:keep].tolist()


def first_100_mw(
    study: Study, sites: gpd.GeoDataFrame, hours: Hours, weather: Weather, technologies: Technologies
) -> np.ndarray:
    """EUR_2024 a year of a first 100 MW of IT, flat, at each candidate: halls, energy, tariff, water, land, own plant.

    A screening figure: no network, no latency, cheapest cooling, own plant valued at what it saves. What is the same at
    every candidate (servers) is left out.
    """
    n = len(sites)
    per_mw = np.zeros(n)
    weight = hours.data["weight"].values[:, None] * np.ones(hours.shape)
    connection = technologies.connection_per_mw(study, sites)
    rent = (sites["land_price_eur_2024_per_ha"].fillna(0.0) * study.finance.real_rate).to_numpy(float)
    price = hours.data["spot_price"].values + technologies.energy_tariff() if study.grid else 0 * weight
    if study.cooling is not None and weather.hours is not None:
        options = []
        for k in study.cooling.technologies:
            p = performance(k, technologies.cooling, technologies.cooling_path, weather.hours)
            pue = by_site(p.pue, weather.hours)
            water = by_site(p.wue_l_per_kwh, weather.hours) * technologies.tariff("water", "price")
            running = ((pue * price + water) * weight).sum(axis=(1, 2))
            land = technologies.number("cooling", k, "land_ha_per_mw") * rent
            options.append(running + technologies.hall_annuity(study, k) + land + connection * pue.max(axis=(1, 2)))
        per_mw = np.fmin.reduce(options)
    saved = np.zeros(n)
    for name, plant in study.generation.items():
        g, cells = technology_of(study, name), weather.hours
        if cells is None or plant.profile is not None or model_of(g, technologies) == "firm":
            continue
        cf = by_site(
            capacity_factor(g, cells, cells["time"].values, cells["lon"].values, cells["lat"].values, technologies), cells
        )
        annuity = technologies.plant_annuity(study, g) + technologies.number("generation", g, "land_ha_per_mw") * rent
        worth = (cf * price * weight).sum(axis=(1, 2)) - annuity
        saved += np.maximum(worth, 0.0) * min(plant.max_mw_per_site, 100.0)
    return 100.0 * per_mw - saved + sites["fixed_cost_eur_2024_per_year"].to_numpy(float)
