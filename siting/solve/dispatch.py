"""Dispatch: what each plant of the grid gives in every hour at least cost (HiGHS by arrays).

    minimise    Σ cost[p] · output[p,t]  +  UNSERVED · unserved[n,t]  +  OVERLOAD · (over + under)[l,t]
    balance     Σ output + discharge − charge + unserved − flow leaving + flow entering = demand        at every node, links too
    flow law    flow + over − under = susceptance · (angle from − angle to − shift)                     on every branch
    limits      |flow| ≤ limit,   |link| ≤ limit of the link,   output ≤ available
    stores      level[t] = level[t−1] + √efficiency · charge − discharge / √efficiency,   cyclic in the block

Twice, as in a zone with re-dispatch: first the *market*, each island one node, which sets the stores' schedule and one price an
hour; then the *network*, hour by hour with that schedule, which sets what runs. Whatever the demand, an answer exists: what
cannot be served or carried is told. Prices are the duals of the balances.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..inputs.fleet import Fleet
from .highs import Highs
from .program import Whole

Array = NDArray[np.float64]

UNSERVED_EUR_PER_MWH = 10_000.0
"""Above any plant's cost: the order of the value of lost load in European practice."""

OVERLOAD_EUR_PER_MWH = 1_000.0
"""Above any re-dispatch between two plants, below unserved load."""

ORDER_EUR_PER_MWH = 1e-3
"""Between the first and the last plant of the table: plants of equal cost run, and are curtailed, in one order, so that with
and without a load differ by the load alone."""

MILLIRADIAN = 1e-3


class Dispatched(NamedTuple):
    """All hours; [MW] and [EUR_2024/MWh]. Market and network differ where the network binds."""

    output: Array  # (plant, block, hour), with the network
    discharge: Array  # (store, block, hour), less charge
    unserved: Array  # (bus's node, block, hour)
    overload: Array  # (branch, block, hour)
    node_price: Array  # (node, block, hour)
    market_output: Array  # (plant, block, hour), each island one node
    market_price: Array  # (plant, block, hour), of the plant's island


class _Answer(NamedTuple):
    output: Array  # each (…, hour)
    unserved: Array
    overload: Array
    discharge: Array
    price: Array


class DispatchLP:
    """The LP of some hours over a network, solved for one demand and availability after the other, each from the last basis."""

    def __init__(self, fleet: Fleet, hours: int):
        self._fleet, self._hours, net = fleet, hours, fleet.network
        self._plants, self._stores = len(fleet.plants), len(fleet.stores)
        order = np.arange(self._plants) / max(self._plants, 1)
        self._cost = fleet.plants["marginal_cost_eur_2024_per_mwh"].to_numpy(float) + ORDER_EUR_PER_MWH * order
        self._nodes, self._branches = net.node_count, net.branch_count
        sizes = (self._plants, self._nodes, *[self._branches] * 3, self._nodes, len(net.link), *[self._stores] * 3)
        self._start = np.concatenate([[0], np.cumsum(sizes)])
        self._highs = Highs(self._build())
        self._highs.option("solver", "simplex")

    def solve(self, demand: Array, available: Array) -> _Answer:
        """`demand` (node, hour) and `available` (plant, hour), MW. Raises SolveError when HiGHS finds no answer."""
        nodes, width = self._nodes, self._nodes + self._branches
        hour = np.arange(self._hours)[:, None]
        self._highs.bound_rows((hour * width + np.arange(nodes)).ravel(), demand.T.ravel(), demand.T.ravel())
        for start, most in ((0, available), (self._start[1], np.maximum(demand, 0.0))):
            columns = (hour * self._start[-1] + start + np.arange(len(most))).ravel()
            self._highs.bound_columns(columns, np.zeros(len(columns)), most.T.ravel())
        answer = self._highs.run("dispatch")
        assert answer.columns is not None and answer.row_duals is not None
        x = answer.columns.reshape(self._hours, -1).T
        output, unserved, _, over, under, _, _, charge, discharge, _ = np.split(x, self._start[1:-1])
        price = answer.row_duals[: self._hours * width].reshape(self._hours, width)[:, :nodes].T
        return _Answer(output, unserved, over + under, discharge - charge, price)

    def _build(self) -> Whole:
        """Rows: for each hour the nodes' balance and the branches' flow law; then the stores' levels."""
        f, net, hours = self._fleet, self._fleet.network, self._hours
        matrix = sp.vstack([sp.block_diag([self._hour_matrix()] * hours), self._level_rows()]).tocsr()
        limit, none = f.limit_mw, np.zeros(self._branches)
        free = np.full(self._nodes, np.inf)
        free[net.reference] = 0.0
        over = np.where(np.isfinite(limit), np.inf, 0.0)
        store = np.concatenate([f.stores[c].to_numpy(float) for c in ("power_mw", "power_mw", "energy_mwh")])
        zero = np.zeros(self._plants + self._nodes)  # set by `solve`
        lower = np.concatenate([zero, -limit, none, none, -free, -net.link_mw, np.zeros(len(store))])
        upper = np.concatenate([zero, limit, over, over, free, net.link_mw, store])
        unserved, overload = np.full(self._nodes, UNSERVED_EUR_PER_MWH), np.full(2 * self._branches, OVERLOAD_EUR_PER_MWH)
        cost = np.concatenate([self._cost, unserved, none, overload, np.zeros(self._nodes + len(net.link) + len(store))])
        hour = np.concatenate([np.zeros(self._nodes), -net.shift_rad / MILLIRADIAN])
        right = np.concatenate([np.tile(hour, hours), np.zeros(hours * self._stores)])
        lower, upper, cost = np.tile(lower, hours), np.tile(upper, hours), np.tile(cost, hours)
        return Whole(matrix, right, right.copy(), lower, upper, cost, 0.0, np.zeros(len(cost), bool))

    def _hour_matrix(self) -> sp.csr_matrix:
        f, net = self._fleet, self._fleet.network

        def at_node(bus_index: Array, n: int) -> sp.csr_matrix:
            return sp.csr_matrix((np.ones(n), (net.node[bus_index.astype(int)], np.arange(n))), (self._nodes, n))

        plant = at_node(f.plants["bus_index"].to_numpy(), self._plants)
        store = at_node(f.stores["bus_index"].to_numpy(), self._stores)
        slope = sp.diags(1.0 / (net.susceptance_mw_per_rad * MILLIRADIAN))
        leave, eye, level = -net.incidence.T, sp.identity(self._nodes), sp.csr_matrix(store.shape)
        angle, link = sp.csr_matrix(eye.shape), -net.link_incidence.T
        balance = sp.hstack([plant, eye, leave, leave, -leave, angle, link, -store, store, level])
        first = sp.csr_matrix((self._branches, self._plants + self._nodes))
        last = sp.csr_matrix((self._branches, len(net.link) + 3 * self._stores))
        law = sp.hstack([first, slope, slope, -slope, -net.incidence, last])
        return sp.vstack([balance, law]).tocsr()

    def _level_rows(self) -> sp.csr_matrix:
        n, hours, wide = self._stores, self._hours, int(self._start[-1])
        root = np.sqrt(self._fleet.stores["efficiency"].to_numpy(float))
        charge, discharge, level = (int(x) + np.arange(n) for x in self._start[7:10])
        row, col, value = [np.empty(0, int)], [np.empty(0, int)], [np.empty(0)]
        for t in range(hours):
            here, before = t * wide, ((t - 1) % hours) * wide
            row.append(np.tile(t * n + np.arange(n), 4))
            col.append(np.concatenate([here + level, before + level, here + charge, here + discharge]))
            value.append(np.concatenate([np.ones(n), -np.ones(n), -root, 1 / root]))
        entries = (np.concatenate(value), (np.concatenate(row), np.concatenate(col)))
        return sp.csr_matrix(entries, (hours * n, hours * wide))


