"""Bad tables and grids: the message names the file, the thing, the value and the rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely.geometry import Point

import siting
from siting.errors import DataError, InputsError, SitingError
from siting.inputs import files
from siting.inputs.checks import check
from siting.inputs.money import SHIPPED
from siting.sources.tables import read_candidates
from siting.sources.weather import at_sites, open_grid
from tests.blocks.small import Case, two_sites

from .weather_grid import grid, write

ROOT = Path(__file__).resolve().parents[2]


def setter(table: str, column: str, row: int, value: object) -> Callable[[Case], None]:
    """A change of one cell."""

    def change(case: Case) -> None:
        frame = case.tables[table]
        if column not in frame:
            frame[column] = np.nan
        frame[column] = frame[column].astype(object)
        frame.loc[row, column] = value

    return change


def repeat(table: str, row: int) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        case.tables[table] = pd.concat([case.tables[table], case.tables[table].iloc[[row]]])

    return change


def drop(table: str, row: int) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        case.tables[table] = case.tables[table].drop(index=row)

    return change


def gap_of_hours(case: Case) -> None:
    table = case.tables["hours.csv"]
    case.tables["hours.csv"] = pd.concat([table, table.iloc[[1]].assign(hour=3), table.iloc[[1]].assign(hour=4)])


def without_headroom(case: Case) -> None:
    case.raw["grid"]["headroom"] = "per_bus"


def renamed(table: str, old: str, new: str) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        case.tables[table] = case.tables[table].rename(columns={old: new})

    return change


def latency_without_places(case: Case) -> None:
    case.raw["work"]["web"]["latency_ms"] = 5.0
    case.tables["regions.csv"] = case.tables["regions.csv"].drop(columns=["lon", "lat"])


BAD = {  # what -> (change, file, message)
    "duplicate site": (repeat("sites.csv", 0), "sites.csv", r"row 4: site north stands there a second time"),
    "negative capacity": (setter("sites.csv", "max_it_mw", 1, -20.0), "sites.csv", r"site 'south': max_it_mw is negative"),
    "negative land": (setter("sites.csv", "land_ha", 0, -1.0), "sites.csv", r"site 'north': land_ha is negative"),
    "a choice": (
        setter("sites.csv", "choice", 0, "maybe"),
        "sites.csv",
        r"'north': choice is 'maybe'; valid: must, never, or empty",
    ),
    "not degrees": (
        setter("sites.csv", "lat", 1, 5_400_000.0),
        "sites.csv",
        r"site 'south': lon, lat are not degrees \(wrong CRS",
    ),
    "unknown column": (renamed("sites.csv", "state", "stat"), "sites.csv", r"unknown column 'stat'; did you mean 'state'\?"),
    "no capacity": (setter("sites.csv", "max_it_mw", 0, None), None, r"no max_it_mw for site north: give a column"),
    "no headroom": (without_headroom, None, r"grid\.headroom 'per_bus' needs a column headroom_mw for every candidate"),
    "missing column": (
        renamed("hours.csv", "weight", "wight"),
        "hours.csv",
        r"column 'weight' is missing; did you mean 'wight'\?",
    ),
    "duplicate hour": (repeat("hours.csv", 1), "hours.csv", r"row 4: block b0, hour 1 stands there a second time"),
    "gap of hours": (gap_of_hours, "hours.csv", r"block b0: hour 2 is missing \(every block needs hours 0 to 3\)"),
    "NaN price": (setter("hours.csv", "spot_price_eur_2024_per_mwh", 1, None), "hours.csv", r"row 3: spot_price_.* is 'nan'"),
    "words for numbers": (
        setter("regions.csv", "it_mw", 0, "ten"),
        "regions.csv",
        r"row 2: it_mw is 'ten', which is not a number",
    ),
    "negative demand": (setter("regions.csv", "it_mw", 0, -10.0), "regions.csv", r"region 'all': it_mw is negative"),
    "latency without places": (latency_without_places, "regions.csv", r"a latency limit needs the columns lon and lat"),
    "no PUE": (drop("cooling.csv", 3), "cooling.csv", r"no PUE for site 'south', cooling 'air_economiser', block b0, hour 1"),
    "PUE below one": (
        setter("cooling.csv", "pue", 0, 0.2),
        None,
        r"PUE at the reference utilisation \(pue\) holds 0\.2 1; allowed is 1",
    ),
    "carbon of kg": (
        setter("hours.csv", "carbon_average_t_per_mwh", 0, 400.0),
        None,
        r"\(carbon_average\) holds 400 t/MWh; allowed is 0 to 3",
    ),
    "weights": (setter("hours.csv", "weight", 0, 1.0), "hours.csv", r"block b0: its hours have different weights"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_table(tmp_path, what):
    change, file, message = BAD[what]
    case = two_sites()
    change(case)
    with pytest.raises((DataError, InputsError), match=message) as e:
        siting.run(case.study(tmp_path))
    if file:
        assert e.value.path == tmp_path / file


def test_weights_that_are_no_year(tmp_path):
    case = two_sites()
    case.tables["hours.csv"]["weight"] = 100.0
    with pytest.raises(InputsError, match=r"the weights of the blocks cover 200\.0 hours; a year has 8760"):
        siting.run(case.study(tmp_path))


def test_all_problems_of_a_table_at_once(tmp_path):
    case = two_sites()
    case.tables["sites.csv"]["max_it_mw"] = [-1.0, -2.0]
    case.tables["sites.csv"]["choice"] = ["must", "perhaps"]
    with pytest.raises(DataError) as e:
        siting.run(case.study(tmp_path))
    assert len(e.value.problems) == 3


def test_nan_of_prepared_inputs_says_where(tmp_path):
    inputs = two_sites().inputs(tmp_path)
    inputs.data["spot_price"] = inputs.data["spot_price"].copy()
    inputs.data["spot_price"][0, 1] = np.nan
    with pytest.raises(InputsError, match=r"day-ahead price \(spot_price\) is not a finite number at block 0, hour 1"):
        check(inputs)


UNCLEAR = {  # what -> (change, the message that it should be)
    "text capacity": (setter("sites.csv", "max_it_mw", 0, "twenty"), r"max_it_mw is 'twenty'"),
    "no longitude": (setter("sites.csv", "lon", 0, None), r"site 'north': lon is empty"),
}


@pytest.mark.parametrize("what", UNCLEAR)
def test_a_candidate_without_numbers(tmp_path, what):
    change, message = UNCLEAR[what]
    case = two_sites()
    case.raw["work"]["web"]["latency_ms"] = 50.0
    change(case)
    with pytest.raises(DataError, match=message):
        siting.run(case.study(tmp_path))


def test_cooling_blocks_in_another_order(tmp_path):
    """Blocks are matched by name, never by the order in which they stand in the file."""
    case = two_blocks()
    (tmp_path / "a").mkdir()
    one = siting.run(case.study(tmp_path / "a"))
    case.tables["cooling.csv"] = case.tables["cooling.csv"].sort_values("block", ascending=False, kind="stable")
    (tmp_path / "b").mkdir()
    other = siting.run(case.study(tmp_path / "b"))
    assert one.outcome["objective"] == pytest.approx(other.outcome["objective"], rel=1e-9)


@pytest.mark.parametrize("name", ["b9", "b1"])
def test_cooling_blocks_that_the_hours_do_not_have(tmp_path, name):
    case = two_blocks()
    cool = case.tables["cooling.csv"]
    if name == "b9":
        case.tables["cooling.csv"] = cool.replace({"block": {"b1": "b9"}})
    else:
        case.tables["cooling.csv"] = cool[cool["block"] != "b1"]
    with pytest.raises(DataError, match=name):
        siting.run(case.study(tmp_path))


def two_blocks() -> Case:
    """A cheap block with a poor PUE and a dear one with a good PUE."""
    case = two_sites()
    hours, cool = case.tables["hours.csv"], case.tables["cooling.csv"]
    case.tables["hours.csv"] = pd.concat(
        [hours.assign(weight=2190.0), hours.assign(block="b1", weight=2190.0, spot_price_eur_2024_per_mwh=500.0)]
    )
    case.tables["cooling.csv"] = pd.concat([cool.assign(pue=1.6), cool.assign(block="b1", pue=1.2)])
    return case


SITE = (np.array([10.1]), np.array([51.1]), ["middle"])


def test_a_good_grid(tmp_path):
    path = write(grid(), tmp_path)
    cells = at_sites(open_grid(path), *SITE, path)
    assert (cells["lat"].item(), cells["lon"].item()) == (51.0, 10.0)


def wrong_unit(g: xr.Dataset) -> xr.Dataset:
    g["dry_bulb_c"].attrs["units"] = "K"
    return g


def no_unit(g: xr.Dataset) -> xr.Dataset:
    del g["pressure_pa"].attrs["units"]
    return g


def nan_hour(g: xr.Dataset) -> xr.Dataset:
    g["dew_point_c"][5, 1, 1] = np.nan
    return g


GRIDS = {
    "wrong unit": (wrong_unit, r"dry_bulb_c has the unit 'K', expected 'degC'"),
    "no unit": (no_unit, r"pressure_pa has the unit 'None', expected 'Pa'"),
    "missing variable": (
        lambda g: g.rename(dew_point_c="dewpoint_c"),
        r"variable 'dew_point_c' is missing; did you mean 'dewpoint_c'",
    ),
    "no grid": (lambda g: g.rename(lat="latitude"), r"dimension 'lat' is missing"),
    "gap": (
        lambda g: g.isel(time=[*range(10), *range(13, 48)]),
        r"3 hours are missing after 2021-06-01 09:00:00; a gap is never filled",
    ),
    "duplicate hour": (
        lambda g: g.isel(time=[*range(10), 9, *range(10, 48)]),
        r"the hour 2021-06-01 09:00:00 stands there twice",
    ),
    "backwards": (lambda g: g.isel(time=slice(None, None, -1)), r"time does not increase"),
    "NaN": (nan_hour, r"dew_point_c has hours without a value in the cell at 51\.00 N, 10\.00 E"),
    "elsewhere": (
        lambda g: g.assign_coords(lon=g["lon"] + 20),
        r"does not cover site 'middle' \(51\.10 N, 10\.10 E\); .* degrees away",
    ),
}


@pytest.mark.parametrize("what", GRIDS)
def test_a_bad_grid(tmp_path, what):
    change, message = GRIDS[what]
    path = write(change(grid()), tmp_path)
    with pytest.raises(DataError, match=message) as e:
        at_sites(open_grid(path), *SITE, path)
    assert e.value.path == path


def test_a_layer_without_crs(tmp_path):
    path = tmp_path / "sites.gpkg"
    gpd.GeoDataFrame({"site": ["a"]}, geometry=[Point(10, 51)]).to_file(path, driver="GPKG", engine="pyogrio")
    with pytest.raises(DataError, match="the layer has no CRS; set it"):
        read_candidates(path)


@pytest.mark.parametrize("key", ["exclude", "areas"])
def test_areas_without_crs(tmp_path, key):
    layer = tmp_path / "areas.gpkg"
    shape = gpd.GeoDataFrame({"state": ["X"]}, geometry=[Point(10, 51).buffer(5)])
    shape.to_file(layer, driver="GPKG", engine="pyogrio")
    case = two_sites()
    case.raw["sites"][key] = "areas.gpkg" if key == "areas" else [{"path": "areas.gpkg", "reason": "park"}]
    with pytest.raises(SitingError, match="CRS") as e:
        siting.run(case.study(tmp_path))
    assert e.value.path == layer


def test_a_site_outside_all_areas(tmp_path):
    shape = gpd.GeoDataFrame({"state": ["X"]}, geometry=[Point(9, 53.5).buffer(0.5)], crs=4326)
    shape.to_file(tmp_path / "areas.gpkg", driver="GPKG", engine="pyogrio")
    case = two_sites()
    case.raw["sites"]["areas"] = "areas.gpkg"
    with pytest.raises(DataError, match="no area within 1 km of site south: drop it, or give areas that cover it"):
        siting.run(case.study(tmp_path))


def test_sources_name_only_tables_that_the_study_reads():
    """A study without levers does not stand under the notice of speculative technologies."""
    study = siting.read_study(ROOT / "models" / "germany.yaml")
    files_ = set(files.sources(study, SHIPPED)["file"])
    assert {"technologies/cooling.csv", "technologies/generation.csv", "technologies/deflators.csv"} <= files_
    assert not files_ & {"technologies/levers.csv", "technologies/chips.csv", "technologies/fleet.csv", "technologies/work.csv"}
    with_levers = study.with_(levers={"technologies": ["quantisation"]})
    assert "technologies/levers.csv" in set(files.sources(with_levers, SHIPPED)["file"])
