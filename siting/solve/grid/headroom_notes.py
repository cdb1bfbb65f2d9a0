"""What a plan says about the grid: own headroom, corridors and who shares them, reinforcements, and the full check."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...inputs.headroom import GridCase
from ...inputs.inputs import Inputs
from ...physics.security import AFTER
from ..outcome import Outcome
from ..program import Program
from .check import GridCut
from .headroom import JointHeadroom
from .joint import Joint, corridor_groups
from .secure_base import told

CORRIDOR_PRICE_FROM = 1.0  # EUR_2024 per MW and year: less is solver noise


def tables(grid: JointHeadroom, inputs: Inputs, program: Program, outcome: Outcome) -> dict[str, pd.DataFrame]:
    """Tables for the report; every figure carries the rule it was computed by."""
    case = grid.case
    names, most = inputs.data["site"].values, inputs.data["max_connection"].values
    values = np.maximum(outcome.plan[program.grid_columns()], 0.0)
    built = np.round(grid.columns.shares_built(values))
    own = [
        (names[h.candidate], h.headroom_mw, h.situation, h.binding, bool(_secure(grid, h.candidate)), h.rule) for h in grid.own
    ]
    columns = ["site", "own_headroom_mw", "in_situation", "binding", "survives_any_outage", "rule"]
    corridors = corridor_prices(outcome)
    joint = grid.joint(built)
    groups = _groups(joint, names)
    ends = _ends(case, inputs.candidates)
    for table in (corridors, groups):
        table.insert(list(table.columns).index("corridor") + 1, "between", table["corridor"].str.split(AFTER).str[0].map(ends))
    out = {
        "headroom": pd.DataFrame(own, columns=columns),
        "corridors": corridors,
        "corridor_groups": groups,
        "stacking": _stacking(grid, joint, most),
        "grid_check": _full_check(grid, values, len(outcome.cuts)),
    }
    if case.steps:
        out["reinforcements"] = _reinforcements(grid, built)
    based = grid.grid(built).named.situations
    out |= case.tables(based)
    if case.outages is not None:
        caveats = out["headroom_caveats"]
        out["headroom_caveats"] = pd.concat([caveats, pd.DataFrame({"caveat": told(based)})], ignore_index=True)
    return out


def _secure(grid: JointHeadroom, candidate: int) -> bool:
    """Whether no single outage cuts the site off; True where no outages are counted."""
    case = grid.case
    return True if case.outages is None else bool(case.outages.secure_node[case.network.node[case.bus[candidate]]])


def _ends(case: GridCase, candidates: pd.DataFrame) -> dict[str, str]:
    """Branch → the places at its ends: by the names of the candidates there, else in words (`GridCase.place`)."""
    network = case.network
    known = {} if "bus" not in candidates else dict(zip(candidates["bus"].astype(str), candidates["site"]))
    place: dict[int, str] = {}
    for bus, words, node in zip(network.bus, case.place, network.node, strict=True):
        if node not in place or bus in known:
            place[node] = str(known.get(bus, words))
    ends = zip(network.branch, network.branch_from, network.branch_to, strict=True)
    return {name: f"{place[a]} and {place[b]}" for name, a, b in ends}


def _groups(joint: Joint, names: np.ndarray) -> pd.DataFrame:
    """Which sites share which limit when all ask for as much as they can, and how many MW it has."""
    rows = [
        (
            group.group,
            group.corridor,
            group.situation,
            group.room_mw,
            ", ".join(f"{names[s]} ({use:.0%})" for s, use in sorted(group.uses.items(), key=lambda item: -item[1])),
            group.rule,
        )
        for group in corridor_groups([row for row, _ in joint.rows])
    ]
    return pd.DataFrame(rows, columns=["group", "corridor", "situation", "room_mw", "sites_and_use_per_mw", "rule"])


def _stacking(grid: JointHeadroom, joint: Joint, most: np.ndarray) -> pd.DataFrame:
    single = float(np.minimum(most, [h.headroom_mw for h in grid.own]).sum())
    return pd.DataFrame(
        {
            "sum_of_single_mw": [single],
            "jointly_mw": [joint.total_mw],
            "lost_mw": [single - joint.total_mw],
            "lost_share": [1 - joint.total_mw / max(single, 1e-9)],
            "stacking_error": [(single - joint.total_mw) / max(joint.total_mw, 1e-9)],
            "binds": [", ".join(list(joint.corridors)[:5]) or ("adequacy" if joint.adequacy > 0 else "nothing")],
            "rule": [grid.case.rule],
        }
    )


def _full_check(grid: JointHeadroom, values: np.ndarray, rows: int) -> pd.DataFrame:
    """Every branch, intact and after every outage, in every situation, at the plan's connections."""
    found = []
    for epoch in grid.epochs:
        ready = np.round(epoch.columns.shares_built(values)) * epoch.counts
        found.append(grid.grid(ready).check.full_check(grid.demands(epoch, values), ready[grid.uprates]))
    return pd.DataFrame(
        {
            "in_year": ["the study's" if epoch.year is None else str(epoch.year) for epoch in grid.epochs],
            "situations_checked": [f.situations for f in found],
            "limits_checked": [f.pairs for f in found],
            "worst_above_its_limit_mw": [f.worst_mw for f in found],
            "worst_limit": [f.where for f in found],
            "largest_unserved_mw": [f.unserved_mw for f in found],
            "rows_added": [rows] * len(found),
            "rule": [grid.case.rule] * len(found),
        }
    )


def _reinforcements(grid: JointHeadroom, built: np.ndarray) -> pd.DataFrame:
    network = grid.case.network
    rows = [
        (s.name, network.branch[s.branch], s.kind, s.adds_mw, s.ready_year, s.in_time, s.cost_eur_2024_per_year, bool(built[i]))
        for i, s in enumerate(grid.case.steps)
    ]
    columns = ["reinforcement", "branch", "kind", "adds_mw", "ready_year", "in_time", "cost_eur_2024_per_year", "built"]
    return pd.DataFrame(rows, columns=columns)


def corridor_prices(outcome: Outcome) -> pd.DataFrame:
    """EUR_2024 a year for one MW more on a branch (or of supply), from the prices of the rows in the relaxation."""
    worth: dict[tuple[str, str], float] = {}
    for cut, price in zip(outcome.cuts, outcome.cut_prices, strict=True):
        if price < CORRIDOR_PRICE_FROM:
            continue
        row = cut.note["row"]
        if not isinstance(row, GridCut):
            continue
        for branch, share in row.corridors.items():
            key = (branch, row.situation)
            worth[key] = worth.get(key, 0.0) + price * share
        if row.adequacy > 0:
            key = ("system adequacy", row.situation)
            worth[key] = worth.get(key, 0.0) + price * row.adequacy
    rows = [(*key, value) for key, value in sorted(worth.items(), key=lambda i: -i[1])]
    return pd.DataFrame(rows, columns=["corridor", "situation", "price_eur_2024_per_mw_year"])
