"""N-1 security: rows of two non-zeros each, of which only those found violated are kept.

    |flow[l] + lodf[l, c] * flow[branch of c]| <= emergency[l, c]        for every branch l after every outage c
    emergency[l, c] = the branch's limit after an outage; where the base itself exceeds it, what the base
                      puts there and 0.1 MW more ("do no harm")

On 585 buses these are 808,644 rows a situation, of which 150 to 200 matter: the same ones in most situations and for most
buses. One pool of found rows therefore serves all situations, buses and programs of a network.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .outages import Outages

VIOLATED_MW = 1e-3
PER_BRANCH = 3
PER_ROUND = 80


class Emergency(NamedTuple):
    """Limits after outages [MW]: by branch, and by how much more for the few pairs (branch, outage) that the base exceeds."""

    limit_mw: NDArray[np.float64]
    more_mw: sp.csr_matrix

    def at(self, branch: NDArray[np.int64], outage: NDArray[np.int64]) -> NDArray[np.float64]:
        """Limits of pairs."""
        if not len(branch):
            return np.zeros(0)
        return self.limit_mw[branch] + np.asarray(self.more_mw[branch, outage]).ravel()

    def of(self, branch: int) -> NDArray[np.float64]:
        """Limits of one branch after every outage."""
        return self.limit_mw[branch] + self.more_mw[branch].toarray().ravel()

    def raised(self, branch: int, by_mw: NDArray[np.float64]) -> Emergency:
        """The limits of one branch raised, by as much as each outage allows."""
        more = self.more_mw.tolil(copy=True)
        more[branch] = more[branch].toarray() + by_mw
        return Emergency(self.limit_mw, more.tocsr())


class RowPool:
    """The pairs (branch, outage) found so far; programs read them in this order and never forget one."""

    def __init__(self, outages: Outages):
        self.outages = outages
        self.branch = np.zeros(0, np.int64)
        self.outage = np.zeros(0, np.int64)
        self._known = np.zeros(outages.lodf.shape, bool)

    def __len__(self) -> int:
        return len(self.branch)

    def emergency(self, emergency_mw: NDArray[np.float64], base_flow_mw: NDArray[np.float64], harm_mw: float) -> Emergency:
        """Limit [MW] of every branch after every outage."""
        base = np.abs(self.outages.after(base_flow_mw))
        branch, outage = np.nonzero(base > emergency_mw[:, None])
        more = base[branch, outage] + harm_mw - emergency_mw[branch]
        return Emergency(emergency_mw, sp.csr_matrix((more, (branch, outage)), base.shape))

    def violation(self, flow_mw: NDArray[np.float64], emergency: Emergency | NDArray[np.float64]) -> NDArray[np.float64]:
        """MW above the limit, (branch, outage): a full check of all branches after all outages.

        Limits may also be an array that broadcasts to (branch, outage).
        """
        after = self.outages.after(flow_mw)
        np.abs(after, out=after)
        if not isinstance(emergency, Emergency):
            after -= emergency
            return after
        after -= emergency.limit_mw[:, None]
        more = emergency.more_mw.tocoo()
        after[more.row, more.col] -= more.data
        return after

    def separate(self, flow_mw: NDArray[np.float64], emergency: Emergency | NDArray[np.float64]) -> int:
        """Add the worst violated rows, a few per branch; how many were added."""
        excess = self.violation(flow_mw, emergency)
        branch, outage = np.nonzero(excess > VIOLATED_MW)
        fresh = ~self._known[branch, outage]
        branch, outage = branch[fresh], outage[fresh]
        order = np.argsort(-excess[branch, outage], kind="stable")
        branch, outage = branch[order], outage[order]
        chosen = _first_of_each(branch, PER_BRANCH)[:PER_ROUND]
        self.add(branch[chosen], outage[chosen])
        return len(chosen)

    def add(self, branch: NDArray[np.int64], outage: NDArray[np.int64]) -> None:
        self._known[branch, outage] = True
        self.branch = np.concatenate([self.branch, branch])
        self.outage = np.concatenate([self.outage, outage])

    def rows(self, start: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """(row from 0, branch, coefficient) of the pairs from number `start` on."""
        branch, outage = self.branch[start:], self.outage[start:]
        lost = self.outages.branch[outage]
        number = np.arange(len(branch))
        share = self.outages.lodf[branch, outage]
        other = branch != lost
        row = np.concatenate([number, number[other]])
        column = np.concatenate([branch, lost[other]])
        value = np.concatenate([np.where(other, 1.0, 1.0 + share), share[other]])
        order = np.argsort(row, kind="stable")
        return row[order], column[order], value[order]

    def name(self, number: int) -> str:
        """`line 3 after the loss of line 7`."""
        branch = self.outages.network.branch[self.branch[number]]
        return f"{branch} after the loss of {self.outages.name(int(self.outage[number]))}"


def _first_of_each(values: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Positions of the first `most` occurrences of each value, in order."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    start = np.concatenate([[True], ranked[1:] != ranked[:-1]]) if len(ranked) else np.zeros(0, bool)
    first = np.maximum.accumulate(np.where(start, np.arange(len(ranked)), 0))
    return np.sort(order[np.arange(len(ranked)) - first < most])
