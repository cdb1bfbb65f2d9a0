"""Notes of a solution as tables with a title and a sentence on how to read them. Unknown notes are shown too."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from ..results.solution import Solution
from . import words


class Note(NamedTuple):
    title: str
    text: str = ""
    section: str = "other"  # a key of the notes in `html.contents`, or `decision`: shown there in words


NOTES = {
    "representative_days": Note(
        "Representative days",
        "Whole observed days (UTC) and how many days of a year each one stands for; they sum to 365.",
        "days",
    ),
    "fit": Note(
        "How well the days meet the year",
        "Weighted mean of the days, the year it should meet, and by how much it misses.",
        "days",
    ),
    "headroom": Note(
        "Headroom of each candidate alone",
        "What the network could connect at the bus if nothing else came, the situation that limits it and the binding element. "
        "A model result, never an operator's figure.",
        "headroom",
    ),
    "headroom_caveats": Note("What the headroom is and is not", "", "headroom"),
    "corridors": Note(
        "Corridors that limit the plan",
        "What one MW more on the element would save, in the relaxation of the model.",
        "headroom",
    ),
    "stacking": Note(
        "Single headroom does not add up", "The sum of each candidate's own headroom against what fits together.", "headroom"
    ),
    "grid_check": Note(
        "Check of the chosen connections",
        "All grid situations, with the plan's connections fixed: every flow against its limit, and after every outage where "
        "the rule is N-1. A worst value up to 0.001 MW above the limit is rounding.",
        "headroom",
    ),
    "corridor_groups": Note(
        "Who shares which limit",
        "When all candidates ask for as much as they can: each limit that binds, the MW it has for all of them together, and "
        "how much of it one MW at a site uses. Sites of one group are tied by these limits, directly or through others.",
        "headroom",
    ),
    "reinforcements": Note(
        "Reinforcements on offer", "Which of them the plan builds, and when each would be ready.", "headroom"
    ),
    "flexible": Note(
        "Flexible connections",
        "What the grid cuts in the hours of operation, pro rata in the binding corridor, against every limit of the contract. "
        "Share of energy and depth are limits of the model; hours, events, recovery and notice are counted on the plan.",
        "headroom",
    ),
    "situations": Note(
        "Grid situations", "Hours and design cases in which the network must carry all connections.", "headroom"
    ),
    "overloaded": Note("Overloaded before any new load", "These elements keep their flow as the limit.", "headroom"),
    "overloaded_in_the_base": Note(
        "Overloaded before any new load", "These elements keep their flow of today as the limit.", "headroom"
    ),
    "heat": Note(
        "Heat reuse",
        "Each pipe that is built. An hour matches where heat flows. Pipe losses, and what cooling saves, are left out.",
    ),
    "heat_demand": Note("Demand for heat", "As the study gives it; its source stands in the table."),
    "without": Note("What each chosen site is worth", "", "decision"),
    "cfe_curve": Note(
        "What each further point of carbon-free energy costs",
        "The study solved at one least share after the other; of several stages each has it, and the cost is that of the mean "
        "year. A price below what the gaps leave open is not proven.",
        "clean",
    ),
    "consequence": Note(
        "What the load brings, and from where",
        "The grid's plants dispatched at least cost with and without the import of all sites together; the difference. "
        "Short-run: the plants stand as they are in the year of the fleet. For the choice of a site, which lasts, a long-run "
        "marginal factor is right: give carbon.marginal instead. Sites share each hour by their import of it. The grid is an "
        "island: its demand is what its plants made in the record, exports in it, and no neighbour answers to the load. "
        "Branches carry the share of their rating in the last row, with no outage looked at.",
        "consequence",
    ),
    "consequence_by_fuel": Note(
        "By fuel",
        "By fuel the answer is stable; by plant, plants of nearly equal cost may change places.",
        "consequence",
    ),
    "kept_alive": Note(
        "Plants that the load keeps alive",
        "Their margin of a year covers what closing them would save with the load, and does not without. Heat, reserve and "
        "capacity payments are not counted.",
        "consequence",
    ),
    "consequence_by_plant": Note("By plant", "", "consequence"),
    "flexibility": Note(
        "What the flexibility of training is worth",
        "The same study with all training at a constant power and firm on the connection. `worth` is what moving saves; a "
        "saving below the gaps of both plans together is not proven.",
        "flexibility",
    ),
    "training": Note(
        "Training that pauses",
        "Evaluated from the hourly power. Starts a year are MW started over MW held; the paused share is what the clusters "
        "could have done and did not. Ramp and least time up are kept inside each block of hours, not from one to the next.",
        "flexibility",
    ),
    "carbon": Note(
        "Both kinds of carbon accounting",
        "What own plant, storage and contracts change in each account, against the same load all bought from the grid. The "
        "accounts are never added up; where one falls and another rises, they disagree in direction, and no one of them tells.",
    ),
    "backup_hours": Note(
        "Hours in which limited plant runs",
        "Counted hour by hour in the plan; the model itself limits the energy (full-load hours).",
    ),
    "both_ways": Note(
        "Storage that charges and discharges in the same hour",
        "Counted in the plan: this energy is burnt, which no real store does. Where it is more than a trace, the value of the "
        "storage, or a clean score, is too high by its losses.",
    ),
    "beside_the_record": Note(
        "Sun and wind beside the record",
        "Capacity factors of the modelled days at the kept sites, and of all the country's plants in the same hours. New plant "
        "in a good place gives more than the fleet of the record: wind, on taller towers where it blows, up to twice as much; "
        "PV by 1.1 to 1.2 in summer. In January PV gives twice the record: a fifth of the difference is the fleet's modules, "
        "which face every way; the rest is snow, and low suns behind horizon, roofs and rows, which the model does not know. "
        "Take winter PV with care.",
        "clean",
    ),
    "not_available": Note("Cooling that is not available at a site", "No hall of it may be built there."),
    "work": Note(
        "From work to megawatts",
        "Each step: its factor with range and source, and what it gives. `result at low` and `result at high`: the last line "
        "of the work with this factor alone at either end of its range. They tell what the answer hangs on.",
        "work",
    ),
    "levers": Note(
        "Megawatts avoided and megawatts bought",
        "In the order of their price. A lever's MW are the IT that all work together would ask for without it, the others as "
        "they are used: users with their peak, training with what it adds to that in its window. A site's are its new IT, at "
        "all that is paid there. `worth` is what one MW less of that work saves (in the relaxation): a lever dearer than it is "
        "left.",
        "work",
    ),
    "waiting": Note(
        "What it costs to wait with a site",
        "The site opens one stage later, the others change their halls, everything else is decided anew: how much more that "
        "plan costs in the mean year, at most. Where that is within the proven gap the site may wait; the value of waiting is "
        "never more than the gap, or the plan would wait.",
        "work",
    ),
    "saved_together": Note(
        "What levers save together",
        "`saved share` is what the plan counts: each lever acts on what the cheaper ones leave where they are used as far as "
        "they go, so it is never above `saved together`. The sum of each alone is what free addition would promise.",
        "work",
    ),
    "site_loss": Note(
        "When a site is lost",
        "With each open site lost, the others carry the peak of all users who ask for it (N+1), in halls and connections that "
        "stand at the design hour; training, batch work and other users give way. Users are carried within their latency, "
        "region by region; the table shows all together. With generations of chips, MW are work in MW of the reference one.",
        "work",
    ),
    "cost_paths": Note(
        "What plant and storage cost when they are bought",
        "Capex in the year of purchase over that of the technology's table, by a published path. What stands is paid for at "
        "that price to the end of the study, renewed at it as often as its life asks.",
        "work",
    ),
    "speculative": Note(
        "Speculative technologies",
        "Dated options that no one can know. Their ranges are guesses: run the study without them too.",
        "work",
    ),
    "not_yet": Note("Technologies that do not exist yet", "They may not be built in the year of the study."),
    "screening": Note("Screening of candidates", "Which candidates entered the model. A rule of thumb, not a proof."),
    "sources": Note("Data sources and their caveats", "Rows marked modelled are not observations.", "sources"),
    "assumptions": Note("Assumptions", "", "sources"),
}
MOST_ROWS = 60
"""Longer tables are shown to this length; the rest is in the solution's folder."""


