"""Weather readers on true samples, and on the same samples in the other layouts that providers hand out."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from siting.errors import DataError
from siting.physics import air
from siting.sources.weather import READERS, at_sites, between_cells, form_of, open_weather, water_of

from .atlite_cutout import CUTOUT, raw_era5
from .weather_files import (
    BERLIN,
    EPW,
    RHINE,
    as_downloaded_now,
    berlin,
    cutout,
    needs_epw,
    needs_era5,
    since_midnight,
    with_preliminary_months,
    write,
)

AIR = ("dry_bulb_c", "dew_point_c", "pressure_pa")
NOT_AIR = ("dry_bulb_c", "pressure_pa", "wind_speed_m_per_s", "ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")


def solar_noon_utc(time: pd.DatetimeIndex, lon: float) -> float:
    """The mean over the days of the hour at which the sun stands highest, by the equation of time of the almanac."""
    b = 2 * np.pi * (time.dayofyear - 81) / 364
    minutes = 9.87 * np.sin(2 * b) - 7.53 * np.cos(b) - 1.5 * np.sin(b)
    return 12.0 - lon / 15.0 - float(np.mean(minutes)) / 60.0


def centre_of_light_utc(ghi: xr.DataArray) -> float:
    """The hour that halves the light of a clear-sky-like mean day, the hours being whole and hour beginning."""
    day = ghi.groupby("time.hour").mean().values
    return float((day * (np.arange(24) + 0.5)).sum() / day.sum())


@needs_era5
def test_era5_units_and_hours():
    raw, got = berlin(), open_weather(BERLIN, NOT_AIR)
    assert got["dry_bulb_c"].chunks is not None  # lazy
    assert got.sizes["time"] == 8759  # the radiation of the last hour ends in the next file
    np.testing.assert_array_equal(got["lat"], [52.35, 52.6])  # ascending
    cell = dict(lat=52.35, lon=13.35)
    raw_cell = raw.sel(latitude=52.35, longitude=13.35, method="nearest")
    here = got.sel(cell, method="nearest").load()
    np.testing.assert_allclose(here["dry_bulb_c"], raw_cell["t2m"].values[:-1] - 273.15)
    np.testing.assert_allclose(here["ghi_w_per_m2"], np.maximum(raw_cell["ssrd"].values[1:], 0) / 3600, atol=1e-6)
    np.testing.assert_allclose(here["wind_speed_m_per_s"], np.hypot(raw_cell["u10"], raw_cell["v10"])[:-1])
    assert got["dry_bulb_c"].attrs["units"] == "degC" and got["ghi_w_per_m2"].attrs["units"] == "W m-2"
    assert 950 < float(here["ghi_w_per_m2"].sum()) / 1000 < 1150  # kWh/m2 of Berlin in 2017
    noon = solar_noon_utc(pd.DatetimeIndex(here["time"].values), 13.35)
    assert centre_of_light_utc(here["ghi_w_per_m2"]) == pytest.approx(noon, abs=0.15)


@needs_era5
def test_beam_and_diffuse_add_up_to_global():
    from siting.physics import renewables

    here = open_weather(BERLIN, NOT_AIR).isel(lat=0, lon=1).load()
    half = here["time"].values + np.timedelta64(30, "m")
    zenith = renewables.sun_position(half, [float(here["lat"])], [float(here["lon"])]).zenith_deg[:, 0]
    high = (zenith < 80) & (here["dni_w_per_m2"].values < 1400)
    closed = here["dhi_w_per_m2"].values + here["dni_w_per_m2"].values * np.cos(np.radians(zenith))
    np.testing.assert_allclose(closed[high], here["ghi_w_per_m2"].values[high], atol=2.0)


@needs_era5
def test_every_way_of_accumulation_is_the_same_radiation(tmp_path):
    raw = berlin().isel(time=slice(24 * 150, 24 * 156))
    deaccumulated = raw.copy()
    for v in ("ssrd", "fdir"):
        deaccumulated[v] = (raw[v] / 3600.0).assign_attrs(units="W m**-2")
    ways = {"hour": raw, "midnight": since_midnight(raw), "watts": deaccumulated}
    got = {k: open_weather(write(d, tmp_path / f"{k}.nc"), NOT_AIR).load() for k, d in ways.items()}
    for way in ("midnight", "watts"):
        for v in ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"):
            np.testing.assert_allclose(got[way][v], got["hour"][v], atol=0.2, err_msg=f"{way} {v}")


@needs_era5
def test_layouts_of_the_store(tmp_path):
    raw = berlin().isel(time=slice(0, 480))
    plain = open_weather(write(raw, tmp_path / "plain.nc"), NOT_AIR).load()
    now = open_weather(write(as_downloaded_now(raw), tmp_path / "now.nc"), NOT_AIR).load()
    xr.testing.assert_allclose(now, plain)
    early = open_weather(write(with_preliminary_months(raw, 200), tmp_path / "two.nc"), NOT_AIR).load()
    xr.testing.assert_allclose(early, plain)
    folder = tmp_path / "parts"
    folder.mkdir()
    write(raw[["t2m", "sp", "u10", "v10"]], folder / "instant.nc")
    write(raw[["ssrd", "fdir"]].isel(time=slice(0, 240)), folder / "accum_1.nc")
    write(raw[["ssrd", "fdir"]].isel(time=slice(240, None)), folder / "accum_2.nc")
    xr.testing.assert_allclose(open_weather(folder, NOT_AIR).load(), plain[list(NOT_AIR)])


@needs_era5
def test_era5_folder_holds_moist_air():
    got = open_weather(RHINE, AIR).load()
    assert dict(got.sizes) == {"time": 140, "lat": 13, "lon": 11}
    raw = xr.open_dataset(RHINE / "2m_dewpoint_temperature.nc")["d2m"]
    np.testing.assert_allclose(got["dew_point_c"].values, raw.sortby("latitude").values - 273.15)
    state = air.state(*(got[v].values for v in AIR))
    assert (state.wet_bulb_c <= state.dry_bulb_c).all() and float(state.wet_bulb_c.min()) > -20


@needs_era5
def test_two_samples_together_hold_everything(tmp_path):
    """No single sample has all; Berlin's hours with a dew point from the Rhine's depression give all of UNITS."""
    raw = berlin().isel(time=slice(0, 140))
    rhine = open_weather(RHINE, AIR).load()
    depression = (rhine["dry_bulb_c"] - rhine["dew_point_c"]).mean(["lat", "lon"]).values
    raw["d2m"] = (raw["t2m"] - np.maximum(depression, 0)[:, None, None]).assign_attrs(units="K")
    raw["z"] = xr.full_like(raw["t2m"], 45.0 * 9.80665).assign_attrs(units="m**2 s**-2")
    path = write(raw, tmp_path / "all.nc")
    got = open_weather(path)
    assert float(got["elevation_m"].mean()) == pytest.approx(45.0)
    sites = at_sites(got, np.array([13.4]), np.array([52.5]), ["Berlin"], path)
    assert sites.sizes == {"cell": 1, "time": 139, "site": 1}


@needs_era5
def test_what_to_download():
    with pytest.raises(DataError, match="dew_point_c comes from d2m; download 2m_dewpoint_temperature"):
        open_weather(BERLIN, AIR)


@needs_era5
def test_atlite_cutout(tmp_path):
    raw = berlin().isel(time=slice(24 * 170, 24 * 180))
    path = write(cutout(raw, 45.0), tmp_path / "cutout.nc")
    assert form_of(path) == "cutout"
    got, true = open_weather(path).load(), open_weather(write(raw, tmp_path / "era5.nc"), NOT_AIR).load()
    for v in ("dry_bulb_c", "wind_speed_m_per_s", "ghi_w_per_m2", "dhi_w_per_m2"):
        np.testing.assert_allclose(got[v], true[v], atol=1e-3, err_msg=v)
    np.testing.assert_allclose(got["dni_w_per_m2"], true["dni_w_per_m2"], rtol=0.2, atol=25)  # a rougher sun in the cutout
    assert float(np.abs(got["pressure_pa"] - true["pressure_pa"]).mean()) < 1500  # of the height only: no weather in it
    assert "no pressure" in got["pressure_pa"].attrs["made"]
    other = cutout(raw, 45.0)
    other["influx_direct"].attrs["module"] = "sarah"
    with pytest.raises(DataError, match="module 'sarah'"):
        open_weather(write(other, tmp_path / "sarah.nc"))


def test_a_cutout_that_atlite_wrote(tmp_path):
    """atlite 0.7's own file and the raw hours that it was made from give the same weather; the sun is atlite's in one only."""
    raw = write(raw_era5(), tmp_path / "era5.nc")
    assert form_of(CUTOUT) == "cutout" and form_of(raw) == "era5"
    got, true = open_weather(CUTOUT).load(), open_weather(raw).load()
    assert got.sizes == true.sizes == {"time": 47, "lat": 3, "lon": 3}
    for v in ("dry_bulb_c", "dew_point_c", "wind_speed_m_per_s", "wind_speed_100m_m_per_s", "ghi_w_per_m2", "dhi_w_per_m2"):
        np.testing.assert_allclose(got[v], true[v], atol=2e-3, err_msg=v)
    np.testing.assert_allclose(got["elevation_m"], true["elevation_m"], atol=1e-3)
    np.testing.assert_allclose(got["pressure_pa"], true["pressure_pa"], rtol=3e-3)
    high = got["dni_w_per_m2"].where(got["ghi_w_per_m2"] > 200, drop=True)
    np.testing.assert_allclose(high, true["dni_w_per_m2"].sel(time=high["time"]).where(high.notnull()), rtol=0.02, atol=1)


def test_lakes_of_era5(tmp_path):
    """The model's lake counts where the cell has one; the sea comes first; both are needed to know."""
    raw = raw_era5()
    like = raw["t2m"]
    lake = raw.assign(lmlt=xr.full_like(like, 285.15), cl=xr.where(like["longitude"] == 8.25, 0.02, 0.0) + 0 * like)
    got = open_weather(write(lake, tmp_path / "lake.nc"))
    assert np.isnan(got["lake_temperature_c"].sel(lon=8.0)).all()
    np.testing.assert_allclose(got["lake_temperature_c"].sel(lon=8.25), 12.0, atol=1e-3)
    sea = lake.assign(sst=xr.where(like["longitude"] == 8.5, 288.15, np.nan) + 0 * like)
    sea["sst"].attrs["units"] = "K"
    both = water_of(open_weather(write(sea, tmp_path / "both.nc")))
    assert both is not None
    np.testing.assert_allclose(both.isel(time=0, lat=0), [np.nan, 12.0, 15.0], atol=1e-3)
    with pytest.raises(DataError, match="lmlt and cl; download lake_mix_layer_temperature, lake_cover"):
        open_weather(write(lake.drop_vars("cl"), tmp_path / "no_cover.nc"))


