"""Workloads: which site serves which work in which hour.

Inference is continuous and near its users; a region r is served by the sites within its latency limit:

    Σ_s serve[w,s,r,t] + unserved[w,r,t] = demand[w,r,t] · (1 − relieved[w])
    Σ_{w,r} serve[w,s,r,t] + Σ_{firm training} train[w,s,t] ≤ firm[s] ≤ capacity[s]
    serve[w,s,r,t] ≤ demand[w,r,t] · running[s]                  strong rows, where the study asks for them

Training (rows of its own: `training`) is MWh of IT within a window; it shares the halls:

    Σ serve + Σ train ≤ capacity[s]

Where the study has generations of chips, capacity, firm part and power are theirs (`chips`); work is handed over as it is.

Work that is whole in one place and work with a deadline: `places`, `deadline`. `relieved` is what levers and the edge take
away; the work of training shrinks by it too. `unserved` and `untrained` are elastic: zero in every plan that does the work.
"""

from collections.abc import Callable
from typing import Any

import pyomo.environ as pyo

from . import deadline, places, training
from .given import Given
from .ledger import Ledger


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.chips is None:
        it_capacity = ledger.total("it_capacity")
        b.capacity = pyo.Var(given.s, domain=pyo.NonNegativeReals, doc="IT capacity of the site [MW]")
        b.is_installed = pyo.Constraint(given.s, rule=lambda b, s: b.capacity[s] == it_capacity[s])
        b.firm = pyo.Var(given.s, domain=pyo.NonNegativeReals, doc="IT carried at the design hour [MW]")
        b.firm_is_installed = pyo.Constraint(given.s, rule=lambda b, s: b.firm[s] <= b.capacity[s])
        ledger.post("firm_it", "carried", {s: b.firm[s] for s in given.s})
    if given.study.solver.strong_rows:
        opened = ledger.total("sites")
        b.running = pyo.Var(given.s, bounds=(0, 1), doc="the site is open [1]")
        b.runs_if_open = pyo.Constraint(given.s, rule=lambda b, s: b.running[s] == opened[s])
    if given.relieved:
        relief = ledger.total("relief")
        b.relieved = pyo.Var(given.w, bounds=(0, 1), doc="share of the work that no site needs to do [1]")
        b.counts_relief = pyo.Constraint(given.w, rule=lambda b, w: b.relieved[w] == relief[w])
    training.plan(b, given)
    places.plan(b, given, ledger)


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    work: dict = dict(given.study.work)
    inference = [w for w in given.w if work[w].kind == "inference"]
    served = [(w, r) for w in inference for r in given.r if given.has_demand[w, r]]
    b.reachable = pyo.Set(
        initialize=[(w, s, r) for w, r in served for s in given.s if given.reachable[w, s, r]],
        within=given.w * given.s * given.r,
    )
    b.served = pyo.Set(initialize=served, within=given.w * given.r)
    b.serve = pyo.Var(b.reachable, given.t, domain=pyo.NonNegativeReals, doc="IT power serving a region [MW]")
    b.unserved = pyo.Var(b.served, given.t, domain=pyo.NonNegativeReals, doc="demand that no site serves [MW]")
    training.operate(b, given, ledger)
    places.operate(b, given)
    deadline.operate(b, given, ledger)

    def spared(w: str, r: str, t: int) -> Any:
        return given.demand[w, r, t] * b.relieved[w] if given.relieved else 0.0

    near = _group(b.reachable, lambda i: (i[0], i[2]))
    at = _group(b.reachable, lambda i: i[1])

    b.meets_demand = pyo.Constraint(
        b.served,
        given.t,
        rule=lambda b, w, r, t: (
            pyo.quicksum(b.serve[i, t] for i in near.get((w, r), [])) + b.unserved[w, r, t] + spared(w, r, t)
            == given.demand[w, r, t]
        ),
    )
    if given.study.solver.strong_rows:
        b.serves_only_if_open = pyo.Constraint(
            b.reachable, given.t, rule=lambda b, w, s, r, t: b.serve[w, s, r, t] <= given.demand[w, r, t] * b.running[s]
        )
    firm_training = [w for w in b.training if work[w].firm]

    def inferring(s: str, t: int) -> Any:
        return pyo.quicksum(b.serve[i, t] for i in at.get(s, []))

    def in_training(s: str, t: int) -> Any:
        return pyo.quicksum(b.train[w, s, t] for w in b.training)

    def firmly(s: str, t: int) -> Any:
        return inferring(s, t) + pyo.quicksum(b.train[w, s, t] for w in firm_training)

    every = [(s, t) for s in given.s for t in given.t]
    if given.study.chips is None:
        b.within_firm = pyo.Constraint(given.s, given.t, rule=lambda b, s, t: firmly(s, t) <= b.firm[s])
        if len(b.training) > len(firm_training):
            b.within_capacity = pyo.Constraint(
                given.s, given.t, rule=lambda b, s, t: inferring(s, t) + in_training(s, t) <= b.capacity[s]
            )
        _hand_power_over(b, given, ledger, inferring, in_training)
    else:
        ledger.post("work_done", "work", {(s, t): inferring(s, t) + in_training(s, t) for s, t in every})
        ledger.post("firm_work", "work", {(s, t): firmly(s, t) for s, t in every})
    if given.has("serving_cost"):
        cost = {
            (s, t): pyo.quicksum(given.serving_cost[i] * b.serve[i, t] for i in at.get(s, [])) for s in given.s for t in given.t
        }
        ledger.post("cost", "serving", cost)
    price = given.penalty_per_mwh
    ledger.post("penalty", "unserved", {(f"{w}: {r}", t): price * b.unserved[w, r, t] for w, r in b.served for t in given.t})


def _hand_power_over(b: pyo.Block, given: Given, ledger: Ledger, inferring: Callable, in_training: Callable) -> None:
    """The IT power of each site, and of each work where some halls cannot hold some."""
    work: dict = dict(given.study.work)
    every = [(s, t) for s in given.s for t in given.t]
    ledger.post("it_power", "inference", {(s, t): inferring(s, t) for s, t in every})
    ledger.post("it_power", "training", {(s, t): in_training(s, t) for s, t in every})
    ledger.post("it_energy", "work", {(s, t): inferring(s, t) + in_training(s, t) for s, t in every})
    if given.holds_all_work:
        return
    at = _group(b.reachable, lambda i: i[1])
    inference = [w for w in given.w if work[w].kind == "inference"]
    of_site = {(w, s): [i for i in at.get(s, []) if i[0] == w] for w in inference for s in given.s}
    of_work = {(s, t, w): pyo.quicksum(b.serve[i, t] for i in of_site[w, s]) for w in inference for s, t in every}
    of_work |= {(s, t, w): b.train[w, s, t] for w in b.training for s, t in every}
    firm = {w for w in given.w if w in inference or work[w].firm}
    ledger.post("work_power", "work", of_work)
    ledger.post("firm_work_power", "work", {i: x for i, x in of_work.items() if i[2] in firm})


def _group(index: pyo.Set, key: Callable) -> dict:
    groups: dict = {}
    for i in index:
        groups.setdefault(key(i), []).append(i)
    return groups
