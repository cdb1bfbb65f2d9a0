"""Heat reuse: what the halls give off is piped to places that want it, lifted by a heat pump where it returns too cool.

A route (s,k,p) goes from the halls of a technology at a site to a place within reach; electricity[s,k,p] is what the pump
takes per heat delivered, 0 where the return is warm enough.

    heat[s,k,p,t] ≥ 0                                                    delivered at the place
    Σ_p (1 − electricity[s,k,p]) · heat[s,k,p,t] ≤ recoverable heat[s,k,t]
    Σ_k heat[s,k,p,t] ≤ pipe[s,p],   Σ_{k,p: electricity > 0} heat[s,k,p,t] ≤ pump[s]
    Σ_{s,k} heat[s,k,p,t] ≤ heat_demand[p,t]
    pipe, pump ≥ those of the stage before
    power −= electricity · heat
    cost += pipe_cost[s,p] · pipe + pump_cost · pump + (pump_running if lifted) · heat − heat_price[p] · heat
    heat_reused += (1 − electricity) · heat

The pump stands behind the site's meter, in the room that the connection has left, and is no part of the facility's energy
(EN 50600 counts up to the hand-over). What is reused is still carried by the cooling plant in the model: no power or water
is saved there, on the safe side. Losses of the pipe are left out. No heat is ever a must: every hour stays feasible.
"""

from typing import Any

import pyomo.environ as pyo

from .given import Given
from .ledger import Ledger
from .stages import keep


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.heat is None:
        return
    most = given.inputs.data["heat_demand"].max(["block", "hour"]).to_series().to_dict()
    pairs = [(s, p) for s in given.s for p in given.p if given.pipe_reaches[s, p]]
    b.pair = pyo.Set(initialize=pairs, within=given.s * given.p)
    b.pipe = pyo.Var(
        b.pair,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, s, p: (0, most[p]),
        doc="heat that the pipe to the place can carry [MW]",
    )
    b.pump = pyo.Var(
        given.s, domain=pyo.NonNegativeReals, bounds=(0, sum(most.values())), doc="heat that heat pumps can deliver [MW]"
    )
    pipe, pump = keep(b, given, "pipe"), keep(b, given, "pump")
    of_site = _group(pairs, 0)
    ledger.post("cost", "pipes", {s: sum(given.pipe_cost[i] * pipe[i] for i in of_site[s]) for s in of_site})
    ledger.post("cost", "pumps", {s: given.pump_cost * pump[s] for s in of_site})


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.heat is None:
        return
    recoverable, electricity = ledger.total("recoverable_heat"), given.lift_electricity
    routes = [(s, k, p) for s, p in b.pair for k in given.k]
    b.route = pyo.Set(initialize=routes, within=given.s * given.k * given.p)
    b.heat = pyo.Var(b.route, given.t, domain=pyo.NonNegativeReals, doc="heat delivered to the place [MW]")
    halls, pairs, sites, places = _group(routes, 0, 1), _group(routes, 0, 2), _group(routes, 0), _group(routes, 2)
    lifted = {s: [r for r in sites[s] if electricity[r] > 0] for s in sites}

    def heat(of: list, t: int) -> Any:
        return pyo.quicksum(b.heat[r, t] for r in of)

    b.hall = pyo.Set(initialize=list(halls), within=given.s * given.k)
    b.within_recoverable = pyo.Constraint(
        b.hall,
        given.t,
        rule=lambda b, s, k, t: pyo.quicksum((1 - electricity[r]) * b.heat[r, t] for r in halls[s, k]) <= recoverable[s, t, k],
    )
    b.within_pipe = pyo.Constraint(b.pair, given.t, rule=lambda b, s, p, t: heat(pairs[s, p], t) <= b.pipe[s, p])
    b.pumping = pyo.Set(initialize=[s for s in lifted if lifted[s]], within=given.s)
    b.within_pump = pyo.Constraint(b.pumping, given.t, rule=lambda b, s, t: heat(lifted[s], t) <= b.pump[s])
    b.place = pyo.Set(initialize=list(places), within=given.p)
    b.within_demand = pyo.Constraint(b.place, given.t, rule=lambda b, p, t: heat(places[p], t) <= given.heat_demand[p, t])

    def at_site(rate: dict) -> dict:
        return {(s, t): pyo.quicksum(rate[r] * b.heat[r, t] for r in sites[s]) for s in sites for t in given.t}

    taken = at_site(electricity)
    ledger.post("power", "heat_pumps", {i: -x for i, x in taken.items()})
    ledger.post("net_demand", "heat_pumps", taken)
    ledger.post("heat_reused", "delivered", at_site({r: 1 - electricity[r] for r in routes}))
    ledger.post("cost", "sold", at_site({r: -given.heat_price[r[2]] for r in routes}))
    ledger.post("cost", "pumping", at_site({r: given.pump_running if electricity[r] > 0 else 0.0 for r in routes}))


def _group(index: list, *which: int) -> dict:
    groups: dict = {}
    for i in index:
        groups.setdefault(i[which[0]] if len(which) == 1 else tuple(i[w] for w in which), []).append(i)
    return groups
