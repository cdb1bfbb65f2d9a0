"""Sites: which candidates open, and how much IT each holds.

    open[s] ∈ {0, 1},   may_open ≥ open ≥ must_open
    new_it[s] ≤ room_for_new_it[s] · open[s]                    (halls of whole modules: see `cooling`)
    new_it[s] ≥ module · open[s]                                none opens for nothing, but existing and forced ones
    new_it[s] = room_for_new_it[s] · open[s]                    where the study has no halls: a site comes whole
    existing_it[s] + new_it[s] ≥ least_it[s]
    Σ_s new_it[s] ≥ least_new_it                                what any plan needs, in whole modules: closes the gap early
    open[s] ≥ open[s] of the stage before                       (`stages.keep`: unless sites may close)

Posts `it_capacity` = existing_it + new_it, `sites` = open, and the cost of sites and of servers. Installed IT always carries
its servers' annuity: an idle chip is the dearest thing on the site. A site that closes saves its upkeep of the fixed cost.
"""

import pyomo.environ as pyo

from .given import Given
from .ledger import Ledger
from .stages import keep


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    b.open = pyo.Var(
        given.s,
        domain=pyo.Binary,
        bounds=lambda b, s: (given.must_open[s], given.may_open[s]),
        doc="the site is open [1]",
    )
    opened = keep(b, given, "open")
    b.new_it = pyo.Var(given.s, domain=pyo.NonNegativeReals, doc="new IT capacity of the site [MW]")
    room = given.room_for_new_it
    if given.study.cooling is None:
        b.comes_whole = pyo.Constraint(given.s, rule=lambda b, s: b.new_it[s] == room[s] * b.open[s])
    else:
        b.only_if_open = pyo.Constraint(given.s, rule=lambda b, s: b.new_it[s] <= room[s] * b.open[s])
        free = [s for s in given.s if given.existing_it[s] == 0 and not given.must_open[s]]
        b.opens_for_it = pyo.Constraint(free, rule=lambda b, s: b.new_it[s] >= given.module_mw * b.open[s])
    b.at_least = pyo.Constraint(
        given.s,
        rule=lambda b, s: (
            b.new_it[s] >= given.least_it[s] - given.existing_it[s]
            if given.least_it[s] > given.existing_it[s]
            else pyo.Constraint.Skip
        ),
    )
    b.enough_in_total = pyo.Constraint(expr=pyo.quicksum(b.new_it[s] for s in given.s) >= given.least_new_it)
    ledger.post("sites", "open", {s: b.open[s] for s in given.s})
    ledger.post("it_capacity", "installed", {s: given.existing_it[s] + b.new_it[s] for s in given.s})
    upkeep = {s: given.site_upkeep[s] * (opened[s] - b.open[s]) if opened is not b.open else 0.0 for s in given.s}
    ledger.post("cost", "opened", {s: given.site_cost[s] * opened[s] - upkeep[s] for s in given.s})
    ledger.post("cost", "servers", {s: given.server_cost * b.new_it[s] for s in given.s})
    ledger.post("carbon_embodied", "servers", {s: given.server_carbon * b.new_it[s] for s in given.s})


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    pass
