"""Charts of the report: costs by line, and the hours of the representative days side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from bokeh.layouts import column
from bokeh.models import Column, ColumnDataSource, FixedTicker, HoverTool, NumeralTickFormatter, Range1d
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from ..results.solution import Solution
from . import style, words
from .table import cost_table

MOST_DAYS = 7
WIDTH = 1000
draw: Any = figure  # its type hints leave out half of its options


def cost_chart(solution: Solution) -> figure:
    """Cost of a year by line, dearest on top."""
    costs = cost_table(solution)
    costs = costs[costs["M EUR_2024/year"].abs() > 1e-6].iloc[::-1]
    data = pd.DataFrame({"name": costs["cost of"], "value": costs["M EUR_2024/year"]})
    data["told"] = [words.number(v, 4) for v in data["value"]]
    plot = draw(
        y_range=list(data["name"]) or ["no cost"], width=WIDTH, height=70 + 30 * max(len(data), 1), tools="",
        x_axis_label="M EUR_2024/year",
    )  # fmt: skip
    source = ColumnDataSource(data)
    plot.hbar(y="name", right="value", height=0.68, source=source, color="#0072B2")
    plot.text(x="value", y="name", text="told", source=source, x_offset=5, text_font_size="11px", text_baseline="middle")
    most, least = float(data["value"].max()) if len(data) else 1.0, float(data["value"].min()) if len(data) else 0.0
    plot.x_range.start, plot.x_range.end = min(1.1 * least, 0.0), 1.12 * max(most, 1e-6)
    plot.xaxis.formatter = NumeralTickFormatter(format="0,0")
    return tidy(plot)


def hours_chart(solution: Solution) -> Column | None:
    """Supply against facility power, and IT work, of up to a week of days; None when the solution has no hours."""
    d = solution.data
    if "block" not in d.dims or "hour" not in d.dims or "weight" not in d:
        return None
    blocks = shown_blocks(d)
    d = d.isel(block=blocks)
    n = d.sizes["hour"]
    x = (np.arange(len(blocks))[:, None] * (n + 1) + np.arange(n)[None, :] + 0.5).ravel()  # a gap of one hour between days
    days = days_of(d)
    told = [f"{days[i]}, {h:02d}:00 UTC" for i in range(len(blocks)) for h in range(n)]
    often = [f"{day}: {words.number(float(w))} a year" for day, w in zip(days, d["weight"].values)]
    middles = {float(i * (n + 1) + n / 2): text for i, text in enumerate(often)}
    plots: list[Any] = [p for p in (_supply(d, x, told), _work(d, x, told), _prices(d, x, told)) if p is not None]
    for plot in plots:
        plot.x_range = Range1d(start=-1.0, end=len(blocks) * (n + 1.0))
        plot.xaxis.ticker = FixedTicker(ticks=list(middles))
        plot.xaxis.major_label_overrides = middles
        plot.yaxis.formatter = NumeralTickFormatter(format="0,0")
        for i in range(1, len(blocks)):
            plot.add_layout(Span(location=i * (n + 1) - 0.5, dimension="height", line_color="#c9ced2", line_dash="dotted"))
    return column(*plots) if plots else None


def shown_blocks(d: xr.Dataset) -> list[int]:
    """The blocks of most weight, at most a week of them, in their order."""
    return sorted(int(i) for i in np.argsort(-d["weight"].values, kind="stable")[:MOST_DAYS])


def days_of(d: xr.Dataset) -> list[str]:
    if "time" in d.coords:
        return [str(pd.Timestamp(t).date()) for t in d["time"].values[:, 0]]
    return [f"block {b}" for b in d["block"].values]


def _supply(d: xr.Dataset, x: np.ndarray, told: list[str]) -> figure | None:
    if "grid_imported" not in d:
        return None
    parts = {"imported": d["grid_imported"].sum("site")}
    if "generation_used" in d:
        parts |= {str(g): d["generation_used"].sel(generator=g).sum("site") for g in d["generator"].values}
    names = {"imported": "import", "pv": "own PV", "wind": "own wind"}
    colours = style.SUPPLY | {g: style.OKABE_ITO[i % 7] for i, g in enumerate(parts) if g not in style.SUPPLY}
    plot: Any = _stack(x, told, parts, {k: names.get(k, words.plain(k)) for k in parts}, colours, "MW at all sites", 330)
    facility = _facility(d)
    if facility is not None:
        starts = np.concatenate([x.reshape(len(facility), -1) - 0.5, x.reshape(len(facility), -1)[:, -1:] + 0.5], axis=1)
        power = np.concatenate([facility.values, facility.values[:, -1:]], axis=1)
        for edges, values in zip(starts, power):
            plot.step(edges, values, mode="after", color="black", line_width=1.4, legend_label="facility power")
    return plot


def _facility(d: xr.Dataset) -> xr.DataArray | None:
    """Facility power of the hours from what is installed and carried, apart from the supply it is drawn against."""
    if not {"idle_power", "cooling_installed", "power_per_it", "cooling_carried"} <= set(d.data_vars):
        return None
    power = d["idle_power"] * d["cooling_installed"] + d["power_per_it"] * d["cooling_carried"]
    return power.sum(["site", "cooling"]).transpose("block", "hour")


def _work(d: xr.Dataset, x: np.ndarray, told: list[str]) -> figure | None:
    parts: dict[str, xr.DataArray] = {}
    if "workloads_serve" in d:
        served = d["workloads_serve"].fillna(0.0).sum(["site", "region"])
        parts |= {str(w): served.sel(workload=w) for w in d["workload"].values if float(served.sel(workload=w).sum()) > 0}
    if "workloads_train" in d:
        trained = d["workloads_train"].fillna(0.0).sum("site")
        parts |= {str(w): trained.sel(workload=w) for w in d["workload"].values if float(trained.sel(workload=w).sum()) > 0}
    if not parts:
        return None
    colours = {w: style.WORK.get(w, style.OKABE_ITO[i % 7]) for i, w in enumerate(parts)}
    return _stack(x, told, parts, {w: words.plain(w) for w in parts}, colours, "MW of IT", 240)


def _prices(d: xr.Dataset, x: np.ndarray, told: list[str]) -> figure | None:
    if "spot_price" not in d or not {"block", "hour"} <= set(d["spot_price"].dims):
        return None
    plot = draw(
        width=WIDTH,
        height=180,
        tools="",
        y_axis_label="EUR_2024/MWh",
        x_axis_label="day (UTC), and how many days of a year it stands for",
    )
    source = ColumnDataSource({"x": x, "price": d["spot_price"].transpose("block", "hour").values.ravel(), "when": told})
    line = plot.vbar("x", top="price", width=1.0, source=source, color="#8d9499", legend_label="spot price")
    plot.add_tools(HoverTool(renderers=[line], tooltips=[("", "@when"), ("EUR_2024/MWh", "@price{0,0.0}")]))
    return tidy(plot)


def _stack(
    x: np.ndarray, told: list[str], parts: dict[str, xr.DataArray], names: dict[str, str], colours: dict[str, str],
    unit: str, height: int,
) -> figure:  # fmt: skip
    data: dict[str, Any] = {"x": x, "when": told} | {
        k: np.round(v.transpose("block", "hour").values.ravel(), 2) for k, v in parts.items()
    }
    plot = draw(width=WIDTH, height=height, tools="", y_axis_label=unit)
    plot.vbar_stack(
        list(parts), x="x", width=1.0, source=ColumnDataSource(data), color=[colours[k] for k in parts],
        legend_label=[names[k] for k in parts],
    )  # fmt: skip
    rows = [("", "@when")] + [(f"{names[k]} [MW]", f"@{{{k}}}{{0,0}}") for k in parts]
    plot.add_tools(HoverTool(tooltips=rows))
    plot.y_range.start = 0
    return tidy(plot)


def tidy(plot: Any) -> figure:
    plot.toolbar.logo = None
    plot.toolbar_location = None
    plot.outline_line_color = None
    plot.xgrid.grid_line_color = None
    if plot.legend:
        plot.add_layout(plot.legend[0], "right")
    return plot
