"""Cooling: halls by technology, the power and the water that a megawatt of IT takes in the weather of the hour.

    Σ_k module · halls[s,k] = new IT capacity,   halls whole,   halls ≥ halls of the stage before
    installed[s,k] = existing_halls[s,k] + module · halls[s,k]
    Σ_k firm_in[s,k] = firm IT,   firm_in ≤ installed
    cost += Σ_k (hall_cost[k] + rejection_cost[s,k]) · module · halls[s,k]
    design power[s] = Σ_k idle_power[s,k] · installed[s,k] + design_power_per_it[s,k] · firm_in[s,k]

    Σ_k carried[s,k,t] = IT power,   carried ≤ installed
    facility power  = Σ_k idle_power[s,k] · installed[s,k] + power_per_it[s,k,t] · carried[s,k,t]
    recoverable heat[s,k,t] = recoverable_per_it[s,k,t] · carried[s,k,t]
    water needed    = Σ_k water_per_it[s,k,t] · carried[s,k,t]

`rejection_cost` is chillers and towers or dry coolers sized by the worst hour of the place, over what the cost of halls has
of them. A half-empty hall thus has the poor PUE that it has in life.

Work that only some technologies can cool (racks too dense, or made for liquid) stays in their halls: for every union U of
such choices, the work that can use nothing outside U ≤ Σ_{k ∈ U} carried[s,k,t], and its firm part ≤ Σ_{k ∈ U} firm_in[s,k].
Of generations of chips likewise: those that fit nowhere else stand in Σ_{k ∈ U} installed[s,k].
"""

import pyomo.environ as pyo

from .given import Given
from .ledger import Ledger
from .stages import keep


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.cooling is None:
        return
    size, idle, at_design = given.module_mw, given.idle_power, given.design_power_per_it
    it_capacity, firm_it = ledger.total("it_capacity"), ledger.total("firm_it")
    most = {s: int(given.room_for_new_it[s] / size + 1e-9) for s in given.s}
    can = given.can_cool if given.has("can_cool") else None
    b.halls = pyo.Var(
        given.s,
        given.k,
        domain=pyo.NonNegativeIntegers,
        bounds=lambda b, s, k: (0, most[s] if can is None or can[s, k] else 0),
        doc="modules of halls of the technology [modules]",
    )
    paid = keep(b, given, "halls")
    b.installed = pyo.Var(given.s, given.k, domain=pyo.NonNegativeReals, doc="IT capacity in halls of the technology [MW]")
    b.firm_in = pyo.Var(given.s, given.k, domain=pyo.NonNegativeReals, doc="IT carried at the design hour in these halls [MW]")
    b.counts_modules = pyo.Constraint(
        given.s, given.k, rule=lambda b, s, k: b.installed[s, k] == given.existing_halls[s, k] + size * b.halls[s, k]
    )
    b.houses_all_it = pyo.Constraint(given.s, rule=lambda b, s: sum(b.installed[s, k] for k in given.k) == it_capacity[s])
    b.houses_all_firm_it = pyo.Constraint(given.s, rule=lambda b, s: sum(b.firm_in[s, k] for k in given.k) == firm_it[s])
    b.firm_is_installed = pyo.Constraint(given.s, given.k, rule=lambda b, s, k: b.firm_in[s, k] <= b.installed[s, k])
    design = {s: sum(idle[s, k] * b.installed[s, k] + at_design[s, k] * b.firm_in[s, k] for k in given.k) for s in given.s}
    ledger.post("design_power", "at_design_hour", design)
    halls = {s: [(size * paid[s, k], k) for k in given.k] for s in given.s}
    ledger.post("cost", "halls", {s: sum(given.hall_cost[k] * mw for mw, k in halls[s]) for s in given.s})
    ledger.post("carbon_embodied", "halls", {s: sum(given.hall_carbon[k] * mw for mw, k in halls[s]) for s in given.s})
    land = {s: sum(given.hall_land[k] * mw for mw, k in halls[s]) for s in given.s}
    ledger.post("land", "halls", land)
    ledger.post("cost", "land", {s: given.land_rent[s] * land[s] for s in given.s})
    if given.study.chips is not None and not given.holds_all_work:
        _holds_the_chips_it_can(b, given, ledger)
    if given.has("rejection_cost"):
        rejection = {s: sum(given.rejection_cost[s, k] * mw for mw, k in halls[s]) for s in given.s}
        ledger.post("cost", "rejection", rejection)


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.cooling is None:
        return
    it_power = ledger.total("it_power")
    b.carried = pyo.Var(given.s, given.k, given.t, domain=pyo.NonNegativeReals, doc="IT power in halls of the technology [MW]")
    b.carries_all_heat = pyo.Constraint(
        given.s, given.t, rule=lambda b, s, t: sum(b.carried[s, k, t] for k in given.k) == it_power[s, t]
    )
    b.within_halls = pyo.Constraint(given.s, given.k, given.t, rule=lambda b, s, k, t: b.carried[s, k, t] <= b.installed[s, k])
    b.power = pyo.Expression(
        given.s,
        given.t,
        rule=lambda b, s, t: sum(
            given.idle_power[s, k] * b.installed[s, k] + given.power_per_it[s, k, t] * b.carried[s, k, t] for k in given.k
        ),
    )
    every = [(s, t) for s in given.s for t in given.t]
    ledger.post("power", "facility", {(s, t): -b.power[s, t] for s, t in every})
    ledger.post("net_demand", "facility", {(s, t): b.power[s, t] for s, t in every})
    ledger.post("facility_energy", "facility", {(s, t): b.power[s, t] for s, t in every})
    water = {(s, t): sum(given.water_per_it[s, k, t] * b.carried[s, k, t] for k in given.k) for s, t in every}
    ledger.post("water_needed", "cooling", water)
    if given.has("consumed_per_it"):
        consumed = {(s, t): sum(given.consumed_per_it[s, k, t] * b.carried[s, k, t] for k in given.k) for s, t in every}
        ledger.post("water_consumed", "cooling", consumed)
    if given.study.heat is not None:
        heat = {(s, t, k): given.recoverable_per_it[s, k, t] * b.carried[s, k, t] for s, t in every for k in given.k}
        ledger.post("recoverable_heat", "halls", heat)
    if not given.holds_all_work:
        _holds_the_work_it_can(b, given, ledger)


