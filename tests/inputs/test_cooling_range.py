"""A study at the low, the central and the high end of the published ranges of its cooling."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from siting.errors import DataError, StudyError
from siting.inputs.cooling_range import at_end
from siting.physics import air
from siting.physics import cooling as physics
from tests.blocks.small import SHIPPED, two_sites

TABLE = SHIPPED / "cooling.csv"


@pytest.fixture(scope="module")
def typical() -> xr.Dataset:
    """A synthetic year at one cell: 10 degC on average, 12 K of seasons, 4 K of day and night."""
    hours = np.arange(8760)
    dry = 10 - 12 * np.cos(2 * np.pi * hours / 8760) - 4 * np.cos(2 * np.pi * hours / 24)
    parts = {"dry_bulb_c": dry, "dew_point_c": dry - 5, "pressure_pa": np.full(8760, 101325.0)}
    return xr.Dataset({n: (("cell", "time"), v[None]) for n, v in parts.items()})


@pytest.mark.parametrize("technology", ["air_economiser", "water_economiser", "dry_cooler_liquid"])
def test_the_ends_lie_on_either_side(typical, technology):
    table = pd.read_csv(TABLE).set_index(["technology", "parameter"]).loc[technology]
    central = {p: float(r["value"]) for p, r in table.iterrows() if r["unit"] != "name"}
    outdoor = air.state(*(typical[v].values for v in ("dry_bulb_c", "dew_point_c", "pressure_pa")))
    model = physics.MODELS[str(table.loc["model", "value"])]
    low, high = (at_end(technology, end, TABLE, typical) for end in ("low", "high"))
    pue = [float(model(outdoor, p).pue.mean()) for p in (low, central, high)]
    assert pue[0] < pue[1] - 0.005 and pue[1] + 0.005 < pue[2]
    assert low["rejection_capex"] == central["rejection_capex"] and low["ups_efficiency"] != central["ups_efficiency"]


def test_without_ranges(typical, tmp_path):
    path = tmp_path / "cooling.csv"
    pd.read_csv(TABLE).drop(columns=["low", "high"]).to_csv(path, index=False)
    with pytest.raises(DataError, match=r"has no ranges \(columns low, high\)"):
        at_end("air_economiser", "low", path, typical)
    case = two_sites()
    case.raw["cooling"]["parameters"] = "high"
    with pytest.raises(StudyError, match="typed in"):
        case.study(tmp_path)


def test_source_water(typical):
    """The ends of a technology on sea water need the sea; a cell without it does not count."""
    with pytest.raises(DataError, match="technology 'sea_water' needs the temperature of the water"):
        at_end("sea_water", "low", TABLE, typical)
    two = xr.concat([typical, typical], dim="cell")
    water = np.stack([np.full(8760, 12.0), np.full(8760, np.nan)])
    low, high = (
        at_end("sea_water", end, TABLE, two.assign(source_water_c=(("cell", "time"), water))) for end in ("low", "high")
    )
    assert low["ups_efficiency"] > high["ups_efficiency"] or low["source_pump_pa"] < high["source_pump_pa"]
