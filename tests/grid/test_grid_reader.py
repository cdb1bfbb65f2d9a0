"""The four tables of a network, and what is said when they do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from siting.errors import DataError
from siting.inputs.grid import build_grid
from siting.sources.grid import read_demand, read_network

GOOD = {
    "buses": "bus,lon,lat,voltage_kv\n1,9,50,380\n2,10,50,380\n3,10,51,380\n",
    "branches": (
        "branch,bus0,bus1,kind,reactance_pu_on_1mva,rating_mva,circuits\n"
        "L1,1,2,line,1e-3,100,1\nL2,1,3,line,1e-3,100,1\nL3,2,3,line,1e-3,,1\n"
    ),
    "generators": "generator,bus,carrier,capacity_mw,marginal_cost_eur_per_mwh\ng,1,Wind Offshore,300,0\n",
    "storage": "storage,bus,power_mw\ns,2,50\n",
}


def write(folder: Path, **changed: str) -> Path:
    for name, text in (GOOD | changed).items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def told(folder: Path) -> str:
    with pytest.raises(DataError) as error:
        read_network(folder)
    return "\n".join(error.value.problems)


def test_a_good_folder(tmp_path: Path):
    grid = build_grid(read_network(write(tmp_path)), power_factor=0.9)
    assert grid.network.bus == ("1", "2", "3")
    assert grid.network.rating_mw[0] == pytest.approx(90)
    assert grid.generators["carrier"].tolist() == ["wind_offshore"]
    assert grid.storage["bus_index"].tolist() == [1]
    assert grid.notes() == ["1 branches (33%) have no rating and limit nothing"]


def test_problems_of_all_files_are_told_at_once(tmp_path: Path):
    text = told(
        write(
            tmp_path,
            buses=GOOD["buses"] + "1,9,50,380\n",
            branches=GOOD["branches"].replace("L2,1,3,line,1e-3", "L2,1,3,line,-1e-3"),
            generators=GOOD["generators"].replace("300", "-300"),
            storage="storage,bus\ns,2\n",
        )
    )
    assert "buses.csv: bus '1' appears more than once" in text
    assert "branches.csv: branch 'L2' has reactance_pu_on_1mva = -0.001; it must not be negative" in text
    assert "generators.csv: generator 'g' has capacity_mw = -300; it must not be negative" in text
    assert "storage.csv has no column 'power_mw'" in text


def test_names_that_do_not_meet(tmp_path: Path):
    text = told(
        write(
            tmp_path,
            buses=GOOD["buses"] + "4,9,50,380\n",
            branches=GOOD["branches"] + "L4,2,99,line,1e-3,100,1\n",
            generators=GOOD["generators"] + "h,77,gas,1,1\n",
        )
    )
    assert "branch 'L4' names bus '99', which is not in buses.csv" in text
    assert "bus '4' has no branch" in text
    assert "generator 'h' names bus '77', which is not in buses.csv" in text


def test_a_missing_file_and_a_word_for_a_number(tmp_path: Path):
    folder = write(tmp_path, branches=GOOD["branches"].replace("1e-3,100", "short,100"))
    (folder / "storage.csv").unlink()
    text = told(folder)
    assert "the file storage.csv is missing" in text
    assert "reactance_pu_on_1mva = 'short', which is no number" in text


def test_demand_by_bus(tmp_path: Path):
    buses = read_network(write(tmp_path)).buses["bus"].tolist()
    path = tmp_path / "demand.csv"
    path.write_text("bus,annual_gwh\n3,20\n1,10\n")
    assert read_demand(path, buses).tolist() == [10, 0, 20]
    path.write_text("bus,annual_gwh\n3,20\n8,1\n1,-10\n")
    with pytest.raises(DataError) as error:
        read_demand(path, buses)
    assert len(error.value.problems) == 2
