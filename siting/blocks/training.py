"""Training: MWh of IT that move in time and place within their window. Part of `workloads`, which owns the halls' capacity.

    Σ_s train[w,s,t] ≤ training_rate[w]
    Σ_{s,t} train[w,s,t] − lost[w] + untrained[w] ≥ share[w, block]
    Σ_{blocks of the window} weight · share = work of the window        (a day: its even part; a month, a year: shared out,
                                                                          scenario by scenario)

The work of a year is training_energy[w] · (1 − relieved[w]): levers take their part away.

Steady work has no freedom:   Σ_s steady[w,s] = work / 8760,   train[w,s,t] ≤ steady[w,s],   Σ_w steady ≤ firm[s].

Work that pauses runs in clusters. `up` is the MW of clusters that are up, a continuous relaxation of many equal clusters; at
midnight `standing` are up in every block, so no change of state is free:

    up[w,s,t] ≤ cluster[w,s]
    up[w,s,t] = up[w,s,t−1] + started[w,s,t] − stopped[w,s,t]           up before the first hour: standing[w,s]
    standing[w,s] = up[w,s,last] + resumed[w,s] − suspended[w,s]
    least_power_share · up ≤ train ≤ up
    up[w,s,t] ≥ Σ_{t − min_up_hours < τ ≤ t} started[w,s,τ]
    −ramp ≤ train[w,s,t] − train[w,s,t−1] ≤ ramp                        within a block
    lost[w] = restart_hours · Σ (started + resumed) + checkpoint_hours · Σ (stopped + suspended)
    (1 − max_paused_share) · 8760 · Σ_s cluster[w,s] ≤ work of a year   what the clusters could do and do not is paused

Ramp and least time up hold inside a block. Nothing of them passes to the next, also where blocks follow each other in time: at
every boundary the same `standing` clusters are up, power may step freely, and a start shortly before counts no further.

`untrained` is elastic. All rows of an hour hold with nothing up, whatever the plan. A cluster that has stopped draws nothing.
"""

from typing import Any

import pyomo.environ as pyo

from ..inputs.hours import windows_of
from ..study.workloads import Pausing, Training
from .given import Given
from .ledger import EVERYWHERE, Ledger


def plan(b: pyo.Block, given: Given) -> None:
    """Adds to the block of `workloads` what is decided once: shares of the windows, steady power, clusters."""
    work: dict[str, Any] = dict(given.study.work)
    b.training = pyo.Set(initialize=[w for w in given.w if isinstance(work[w], Training)], within=given.w)
    b.spread = pyo.Set(initialize=[w for w in b.training if work[w].spread], within=given.w)
    b.unmoved = pyo.Set(initialize=[w for w in b.training if work[w].window == "steady"], within=given.w)
    b.pausing = pyo.Set(initialize=[w for w in b.training if work[w].pausing], within=given.w)
    b.share = pyo.Var(b.spread, given.d, domain=pyo.NonNegativeReals, doc="training done in one occurrence of the block [MWh]")
    _share_out(b, given)
    if len(b.unmoved):
        b.steady = pyo.Var(b.unmoved, given.s, domain=pyo.NonNegativeReals, doc="training without freedom [MW]")
        b.does_steady_work = pyo.Constraint(
            b.unmoved, rule=lambda b, w: pyo.quicksum(b.steady[w, s] for s in given.s) == _work(b, given, w) / 8760
        )
        if given.study.chips is None:
            b.steady_is_firm = pyo.Constraint(
                given.s, rule=lambda b, s: pyo.quicksum(b.steady[w, s] for w in b.unmoved) <= b.firm[s]
            )
    if len(b.pausing):
        _plan_clusters(b, given)


def _of(given: Given, w: str) -> Training:
    work = given.study.work[w]
    assert isinstance(work, Training)
    return work


def _may(given: Given, w: str, s: str) -> bool:
    """Whether the training may be done at the site (areas that it must not leave)."""
    return not given.has("may_train") or bool(given.may_train[w, s])


def _work(b: pyo.Block, given: Given, w: str) -> Any:
    """MWh of IT in a year that sites have to do."""
    energy = given.training_energy[w]
    return energy - energy * b.relieved[w] if given.relieved else energy


def _pausing(given: Given, w: str) -> Pausing:
    pausing = _of(given, w).pausing
    assert pausing is not None
    return pausing


def _share_out(b: pyo.Block, given: Given) -> None:
    data = given.inputs.data.isel(block=given.chosen)
    groups = {(w, key): inside.blocks for w in b.spread for key, inside in windows_of(data, _of(given, w).window).items()}
    b.window = pyo.Set(initialize=list(groups), dimen=2)
    all_weight = given.weights.sum()

    def does_all_work(b: pyo.Block, w: str, key: str) -> object:
        blocks = groups[w, key]
        part = given.weights[blocks].sum() / all_weight
        done = pyo.quicksum(float(given.weights[d]) * b.share[w, d] for d in blocks)
        return done == float(part) * _work(b, given, w)

    b.does_all_work = pyo.Constraint(b.window, rule=does_all_work)


