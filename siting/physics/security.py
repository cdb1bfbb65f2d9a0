"""N-1 security: rows of two non-zeros each, of which only those found violated are kept.

    |flow[l] + lodf[l, c] * flow[branch of c]| <= emergency[l]           for every branch l after every outage c
    emergency[l] = the branch's limit after an outage; where the base itself exceeds it, what the outage that is worst for the
                   branch puts there in the base, and 0.1 MW more ("do no harm")

Of a branch that is not secure today only the worst state counts: which of its other outages the base lets come close is
accident, and would stop load that does no harm.

On 585 buses these are 808,644 rows a situation, of which 150 to 200 matter: the same ones in most situations and for most
buses. One pool of found rows therefore serves all situations, buses and programs of a network.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .outages import Outages

DO_NO_HARM_MW = 0.1
"""Room above the base flow where it exceeds a limit before anything is built."""

OVER_MW = 1e-3
"""Overload that counts."""

SECURE_BASE = (
    "Base: before anything is built, supply is re-dispatched to the least overload, intact and after every outage. Limits that "
    "this secure base keeps are never relaxed; one that no dispatch keeps may not get worse."
)

AFTER = " after the loss of "
VIOLATED_MW = 1e-3
PER_BRANCH = 3
PER_ROUND = 80


class RowPool:
    """The pairs (branch, outage) found so far; programs read them in this order and never forget one."""

    def __init__(self, outages: Outages):
        self.outages = outages
        self.branch = np.zeros(0, np.int64)
        self.outage = np.zeros(0, np.int64)
        self._known = np.zeros(outages.lodf.shape, bool)

    def __len__(self) -> int:
        return len(self.branch)

    def emergency(self, emergency_mw: NDArray[np.float64], base_flow_mw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Limit [MW] of every branch after an outage: where the base exceeds it, the worst it puts there and 0.1 MW."""
        worst = np.abs(self.outages.after(base_flow_mw)).max(axis=1, initial=0.0)
        return np.where(worst > emergency_mw + OVER_MW, worst + DO_NO_HARM_MW, emergency_mw)

    def violation(self, flow_mw: NDArray[np.float64], emergency_mw: NDArray[np.float64]) -> NDArray[np.float64]:
        """MW above the limit, (branch, outage): a full check of all branches after all outages."""
        after = self.outages.after(flow_mw)
        np.abs(after, out=after)
        after -= emergency_mw[:, None]
        return after

    def separate(self, flow_mw: NDArray[np.float64], emergency_mw: NDArray[np.float64]) -> int:
        """Add the worst violated rows, a few per branch; how many were added."""
        excess = self.violation(flow_mw, emergency_mw)
        branch, outage = (excess > VIOLATED_MW).nonzero()
        if not len(branch):
            return 0
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
        return f"{branch}{AFTER}{self.outages.name(int(self.outage[number]))}"


def _first_of_each(values: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Positions of the first `most` occurrences of each value, in order."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    start = np.concatenate([[True], ranked[1:] != ranked[:-1]]) if len(ranked) else np.zeros(0, bool)
    first = np.maximum.accumulate(np.where(start, np.arange(len(ranked)), 0))
    return np.sort(order[np.arange(len(ranked)) - first < most])
