"""The linear program behind the headroom of single buses: one program for all buses and hours of a network.

    maximise   served at one node
    balance    net[n] - served[n] + share[n] * planned[island] = flow leaving n - flow entering n       (links too)
    flow law   (flow[l] + over[l] - under[l]) / susceptance[l] = angle[from l] - angle[to l] - shift[l]  [milliradian]
    planning   planned[i] - sum of served in i <= lack[i]                                  where adequacy is no limit
    N-1        |flow[l] + lodf[l, c] * flow[branch of c] - over + under| <= emergency[l]   rows of a pool, as needed
               |flow[l] + phi[l, k] * link[k] - over + under| <= emergency[l]              loss of the link k
    bounds     -demand[n] <= net[n] <= supply[n] - demand[n],  |flow[l]| <= limit[l],  over, under, planned >= 0

Demand below zero is embedded supply, which may be turned down.

Two questions are asked of it. The *base* serves nobody new and minimises lack of supply, overload and, among equals, cost
(of a node's plants on average): what it cannot avoid is what the hour has before anything is connected. The *headroom* then
holds every limit, those that the base exceeds at what the base puts there and 0.1 MW more (do no harm), and the lack of
supply at that of the base. Everything that differs between hours, buses and questions is a bound or a cost, so each solve
goes on from the last basis.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..errors import SolveError
from ..inputs.network_hours import GridHour
from ..physics.network import Network, transfers
from ..physics.security import RowPool
from .bus_answers import Base, Found

MILLIRADIAN = 1e-3
HARM_MW = 0.1
OVER_MW = 1e-3
MOVES = 1e-3
"""MW per MW of a lost link from which a branch is watched."""

LACK_WEIGHT = 100.0
"""One MW of missing supply weighs as much as 100 MW of overload: supply comes first."""

CHEAPNESS = 1e-5
"""MW of overload per EUR/h of cost, as in the base dispatch of a study."""

PRICING = (("simplex_dual_edge_weight_strategy", 1),)
"""Devex: exact steepest-edge weights would be computed anew after every added row (measured: a third more time)."""

_INF = highspy.kHighsInf
Floats = NDArray[np.float64]


class BusProgram:
    """One HiGHS program for a network; `pool` None asks for no security."""

    def __init__(self, network: Network, planned_share: Floats, pool: RowPool | None, adequacy: bool, ceiling_mw: float):
        self.network, self.pool, self.adequacy, self.ceiling = network, pool, adequacy, ceiling_mw
        nodes, branches, islands, links = network.node_count, network.branch_count, network.island_count, len(network.link)
        self.phi = np.zeros((branches, links)) if pool is None else _lost_links(network)
        rows, at = np.nonzero((np.abs(self.phi) > MOVES) & np.isfinite(network.emergency_mw)[:, None])
        self.link_rows, self.link_of_row = rows, at
        sizes = np.cumsum([0, nodes, nodes, islands, branches, nodes, links, branches, branches, len(rows), len(rows)])
        parts = list(map(slice, sizes[:-1], sizes[1:]))
        self.net, self.served, self.planned, self.flow, self.angle, self.link, self.over, self.under = parts[:8]
        self.link_over, self.link_under = parts[8:]
        self.first = int(sizes[-1])
        self.secured = 0
        self.solves = 0
        self._highs = self._load(self._matrix(planned_share))
        self._asked = -1
        self._in_base = False
        self._hour: GridHour | None = None
        self._base: Base | None = None

    def _matrix(self, share: Floats) -> sp.csc_matrix:
        net = self.network
        nodes, branches = net.node_count, net.branch_count
        member = sp.csr_matrix((np.ones(nodes), (np.arange(nodes), net.island)), (nodes, net.island_count))
        place = sp.diags(net.at_nodes(share)) @ member
        slope, leave = sp.diags(1.0 / (net.susceptance_mw_per_rad * MILLIRADIAN)), -net.incidence.T
        count = len(self.link_rows)
        pick = sp.csr_matrix((np.ones(count), (np.arange(count), self.link_rows)), (count, branches))
        lost = sp.csr_matrix(
            (self.phi[self.link_rows, self.link_of_row], (np.arange(count), self.link_of_row)), (count, len(net.link))
        )
        unit = sp.identity(count)
        balance = [
            sp.identity(nodes),
            -sp.identity(nodes),
            place,
            leave,
            None,
            -net.link_incidence.T,
            leave,
            -leave,
            None,
            None,
        ]
        law = [None, None, None, slope, -net.incidence, None, slope, -slope, None, None]
        planning = [None, -member.T, sp.identity(net.island_count), *[None] * 7]
        secure = [None, None, None, pick, None, lost, pick, -pick, -unit, unit]
        return sp.bmat([balance, law, planning, secure], format="csc")

    def _load(self, matrix: sp.csc_matrix) -> highspy.Highs:
        net = self.network
        self.lower, self.upper = np.zeros(self.first), np.zeros(self.first)
        self.upper[self.angle] = np.inf
        self.upper[self.angle][net.reference] = 0.0
        self.lower[self.angle] = -self.upper[self.angle]
        self.upper[self.link], self.lower[self.link] = net.link_mw, net.link_least_mw
        self.law = slice(net.node_count, net.node_count + net.branch_count)
        self.planning = slice(self.law.stop, self.law.stop + net.island_count)
        self.rows = matrix.shape[0]
        right = np.zeros(self.rows)
        right[self.law] = -net.shift_rad / MILLIRADIAN
        highs = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("presolve", "off"), *PRICING):
            _must(highs.setOptionValue(option, value), f"option {option}")
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = matrix.shape
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.zeros(self.first), _finite(self.lower), _finite(self.upper)
        lp.row_lower_ = lp.row_upper_ = right
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
        _must(highs.passModel(lp), "passModel")
        return highs

    # the two questions

    def base(self, hour: GridHour) -> Base:
        """The least overload and lack of supply of an hour, secure as far as it goes."""
        self._enter_base(hour)
        self._set(hour, None)
        value = self._secure(hour.emergency_mw[:, None])
        over = value[self.over] - value[self.under]
        slack = self._pair_columns()
        pair_over = value[slack] + value[slack + 1]
        branches = np.flatnonzero(np.abs(over) > OVER_MW)
        pairs = np.flatnonzero(pair_over > OVER_MW)
        flow = value[self.flow] + over
        net, link = value[self.net], value[self.link]
        link_over = value[self.link_over] + value[self.link_under]
        links = np.flatnonzero(link_over > OVER_MW)
        return Base(
            flow,
            net,
            link,
            value[self.planned],
            branches,
            np.abs(over)[branches],
            pairs,
            pair_over[pairs],
            links,
            link_over[links],
        )

    def enter_hour(self, hour: GridHour, base: Base) -> None:
        """Ask for headroom in this hour from now on."""
        self._enter_headroom()
        self._set(hour, base)

    def headroom(self, node: int, movable: NDArray[np.bool_] | None = None) -> Found:
        """The largest load at a node in the hour entered; only supply at the nodes `movable` is re-dispatched (None: all)."""
        assert self._hour is not None
        if node != self._asked:
            moved = [n for n in (self._asked, node) if n >= 0]
            columns = np.array(moved, np.int32) + self.served.start
            upper = np.array([self.ceiling if n == node else 0.0 for n in moved])
            _must(self._highs.changeColsBounds(len(moved), columns, np.zeros(len(moved)), upper), "changeColsBounds")
            self._asked = node
        if movable is not None:
            self._hold(movable)
        value = self._secure(self._emergency)
        return self._read(float(value[self.served.start + node]))

    def _hold(self, movable: NDArray[np.bool_]) -> None:
        """Supply elsewhere, and links that end elsewhere on both sides, stay at the base."""
        assert self._base is not None
        net = self.network
        near = movable[net.link_from] | movable[net.link_to]
        lower = np.concatenate(
            [np.where(movable, self.lower[self.net], self._base.net_mw), np.where(near, net.link_least_mw, self._base.link_mw)]
        )
        upper = np.concatenate(
            [np.where(movable, self.upper[self.net], self._base.net_mw), np.where(near, net.link_mw, self._base.link_mw)]
        )
        parts = (np.arange(self.net.start, self.net.stop), np.arange(self.link.start, self.link.stop))
        columns = np.concatenate(parts).astype(np.int32)
        _must(self._highs.changeColsBounds(len(columns), columns, lower, upper), "changeColsBounds")

    # bounds and costs

    def _enter_base(self, hour: GridHour) -> None:
        if self._asked >= 0:
            _must(self._highs.changeColBounds(self.served.start + self._asked, 0.0, 0.0), "changeColBounds")
            self._asked = -1
        if not self._in_base:
            self._elastic(np.inf)
            self._cost(self.served, 0.0)
            self._cost(self.planned, LACK_WEIGHT)
            self._in_base = True
        self._cost(self.net, CHEAPNESS * hour.cost_eur_per_mwh)

    def _enter_headroom(self) -> None:
        if self._in_base or self._hour is None:
            self._elastic(0.0)
            self._cost(self.served, -1.0)
            self._cost(self.planned, 0.0)
            self._cost(self.net, 0.0)
            self._in_base = False

    def _elastic(self, most: float) -> None:
        """Whether overload is allowed, at a cost of 1 a MW."""
        extra = np.arange(self.first, self.first + 2 * self.secured)
        columns = np.concatenate([np.arange(self.over.start, self.link_under.stop), extra]).astype(np.int32)
        bound = np.full(len(columns), min(most, _INF))
        _must(self._highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), bound), "changeColsBounds")
        _must(self._highs.changeColsCost(len(columns), columns, np.ones(len(columns))), "changeColsCost")

    def _cost(self, part: slice, value: float | Floats) -> None:
        columns = np.arange(part.start, part.stop, dtype=np.int32)
        cost = np.broadcast_to(np.asarray(value, float), len(columns)).copy()
        _must(self._highs.changeColsCost(len(columns), columns, cost), "changeColsCost")

    def _set(self, hour: GridHour, base: Base | None) -> None:
        """The bounds of an hour; without a base the lack of supply is what the solve finds."""
        self._hour, self._base = hour, base
        net = self.network
        demand, supply = net.at_nodes(hour.demand_mw), net.at_nodes(hour.supply_mw)
        self.lower[self.net], self.upper[self.net] = -np.maximum(demand, 0.0), supply - demand
        limit = hour.limit_mw.copy()
        self._emergency = hour.emergency_mw[:, None]
        self._relaxed: dict[str, tuple[NDArray[np.int64], Floats]] = {}
        lack = np.full(net.island_count, np.inf)
        if base is not None:
            lack = base.lack_mw + OVER_MW * (base.lack_mw > 0)
            limit[base.branches] += base.branch_mw + HARM_MW
            self._relaxed["branch"] = base.branches, base.branch_mw + HARM_MW
            self._relaxed["pair"] = base.pairs, base.pair_mw + HARM_MW
            self._relaxed["link"] = base.links, base.links_mw + HARM_MW
            if len(base.pairs):
                self._relax_pairs(hour, base)
        self.lower[self.flow], self.upper[self.flow] = -limit, limit
        planned_free = base is None or not self.adequacy
        self.upper[self.planned] = np.inf if planned_free else lack
        columns = np.concatenate([np.arange(p.start, p.stop) for p in (self.net, self.planned, self.flow)]).astype(np.int32)
        lower, upper = _finite(self.lower[columns]), _finite(self.upper[columns])
        _must(self._highs.changeColsBounds(len(columns), columns, lower, upper), "changeColsBounds")
        self._row_bounds(hour, np.inf if base is None or self.adequacy else lack)

    def _relax_pairs(self, hour: GridHour, base: Base) -> None:
        assert self.pool is not None
        dense = np.repeat(hour.emergency_mw[:, None], self.pool.outages.count, axis=1)
        dense[self.pool.branch[base.pairs], self.pool.outage[base.pairs]] += base.pair_mw + HARM_MW
        self._emergency = dense

    def _row_bounds(self, hour: GridHour, lack: Any) -> None:
        islands, pairs = self.network.island_count, np.arange(self.secured)
        after_link = hour.emergency_mw[self.link_rows]
        if "link" in self._relaxed:
            number, more = self._relaxed["link"]
            after_link[number] += more
        limit = np.concatenate([after_link, self._pair_limits(pairs)])
        lower = np.concatenate([np.full(islands, -np.inf), -limit])
        upper = np.concatenate([np.broadcast_to(lack, islands), limit])
        rows = np.concatenate([np.arange(self.planning.start, self.rows), self.rows + pairs]).astype(np.int32)
        _must(self._highs.changeRowsBounds(len(rows), rows, _finite(lower), _finite(upper)), "changeRowsBounds")  # type: ignore[attr-defined]

    def _pair_limits(self, pairs: NDArray[np.int64]) -> Floats:
        if not len(pairs):
            return np.zeros(0)
        assert self.pool is not None
        whole = np.broadcast_to(self._emergency, (self.network.branch_count, self.pool.outages.count))
        return whole[self.pool.branch[pairs], self.pool.outage[pairs]]

    def _pair_columns(self) -> NDArray[np.int64]:
        return self.first + 2 * np.arange(self.secured)

    # solving

    def _secure(self, emergency: Floats) -> Floats:
        """Column values of the optimum that violates no row of any outage."""
        self._append()
        value = self._solve()
        while self.pool is not None:
            flow = value[self.flow] + value[self.over] - value[self.under]
            if not self.pool.separate(flow, emergency):
                break
            self._append()
            value = self._solve()
        return value

    def _append(self) -> None:
        """Rows the pool has found since, each with its two elastic columns."""
        if self.pool is None or self.secured == len(self.pool):
            return
        pairs = np.arange(self.secured, len(self.pool))
        count, none = len(pairs), np.zeros(0, np.int32)
        most = np.full(2 * count, _INF if self._in_base else 0.0)
        starts = np.zeros(2 * count, np.int32)
        _must(
            self._highs.addCols(2 * count, np.ones(2 * count), np.zeros(2 * count), most, 0, starts, none, np.zeros(0)),
            "addCols",
        )
        row, branch, value = self.pool.rows(self.secured)
        own = np.arange(count)
        slack = self.first + 2 * pairs
        coefficient = np.concatenate([value, value, -value, -np.ones(count), np.ones(count)])
        parts = [branch + self.flow.start, branch + self.over.start, branch + self.under.start, slack, slack + 1]
        entries = (np.concatenate([row, row, row, own, own]), np.concatenate(parts))
        matrix = sp.csr_matrix((coefficient, entries), (count, self.first + 2 * len(self.pool)))
        self.secured = len(self.pool)
        limit = _finite(self._pair_limits(pairs))
        _must(
            self._highs.addRows(
                count,
                -limit,
                limit,
                matrix.nnz,
                matrix.indptr[:-1].astype(np.int32),
                matrix.indices.astype(np.int32),
                matrix.data,
            ),
            "addRows",
        )

    def _solve(self) -> Floats:
        """Warm, then cold, then by interior point where HiGHS does not end optimal."""
        self.solves += 1
        self._highs.run()
        for solver in ("choose", "ipm"):
            if self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                break
            _must(self._highs.clearSolver(), "clearSolver")
            _must(self._highs.setOptionValue("solver", solver), "option solver")
            self._highs.run()
            _must(self._highs.setOptionValue("solver", "choose"), "option solver")
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            status = self._highs.modelStatusToString(self._highs.getModelStatus())
            raise SolveError(f"the headroom of a bus ended with status {status} by simplex and by interior point")
        return np.asarray(self._highs.getSolution().col_value)

    def _read(self, mw: float) -> Found:
        solution = self._highs.getSolution()
        reduced, dual = np.asarray(solution.col_dual), np.asarray(solution.row_dual)
        worth = {
            "branch": np.abs(reduced[self.flow]),
            "pair": np.abs(dual[self.rows :]),
            "link": np.abs(dual[self.planning.stop : self.rows]),
        }
        relaxed = sum(float(worth[kind][number] @ more) for kind, (number, more) in self._relaxed.items())
        adequacy = float(np.maximum(-reduced[self.planned], 0.0).max()) if self.adequacy else 0.0
        kind = max((k for k in worth if len(worth[k])), key=lambda k: float(worth[k].max()))
        number = int(np.argmax(worth[kind]))
        return Found(mw, kind, number, float(worth[kind][number]), adequacy, relaxed)


def _lost_links(network: Network) -> Floats:
    """MW on each branch per MW of a link that is lost; none where it joins two islands, which would then be out of balance."""
    inside = network.island[network.link_from] == network.island[network.link_to]
    return transfers(network, network.link_incidence.T.toarray()) * inside


def _finite(values: Floats) -> Floats:
    return np.clip(values, -_INF, _INF)


def _must(status: Any, what: str) -> None:
    if status == highspy.HighsStatus.kError:
        raise SolveError(f"HiGHS refused {what}")
