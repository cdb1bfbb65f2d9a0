"""Reports: a Solution as pictures, pages and sentences. This floor reads the Solution only, never Pyomo or the solver.

write_reports(solution, folder, outlines)        map.png and report.html
map.save_map, html.save_report                   one of them
interactive.interactive_map                      the map to hover over, for notebooks
table.chosen_table, cost_table, explain          tables and reasons
words.finding                                    the finding in one sentence
"""

from __future__ import annotations

from pathlib import Path

from ..results.solution import Solution


def write_reports(solution: Solution, folder: Path | str, outlines: Path | str | None = None) -> list[Path]:
    """Write map.png and report.html into the folder (made if need be); returns their paths.

    `outlines`: a file of polygons, or a folder of them, drawn under the sites.
    """
    from .html import save_report  # matplotlib and bokeh are loaded when a report is written, not before
    from .map import save_map

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    picture = save_map(solution, outlines, folder / "map.png")  # of several stages: one panel a stage
    return [picture, save_report(solution, folder / "report.html", picture, outlines)]
