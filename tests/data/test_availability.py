"""Sun and wind by our physics and weather against what Germany's plants gave, and by region.

The weather of the observed months is of the same hours as the record, so national series can be compared hour by hour. The
simultaneous stations alone correlate with the record by 0.72 to 0.94 (wind speed) and 0.90 to 0.99 (sun): ours have to be at
least as near.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from siting.inputs.generation import capacity_factor
from siting.inputs.money import SHIPPED, Technologies
from siting.sources.tables import read_technologies

GERMANY = Path(__file__).parents[2] / "data" / "germany"
STATIONS = {"2017-08": (0.72, 0.99), "2019-01": (0.94, 0.90), "2019-09": (0.80, 0.98)}  # wind, sun


@pytest.fixture(scope="module")
def technologies() -> Technologies:
    return Technologies(SHIPPED, SHIPPED / "cooling.csv", {"generation": read_technologies(SHIPPED / "generation.csv")})


def cells(weather: xr.Dataset) -> xr.Dataset:
    """The cells with land, (cell, time), with their lon and lat."""
    flat = weather.stack(cell=("lat", "lon")).reset_index("cell").transpose("cell", "time", ...)
    return flat.isel(cell=np.flatnonzero(np.isfinite(flat["dry_bulb_c"].values[:, 0])))


@pytest.fixture(scope="module")
def observed(technologies):
    """National means by kind, and the record of the same hours."""
    with xr.open_dataset(GERMANY / "weather_observed.nc", engine="h5netcdf") as opened:
        w = cells(opened.load())
    with xr.open_dataset(GERMANY / "power_system.nc", engine="h5netcdf") as opened:
        record = opened[["wind_onshore_cf", "solar_cf"]].sel(time=w["time"]).load()
    place = w["time"].values, w["lon"].values, w["lat"].values
    ours = {kind: capacity_factor(kind, w, *place, technologies).mean(axis=0) for kind in ("pv", "wind")}
    return pd.DatetimeIndex(w["time"].values).strftime("%Y-%m"), ours, record


@pytest.mark.parametrize("month", STATIONS)
def test_national_output_is_as_near_as_the_stations(observed, month):
    months, ours, record = observed
    here = np.asarray(months == month)
    wind, sun = STATIONS[month]
    assert np.corrcoef(ours["wind"][here], record["wind_onshore_cf"].values[here])[0, 1] >= wind
    assert np.corrcoef(ours["pv"][here], record["solar_cf"].values[here])[0, 1] >= sun
    assert np.argmax(np.correlate(ours["pv"][here], record["solar_cf"].values[here], "full")) == here.sum() - 1  # no slip


def test_annual_output_is_plausible_by_region(technologies):
    """New turbines of 140 m: 0.30-0.42 on the coast, 0.15-0.25 in the south; PV 0.11-0.12 in the north, 0.125-0.14 south."""
    with xr.open_dataset(GERMANY / "weather_typical.nc", engine="h5netcdf") as opened:
        typical = opened.drop_vars("donor_station").load()
    found = {}
    for name, lat, lon in (("coast", 54.4, 9.2), ("Brandenburg", 52.5, 13.5), ("Bavaria", 48.2, 12.0), ("Baden", 48.0, 7.8)):
        here = typical.sel(lat=lat, lon=lon, method="nearest").expand_dims("cell").transpose("cell", "time")
        place = here["time"].values, np.array([lon]), np.array([lat])
        found[name] = {k: capacity_factor(k, here, *place, technologies).mean() for k in ("pv", "pv_tracking", "wind")}
    table = pd.DataFrame(found)
    assert 0.30 < table.loc["wind", "coast"] < 0.42 and 0.25 < table.loc["wind", "Brandenburg"] < 0.35
    assert table.loc["wind", ["Bavaria", "Baden"]].between(0.13, 0.25).all()
    assert table.loc["pv", ["coast", "Brandenburg"]].between(0.105, 0.125).all()
    assert table.loc["pv", ["Bavaria", "Baden"]].between(0.125, 0.14).all()
    assert (table.loc["pv_tracking"] / table.loc["pv"]).between(1.08, 1.2).all()
