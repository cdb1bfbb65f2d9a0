"""Storage behind the meter: it moves energy and makes none clean. Power and energy are sized apart.

    power[s,u] ≤ max_storage_power[s,u],   energy[s,u] ≤ max_storage_energy[s,u]
    power, energy ≥ those of the stage before
    charge[s,u,t] + discharge[s,u,t] ≤ power[s,u],   level[s,u,t] ≤ energy[s,u]
    level[s,u,t] = (1 − standing_loss[u]) · level[s,u,t−1] + charge_efficiency[u] · charge − discharge / discharge_efficiency[u]
    cost += storage_wear[u] · discharge                         ageing by use, beside the annuity

Power is counted at the busbar, and one inverter does both ways. `level` is at the end of the hour. Between blocks:

    same level   every block starts at rest[s,u] ≤ energy[s,u], one level for all blocks, and ends there again
    carried      block d starts at edge[s,u,d] ≤ energy[s,u] and ends at the edge of the block that follows it in time

    level[s,u,last] + short[s,u] ≥ the level at which the block has to end

`short` is elastic, zero in every honest plan.
"""

from typing import Any

import pyomo.environ as pyo

from ..inputs.edges import among, edges
from .given import Given
from .ledger import Ledger
from .stages import keep, priced


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if not given.study.storage:
        return
    most_power, most_energy = given.max_storage_power, given.max_storage_energy
    b.power = pyo.Var(
        given.s,
        given.u,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, s, u: (0, most_power[s, u]),
        doc="power of the storage at the busbar [MW]",
    )
    b.energy = pyo.Var(
        given.s,
        given.u,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, s, u: (0, most_energy[s, u]),
        doc="energy that the storage holds [MWh]",
    )
    power, energy = keep(b, given, "power"), keep(b, given, "energy")
    _levels_between_blocks(b, given)
    for part, paid, rate in (("power", power, given.storage_power_cost), ("energy", energy, given.storage_energy_cost)):
        at_price = priced(b, given, part, paid, f"storage_{part}_price")
        ledger.post("cost", part, {s: sum(rate[u] * at_price[s, u] for u in given.u) for s in given.s})
    for account, rate in (
        ("carbon_embodied", given.storage_carbon),
        ("land", given.storage_land),
    ):
        ledger.post(account, "energy", {s: sum(rate[u] * energy[s, u] for u in given.u) for s in given.s})
    rent = {s: given.land_rent[s] * sum(given.storage_land[u] * energy[s, u] for u in given.u) for s in given.s}
    ledger.post("cost", "land", rent)


def _levels_between_blocks(b: pyo.Block, given: Given) -> None:
    carried = [u for u in given.u if given.study.storage[u].between_blocks == "carried"]
    b.carried = pyo.Set(initialize=carried, within=given.u)
    b.resting = pyo.Set(initialize=[u for u in given.u if u not in carried], within=given.u)
    b.rest = pyo.Var(
        given.s,
        b.resting,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, s, u: (0, given.max_storage_energy[s, u]),
        doc="level at which every block starts and ends [MWh]",
    )
    b.rest_fits = pyo.Constraint(given.s, b.resting, rule=lambda b, s, u: b.rest[s, u] <= b.energy[s, u])
    b.edge = pyo.Var(
        given.s,
        b.carried,
        given.d,
        domain=pyo.NonNegativeReals,
        bounds=lambda b, s, u, d: (0, given.max_storage_energy[s, u]),
        doc="level before the block [MWh]",
    )
    b.edge_fits = pyo.Constraint(given.s, b.carried, given.d, rule=lambda b, s, u, d: b.edge[s, u, d] <= b.energy[s, u])


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if not given.study.storage:
        return
    s_u, s_u_t = (given.s, given.u), (given.s, given.u, given.t)
    first, last = given.t.first(), given.t.last()
    b.charge = pyo.Var(*s_u_t, domain=pyo.NonNegativeReals, doc="power into the storage [MW]")
    b.discharge = pyo.Var(*s_u_t, domain=pyo.NonNegativeReals, doc="power out of the storage [MW]")
    b.level = pyo.Var(*s_u_t, domain=pyo.NonNegativeReals, doc="energy in the storage at the end of the hour [MWh]")
    b.short = pyo.Var(*s_u, domain=pyo.NonNegativeReals, doc="energy that the block fails to hand on [MWh]")

    start, end = _ends_of_a_block(b, given)

    def keeps_energy(b: pyo.Block, s: str, u: str, t: int) -> object:
        before = start[s, u] if t == first else b.level[s, u, given.t.prev(t)]
        into, out = given.charge_efficiency[u] * b.charge[s, u, t], b.discharge[s, u, t] / given.discharge_efficiency[u]
        return b.level[s, u, t] == (1 - given.standing_loss[u]) * before + into - out

    b.keeps_energy = pyo.Constraint(*s_u_t, rule=keeps_energy)
    b.within_power = pyo.Constraint(*s_u_t, rule=lambda b, s, u, t: b.charge[s, u, t] + b.discharge[s, u, t] <= b.power[s, u])
    b.within_energy = pyo.Constraint(*s_u_t, rule=lambda b, s, u, t: b.level[s, u, t] <= b.energy[s, u])
    b.hands_on = pyo.Constraint(*s_u, rule=lambda b, s, u: b.level[s, u, last] + b.short[s, u] >= end[s, u])
    every = [(s, t) for s in given.s for t in given.t]
    out = {(s, t): sum(b.discharge[s, u, t] for u in given.u) for s, t in every}
    into = {(s, t): sum(b.charge[s, u, t] for u in given.u) for s, t in every}
    ledger.post("power", "discharge", out)
    ledger.post("power", "charge", {i: -x for i, x in into.items()})
    ledger.post("net_demand", "losses", {i: into[i] - out[i] for i in every})
    wear = {(s, t): sum(given.storage_wear[u] * b.discharge[s, u, t] for u in given.u) for s, t in every}
    ledger.post("cost", "wear", wear)
    short = {s: given.penalty_per_mwh * sum(b.short[s, u] for u in given.u) for s in given.s}
    ledger.post("penalty", "short", short)


def _ends_of_a_block(b: pyo.Block, given: Given) -> tuple[dict, dict]:
    """(site, storage) → the plan's level before and after the block."""
    start = {(s, u): b.rest[s, u] for s in given.s for u in b.resting}
    end = dict(start)
    if len(b.carried):
        starts, ends = edges(among(given.inputs.data["follows"].values, given.chosen))

        def edge(s: str, u: str, which: list[int]) -> Any:
            return given.across(lambda d: b.edge[s, u, which[d]])

        start |= {(s, u): edge(s, u, starts) for s in given.s for u in b.carried}
        end |= {(s, u): edge(s, u, ends) for s in given.s for u in b.carried}
    return start, end
