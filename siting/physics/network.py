"""Direct-current power flow on a network of buses and branches.

    flow[l]       = susceptance[l] * (angle[from l] - angle[to l] - shift[l])   [MW] = [MW/rad] * [rad]
    injection[b]  = sum of flow leaving b - sum of flow entering b          [MW], generation positive
    susceptance   = base power [MVA] / reactance [p.u. on that base]        [MW/rad]

Lossless, flat voltage, small angles: thermal limits only, no voltage, reactive power or stability
(Stott, Jardim and Alsac, "DC Power Flow Revisited", IEEE Trans. Power Systems 24, 2009).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import SuperLU, splu

from ..errors import DataError

ZERO_REACTANCE_PU_ON_1MVA = 1e-7
"""Below this (1e-5 p.u. on 100 MVA) a branch is a bus-bar coupler: its two buses are merged."""

NO_RATING_MVA = 9998.0
"""Ratings of 9,999 kind stand for `not known` in public cases."""

BALANCE_TOLERANCE_MW = 1e-3


@dataclass(frozen=True, eq=False)
class Network:
    """Buses, the electrical nodes they belong to, the branches between the nodes, and controllable links.

    A *node* is one bus, or several buses joined by branches of no reactance. `branch_from` and
    `branch_to` are node numbers; buses reach their node by `node[bus]`. A branch stands for `circuits`
    identical parallel circuits, of which an outage takes one. `emergency_mw` is its limit after the
    loss of another one. `shift_rad` is the fixed angle of a phase shifter. A *link* (HVDC) carries
    from its first to its second node whatever is best between `link_least_mw` and `link_mw`; it has no angle.
    """

    bus: tuple[str, ...]
    node: NDArray[np.int64]
    branch: tuple[str, ...]
    branch_from: NDArray[np.int64]
    branch_to: NDArray[np.int64]
    susceptance_mw_per_rad: NDArray[np.float64]
    rating_mw: NDArray[np.float64]
    emergency_mw: NDArray[np.float64]
    circuits: NDArray[np.float64]
    shift_rad: NDArray[np.float64]
    merged: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    link_from: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    link_to: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    link_mw: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    link_least_mw: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def bus_count(self) -> int:
        return len(self.bus)

    @property
    def branch_count(self) -> int:
        return len(self.branch)

    @cached_property
    def node_count(self) -> int:
        return int(self.node.max()) + 1

    @cached_property
    def unrated(self) -> tuple[str, ...]:
        """Branches without a known rating; they limit nothing, and a report must say so."""
        return tuple(name for name, rating in zip(self.branch, self.rating_mw, strict=True) if np.isinf(rating))

    @cached_property
    def incidence(self) -> sp.csr_matrix:
        """[branch, node]: +1 where the branch starts, -1 where it ends."""
        rows = np.arange(self.branch_count)
        ones = np.ones(self.branch_count)
        entries = np.concatenate([ones, -ones])
        columns = np.concatenate([self.branch_from, self.branch_to])
        shape = (self.branch_count, self.node_count)
        return sp.csr_matrix((entries, (np.concatenate([rows, rows]), columns)), shape)

    @cached_property
    def link_incidence(self) -> sp.csr_matrix:
        """[link, node]: +1 where the link starts, -1 where it ends."""
        count = len(self.link)
        rows, ones = np.arange(count), np.ones(count)
        columns = np.concatenate([self.link_from, self.link_to])
        entries = np.concatenate([ones, -ones])
        return sp.csr_matrix((entries, (np.concatenate([rows, rows]), columns)), (count, self.node_count))

    @cached_property
    def shift_flow_mw(self) -> NDArray[np.float64]:
        """Flow [MW] (branch) that the fixed phase shifts drive around when nothing is injected."""
        driven = self.susceptance_mw_per_rad * self.shift_rad
        if not driven.any():
            return np.zeros(self.branch_count)
        return transfers(self, self.incidence.T @ driven) - driven

    @cached_property
    def island(self) -> NDArray[np.int64]:
        """Number of the island of each node; branches join nodes of one island only, links may join two."""
        link = np.ones(self.branch_count)
        graph = sp.coo_matrix((link, (self.branch_from, self.branch_to)), (self.node_count, self.node_count))
        return connected_components(graph, directed=False)[1].astype(np.int64)

    @cached_property
    def island_count(self) -> int:
        return int(self.island.max()) + 1

    @cached_property
    def reference(self) -> NDArray[np.int64]:
        """One node per island whose angle is zero: the first. No flow depends on the choice."""
        return np.unique(self.island, return_index=True)[1].astype(np.int64)

    @cached_property
    def _free(self) -> NDArray[np.int64]:
        return np.setdiff1d(np.arange(self.node_count), self.reference)

    @cached_property
    def _factors(self) -> SuperLU:
        """Sparse LU, not Cholesky: a series capacitor makes the matrix indefinite (RTE cases)."""
        weighted = sp.diags(self.susceptance_mw_per_rad) @ self.incidence
        laplacian = (self.incidence.T @ weighted).tocsc()
        return splu(laplacian[self._free][:, self._free].tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def at_nodes(self, by_bus: ArrayLike) -> NDArray[np.float64]:
        """Sum values [any unit] given by bus over the buses of each node; further axes stay."""
        by_bus = np.asarray(by_bus, float)
        total = np.zeros((self.node_count, *by_bus.shape[1:]))
        np.add.at(total, self.node, by_bus)
        return total

    def index(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Bus numbers of bus names; every unknown name is told at once."""
        position = {name: number for number, name in enumerate(self.bus)}
        unknown = [name for name in names if name not in position]
        if unknown:
            raise DataError([f"bus {name!r} is not in the network" for name in unknown])
        return np.array([position[name] for name in names], dtype=np.int64)


