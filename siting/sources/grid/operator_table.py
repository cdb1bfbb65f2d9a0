"""Published headroom of a grid operator: a table of nodes and MW, without any network.

A column map says which column of the operator's file is which: `node`, `headroom_mw`, and if there are any `lon`, `lat`,
`voltage_kv`, `limit` (what limits the node, in the operator's words), `group` (nodes that share one limit; several are
separated by `;`) and `group_headroom_mw` (what the group has; or give the groups as a table of their own).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from ...errors import DataError, nearest

WORDS = ("node", "headroom_mw", "lon", "lat", "voltage_kv", "limit", "group", "group_headroom_mw")
NUMBERS = ("headroom_mw", "lon", "lat", "voltage_kv", "group_headroom_mw")


@dataclass(frozen=True, eq=False)
class OperatorTable:
    """`nodes`: node, headroom_mw, limit, group, geometry (EPSG:4326, empty where not known); `groups`: group, headroom_mw."""

    nodes: gpd.GeoDataFrame
    groups: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def membership(self) -> np.ndarray:
        """Whether a node (row) belongs to a group (column)."""
        of_node = self.nodes["group"].fillna("").astype(str).str.split(";")
        names = list(self.groups["group"])
        return np.array([[g in {m.strip() for m in mine} for g in names] for mine in of_node], bool).reshape(
            len(of_node), len(names)
        )


def read_operator_table(
    path: Path | str,
    columns: Mapping[str, str],
    groups: Path | str | None = None,
    separator: str = ",",
    decimal: str = ".",
) -> OperatorTable:
    """Nodes with their published headroom [MW], from a CSV or a GeoPackage; `columns` maps WORDS to the file's columns.

    `groups` is a CSV with the columns `group, headroom_mw`. Nodes without a figure are left out with a note.
    Raises DataError with every problem: an unknown word or column, a word for a number, a group without a limit.
    """
    path = Path(path)
    raw = _read(path, separator, decimal)
    problems = [f"the column map has '{word}'; {nearest(word, WORDS)}" for word in columns if word not in WORDS]
    problems += [f"the column map has no '{word}'" for word in ("node", "headroom_mw") if word not in columns]
    problems += [
        f"there is no column '{c}' ({w}); {nearest(c, map(str, raw.columns))}" for w, c in columns.items() if c not in raw
    ]
    if problems:
        raise DataError(problems, path)
    table = pd.DataFrame({word: raw[column] for word, column in columns.items()})
    table["node"] = table["node"].astype(str)
    for word in NUMBERS:
        if word in table:
            number = pd.to_numeric(table[word], errors="coerce")
            wrong = table[number.isna() & table[word].notna()]
            problems += [f"node '{n}' has {word} = '{x}', which is no number" for n, x in zip(wrong["node"], wrong[word])]
            table[word] = number
    problems += [f"node '{n}' appears more than once" for n in sorted(table["node"][table["node"].duplicated()].unique())]
    if problems:
        raise DataError(problems, path)
    geometry = raw.geometry.to_crs(4326) if isinstance(raw, gpd.GeoDataFrame) else _points(table)
    untold = table["headroom_mw"].isna()
    notes = (f"{int(untold.sum())} nodes have no published figure and are left out",) if untold.any() else ()
    nodes = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(geometry.to_numpy(), crs=4326))[~untold].reset_index(drop=True)
    for word in ("limit", "group"):
        nodes[word] = nodes.get(word, "")
    return OperatorTable(nodes, _groups(nodes, groups, path), notes)


def _read(path: Path, separator: str, decimal: str) -> pd.DataFrame:
    if not path.is_file():
        raise DataError("there is no such file", path)
    if path.suffix.lower() == ".csv":
        return pd.read_csv(path, sep=separator, decimal=decimal, comment="#")
    layer = gpd.read_file(path, engine="pyogrio")
    if layer.crs is None:
        raise DataError("the layer has no CRS; set it (EPSG:4326 or a projected one) and save again", path)
    return layer


def _points(table: pd.DataFrame) -> gpd.GeoSeries:
    if {"lon", "lat"} <= set(table.columns):
        known = table[["lon", "lat"]].notna().all(axis=1).to_numpy()
        return gpd.GeoSeries(gpd.points_from_xy(table["lon"], table["lat"]), crs=4326).where(known, None)
    return gpd.GeoSeries([None] * len(table), crs=4326)


def _groups(nodes: gpd.GeoDataFrame, path: Path | str | None, source: Path) -> pd.DataFrame:
    named = sorted({m.strip() for mine in nodes["group"].fillna("").astype(str).str.split(";") for m in mine} - {""})
    if path is not None:
        table = pd.read_csv(path, comment="#", dtype={"group": str})
        problems = [f"column '{c}' is missing" for c in ("group", "headroom_mw") if c not in table]
        if problems:
            raise DataError(problems, path)
        limit = table.set_index("group")["headroom_mw"].astype(float)
    elif "group_headroom_mw" in nodes:
        each = nodes.dropna(subset=["group_headroom_mw"]).groupby("group")["group_headroom_mw"]
        torn = [f"group '{g}' has more than one group_headroom_mw" for g, n in each.nunique().items() if n > 1]
        if torn:
            raise DataError(torn, source)
        limit = each.first()
    else:
        return pd.DataFrame({"group": [], "headroom_mw": []})
    missing = [f"group '{g}' has no limit; give it one or leave the group empty" for g in named if g not in limit.index]
    if missing:
        raise DataError(missing, path or source)
    return limit.loc[named].rename_axis("group").rename("headroom_mw").reset_index()
