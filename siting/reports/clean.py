"""Charts of clean energy: the hour × day map of CFE, how long how much is unmet, and what each further point costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import BasicTicker, ColumnDataSource, HoverTool, LinearColorMapper, NumeralTickFormatter
from bokeh.models.annotations import ColorBar
from bokeh.palettes import Cividis256
from bokeh.plotting import figure

from ..results.clean import cfe_hours, score, unmet_duration
from ..results.solution import Solution
from . import words
from .charts import WIDTH, days_of, draw, tidy

UNMET, PRICE = "#D55E00", "#0072B2"


def has_cfe(solution: Solution) -> bool:
    """Whether the solution has hours of import and facilities to score."""
    needed = {"grid_imported", "cooling_carried", "power_per_it", "idle_power", "weight"}
    needed |= {"plant_clean"} if "generation_used" in solution.data else set()
    return needed <= set(solution.data.data_vars) and float(solution.data["grid_imported"].sum()) > 0


def heat_map(solution: Solution) -> figure:
    """CFE of all sites together by hour of the day (UTC) and day of the model; a day's weight stands in its name."""
    d, hours = solution.data, cfe_hours(solution.data)
    of = hours.sum("site")
    share = 100 * (1 - of["unmet"] / of["net_demand"].where(of["net_demand"] > 0))
    days = [f"{day} ({words.number(float(w))} a year)" for day, w in zip(days_of(d), d["weight"].values)]
    n_blocks, n_hours = share.sizes["block"], share.sizes["hour"]
    table = pd.DataFrame(
        {
            "day": np.repeat(days, n_hours),
            "hour": np.tile(np.arange(n_hours) + 0.5, n_blocks),
            "when": [f"{h:02d}:00 UTC" for _ in range(n_blocks) for h in range(n_hours)],
            "cfe": share.transpose("block", "hour").values.ravel(),
        }
    )
    for name in ("net_demand", "own", "matched", "grid", "unmet"):
        table[name] = of[name].transpose("block", "hour").values.ravel().round(1)
    low = min(float(np.floor(np.nanmin(table["cfe"]) / 10) * 10), 90.0)
    colours = LinearColorMapper(palette=Cividis256, low=low, high=100, nan_color="#ffffff")
    plot = draw(
        width=WIDTH, height=110 + 26 * n_blocks, y_range=list(dict.fromkeys(days))[::-1], x_range=(0, n_hours), tools="",
        title=f"CFE of the year: {words.number(100 * score(hours, d['weight']), 4)} %", x_axis_label="hour of the day (UTC)",
    )  # fmt: skip
    cells = plot.rect(
        "hour", "day", 1, 1, source=ColumnDataSource(table), fill_color={"field": "cfe", "transform": colours}, line_color=None
    )
    parts = (("net_demand", "net demand"), ("own", "own clean plant"), ("matched", "matched by contracts"),
             ("grid", "the grid's clean share"), ("unmet", "not carbon-free"))  # fmt: skip
    rows = [("", "@day, @when"), ("CFE", "@cfe{0.0} %"), *((f"{told} [MW]", f"@{name}{{0,0}}") for name, told in parts)]
    plot.add_tools(HoverTool(renderers=[cells], tooltips=rows))
    plot.add_layout(ColorBar(color_mapper=colours, ticker=BasicTicker(desired_num_ticks=6), title="CFE [%]"), "right")
    return tidy(plot)


def duration_chart(solution: Solution) -> figure:
    """For how many hours a year how much of the net demand is not carbon-free, worst first."""
    table = unmet_duration(cfe_hours(solution.data), solution.data["weight"])
    plot = draw(
        width=WIDTH, height=260, tools="", x_axis_label="hours of a year, worst first", y_axis_label="not carbon-free [MW]"
    )
    left = np.concatenate([[0.0], table["hours_per_year"].to_numpy()[:-1]])
    source = ColumnDataSource(table.assign(left=left, percent=100 * table["unmet_share"]))
    bars = plot.quad(left="left", right="hours_per_year", bottom=0, top="unmet_mw", source=source, color=UNMET, line_width=0)
    rows = [
        ("hours with at least this", "@hours_per_year{0,0}"),
        ("MW", "@unmet_mw{0,0.0}"),
        ("of net demand", "@percent{0.0} %"),
    ]
    plot.add_tools(HoverTool(renderers=[bars], tooltips=rows))
    plot.x_range.start, plot.x_range.end, plot.y_range.start = 0, float(table["hours_per_year"].max()), 0
    plot.xaxis.formatter = plot.yaxis.formatter = NumeralTickFormatter(format="0,0")
    return tidy(plot)


def price_chart(curve: pd.DataFrame) -> figure:
    """What each further point of CFE costs, from the table of `curves.cfe_curve`; the whisker is what the gaps leave open."""
    steps = curve.dropna(subset=["price_eur_2024_per_point"]).copy()
    steps["from_cfe"] = 100 * curve["least_cfe"].shift().loc[steps.index]
    steps["to_cfe"] = 100 * steps["least_cfe"]
    steps["price"] = steps["price_eur_2024_per_point"].clip(lower=0.0) / 1e6
    open_part = steps["gaps_eur_2024_per_point"] / 1e6
    steps["low"], steps["high"] = (steps["price"] - open_part).clip(lower=0.0), steps["price"] + open_part
    steps["middle"] = (steps["from_cfe"] + steps["to_cfe"]) / 2
    plot: Any = draw(
        width=WIDTH, height=280, tools="", x_axis_label="CFE of the year [%]",
        y_axis_label="M EUR_2024/year for one more point",
    )  # fmt: skip
    source = ColumnDataSource(steps)
    bars = plot.quad(left="from_cfe", right="to_cfe", bottom=0, top="price", source=source, color=PRICE, line_color="white")
    plot.segment("middle", "low", "middle", "high", source=source, color="#1d252b", line_width=1.5)
    rows = [("from", "@from_cfe{0.0} %"), ("to", "@to_cfe{0.0} %"), ("M EUR_2024/year and point", "@price{0,0.000}"),
            ("the gaps leave open", "@low{0,0.000} to @high{0,0.000}")]  # fmt: skip
    plot.add_tools(HoverTool(renderers=[bars], tooltips=rows))
    plot.y_range.start = 0
    return tidy(plot)
