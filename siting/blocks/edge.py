"""Edge: a share of the users' work done at many small places near them, none of them a site of the plan.

    edge_least[w] ≤ share[w] ≤ edge_most[w]
    edge power[w,t] = edge_energy_ratio · Σ_r demand[w,r,t] · share[w]                  IT power, at no site
    cost += edge_cost · edge power                                                     with its servers, rooms and electricity
    edge_energy += edge_pue · edge power
    carbon_location, carbon_market += factor[t] · edge_pue · edge power

Posts `relief`, as the levers do: the share is of the work before any lever. Small places draw on the low-voltage grid:
they take no headroom of the sites, and their work is within any latency.
"""

import pyomo.environ as pyo

from .given import Given
from .ledger import Ledger

AT_EDGE = "edge"


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if not given.has("edge_most"):
        return
    b.share = pyo.Var(
        given.w, bounds=lambda b, w: (given.edge_least[w], given.edge_most[w]), doc="share of the work done at the edge [1]"
    )
    ledger.post("relief", "edge", {w: b.share[w] for w in given.w})


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if not given.has("edge_most"):
        return
    ratio, pue = given.edge_energy_ratio, given.edge_pue
    asked = [(w, r) for w in given.w for r in given.r if given.has_demand[w, r]]

    def power(t: int) -> pyo.Expression:
        return pyo.quicksum(ratio * given.demand[w, r, t] * b.share[w] for w, r in asked)

    ledger.post("cost", "served", {(AT_EDGE, t): given.edge_cost * power(t) for t in given.t})
    ledger.post("edge_energy", "served", {(AT_EDGE, t): pue * power(t) for t in given.t})
    for account, factor in (("carbon_location", "carbon_average"), ("carbon_market", "carbon_residual")):
        if given.has(factor) and given.study.grid is not None:
            rate = getattr(given, factor)
            ledger.post(account, "edge", {(AT_EDGE, t): rate[t] * pue * power(t) for t in given.t})
