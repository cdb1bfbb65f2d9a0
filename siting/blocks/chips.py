"""Chips: which generations are bought, plugged in and run in the halls of each site. Only where the study has generations.

Work is in MW of the reference generation; a megawatt of generation h does performance[h] of it.

    alive[s,h] = existing[s,h] + Σ_{stages n up to this one} stands[h,n] · bought[s,h] of stage n        within their life
    standing[s,h] ≤ alive[s,h]                                    the rest is retired: paid for, and no longer plugged in
    Σ_h standing[s,h] ≤ it_capacity[s]                            in halls that stand: a refresh in place needs no new ones
    Σ_{h that fit in no hall outside U} standing[s,h] ≤ Σ_{k in U} halls of k                          (see `cooling`)
    Σ_h idle[h] · standing[s,h] ≤ firm[s] ≤ it_capacity[s]
    Σ_h performance[h] · standing[s,h] ≥ work of the runs that the site holds whole                      (`places`)
    cost += chip_cost[h] · (alive − existing)                     annuity and upkeep of what is within its life

    running[s,h,t] ≤ standing[s,h]
    Σ_h performance[h] · running[s,h,t] = work[s,t]
    it_power[s,t] = Σ_h idle[h] · standing[s,h] + (1 − idle[h]) · running[s,h,t]
    of which firm work, running as well as it may in the design hour:
    Σ_h performance[h] · firmly[s,h,t] ≥ firm work[s,t],   firmly ≤ running
    Σ_h idle[h] · standing + (1 − idle[h]) · firmly ≤ firm[s]

Where users ask for N+1 over sites, what a site can do for them when another is lost, training and all others giving way:

    ready[s,h] ≤ standing[s,h],   ready_work[s] = Σ_h performance[h] · ready[s,h]
    Σ_h idle[h] · standing[s,h] + (1 − idle[h]) · ready[s,h] ≤ firm[s]              (and in halls that cool them: `cooling`)

An idle chip draws its idle share and costs as much as a busy one: it is the dearest thing on the site.
"""

from typing import Any

import pyomo.environ as pyo

from ..study.workloads import Inference, Training
from .given import Given
from .ledger import Ledger


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.chips is None:
        return
    it_capacity, most = ledger.total("it_capacity"), given.chip_on_sale
    room = {s: given.existing_it[s] + given.room_for_new_it[s] for s in given.s}
    at = (given.s, given.h)
    b.bought = pyo.Var(
        *at,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, s, h: (0, most[h] * room[s]),
        doc="chips bought for the stage [MW]",
    )
    b.alive = pyo.Var(*at, domain=pyo.NonNegativeReals, doc="chips within their life, paid for [MW]")
    b.standing = pyo.Var(*at, domain=pyo.NonNegativeReals, doc="chips plugged in [MW]")
    b.firm = pyo.Var(given.s, domain=pyo.NonNegativeReals, doc="IT carried at the design hour [MW]")
    years = list(given.n)

    def within_life(b: pyo.Block, s: str, h: str) -> object:
        plans = [*given.earlier, b]
        bought = [given.chip_stands[h, years[i]] * p.bought[s, h] for i, p in enumerate(plans)]
        return b.alive[s, h] == given.chip_existing[s, h] + sum(bought)

    b.within_life = pyo.Constraint(*at, rule=within_life)
    b.still_alive = pyo.Constraint(*at, rule=lambda b, s, h: b.standing[s, h] <= b.alive[s, h])
    standing = {s: sum(b.standing[s, h] for h in given.h) for s in given.s}
    b.in_halls = pyo.Constraint(given.s, rule=lambda b, s: standing[s] <= it_capacity[s])
    b.firm_is_installed = pyo.Constraint(given.s, rule=lambda b, s: b.firm[s] <= it_capacity[s])
    at_design = {(s, h): given.chip_idle[h] * b.standing[s, h] for s in given.s for h in given.h}
    if any(isinstance(w, Inference) and w.n_plus_1 for w in given.study.work.values()):
        ready = _ready(b, given)
        at_design = {(s, h): mw + (1 - given.chip_idle[h]) * ready[s, h] for (s, h), mw in at_design.items()}
    b.firm_carries_chips = pyo.Constraint(given.s, rule=lambda b, s: sum(at_design[s, h] for h in given.h) <= b.firm[s])
    if any(isinstance(w, Training) and w.in_one_place for w in given.study.work.values()):
        runs, does = ledger.total("runs_held"), given.chip_performance
        b.holds_runs = pyo.Constraint(given.s, rule=lambda b, s: sum(does[h] * b.standing[s, h] for h in given.h) >= runs[s])
    new = {(s, h): b.alive[s, h] - given.chip_existing[s, h] for s in given.s for h in given.h}
    ledger.post("firm_it", "carried", {s: b.firm[s] for s in given.s})
    ledger.post("cost", "bought", {s: sum(given.chip_cost[h] * new[s, h] for h in given.h) for s in given.s})
    ledger.post("carbon_embodied", "bought", {s: sum(given.chip_carbon[h] * new[s, h] for h in given.h) for s in given.s})
    if not given.holds_all_work:
        ledger.post("chips_standing", "standing", {(s, h): b.standing[s, h] for s in given.s for h in given.h})
        ledger.post("chips_at_design", "standing", at_design)


