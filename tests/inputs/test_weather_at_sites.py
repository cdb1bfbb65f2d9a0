"""Weather of a study's sites: by the enclosing cell, or interpolated and brought to the altitude of the site."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr

from siting.errors import DataError, InputsError
from siting.inputs.climate import technologies, weather_at
from siting.inputs.source_water import SOURCE_WATER, by_hour, of_candidates
from siting.inputs.weather import AIR, of_sites
from siting.physics import air

from .weather_grid import grid, write


def sites(**columns: list) -> gpd.GeoDataFrame:
    lon, lat = [9.4, 10.2], [50.2, 51.4]
    return gpd.GeoDataFrame({"site": ["low", "high"], **columns}, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")


def study(to_site: str):
    return SimpleNamespace(hours=SimpleNamespace(to_site=to_site), cooling=None)


@pytest.fixture
def path(tmp_path):
    return write(grid().assign(elevation_m=(("lat", "lon"), np.full((3, 3), 200.0))), tmp_path)


def test_the_enclosing_cell_is_taken_as_it_is(path):
    got = of_sites(study("cell"), sites(), path, AIR)
    cell = xr.open_dataset(path).sel(lat=50.0, lon=9.0)
    np.testing.assert_array_equal(got["dry_bulb_c"].values[got["cell_of_site"].values[0]], cell["dry_bulb_c"])


def test_interpolated_air_is_brought_to_the_site(path):
    level = of_sites(study("interpolated"), sites(elevation_m=[200.0, 200.0]), path, AIR)
    got = of_sites(study("interpolated"), sites(elevation_m=[200.0, 1200.0]), path, AIR)
    np.testing.assert_allclose(got["dry_bulb_c"][0], level["dry_bulb_c"][0])
    np.testing.assert_allclose(got["dry_bulb_c"][1], level["dry_bulb_c"][1] - 6.5)
    assert float((level["pressure_pa"][1] - got["pressure_pa"][1]).mean()) == pytest.approx(11_300, rel=0.03)
    wet = [air.state(*(d[v].values[1] for v in AIR)).wet_bulb_c.mean() for d in (level, got)]
    assert 3.0 < wet[0] - wet[1] < 6.5
    with pytest.raises(InputsError, match=r"needs elevation_m for every candidate; 1 have none, the first is 'high'"):
        of_sites(study("interpolated"), sites(elevation_m=[200.0, np.nan]), path, AIR)
    with pytest.raises(InputsError, match="2 have none"):
        of_sites(study("interpolated"), sites(), path, AIR)


def test_the_sea_beside_a_site(tmp_path):
    """Sea in the column at 11 E only: a place at 10.2 E has it within two cells, one at 7.6 E (2.2 cells) does not."""
    sea = xr.where(grid()["lon"] > 10.5, 12.0, np.nan) + 0 * grid()["dry_bulb_c"]
    path = write(grid().assign({"sea_temperature_c": sea.transpose("time", "lat", "lon").assign_attrs(units="degC")}), tmp_path)
    got = weather_at(path, 10.2, 51.4)
    assert float(got[SOURCE_WATER].mean()) == 12.0
    assert SOURCE_WATER not in weather_at(path, 7.6, 50.0)
    outdoor = air.state(*(got[v].values for v in AIR))._replace(source_water_c=got[SOURCE_WATER].values)
    assert float(technologies(only=["sea_water"])[0].run(outdoor).pue.mean()) == pytest.approx(1.157, abs=0.003)


def lake_table(folder, rows: list[str]) -> SimpleNamespace:
    """A study whose cooling has a table of source water."""
    (folder / "lake.csv").write_text("\n".join(["site,month,water_c", *rows]))
    asked = SimpleNamespace(source_water="lake.csv")
    return SimpleNamespace(hours=SimpleNamespace(to_site="cell"), cooling=asked, path=lambda name: folder / name)


def test_a_lake_by_month_stands_in_the_hours_of_its_site_only(path, tmp_path):
    got = of_sites(lake_table(tmp_path, [f"high,{m},{10 + m}" for m in range(1, 13)]), sites(), path, AIR)
    water = got[SOURCE_WATER].values[got["cell_of_site"].values]
    assert np.isnan(water[0]).all()
    np.testing.assert_allclose(water[1], by_hour(np.arange(11.0, 23.0)[None], got["time"].values)[0])
    assert 15.4 < water[1].mean() < 15.6  # 1 and 2 June: half way from May's 15 to June's 16 degC


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([f"high,{m},10" for m in range(1, 12)], "one row for each month"),
        ([f"high,{m},{55 if m == 7 else 10}" for m in range(1, 13)], "water_c is 55"),
        ([f"hihg,{m},10" for m in range(1, 13)], "'hihg' is no candidate; did you mean 'high'"),
    ],
)
def test_a_wrong_table_of_source_water(rows, told, tmp_path):
    with pytest.raises(DataError, match=told):
        of_candidates(lake_table(tmp_path, rows), sites())
