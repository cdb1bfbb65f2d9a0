"""Work with a deadline: what arrives in an hour is done within so many hours. Part of `training`; nothing else is special.

    waiting[w,t] = waiting[w,t−1] + arrivals[w,t] · (1 − relieved[w]) − Σ_s train[w,s,t] − undone[w,t]
    Σ_{t < τ ≤ t + deadline} (Σ_s train[w,s,τ] + undone[w,τ]) ≥ waiting[w,t]                     first come, first served

The hours of a block go round: what waits at its end is there at its beginning. `undone` is elastic.
"""

from typing import Any

import pyomo.environ as pyo

from ..study.workloads import Training
from .given import Given
from .ledger import EVERYWHERE, Ledger


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    """Adds the rows of works with a deadline to the block of `workloads`."""
    within = {w: of.deadline_hours for w, of in given.study.work.items() if isinstance(of, Training)}
    b.due = pyo.Set(initialize=[w for w in b.training if within[w] is not None], within=given.w)
    b.waiting = pyo.Var(b.due, given.t, domain=pyo.NonNegativeReals, doc="work that waits at the end of the hour [MWh]")
    b.undone = pyo.Var(b.due, given.t, domain=pyo.NonNegativeReals, doc="work that misses its deadline [MWh]")
    n = len(given.t)

    def done(w: str, t: int) -> Any:
        return pyo.quicksum(b.train[w, s, t] for s in given.s) + b.undone[w, t]

    def queues(b: pyo.Block, w: str, t: int) -> object:
        arrives = given.arrivals[w, t]
        left = arrives - arrives * b.relieved[w] if given.relieved else arrives
        return b.waiting[w, t] == b.waiting[w, given.t.prevw(t)] + left - done(w, t)

    def in_time(b: pyo.Block, w: str, t: int) -> object:
        hours = within[w]
        assert hours is not None
        if hours >= n:
            return pyo.Constraint.Skip
        place = given.t.ord(t) - 1
        return pyo.quicksum(done(w, given.t.at((place + i) % n + 1)) for i in range(1, hours + 1)) >= b.waiting[w, t]

    b.queues = pyo.Constraint(b.due, given.t, rule=queues)
    b.in_time = pyo.Constraint(b.due, given.t, rule=in_time)
    missed = pyo.quicksum(given.penalty_per_mwh * b.undone[w, t] for w in b.due for t in given.t)
    if len(b.due):
        ledger.post("penalty", "undone", {EVERYWHERE: missed})