class Dispatch:
    """The fleet, to be asked for its dispatch with more or less load."""

    def __init__(self, fleet: Fleet):
        self._fleet = fleet
        self._plate, self._pool, self._share = _plate(fleet)
        _, self._blocks, self._hours = fleet.available_mw.shape
        self._market = DispatchLP(self._plate, self._hours)
        self._network = DispatchLP(replace(fleet, stores=fleet.stores.iloc[:0]), 1)

    def solve(self, more_mw: Array | None = None) -> Dispatched:
        """At the fleet's demand, and `more_mw` (bus, block, hour) on top of it."""
        f, net = self._fleet, self._fleet.network
        demand = f.demand_mw if more_mw is None else f.demand_mw + more_mw
        store_node = net.node[f.stores["bus_index"].to_numpy(int)]
        discharge = []
        island = self._plate.network.node[f.plants["bus_index"].to_numpy(int)]
        hours = []
        markets = []
        for d in range(self._blocks):
            available = f.available_mw[:, d]
            market = self._market.solve(self._plate.network.at_nodes(demand[:, d]), available)
            markets.append(market)
            discharge.append(self._share[:, None] * market.discharge[self._pool])
            left = net.at_nodes(demand[:, d])
            np.subtract.at(left, store_node, discharge[-1])
            hours.append([self._network.solve(left[:, [t]], available[:, [t]]) for t in range(self._hours)])

        def joined(name: str) -> Array:
            blocks = [np.concatenate([getattr(a, name) for a in answers], axis=1) for answers in hours]
            return np.stack(blocks, axis=1)

        return Dispatched(
            joined("output"),
            np.stack(discharge, axis=1),
            joined("unserved"),
            joined("overload"),
            joined("price"),
            np.stack([m.output for m in markets], axis=1),
            np.stack([m.price[island] for m in markets], axis=1),
        )


def _plate(fleet: Fleet) -> tuple[Fleet, NDArray[np.int64], Array]:
    """The same fleet with every island a single node: the market of a zone without a network; links still bind.

    Stores of an island that are alike are one pool: which of them works would be arbitrary, so each gives its share of power.
    Also the pool of each store, and its share.
    """
    net, none, nothing = fleet.network, np.empty(0, np.int64), np.empty(0)
    plate = replace(
        net, node=net.island[net.node], branch=(), branch_from=none, branch_to=none, susceptance_mw_per_rad=nothing,
        rating_mw=nothing, emergency_mw=nothing, circuits=nothing, shift_rad=nothing,
        link_from=net.island[net.link_from], link_to=net.island[net.link_to],
    )  # fmt: skip
    stores = fleet.stores.assign(island=net.island[net.node[fleet.stores["bus_index"].to_numpy(int)]])
    stores["hours"] = (stores["energy_mwh"] / stores["power_mw"]).round(6)
    alike = stores.groupby(["island", "efficiency", "hours"], sort=False)
    pools = alike.agg(bus_index=("bus_index", "first"), power_mw=("power_mw", "sum"), energy_mwh=("energy_mwh", "sum"))
    share = stores["power_mw"] / alike["power_mw"].transform("sum")
    return (
        replace(fleet, network=plate, limit_mw=nothing, stores=pools.reset_index("efficiency")),
        np.asarray(alike.ngroup(), np.int64),
        np.asarray(share, np.float64),
    )
