"""What a closed site could gain at given prices, exactly: that site alone, over all hours.

`site_pricing` prices a closed site in every cut, in closed form, and too well: its rows take what is known of other sites. At
the end that is all that stands between the bound of the sites that the master uses and the bound of all. So, at prices p[d] of
the rows of no site, in each block, and at reduced costs c of its plan columns,

    v = min  c·x + Σ_d weight[d] · V_d(x)       over the plan rows of the site alone
    V_d(x) = min (c_d − A_dᵀ·p[d])·y            over its own rows in block d

is solved by cuts, as the whole is (`master`, `subproblem`). v = 0: no plan of this site gains anything, and the mean of the
cuts, by the multipliers that prove it, is what the site adds to a cut of each block in which the rows of no site have the duals
p[d] (Lagrangian relaxation over sites; Geoffrion, Mathematical Programming Study 2, 1974).

Time of one site: the non-zeros of the template once, and some passes over all blocks, each a LP of the site's rows in a block.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from ...errors import SolveError
from ..highs import Highs
from ..program import Values, Whole
from .known_cuts import Cuts
from .master import Master
from .site_of import SiteOf, of_one_site, places
from .split import Plan, Split
from .subproblem import Evaluation, Subproblems


class Prices(NamedTuple):
    """Of what joins sites, in a master's relaxation."""

    rows: np.ndarray  # (rows of no site, blocks), per occurrence
    plan: np.ndarray  # (plan columns,) reduced costs, without the cuts
    broken: np.ndarray  # (elastic,) or (elastic, blocks): the share of each penalty that is charged
    known: np.ndarray  # (plan columns,) what cuts add to the reduced costs, of all blocks


class Alone(NamedTuple):
    """One site at such prices."""

    site: int
    gain: float  # no plan of the site has less
    value: float  # of the best plan that was found
    columns: np.ndarray  # plan columns of the site
    cuts: Cuts  # one a block, over these columns


def can_be_alone(s: Split) -> np.ndarray:
    """(sites,) Whether nothing at all is a plan of the site, and its own rows hold no column of another or of none."""
    of, p = s.site_of, s.plan
    link = s.col >= s.n_own
    of_row, of_link = of.row[s.row[link]], of.link[s.col[link] - s.n_own]
    links = np.repeat(of.link[:, None], s.n_blocks, axis=1)
    elsewhere = p.site[s.links] != links
    needs = np.concatenate([
        of_row[(of_row >= 0) & (of_link != of_row)],
        links[elsewhere],
        p.site[s.links][elsewhere],
        p.site[(p.column_lower > 0) | (p.column_upper < 0)],
        of_one_site(p.matrix, p.site)[(p.lower > 0) | (p.upper < 0)],
    ])  # fmt: skip
    out = np.append(of.apart, False)
    out[needs] = False
    return out[:-1]


def alone(s: Split, site: int, prices: Prices) -> tuple[Split, np.ndarray]:
    """The part of a split that is of one site, at these prices, and which plan columns it has."""
    of, p = s.site_of, s.plan
    rows, own, links = (np.flatnonzero(x == site) for x in (of.row, of.own, of.link))
    columns, plan_rows = np.flatnonzero(p.site == site), np.flatnonzero(of_one_site(p.matrix, p.site) == site)
    both = np.concatenate([own, s.n_own + links])
    row, col = places(rows, s.n_rows)[s.row], places(both, s.n_own + len(s.links))[s.col]
    entries = np.flatnonzero((row >= 0) & (col >= 0))
    joining = np.flatnonzero((of.row[s.row] < 0) & (col >= 0))
    cost, of_price = s.cost.some(both).all(s.n_blocks), places(np.flatnonzero(of.row < 0), s.n_rows)
    value = s.value.some(joining).all(s.n_blocks) * prices.rows[of_price[s.row[joining]]]
    cost -= sp.csr_matrix((np.ones(len(joining)), (col[joining], np.arange(len(joining)))), (len(both), len(joining))) @ value
    mine = np.flatnonzero(np.isin(s.elastic, own))
    none = np.empty(0, np.int64)
    plan = Plan(
        p.matrix[plan_rows][:, columns].tocsr(),
        p.lower[plan_rows],
        p.upper[plan_rows],
        p.column_lower[columns],
        p.column_upper[columns],
        prices.plan[columns],
        np.zeros(len(columns), bool),
        [p.names[j] for j in columns],
        np.full(len(columns), -1),
    )
    nobody = np.full(len(rows), -1), np.full(len(own), -1), np.full(len(links), -1)
    part = replace(
        s,
        plan=plan,
        constant=0.0,
        row=row[entries],
        col=col[entries],
        value=s.value.some(entries),
        lower=s.lower.some(rows),
        upper=s.upper.some(rows),
        column_lower=s.column_lower.some(own),
        column_upper=s.column_upper.some(own),
        cost=Values.sparse(len(both), np.arange(len(both)), cost),
        elastic=places(own, s.n_own)[s.elastic[mine]],
        penalty=s.penalty[mine],
        n_own=len(own),
        n_rows=len(rows),
        links=places(columns, s.n_plan)[s.links[links]],
        own_names=[s.own_names[j] for j in own],
        site_of=SiteOf(0, *nobody, of.kind[rows], of.twin[rows], none.astype(bool)),
    )
    return part, columns


