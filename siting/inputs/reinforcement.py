"""Reinforcement: what each step on a branch adds, costs a year, and when it is ready."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from ..errors import StudyError, nearest
from ..physics import finance
from ..study.reinforcement import Reinforcement
from ..study.study import Study
from .grid import POWER_FACTOR, Grid
from .money import Technologies


class Step(NamedTuple):
    """A reinforcement that may be built: `branch` is its number, `adds_mw` what it adds to the rating.

    `before` is the number of the step that must be built first, or -1. `in_time` says whether it counts in the study's year,
    `of_use` whether then or in a later year from which flexible connections are firm; `ready_year` is None without years.
    """

    name: str
    branch: int
    kind: str
    adds_mw: float
    before: int
    ready_year: int | None
    in_time: bool
    of_use: bool
    cost_eur_2024_per_year: float


def steps(study: Study, grid: Grid, technologies: Technologies) -> tuple[Step, ...]:
    """The study's reinforcements against the network. Raises StudyError for branches that are not there."""
    assert study.grid is not None
    number = {name: i for i, name in enumerate(grid.network.branch)}
    wrong = [
        f"grid.reinforcements.{name}: there is no branch '{r.branch}' in the network; {nearest(r.branch, number)}"
        for name, r in study.grid.reinforcements.items()
        if r.branch not in number
    ]
    if wrong:
        raise StudyError(wrong, study.name)
    branches = grid.branches.set_index("branch")
    kinds = {str(name): str(kind) for name, kind in branches["kind"].items()}
    lengths = {str(name): float(km) for name, km in branches["length_km"].items()} if "length_km" in branches else {}
    out: list[Step] = []
    last: dict[int, int] = {}
    for name, r in study.grid.reinforcements.items():
        branch = number[r.branch]
        kind = "transformer" if kinds[r.branch] == "transformer" else "line"
        technology, adds = f"{kind}_{r.kind}", _adds_mw(grid, branch, r)
        ready = _ready_year(study, r, technology, technologies)
        in_time = ready is None or study.last_year is None or ready <= study.last_year
        firm = [c.firm_from_year for c in study.grid.flexible.values() if c.firm_from_year is not None]
        of_use = in_time or any(ready is not None and ready <= year for year in firm)
        cost = _cost(study, name, r, adds, lengths.get(r.branch, np.nan), technology, technologies)
        out.append(Step(name, branch, r.kind, adds, last.get(branch, -1), ready, in_time, of_use, cost))
        last[branch] = len(out) - 1
    return tuple(out)


def reinforcement(built: Sequence[Step]) -> dict[str, xr.DataArray]:
    """Yearly cost of each step, the step before it, and whether it is ready in the study's year."""
    if not built:
        return {}
    of = {"reinforcement": [step.name for step in built]}
    return {
        "reinforcement_cost": xr.DataArray([step.cost_eur_2024_per_year for step in built], of),
        "reinforcement_of_use": xr.DataArray([float(step.of_use) for step in built], of),
    }


def _adds_mw(grid: Grid, branch: int, r: Reinforcement) -> float:
    if r.adds_mva is not None:
        return r.adds_mva * POWER_FACTOR
    return float(grid.network.rating_mw[branch] / grid.network.circuits[branch])


def _ready_year(study: Study, r: Reinforcement, technology: str, technologies: Technologies) -> int | None:
    assert study.grid is not None
    if study.grid.decision_year is None:
        return r.earliest_year
    lead = r.lead_time_years
    if lead is None:
        lead = technologies.number("reinforcement", technology, "lead_years")
    ready = int(np.ceil(study.grid.decision_year + lead))
    return ready if r.earliest_year is None else max(ready, r.earliest_year)


def _cost(
    study: Study, name: str, r: Reinforcement, adds_mw: float, length_km: float, technology: str, technologies: Technologies
) -> float:
    """EUR_2024 a year: annuity and upkeep of the cost given, else of EUR per MW and km (transformers: per MW)."""
    life, upkeep = (technologies.number("reinforcement", technology, p) for p in ("life", "fom"))
    yearly = float(finance.annuity(study.finance.real_rate, life)) + upkeep
    if r.cost_eur_2024 is not None:
        return r.cost_eur_2024 * yearly
    if technology.startswith("transformer") and r.cost_eur_2024_per_mw_km is None:
        return technologies.number("reinforcement", technology, "capex") * adds_mw * yearly
    if not np.isfinite(length_km) or length_km <= 0:
        raise StudyError(
            f"grid.reinforcements.{name}: branch '{r.branch}' has no length_km, so EUR per MW and km say nothing; "
            "give cost_eur_2024",
            study.name,
        )
    per_mw_km = r.cost_eur_2024_per_mw_km
    if per_mw_km is None:
        per_mw_km = technologies.number("reinforcement", technology, "capex")
    return per_mw_km * adds_mw * length_km * yearly
