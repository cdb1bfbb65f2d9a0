"""report.html: one file that opens without a network. The decision first, then why, then how far it can be trusted.

A Content-Security-Policy in the page forbids every load from elsewhere; pictures and scripts are inside the file.
"""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from bokeh.embed import components
from bokeh.resources import Resources
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ..errors import StudyError
from ..results.race import race
from ..results.solution import Solution
from . import charts, clean, notes, portfolio, stages, words
from .interactive import interactive_map
from .race import draw_race
from .table import PUE_DAYS, PUE_RUN, PUE_YEAR, WORTH, account_table, chosen_table, cost_table, figures

FOUR_DIGITS = (PUE_YEAR, PUE_DAYS, PUE_RUN)
SUMMED = ("IT [MW]", "connection [MW]", "PV [MW]", "wind [MW]", "water [m³/year]", "cost [M EUR_2024/year]")


def save_report(
    solution: Solution, path: Path | str, picture: Path | str | None = None, outlines: Path | str | None = None
) -> Path:
    """Write the report; returns its path. `picture`: map.png to put inside; `outlines`: polygons for the map to hover over."""
    page = Environment(loader=PackageLoader("siting.reports", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page.globals.update(number=words.number, percent=words.percent, millions=words.millions)
    Path(path).write_text(page.get_template("report.html.j2").render(contents(solution, picture, outlines)), encoding="utf-8")
    return Path(path)


def contents(solution: Solution, picture: Path | str | None, outlines: Path | str | None) -> dict[str, Any]:
    """Everything the template shows; of several stages the last, and a section on all of them."""
    every, solution = solution, solution.last
    plots: dict[str, Any] = {"map": interactive_map(solution, outlines), "costs": charts.cost_chart(solution)}
    hours = charts.hours_chart(solution)
    if hours is not None:
        plots["hours"] = hours
    plots["map"].title.visible = False
    plots |= clean_charts(solution, outlines)
    chosen = chosen_table(solution)
    worth = [c for c in (*WORTH, "interchangeable") if c in chosen]
    script, divs = components(plots)
    return {
        "name": every.name,
        "years": _years(every),
        "description": _description(solution),
        "finding": stages.finding(every) if every.stages else words.finding(solution),
        "broken": solution.total("penalty"),
        "figures": figures(solution),
        "chosen": table_html(chosen.drop(columns=worth), total=SUMMED),
        "worth": table_html(chosen[["site", *worth]]) if worth else "",
        "n_chosen": len(solution.chosen),
        "interchangeable": words.interchangeable_words(solution),
        "costs": table_html(cost_table(solution), total=("M EUR_2024/year", "share [%]")),
        "accounts": table_html(account_table(solution)),
        "gap": words.gap_words(every),
        "outcome": solution.outcome,
        "days_shown": _days_shown(solution),
        "notes": {
            s: _notes(solution, s)
            for s in ("years", "work", "days", "headroom", "clean", "consequence", "flexibility", "sources", "other")
        },
        "modelled": notes.modelled_sources(solution),
        "study": solution.study_yaml,
        "picture": _inline(picture),
        "divs": {name: Markup(div) for name, div in divs.items()},
        "bokeh": Markup(Resources(mode="inline", components=["bokeh"]).render_js()),
        "script": Markup(script),
    }


def _years(solution: Solution) -> dict[str, Any]:
    """The section on the stages; nothing in a study of one year. Chips have a table in any study."""
    out: dict[str, Any] = {}
    if "chips_alive" in solution.data:
        out["chips"] = table_html(stages.chip_table(solution))
    if solution.stages:
        value = float(solution.data["present_value"].sum())
        out |= {
            "stages": table_html(stages.stage_table(solution)),
            "sites": table_html(stages.site_table(solution)),
            "work": table_html(stages.work_table(solution)),
            "race": _race(solution),
            "last": solution.stages[-1],
            "mean": solution.total("cost"),
            "present": solution.total("cost") * value,
            "first": solution.stages[0],
        }
    return out


def _race(solution: Solution) -> str:
    """The outlook of work against efficiency until the last stage ends, a picture; empty where there is no joint headroom."""
    until = solution.stages[-1] + int(solution.data["stands_for"].values[-1])
    try:
        picture = draw_race(race(solution, until), solution.name)
    except StudyError:
        return ""
    out = BytesIO()
    picture.savefig(out, format="png")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def clean_charts(solution: Solution, outlines: Path | str | None) -> dict[str, Any]:
    """The charts of clean energy that the solution has data for."""
    out: dict[str, Any] = {}
    if clean.has_cfe(solution):
        out |= {"cfe": clean.heat_map(solution), "unmet": clean.duration_chart(solution)}
    if "cfe_curve" in solution.notes:
        out["cfe_price"] = clean.price_chart(solution.notes["cfe_curve"])
    if portfolio.has_portfolio(solution):
        out["portfolio"] = portfolio.portfolio_map(solution, outlines)
    return out


def table_html(table: pd.DataFrame, total: tuple[str, ...] = (), marked: list[bool] | None = None) -> Markup:
    """A table with numbers right-aligned and thousands separated; `total`: columns summed in a last row."""
    if table.empty:
        return Markup('<p class="quiet">Nothing to show.</p>')
    numeric = {c: pd.api.types.is_numeric_dtype(table[c]) and table[c].dtype != bool for c in table.columns}
    parts = ['<div class="scroll"><table><thead><tr>']
    parts += [f'<th class="{"n" if numeric[c] else "w"}">{escape(words.header(c))}</th>' for c in table.columns]
    parts.append("</tr></thead><tbody>")
    for i, values in enumerate(table.itertuples(index=False, name=None)):
        flag = ' class="modelled"' if marked and marked[i] else ""
        cells = [f'<td class="{"n" if numeric[c] else "w"}">{_cell(c, v)}</td>' for c, v in zip(table.columns, values)]
        parts.append(f"<tr{flag}>{''.join(cells)}</tr>")
    parts.append("</tbody>")
    summed = [c for c in total if c in table]
    if summed and len(table) > 1:
        cells = [f'<td class="n">{_cell(c, float(table[c].sum()))}</td>' if c in summed else "<td></td>" for c in table.columns]
        parts.append(f'<tfoot><tr><td class="w">together</td>{"".join(cells[1:])}</tr></tfoot>')
    return Markup("".join([*parts, "</table></div>"]))


def _cell(column: str, value: Any) -> str:
    if words.key_column(column):
        return str(escape("" if pd.isna(value) else str(value).removesuffix(".0")))
    if isinstance(value, float) and pd.isna(value):
        return "–"
    if column in FOUR_DIGITS:
        return words.number(value, 4)
    if column.endswith("[MW]") and isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10 else words.number(value, 2)
    return str(escape(words.number(value)))


def _notes(solution: Solution, section: str) -> list[dict[str, Any]]:
    out = []
    for _, note, table in notes.note_tables(solution, section):
        shown = table.head(notes.MOST_ROWS)
        marked = notes.modelled_rows(shown) if section == "sources" else None
        rest = f"{len(shown)} of {len(table):,} rows; the solution's folder has all." if len(table) > len(shown) else ""
        out.append({"title": note.title, "text": note.text, "table": table_html(shown, marked=marked), "rest": rest,
                    "long": len(shown) > 15})  # fmt: skip
    return out


def _days_shown(solution: Solution) -> str:
    d = solution.data
    if "block" not in d.dims or "weight" not in d:
        return ""
    shown, every = len(charts.shown_blocks(d)), d.sizes["block"]
    which = "all" if shown == every else f"the {shown} of most weight among"
    return f"Shown: {which} {every} blocks of {d.sizes.get('hour', 0)} hours that the model operates, side by side. UTC."


def _description(solution: Solution) -> str:
    try:
        study = YAML(typ="safe").load(solution.study_yaml or "{}")
    except YAMLError:
        return ""
    return str(study.get("description") or "").strip() if isinstance(study, dict) else ""


def _inline(picture: Path | str | None) -> str:
    if picture is None:
        return ""
    return "data:image/png;base64," + base64.b64encode(Path(picture).read_bytes()).decode()
