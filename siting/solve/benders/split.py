"""The Program split where the plan ends: plan columns are the master's, each block of hours is a small LP of its own.

    minimise   c·x + Σ_d weight[d] · V_d(x)
    V_d(x) = min  c_d·y   over   lower_d ≤ A_d·y + B_d·x[links[:, d]] ≤ upper_d

`coarser` groups consecutive blocks and lets one stand for its group: a quick first plan, never a bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from ..program import INF, Program, Values
from .site_of import SiteOf, numbers

FIRST_PRICE = 1e-5  # of the penalties, which are ten years' cost of a MW for one MWh: some times an honest MWh

NOTHING = 1e-9  # of a plan column: rounding


@dataclass(frozen=True)
class Plan:
    """Rows over plan columns, as arrays."""

    matrix: sp.csr_matrix
    lower: np.ndarray
    upper: np.ndarray
    column_lower: np.ndarray
    column_upper: np.ndarray
    cost: np.ndarray
    integer: np.ndarray
    names: list[str]  # of the columns, without their index
    site: np.ndarray  # number of the site that a column is of; -1: of none


class Block(NamedTuple):
    """The numbers of one block; column bounds are those of its own columns."""

    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    column_lower: np.ndarray
    column_upper: np.ndarray


@dataclass(frozen=True)
class Split:
    """Template columns are the block's own (`n_own`), then the linking ones; costs are per occurrence of a block."""

    plan: Plan
    constant: float
    row: np.ndarray
    col: np.ndarray
    value: Values
    lower: Values
    upper: Values
    column_lower: Values
    column_upper: Values
    cost: Values  # of the columns, without what broken rules cost
    elastic: np.ndarray  # own columns that stand for broken rules
    penalty: np.ndarray  # (elastic, blocks), full price of broken rules
    n_own: int
    n_rows: int
    links: np.ndarray
    weight: np.ndarray
    stage: np.ndarray  # (blocks,) blocks of different stages never stand for each other
    own_names: list[str]  # of the own columns, without their index
    site_of: SiteOf

    @property
    def n_blocks(self) -> int:
        return len(self.weight)

    @property
    def n_plan(self) -> int:
        return len(self.plan.cost)

    @property
    def size(self) -> int:
        """Non-zeros over all blocks."""
        return len(self.row) * self.n_blocks

    def block(self, d: int) -> Block:
        return Block(*(v.at(d) for v in (self.value, self.lower, self.upper, self.column_lower, self.column_upper)))

    def kinds(self) -> np.ndarray:
        """A number for each elastic column, the same for those of one rule."""
        return np.unique([self.own_names[j] for j in self.elastic], return_inverse=True)[1]

    def private(self) -> np.ndarray:
        """Linking columns of the template that are another plan column in (nearly) every block: shares and edges."""
        if self.n_blocks == 1:
            return np.zeros(len(self.links), bool)
        return np.any(self.links != self.links[:, :1], axis=1)

    def helping(self) -> np.ndarray:
        """(plan columns,) Whether more of it leaves every block at least the room that it had."""
        at_plan = np.flatnonzero(self.col >= self.n_own)
        hinders = np.zeros(self.n_plan, bool)
        for d in range(self.n_blocks):
            value, row = self.value.at(d)[at_plan], self.row[at_plan]
            tightens = np.where(value > 0, np.isfinite(self.upper.at(d)[row]), (value < 0) & np.isfinite(self.lower.at(d)[row]))
            hinders[self.links[self.col[at_plan[tightens]] - self.n_own, d]] = True
        return ~hinders

    def typical(self, plan: np.ndarray) -> np.ndarray:
        """(plan columns,) The largest value of a column's kind in this plan."""
        _, kind = np.unique(self.plan.names, return_inverse=True)
        largest = np.zeros(kind.max() + 1)
        np.maximum.at(largest, kind, np.abs(plan))
        return largest[kind]

    def sites_used(self, plan: np.ndarray, share: float = 0.0) -> np.ndarray:
        """(sites,) Whether a plan has more than this share of the largest of its kind at a site."""
        used = np.zeros(self.site_of.n_sites + 1, bool)
        np.logical_or.at(used, self.plan.site, np.abs(plan) > share * self.typical(plan) + NOTHING)
        return used[:-1]

    def floor(self) -> np.ndarray:
        """(blocks,) The least that each block can cost under any plan: what earns money, at the most that a row alone allows.

        NaN where no single row bounds a column that earns; an LP has to tell then (`Subproblems.floor`).
        """
        own = self.col < self.n_own
        alone = np.bincount(self.row[own], minlength=self.n_rows) == 1
        out = np.empty(self.n_blocks)
        for d in range(self.n_blocks):
            value, upper = self.value.at(d), self.upper.at(d)
            x_low, x_high = self.plan.column_lower[self.links[:, d]], self.plan.column_upper[self.links[:, d]]
            k = self.col[~own] - self.n_own
            least = np.where(value[~own] > 0, value[~own] * x_low[k], value[~own] * x_high[k])
            room = upper - np.bincount(self.row[~own], weights=np.nan_to_num(least, neginf=-1e30), minlength=self.n_rows)
            most = self.column_upper.at(d).copy()
            i = np.flatnonzero(own & alone[self.row] & (value > 0))
            np.minimum.at(most, self.col[i], room[self.row[i]] / value[i])
            cost, of_links = np.split(self.cost.at(d), [self.n_own])
            earns, counted = cost < 0, of_links != 0
            at_plan = of_links[counted]
            of_plan = np.where(at_plan > 0, at_plan * x_low[counted], at_plan * x_high[counted]).sum()
            worst = (cost[earns] * np.maximum(most[earns], 0.0)).sum() + of_plan
            out[d] = worst if worst > -1e20 else np.nan
        return out

    def with_more(self, rows: np.ndarray, more: np.ndarray) -> Split:
        """The same with so much more allowed in these rows of the plan."""
        room = np.zeros(len(self.plan.lower))
        room[rows] = more
        return replace(self, plan=replace(self.plan, lower=self.plan.lower + room, upper=self.plan.upper + room))

    def coarser(self, groups: int) -> tuple[Split, np.ndarray]:
        """About `groups` blocks (one a stage at least), each the middle of a run of consecutive ones with their weight; and for
        each plan column the coarse column that stands for it."""
        of_stage = [np.flatnonzero(self.stage == y) for y in np.unique(self.stage)]
        each = max(groups // len(of_stage), 1)
        runs = [r for blocks in of_stage for r in np.array_split(blocks, each) if len(r)]
        stands = np.array([r[len(r) // 2] for r in runs])
        of = np.repeat(stands, [len(r) for r in runs])
        target = np.arange(self.n_plan)
        for k in np.flatnonzero(self.private()):
            target[self.links[k]] = self.links[k, of]
        used, number = np.unique(target, return_inverse=True)
        plan, n = self.plan, len(used)
        join = sp.csr_matrix((np.ones(self.n_plan), (np.arange(self.n_plan), number)), (self.n_plan, n))
        lower, upper = np.full(n, -INF), np.full(n, INF)
        np.maximum.at(lower, number, plan.column_lower)
        np.minimum.at(upper, number, plan.column_upper)
        coarse = Plan(
            (plan.matrix @ join).tocsr(),
            plan.lower,
            plan.upper,
            lower,
            upper,
            join.T @ plan.cost,
            plan.integer[used],
            [plan.names[j] for j in used],
            plan.site[used],
        )

        def of_stands(v: Values) -> Values:
            return Values(v.base, v.where, v.table[:, stands])

        return (
            replace(
                self,
                plan=coarse,
                value=of_stands(self.value),
                lower=of_stands(self.lower),
                upper=of_stands(self.upper),
                column_lower=of_stands(self.column_lower),
                column_upper=of_stands(self.column_upper),
                cost=of_stands(self.cost),
                penalty=self.penalty[:, stands],
                links=number[self.links[:, stands]],
                weight=np.array([self.weight[r].sum() for r in runs]),
                stage=self.stage[stands],
            ),
            number,
        )


def split(p: Program) -> Split:
    """Program → Split; time and memory grow with the template's columns × blocks."""
    occurrences = np.where(p.weight > 0, p.weight, 1.0)
    plan_cost, hour_cost, constant = p.costs({a: w for a, w in p.minimise.items() if a != "penalty"}, occurrences)
    broken_plan, broken, _ = p.costs({"penalty": p.minimise["penalty"]}, occurrences)
    elastic = p.elastic_columns()
    n = len(p.plan.columns)
    sites = sorted({str(x.index["site"]) for x in (*p.plan.columns, *p.hours.columns, *p.hours.rows) if "site" in x.index})
    plan = Plan(
        sp.csr_matrix((p.plan.value.base, (p.plan.row, p.plan.col)), (len(p.plan.rows), n)),
        p.plan.lower.base,
        p.plan.upper.base,
        p.plan.column_lower.base,
        p.plan.column_upper.base,
        plan_cost + broken_plan,
        p.plan.integer,
        [c.name for c in p.plan.columns],
        numbers(p.plan.columns, sites),
    )
    h = p.hours
    return Split(
        plan,
        constant,
        h.row,
        h.col,
        h.value,
        h.lower,
        h.upper,
        h.column_lower,
        h.column_upper,
        hour_cost,
        elastic,
        broken.some(elastic).all(p.n_blocks),
        p.n_own,
        len(h.rows),
        p.links,
        p.weight,
        p.stage,
        [c.name for c in h.columns[: p.n_own]],
        SiteOf.of(p, sites),
    )
