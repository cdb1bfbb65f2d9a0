"""The loss of a site: whether the others can carry all users, and which users cannot be carried if not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

STEP_MW = 1e-4  # whole steps in which the flow is counted
ENDLESS = 2**30

Array = NDArray[np.float64]


class Shortfall(NamedTuple):
    """`mw` that cannot be carried; `users` and `halls`: the demands that ask for more than the halls within their reach have
    (masks). Where nothing is short, `mw` is 0 and both are empty."""

    mw: float
    users: NDArray[np.bool_]
    halls: NDArray[np.bool_]


def shortfall(demand_mw: Array, capacity_mw: Array, reaches: NDArray[np.bool_]) -> Shortfall:
    """What of the demands [MW] (n,) no halls [MW] (m,) within reach (n, m) can carry: demands less the largest flow to halls.

    The users and halls on the near side of the smallest cut (Ford and Fulkerson 1956): Σ demand − Σ capacity = mw.

    Two users, one of whom reaches the first hall only:

    >>> two = shortfall(np.array([3.0, 2.0]), np.array([2.0, 9.0]), np.array([[True, False], [True, True]]))
    >>> round(two.mw, 3), two.users.tolist(), two.halls.tolist()
    (1.0, [True, False], [True, False])
    """
    n, m = reaches.shape
    source, sink = n + m, n + m + 1
    user, hall = np.nonzero(reaches)
    row = np.concatenate([np.full(n, source), user, n + np.arange(m)])
    col = np.concatenate([np.arange(n), n + hall, np.full(m, sink)])
    most = np.concatenate([demand_mw / STEP_MW, np.full(len(user), ENDLESS), capacity_mw / STEP_MW])
    graph = csr_matrix((np.rint(most).astype(np.int32), (row, col)), shape=(n + m + 2, n + m + 2))
    left = graph - maximum_flow(graph, source, sink).flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    near = np.zeros(n + m + 2, bool)
    near[breadth_first_order(left, source, return_predecessors=False)] = True
    users, halls = near[:n], near[n : n + m]
    return Shortfall(float(max(demand_mw[users].sum() - capacity_mw[halls].sum(), 0.0)), users, halls)
