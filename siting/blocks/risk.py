"""Risk: the mean cost of the worst scenarios (CVaR), beside the expected cost. Scenarios are lists of blocks of hours.

    cost of scenario z = cost of the plan + Σ_{blocks of z} occurrences · share[block]
    in each block:  what the block costs − over ≤ share[block]
    excess[z] ≥ cost of scenario z − value_at_risk,   excess ≥ 0
    cost_at_risk = value_at_risk + Σ_z probability[z] · excess[z] / (1 − level)

Rockafellar and Uryasev, "Optimization of conditional value-at-risk", Journal of Risk 2 (2000). `over` is elastic: it costs more
than it can save.
"""

import pyomo.environ as pyo

from ..inputs.hours import windows_of
from .given import Given
from .ledger import EVERYWHERE, Ledger


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.risk is None:
        return
    years = windows_of(given.inputs.data.isel(block=given.chosen), "year")
    b.year = pyo.Set(initialize=list(years), ordered=True)
    b.share = pyo.Var(given.d, domain=pyo.Reals, doc="cost of one occurrence of the block [EUR_2024]")
    b.value_at_risk = pyo.Var(domain=pyo.Reals, doc="cost that the worst scenarios exceed [EUR_2024/year]")
    b.excess = pyo.Var(b.year, domain=pyo.NonNegativeReals, doc="cost of the scenario above the value at risk [EUR_2024/year]")
    of_plan = ledger.sum_over("cost")

    def counts_excess(b: pyo.Block, z: str) -> object:
        blocks, per, _ = years[z]
        of_hours = pyo.quicksum(float(given.weights[d] * per) * b.share[d] for d in blocks)
        return b.excess[z] + b.value_at_risk >= of_plan + of_hours

    b.counts_excess = pyo.Constraint(b.year, rule=counts_excess)
    tail = pyo.quicksum(b.excess[z] / (years[z].per * (1 - given.study.risk.level)) for z in b.year)
    ledger.post("cost_at_risk", "worst_scenarios", {EVERYWHERE: b.value_at_risk + tail})


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.risk is None:
        return
    b.over = pyo.Var(domain=pyo.NonNegativeReals, doc="cost of the block above its share [EUR_2024]")
    share = given.across(lambda d: b.share[d])
    b.within_share = pyo.Constraint(expr=ledger.sum_over("cost") - b.over <= share)
    ledger.post("penalty", "over_share", {EVERYWHERE: 10.0 / (1 - given.study.risk.level) * b.over})