def _groups(given: Given) -> tuple[dict[str, frozenset], dict[str, list[str]]]:
    """Every union of the technologies that some work (or generation of chips) can use, and what can use nothing else."""
    held, fits = (given.w, "accepts") if given.study.chips is None else (given.h, "chip_fits")
    usable = {x: frozenset(k for k in given.k if getattr(given, fits)[x, k]) for x in held}
    unions: set[frozenset] = set()
    for own in usable.values():
        unions |= {own} | {own | other for other in unions}
    unions.discard(frozenset(given.k))
    group = {"+".join(k for k in given.k if k in u): u for u in sorted(unions, key=sorted)}
    return group, {g: [x for x in held if usable[x] <= u] for g, u in group.items()}


def _holds_the_chips_it_can(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    """Chips stand only in halls that cool them, and what they draw in the design hour is there."""
    standing, at_design = ledger.total("chips_standing"), ledger.total("chips_at_design")
    group, captive = _groups(given)
    b.held = pyo.Set(initialize=sorted(group), ordered=True)
    b.holds_captive_chips = pyo.Constraint(
        given.s,
        b.held,
        rule=lambda b, s, g: (
            pyo.quicksum(standing[s, h] for h in captive[g]) <= pyo.quicksum(b.installed[s, k] for k in sorted(group[g]))
        ),
    )
    b.holds_captive_at_design = pyo.Constraint(
        given.s,
        b.held,
        rule=lambda b, s, g: (
            pyo.quicksum(at_design[s, h] for h in captive[g]) <= pyo.quicksum(b.firm_in[s, k] for k in sorted(group[g]))
        ),
    )


def _holds_the_work_it_can(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    """Hall's condition, for every union U of the technologies that some work can use: the work that can use nothing else."""
    power, firm_power, (group, captive) = ledger.total("work_power"), ledger.total("firm_work_power"), _groups(given)
    firm = {x for _, _, x in firm_power}
    b.group = pyo.Set(initialize=sorted(group), ordered=True)
    b.holds_captive_work = pyo.Constraint(
        given.s,
        b.group,
        given.t,
        rule=lambda b, s, g, t: (
            pyo.quicksum(power[s, t, x] for x in captive[g]) <= pyo.quicksum(b.carried[s, k, t] for k in sorted(group[g]))
        ),
    )
    b.firm_group = pyo.Set(initialize=[g for g in b.group if firm & set(captive[g])], within=b.group)
    b.holds_captive_firm_work = pyo.Constraint(
        given.s,
        b.firm_group,
        given.t,
        rule=lambda b, s, g, t: (
            pyo.quicksum(firm_power[s, t, x] for x in captive[g] if x in firm)
            <= pyo.quicksum(b.firm_in[s, k] for k in sorted(group[g]))
        ),
    )