@needs_epw
def test_a_folder_of_epw_is_stations_in_utc():
    got = open_weather(EPW)
    assert got.sizes == {"time": 8760, "station": 10} and float(got["clock_error_h"].max()) == 0
    name = next(p for p in EPW.iterdir() if "Phoenix" in p.name)
    lines = gzip.decompress(name.read_bytes()).decode().splitlines()
    first, last = lines[8].split(","), lines[-1].split(",")
    phoenix = got.sel(station=name.name.removesuffix(".epw.gz"))
    assert float(phoenix["lat"]) == pytest.approx(33.45) and float(phoenix["elevation_m"]) == 337
    # Hour 1 of 1 January in UTC-7 begins at 07 UTC; hour 24 of 31 December comes back as 06 UTC of 1 January.
    assert float(phoenix["dry_bulb_c"].sel(time="2001-01-01T07")) == float(first[6])
    assert float(phoenix["pressure_pa"].sel(time="2001-01-01T06")) == float(last[9])
    noon = solar_noon_utc(pd.DatetimeIndex(got["time"].values), float(phoenix["lon"]))
    rolled = phoenix["ghi_w_per_m2"].assign_coords(time=got["time"].values - np.timedelta64(7, "h"))
    assert centre_of_light_utc(rolled) + 7 == pytest.approx(noon, abs=0.15)


