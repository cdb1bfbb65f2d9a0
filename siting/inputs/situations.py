"""Grid situations: the hours in which the network must serve all chosen connections together.

A situation holds demand and available supply by bus and the limit of every branch. Supply is
re-dispatched within what is available; every figure derived from it carries its `rule`.
Demand of bus b in an hour = national demand of the hour * annual demand of b / annual demand of all buses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import InputsError
from ..physics.network import Network, transfers
from ..physics.security import DO_NO_HARM_MW, OVER_MW
from .base_dispatch import BaseDispatch
from .grid import Grid
from .network_hours import mean_cost

SECURITY_FACTOR = 0.7
"""Share of the rating used without an outage, standing in for N-1."""

BASE_FACTOR = 1.0
"""Share of the rating the base dispatch may use: today's operation, before the screening margin.

A base squeezed below 70 % wherever possible leaves the network on the edge of what it can do: in the
German 80 GW hour the median bus then has 8 MW of headroom, against 1.0 GW (measured).
"""


def rule(security_factor: float, n_1: bool = False) -> str:
    """The balancing rule to print beside every figure: supply re-dispatched freely, which outages, which share of rating.

    >>> rule(0.7), rule(1.0, n_1=True)
    ('managed, N-0, 70 % of rating', 'managed, N-1, 100 % of rating')
    """
    return f"managed, {'N-1' if n_1 else 'N-0'}, {100 * security_factor:g} % of rating"


MEASURED_ERROR = (
    "The 70 % rule stands in for N-1. Against an N-1 calculation of the same network its headroom per bus differs by "
    "-30 / +27 / +130 % (5th, 50th, 95th percentile), its joint headroom by +25 %. Thermal limits only."
)

VARIABLE = ("wind_onshore", "wind_offshore", "solar")
"""Carriers whose output is weather; all others are conventional."""


class Availability(NamedTuple):
    """Share of capacity that can run in the hour [MW per MW]."""

    conventional: float
    pumped_hydro: float


USUAL = Availability(conventional=0.9, pumped_hydro=0.9)
"""A judgement: one plant in ten is out; pumped hydro lasts the hours of a peak (6 h stores)."""

WINTER_EVENING = {"solar": 0.0, "wind_onshore": 0.15, "wind_offshore": 0.30}
"""Capacity factors of the design peak: no sun, and less wind than the yearly mean of about 0.2 and 0.4."""


class Hour(NamedTuple):
    """One chosen hour: its position in the series and why it was chosen."""

    position: int
    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Situation:
    """One hour the network must survive; [MW] by bus or by branch.

    `limit_mw` is what each branch may carry without an outage, `emergency_mw` after one (N-1 only).
    `cost_eur_per_mwh` (node) is the mean of the plants there. `planned_share` [MW per MW] says where
    supply that does not exist yet would stand, within each island pro rata to conventional capacity;
    `lack_mw` [MW] by island is what the base itself lacks; `base_flow_mw` is empty where there is no base yet.
    """

    name: str
    reason: str
    time: str
    kind: str
    demand_mw: NDArray[np.float64]
    supply_mw: NDArray[np.float64]
    cost_eur_per_mwh: NDArray[np.float64]
    planned_share: NDArray[np.float64]
    lack_mw: NDArray[np.float64]
    base_flow_mw: NDArray[np.float64]
    limit_mw: NDArray[np.float64]
    emergency_mw: NDArray[np.float64]
    rating_mw: NDArray[np.float64]
    share_of_rating: float
    overloaded: pd.DataFrame
    rule: str


def extreme_hours(load: ArrayLike, residual_load: ArrayLike, wind: ArrayLike, solar: ArrayLike) -> list[Hour]:
    """The hours of highest load, residual load, wind and solar output; all series [MW] over the same hours.

    An hour that is highest twice appears once, with both reasons.

    >>> [h.name for h in extreme_hours([1, 3, 2], [0, 3, 1], [5, 0, 0], [0, 0, 9])]
    ['highest load', 'highest wind', 'highest solar']
    """
    series = {"load": load, "residual load": residual_load, "wind": wind, "solar": solar}
    chosen: dict[int, list[str]] = {}
    for name, values in series.items():
        values = np.asarray(values, float)
        if not np.isfinite(values).all():
            raise InputsError(f"the {name} series has {int((~np.isfinite(values)).sum())} hours without a value")
        chosen.setdefault(int(np.argmax(values)), []).append(name)
    hours = []
    for position, names in chosen.items():
        told = [f"{name} {float(np.asarray(series[name])[position]):,.0f} MW" for name in names]
        hours.append(Hour(position, f"highest {names[0]}", "highest of all hours: " + ", ".join(told)))
    return hours


def build_situation(
    grid: Grid,
    annual_gwh: ArrayLike,
    national_mw: float,
    capacity_factor: Mapping[str, ArrayLike],
    *,
    name: str,
    reason: str,
    time: str,
    kind: str = "observed",
    availability: Availability = USUAL,
    security_factor: float = SECURITY_FACTOR,
    n_1: bool = False,
    queued_mw: ArrayLike = 0.0,
    base: BaseDispatch | None = None,
) -> Situation:
    """The situation of one hour, with its base dispatch (least overload of full ratings, then least cost).

    `annual_gwh` (bus) shares out `national_mw` [MW]. `capacity_factor` gives for each variable
    carrier one value or one per bus [MW per MW]. limit = security_factor * rating, but never below
    the base flow: a branch already over its limit may not get worse ("do no harm"). With `n_1` there
    is no base yet: it is found where the outages are known (`solve.secure_base`). `queued_mw` [MW]
    (bus) are loads to come that count as demand. `base` is `base_dispatch(grid, security_factor)`, where
    many hours are built: each of them then takes a tenth of the time, and has the same answer.
    """
    demand = demand_by_bus(annual_gwh, national_mw) + np.asarray(queued_mw, float)
    plant_mw = available_by_plant(grid, capacity_factor, availability)
    bus_count = grid.network.bus_count
    supply = np.bincount(_plant_bus(grid), weights=plant_mw, minlength=bus_count).astype(float)
    share = planned_share(grid)
    lack = _lack(grid, demand, supply)
    screened = security_factor * grid.network.rating_mw
    flow = np.zeros(grid.network.branch_count)
    if not n_1:
        planned = share * lack[grid.network.island[grid.network.node]]
        flow = (base or base_dispatch(grid, security_factor)).flows(demand - planned, plant_mw)
    over = np.abs(flow) > screened + OVER_MW
    limit = np.where(over, np.abs(flow) + DO_NO_HARM_MW, screened)
    return Situation(
        name=name,
        reason=reason,
        time=time,
        kind=kind,
        demand_mw=demand,
        supply_mw=supply,
        cost_eur_per_mwh=mean_cost(grid.network, _plant_bus(grid), plant_mw, _cost(grid)),
        planned_share=share,
        lack_mw=lack,
        base_flow_mw=np.zeros(0) if n_1 else flow,
        limit_mw=limit,
        emergency_mw=grid.network.emergency_mw,
        rating_mw=grid.network.rating_mw,
        share_of_rating=security_factor,
        overloaded=_overloaded(grid, over, flow, limit),
        rule=rule(security_factor, n_1),
    )


def base_dispatch(grid: Grid, security_factor: float) -> BaseDispatch:
    """The base of this network, to be asked hour after hour."""
    limit = np.maximum(BASE_FACTOR, security_factor) * grid.network.rating_mw
    return BaseDispatch(grid.network, _plant_bus(grid), _cost(grid), limit)


def design_peak(
    grid: Grid,
    annual_gwh: ArrayLike,
    national_mw: float = 80_000.0,
    capacity_factor: Mapping[str, ArrayLike] = WINTER_EVENING,
    availability: Availability = USUAL,
    security_factor: float = SECURITY_FACTOR,
    n_1: bool = False,
    queued_mw: ArrayLike = 0.0,
    base: BaseDispatch | None = None,
) -> Situation:
    """A winter evening of `national_mw` [MW] that no observed month contains."""
    weather = ", ".join(
        f"{carrier} {float(np.mean(np.asarray(value, float))):.0%}" for carrier, value in capacity_factor.items()
    )
    return build_situation(
        grid,
        annual_gwh,
        national_mw,
        capacity_factor,
        name="design peak",
        reason=f"{national_mw / 1000:,.0f} GW on a winter evening; capacity factors: {weather}",
        time="",
        kind="design",
        availability=availability,
        security_factor=security_factor,
        n_1=n_1,
        queued_mw=queued_mw,
        base=base,
    )


def demand_by_bus(annual_gwh: ArrayLike, national_mw: float) -> NDArray[np.float64]:
    """Demand [MW] by bus: the national demand of the hour in proportion to annual demand [GWh]."""
    annual = np.asarray(annual_gwh, float)
    if not annual.sum() > 0:
        raise InputsError(f"annual demand sums to {annual.sum()} GWh; it must be positive to share out national demand")
    return national_mw * annual / annual.sum()


def available_by_plant(grid: Grid, capacity_factor: Mapping[str, ArrayLike], availability: Availability) -> NDArray[np.float64]:
    """Available supply [MW] of every generator, then of every store."""
    generators = grid.generators
    share = np.full(len(generators), availability.conventional)
    missing = sorted(set(generators["carrier"]) & set(VARIABLE) - set(capacity_factor))
    if missing:
        raise InputsError([f"carrier {carrier!r} has plants in the network, but no capacity factor" for carrier in missing])
    for carrier, value in capacity_factor.items():
        rows = (generators["carrier"] == carrier).to_numpy()
        by_bus = np.broadcast_to(np.asarray(value, float), grid.network.bus_count)
        share[rows] = by_bus[generators["bus_index"].to_numpy()[rows]]
    if not ((share >= 0) & (share <= 1)).all():
        raise InputsError(f"shares of capacity must lie between 0 and 1; found {share.min():g} to {share.max():g}")
    pumped = availability.pumped_hydro * grid.storage["power_mw"].to_numpy(float)
    return np.concatenate([share * generators["capacity_mw"].to_numpy(float), pumped])


def planned_share(grid: Grid) -> NDArray[np.float64]:
    """Share of planned supply [MW per MW] by bus: pro rata to conventional capacity, 1 per island.

    An island without conventional plant shares by any capacity it has.
    """
    net, plants = grid.network, grid.generators
    capacity = plants["capacity_mw"].to_numpy(float)
    conventional = ~plants["carrier"].isin(VARIABLE).to_numpy()
    place = plants["bus_index"].to_numpy()
    firm = np.bincount(place[conventional], weights=capacity[conventional], minlength=net.bus_count)
    everything = np.bincount(_plant_bus(grid), weights=_capacity(grid), minlength=net.bus_count)
    share = np.zeros(net.bus_count)
    for number in range(net.island_count):
        inside = net.island[net.node] == number
        weight = np.where(inside, firm if firm[inside].sum() > 0 else everything, 0.0)
        if weight.sum() > 0:
            share += weight / weight.sum()
    return share


def rebuilt(situation: Situation, before: Network, after: Network) -> Situation:
    """The same hour and the same dispatch in a network with other branches: base flows and limits anew."""
    flow = transfers(after, before.incidence.T @ (situation.base_flow_mw - before.shift_flow_mw)) + after.shift_flow_mw
    allowed = situation.share_of_rating * after.rating_mw
    limit = np.where(np.abs(flow) > allowed + OVER_MW, np.abs(flow) + DO_NO_HARM_MW, allowed)
    return replace(situation, base_flow_mw=flow, limit_mw=limit, emergency_mw=after.emergency_mw, rating_mw=after.rating_mw)


def overloaded_anywhere(situations: Sequence[Situation]) -> pd.DataFrame:
    """The overloaded branches of all situations under each other, worst first."""
    tables = [s.overloaded.assign(situation=s.name) for s in situations]
    return pd.concat(tables, ignore_index=True).sort_values("loading", ascending=False, ignore_index=True)


def _capacity(grid: Grid) -> NDArray[np.float64]:
    return np.concatenate([grid.generators["capacity_mw"].to_numpy(float), grid.storage["power_mw"].to_numpy(float)])


def _plant_bus(grid: Grid) -> NDArray[np.int64]:
    return np.concatenate([grid.generators["bus_index"].to_numpy(int), grid.storage["bus_index"].to_numpy(int)])


def _cost(grid: Grid) -> NDArray[np.float64]:
    """EUR/MWh of every generator, then of every store (none)."""
    return np.concatenate([grid.generators["marginal_cost_eur_per_mwh"].to_numpy(float), np.zeros(len(grid.storage))])


def _lack(grid: Grid, demand: NDArray[np.float64], supply: NDArray[np.float64]) -> NDArray[np.float64]:
    """What supply is short of demand [MW] in each island; an island without any plant cannot be served."""
    net = grid.network
    island = net.island[net.node]
    wanted = np.bincount(island, weights=demand, minlength=net.island_count)
    there = np.bincount(island, weights=supply, minlength=net.island_count)
    plants = np.bincount(island[_plant_bus(grid)], minlength=net.island_count)
    problems = []
    for number in np.flatnonzero((wanted > 0) & (plants == 0)):
        first = net.bus[int(np.flatnonzero(island == number)[0])]
        problems.append(f"the island of bus {first!r} has {wanted[number]:.1f} MW of demand and no supply")
    if problems:
        raise InputsError(problems)
    return np.maximum(wanted - there, 0.0)


def _overloaded(grid: Grid, over: NDArray[np.bool_], flow: NDArray[np.float64], limit: NDArray[np.float64]) -> pd.DataFrame:
    """Branches above the screening limit in the base; `loading` [MW per MW of rating] above 1 is a real overload."""
    net = grid.network
    rows = np.flatnonzero(over)
    rating = net.rating_mw[rows]
    table = pd.DataFrame(
        {
            "branch": [net.branch[row] for row in rows],
            "rating_mw": rating,
            "base_flow_mw": flow[rows],
            "loading": np.abs(flow[rows]) / rating,
            "limit_mw": limit[rows],
        }
    )
    return table.sort_values("loading", ascending=False, ignore_index=True)
