"""The fleet of the grid: what each plant costs and emits, and what it and the network can do in the hours of operation.

    marginal cost = (fuel price + fuel carbon · carbon price) / efficiency + variable cost      [EUR_2024/MWh]
    carbon        = fuel carbon / efficiency                                                    [t/MWh], burning alone

A plant's efficiency runs from the least of its carrier (the smallest plant) to the most (the largest), linearly along the
cumulative capacity: larger plants are newer. Rows of `fleet.csv`, one set a carrier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError
from ..physics.network import Network
from ..sources.grid import read_demand, read_network
from ..sources.netcdf import opened
from ..sources.tables import number, read_technologies
from ..study.study import Study
from .grid import Grid, build_grid
from .headroom import at_buses, bus_of_site
from .hours import Hours
from .money import SHIPPED, Rows, Technologies
from .situations import VARIABLE, demand_by_bus


@dataclass(frozen=True, eq=False)
class Fleet:
    """Plants, stores and network of the hours of operation.

    `plants`: plant, bus_index, carrier, capacity_mw, marginal_cost_eur_2024_per_mwh, carbon_t_per_mwh,
    fixed_cost_eur_2024_per_mw_year. `stores`: store, bus_index, power_mw, energy_mwh, efficiency (round trip).
    `year` is the year of the plants, as the study tells it; every figure from the fleet carries it.
    """

    network: Network
    year: str
    plants: pd.DataFrame
    stores: pd.DataFrame
    available_mw: NDArray[np.float64]  # (plant, block, hour)
    demand_mw: NDArray[np.float64]  # (bus, block, hour)
    limit_mw: NDArray[np.float64]  # (branch,)
    bus: NDArray[np.int64]  # bus number of each site
    prices: str  # zone | node: what plants are paid
    share_of_rating: float  # what a branch may carry, in `limit_mw`


def fleet(study: Study, sites: gpd.GeoDataFrame, hours: Hours, technologies: Technologies) -> Fleet | None:
    """The fleet, or None where the study asks for no dispatch. Demand is the national load of the hour by annual demand.

    Raises DataError for a carrier without rows, telling all at once.
    """
    asked = study.carbon.dispatch if study.carbon else None
    if asked is None:
        return None
    assert study.grid is not None and study.grid.network is not None and study.grid.demand is not None
    assert study.hours.power_system is not None and hours.time is not None
    grid = build_grid(read_network(study.path(study.grid.network)))
    path = (SHIPPED if study.technologies is None else study.path(study.technologies)) / "fleet.csv"
    rows = read_technologies(path)
    plants = plant_table(grid.generators, rows, path)
    times = hours.time.ravel()
    system = opened(study.path(study.hours.power_system)).sel(time=times)
    wind, solar = at_buses(study, grid, times, technologies)
    weather = {"wind_onshore": wind.T, "solar": solar.T, "wind_offshore": system["wind_offshore_cf"].values[None, :]}
    annual = read_demand(study.path(study.grid.demand), grid.network.bus)
    demand = demand_by_bus(annual, 1.0)[:, None] * system["load_mw"].values[None, :]
    return Fleet(
        grid.network,
        str(asked.fleet_year),
        plants,
        _stores(grid, rows, path),
        available(plants, weather, rows, path).reshape(len(plants), *hours.time.shape),
        demand.reshape(len(demand), *hours.time.shape),
        asked.share_of_rating * grid.network.rating_mw,
        bus_of_site(grid, sites),
        asked.prices,
        asked.share_of_rating,
    )


def plant_table(generators: pd.DataFrame, rows: Rows, path: Path) -> pd.DataFrame:
    """Costs and carbon of every plant from the rows of its carrier."""
    unknown = sorted(set(generators["carrier"]) - set(rows))
    if unknown:
        raise DataError([f"carrier '{c}' has plants in the network, but no rows" for c in unknown], path)
    price = number(rows["carbon_price"], "price", "carbon_price", path)
    plants = generators[["generator", "bus", "bus_index", "carrier", "capacity_mw"]].rename(columns={"generator": "plant"})
    plants = plants.reset_index(drop=True)
    size = plants.groupby("carrier")["capacity_mw"]
    order = plants.sort_values(["capacity_mw", "plant"], kind="stable").groupby("carrier")["capacity_mw"]
    place = (order.cumsum() - plants["capacity_mw"] / 2) / size.transform("sum").where(lambda mw: mw > 0, 1.0)

    def of(parameter: str) -> pd.Series:
        return plants["carrier"].map({c: number(rows[c], parameter, c, path) for c in plants["carrier"].unique()})

    least, most = of("efficiency_least"), of("efficiency_most")
    efficiency = least + (most - least) * place
    plants["carbon_t_per_mwh"] = of("fuel_carbon") / efficiency
    fuel = (of("fuel_price") + of("fuel_carbon") * price) / efficiency
    plants["marginal_cost_eur_2024_per_mwh"] = fuel + of("variable_cost")
    plants["fixed_cost_eur_2024_per_mw_year"] = of("fixed_cost")
    return plants


def available(plants: pd.DataFrame, weather: Mapping[str, NDArray], rows: Rows, path: Path) -> NDArray[np.float64]:
    """MW that each plant can give, (plant, time): the weather of its bus, or its carrier's availability.

    `weather` has for each variable carrier capacity factors by (bus, time), or (1, time) where equal at all buses.
    """
    capacity = plants["capacity_mw"].to_numpy(float)
    out = np.zeros((len(plants), next(iter(weather.values())).shape[1]))
    for carrier in plants["carrier"].unique():
        of = (plants["carrier"] == carrier).to_numpy()
        if carrier in VARIABLE:
            factor = weather[carrier]
            share = factor[plants["bus_index"].to_numpy(int)[of]] if len(factor) > 1 else factor
        else:
            share = np.full((1, 1), number(rows[carrier], "availability", carrier, path))
        out[of] = share * capacity[of, None]
    return out


def _stores(grid: Grid, rows: Rows, path: Path) -> pd.DataFrame:
    """Pumped hydro of the network."""
    hours, efficiency = (number(rows["pumped_hydro"], p, "pumped_hydro", path) for p in ("hours", "efficiency"))
    stores = grid.storage[["storage", "bus_index", "power_mw"]].rename(columns={"storage": "store"})
    return stores.assign(energy_mwh=hours * stores["power_mw"], efficiency=efficiency).reset_index(drop=True)
