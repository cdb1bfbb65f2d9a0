"""Headroom by itself as files: a GeoPackage, a NetCDF, a table, and a map of how often how much fits where."""

from __future__ import annotations

import textwrap
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, Colormap, Normalize
from matplotlib.figure import Figure

from ..results.headroom import headroom_by_bus
from . import style
from .outlines import PLAIN_CRS, frame, read_outlines

CONFORMAL = "EPSG:3857"
REACH_KM = 60.0
"""How far a bus colours the land around it where there is no outline to stop it."""

LEAST_SHARE = 0.1
INCHES = 7.4
COLOURS = "YlGnBu"


def write_headroom(
    data: xr.Dataset, by_bus: gpd.GeoDataFrame, folder: Path, outlines: Path | str | None, at_least_mw: float | None
) -> list[Path]:
    """Write headroom.nc (all hours), headroom.gpkg and headroom.csv (a row per bus) and, where buses have places, map.png."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "headroom.nc", folder / "headroom.gpkg", folder / "headroom.csv"]
    stored = data.assign({n: data[n].astype(str) for n in data.data_vars if data[n].dtype == object})
    stored.to_netcdf(paths[0], engine="h5netcdf")
    with_note = by_bus.assign(rule=data.attrs["rule"])
    with_note.to_file(paths[1], layer="headroom", driver="GPKG", engine="pyogrio")
    pd.DataFrame(by_bus.drop(columns="geometry")).to_csv(paths[2], index=False, float_format="%.6g")
    if by_bus.geometry.notna().sum() >= 3:
        paths.append(folder / "map.png")
        FigureCanvasAgg(draw_headroom(data, outlines, at_least_mw)).print_png(str(paths[-1]))
    return paths


def overload_words(data: xr.Dataset) -> list[str]:
    """What is overloaded before anything is connected, worst first; nothing where nothing is."""
    if not data.sizes.get("overload"):
        return []
    worst = np.argsort(-data["overload_mw"].values)[:3]
    lines = [f"overloaded before anything is connected: {data.sizes['overload']} limits (load there may not make it worse)"]
    for i in worst:
        branch, outage, hour = (str(data[f"overload_{w}"].values[i]) for w in ("branch", "outage", "hour"))
        after = f" after the loss of {outage}" if outage else ""
        lines.append(f"  {branch}{after}: {data['overload_mw'].values[i]:,.0f} MW too much in hour {hour}")
    raw = data["unrelaxed_at_most_mw"].min("hour").values
    below = int((raw < 0).sum())
    if below:
        lines.append(
            f"  {below} of {len(raw)} buses are below zero for it in some hour: at most "
            f"{raw.min():,.0f} to {raw[raw < 0].max():,.0f} MW with every limit at its own value (unrelaxed_at_most_mw)"
        )
    return lines


def draw_headroom(data: xr.Dataset, outlines: Path | str | None = None, at_least_mw: float | None = None) -> Figure:
    """The land around each bus, coloured by the share of hours in which `at_least_mw` fit there.

    With one hour, or without `at_least_mw`: by the headroom itself (the least of all hours). Where several buses stand at one
    place the best of them counts.
    """
    table = headroom_by_bus(data, at_least_mw=at_least_mw)
    table = gpd.GeoDataFrame(table[table.geometry.notna()], crs=PLAIN_CRS)
    often = at_least_mw is not None and data.sizes["hour"] > 1
    column = f"share_of_hours_with_{at_least_mw:g}_mw" if often else "firm_mw"
    layers = read_outlines(outlines, table)
    cells = _cells(table, column, layers)
    west, south, east, north = frame(cells)
    shape = np.cos(np.radians((south + north) / 2)) * (east - west) / (north - south)
    wide, tall = (INCHES * shape, INCHES) if shape < 1 else (INCHES, INCHES / shape)
    figure = Figure(figsize=(wide + 2.2, tall + 1.5), dpi=130, facecolor="white")
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0.15 / width, 0.75 / height, wide / width, tall / height))
    norm = Normalize(0, 100) if often else _steps(cells[column])
    values = cells[column] * (100 if often else 1)
    cells.assign(shown=values).plot(column="shown", ax=axes, cmap=COLOURS, norm=norm, edgecolor="white", linewidth=0.15)
    _borders(axes, layers)
    _frame(axes, (west, south, east, north))
    _bar(figure, norm, often, at_least_mw, (wide + 0.35, 0.75 + 0.12 * tall, 0.22, 0.76 * tall))
    finding = _finding(table, data, at_least_mw)
    figure.text(0.15 / width, 1 - 0.18 / height, finding, fontsize=11, fontweight="bold", va="top")
    told = f"Rule: {data.attrs['rule']}. " + " ".join(n for n in data.attrs["notes"].split("\n")[-2:])
    figure.text(
        0.15 / width, 0.1 / height, "\n".join(textwrap.wrap(told, int(width * 15))), fontsize=7, color="#444444", va="bottom"
    )
    return figure


def _cells(table: gpd.GeoDataFrame, column: str, layers: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """The land nearer to a place than to any other, inside the outlines or within reach of a bus."""
    places = table.to_crs(CONFORMAL)
    best = (
        places.assign(x=places.geometry.x.round(), y=places.geometry.y.round()).groupby(["x", "y"])[column].max().reset_index()
    )
    points = shapely.points(best["x"].to_numpy(), best["y"].to_numpy())
    stretch = 1 / np.cos(np.radians(float(table.geometry.y.mean())))
    reach = shapely.union_all(shapely.buffer(points, REACH_KM * 1000 * stretch))
    land = _land_of(points, layers[0].to_crs(CONFORMAL).geometry.to_numpy()) if layers else reach
    inside = shapely.intersection(land, reach)
    pieces = np.array(list(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=inside).geoms))
    owner = shapely.STRtree(points).nearest(shapely.point_on_surface(pieces))
    holds = shapely.STRtree(pieces).query(points, predicate="within")
    owner[holds[1]] = holds[0]
    cells = gpd.GeoDataFrame(
        {column: best[column].to_numpy()[owner]}, geometry=shapely.intersection(pieces, inside), crs=CONFORMAL
    )
    return cells[~cells.geometry.is_empty].to_crs(PLAIN_CRS)


def _land_of(points: np.ndarray, polygons: np.ndarray) -> shapely.Geometry:
    """The outlines that hold a good part of the buses: not the neighbours', where one stands just over the border."""
    holds = shapely.STRtree(points).query(polygons, predicate="contains")[0]
    count = np.bincount(holds, minlength=len(polygons))
    return shapely.union_all(polygons[count >= LEAST_SHARE * len(points)] if count.any() else polygons)


