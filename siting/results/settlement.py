"""Settlement: what contracts leave over in an hour is matched as far as there is import, whether or not a limit asked for it.

The model matches as much as its limits and prices need; more changes no cost (with a price on it, it is matched already) and
never breaks a least amount of clean energy or a budget of market-based carbon. In each zone and hour the rest is shared out in
proportion to the import that is not matched yet; what is matched is only ever raised.

A limit the other way round (clean energy at most, excess or market-based carbon at least) or an objective that more matching
would worsen is kept: then what the model matched stands as it is.
"""

from __future__ import annotations

import numpy as np

from ..inputs.inputs import Inputs
from ..solve.outcome import Outcome
from ..solve.program import Program
from ..study.study import Study

Columns = dict[tuple[str, int], int]
RAISED = {"clean", "cfe", "additional"}  # accounts that more matching raises
LOWERED = {"excess", "carbon_market", "carbon_counted"}


def settled(program: Program, outcome: Outcome, inputs: Inputs) -> np.ndarray:
    """The values of the hour columns with matching raised: (own columns, blocks). Unchanged where there are no contracts, and
    where a limit or the objective is against it."""
    hours = outcome.hours.copy()
    matched, new = _columns(program, "contracts.matched"), _columns(program, "contracts.matched_new")
    if not matched or against(inputs.study):
        return hours
    imported, d = _columns(program, "grid.imported"), inputs.data
    produced = {c: _taken(program, outcome, c)[:, None] * d["contract_profile"].sel(contract=c).values
                for c in d["contract"].values.tolist()}  # (block, hour)  # fmt: skip
    zone_of = {c: contract.zone for c, contract in inputs.study.contracts.items()}
    for zone in set(zone_of.values()):
        sites = inputs.sites["site"] if zone is None else inputs.sites.loc[inputs.sites["zone"].astype(str) == zone, "site"]
        here = [c for c in produced if zone_of[c] == zone]
        counts = [c for c in here if d["contract_new"].sel(contract=c) > 0]
        for t, hour in enumerate(d["hour"].values.tolist()):
            of = {name: [cols[s, hour] for s in sites] for name, cols in (("matched", matched), ("imported", imported))}
            _raise(hours, of["matched"], hours[of["imported"]], sum(produced[c][:, t] for c in here))
            if new:
                _raise(hours, [new[s, hour] for s in sites], hours[of["matched"]], sum(produced[c][:, t] for c in counts))
    return hours


def against(study: Study) -> bool:
    """Whether matching more than the model did could break a limit of the study or worsen its objective."""
    if study.minimise in RAISED:
        return True
    stages = study.stages.years.values() if study.stages else ()
    for account, limits in (pair for of in (study.limits, *(s.limits for s in stages)) for pair in of.items()):
        for limit in limits:
            if limit.most is not None and (account in RAISED or limit.of in LOWERED):
                return True
            if limit.least is not None and (account in LOWERED or limit.of in RAISED):
                return True
    return False


def _taken(program: Program, outcome: Outcome, contract: str) -> np.ndarray:
    """MW contracted in each block: those of its stage."""
    index: list[list] = [[contract, year] for year in program.years] or [[contract]]
    mw = np.array([outcome.plan[program.plan_column("contracts.contracted", *i)] for i in index])
    return mw[program.stage]


def _columns(program: Program, name: str) -> Columns:
    return {
        (label.index["site"], label.index["hour"]): j  # type: ignore[misc]
        for j, label in enumerate(program.hours.columns[: program.n_own])
        if label.name == name
    }


def _raise(hours: np.ndarray, columns: list[int], most: np.ndarray, supply: np.ndarray | float) -> None:
    """Raise these columns towards `most` (site, block) by what `supply` (block,) leaves over, in proportion to the room."""
    now = hours[columns]
    room = np.maximum(most - now, 0.0)
    left, rooms = np.maximum(supply - now.sum(axis=0), 0.0), room.sum(axis=0)
    share = np.minimum(left / np.where(rooms > 0, rooms, 1.0), 1.0)
    hours[columns] = now + room * share
