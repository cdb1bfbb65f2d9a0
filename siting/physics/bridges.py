"""Which buses lose supply when one branch is lost: those that hang on the rest of the network by a single circuit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from .network import Network


def secure_nodes(network: Network, islanding: Sequence[str]) -> NDArray[np.bool_]:
    """Whether a node stays with the main part of its island after the loss of any one branch.

    `islanding` are the branches whose loss cuts the network in two (`Outages.islanding`). Without them the island falls into
    parts; the main part is the one with most nodes. A link is no second way: it may be the one that is lost.
    """
    gone = set(islanding)
    kept = np.array([name not in gone for name in network.branch], bool)
    ends = (network.branch_from[kept], network.branch_to[kept])
    graph = sp.coo_matrix((np.ones(kept.sum()), ends), (network.node_count, network.node_count))
    part = connected_components(graph, directed=False)[1]
    size = np.bincount(part)
    secure = np.zeros(network.node_count, bool)
    for island in range(network.island_count):
        inside = np.flatnonzero(network.island == island)
        main = part[inside][np.argmax(size[part[inside]])]
        secure[inside] = part[inside] == main
    return secure
