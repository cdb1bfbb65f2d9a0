"""PV and wind of a study stand beside what the country's plants gave in the same hours; January's sun is told as too bright."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import siting
from siting.inputs.generation import beside_the_record
from siting.inputs.money import Technologies

GERMANY = Path(__file__).parents[2] / "models" / "germany.yaml"


def test_the_country_gave_less_than_new_plant_would():
    """Two whole days: 15 January 2019 and 15 September 2019, where the sites give a constant 0.1 (typed in here)."""
    study = siting.read_study(GERMANY)
    days = [pd.date_range(d, periods=24, freq="h") for d in ("2019-01-15", "2019-09-15")]
    coords = {"site": ["a", "b"], "generator": ["pv", "wind"], "block": [0, 1], "hour": range(24)}
    data = xr.Dataset(
        {
            "availability": xr.DataArray(np.full((2, 2, 2, 24), 0.1), coords),
            "weight": ("block", [100.0, 265.0]),
            "month": ("block", [1.0, 9.0]),
        }
    ).assign_coords(time=(("block", "hour"), np.stack([d.to_numpy() for d in days])))
    table = beside_the_record(study, data, Technologies.read(study))["beside_the_record"].set_index(["plant", "month"])
    with xr.open_dataset(study.path(study.hours.power_system), engine="h5netcdf") as system:
        sun = float(system["solar_cf"].sel(time=days[0]).mean())
    assert np.isclose(table.at[("pv", 1), "record_of_the_country"], sun) and sun < 0.05
    assert np.isclose(table.at[("pv", 1), "ratio"], 0.1 / sun) and len(table) == 4
    typed = study.with_(generation={"pv": {"profile": "typed.csv"}, "wind": None})
    assert beside_the_record(typed, data, Technologies.read(study)) == {}
