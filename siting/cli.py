"""Words on the command line → calls. Everything heavy is imported inside its command, so that `--help` is instant.

Results go to stdout, progress and errors to stderr. Exit code 1: a study, its data or its plan has a problem, told in
plain sentences; 2: the command itself was wrong.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from .cli_headroom import headroom
from .errors import SitingError

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from .results.solution import Solution
    from .solve.highs import Progress

FILE = click.Path(path_type=Path)  # whether it is there is told by its reader, with the nearest name
FOLDER = click.Path(path_type=Path, file_okay=False)
GAP = "gap_of_siting_dependent_cost"
SHOWN = ("scenario", "status", "objective", GAP, "sites", "it_capacity_mw", "carbon_market_t_per_year", "water_m3_per_year")
SHARE = click.FloatRange(0, 1, max_open=True)


class Months(click.ParamType):
    name = "degC"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        try:
            numbers = [float(x) for x in str(value).split(",")]
        except ValueError:
            numbers = []
        if len(numbers) not in (1, 12):
            self.fail(f"'{value}' is neither one number nor twelve with commas between them", param, ctx)
        return numbers


class Commands(click.Group):
    """A problem of the planner's is told in red on stderr, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `siting … | head`: click ends quietly
            raise
        except (SitingError, OSError) as e:
            Console(stderr=True).print(str(e), style="red", markup=False, highlight=False, soft_wrap=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="siting")
def main() -> None:
    """Where should data centres go, when, how big, how cooled, how powered, serving which work?"""


@main.command()
@click.argument("study", type=FILE)
def check(study: Path) -> None:
    """Read a STUDY and prepare all its inputs; tell what there is, or every problem."""
    from .inputs.checks import check as check_inputs
    from .inputs.prepare import prepare
    from .solve.grid.headroom import JointHeadroom
    from .solve.highs import without_banner
    from .study.read import read_study

    without_banner()
    inputs = prepare(read_study(study))
    check_inputs(JointHeadroom(inputs.grid).limited(inputs) if inputs.grid else inputs)
    sizes = inputs.data.sizes
    counts = {
        "candidates": len(inputs.candidates),
        "kept": len(inputs.sites),
        "blocks of hours": sizes["block"],
        "hours": sizes["block"] * sizes["hour"],
        "regions of users": sizes.get("region", 0),
        "cooling technologies": sizes.get("cooling", 0),
    }
    click.echo(inputs.study.name)
    for what, count in counts.items():
        click.echo(f"{count:>8,}  {what}")


@main.command()
@click.argument("study", type=FILE)
@click.option("--out", type=FOLDER, help="Folder of the result.  [default: runs/<name of the study file>]")
@click.option("--gap", type=SHARE, help="Gap to prove, as a share of the siting-dependent cost.")
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), help="Seconds.")
@click.option("--near", type=FOLDER, help="A what-if: the result of a study that differs little; the search starts from it.")
@click.option("--extras", is_flag=True, help="With --near: also what each site is worth, and whatever else the study asks for.")
def run(study: Path, out: Path | None, gap: float | None, time_limit: float | None, near: Path | None, extras: bool) -> None:
    """Solve a STUDY: plan, proven gap, accounts, map and report. Ctrl-C keeps the best plan found so far."""
    from .batch import refuse_foreign
    from .inputs.prepare import prepare
    from .pipeline import solve
    from .results.solution import read_solution
    from .solve.highs import without_banner
    from .study.read import read_study

    question = read_study(study)
    changes = {k: v for k, v in (("gap", gap), ("time_limit_s", time_limit)) if v is not None}
    if changes:
        question = question.with_(solver=changes)
    folder = out or Path("runs") / study.stem
    refuse_foreign(folder)
    solved = None if near is None else read_solution(near)
    without_banner()
    with Display() as display, _ctrl_c() as interrupt:
        inputs = prepare(question)
        interrupt.armed = True
        display.stage = "building"
        solution = solve(inputs, display.tell, interrupt.event, solved, extras or near is None)
    if question.outlines is not None:
        solution.data.attrs["outlines"] = str(question.path(question.outlines))
    solution.write(folder)
    _print_solution(solution)
    _reports(solution, folder)
    _print_files(folder)


