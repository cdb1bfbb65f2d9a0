"""map.png: where the sites are, how large and how cooled; of several stages one panel each. The title says the finding."""

from __future__ import annotations

import textwrap
from collections.abc import Collection
from pathlib import Path

import geopandas as gpd
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from ..results.solution import Solution
from . import style, words
from .outlines import PLAIN_CRS, frame, inner_borders, read_outlines
from .stages import finding as stage_words

MAP_INCHES = 7.6
PANEL_INCHES = 4.1
LARGEST_POINTS = 26.0  # diameter of the largest circle
MOST_LABELS = 30
RINGS = (3.0, 16.0, 34.0, 60.0, 95.0, 135.0, 180.0)  # pixels between a circle and its label
CROSSED = 400.0  # a line through another label is as bad as a hundred pixels more between circle and label
TURNS = (0, 180, 45, 315, 135, 225, 90, 270, 22, 158, 202, 338, 67, 113, 247, 293)


def save_map(solution: Solution, outlines: Path | str | None, path: Path | str) -> Path:
    """Write the map as a PNG; returns its path. `outlines`: a file or folder of polygons, see `outlines.py`."""
    figure = draw_map(solution, outlines)
    FigureCanvasAgg(figure).print_png(str(path))
    return Path(path)


def draw_map(solution: Solution, outlines: Path | str | None = None) -> Figure:
    """The map as a matplotlib figure."""
    if solution.stages:
        return draw_stages(solution, outlines)
    sites = solution.sites.to_crs(PLAIN_CRS)
    west, south, east, north = frame(sites)
    wide = MAP_INCHES * (east - west) * np.cos(np.radians((south + north) / 2)) / (north - south)
    wide, tall = (wide, MAP_INCHES) if wide <= MAP_INCHES else (MAP_INCHES, MAP_INCHES * MAP_INCHES / wide)
    width, height = max(wide + 2.6, 8.0), tall + 1.75
    figure = Figure(figsize=(width, height), dpi=130, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.2 / width, 0.55 / height, wide / width, tall / height))
    _ground(axes, sites, outlines)
    _candidates(axes, sites)
    _chosen(axes, solution)
    _labels(figure, axes, solution)
    _legends(figure, solution)
    _texts(figure, solution)
    return figure


def draw_stages(solution: Solution, outlines: Path | str | None = None) -> Figure:
    """A panel a stage, circles on one scale; sites that are new in the stage are named."""
    stages = [solution.stage(year) for year in solution.stages]
    largest = max(stages, key=lambda s: float(s.sites["it_mw"].max()))
    west, south, east, north = frame(solution.sites.to_crs(PLAIN_CRS))
    tall = PANEL_INCHES * (north - south) / ((east - west) * np.cos(np.radians((south + north) / 2)))
    width, height = PANEL_INCHES * len(stages) + 2.9, tall + 1.75
    figure = Figure(figsize=(width, height), dpi=130, facecolor="white")
    FigureCanvasAgg(figure)
    before: set[str] = set()
    for i, (year, s) in enumerate(zip(solution.stages, stages, strict=True)):
        size = ((PANEL_INCHES - 0.15) / width, tall / height)
        axes = figure.add_axes((0.15 / width + i * PANEL_INCHES / width, 0.5 / height, *size))
        _ground(axes, s.sites.to_crs(PLAIN_CRS), outlines)
        _candidates(axes, s.sites.to_crs(PLAIN_CRS))
        _chosen(axes, s, _scale(largest))
        _labels(figure, axes, s, _scale(largest), without=before)
        before |= set(s.chosen["site"])
        sites = f"{len(s.chosen)} site{'s' if len(s.chosen) != 1 else ''}"
        told = f"{year}: {words.megawatts(float(s.chosen['it_mw'].sum()))} of IT at {sites}"
        axes.set_title(told, fontsize=10, loc="left")
    _legends(figure, largest)
    _texts(figure, solution, stage_words(solution), 0.35)
    return figure


def _ground(axes: Axes, sites: gpd.GeoDataFrame, outlines: Path | str | None) -> None:
    west, south, east, north = frame(sites)
    layers = read_outlines(outlines, sites)
    for i, layer in enumerate(layers):
        if i == 0:
            layer.plot(ax=axes, facecolor=style.LAND, edgecolor=style.BORDER, linewidth=0.8, zorder=1)
        else:
            inner_borders(layer, layers[0]).plot(ax=axes, color=style.STATE_BORDER, linewidth=0.7, zorder=2)
    axes.set_facecolor(style.SEA if layers else "white")
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect(1 / np.cos(np.radians((south + north) / 2)), adjustable="box", anchor="NW")
    axes.apply_aspect()
    axes.set_xlabel("")
    axes.set_ylabel("")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(style.BORDER)


