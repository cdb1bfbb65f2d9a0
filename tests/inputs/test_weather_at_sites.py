"""Weather of a study's sites: by the enclosing cell, or interpolated and brought to the altitude of the site."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr

from siting.errors import InputsError
from siting.inputs.climate import SEA, technologies, weather_at
from siting.inputs.weather import AIR, of_sites
from siting.physics import air

from .weather_grid import grid, write


def sites(**columns: list) -> gpd.GeoDataFrame:
    lon, lat = [9.4, 10.2], [50.2, 51.4]
    return gpd.GeoDataFrame({"site": ["low", "high"], **columns}, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")


def study(to_site: str):
    return SimpleNamespace(hours=SimpleNamespace(to_site=to_site))


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
    path = write(grid().assign({SEA: sea.transpose("time", "lat", "lon").assign_attrs(units="degC")}), tmp_path)
    got = weather_at(path, 10.2, 51.4)
    assert float(got[SEA].mean()) == 12.0
    assert SEA not in weather_at(path, 7.6, 50.0)
    outdoor = air.state(*(got[v].values for v in AIR))._replace(source_water_c=got[SEA].values)
    assert float(technologies(only=["sea_water"])[0].run(outdoor).pue.mean()) == pytest.approx(1.157, abs=0.003)
