"""From the command line to files, and from an operator's table to the same ones."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner

import siting
from siting.cli import main
from siting.errors import InputsError
from siting.grid_headroom import headroom_of_operator
from siting.results.headroom import shared_headroom

from .networks import triangle
from .test_known_answers import solve


def folder_of_tables(folder: Path) -> Path:
    net = triangle(100, 100, 80, demand=[{"2": 30, "3": 20}, {"2": 0, "3": 0}, {"2": 60, "3": 10}])
    net.buses.to_csv(folder / "buses.csv", index=False)
    net.branches.drop(columns="x").to_csv(folder / "branches.csv", index=False)
    net.generators.to_csv(folder / "generators.csv", index=False)
    net.storage.to_csv(folder / "storage.csv", index=False)
    assert net.demand_mw is not None
    hours = pd.date_range("2020-01-01", periods=3, freq="h", name="hour")
    net.demand_mw.set_axis(hours).to_csv(folder / "demand_mw.csv")
    return folder


def test_the_command_writes_what_the_function_gives(tmp_path: Path):
    net, out = folder_of_tables(tmp_path), tmp_path / "out"
    words = ["headroom", str(net), "--n-1", "--out", str(out), "--energy-share", "0.2", "--at-least-mw", "60"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "managed, N-1 (strict), supply is a limit" in done.output and "must not be added up" in done.output
    data = siting.headroom(net)
    with xr.open_dataset(out / "headroom.nc", engine="h5netcdf") as stored:
        np.testing.assert_allclose(stored["headroom_mw"].values, data["headroom_mw"].values)
        assert (
            stored["headroom_mw"].attrs["units"] == "MW"
            and stored["binding_branch"].values.tolist() == data["binding_branch"].values.tolist()
        )
    layer = gpd.read_file(out / "headroom.gpkg").set_index("bus")
    assert layer.crs == 4326 and layer["rule"].iloc[0] == data.attrs["rule"]
    assert layer.at["2", "firm_mw"] == pytest.approx(0.95 * 80 - 60)  # 2-3 carries all of bus 2 after the loss of 1-2
    assert layer.at["2", "share_of_hours_with_60_mw"] == pytest.approx(1 / 3)
    assert layer.at["2", "flexible_mw"] > layer.at["2", "firm_mw"]
    assert (out / "map.png").stat().st_size > 10_000 and len(pd.read_csv(out / "headroom.csv")) == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.m"], "there is no such file or folder"),
        (["NET", "--rule", "passive"], "cutoff belongs to rule 'passive'"),
        (["NET", "--hours", "99"], "'99' names none of the 3 hours"),
        (["NET", "--missing-ratings", "maybe"], "missing ratings 'maybe'; valid: refuse, unlimited"),
    ],
)
def test_the_command_tells_what_is_wrong(tmp_path: Path, words: list[str], message: str):
    net = str(folder_of_tables(tmp_path))
    done = CliRunner().invoke(main, ["headroom", *(net if w == "NET" else w for w in words)])
    assert done.exit_code == 1 and message in done.output


def test_an_operators_table_with_shared_limits(tmp_path: Path):
    (tmp_path / "map.csv").write_text(
        "Nudo;MW;X;Y;Zona;Motivo\nA;120;9;50;Z1;stability\nB;90;10;50;Z1;thermal\nD;40;12;51;;thermal\n"
    )
    (tmp_path / "zones.csv").write_text("group,headroom_mw\nZ1,150\n")
    (tmp_path / "map.yaml").write_text(
        "node: Nudo\nheadroom_mw: MW\nlon: X\nlat: Y\ngroup: Zona\nlimit: Motivo\nseparator: ;\ngroups: zones.csv\n"
    )
    data = headroom_of_operator(tmp_path / "map.csv", tmp_path / "map.yaml")
    assert data["headroom_mw"].sel(bus="A").item() == 120 and data["binds"].sel(bus="A").item() == "stability"
    shared = shared_headroom(data, {"A": 100.0, "B": 100.0, "D": 100.0})
    assert shared["A"] + shared["B"] == pytest.approx(150) and shared["D"] == pytest.approx(40)
    with pytest.raises(InputsError, match="bus 'Q' has no published headroom"):
        shared_headroom(data, {"Q": 1.0})
    words = ["headroom", str(tmp_path / "map.csv"), "--columns", str(tmp_path / "map.yaml"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0 and "as published by the operator" in done.output, done.output


def test_flexible_headroom_of_each_bus_is_the_closed_form():
    data = solve(triangle(100, 100, 80, demand=[{"2": 30, "3": 20}, {"2": 0, "3": 0}, {"2": 60, "3": 10}]), True)
    table = siting.headroom_by_bus(data, hours=1).set_index("bus")
    assert table["flexible_mw"][["2", "3"]].tolist() == pytest.approx([50, 50])
    assert table["curtailed_hours"][["2", "3"]].tolist() == [1, 1]
    assert table["in_hour"]["2"] == "2"


def test_series_of_the_planner_replace_those_of_the_file(tmp_path: Path):
    net, hours = folder_of_tables(tmp_path), "2021-06-01 00:00"
    (tmp_path / "d.csv").write_text(f"hour,2,3\n{hours},30,20\n")
    (tmp_path / "a.csv").write_text(f"hour,plant 1\n{hours},0.0007\n")
    words = [
        "headroom",
        str(net),
        "--demand",
        str(tmp_path / "d.csv"),
        "--available",
        str(tmp_path / "a.csv"),
        "--out",
        str(tmp_path / "o"),
    ]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "o" / "headroom.csv", dtype={"bus": str}).set_index("bus")
    assert table.at["2", "firm_mw"] == pytest.approx(20) and table.at["2", "binds"] == "adequacy"
    (tmp_path / "a.csv").write_text("hour,plant 1,plant x\n2021-06-01 01:00,-1,\n")
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1 and "4 problems" in done.output, done.output