def _candidates(axes: Axes, sites: gpd.GeoDataFrame) -> None:
    for rows, size, colour in (
        (sites[~sites["kept"]], 3, style.DROPPED),
        (sites[sites["kept"] & ~sites["open"]], 14, style.KEPT),
    ):
        axes.scatter(rows.geometry.x, rows.geometry.y, s=size, color=colour, linewidths=0, zorder=5)


def _chosen(axes: Axes, solution: Solution, top: float | None = None) -> None:
    chosen = solution.chosen.to_crs(PLAIN_CRS)
    if chosen.empty:
        return
    areas = (_diameters(solution, top)) ** 2
    axes.scatter(
        chosen.geometry.x, chosen.geometry.y, s=areas, c=list(style.colours_of(solution)), alpha=0.9,
        edgecolors="white", linewidths=1.0, zorder=7,
    )  # fmt: skip


def _diameters(solution: Solution, top: float | None = None) -> np.ndarray:
    """Points; the area is in proportion to the MW of IT, of which `top` has the largest circle."""
    return _points(solution.chosen["it_mw"].astype(float).to_numpy(), _scale(solution) if top is None else top)


def _scale(solution: Solution) -> float:
    steps = style.size_steps(float(solution.chosen["it_mw"].max())) if len(solution.chosen) else []
    return steps[-1] if steps else 1.0


def _points(mw: np.ndarray, top: float) -> np.ndarray:
    return LARGEST_POINTS * np.sqrt(np.maximum(mw, 0.0) / top)


def _labels(
    figure: Figure, axes: Axes, solution: Solution, top: float | None = None, without: Collection[str] = frozenset()
) -> None:
    """Names beside their circles, each where it covers least of what is already drawn; a thin line where it had to move."""
    chosen = solution.chosen.to_crs(PLAIN_CRS).head(MOST_LABELS)
    if chosen.empty:
        return
    px = figure.dpi / 72
    centres = axes.transData.transform(np.column_stack([chosen.geometry.x, chosen.geometry.y]))
    radii = _diameters(solution, top)[: len(chosen)] / 2 * px
    taken = [Bbox.from_bounds(x - r, y - r, 2 * r, 2 * r) for (x, y), r in zip(centres, radii)]
    labels: list[Bbox] = []
    renderer = FigureCanvasAgg(figure).get_renderer()
    room = axes.get_window_extent(renderer)
    for (x, y), r, (_, row) in zip(centres, radii, chosen.iterrows()):
        if row["site"] in without:
            continue
        label = f"{textwrap.shorten(str(row['site']), 34, placeholder='…')}\n{words.megawatts(row['it_mw'])}"
        text = axes.annotate(
            label, (row.geometry.x, row.geometry.y), fontsize=7.2, linespacing=1.1, zorder=9, color="#1d252b", va="bottom",
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.8, "edgecolor": "none"},
        )  # fmt: skip
        extent = text.get_window_extent(renderer)
        dx, dy, box = _best_place(x, y, r, extent.width + 4, extent.height + 4, taken, labels, room)
        text.xyann = tuple(axes.transData.inverted().transform((box.x0 + 2, box.y0 + 2)))
        labels.append(box)
        if np.hypot(dx, dy) > r + 8 * px:
            nearest = (np.clip(x, box.x0, box.x1), np.clip(y, box.y0, box.y1))
            ends = axes.transData.inverted().transform([(x, y), nearest])
            axes.add_line(Line2D(ends[:, 0], ends[:, 1], color="#1d252b", linewidth=0.7, zorder=8))


def _best_place(
    x: float, y: float, r: float, w: float, h: float, circles: list[Bbox], labels: list[Bbox], room: Bbox
) -> tuple[float, float, Bbox]:
    """The nearest of the places around a circle that covers least, other labels least of all; the shift from circle to box and
    the box (pixels)."""
    best: tuple[float, float, float, Bbox] | None = None
    drawn, weight = _corners([*circles, *labels]), np.repeat([1.0, 20.0], [len(circles), len(labels)])
    read = drawn[len(circles) :, None]
    for ring in RINGS:
        for turn in np.radians(TURNS):
            ux, uy = np.cos(turn), np.sin(turn)
            cx, cy = x + ux * (r + ring + w / 2), y + uy * (r + ring + h / 2)
            box = Bbox.from_bounds(cx - w / 2, cy - h / 2, w, h)
            outside = max(room.x0 - box.x0, 0) + max(box.x1 - room.x1, 0) + max(room.y0 - box.y0, 0) + max(box.y1 - room.y1, 0)
            covered = float(weight @ _overlap(box, drawn))
            way = np.linspace((x, y), (cx, cy), 20)
            inside = ((way > read[..., :2]) & (way < read[..., 2:])).all(axis=-1)
            crossed = int(inside.any(axis=-1).sum())
            score = covered + CROSSED * crossed + 50 * outside + 4.0 * ring
            if best is None or score < best[0]:
                best = (score, ux * (r + ring), uy * (r + ring), box)
    assert best is not None
    return best[1:]