def build_network(
    bus: Sequence[str],
    branch: Sequence[str],
    bus0: ArrayLike,
    bus1: ArrayLike,
    reactance_pu_on_1mva: ArrayLike,
    rating_mva: ArrayLike,
    power_factor: float,
    *,
    emergency_mva: ArrayLike | None = None,
    circuits: ArrayLike | None = None,
    shift_rad: ArrayLike | None = None,
    links: Sequence[tuple[str, int, int, float] | tuple[str, int, int, float, float]] = (),
) -> Network:
    """Network from one row per branch; `bus0` and `bus1` are bus numbers.

    rating [MW] = rating [MVA] * power_factor; 0.95 is customary where voltage is not modelled.
    A missing or smaller emergency rating is the rating itself. A branch is one circuit unless
    `circuits` says more (a part of a circuit counts as one). `links` are (name, bus0, bus1, MW), equal both ways,
    or (name, bus0, bus1, most MW, least MW).
    Parallel branches stay separate rows. A rating of 0, NaN or at least 9,998 MVA is `not known`
    and becomes infinite. Branches of no reactance merge their buses and disappear into `merged`:
    their flow is not determined, so their rating is not checked.

    >>> triangle = build_network("123", ["1-2", "1-3", "2-3"], [0, 0, 1], [1, 2, 2], [1e-3] * 3, [100, 100, 40], 1.0)
    >>> ptdf(triangle, [2]).ravel().round(4).tolist()
    [-0.3333, -0.6667, -0.3333]
    """
    start, end = np.asarray(bus0, np.int64), np.asarray(bus1, np.int64)
    reactance = np.asarray(reactance_pu_on_1mva, float)
    rating = np.asarray(rating_mva, float)
    _refuse_unusable(branch, start, end, reactance, power_factor)
    coupler = np.abs(reactance) < ZERO_REACTANCE_PU_ON_1MVA
    graph = sp.coo_matrix((np.ones(coupler.sum()), (start[coupler], end[coupler])), (len(bus), len(bus)))
    node = connected_components(graph, directed=False)[1].astype(np.int64)
    kept = ~coupler & (node[start] != node[end])
    known = np.isfinite(rating) & (rating > 0) & (rating < NO_RATING_MVA)
    names = np.asarray(branch, dtype=object)
    limit = np.where(known, rating * power_factor, np.inf)[kept]
    emergency = np.asarray(rating if emergency_mva is None else emergency_mva, float)
    usable = np.isfinite(emergency) & (emergency > 0) & (emergency < NO_RATING_MVA)
    after = np.where(usable, emergency * power_factor, 0.0)[kept]
    joined = [row for row in links if node[row[1]] != node[row[2]]]
    return Network(
        bus=tuple(bus),
        node=node,
        branch=tuple(names[kept]),
        branch_from=node[start[kept]],
        branch_to=node[end[kept]],
        susceptance_mw_per_rad=1.0 / reactance[kept],
        rating_mw=limit,
        emergency_mw=np.maximum(limit, after),
        circuits=np.maximum(_of_branch(circuits, 1.0, kept), 1.0),
        shift_rad=_of_branch(shift_rad, 0.0, kept),
        merged=tuple(names[~kept]),
        link=tuple(row[0] for row in joined),
        link_from=np.array([node[row[1]] for row in joined], np.int64),
        link_to=np.array([node[row[2]] for row in joined], np.int64),
        link_mw=np.array([row[3] for row in joined], float),
        link_least_mw=np.array([row[4] if len(row) == 5 else -row[3] for row in joined], float),
    )


