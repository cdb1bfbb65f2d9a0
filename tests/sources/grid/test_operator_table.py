"""Published headroom without a network: column maps, shared limits, and what does not fit."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest

from siting.errors import DataError
from siting.sources.grid.operator_table import read_operator_table

TEXT = (
    "Nudo;Capacidad;X;Y;Zona;MWzona;Criterio\nA;120,5;9;50;Z1;200;static\nB;90;10;50;Z1;200;WSCR\nC;;11;50;;;\nD;40;12;50;;;\n"
)
MAP = {"node": "Nudo", "headroom_mw": "Capacidad", "lon": "X", "lat": "Y", "group": "Zona", "group_headroom_mw": "MWzona"}


def write(folder: Path, text: str = TEXT) -> Path:
    (folder / "map.csv").write_text(text)
    return folder / "map.csv"


def test_a_table_with_shared_limits(tmp_path: Path):
    table = read_operator_table(write(tmp_path), MAP | {"limit": "Criterio"}, separator=";", decimal=",")
    assert table.nodes["headroom_mw"].tolist() == [120.5, 90, 40] and table.nodes.geometry.x.tolist() == [9, 10, 12]
    assert table.groups.to_numpy().tolist() == [["Z1", 200]] and table.membership.ravel().tolist() == [True, True, False]
    assert table.nodes["limit"].iloc[1] == "WSCR" and table.notes == ("1 nodes have no published figure and are left out",)


def test_groups_of_their_own_may_overlap(tmp_path: Path):
    path = write(tmp_path, "node,mw,zone\nA,10,N;M\nB,20,M\n")
    (tmp_path / "groups.csv").write_text("group,headroom_mw\nN,9\nM,25\n")
    table = read_operator_table(path, {"node": "node", "headroom_mw": "mw", "group": "zone"}, tmp_path / "groups.csv")
    assert table.membership.tolist() == [[True, True], [True, False]]


def test_a_geopackage(tmp_path: Path):
    frame = gpd.GeoDataFrame({"id": ["a"], "mw": [5.0]}, geometry=gpd.points_from_xy([400000], [5600000]), crs=25832)
    frame.to_file(tmp_path / "map.gpkg", engine="pyogrio")
    table = read_operator_table(tmp_path / "map.gpkg", {"node": "id", "headroom_mw": "mw"})
    assert table.nodes.crs == 4326 and 7 < table.nodes.geometry.x[0] < 9


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        (TEXT, MAP | {"node": "Knoten"}, "there is no column 'Knoten'"),
        (TEXT, {k: v for k, v in MAP.items() if k != "headroom_mw"}, "the column map has no 'headroom_mw'"),
        (TEXT, MAP | {"headrom_mw": "X"}, "did you mean 'headroom_mw'"),
        (TEXT.replace("90;10", "viel;10"), MAP, "headroom_mw = 'viel', which is no number"),
        (TEXT + "A;1;9;50;;;\n", MAP, "node 'A' appears more than once"),
        (TEXT.replace("B;90;10;50;Z1;200", "B;90;10;50;Z1;300"), MAP, "group 'Z1' has more than one"),
        (TEXT.replace("B;90;10;50;Z1;200", "B;90;10;50;Z2;"), MAP, "group 'Z2' has no limit"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, text: str, columns: dict[str, str], message: str):
    with pytest.raises(DataError, match=message):
        read_operator_table(write(tmp_path, text), columns, separator=";", decimal=",")
