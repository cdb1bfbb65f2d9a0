"""The race of efficiency against demand, year by year: work, the megawatts it takes, and the headroom that there is.

An outlook beside the plan: it needs no solve of its own. Work grows as the stages of a solution have it (between and after them
at a constant rate), chips get better as `work.csv` says (row `chips`), levers save what the plan uses of them, and the
headroom is what all candidates can have together. Work is the IT that it asks for, whatever the sites (`work_it`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import StudyError
from ..inputs.money import SHIPPED
from ..physics.vintages import fleet_mw, runs_out
from ..sources.ranges import Ranges, read_ranges
from .solution import Solution

WAYS = ("work", "chips", "levers_and_chips")


@dataclass(frozen=True)
class Race:
    """`table`: one row a year: `work_mw` (at the efficiency of `first_year`), `chips_mw`, `levers_and_chips_mw` with `_low`
    and `_high` (a fast and a slow gain of chips), `levers_mw`, `headroom_mw`; all MW of IT. `runs_out`: way → year, NaN where
    the headroom lasts. `plan`: MW of IT that stand in each stage. `assumptions`: the rows that it rests on; `speculative`:
    options of the study that no one can know (photonic, a generation of chips to come, the edge, …)."""

    table: pd.DataFrame
    runs_out: dict[str, float]
    plan: pd.Series
    assumptions: pd.DataFrame
    speculative: tuple[str, ...]
    first_year: int

    @property
    def outlook_from(self) -> int:
        """The last stage: what comes after it is continued at the same rate of growth."""
        return int(self.plan.index[-1])


def race(solution: Solution, until: int, factors: Ranges | None = None) -> Race:
    """The outlook from the first stage of the solution until a year; `factors`: a table as `work.csv` (that which ships).

    Raises StudyError for a study without stages or without joint headroom.
    """
    years = solution.stages
    if len(years) < 2 or "stacking" not in solution.notes:
        raise StudyError("the race needs a study of several stages and grid.headroom: joint", solution.name)
    if until <= years[-1]:
        raise StudyError(f"the race ends in {until}, but the last stage begins in {years[-1]}", solution.name)
    each = [solution.stage(y) for y in years]
    at = np.arange(years[0], until + 1)
    work = _continued(years, [float(s.data["work_it"]) / _performance(each[0]) for s in each], at)
    left = np.array([float(s.data["work_it_left"] / s.data["work_it"]) for s in each])
    saved = 1 - left[np.searchsorted(years, at, side="right") - 1]
    factors = read_ranges(SHIPPED / "work.csv") if factors is None else factors
    gain, life = factors.of("chips", "gain_per_year"), factors.of("chips", "life")
    last = each[-1].data
    per_it = float(last["grid_connection"].sum()) / float(last["cooling_firm_in"].sum())  # MW at the meter, at the design hour
    headroom = float(solution.notes["stacking"]["jointly_mw"].iloc[0]) / per_it
    table = pd.DataFrame({"year": at, "work_mw": work, "levers_mw": work * (1 - saved), "headroom_mw": headroom})
    for ending, slow in (("", gain.value), ("_low", gain.high), ("_high", gain.low)):
        chips = fleet_mw(work, slow, int(life.value))
        table[f"chips_mw{ending}"] = chips
        table[f"levers_and_chips_mw{ending}"] = chips * (1 - saved)
    ends = {f"{way}{end}": f"{way}_mw{end}" for way in WAYS for end in (("",) if way == "work" else ("", "_low", "_high"))}
    out = {way: runs_out(at, table[column], table["headroom_mw"]) for way, column in ends.items()}
    rows = [(n, r.value, r.low, r.high, r.unit, r.source, r.mark) for n, r in (("gain per year", gain), ("life", life))]
    assumed = pd.DataFrame(rows, columns=["chips", "value", "low", "high", "unit", "source", "mark"])
    stands = pd.Series([_stands(s) for s in each], years, name="it_mw")
    guesses = tuple(dict.fromkeys(solution.notes["speculative"]["technology"])) if "speculative" in solution.notes else ()
    return Race(table, out, stands, assumed, guesses, years[0])


def _performance(s: Solution) -> float:
    """Work that a MW of IT does, in MW of the reference generation of chips; 1 where the study has none."""
    d = s.data
    if "chips_running" not in d:
        return 1.0
    run = (d["chips_running"] * d["weight"]).sum(["site", "block", "hour"])
    return float((d["chip_performance"] * run).sum() / run.sum())


def _stands(s: Solution) -> float:
    return float((s.data["existing_it"] + s.data["sites_new_it"]).sum())


def _continued(years: list[int], amounts: list[float], at: np.ndarray) -> np.ndarray:
    """Between the years at a constant rate; after the last at the rate of the last two."""
    log, x = np.log(amounts), np.array(years, float)
    rate = (log[-1] - log[-2]) / (x[-1] - x[-2])
    return np.exp(np.where(at <= x[-1], np.interp(at, x, log), log[-1] + rate * (at - x[-1])))