@main.command()
@click.argument("scenarios", type=FILE)
@click.option("--out", type=FOLDER, help="Folder of the results.  [default: runs/<name of the scenario file>]")
@click.option("--scheduler", metavar="ADDRESS", help="A running Dask scheduler (workers must see the same files).")
@click.option("--workers", type=click.IntRange(1), help="Processes on this machine.  [default: its cores]")
def batch(scenarios: Path, out: Path | None, scheduler: str | None, workers: int | None) -> None:
    """Solve every scenario of SCENARIOS that is not solved yet, on Dask."""
    if scheduler and workers:
        raise click.UsageError("--workers counts processes on this machine; a cluster at --scheduler has its own")
    from .batch import run_all
    from .study.scenarios import read_scenarios

    told = Console(stderr=True)

    def tell(row: dict[str, Any]) -> None:
        style = None if row["status"] == "optimal" else "yellow" if row["status"] == "limit" else "red"
        what = row["error"] or f"{row['objective']:,.0f}, gap {row[GAP]:.2%} of the siting-dependent cost"
        told.print(f"{row['scenario']}: {row['status']}, {what}", style=style, markup=False, highlight=False, soft_wrap=True)

    asked = read_scenarios(scenarios)
    folder = out or Path("runs") / scenarios.stem
    rows = run_all(asked, folder, scheduler, workers, tell)
    rows = rows.dropna(axis="columns", how="all")
    Console().print(_frame(rows[[c for c in SHOWN if c in rows]], asked.name))
    click.echo(folder / "scenarios.csv")
    failed = rows[rows["error"] != ""]
    if len(failed):
        raise SitingError(f"{len(failed)} of {len(rows)} scenarios have no plan: {', '.join(failed['scenario'])}", folder)


@main.command()
@click.argument("folder", type=FOLDER)
@click.option("--outlines", type=FILE, help="Polygons drawn under the map.  [default: those of the study]")
def report(folder: Path, outlines: Path | None) -> None:
    """Make map and report of a solution's FOLDER again."""
    from .results.solution import read_solution

    solution = read_solution(folder)
    _reports(solution, folder, outlines)
    _print_files(folder)


@main.command()
@click.argument("weather", type=FILE)
@click.option("--at", nargs=2, type=float, metavar="LON LAT", help="Degrees east and north; a file of one place needs none.")
@click.option("--technology", "only", multiple=True, help="One of the table; several are allowed.  [default: all]")
@click.option("--table", type=FILE, help="Cooling table.  [default: the one that comes with siting]")
@click.option("--source-water", type=Months(), help="Lake or river, degC: one number, or twelve by month: 4,4,5,9,…")
@click.option("--draws", type=click.IntRange(2), help="Draw parameters from their ranges: 5th and 95th percentile.")
def cooling(
    weather: Path,
    at: tuple[float, float] | None,
    only: tuple[str, ...],
    table: Path | None,
    source_water: list[float] | None,
    draws: int | None,
) -> None:
    """Annual PUE and water of cooling technologies in the WEATHER of a place (ERA5, atlite cutout, EPW, CSV, own grid)."""
    from .inputs.climate import COOLING_TABLE, cooling_climate, summary, technologies, weather_at

    east, north = at or (None, None)
    place = weather_at(weather, east, north, source_water)
    known = technologies(table or COOLING_TABLE, only)
    climate = cooling_climate(place, known)
    lon, lat = (float(place[c].values[0]) for c in ("lon", "lat"))
    rows = _frame(summary(climate, place, known, draws), f"Weather of {lon:.2f} E, {lat:.2f} N")
    rows.columns[0].no_wrap = True
    Console(width=None if sys.stdout.isatty() else 140).print(rows)
    hours = climate.attrs["hours"]
    click.echo(f"{hours:,} hours" + ("" if hours in (8760, 8784) else ": not one whole year; means are of these hours"))
    click.echo("water (used up: evaporated) in L per kWh of IT; chiller and heat rejection in kW to build per kW of IT")
    if climate.attrs["left_out"]:
        click.echo(f"not available here, no sea, lake or river is known (--source-water): {climate.attrs['left_out']}")


@main.command()
@click.argument("folder", type=FOLDER)
@click.argument("site", required=False)
def explain(folder: Path, site: str | None) -> None:
    """Why this plan, or why this SITE, in words."""
    from .reports.stages import finding as of_years
    from .reports.table import explain as of_site
    from .reports.words import finding, gap_words
    from .results.solution import read_solution

    solution = read_solution(folder)
    if site is not None:
        sentences = of_site(solution.last, site)
    else:
        sentences = [f"{of_years(solution) if solution.stages else finding(solution)}.", *gap_words(solution)]
        sentences += [of_site(solution.last, name)[0] for name in solution.chosen["site"].astype(str)]
    for sentence in sentences:
        click.echo(sentence)


main.add_command(headroom)