def _plan_clusters(b: pyo.Block, given: Given) -> None:
    most = {w: given.training_rate[w] for w in b.pausing}
    b.cluster = pyo.Var(
        b.pausing, given.s, bounds=lambda b, w, s: (0, most[w]), doc="clusters of IT held for the training [MW]"
    )
    b.standing = pyo.Var(b.pausing, given.s, bounds=lambda b, w, s: (0, most[w]), doc="clusters up at midnight [MW]")
    b.stands_in_clusters = pyo.Constraint(b.pausing, given.s, rule=lambda b, w, s: b.standing[w, s] <= b.cluster[w, s])

    def pauses_little(b: pyo.Block, w: str) -> object:
        share = _pausing(given, w).max_paused_share
        if share is None:
            return pyo.Constraint.Skip
        return (1 - share) * 8760 * pyo.quicksum(b.cluster[w, s] for s in given.s) <= _work(b, given, w)

    b.pauses_little = pyo.Constraint(b.pausing, rule=pauses_little)


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    """Adds `train` and its rows to the block of `workloads`."""
    b.train = pyo.Var(
        b.training,
        given.s,
        given.t,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, w, s, t: (0, None if _may(given, w, s) else 0),
        doc="IT power training [MW]",
    )
    b.untrained = pyo.Var(b.training, domain=pyo.NonNegativeReals, doc="training left undone in the block [MWh]")
    b.within_rate = pyo.Constraint(
        b.training,
        given.t,
        rule=lambda b, w, t: pyo.quicksum(b.train[w, s, t] for s in given.s) <= given.training_rate[w],
    )
    if len(b.unmoved):
        b.is_steady = pyo.Constraint(b.unmoved, given.s, given.t, rule=lambda b, w, s, t: b.train[w, s, t] <= b.steady[w, s])
    if len(b.pausing):
        _operate_clusters(b, given)

    def trains_its_share(b: pyo.Block, w: str) -> object:
        done = pyo.quicksum(b.train[w, s, t] for s in given.s for t in given.t)
        if w in b.pausing:
            done -= _lost(b, given, w)
        of_a_day = len(given.t) / 8760 * _work(b, given, w)
        return done + b.untrained[w] >= (given.across(lambda d: b.share[w, d]) if w in b.spread else of_a_day)

    b.trains_its_share = pyo.Constraint(b.training, rule=trains_its_share)
    price = given.penalty_per_mwh
    ledger.post("penalty", "untrained", {EVERYWHERE: pyo.quicksum(price * b.untrained[w] for w in b.training)})


def _lost(b: pyo.Block, given: Given, w: str) -> Any:
    """Work that stops and restarts of the block cost [MWh]."""
    p = _pausing(given, w)
    starts = pyo.quicksum(b.started[w, s, t] for s in given.s for t in given.t) + pyo.quicksum(b.resumed[w, s] for s in given.s)
    stops = pyo.quicksum(b.stopped[w, s, t] for s in given.s for t in given.t) + pyo.quicksum(
        b.suspended[w, s] for s in given.s
    )
    return p.restart_hours * starts + p.checkpoint_hours * stops


def _operate_clusters(b: pyo.Block, given: Given) -> None:
    first, last = given.t.first(), given.t.last()
    every = (b.pausing, given.s, given.t)
    b.up = pyo.Var(*every, domain=pyo.NonNegativeReals, doc="clusters up [MW]")
    b.started = pyo.Var(*every, domain=pyo.NonNegativeReals, doc="clusters started at the beginning of the hour [MW]")
    b.stopped = pyo.Var(*every, domain=pyo.NonNegativeReals, doc="clusters stopped at the beginning of the hour [MW]")
    b.resumed = pyo.Var(b.pausing, given.s, domain=pyo.NonNegativeReals, doc="clusters started at the end of the block [MW]")
    b.suspended = pyo.Var(b.pausing, given.s, domain=pyo.NonNegativeReals, doc="clusters stopped at the end of the block [MW]")

    def changes_by_starts(b: pyo.Block, w: str, s: str, t: int) -> object:
        before = b.standing[w, s] if t == first else b.up[w, s, given.t.prev(t)]
        return b.up[w, s, t] == before + b.started[w, s, t] - b.stopped[w, s, t]

    def stays_up(b: pyo.Block, w: str, s: str, t: int) -> object:
        place = given.t.ord(t)
        since = range(max(place - _pausing(given, w).min_up_hours, 0) + 1, place + 1)
        return b.up[w, s, t] >= pyo.quicksum(b.started[w, s, given.t.at(i)] for i in since)

    def ramps_slowly(b: pyo.Block, w: str, s: str, t: int) -> object:
        ramp = _pausing(given, w).max_ramp_mw_per_hour
        if ramp is None or t == first:
            return pyo.Constraint.Skip
        return (-ramp, b.train[w, s, t] - b.train[w, s, given.t.prev(t)], ramp)

    b.within_clusters = pyo.Constraint(*every, rule=lambda b, w, s, t: b.up[w, s, t] <= b.cluster[w, s])
    b.changes_by_starts = pyo.Constraint(*every, rule=changes_by_starts)
    b.returns_to_standing = pyo.Constraint(
        b.pausing,
        given.s,
        rule=lambda b, w, s: b.standing[w, s] == b.up[w, s, last] + b.resumed[w, s] - b.suspended[w, s],
    )
    b.trains_when_up = pyo.Constraint(*every, rule=lambda b, w, s, t: b.train[w, s, t] <= b.up[w, s, t])
    b.throttles_no_lower = pyo.Constraint(
        *every, rule=lambda b, w, s, t: b.train[w, s, t] >= _pausing(given, w).least_power_share * b.up[w, s, t]
    )
    b.stays_up = pyo.Constraint(*every, rule=stays_up)
    b.ramps_slowly = pyo.Constraint(*every, rule=ramps_slowly)
