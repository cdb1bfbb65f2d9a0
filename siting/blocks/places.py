"""Work that is done whole in one place. Part of `workloads`, which owns the halls' capacity.

A training run in one place for its whole run, at a site that holds all of its clusters:

    hosts[w,s] ∈ {0, 1},   Σ_s hosts[w,s] = 1
    Σ_w training_rate[w] · hosts[w,s] ≤ capacity[s]             (of generations of chips: what stands does it, see `chips`)
    train[w,s,t] ≤ training_rate[w] · hosts[w,s]

A region of users served by one site:

    assigned[w,s,r] ∈ {0, 1},   Σ_s assigned[w,s,r] = 1
    serve[w,s,r,t] ≤ demand[w,r,t] · assigned[w,s,r]
"""

from typing import Any

import pyomo.environ as pyo

from ..study.workloads import Inference, Training
from .given import Given
from .ledger import Ledger


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    """Adds to the block of `workloads` where runs and regions are."""
    work = given.study.work
    whole = [w for w in given.w if isinstance(of := work[w], Training) and of.in_one_place]
    b.placed = pyo.Set(initialize=whole, within=given.w)
    may = given.may_train if given.has("may_train") else {}
    b.hosts = pyo.Var(
        b.placed,
        given.s,
        domain=pyo.Binary,
        bounds=lambda b, w, s: (0, may.get((w, s), 1)),
        doc="the training is done at the site [1]",
    )
    b.in_one_place = pyo.Constraint(b.placed, rule=lambda b, w: pyo.quicksum(b.hosts[w, s] for s in given.s) == 1)
    if whole:
        runs = {s: pyo.quicksum(given.training_rate[w] * b.hosts[w, s] for w in b.placed) for s in given.s}
        if given.study.chips is None:
            b.holds_runs = pyo.Constraint(given.s, rule=lambda b, s: runs[s] <= b.capacity[s])
        else:
            ledger.post("runs_held", "runs", runs)
    single = [w for w in given.w if isinstance(of := work[w], Inference) and of.one_site_per_region]
    pairs = [(w, r) for w in single for r in given.r if given.has_demand[w, r]]
    near = {(w, r): [s for s in given.s if given.reachable[w, s, r]] for w, r in pairs}
    b.assignable = pyo.Set(initialize=[(w, s, r) for w, r in pairs for s in near[w, r]], within=given.w * given.s * given.r)
    b.assigned = pyo.Var(b.assignable, domain=pyo.Binary, doc="the site serves the region [1]")
    b.single = pyo.Set(initialize=pairs, within=given.w * given.r)
    b.has_one_site = pyo.Constraint(b.single, rule=lambda b, w, r: pyo.quicksum(b.assigned[w, s, r] for s in near[w, r]) == 1)


def operate(b: pyo.Block, given: Given) -> None:
    """Adds the rows that keep `train` and `serve` there."""
    b.trains_at_host = pyo.Constraint(
        b.placed,
        given.s,
        given.t,
        rule=lambda b, w, s, t: b.train[w, s, t] <= given.training_rate[w] * b.hosts[w, s],
    )

    def serves_where_assigned(b: pyo.Block, w: str, s: str, r: str, t: int) -> Any:
        return b.serve[w, s, r, t] <= given.demand[w, r, t] * b.assigned[w, s, r]

    b.serves_where_assigned = pyo.Constraint(b.assignable, given.t, rule=serves_where_assigned)