@needs_epw
def test_a_damaged_epw_is_told(tmp_path):
    lines = gzip.decompress(next(EPW.glob("*Miami*")).read_bytes()).decode().splitlines()
    row = lines[100].split(",")
    row[6] = "99.9"
    (tmp_path / "hole.epw").write_text("\n".join([*lines[:100], ",".join(row), *lines[101:]]))
    (tmp_path / "short.epw").write_text("\n".join(lines[:500]))
    with pytest.raises(DataError) as e:
        open_weather(tmp_path)
    assert any("hole.epw: dry_bulb_c is missing in 1 hours" in p for p in e.value.problems)
    assert any("short.epw: it has 492 hours" in p for p in e.value.problems)


def table(n: int = 30) -> pd.DataFrame:
    time = pd.date_range("2024-02-28", periods=n, freq="h", tz="UTC")
    each = [
        pd.DataFrame(
            {"time": time, "station": s, "lon": lon, "lat": 50.0, "dry_bulb_c": 5.0, "dew_point_k": 275.15, "pressure_hpa": 990}
        )
        for s, lon in (("west", 7.0), ("east", 12.0))
    ]
    return pd.concat(each)


def test_plain_csv(tmp_path):
    path = tmp_path / "weather.csv"
    table().to_csv(path, index=False)
    got = open_weather(path, AIR)
    assert got.sizes == {"time": 30, "station": 2}
    assert float(got["dew_point_c"].mean()) == pytest.approx(2.0) and float(got["pressure_pa"].mean()) == 99_000
    sites = at_sites(got, np.array([11.8]), np.array([50.1]), ["x"], path, AIR)
    assert sites.sizes["cell"] == 1 and float(sites["lon"][0]) == 12.0
    with pytest.raises(DataError, match=r"does not cover site 'far'.*nearest station"):
        at_sites(got, np.array([2.0]), np.array([50.1]), ["far"], path, AIR)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.iloc[:-1], r"station 'east' has 29 of 30 hours"),
        (lambda t: pd.concat([t, t.iloc[:1]]), r"stands there twice"),
        (lambda t: t.drop(columns="dew_point_k"), r"variable 'dew_point_c' is missing"),
        (lambda t: t.drop(columns="lat"), r"column 'lat' is missing"),
        (lambda t: t[t["time"].dt.hour != 7], r"1 hours are missing after"),
    ],
)
def test_a_bad_csv(tmp_path, change, message):
    path = tmp_path / "weather.csv"
    change(table()).to_csv(path, index=False)
    with pytest.raises(DataError, match=message):
        open_weather(path, AIR)


