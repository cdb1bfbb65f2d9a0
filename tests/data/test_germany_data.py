"""The built-in data of Germany: complete, as recorded, and true to what is known of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

DATA = Path(__file__).resolve().parents[2] / "data"
GERMANY = DATA / "germany"
CATALOGUE = yaml.safe_load((DATA / "catalogue.yaml").read_text(encoding="utf-8"))
FIELDS = {"path", "title", "reader", "sha256", "bytes", "licence", "source", "how_made", "coverage", "crs", "caveats"}
MONTHS = {"2017-08": 744, "2019-01": 744, "2019-09": 720}
RANGES = {
    "dry_bulb_c": (-30, 42),
    "dew_point_c": (-35, 27),
    "pressure_pa": (75_000, 107_000),
    "ghi_w_per_m2": (0, 1_100),
    "dni_w_per_m2": (0, 1_100),
    "dhi_w_per_m2": (0, 700),
    "wind_speed_m_per_s": (0, 40),
}


def open_netcdf(path: Path) -> xr.Dataset:
    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        return dataset.load()


READERS = {
    "weather_grid": open_netcdf,
    "netcdf": open_netcdf,
    "network_tables": pd.read_csv,
    "csv": pd.read_csv,
    "technologies_csv": pd.read_csv,
    "geojson": gpd.read_file,
    "geopackage": gpd.read_file,
}


@pytest.fixture(scope="module")
def observed() -> xr.Dataset:
    return open_netcdf(GERMANY / "weather_observed.nc")


@pytest.fixture(scope="module")
def typical() -> xr.Dataset:
    return open_netcdf(GERMANY / "weather_typical.nc")


@pytest.fixture(scope="module")
def power() -> xr.Dataset:
    return open_netcdf(GERMANY / "power_system.nc")


@pytest.fixture(scope="module")
def network() -> dict[str, pd.DataFrame]:
    text = dict.fromkeys(("bus", "bus0", "bus1"), str)
    names = ("buses", "branches", "generators", "storage")
    return {n: pd.read_csv(GERMANY / "network" / f"{n}.csv", dtype=text) for n in names}


@pytest.mark.parametrize("record", CATALOGUE, ids=lambda r: r["path"])
def test_record_is_true(record):
    content = (DATA / record["path"]).read_bytes()
    assert set(record) >= FIELDS
    assert hashlib.sha256(content).hexdigest() == record["sha256"], "renew: python data/germany/build --parts"
    assert len(content) == record["bytes"]
    assert len(READERS[record["reader"]](DATA / record["path"])) > 0


def test_every_file_has_a_record():
    code = {"build", "__pycache__"}
    files = [f.relative_to(DATA) for f in DATA.rglob("*") if f.is_file()]
    files = {f.as_posix() for f in files if not code & set(f.parts) and f.name not in ("catalogue.yaml", "README.md")}
    files = {f for f in files if f.startswith(("germany/", "technologies/"))}
    assert files == {r["path"] for r in CATALOGUE if r["path"].startswith(("germany/", "technologies/"))}


def test_size():
    assert sum(r["bytes"] for r in CATALOGUE if r["path"].startswith("germany/")) <= 15e6


@pytest.mark.parametrize("name", ["weather_observed", "weather_typical", "power_system", "prices"])
def test_units_and_names(name):
    dataset = open_netcdf(GERMANY / f"{name}.nc")
    for variable, array in dataset.data_vars.items():
        assert array.attrs.get("units"), variable
        assert array.attrs.get("long_name"), variable
    assert "UTC, hour beginning" in dataset.attrs["time"] or "UTC" in dataset["time"].attrs["convention"]


def test_months_are_whole(observed):
    assert observed.sizes["time"] == sum(MONTHS.values())
    for month, hours in MONTHS.items():
        expected = pd.date_range(month, periods=hours, freq="1h")
        assert observed["time"].sel(time=month).to_index().equals(expected.rename("time"))


def test_typical_year_is_whole(typical):
    expected = pd.date_range("2001-01-01", periods=8760, freq="1h")
    assert typical["time"].to_index().equals(expected.rename("time"))
    assert "not a calendar year" in typical.attrs["time"]


@pytest.mark.parametrize("which", ["observed", "typical"])
def test_weather_is_complete_and_possible(which, request):
    weather = request.getfixturevalue(which)
    land = weather["elevation_m"].notnull()
    assert 180 < int(land.sum()) < 300
    for name, (low, high) in RANGES.items():
        known = weather[name].notnull()
        assert bool((known == land).all()), f"{name} is not given exactly on land"
        assert low <= float(weather[name].min()) and float(weather[name].max()) <= high, name
    assert float((weather["dew_point_c"] - weather["dry_bulb_c"]).max()) < 1e-3
    assert float((weather["dhi_w_per_m2"] - weather["ghi_w_per_m2"]).max()) < 6.0  # the rounding
    night = weather["time"].dt.hour.isin([22, 23, 0, 1])
    assert float(weather["ghi_w_per_m2"].sel(time=night).max()) == 0.0


@pytest.mark.parametrize("which", ["observed", "typical"])
def test_sun_closes(which, request):
    """Global = diffuse + direct x height of the sun, to the rounding."""
    weather = request.getfixturevalue(which).sel(lat=50.25, lon=9.75)
    total, part = weather["ghi_w_per_m2"].sum(), weather["dhi_w_per_m2"].sum()
    assert 0.3 < float(part / total) < 0.7


@pytest.mark.parametrize(("which", "month", "equation_of_time_h"), [
    ("observed", "2017-08", -0.07), ("observed", "2019-01", -0.15), ("observed", "2019-09", 0.08),
    ("typical", "2001-03", -0.14), ("typical", "2001-06", -0.01), ("typical", "2001-10", 0.24),
])  # fmt: skip
def test_solar_noon(which, month, equation_of_time_h, request):
    """At 10 E the sun stands highest at 11:20 UTC less the equation of time; clouds move the balance a little."""
    weather = request.getfixturevalue(which)
    sun = weather["ghi_w_per_m2"].sel(time=month, lon=[9.75, 10.25]).mean(("lat", "lon"))
    noon = float((sun * (sun["time"].dt.hour + 0.5)).sum() / sun.sum())
    assert noon + equation_of_time_h == pytest.approx(11.33, abs=0.25)


def test_typical_year_has_one_donor_per_cell(typical):
    donors = typical["donor_station"].values[typical["elevation_m"].notnull().values]
    assert (donors != "").all()
    assert len(np.unique(donors)) > 60


def test_known_climate(typical):
    """Berlin is near 10 degC and 1,100 kWh/m2; the north is windier and duller than the south."""
    berlin = typical.sel(lat=52.25, lon=13.25)
    assert float(berlin["dry_bulb_c"].mean()) == pytest.approx(10.2, abs=0.8)
    assert float(berlin["ghi_w_per_m2"].sum()) / 1000 == pytest.approx(1_100, abs=70)
    north, south = typical.sel(lat=54.25, lon=9.25), typical.sel(lat=48.25, lon=11.25)
    assert float(north["wind_speed_m_per_s"].mean()) > float(south["wind_speed_m_per_s"].mean())
    assert float(north["ghi_w_per_m2"].mean()) < float(south["ghi_w_per_m2"].mean())


@pytest.mark.parametrize("month", MONTHS)
def test_weather_follows_national_output(month, observed, power):
    weather = observed.sel(time=month).mean(("lat", "lon"))
    output = power.sel(time=month)
    hours = weather["time"].isin(output["time"])
    weather = weather.isel(time=hours.values)
    output = output.sel(time=weather["time"])
    assert np.corrcoef(weather["wind_speed_m_per_s"], output["wind_onshore_cf"])[0, 1] > 0.7
    assert np.corrcoef(weather["ghi_w_per_m2"], output["solar_cf"])[0, 1] > 0.94


def test_network_counts(network):
    assert len(network["buses"]) == 585
    assert (network["branches"]["kind"] == "line").sum() == 852
    assert (network["branches"]["kind"] == "transformer").sum() == 96
    assert network["generators"]["capacity_mw"].sum() == pytest.approx(172_540, abs=10)
    assert len(network["storage"]) == 38


def test_network_is_one_island(network):
    group = {b: b for b in network["buses"]["bus"]}

    def root(bus):
        while group[bus] != bus:
            bus = group[bus]
        return bus

    for branch in network["branches"].itertuples():
        group[root(branch.bus0)] = root(branch.bus1)
    assert len({root(b) for b in group}) == 1


def test_reactance_is_per_unit_on_1_mva(network):
    """A 380 kV line has about 0.25 ohm/km per circuit, a 220 kV line about 0.3; transformers 10 % on 2,000 MVA."""
    voltage = network["buses"].set_index("bus")["voltage_kv"]
    lines = network["branches"].query("kind == 'line'")
    v = lines["bus0"].map(voltage)
    ohm_per_km = lines["reactance_pu_on_1mva"] * v**2 / lines["length_km"] * lines["circuits"]
    assert ohm_per_km[v == 380].to_numpy() == pytest.approx(0.246, rel=1e-3)
    assert ohm_per_km[v == 220].to_numpy() == pytest.approx(0.301, rel=1e-3)
    transformers = network["branches"].query("kind == 'transformer'")
    assert transformers["reactance_pu_on_1mva"].to_numpy() == pytest.approx(5e-5)
    assert (network["branches"]["rating_mva"] > 0).all()
    raised = lines[lines["note"].notna()]
    assert set(raised["branch"]) == {"line 316", "line 527", "line 602"}
    assert raised["rating_mva"].tolist() == [1715.0] * 3


def test_demand(network):
    demand = pd.read_csv(GERMANY / "demand_by_bus.csv", dtype={"bus": str})
    assert demand["annual_gwh"].sum() / 1000 == pytest.approx(475.7, abs=0.1)
    sectors = demand.filter(like="_gwh").drop(columns="annual_gwh")
    assert sectors.sum(axis=1).to_numpy() == pytest.approx(demand["annual_gwh"].to_numpy(), abs=0.01)
    assert set(demand["bus"]) <= set(network["buses"]["bus"])


def test_power_system(power):
    time = power["time"].to_index()
    assert time.equals(pd.date_range("2016-12-31 23:00", "2020-12-31 22:00", freq="1h", name="time"))
    carbon = power["carbon_average_t_per_mwh"]
    assert bool(carbon.notnull().all())
    assert float(carbon.sel(time="2019").mean()) == pytest.approx(0.424, abs=0.002)
    assert float(power["load_mw"].max()) == pytest.approx(87_500, abs=1_500)
    for name in ("wind_cf", "solar_cf", "wind_onshore_cf", "wind_offshore_cf"):
        assert float(power[name].min()) >= 0 and float(power[name].max()) < 1, name
    assert float(power["solar_cf"].sel(time="2019").mean()) == pytest.approx(0.10, abs=0.01)


def test_prices(observed):
    prices = open_netcdf(GERMANY / "prices.nc")
    price = prices["day_ahead_price_eur_per_mwh"]
    assert price.attrs["price_year"] == "nominal"
    assert bool(price.notnull().all())
    seen = prices["kind"] == "observed"
    assert int(seen.sum()) == 8_760
    assert float(price[seen].mean()) == pytest.approx(44.47, abs=0.05)
    modelled = prices["time"].values[~seen.values]
    assert np.array_equal(modelled, observed["time"].values)
    assert set(np.unique(prices["kind"])) == {"observed", "modelled"}
    assert "rmse" in prices.attrs["hold_out_weeks"]


def test_geography():
    states = gpd.read_file(GERMANY / "states.geojson")
    assert states.crs.to_epsg() == 4326
    assert len(states) == 17 and states["offshore"].sum() == 1
    assert states.is_valid.all()
    land = states[~states["offshore"].astype(bool)].to_crs(3035).area.sum() / 1e6
    assert land == pytest.approx(357_500, rel=0.005)
    outlines = gpd.read_file(GERMANY / "outlines.gpkg")
    assert outlines.crs.to_epsg() == 4326 and outlines.is_valid.all()
    assert {"Germany", "Poland", "France", "Denmark"} <= set(outlines["country"])


def test_cities():
    cities = pd.read_csv(GERMANY / "cities.csv")
    assert list(cities.columns[:5]) == ["name", "lat", "lon", "population", "state"]
    assert 78 <= len(cities) <= 84
    assert cities["name"].iloc[:3].tolist() == ["Berlin", "Hamburg", "Munich"]
    assert not {"Altona", "Neue Neustadt", "Kreuzberg"} & set(cities["name"])
    assert cities["population"].min() >= 100_000


def test_checks_are_kept():
    checks = pd.read_csv(GERMANY / "checks.csv", dtype={"period": str})
    assert set(checks["part"]) >= {"network", "demand", "geography", "power", "prices", "observed", "typical"}
    left_out = checks[checks["what"].str.startswith("station left out, hour") & (checks["statistic"] == "rmse")]
    worst = left_out.groupby("variable")["value"].max()
    assert worst["dry_bulb_c"] < 1.6 and worst["dew_point_c"] < 1.6 and worst["ghi_w_per_m2"] < 40