def _ready(b: pyo.Block, given: Given) -> pyo.Var:
    """Chips that can be at work in the design hour when another site is lost [MW], by site and generation."""
    at, does = (given.s, given.h), given.chip_performance
    b.ready = pyo.Var(*at, domain=pyo.NonNegativeReals, doc="chips that can work when another site is lost [MW]")
    b.ready_stands = pyo.Constraint(*at, rule=lambda b, s, h: b.ready[s, h] <= b.standing[s, h])
    b.ready_work = pyo.Var(given.s, domain=pyo.NonNegativeReals, doc="work that can be done when another site is lost [MW]")
    b.does_ready_work = pyo.Constraint(
        given.s, rule=lambda b, s: b.ready_work[s] == sum(does[h] * b.ready[s, h] for h in given.h)
    )
    return b.ready


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.chips is None:
        return
    work, firm_work = ledger.total("work_done"), ledger.total("firm_work")
    performance, idle = given.chip_performance, given.chip_idle
    every, at = [(s, t) for s in given.s for t in given.t], (given.s, given.h, given.t)
    b.running = pyo.Var(*at, domain=pyo.NonNegativeReals, doc="chips at work [MW]")
    b.within_standing = pyo.Constraint(*at, rule=lambda b, s, h, t: b.running[s, h, t] <= b.standing[s, h])

    def does(column: Any, s: str, t: int) -> Any:
        return pyo.quicksum(performance[h] * column[s, h, t] for h in given.h)

    def power(column: Any, s: str, t: int) -> Any:
        return pyo.quicksum(idle[h] * b.standing[s, h] + (1 - idle[h]) * column[s, h, t] for h in given.h)

    b.does_work = pyo.Constraint(given.s, given.t, rule=lambda b, s, t: does(b.running, s, t) == work[s, t])
    firmly = b.running
    if any(w.kind != "inference" and not w.firm for w in given.study.work.values()):
        b.firmly = firmly = pyo.Var(*at, domain=pyo.NonNegativeReals, doc="chips at firm work [MW]")
        b.firmly_is_running = pyo.Constraint(*at, rule=lambda b, s, h, t: b.firmly[s, h, t] <= b.running[s, h, t])
        b.does_firm_work = pyo.Constraint(given.s, given.t, rule=lambda b, s, t: does(firmly, s, t) >= firm_work[s, t])
    b.within_firm = pyo.Constraint(given.s, given.t, rule=lambda b, s, t: power(firmly, s, t) <= b.firm[s])
    drawn = {(s, t): power(b.running, s, t) for s, t in every}
    ledger.post("it_power", "chips", drawn)
    ledger.post("it_energy", "chips", drawn)
    if not given.holds_all_work:
        for account, column in (("work_power", b.running), ("firm_work_power", firmly)):
            of_chip = {
                (s, t, h): idle[h] * b.standing[s, h] + (1 - idle[h]) * column[s, h, t] for s, t in every for h in given.h
            }
            ledger.post(account, "chips", of_chip)