def _corners(boxes: list[Bbox]) -> np.ndarray:
    """x0, y0, x1, y1 of each."""
    return np.array([box.extents for box in boxes]).reshape(-1, 4)


def _overlap(box: Bbox, corners: np.ndarray) -> np.ndarray:
    """Area that the box shares with each of these."""
    width = np.minimum(box.x1, corners[:, 2]) - np.maximum(box.x0, corners[:, 0])
    height = np.minimum(box.y1, corners[:, 3]) - np.maximum(box.y0, corners[:, 1])
    return np.maximum(width, 0.0) * np.maximum(height, 0.0)


def _legends(figure: Figure, solution: Solution) -> None:
    """Cooling by colour, IT by size, candidates by grey."""
    used = [n for n in dict.fromkeys(words.cooling_of(solution.chosen)) if n]
    colours = style.cooling_colours(solution)

    def dot(colour: str, points: float, label: str) -> Line2D:
        return Line2D([], [], marker="o", linestyle="", color=colour, markersize=points, markeredgewidth=0, label=label)

    groups = [("Main cooling of the site", [dot(colours[n], 9, words.plain(n)) for n in used])]
    steps = style.size_steps(float(solution.chosen["it_mw"].max())) if len(solution.chosen) else []
    sizes = [float(p) for p in _points(np.array(steps, float), _scale(solution))]
    groups.append(("Installed IT [MW]", [dot("#9aa3a9", p, words.number(s)) for s, p in zip(steps, sizes)]))
    kept, dropped = int((solution.sites["kept"] & ~solution.sites["open"]).sum()), int((~solution.sites["kept"]).sum())
    places = [
        dot(colour, points, f"{count:,} {what}")
        for colour, points, count, what in (
            (style.KEPT, 4, kept, "in the model, not chosen"),
            (style.DROPPED, 2.2, dropped, "dropped before"),
        )
        if count
    ]
    groups.append(("Other candidates", places))
    box = figure.axes[-1].get_position()
    left, top = box.x1 + 0.08 / figure.get_figwidth(), box.y1
    for title, handles in groups:
        if not handles:
            continue
        spacing = 1.7 if title.startswith("Installed") else 0.9
        legend = figure.legend(
            handles=handles, title=title, loc="upper left", bbox_to_anchor=(left, top), frameon=False, fontsize=8.2,
            title_fontproperties={"weight": "bold", "size": 8.6}, alignment="left", labelspacing=spacing, handlelength=2.6,
            borderaxespad=0.2,
        )  # fmt: skip
        figure.add_artist(legend)
        height = legend.get_window_extent(FigureCanvasAgg(figure).get_renderer()).height / figure.bbox.height
        top -= height + 0.012


def _texts(figure: Figure, solution: Solution, finding: str | None = None, above: float = 0.08) -> None:
    """Title, study and gap, sources; `above` [inches] the maps."""
    width, height = figure.get_size_inches()
    left, box = 0.2 / width, figure.axes[0].get_position()
    title = textwrap.fill(words.finding(solution) if finding is None else finding, int(9.0 * (width - 0.4)))
    below = textwrap.fill(f"Study: {solution.name}. {gap_line(solution)}", int(16 * (width - 0.4)))
    figure.text(left, 1 - 0.15 / height, title, fontsize=12.5, weight="bold", va="top", linespacing=1.25)
    figure.text(left, box.y1 + above / height, below, fontsize=8.6, va="bottom", color="#48525a")
    sources = textwrap.fill(credit(solution), int(19.5 * (width - 0.4)))
    figure.text(left, box.y0 - 0.08 / height, sources, fontsize=6.6, va="top", color="#48525a", linespacing=1.25)


def gap_line(solution: Solution) -> str:
    o = solution.outcome
    return f"Proven gap: {words.percent(float(o['gap_of_siting_dependent_cost']))} of the cost that depends on siting."


def credit(solution: Solution) -> str:
    """Sources, as the note `sources` names them."""
    note = solution.notes.get("sources")
    column = next((c for c in ("source", "title", "name") if note is not None and c in note), None)
    if note is None or column is None:
        return "Sources and licences: see the data catalogue of the study. Headroom and costs are results of the model."
    named = list(dict.fromkeys(str(s) for s in note[column].dropna() if str(s).strip()))
    return textwrap.shorten("Sources: " + "; ".join(named), 480, placeholder=" … (all in the report)")


__all__ = ["credit", "draw_map", "save_map"]