def test_files_of_no_format(tmp_path):
    path = write(xr.Dataset({"rain": ("t", [1.0])}), tmp_path / "rain.nc")
    with pytest.raises(DataError, match="no known format; its variables: rain"):
        open_weather(path)
    with pytest.raises(DataError, match="no such file"):
        open_weather(tmp_path / "nothing.nc")
    assert set(READERS) == {"grid", "era5", "cutout", "epw", "csv"}


def plane(elevation: float = 300.0) -> xr.Dataset:
    """A grid on which everything is linear in place (synthetic)."""
    lat, lon = np.array([50.0, 51.0, 52.0]), np.array([8.0, 9.0, 10.0, 11.0])
    time = pd.date_range("2021-01-01", periods=3, freq="h")
    slope = xr.DataArray(lat[:, None] + 2 * lon, {"lat": lat, "lon": lon}) + xr.DataArray([0.0, 1.0, 2.0], {"time": time})
    data = xr.Dataset({"dry_bulb_c": slope, "dew_point_c": slope - 60, "pressure_pa": slope * 1000.0}).transpose("time", ...)
    for v, unit in zip(data, ("degC", "degC", "Pa"), strict=True):
        data[v].attrs["units"] = unit
    return data.assign(elevation_m=(("lat", "lon"), np.full((3, 4), elevation)))


def test_interpolation_is_exact_on_a_plane_and_keeps_to_land():
    lon, lat = np.array([8.25, 10.5]), np.array([50.5, 51.25])
    got = between_cells(plane(), lon, lat, ["a", "b"], Path("plane.nc"), AIR)
    np.testing.assert_allclose(got["dry_bulb_c"].values[:, 0], lat + 2 * lon, atol=1e-6)
    sea = plane().where(lambda d: d["lon"] < 10.5)  # no land in the east
    got = between_cells(sea, np.array([10.4]), np.array([51.0]), ["coast"], Path("plane.nc"), AIR)
    assert float(got["dry_bulb_c"][0, 0]) == pytest.approx(71.0, abs=1e-6)  # of the cell at 10 E alone
    with pytest.raises(DataError, match="elevation_m"):
        between_cells(plane().drop_vars("elevation_m"), lon, lat, ["a", "b"], Path("plane.nc"), AIR)
