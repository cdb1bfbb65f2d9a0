"""The linear program behind the headroom of single buses: one program for all buses and hours of a network.

    maximise   served at one node
    balance    net[n] - served[n] + share[n] * planned[island] = flow leaving n - flow entering n       (links too)
    flow law   (flow[l] + over[l] - under[l]) / susceptance[l] = angle[from l] - angle[to l] - shift[l]  [milliradian]
    planning   planned[i] - sum of served in i <= lack[i]                                  where adequacy is no limit
    N-1        |flow[l] + lodf[l, c] * flow[branch of c] - more[l] + less[l]| <= emergency[l]   rows of a pool, as needed
               |flow[l] + phi[l, k] * link[k] - more[l] + less[l]| <= emergency[l]              loss of the link k
    bounds     -max(demand[n], 0) <= net[n] <= supply[n] - demand[n],  |flow[l]| <= limit[l];  all others >= 0

Demand below zero is embedded supply, which may be turned down.

Two questions are asked of it. The *secure base* serves nobody new and minimises lack of supply, overload (of every branch
intact, and of every branch after the outage that is worst for it) and, among equals, cost (of a node's plants on average):
what it cannot avoid is what the hour has before anything is connected. The *headroom* then holds every limit, those that the
secure base exceeds at what it puts there and 0.1 MW more (do no harm), and the lack of supply at that of the base. Where the
base exceeds none, no limit is relaxed. Everything that differs between hours, buses and questions is a bound or a cost, so
each solve goes on from the last basis.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...errors import SolveError
from ...inputs.network_hours import GridHour
from ...physics.network import Network, transfers
from ...physics.security import DO_NO_HARM_MW, OVER_MW, RowPool
from .bus_answers import Base, Found

MILLIRADIAN = 1e-3
MOVES = 1e-3
"""MW per MW of a lost link from which a branch is watched."""

ROUNDING_MW = 1e-5
"""Room above every flow of the base, so that it is feasible also where most supply is held at it."""

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
        sizes = np.cumsum([0, nodes, nodes, islands, branches, nodes, links, *[branches] * 4])
        parts = list(map(slice, sizes[:-1], sizes[1:]))
        self.net, self.served, self.planned, self.flow, self.angle, self.link = parts[:6]
        self.over, self.under, self.more, self.less = parts[6:]
        self.columns = int(sizes[-1])
        self.secured = 0
        self.solves = 0
        self._highs = self._load(self._matrix(planned_share))
        self._asked = -1
        self._in_base = False
        self._base: Base | None = None
        self._sent = np.zeros(0)

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
        one = sp.identity(nodes)
        balance = [one, -one, place, leave, None, -net.link_incidence.T, leave, -leave, None, None]
        law = [None, None, None, slope, -net.incidence, None, slope, -slope, None, None]
        planning = [None, -member.T, sp.identity(net.island_count), *[None] * 7]
        secure = [None, None, None, pick, None, lost, pick, -pick, -pick, pick]
        return sp.bmat([balance, law, planning, secure], format="csc")

    def _load(self, matrix: sp.csc_matrix) -> highspy.Highs:
        net = self.network
        lower, upper = np.zeros(self.columns), np.zeros(self.columns)
        upper[self.angle] = np.inf
        upper[self.angle][net.reference] = 0.0
        lower[self.angle] = -upper[self.angle]
        upper[self.link], lower[self.link] = net.link_mw, net.link_least_mw
        law = slice(net.node_count, net.node_count + net.branch_count)
        self.planning = slice(law.stop, law.stop + net.island_count)
        self.rows = matrix.shape[0]
        right = np.zeros(self.rows)
        right[law] = -net.shift_rad / MILLIRADIAN
        highs = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("presolve", "off"), *PRICING):
            _must(highs.setOptionValue(option, value), f"option {option}")
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = matrix.shape
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.zeros(self.columns), _finite(lower), _finite(upper)
        lp.row_lower_ = lp.row_upper_ = right
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
        _must(highs.passModel(lp), "passModel")
        return highs

    # the two questions

    def base(self, hour: GridHour) -> Base:
        """The secure base of an hour: least overload and lack of supply, and the limits that hold from then on."""
        self._enter_base(hour)
        value = self._secure()
        over = value[self.over] - value[self.under]
        flow, link = value[self.flow] + over, value[self.link]
        beyond = np.where(np.abs(over) > OVER_MW, np.abs(over), 0.0)
        after, worst = self._after(flow, link)
        beyond_after = np.where(after > hour.emergency_mw + OVER_MW, after - hour.emergency_mw, 0.0)
        limit = np.maximum(hour.limit_mw + _raised(beyond), np.abs(flow) + ROUNDING_MW)
        emergency = np.maximum(hour.emergency_mw + _raised(beyond_after), after + ROUNDING_MW)
        named = {int(branch): self._outage_name(int(worst[branch])) for branch in np.flatnonzero(beyond_after)}
        return Base(
            hour, flow, value[self.net], link, value[self.planned], limit, emergency, beyond, beyond_after, named
        )  # fmt: skip

    def _after(self, flow: Floats, link: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """(branch) the largest flow [MW] after any outage, and which: a number of the pool's outages, and links after them."""
        count = 0 if self.pool is None else self.pool.outages.count
        after = np.zeros((len(flow), count + len(link)))
        if self.pool is not None:
            after[:, :count] = self.pool.outages.after(flow)
            after[self.link_rows, count + self.link_of_row] = (
                flow[self.link_rows] + self.phi[self.link_rows, self.link_of_row] * link[self.link_of_row]
            )
        if not after.shape[1]:
            return np.zeros(len(flow)), np.zeros(len(flow), np.int64)
        np.abs(after, out=after)
        worst = after.argmax(axis=1)
        return after[np.arange(len(flow)), worst], worst

    def _outage_name(self, number: int) -> str:
        assert self.pool is not None
        count = self.pool.outages.count
        return self.pool.outages.name(number) if number < count else self.network.link[number - count]

    def enter(self, base: Base) -> None:
        """Ask for headroom in the hour of this base from now on."""
        if self._in_base or self._base is None:
            self._elastic(0.0)
            self._cost(self.served, -1.0)
            self._cost(self.planned, 0.0)
            self._cost(self.net, 0.0)
            self._in_base = False
        self._base = base
        lack = base.lack_mw + OVER_MW * (base.lack_mw > 0)
        self._bound(base.hour, base.limit_mw, lack if self.adequacy else np.full(len(lack), np.inf))
        self._row_bounds(base.after_mw, np.inf if self.adequacy else lack)

    def headroom(self, node: int, movable: NDArray[np.bool_] | None = None) -> Found:
        """The largest load at a node in the hour entered; only supply at the nodes `movable` is re-dispatched (None: all)."""
        if node != self._asked:
            moved = [n for n in (self._asked, node) if n >= 0]
            columns = np.array(moved, np.int32) + self.served.start
            upper = np.array([self.ceiling if n == node else 0.0 for n in moved])
            _must(self._highs.changeColsBounds(len(moved), columns, np.zeros(len(moved)), upper), "changeColsBounds")
            self._asked = node
        if movable is not None:
            self._hold(movable)
        value = self._secure()
        return self._read(float(value[self.served.start + node]))

    def _hold(self, movable: NDArray[np.bool_]) -> None:
        """Supply elsewhere, and links that end elsewhere on both sides, stay at the base."""
        assert self._base is not None
        net, base = self.network, self._base
        near = movable[net.link_from] | movable[net.link_to]
        least, most = _supply(net, base.hour)
        lower = np.concatenate([np.where(movable, least, base.net_mw), np.where(near, net.link_least_mw, base.link_mw)])
        upper = np.concatenate([np.where(movable, most, base.net_mw), np.where(near, net.link_mw, base.link_mw)])
        parts = (np.arange(self.net.start, self.net.stop), np.arange(self.link.start, self.link.stop))
        self._column_bounds(np.concatenate(parts), lower, upper)

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
        self._base = None
        self._cost(self.net, CHEAPNESS * hour.cost_eur_per_mwh)
        self._bound(hour, hour.limit_mw, np.full(self.network.island_count, np.inf))
        self._row_bounds(hour.emergency_mw, np.inf)

    def _elastic(self, most: float) -> None:
        """Whether overload is allowed, at a cost of 1 a MW."""
        columns = np.arange(self.over.start, self.less.stop)
        self._column_bounds(columns, np.zeros(len(columns)), np.full(len(columns), most))
        _must(self._highs.changeColsCost(len(columns), columns.astype(np.int32), np.ones(len(columns))), "changeColsCost")

    def _cost(self, part: slice, value: float | Floats) -> None:
        columns = np.arange(part.start, part.stop, dtype=np.int32)
        cost = np.broadcast_to(np.asarray(value, float), len(columns)).copy()
        _must(self._highs.changeColsCost(len(columns), columns, cost), "changeColsCost")

    def _bound(self, hour: GridHour, limit: Floats, planned: Floats) -> None:
        """The columns that differ between hours."""
        least, most = _supply(self.network, hour)
        columns = np.concatenate([np.arange(p.start, p.stop) for p in (self.net, self.planned, self.flow)])
        lower, upper = (np.concatenate(x) for x in ((least, np.zeros(len(planned)), -limit), (most, planned, limit)))
        self._column_bounds(columns, lower, upper)

    def _column_bounds(self, columns: NDArray[np.int64], lower: Floats, upper: Floats) -> None:
        given = (len(columns), columns.astype(np.int32), _finite(lower), _finite(upper))
        _must(self._highs.changeColsBounds(*given), "changeColsBounds")

    def _row_bounds(self, emergency: Floats, lack: Any) -> None:
        """The rows that differ between hours; nothing is sent where none of them does."""
        self._emergency = emergency
        islands = self.network.island_count
        limit = np.concatenate([emergency[self.link_rows], self._pair_limits(0, self.secured)])
        upper = _finite(np.concatenate([np.broadcast_to(lack, islands), limit]))
        if np.array_equal(upper, self._sent):
            return
        self._sent = upper
        lower = np.concatenate([np.full(islands, -_INF), -upper[islands:]])
        rows = np.arange(self.planning.start, self.planning.start + len(upper), dtype=np.int32)
        _must(self._highs.changeRowsBounds(len(rows), rows, lower, upper), "changeRowsBounds")  # type: ignore[attr-defined]

    def _pair_limits(self, start: int, stop: int) -> Floats:
        return np.zeros(0) if self.pool is None else self._emergency[self.pool.branch[start:stop]]

    # solving

    def _secure(self) -> Floats:
        """Column values of the optimum that violates no row of any outage; in the base, none by more than its branch has."""
        self._append()
        value = self._solve()
        while self.pool is not None:
            flow = value[self.flow] + value[self.over] - value[self.under]
            allowed = self._emergency + (value[self.more] + value[self.less] if self._in_base else 0.0)
            found = self.pool.separate(flow, allowed)
            if not found:
                break
            self._append()
            value = self._solve()
        return value

    def _append(self) -> None:
        """Rows that the pool has found since."""
        if self.pool is None or self.secured == len(self.pool):
            return
        count = len(self.pool) - self.secured
        row, branch, value = self.pool.rows(self.secured)
        own, of = np.arange(count), self.pool.branch[self.secured :]
        limit = _finite(self._pair_limits(self.secured, len(self.pool)))
        coefficient = np.concatenate([value, value, -value, -np.ones(count), np.ones(count)])
        starts = (self.flow.start, self.over.start, self.under.start)
        column = np.concatenate([*(branch + start for start in starts), of + self.more.start, of + self.less.start])
        matrix = sp.csr_matrix((coefficient, (np.concatenate([row, row, row, own, own]), column)), (count, self.columns))
        self.secured = len(self.pool)
        self._sent = np.concatenate([self._sent, limit])
        begin, index = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32)
        _must(self._highs.addRows(count, -limit, limit, matrix.nnz, begin, index, matrix.data), "addRows")

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
        assert self._base is not None
        base, solution = self._base, self._highs.getSolution()
        reduced, dual = np.asarray(solution.col_dual), np.abs(np.asarray(solution.row_dual))
        branch, pair, link = np.abs(reduced[self.flow]), dual[self.rows :], dual[self.planning.stop : self.rows]
        relaxed = 0.0
        if base.over_mw.any():
            relaxed += float(branch @ _raised(base.over_mw))
        if self.pool is not None and base.over_after_mw.any():
            after = _raised(base.over_after_mw)
            relaxed += float(pair @ after[self.pool.branch[: len(pair)]]) + float(link @ after[self.link_rows])
        adequacy = float(np.maximum(-reduced[self.planned], 0.0).max()) if self.adequacy else 0.0
        largest = {name: float(of.max()) for name, of in (("branch", branch), ("pair", pair), ("link", link)) if len(of)}
        kind = max(largest, key=lambda name: largest[name])
        number = int(np.argmax({"branch": branch, "pair": pair, "link": link}[kind]))
        return Found(mw, kind, number, largest[kind], adequacy, relaxed)


def _raised(over_mw: Floats) -> Floats:
    """By how much a limit is raised that the base exceeds by so much [MW]."""
    return over_mw + DO_NO_HARM_MW * (over_mw > 0)


def _supply(network: Network, hour: GridHour) -> tuple[Floats, Floats]:
    """Least and most injection [MW] of each node, demand taken off."""
    demand = network.at_nodes(hour.demand_mw)
    return -np.maximum(demand, 0.0), network.at_nodes(hour.supply_mw) - demand


def _lost_links(network: Network) -> Floats:
    """MW on each branch per MW of a link that is lost; none where it joins two islands, which would then be out of balance."""
    inside = network.island[network.link_from] == network.island[network.link_to]
    return transfers(network, network.link_incidence.T.toarray()) * inside


def _finite(values: Floats) -> Floats:
    return np.clip(values, -_INF, _INF)


def _must(status: Any, what: str) -> None:
    if status == highspy.HighsStatus.kError:
        raise SolveError(f"HiGHS refused {what}")