class Display:
    """Progress on stderr while a run lasts: stage, bound, incumbent, gap, seconds."""

    def __init__(self) -> None:
        from rich.live import Live

        self.stage, self._began = "preparing inputs", time.monotonic()
        self._last: Progress | None = None
        self._live = Live(get_renderable=self._table, console=Console(stderr=True), refresh_per_second=4, transient=True)

    def __enter__(self) -> Display:
        self._live.__enter__()
        return self

    def __exit__(self, *failure: Any) -> None:
        self._live.__exit__(*failure)

    def tell(self, progress: Progress) -> None:
        """Called by the solver's thread."""
        self.stage, self._last = progress.stage, progress

    def _table(self) -> Table:
        table = _table(None, "stage", "bound", "incumbent", "gap", "seconds")
        bound, incumbent = (self._last.bound, self._last.incumbent) if self._last else (float("-inf"), float("inf"))
        known = max(abs(bound), abs(incumbent)) < 1e25
        numbers = [f"{x:,.0f}" if abs(x) < 1e25 else "–" for x in (bound, incumbent)]
        gap = f"{(incumbent - bound) / max(abs(incumbent), 1e-9):.3%}" if known else "–"
        table.add_row(self.stage, *numbers, gap, f"{time.monotonic() - self._began:.0f}")
        return table


def _print_solution(solution: Solution) -> None:
    from .reports.stages import short_stages
    from .reports.table import cost_table, curve_table, short_table
    from .reports.words import interchangeable_words, left_out_words

    out, outcome = Console(), solution.outcome
    if solution.stages:
        out.print(_frame(short_stages(solution), f"{solution.name}: the stages"))
        solution = solution.last
    out.print(_frame(short_table(solution), f"{solution.name}: {len(solution.chosen)} sites"))
    if same := interchangeable_words(solution):
        out.print(same, markup=False, highlight=False)
    out.print(_frame(cost_table(solution).drop(columns="ledger line"), "Cost"))
    if "cfe_curve" in solution.notes:
        out.print(_frame(curve_table(solution.notes["cfe_curve"]), "What each further point of carbon-free energy costs"))
    if outcome["status"] != "optimal":
        why = "Interrupted" if outcome["status"] == "interrupted" else "The time limit was reached"
        out.print(f"{why}: this is the best plan found so far; the gap that was asked for is not proven.", style="yellow")
    shares = f"{outcome['gap_of_objective']:.3%} of the objective, {outcome[GAP]:.3%} of the siting-dependent cost"
    for told in left_out_words(solution):
        click.echo(told)
    click.echo(f"gap: {outcome['gap']:,.0f} = {shares}; {outcome['seconds']:.1f} s")


def _frame(rows: pd.DataFrame, title: str) -> Table:
    table = _table(title, *(str(c).replace("_", " ") for c in rows.columns))
    for column, name in zip(table.columns, rows.columns, strict=True):  # fold between words, never inside a word or number
        cells = [_cell(str(name), value) for value in rows[name]]
        column.min_width = max((len(word) for cell in cells for word in cell.split()), default=0)
    for row in rows.itertuples(index=False):
        table.add_row(*(_cell(c, v) for c, v in zip(rows.columns, row, strict=True)))
    return table


def _print_files(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        click.echo(f"{path}{os.sep if path.is_dir() else ''}")


def _reports(solution: Solution, folder: Path, outlines: Path | None = None) -> None:
    from .reports import write_reports

    known = solution.data.attrs.get("outlines")
    write_reports(solution, folder, outlines=outlines or (Path(known) if known else None))


def _table(title: str | None, *columns: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, box=SIMPLE_HEAD, show_header=any(columns), title_justify="left", pad_edge=False)
    for i, name in enumerate(columns):
        table.add_column(name, justify="right" if i else "left", overflow="fold")
    return table


def _cell(column: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value != value:
        return ""
    if column.startswith("PUE"):
        return f"{value:.3f}"
    if column.startswith("gap_of"):
        return f"{value:.3%}"
    return f"{round(value, 1) + 0.0:,.1f}" if abs(value) < 10_000 else f"{value:,.0f}"


class Interrupt:
    """Set by the first Ctrl-C once it is armed; before that (no plan to keep), and by the second, everything stops."""

    def __init__(self) -> None:
        self.event, self.armed = threading.Event(), False

    def __call__(self, *_: Any) -> None:
        if self.event.is_set() or not self.armed:
            raise KeyboardInterrupt
        self.event.set()


@contextmanager
def _ctrl_c() -> Iterator[Interrupt]:
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
