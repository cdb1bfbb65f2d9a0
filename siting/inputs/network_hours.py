"""The hours of a network's own series as arrays: demand, available supply and limits of each hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import InputsError
from ..physics.network import Network
from ..sources.grid import NetworkTables
from .grid import Grid

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GridHour:
    """One hour: demand and available supply [MW] by bus, limits [MW] by branch (intact, after an outage).

    `cost_eur_per_mwh` by node is the mean marginal cost of the plants there, weighted by what they can give.
    """

    demand_mw: Floats
    supply_mw: Floats
    limit_mw: Floats
    emergency_mw: Floats
    cost_eur_per_mwh: Floats


def choose_hours(hours: pd.Index, demand_mw: pd.Series, words: Sequence[str] | None) -> NDArray[np.int64]:
    """Positions of the hours that `words` name: a number, a range `0:24` or `0:24:3`, a time or day (ISO), or `peak`.

    None means all of them. Raises InputsError with every word that names no hour.

    >>> times = pd.date_range("2011-01-01", periods=48, freq="h")
    >>> load = pd.Series(np.arange(48.0), times)
    >>> choose_hours(times, load, ["0:3", "peak", "2011-01-01 05:00"]).tolist(), len(choose_hours(times, load, ["2011-01-02"]))
    ([0, 1, 2, 5, 47], 24)
    """
    if words is None:
        return np.arange(len(hours))
    chosen: set[int] = set()
    problems = []
    for word in words:
        found = _positions(hours, demand_mw, str(word).strip())
        if not len(found):
            problems.append(f"'{word}' names none of the {len(hours)} hours ({hours[0]} to {hours[-1]})")
        chosen.update(int(i) for i in found)
    if problems:
        raise InputsError(problems)
    return np.array(sorted(chosen), np.int64)


def _positions(hours: pd.Index, demand_mw: pd.Series, word: str) -> NDArray[np.int64]:
    everything = np.arange(len(hours))
    if word == "peak":
        return everything[[int(np.argmax(demand_mw.to_numpy()))]]
    if word.isdigit() and len(word) < 5:
        return everything[everything == int(word)]
    parts = word.split(":")
    if len(parts) in (2, 3) and all(p.isdigit() or not p for p in parts) and "-" not in word:
        return everything[slice(*(int(p) if p else None for p in parts))]
    if not isinstance(hours, pd.DatetimeIndex):
        return everything[np.asarray(hours.astype(str)) == word]
    try:
        given = pd.Timestamp(word)
    except ValueError:
        return everything[:0]
    whole_day = len(word) <= 10
    return everything[hours.normalize() == given] if whole_day else everything[hours == given]


def network_hours(grid: Grid, tables: NetworkTables, chosen: NDArray[np.int64]) -> list[GridHour]:
    """The chosen hours. Without a demand series nobody can say how loaded the network is: InputsError."""
    if tables.demand_mw is None:
        raise InputsError(
            "the network has no demand: add demand_mw.csv (`hour`, and one column per bus, MW) or give headroom() demand_mw"
        )
    net, count = grid.network, grid.network.bus_count
    demand = tables.demand_mw.reindex(columns=list(net.bus), fill_value=0.0).to_numpy(float)
    capacity = grid.generators["capacity_mw"].to_numpy(float)
    share = np.ones((len(tables.hours), len(capacity)))
    if tables.available is not None:
        share = tables.available.reindex(columns=list(grid.generators["generator"]), fill_value=1.0).to_numpy(float)
    rating = np.ones((len(tables.hours), net.branch_count))
    if tables.rating_share is not None:
        rating = tables.rating_share.reindex(columns=list(net.branch), fill_value=1.0).to_numpy(float)
    place = np.concatenate([grid.generators["bus_index"], grid.storage["bus_index"]]).astype(int)
    cost = np.concatenate([grid.generators["marginal_cost_eur_per_mwh"].to_numpy(float), np.zeros(len(grid.storage))])
    stored = grid.storage["power_mw"].to_numpy(float)
    built = []
    for hour in chosen:
        plant = np.concatenate([np.where(share[hour] > 0, share[hour] * capacity, 0.0), stored])
        supply = np.bincount(place, weights=plant, minlength=count).astype(float)
        mean = mean_cost(net, place, plant, cost)
        built.append(GridHour(demand[hour], supply, net.rating_mw * rating[hour], net.emergency_mw * rating[hour], mean))
    return built


def mean_cost(network: Network, plant_bus: NDArray[np.int64], plant_mw: Floats, cost_eur_per_mwh: Floats) -> Floats:
    """Mean cost [EUR/MWh] of the plants at each node, weighted by what they can give [MW]; 0 where there are none."""
    weight = np.where(np.isinf(plant_mw), 1e6, plant_mw)
    node = network.node[plant_bus]
    paid = np.bincount(node, weights=weight * cost_eur_per_mwh, minlength=network.node_count)
    there = np.bincount(node, weights=weight, minlength=network.node_count)
    return paid / np.where(there > 0, there, 1.0)


def national_hours(
    tables: NetworkTables, annual_gwh: Floats, load_mw: pd.Series, capacity_factor: pd.DataFrame, conventional: float
) -> NetworkTables:
    """The network with hours from national series: demand of bus b = load of the hour * annual demand of b / that of all.

    `capacity_factor` (hour, carrier) [MW per MW] holds for all plants of a carrier; others can give the share `conventional`.
    Raises InputsError: a carrier of the table that no plant has, other hours than the load's.
    """
    carrier = tables.generators["carrier"]
    problems = [f"no plant of the network has the carrier '{c}'" for c in capacity_factor if c not in set(carrier)]
    if not capacity_factor.index.equals(load_mw.index):
        problems.append("load and capacity factors have different hours")
    if problems:
        raise InputsError(problems)
    hours = load_mw.index.rename("hour")
    demand = np.outer(load_mw.to_numpy(float), annual_gwh / annual_gwh.sum())
    share = np.full((len(hours), len(carrier)), conventional)
    for name in capacity_factor:
        share[:, (carrier == name).to_numpy()] = capacity_factor[[name]].to_numpy(float)
    return replace(
        tables,
        demand_mw=pd.DataFrame(demand, hours, tables.buses["bus"]),
        available=pd.DataFrame(share, hours, tables.generators["generator"]),
    )


def spare_share(grid: Grid, capacity_mw: Floats) -> Floats:
    """Where supply that is not built yet would stand: by bus, pro rata to capacity, 1 per island; by bus count without any."""
    net = grid.network
    island = net.island[net.node]
    finite = np.where(np.isinf(capacity_mw), 1e6, capacity_mw)
    there = np.bincount(island, weights=finite, minlength=net.island_count)
    weight = np.where(there[island] > 0, finite, 1.0)
    return weight / np.bincount(island, weights=weight, minlength=net.island_count)[island]
