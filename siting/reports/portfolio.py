"""The map of sites with their portfolio: a pie of plant and stores at each site, contracts at their own place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.plotting import figure
from ruamel.yaml import YAML

from ..results.solution import Solution
from . import style, words
from .interactive import MERCATOR, empty_map, with_legend

LARGEST_PIXELS = 30.0  # radius of the largest pie
LEAST_MW = 1e-3
COLOURS = {"pv": "#E69F00", "wind": "#56B4E9", "battery": "#CC79A7", "contracted": "#009E73"}


def portfolio_table(solution: Solution) -> pd.DataFrame:
    """One row a chosen site and plant or store behind its meter: site, kind, mw, mwh (of stores), used_mwh_per_year."""
    d, rows = solution.data, []
    for s in solution.chosen["site"]:
        for g in d["generator"].values if "generation_built" in d else ():
            used = float((d["generation_used"].sel(site=s, generator=g) * d["weight"]).sum())
            rows.append((s, str(g), float(d["generation_built"].sel(site=s, generator=g)), np.nan, used))
        for k in d["storage"].values if "storage_power" in d else ():
            of = d[["storage_power", "storage_energy", "storage_discharge"]].sel(site=s, storage=k)
            given = float((of["storage_discharge"] * d["weight"]).sum())
            rows.append((s, str(k), float(of["storage_power"]), float(of["storage_energy"]), given))
    table = pd.DataFrame(rows, columns=["site", "kind", "mw", "mwh", "used_mwh_per_year"])
    return table[table["mw"] > LEAST_MW].reset_index(drop=True)


def contract_table(solution: Solution) -> pd.DataFrame:
    """One row a contract that is signed: contract, mw, mwh_per_year, lon, lat (from the study)."""
    d = solution.data
    if "contracts_contracted" not in d:
        return pd.DataFrame(columns=["contract", "mw", "mwh_per_year", "lon", "lat"])
    study = YAML(typ="safe").load(solution.study_yaml or "{}") or {}
    rows = []
    for c in d["contract"].values:
        mw = float(d["contracts_contracted"].sel(contract=c))
        energy = float((d["contract_profile"].sel(contract=c) * mw * d["weight"]).sum())
        place = study.get("contracts", {}).get(str(c), {})
        rows.append((str(c), mw, energy, place.get("lon", np.nan), place.get("lat", np.nan)))
    table = pd.DataFrame(rows, columns=["contract", "mw", "mwh_per_year", "lon", "lat"])
    return table[table["mw"] > LEAST_MW].reset_index(drop=True)


def has_portfolio(solution: Solution) -> bool:
    return len(portfolio_table(solution)) + len(contract_table(solution)) > 0


def portfolio_map(solution: Solution, outlines: Path | str | None = None) -> figure:
    """Pies by MW behind the meter, the area in proportion; diamonds are contracts, which move money and never power."""
    plants, contracts = portfolio_table(solution), contract_table(solution)
    title = f"{words.megawatts(plants['mw'].sum())} behind the meter, {words.megawatts(contracts['mw'].sum())} contracted"
    plot = empty_map(solution, outlines, title)
    chosen = solution.chosen.to_crs(MERCATOR)
    plot.scatter(chosen.geometry.x, chosen.geometry.y, size=5, color="#1d252b", legend_label="site")
    largest = max([*plants.groupby("site")["mw"].sum(), *contracts["mw"]], default=1.0)
    _pies(plot, chosen, plants, largest)
    _contracts(plot, contracts, largest)
    return with_legend(plot)


def _pies(plot: Any, chosen: gpd.GeoDataFrame, plants: pd.DataFrame, largest: float) -> None:
    if plants.empty:
        return
    place = chosen.set_index("site").geometry
    whole = plants.groupby("site")["mw"].transform("sum")
    turn = 2 * np.pi * plants["mw"] / whole
    end = turn.groupby(plants["site"]).cumsum()
    kinds = list(dict.fromkeys(plants["kind"]))
    spare = [c for c in style.OKABE_ITO if c not in COLOURS.values()]
    colours = {k: COLOURS.get(k, spare[i % len(spare)]) for i, k in enumerate(kinds)}
    data = plants.assign(
        x=plants["site"].map(place.x), y=plants["site"].map(place.y), start=end - turn, end=end,
        radius=LARGEST_PIXELS * np.sqrt(whole / largest), colour=plants["kind"].map(colours),
        told_mwh=[f"{words.number(v)} MWh" if v == v else "" for v in plants["mwh"]],
    )  # fmt: skip
    for kind, part in data.groupby("kind", sort=False):
        wedges = plot.wedge(
            "x", "y", radius="radius", radius_units="screen", start_angle="start", end_angle="end", color="colour",
            line_color="white", source=ColumnDataSource(part), legend_label=words.plain(str(kind)),
        )  # fmt: skip
        rows = [("site", "@site"), ("plant", "@kind"), ("MW", "@mw{0,0}"), ("store", "@told_mwh"),
                ("MWh a year used", "@used_mwh_per_year{0,0}")]  # fmt: skip
        plot.add_tools(HoverTool(renderers=[wedges], tooltips=rows))


def _contracts(plot: Any, contracts: pd.DataFrame, largest: float) -> None:
    placed = contracts.dropna(subset=["lon", "lat"])
    if placed.empty:
        return
    points = gpd.GeoSeries(gpd.points_from_xy(placed["lon"], placed["lat"]), crs="EPSG:4326").to_crs(MERCATOR)
    size = 2 * LARGEST_PIXELS * np.sqrt(placed["mw"] / largest)
    source = ColumnDataSource(placed.assign(x=points.x.to_numpy(), y=points.y.to_numpy(), size=size))
    marks = plot.scatter(
        "x", "y", size="size", marker="diamond", source=source, color=COLOURS["contracted"], fill_alpha=0.75,
        line_color="white", legend_label="contract",
    )  # fmt: skip
    rows = [("contract", "@contract"), ("MW", "@mw{0,0}"), ("MWh a year", "@mwh_per_year{0,0}")]
    plot.add_tools(HoverTool(renderers=[marks], tooltips=rows))