def _of_branch(values: ArrayLike | None, otherwise: float, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.full(int(kept.sum()), otherwise) if values is None else np.asarray(values, float)[kept]


def with_circuits(network: Network, more: Mapping[int, int]) -> Network:
    """The network with so many more circuits, each like those that are there, on the branches numbered.

    >>> line = build_network("ab", ["ab"], [0], [1], [1e-3], [100], 1.0)
    >>> twice = with_circuits(line, {0: 1})
    >>> float(twice.rating_mw[0]), float(twice.susceptance_mw_per_rad[0]), float(twice.circuits[0])
    (200.0, 2000.0, 2.0)
    """
    circuits = network.circuits.copy()
    for branch, count in more.items():
        circuits[branch] += count
    factor = circuits / network.circuits
    return replace(
        network,
        circuits=circuits,
        susceptance_mw_per_rad=network.susceptance_mw_per_rad * factor,
        rating_mw=network.rating_mw * factor,
        emergency_mw=network.emergency_mw * factor,
    )


def _refuse_unusable(
    branch: Sequence[str],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    reactance: NDArray[np.float64],
    power_factor: float,
) -> None:
    problems = []
    if not 0 < power_factor <= 1:
        problems.append(f"the power factor is {power_factor}; it must lie above 0 and not above 1")
    for name, first, last, value in zip(branch, start, end, reactance, strict=True):
        if first == last:
            problems.append(f"branch {name!r} starts and ends at the same bus")
        if not np.isfinite(value):
            problems.append(f"branch {name!r} has no reactance (it is {value})")
    if problems:
        raise DataError(problems)


def flows(network: Network, injection_mw: ArrayLike) -> NDArray[np.float64]:
    """Branch flows [MW] (branch, ...) caused by injections [MW] (bus, ...), generation positive.

    Injections must sum to zero in every island.
    """
    injection = network.at_nodes(injection_mw)
    balance = np.zeros((network.island_count, *injection.shape[1:]))
    np.add.at(balance, network.island, injection)
    worst = np.abs(balance).reshape(network.island_count, -1).max(axis=1)
    broken = np.flatnonzero(worst > BALANCE_TOLERANCE_MW)
    if len(broken):
        raise DataError([_unbalanced(network, int(number), float(worst[number])) for number in broken])
    shift = network.shift_flow_mw.reshape(-1, *(1,) * (injection.ndim - 1))
    return transfers(network, injection) + shift


def _unbalanced(network: Network, number: int, excess_mw: float) -> str:
    first = network.bus[int(np.flatnonzero(network.island[network.node] == number)[0])]
    return f"injections in the island of bus {first!r} are out of balance by {excess_mw:.3f} MW; they must sum to 0"


def transfers(network: Network, injection: NDArray[np.float64]) -> NDArray[np.float64]:
    """Flows [MW] (branch, ...) that injections [MW] (node, ...) add, whatever the phase shifters do."""
    angle = np.zeros_like(injection)
    if len(network._free):
        angle[network._free] = network._factors.solve(np.asfortranarray(injection[network._free]))
    difference = network.incidence @ angle
    shape = (-1,) + (1,) * (difference.ndim - 1)
    return network.susceptance_mw_per_rad.reshape(shape) * difference


def ptdf(network: Network, bus_index: ArrayLike) -> NDArray[np.float64]:
    """PTDF columns [MW per MW] (branch, bus): flow per MW injected at a bus and withdrawn at its island's reference.

    Only differences of columns have a meaning of their own: `ptdf(b) - ptdf(c)` is a transfer from b to c.
    """
    node = network.node[np.atleast_1d(np.asarray(bus_index, np.int64))]
    injection = np.zeros((network.node_count, len(node)))
    column = np.arange(len(node))
    injection[node, column] += 1.0
    injection[network.reference[network.island[node]], column] -= 1.0
    return transfers(network, injection)
