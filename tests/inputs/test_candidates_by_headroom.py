"""Candidates whose bus alone has no room for a module are left out, and told; corridor ends in words."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from siting.errors import DataError
from siting.inputs.candidates import candidates

from ..blocks.small import Case
from ..grid.small_grid import on_a_triangle, triangle_tables


def _case(firm_mw: list[float], buses: list[str]) -> Case:
    case = on_a_triangle(triangle_tables(100.0, 100.0, 50.0))
    case.tables["headroom.csv"] = pd.DataFrame({"bus": buses, "firm_mw": firm_mw, "binds": "corridor"})
    case.raw["sites"]["headroom"] = "headroom.csv"
    return case


def test_a_bus_with_less_than_a_module_is_left_out_and_told(tmp_path: Path):
    case = _case([4.9, 5.0], ["2", "3"])
    table = candidates(case.study(tmp_path)).set_index("site")
    assert table["kept"].to_dict() == {"north": False, "south": True}
    assert table.at["north", "reason"] == "its bus alone takes 4.9 MW, less than a module of 5 MW (headroom.csv)"


def test_a_bus_without_a_figure_is_an_error(tmp_path: Path):
    with pytest.raises(DataError, match=r"no headroom for the bus of 1 sites \(first: south\)"):
        candidates(_case([50.0], ["2"]).study(tmp_path))


def test_the_buses_of_a_network_in_words(tmp_path: Path):
    case = _case([50.0, 50.0], ["2", "3"])
    grid = case.inputs(tmp_path).grid
    assert grid is not None and grid.place == ("bus 1, 380 kV", "bus 2, 380 kV", "bus 3, 380 kV")
    case.tables["cities.csv"] = pd.DataFrame({"name": ["Ulm", "Kiel"], "lon": [10.0, 10.1], "lat": [48.4, 54.3]})
    case.raw["sites"]["cities"] = "cities.csv"
    (tmp_path / "named").mkdir()
    grid = case.inputs(tmp_path / "named").grid
    assert grid is not None and grid.place[1] == "Kiel 114 km SW, 380 kV"
