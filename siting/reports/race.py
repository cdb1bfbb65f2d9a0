"""The race as one picture: work, the megawatts that it takes, the headroom, and the year in which its candidates are full."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from ..results.race import Race
from .style import OKABE_ITO

WORK, CHIPS, BOTH, ROOM = "#444444", OKABE_ITO[1], OKABE_ITO[0], OKABE_ITO[4]
WIDE = 88  # letters of a line of the title


def draw_race(race: Race, region: str) -> Figure:
    """The chart as a matplotlib figure; the title says the finding. `region` is named in it."""
    figure = Figure(figsize=(9.6, 5.6), dpi=130, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.11, 0.2, 0.64, 0.65))
    t = race.table
    axes.plot(t["year"], t["work_mw"], color=WORK, lw=2.2)
    for column, colour in (("chips_mw", CHIPS), ("levers_and_chips_mw", BOTH)):
        axes.plot(t["year"], t[column], color=colour, lw=2.2)
        axes.fill_between(t["year"], t[f"{column}_low"], t[f"{column}_high"], color=colour, alpha=0.15, lw=0)
    axes.plot(t["year"], t["headroom_mw"], color=ROOM, lw=1.8, ls="--")
    axes.plot(race.plan.index, race.plan.to_numpy(float), "o", color="black", ms=6, zorder=5)
    axes.axvspan(race.outlook_from, t["year"].iloc[-1], color="#000000", alpha=0.04, lw=0)
    axes.text(race.outlook_from + 0.2, 0.015, "continued at the same rates", transform=axes.get_xaxis_transform(), fontsize=8,
              color="#5b6770")  # fmt: skip
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda mw, _: f"{mw:,.0f}"))
    axes.yaxis.set_minor_formatter(FuncFormatter(_at_2_and_5) if _decades(t) < 1.5 else NullFormatter())
    axes.set_ylabel("MW of IT")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(t["year"].iloc[0] - 0.3, t["year"].iloc[-1])
    axes.grid(axis="y", color="#d9dee2", lw=0.6, which="both")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    _names(axes, race)
    for way, colour in (("work", WORK), ("chips", CHIPS), ("levers_and_chips", BOTH)):
        year = race.runs_out[way]
        if np.isfinite(year):
            axes.plot([year], [t["headroom_mw"].iloc[0]], "D", color=colour, ms=7, mec="white", zorder=6)
    figure.text(0.03, 0.975, textwrap.fill(finding(race, region), WIDE), fontsize=12, weight="bold", va="top")
    figure.text(0.03, 0.03, textwrap.fill(foot(race), 150), fontsize=7.6, color="#5b6770", va="bottom")
    return figure


def save_race(race: Race, region: str, path: Path | str) -> Path:
    """Write the picture; returns its path."""
    draw_race(race, region).savefig(path)
    return Path(path)


def finding(race: Race, region: str) -> str:
    """Who wins, and until when, in one sentence."""
    last = int(race.table["year"].iloc[-1])
    work, both = race.runs_out["work"], race.runs_out["levers_and_chips"]
    if not np.isfinite(work):
        return f"{region}: the headroom of the candidates lasts beyond {last}, even at the efficiency of {race.first_year}"
    start = f"{region}: the candidates are full in {work:.0f} at the efficiency of {race.first_year}"
    slow, fast = race.runs_out["levers_and_chips_high"], race.runs_out["levers_and_chips_low"]
    if np.isfinite(both):
        return f"{start}; newer chips and levers put that off to {both:.0f} ({_until(slow, last)} to {_until(fast, last)})"
    if np.isfinite(slow):
        return f"{start}; newer chips and levers put that off beyond {last}, but at a slow gain of chips only to {slow:.0f}"
    return f"{start}; newer chips and levers put that off beyond {last}, also at a slow gain of chips"


def foot(race: Race) -> str:
    """What the picture rests on."""
    gain = race.assumptions.iloc[0]
    guesses = ", ".join(name.replace("_", " ") for name in race.speculative)
    return (
        "Work: the IT that users and training ask for, whatever the sites, by the study's stages, then continued; where "
        "it follows a published path of electricity, that path has gains of its own in it, and the coloured lines are too low. "
        "Newer chips: "
        f"{gain['value']:.0%} more work per watt a year in what is bought anew ({gain['low']:.0%} to {gain['high']:.0%}: the "
        f"bands), life {race.assumptions.iloc[1]['value']:.0f} years. Levers: as the plan uses them. Headroom: what all "
        "candidates can have together, a model result, never an operator's figure. Dots: IT that the plan builds; diamonds: "
        "the candidates are full."
    ) + (f" Speculative in the plan: {guesses}." if guesses else "")


def _names(axes: object, race: Race) -> None:
    """The name of each line at its end, apart from each other."""
    t = race.table.iloc[-1]
    ends = [
        (t["work_mw"], f"work at the efficiency\nof {race.first_year}", WORK), (t["chips_mw"], "with newer chips", CHIPS),
        (t["levers_and_chips_mw"], "with levers and\nnewer chips", BOTH),
        (t["headroom_mw"], "headroom of all\ncandidates", ROOM),
    ]  # fmt: skip
    low, high = np.log10(axes.get_ylim())  # type: ignore[attr-defined]
    apart, above = 0.085 * (high - low), -np.inf
    for mw, name, colour in sorted(ends, key=lambda e: float(e[0])):
        above = max(np.log10(mw), above + apart)
        axes.annotate(  # type: ignore[attr-defined]
            name, (t["year"], 10**above), xytext=(6, 0), textcoords="offset points", color=colour, fontsize=9, va="center",
            annotation_clip=False,
        )  # fmt: skip


def _until(year: float, last: int) -> str:
    return f"{year:.0f}" if np.isfinite(year) else f"beyond {last}"


def _decades(table: object) -> float:
    values = table[["work_mw", "levers_and_chips_mw_low", "headroom_mw"]].to_numpy()  # type: ignore[index]
    return float(np.log10(values.max() / values.min()))


def _at_2_and_5(mw: float, _: object) -> str:
    first = mw / 10 ** np.floor(np.log10(mw))
    return f"{mw:,.0f}" if round(first) in (2, 5) else ""
