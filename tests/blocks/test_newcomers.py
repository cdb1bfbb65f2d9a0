"""Two newcomers: a cap touches no file of the package, a cooling technology rows of a table and one function."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import siting
from siting.inputs import cooling as halls
from siting.inputs.hours import Hours, of_blocks
from siting.inputs.money import Technologies
from siting.inputs.weather import Weather
from siting.physics import cooling
from siting.physics.finance import annuity
from siting.pipeline import solve

from .small import SHIPPED, Case, two_sites

CAPS = [  # account, limit, what a plan without it has
    ("carbon_location", {"max_t_per_year": 31_500.0}),
    ("water", {"max_m3_per_year": 40_000.0}),
    ("facility_energy", {"max_mwh_per_year": 110_000.0}),
    ("connection", {"max_mw": 8.0, "per": "site"}),
    ("land", {"max_ha": 3.0, "per": "state"}),
    ("it_capacity", {"max_mw": {"N": 5.0}, "per": "state"}),
    ("carbon_embodied", {"max_t_per_year": 1300.0}),
    ("sites", {"min_sites": 2.0}),
]


def choice() -> Case:
    """Two sites that differ in water, carbon and cost, so that most caps move the plan."""
    case = two_sites()
    cool = case.tables["cooling.csv"]
    cool.loc[cool["site"] == "north", "wue_l_per_kwh"] = 0.6
    cool.loc[cool["site"] == "south", "wue_l_per_kwh"] = 0.3
    return case


@pytest.mark.parametrize(("account", "limit"), CAPS, ids=[c[0] for c in CAPS])
def test_a_cap_on_anything_counted(tmp_path, account, limit):
    free = siting.run(choice().study(tmp_path))
    case = choice()
    case.raw["limits"] = {account: limit}
    kept = siting.run(case.study(tmp_path))
    assert kept.total("penalty") == 0
    assert kept.outcome["objective"] >= free.outcome["objective"] - 1e-3
    of = kept.accounts[kept.accounts["account"] == account]
    most = next((v for k, v in limit.items() if k.startswith("max_")), None)
    if limit.get("per") == "site":
        assert (of.groupby("place")["value"].sum() <= most + 1e-6).all()
    elif limit.get("per") == "state":
        worst = most["N"] if isinstance(most, dict) else most
        assert of[of["place"] == "north"]["value"].sum() <= worst + 1e-6
    elif most is not None:
        assert kept.total(account) <= most * (1 + 1e-6)
    else:
        assert len(kept.chosen) == 2


def test_minimise_anything_counted(tmp_path):
    """`minimise: water` needs no code: all work goes where water is least."""
    case = choice()
    case.raw["minimise"] = "water"
    solution = siting.run(case.study(tmp_path))
    assert solution.outcome["objective"] == pytest.approx(0.3 * 10 * 8760)
    assert solution.total("water") == pytest.approx(0.3 * 10 * 8760)


def snow(outdoor: object, p: dict[str, float]) -> cooling.Performance:
    """A newcomer: a heap of snow, PUE 1 + melt_kw_per_kw at any weather, no water, melters that grow with the heat outside."""
    melters = cooling.Part(p["melt_kw_per_kw"], rejection_kw=0.02 * outdoor.dry_bulb_c)
    return cooling.performance(outdoor.dry_bulb_c, [melters], return_c=20.0, recoverable=0.0)


def snow_table(folder: Path, model: str = "snow") -> Path:
    """The shipped cooling table and rows for a dummy technology, cheaper than the others."""
    table = pd.read_csv(SHIPPED / "cooling.csv")
    rows = {"reference_utilisation": 0.8, "fixed_share": 0.5, "hall_capex": 8e6, "hall_life": 25, "hall_fom": 0.02,
            "land_ha_per_mw": 0.3, "melt_kw_per_kw": 0.05, "model": model, "chiller_capex": 0.0, "chiller_in_hall_capex": 0.0,
            "rejection_capex": 100.0, "rejection_in_hall_capex": 0.3}  # fmt: skip
    more = pd.DataFrame({"technology": "snow_heap", "parameter": list(rows), "value": [str(v) for v in rows.values()]})
    path = folder / "cooling_table.csv"
    pd.concat([table, more.assign(unit="-", source="dummy of a test")]).to_csv(path, index=False)
    return path


def test_a_cooling_technology_by_rows_alone(tmp_path):
    """Typed-in PUE and rows: no file of the package."""
    snow_table(tmp_path)
    case = two_sites()
    own = case.tables["cooling.csv"]
    case.tables["cooling.csv"] = pd.concat([own, own.assign(cooling="snow_heap", pue=1.05, wue_l_per_kwh=0.0)])
    case.raw["cooling"] |= {"technologies": ["air_economiser", "snow_heap"], "table": "cooling_table.csv"}
    solution = siting.run(case.study(tmp_path))
    assert solution.chosen["it_mw_snow_heap"].sum() == pytest.approx(10.0)
    assert solution.total("water") == 0


def weather(case: Case, folder: Path) -> Weather:
    """A synthetic year of mild air in one cell for both sites, as hours of operation and as climate."""
    time = pd.date_range("2021-01-01", periods=48, freq="h")
    rng = np.random.default_rng(3)
    dry = rng.uniform(5, 25, (1, 48))
    parts = {"dry_bulb_c": dry, "dew_point_c": dry - 5, "pressure_pa": np.full((1, 48), 101325.0)}
    year = xr.Dataset({n: (("cell", "time"), v) for n, v in parts.items()}, {"time": time})
    year = year.assign_coords(cell_of_site=("site", [0, 0]), site=("site", ["north", "south"]))
    chosen = xr.DataArray(time.values.reshape(2, 24), dims=("block", "hour"))

    class Synthetic(Weather):
        def typical(self, sites: object) -> xr.Dataset:
            return year

    return Synthetic(case.study(folder), year.sel(time=chosen), year)


def test_a_cooling_technology_with_new_physics(tmp_path, monkeypatch):
    """One function in MODELS, rows in a table; solved end to end from (synthetic) weather."""
    monkeypatch.setitem(cooling.MODELS, "snow", snow)
    snow_table(tmp_path)
    case = two_sites()
    case.raw["cooling"] = {
        "technologies": ["air_economiser", "snow_heap"],
        "table": "cooling_table.csv",
        "hours": "cooling.csv",
    }
    case.tables["cooling.csv"] = pd.concat([case.tables["cooling.csv"], case.tables["cooling.csv"].assign(cooling="snow_heap")])
    study = case.study(tmp_path)
    inputs = case.inputs(tmp_path)
    for_weather = study.model_copy(update={"cooling": study.cooling.model_copy(update={"hours": None})})
    hours = Hours(of_blocks(np.full(2, 182.5), np.ones(2), {"spot_price": np.full((2, 24), 60.0)}), None, {})
    arrays = halls.cooling(for_weather, inputs.sites, weather(case, tmp_path), Technologies.read(for_weather), hours)
    demand = xr.DataArray(
        np.full((1, 1, 2, 24), 10.0), {"workload": ["web"], "region": ["all"], "block": [0, 1], "hour": range(24)}
    )
    carbon = xr.DataArray(np.full((2, 24), 0.3), {"block": [0, 1], "hour": np.arange(24)})
    dropped = [n for n, a in inputs.data.data_vars.items() if "block" in a.dims]
    rest = inputs.data.drop_vars(dropped).drop_dims(["block", "hour"], errors="ignore")
    inputs.data = rest.assign(**arrays, **hours.data, demand=demand, carbon_average=carbon, carbon_residual=carbon)
    solution = solve(inputs)
    assert solution.chosen["it_mw_snow_heap"].sum() == pytest.approx(10.0)
    idle = 0.8 * 0.5 * 0.05  # a = u x fixed share x overhead, b = PUE - a / u; a full hall takes a + b
    assert solution.total("facility_energy") == pytest.approx((idle + 1.05 - idle / 0.8) * 10.0 * 8760)
    worst = 0.02 * float(weather(case, tmp_path).observed["dry_bulb_c"].max())  # the design hour sizes the melters
    more = 1000 * 100.0 * (worst - 0.3) * (float(annuity(0.07, 25)) + 0.02)
    lines = solution.accounts[solution.accounts["account"] == "cost"].groupby("line")["value"].sum()
    assert lines["cooling.rejection"] == pytest.approx(10.0 * more)


def test_a_model_that_nobody_registered(tmp_path):
    """The message lists what MODELS has and names the table."""
    path = snow_table(tmp_path, model="ice")
    case = two_sites()
    case.raw["cooling"] |= {"table": "cooling_table.csv"}
    study = case.study(tmp_path)
    rows = Technologies.read(study).cooling
    with pytest.raises(siting.errors.DataError, match=r"cooling_table\.csv: technology 'snow_heap': model 'ice' is none of"):
        halls.performance("snow_heap", rows, path, weather(case, tmp_path).observed)