def describe(name: str) -> Note:
    """
    >>> describe("transfer_limits")
    Note(title='Transfer limits', text='', section='other')
    """
    return NOTES.get(name) or Note(words.plain(name).capitalize())


def note_tables(solution: Solution, section: str) -> list[tuple[str, Note, pd.DataFrame]]:
    """(name, note, table) of a section, in the order of `NOTES`, unknown ones last."""
    order = [*NOTES, *(n for n in solution.notes if n not in NOTES)]
    found = [n for n in order if n in solution.notes and describe(n).section == section]
    return [(n, describe(n), _with_years(solution.notes[n])) for n in found]


def _with_years(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers whose unit is a year as they are written, without thousands."""
    years = (table["unit"] == "year") if "unit" in table else pd.Series(False, table.index)
    if not years.any():
        return table
    numbers = [c for c in ("value", "low", "high") if c in table]
    named = table[numbers].map(lambda x: f"{x:.0f}").where(years, table[numbers].astype(object))
    return table.assign(**{c: named[c] for c in numbers})


def modelled_rows(table: pd.DataFrame) -> list[bool]:
    """Which rows say that they are synthetic, modelled, assumed or a proxy."""
    rows = table.itertuples(index=False, name=None)
    return [bool(words.SYNTHETIC.search(" ".join(str(cell) for cell in row))) for row in rows]


def modelled_sources(solution: Solution) -> list[str]:
    """Titles of sources that are modelled or synthetic, for the notice at the head of the report."""
    table = solution.notes.get("sources")
    if table is None or table.empty:
        return []
    column = next((c for c in ("title", "name", "path", "source") if c in table), str(table.columns[0]))
    return [str(t) for t, marked in zip(table[column], modelled_rows(table)) if marked]
