"""Infeasible is an answer: what is missing, and at least one way out.

The elastic columns are opened and only the broken rules are minimised; what stays broken is what no plan can keep.
Where even that has no solution, the plan's own rows contradict each other: an irreducible set of them is named. Where the time
for it runs out, that is said, and nothing is concluded from it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from .highs import Highs
from .program import INF, Cut, Program, Whole, whole

ROW_WORDS = {
    "grid.carries_design_hour": "the connection carries the power of the design hour",
    "cooling.houses_all_it": "halls house all IT",
    "sites.only_if_open": "a site has room for its IT",
    "sites.at_least": "the planner's fixed MW",
    "limits.within_limit": "the limit",
    "limits.within_land": "the land of the site",
    "sites.enough_in_total": "room for the IT that the work needs",
    "workloads.does_all_work": "the training of the window",
    "workloads.in_one_place": "a run in one place",
    "workloads.holds_runs": "the clusters of whole runs fit into their site",
    "chips.holds_runs": "the chips of a site do the runs that it holds whole",
    "workloads.has_one_site": "one site for each region",
}


def explain(program: Program, cuts: Sequence[Cut], seconds: float = 30.0) -> list[str]:
    """Sentences for the planner."""
    w = whole(program, {"penalty": 1.0})
    highs = Highs(w)
    for cut in cuts:
        highs.add_cut(cut)
    answer = highs.run("what is missing", mip_rel_gap=0.01, time_limit=seconds, mip_lp_solver="ipx")
    if answer.status == "infeasible":
        return _contradiction(program, cuts, seconds)
    if answer.columns is None:
        return [_no_time(seconds)]
    hours = answer.columns[len(program.plan.columns) :].reshape(program.n_blocks, program.n_own).T
    out = _unserved(program, hours) + _untrained(program, hours) + _over(program, hours)
    if out and answer.status != "optimal":
        out.append(f"These amounts are what was found within {seconds:g} s; less may do.")
    return out or ["no plan was found that keeps every rule; none of the elastic rules is broken: allow more time"]


def _no_time(seconds: float) -> str:
    return (
        f"No plan keeps every rule. Which rule stands in the way, and by how much, was not found within {seconds:g} s: ask "
        "again with fewer candidates or days, or loosen limits, headroom or demand one at a time."
    )


def _values(program: Program, component: str, hours: np.ndarray) -> list[tuple[dict, np.ndarray]]:
    """(index, values over blocks) of every own column of a component."""
    return [(c.index, hours[j]) for j, c in enumerate(program.hours.columns[: program.n_own]) if c.name == component]


def _unserved(program: Program, hours: np.ndarray) -> list[str]:
    by_hour: dict[tuple[int, int], dict[str, float]] = {}
    for index, values in _values(program, "workloads.unserved", hours):
        for block in np.flatnonzero(values > 1e-6):
            at = by_hour.setdefault((int(block), int(index["hour"])), {})
            key = f"{index['region']} ({index['workload']})"
            at[key] = at.get(key, 0.0) + float(values[block])
    if not by_hour:
        return []
    worst = max(by_hour, key=lambda k: sum(by_hour[k].values()))
    missing = by_hour[worst]
    total = sum(missing.values())
    where = ", ".join(f"{r} {mw:.1f} MW" for r, mw in sorted(missing.items(), key=lambda i: -i[1])[:5])
    when = f" of {program.years[program.stage[worst[0]]]}" if program.years else ""
    return [
        f"No plan serves all users: in the worst hour{when} {total:.1f} MW of IT stay unserved ({where}). "
        f"Ways out: {total:.1f} MW more headroom or room at sites within reach, a larger latency_ms, or less demand."
    ]


def _untrained(program: Program, hours: np.ndarray) -> list[str]:
    out = []
    for index, values in _values(program, "workloads.untrained", hours):
        for when, missing in _by_stage(program, values * program.weight):
            out.append(
                f"No plan does all training: {missing:,.0f} MWh of '{index['workload']}' stay undone in {when}. "
                "Ways out: a higher max_it_mw of the work, a longer window, more candidates or a larger max_it_mw of the sites."
            )
    return out


def _over(program: Program, hours: np.ndarray) -> list[str]:
    out = []
    for index, values in _values(program, "limits.over", hours):
        for when, amount in _by_stage(program, values * program.weight):
            account, _, rest = str(next(iter(index.values()))).partition(":")
            sense, _, place = rest.partition("@")
            word = "exceeded" if sense == "most" else "missed"
            out.append(
                f"No plan keeps the limit on {account} ({place}): it is {word} by at least {amount:,.1f} {when}. "
                f"Ways out: move the limit by that much, or allow what lowers {account}."
            )
    return out


def _by_stage(program: Program, amounts: np.ndarray) -> list[tuple[str, float]]:
    """(`a year`, or the stage's year; amount) of each stage in which something is missing; `amounts` is by block, of a year."""
    sums = np.bincount(program.stage, weights=amounts, minlength=len(program.discount))
    names = [f"a year from {y} on" for y in program.years] or ["a year"]
    return [(name, float(x)) for name, x in zip(names, sums, strict=True) if x > 1e-3]


ELASTIC_PLAN_ROWS = (
    "limits.within_limit",
    "limits.within_land",
    "sites.at_least",
    "sites.enough_in_total",
    "workloads.holds_runs",
    "chips.holds_runs",
)


def _contradiction(program: Program, cuts: Sequence[Cut], seconds: float) -> list[str]:
    """The plan's own rules contradict each other: which of them is missed by how much, at least."""
    w = whole(program, {"penalty": 1.0})
    loose = [i for i, r in enumerate(program.plan.rows) if r.name in ELASTIC_PLAN_ROWS]
    n, m = w.matrix.shape[1], len(loose)
    signs = sp.csr_matrix((np.ones(m), (loose, np.arange(m))), (w.matrix.shape[0], m))
    size = np.array([max(abs(x) for x in (w.lower[i], w.upper[i], 1.0) if np.isfinite(x)) for i in loose])
    slack = Whole(
        sp.hstack([w.matrix, signs, -signs]).tocsr(),
        w.lower,
        w.upper,
        np.concatenate([w.column_lower, np.zeros(2 * m)]),
        np.concatenate([w.column_upper, np.full(2 * m, INF)]),
        np.concatenate([np.zeros(n), 1 / size, 1 / size]),
        0.0,
        np.concatenate([w.integer, np.zeros(2 * m, bool)]),
    )
    highs = Highs(slack)
    elastic = program.elastic_columns()
    starts = len(program.plan.columns) + program.n_own * np.arange(program.n_blocks)
    closed = (starts[:, None] + elastic).ravel()
    highs.bound_columns(closed, np.zeros(len(closed)), np.zeros(len(closed)))
    for cut in cuts:
        highs.add_cut(cut)
    answer = highs.run("what is missing", mip_rel_gap=0.01, time_limit=seconds, mip_lp_solver="ipx")
    if answer.status == "infeasible":
        return _irreducible(program, Highs(w))
    if answer.columns is None:
        return [_no_time(seconds)]
    missed = np.maximum(answer.columns[n : n + m], answer.columns[n + m :])
    out = []
    for i, amount in zip(loose, missed, strict=True):
        if amount > 1e-6 * max(1.0, abs(amount)):
            row = program.plan.rows[i]
            words = ROW_WORDS.get(row.name, row.component)
            of = ", ".join(str(x) for x in row.index.values())
            out.append(
                f"No plan keeps {words} ({of}) beside all other rules: it is missed by at least {amount:,.1f}. Move it by that."
            )
    return out or _irreducible(program, Highs(w))


def _irreducible(program: Program, highs: Highs) -> list[str]:
    """Names of rows that cannot hold together."""
    rows, _ = highs.conflict()
    names = [program.plan.rows[i] for i in rows if i < len(program.plan.rows)]
    if not names:
        return [
            "The plan's own rules contradict each other (sites that must open, fixed MW, limits, land, headroom); which of "
            "them was not found in time."
        ]
    words = "; ".join(dict.fromkeys(f"{ROW_WORDS.get(r.name, r.component)} {list(r.index.values())}" for r in names[:6]))
    return [f"These rules cannot hold together: {words}. Drop or loosen one of them."]
