"""The map to hover over, with Bokeh: no tiles, no network. In a notebook:

from bokeh.io import output_notebook, show
from bokeh.resources import INLINE
output_notebook(INLINE); show(interactive_map(solution, "outlines.gpkg"))
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool, Range1d
from bokeh.plotting import figure
from shapely import Polygon

from ..results.solution import Solution
from . import style, words
from .outlines import frame, inner_borders, read_outlines
from .table import PUE_YEAR, WORTH, chosen_table

draw: Any = figure  # its type hints leave out half of its options
MERCATOR = "EPSG:3857"
LARGEST_PIXELS = 38.0
SIMPLIFY_METRES = 400.0
WIDTH, HEIGHT = 500, 620  # pixels at most


def interactive_map(solution: Solution, outlines: Path | str | None = None) -> figure:
    """Candidates and chosen sites in web mercator; hover for MW, cooling, connection, PUE, cost, or why it was dropped."""
    plot = empty_map(solution, outlines, words.finding(solution))
    _candidates(plot, solution)
    _chosen(plot, solution)
    return with_legend(plot)


def empty_map(solution: Solution, outlines: Path | str | None, title: str) -> Any:
    """The ground of the candidates in web mercator, with nothing on it yet."""
    plot = draw(
        title=title, x_axis_type="mercator", y_axis_type="mercator",
        tools="pan,wheel_zoom,box_zoom,reset", active_scroll="wheel_zoom",
    )  # fmt: skip
    _frame(plot, solution.sites)
    _ground(plot, solution.sites, outlines)
    plot.toolbar.logo = None
    plot.grid.visible = False
    return plot


def with_legend(plot: Any) -> figure:
    """The legend where it covers least; a click hides an entry."""
    if plot.legend:
        plot.legend.location = "bottom_right"
        plot.legend.click_policy = "hide"
        plot.legend.background_fill_alpha = 0.85
    return plot


def _frame(plot: Any, sites: gpd.GeoDataFrame) -> None:
    """Equal scale on both axes: a metre is as long across as up."""
    west, south, east, north = frame(sites)
    corners = gpd.GeoSeries(gpd.points_from_xy([west, east], [south, north]), crs="EPSG:4326").to_crs(MERCATOR)
    x0, x1, y0, y1 = corners.x.iloc[0], corners.x.iloc[1], corners.y.iloc[0], corners.y.iloc[1]
    plot.x_range, plot.y_range = Range1d(x0, x1), Range1d(y0, y1)
    scale = min(WIDTH / (x1 - x0), HEIGHT / (y1 - y0))
    plot.frame_width, plot.frame_height = int(scale * (x1 - x0)), int(scale * (y1 - y0))


def _ground(plot: Any, sites: gpd.GeoDataFrame, outlines: Path | str | None) -> None:
    layers = read_outlines(outlines, sites)
    plot.background_fill_color = style.SEA if layers else "#ffffff"
    for i, layer in enumerate(layers):
        if i == 0:
            shapes = layer.to_crs(MERCATOR).geometry.simplify(SIMPLIFY_METRES).explode(ignore_index=True)
            xs = [[_rings(s, 0)] for s in shapes if isinstance(s, Polygon)]
            ys = [[_rings(s, 1)] for s in shapes if isinstance(s, Polygon)]
            plot.multi_polygons(xs, ys, fill_color=style.LAND, line_color=style.BORDER, line_width=0.8)
        else:
            lines = inner_borders(layer, layers[0]).to_crs(MERCATOR).simplify(SIMPLIFY_METRES)
            lines = lines[lines.geom_type == "LineString"]
            across, up = [[_rounded(np.asarray(s.coords)[:, j]) for s in lines] for j in (0, 1)]
            plot.multi_line(across, up, line_color=style.STATE_BORDER, line_width=0.8)


def _rings(shape: Polygon, axis: int) -> list[list[float]]:
    rings = [shape.exterior, *shape.interiors]
    return [_rounded(np.asarray(ring.coords)[:, axis]) for ring in rings]


def _rounded(values: np.ndarray) -> list[float]:
    return [float(v) for v in np.round(values)]


def _points(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    points = sites.to_crs(MERCATOR).geometry
    state = sites["state"].fillna("").astype(str) if "state" in sites else pd.Series("", index=sites.index)
    return pd.DataFrame({"x": points.x.round(), "y": points.y.round(), "site": sites["site"].astype(str), "state": state})


def _candidates(plot: Any, solution: Solution) -> None:
    """Dropped candidates with their reason; those of the model that were not chosen with their screening cost."""
    sites = solution.sites
    dropped, kept = sites[~sites["kept"]], sites[sites["kept"] & ~sites["open"]]
    told = {"dropped": dropped["reason"].fillna("").astype(str)}
    alone = "cost_of_100_mw_eur_2024_per_year"
    if alone in kept:
        costs = [f"; a first 100 MW without servers: {words.millions(v)} M EUR_2024/year" for v in kept[alone]]
    else:
        costs = [""] * len(kept)
    told["not chosen"] = pd.Series([f"in the model, not chosen{c}" for c in costs], index=kept.index, dtype=object)
    looks = {"dropped": (dropped, 3.5, style.DROPPED), "not chosen": (kept, 6.5, style.KEPT)}
    for label, (rows, size, colour) in looks.items():
        if rows.empty:
            continue
        source = ColumnDataSource(_points(rows).assign(why=told[label]))
        dots = plot.scatter("x", "y", source=source, size=size, color=colour, legend_label=f"{label} ({len(rows):,})")
        plot.add_tools(HoverTool(renderers=[dots], tooltips=[("site", "@site"), ("state", "@state"), ("why", "@why")]))


def _chosen(plot: Any, solution: Solution) -> None:
    chosen = solution.chosen
    if chosen.empty:
        return
    table = chosen_table(solution).set_index("site")
    data = _points(chosen).assign(colour=style.colours_of(solution), main=words.cooling_of(chosen).map(words.plain))
    largest = style.size_steps(float(chosen["it_mw"].max()))[-1]
    data["size"] = LARGEST_PIXELS * np.sqrt(chosen["it_mw"].astype(float) / largest)
    rows = [("site", "@site"), ("state", "@state")]
    wanted = {
        "IT [MW]": 3, "cooling": 3, "connection [MW]": 3, "PV [MW]": 3, "wind [MW]": 3, PUE_YEAR: 4,
        "cost [M EUR_2024/year]": 4, WORTH[0]: 3,
    }  # fmt: skip
    for i, (title, digits) in enumerate(wanted.items()):
        if title in table:
            data[f"told{i}"] = [words.number(table.loc[name, title], digits) for name in data["site"]]
            rows.append((title, f"@told{i}"))
    for main, part in data.groupby("main", sort=False):
        dots = plot.scatter(
            "x", "y", source=ColumnDataSource(part), size="size", color="colour", fill_alpha=0.85, line_color="white",
            legend_label=f"chosen: {main!s}" if main else "chosen",
        )  # fmt: skip
        plot.add_tools(HoverTool(renderers=[dots], tooltips=rows))