def _steps(values: pd.Series) -> BoundaryNorm:
    """Round MW as class limits, so that a colour can be read as a number."""
    top = max(float(values.quantile(0.97)), 10.0)
    steps = [s for s in (0, 10, 50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10000) if s < top]
    return BoundaryNorm([*steps, max(top, steps[-1] + 1)], 256, extend="max")


def _borders(axes: Axes, layers: list[gpd.GeoDataFrame]) -> None:
    for i, layer in enumerate(layers):
        layer.boundary.plot(
            ax=axes, color=style.BORDER if i == 0 else style.STATE_BORDER, linewidth=0.8 if i == 0 else 0.5, zorder=3
        )


def _frame(axes: Axes, bounds: tuple[float, float, float, float]) -> None:
    west, south, east, north = bounds
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect(1 / np.cos(np.radians((south + north) / 2)))
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
    for spine in axes.spines.values():
        spine.set_color(style.BORDER)


def _bar(
    figure: Figure,
    norm: Normalize | BoundaryNorm,
    often: bool,
    at_least_mw: float | None,
    place: tuple[float, float, float, float],
) -> None:
    width, height = figure.get_size_inches()
    axes = figure.add_axes((place[0] / width, place[1] / height, place[2] / width, place[3] / height))
    cmap: str | Colormap = COLOURS
    label = f"% of hours with at least {at_least_mw:g} MW" if often else "headroom of one bus alone, MW in every hour"
    figure.colorbar(ScalarMappable(norm, cmap), cax=axes, label=label)


def _finding(table: gpd.GeoDataFrame, data: xr.Dataset, at_least_mw: float | None) -> str:
    """One sentence that says what the map shows."""
    count = data.sizes["hour"]
    hours = f"each of {count} hours" if count > 1 else f"hour {data['hour'].values[0]}"[:21]
    if at_least_mw is None:
        return f"Half of the {len(table)} buses take {table['firm_mw'].median():,.0f} MW or more in {hours}"
    always = (table["firm_mw"] >= at_least_mw).mean()
    text = f"{at_least_mw:g} MW fit at {always:.0%} of the buses in {hours}"
    if count > 1:
        text += f", at {(data['headroom_mw'].max('hour') >= at_least_mw).mean().item():.0%} in some"
    return text.replace("%", " %")