def priced(s: Split, site: int, prices: Prices, little: float, until: float) -> Alone | None:
    """`little`: of the objective, what a site may gain and be called one that gains nothing; `until`: of `time.monotonic`.
    None: too little is known by then, or nothing can be told."""
    one, columns = alone(s, site, prices)
    broken = prices.broken[np.isin(s.elastic, np.flatnonzero(s.site_of.own == site))]
    blocks, work, master, value = list(range(s.n_blocks)), Subproblems(one), None, np.inf
    try:
        plans = _its_plan(one)
        plan = _most_promising(one, plans, prices.known[columns])
        while True:
            found = work.evaluate(plan, broken, blocks)
            value = min(value, float(one.plan.cost @ plan) + sum(one.weight[e.block] * e.value for e in found))
            master = master or Master(one, _floor(one, plans, found))
            master.add(found)
            step = master.relaxation(max(until - time.monotonic(), 1.0))
            if not len(step.plan) or time.monotonic() > until:
                return None
            if step.bound >= -little or value <= min(step.bound / 2, -little):
                mean = master.mean(max(until - time.monotonic(), 1.0))
                return None if mean is None else Alone(site, min(step.bound, 0.0), min(value, 0.0), columns, mean.cuts)
            plan = step.plan
    except SolveError:
        return None


def _its_plan(one: Split) -> Highs:
    """The rows and columns of the site's plan, without an objective."""
    p = one.plan
    return Highs(Whole(p.matrix, p.lower, p.upper, p.column_lower, p.column_upper, np.zeros(one.n_plan), 0.0, p.integer))


def _most_promising(one: Split, plans: Highs, known: np.ndarray) -> np.ndarray:
    """The plan of the site that could gain most by what is known before it is priced."""
    plans.cost_columns(one.plan.cost + known)
    answer = plans.run()
    if answer.columns is None:
        raise SolveError("a site alone has no plan")
    return answer.columns


def _floor(one: Split, plans: Highs, found: list[Evaluation]) -> np.ndarray:
    """(blocks,) What each block costs at least, by its cut and the bounds of the plan's columns; where a column that counts has
    none, by the most that the plan's rows let it be."""
    p, every = one.plan, np.arange(one.n_plan)
    least, most = p.column_lower.copy(), p.column_upper.copy()
    counts = np.unique(np.concatenate([one.links[e.slope != 0, e.block] for e in found]))
    for bound, sign in ((least, 1.0), (most, -1.0)):
        for j in counts[np.isinf(bound[counts])]:
            plans.cost_columns(sign * (every == j))
            answer = plans.run_once()
            if answer.status == "optimal" and answer.columns is not None:
                bound[j] = answer.columns[j]
    out = np.empty(one.n_blocks)
    for e in found:
        at, counts = one.links[:, e.block], e.slope != 0
        ends = np.where(e.slope > 0, least[at], most[at])
        out[e.block] = e.constant + float(e.slope[counts] @ ends[counts])
    if not np.isfinite(out).all():
        raise SolveError("a site alone has no least cost")
    return out


def price_sites(work: Subproblems, sites: list[int], prices: Prices, little: float, seconds: float) -> list[Alone]:
    """Those of these sites of which enough can be told in time."""
    until = time.monotonic() + seconds
    found = [priced(work.split, z, prices, little, until) for z in sites if time.monotonic() < until]
    return [x for x in found if x is not None]


def with_alone(mean: Cuts, found: Sequence[Alone]) -> Cuts:
    """`mean`, one cut a block at the prices at which these sites were priced, with what those add: cuts that hold. What the
    sites added before is dropped: their constants, which stay, were no more than zero."""
    columns, n = np.concatenate([x.columns for x in found]), mean.slope.shape[1]
    stays = np.ones(n)
    stays[columns] = 0.0
    at = sp.csr_matrix((np.ones(len(columns)), (np.arange(len(columns)), columns)), (len(columns), n))
    slope = mean.slope @ sp.diags(stays) + sp.hstack([x.cuts.slope for x in found]).tocsr() @ at
    return mean._replace(constant=mean.constant + sum(x.cuts.constant for x in found), slope=slope.tocsr())
