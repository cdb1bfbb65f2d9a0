"""Levers: software that does the same work with less energy, as decisions of the plan.

    share[v,w] ∈ [0, lever_share[v,w]]                    of the work w that the lever v treats
    Σ_{v acts on the same thing} share[v,w] ≤ 1           a request is answered by one model
    Σ_l lever_saving[v,w] · share[v,w] ≤ lever_cap        levers do not multiply freely
    cost += lever_cost[v] · energy of the work · share[v,w]

`lever_saving` counts what the levers before it, in the order of their cost per MWh saved, leave (`physics.levers`): the sum is
never more than what they save together. Posts `relief`, the share of each work that no site needs to do.
"""

import pyomo.environ as pyo

from .given import Given
from .ledger import EVERYWHERE, Ledger


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.levers is None:
        return
    most, saving, on = given.lever_share, given.lever_saving, given.lever_acts_on
    b.share = pyo.Var(
        given.v, given.w, bounds=lambda b, v, w: (0, most[v, w]), doc="share of the work that the lever treats [1]"
    )
    groups = {n: [v for v in given.v if on[v] == n] for n in sorted(set(on.values()))}
    b.group = pyo.Set(initialize=list(groups), ordered=True)
    b.one_of_a_kind = pyo.Constraint(
        b.group,
        given.w,
        rule=lambda b, n, w: (
            pyo.quicksum(b.share[v, w] for v in groups[n]) <= 1
            if sum(most[v, w] for v in groups[n]) > 1
            else pyo.Constraint.Skip
        ),
    )
    saved = {w: pyo.quicksum(saving[v, w] * b.share[v, w] for v in given.v) for w in given.w}
    b.within_cap = pyo.Constraint(given.w, rule=lambda b, w: saved[w] <= given.lever_cap)
    energy = _energy(given)
    cost = pyo.quicksum(given.lever_cost[v] * energy[w] * b.share[v, w] for v in given.v for w in given.w)
    ledger.post("relief", "levers", saved)
    ledger.post("cost", "used", {EVERYWHERE: cost})


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    pass


def _energy(given: Given) -> dict[str, float]:
    """IT energy that each work asks for in a year, before any lever [MWh]."""
    data = given.inputs.data
    served = (data["demand"].sum("region") * data["weight"]).sum(["block", "hour"])
    return dict(zip(given.w, (served + data["training_energy"]).values.tolist(), strict=True))
