"""Limits: any total of the ledger may be limited, everywhere or at each place of a column of the sites.

    Σ_blocks weight · share[n, block] + the plan's own part ≤ most[n]        (≥ least[n])
    in each block:  what the block causes − over[n] ≤ share[n, block]        (+ over ≥ share)

The shares let the hours be solved block by block; `over` is elastic, zero in every plan that keeps the limit.
The land of each site is a limit of its own.
"""

from typing import NamedTuple

import pyomo.environ as pyo

from ..study.accounts import IN_HOURS
from .given import Given
from .ledger import EVERYWHERE, Ledger


class Rule(NamedTuple):
    account: str
    places: tuple[str, ...] | None  # the sites counted; None: everything posted
    sense: str  # most | least
    value: float


def rules(given: Given) -> dict[str, Rule]:
    """`water:most@Bayern` → the rule, for every place that a limit of the study names."""
    sites = given.inputs.sites.set_index("site")
    out = {}
    for account, limit in given.study.limits.items():
        for sense in ("most", "least"):
            value = getattr(limit, sense)
            if value is None:
                continue
            if limit.per == "everywhere":
                out[f"{account}:{sense}@{EVERYWHERE}"] = Rule(account, None, sense, float(value))
                continue
            column = {s: s for s in given.s} if limit.per == "site" else {s: str(sites.at[s, limit.per]) for s in given.s}
            for place in sorted(set(column.values())):
                number = value.get(place) if isinstance(value, dict) else value
                if number is not None:
                    members = tuple(s for s in given.s if column[s] == place)
                    out[f"{account}:{sense}@{place}"] = Rule(account, members, sense, float(number))
    return out


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    all_rules = rules(given)
    b.rule = pyo.Set(initialize=list(all_rules), ordered=True)
    b.hourly = pyo.Set(initialize=[n for n, r in all_rules.items() if r.account in IN_HOURS], within=b.rule)
    b.share = pyo.Var(
        b.hourly, given.d, domain=pyo.Reals, doc="the block's part of a limit, per occurrence [unit of the account]"
    )

    def within_limit(b: pyo.Block, n: str) -> object:
        r = all_rules[n]
        hours = [float(given.weights[d]) * b.share[n, d] for d in given.blocks] if n in b.hourly else []
        total = pyo.quicksum(hours) + ledger.sum_over(r.account, r.places)
        if isinstance(total, int | float):
            return pyo.Constraint.Feasible if (total <= r.value) == (r.sense == "most") else pyo.Constraint.Infeasible
        return total <= r.value if r.sense == "most" else total >= r.value

    b.within_limit = pyo.Constraint(b.rule, rule=within_limit)
    land = ledger.total("land")
    b.within_land = pyo.Constraint(
        given.s, rule=lambda b, s: land[s] <= given.land_available[s] if s in land else pyo.Constraint.Skip
    )


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    all_rules = rules(given)
    b.over = pyo.Var(b.hourly, domain=pyo.NonNegativeReals, doc="what breaks a limit in the block [unit of the account]")

    def within_share(b: pyo.Block, n: str) -> object:
        r = all_rules[n]
        share = given.across(lambda d: b.share[n, d])
        caused = ledger.sum_over(r.account, r.places)
        return caused - b.over[n] <= share if r.sense == "most" else caused + b.over[n] >= share

    b.within_share = pyo.Constraint(b.hourly, rule=within_share)
    if len(b.hourly):
        over = pyo.quicksum(given.penalty_total / max(abs(all_rules[n].value), 1.0) * b.over[n] for n in b.hourly)
        ledger.post("penalty", "over_limit", {EVERYWHERE: over})
