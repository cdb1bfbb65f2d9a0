"""Limits: any total of the ledger may be limited, everywhere or at each place of a column of the sites, by a year or a month.

What a limit n counts is an account, or for a ratio one account less the allowed multiple of another:

    counted[n] = account[n]                       bound[n] = most[n]
    counted[n] = account[n] − ratio[n] · of[n]    bound[n] = 0

    for each window of n (the year, or each month; of each scenario):
        Σ_{blocks of the window} weight · share[n, block] + the plan's own part ≤ bound[n]        (≥ where `least`)
    in each block:  what the block counts − over[n] ≤ share[n, block]                              (+ over ≥ share)

A monthly bound is scaled by the hours that the blocks of the month stand for. The shares let the hours be solved block by
block; `over` is elastic, zero in every plan that keeps the limit. The land of each site is a limit of its own.
"""

from typing import Any, NamedTuple

import numpy as np
import pyomo.environ as pyo

from ..inputs.hours import windows_of
from ..inputs.stages import stages_of
from ..study.accounts import IN_HOURS
from ..study.study import Study
from .given import Given
from .ledger import EVERYWHERE, Ledger


class Rule(NamedTuple):
    account: str
    places: tuple[str, ...] | None  # the place itself and its sites; None: everything posted
    sense: str  # most | least
    value: Any  # in the unit of the account, or the ratio: in the hours of several stages one value per block
    of: str | None
    window: str  # year | month

    def counted(self, ledger: Ledger) -> Any:
        """What is held against the bound, of all that was posted in this phase."""
        parts = [(self.account, 1.0)] + ([(self.of, -self.value)] if self.of else [])
        wanted = [(a, c) for a, c in parts if ledger.phase == "plan" or a in IN_HOURS]
        return pyo.quicksum(c * ledger.sum_over(a, self.places) for a, c in wanted)

    def keeps(self, amount: Any, bound: Any) -> Any:
        return amount <= bound if self.sense == "most" else amount >= bound


def rules(given: Given, study: Study | None = None) -> dict[str, Rule]:
    """`water:most@Bayern` → the rule, for every place that a limit of the study (that of `given`) names."""
    study = given.study if study is None else study
    sites = given.inputs.sites.set_index("site")
    out = {}
    for account, limits in study.limits.items():
        for limit in limits:
            members: dict[str, tuple[str, ...] | None] = {EVERYWHERE: None}
            if limit.per != "everywhere":
                column = {s: s if limit.per == "site" else str(sites.at[s, limit.per]) for s in given.s}
                members = {p: (p, *(s for s in given.s if column[s] == p)) for p in sorted(set(column.values()))}
            for place, inside in members.items():
                for sense, value in limit.bounds(place):
                    name = f"{limit.subject(account)}:{sense}@{place}"
                    name = f"{name} ({limit.per})" if name in out else name  # a state and a basin of one name
                    out[name] = Rule(account, inside, sense, value, limit.of, limit.window)
    return out


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    all_rules = rules(given)
    b.rule = pyo.Set(initialize=list(all_rules), ordered=True)
    in_hours = [n for n, r in all_rules.items() if r.account in IN_HOURS or r.of in IN_HOURS]
    b.hourly = pyo.Set(initialize=in_hours, within=b.rule)
    b.share = pyo.Var(
        b.hourly, given.d, domain=pyo.Reals, doc="the block's part of a limit, per occurrence [unit of the account]"
    )
    windows = {kind: windows_of(given.inputs.data.isel(block=given.chosen), kind) for kind in ("year", "month")}
    b.window = pyo.Set(initialize=[*windows["year"], *windows["month"]], ordered=True)
    b.looked_at = pyo.Set(
        initialize=[(n, w) for n, r in all_rules.items() for w in windows[r.window]],
        within=b.rule * b.window,
    )

    def within_limit(b: pyo.Block, n: str, w: str) -> object:
        r = all_rules[n]
        blocks, per, scale = windows[r.window][w]
        bound = 0.0 if r.of else r.value * scale
        hours = [float(given.weights[d] * per) * b.share[n, d] for d in blocks] if n in b.hourly else []
        total = pyo.quicksum(hours) + r.counted(ledger)
        if isinstance(total, int | float):
            return pyo.Constraint.Feasible if r.keeps(total, bound) else pyo.Constraint.Infeasible
        return r.keeps(total, bound)

    b.within_limit = pyo.Constraint(b.looked_at, rule=within_limit)
    land = ledger.total("land")
    b.within_land = pyo.Constraint(
        given.s, rule=lambda b, s: land[s] <= given.land_available[s] if s in land else pyo.Constraint.Skip
    )


def _in_the_hours(b: pyo.Block, given: Given) -> dict[str, Rule]:
    """The rules with the ratio of each block of hours: that of its stage."""
    years = stages_of(given.inputs.data)
    if not years:
        return rules(given)
    each = [rules(given, given.study.at_stage(y)) for y in years]
    stage = given.inputs.data["stage_of_block"].values[given.chosen].astype(int)
    varies = [n for n, r in each[0].items() if r.of is not None and any(of[n].value != r.value for of in each)]
    b.varies = pyo.Set(initialize=varies, ordered=True)
    ratios = {n: np.array([of[n].value for of in each])[stage] for n in varies}
    b.ratio = pyo.Param(b.varies, mutable=True, within=pyo.Any, initialize=ratios)
    return {n: r._replace(value=b.ratio[n]) if n in ratios else r for n, r in each[0].items()}


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    all_rules = _in_the_hours(b, given)
    b.over = pyo.Var(b.hourly, domain=pyo.NonNegativeReals, doc="what breaks a limit in the block [unit of the account]")

    def within_share(b: pyo.Block, n: str) -> object:
        r = all_rules[n]
        share = given.across(lambda d: b.share[n, d])
        return r.keeps(r.counted(ledger) + (-b.over[n] if r.sense == "most" else b.over[n]), share)

    b.within_share = pyo.Constraint(b.hourly, rule=within_share)

    def price(r: Rule) -> float:
        """Of an amount: breaking the limit by all of it. Of a ratio: breaking it by all of it for one unit of `of`; a quarter
        of that, so that no plan would rather leave work undone than break a ratio to its energy."""
        return given.penalty_per_mwh / (4 * r.value) if r.of else given.penalty_total / max(abs(r.value), 1.0)

    if len(b.hourly):
        over = pyo.quicksum(price(all_rules[n]) * b.over[n] for n in b.hourly)
        ledger.post("penalty", "over_limit", {EVERYWHERE: over})
