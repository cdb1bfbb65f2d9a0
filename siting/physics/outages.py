"""The loss of one circuit: what it does to every flow (line outage distribution factors).

    flow of l after the loss of c = flow[l] + lodf[l, c] * flow[branch of c]                      [MW]
    lodf[l, c] = a * phi[l, c] / (1 - a * phi[c, c]),   phi[l, c] = ptdf[l, from c] - ptdf[l, to c]

with a the share of branch c that is lost: 1 of a single circuit, 1/n of n identical parallel ones. What is
left of c itself is compared with the rating of all its circuits (l = c above); of a branch lost whole nothing
is left (lodf[c, c] = -1). Where 1 - a * phi[c, c] is zero the outage cuts the network in two (Guo, Fu, Li
and Shahidehpour, "Direct Calculation of Line Outage Distribution Factors", IEEE Trans. Power Systems 24, 2009).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from .network import Network, transfers

ISLANDING = 1e-6
Lost = Literal["circuit", "branch"]


@dataclass(frozen=True, eq=False)
class Outages:
    """Every outage of the network that leaves it in one piece.

    `branch` is the number of the branch that each outage hits, `lodf` [MW per MW] is (branch, outage).
    `islanding` are branches whose loss cuts off a part: what stands behind them is not secure.
    """

    network: Network
    branch: NDArray[np.int64]
    lodf: NDArray[np.float64]
    islanding: tuple[str, ...]
    lost: Lost = "circuit"

    @property
    def count(self) -> int:
        return len(self.branch)

    @cached_property
    def secure_node(self) -> NDArray[np.bool_]:
        """Nodes that every outage leaves connected to the larger part of their island (of equal parts: the first bus's)."""
        network = self.network
        bridge = np.isin(network.branch, self.islanding)
        start, end = network.branch_from[~bridge], network.branch_to[~bridge]
        graph = sp.coo_matrix((np.ones(len(start)), (start, end)), (network.node_count, network.node_count))
        part = connected_components(graph, directed=False)[1]
        first = part == part[network.reference[network.island]]
        size = np.bincount(part)[part] + 0.5 * first
        largest = np.zeros(network.island_count)
        np.maximum.at(largest, network.island, size)
        return np.asarray(size == largest[network.island])

    def after(self, flow_mw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Flows [MW] (branch, outage) after each outage, from the flows (branch) before it."""
        return flow_mw[:, None] + self.lodf * flow_mw[self.branch]

    def name(self, outage: int) -> str:
        """What is lost, in words: `line 7`, or `one circuit of line 7`."""
        number = self.branch[outage]
        one_of_several = self.lodf[number, outage] > -1 + ISLANDING
        return f"one circuit of {self.network.branch[number]}" if one_of_several else self.network.branch[number]


def single_outages(network: Network, lost: Lost = "circuit", of: ArrayLike | None = None) -> Outages:
    """All single outages of the network, or of the branches numbered in `of`.

    `lost` says whether an outage takes one circuit of a branch or the branch with all its circuits.
    The matrix is dense: branches * outages * 8 bytes.

    >>> from .network import build_network
    >>> triangle = build_network("123", ["1-2", "1-3", "2-3"], [0, 0, 1], [1, 2, 2], [1e-3] * 3, [100, 100, 40], 1.0)
    >>> single_outages(triangle).lodf.round(6).tolist()
    [[-1.0, 1.0, -1.0], [1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]]
    """
    chosen = np.arange(network.branch_count) if of is None else np.asarray(of, np.int64)
    share = 1.0 / network.circuits[chosen] if lost == "circuit" else np.ones(len(chosen))
    phi = transfers(network, network.incidence[chosen].T.toarray())
    left = 1.0 - share * phi[chosen, np.arange(len(chosen))]
    whole = left >= ISLANDING
    kept, phi = chosen[whole], phi[:, whole]
    phi *= share[whole] / left[whole]
    gone = np.flatnonzero(share[whole] >= 1.0)
    phi[kept[gone], gone] = -1.0
    return Outages(network, kept, phi, tuple(network.branch[number] for number in chosen[~whole]), lost)
