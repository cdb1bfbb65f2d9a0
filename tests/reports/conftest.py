"""A small Solution by hand: three candidates kept (two of them chosen), one dropped, two days of four hours. No solver."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from siting.results.solution import Solution

SITES, COOLING, GENERATORS = ["Nordhafen", "Suedtal", "Mittelfeld"], ["air_economiser", "water_economiser"], ["pv", "wind"]
COST = {"sites.servers": 300.0, "cooling.halls": 60.0, "grid.energy": 25.0, "storage.new_thing": 1.5}
DAYS = np.array(["2019-01-05", "2019-07-01"], "datetime64[ns]")
IT = {"Nordhafen": 100.0, "Suedtal": 50.0, "Mittelfeld": 0.0}


@pytest.fixture
def solution() -> Solution:
    return Solution(
        name="A hand-made study",
        sites=_sites(),
        data=_data(),
        accounts=_accounts(),
        outcome={
            "status": "optimal",
            "objective": 579.75e6,
            "bound": 578.0e6,
            "gap": 1.75e6,
            "gap_of_objective": 0.00302,
            "gap_of_siting_dependent_cost": 0.041,
            "seconds": 1.2,
            "cuts": 0,
        },
        notes={
            "representative_days": pd.DataFrame({"day": ["2019-01-05", "2019-07-01"], "days_a_year": [200.0, 165.0]}),
            "fit": pd.DataFrame({"quantity": ["wet_bulb"], "mean": [7.4], "target": [7.5], "miss": [-0.1], "unit": ["degC"]}),
            "headroom": pd.DataFrame({"site": SITES, "own_headroom_mw": [110.0, 900.0, 900.0]}),
            "sources": pd.DataFrame(
                {"title": ["Weather", "Prices"], "source": ["ERA5", "this project"], "caveats": ["", "modelled, not observed"]}
            ),
            "a_note_nobody_knows": pd.DataFrame({"what": ["<script>alert(1)</script>"], "flow_mw": [12345.6]}),
        },
        study_yaml="name: A hand-made study\ndescription: Two sites <b>by hand</b>.\n",
    )


@pytest.fixture
def nothing_chosen(solution: Solution) -> Solution:
    """No site is open, no money spent, no hours in the data, no notes."""
    sites = solution.sites.assign(open=False, it_mw=0.0)
    accounts = solution.accounts.iloc[:0]
    outcome = solution.outcome | {"objective": 0.0, "bound": 0.0, "gap": 0.0, "gap_of_siting_dependent_cost": 0.0}
    return Solution("Nothing", sites, xr.Dataset(), accounts, outcome)


def _sites() -> gpd.GeoDataFrame:
    names = [*SITES, "Insel"]
    it = [IT.get(n, 0.0) for n in names]
    table = pd.DataFrame(
        {
            "site": names,
            "state": ["Nord", "Sued", "Mitte", "Nord"],
            "kept": [True, True, True, False],
            "reason": ["", "", "", "offshore"],
            "open": [mw > 0 for mw in it],
            "it_mw": it,
            "it_mw_air_economiser": [100.0, 20.0, 0.0, np.nan],
            "it_mw_water_economiser": [0.0, 30.0, 0.0, np.nan],
            "connection_mw": [110.0, 56.0, 0.0, np.nan],
            "own_headroom_mw": [110.0, 900.0, 900.0, np.nan],
            "pv_mw": [10.0, 0.0, 0.0, np.nan],
            "wind_mw": [40.0, 0.0, 0.0, np.nan],
            "cost_eur_2024_per_year": [386.5e6, 193.25e6, np.nan, np.nan],
            "water_m3_per_year": [0.0, 12345.0, np.nan, np.nan],
            "cost_of_100_mw_eur_2024_per_year": [210e6, 214e6, 219e6, np.nan],
            "without_instead": ["Mitte", "Mitte", "", ""],
            "without_found_eur_2024_per_year": [3.5e6, 0.9e6, np.nan, np.nan],
            "interchangeable": [False, True, False, False],
        }
    )
    points = gpd.points_from_xy([9.0, 11.5, 10.0, 8.0], [54.2, 48.2, 51.0, 54.5])
    return gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326")


def _data() -> xr.Dataset:
    by_hour, shape = ("site", "block", "hour"), (3, 2, 4)
    installed = xr.DataArray([[100.0, 0.0], [20.0, 30.0], [0.0, 0.0]], dims=("site", "cooling"))
    carried = installed.expand_dims(block=2, hour=4).transpose("site", "cooling", "block", "hour") * 0.8
    ones = xr.ones_like(carried)
    own = np.zeros((3, 2, 2, 4))
    own[0] = 5.0
    facility = (1.15 * carried).sum("cooling").values
    return xr.Dataset(
        {
            "weight": ("block", [200.0, 165.0]),
            "cooling_installed": installed,
            "cooling_carried": carried,
            "idle_power": xr.zeros_like(installed),
            "power_per_it": 1.15 * ones,
            "pue": 1.15 * ones,
            "pue_typical_year": (("site", "cooling"), [[1.12, 1.10], [1.16, 1.11], [1.13, 1.12]]),
            "plant_clean": ("generator", [1.0, 1.0]),
            "generation_used": (("site", "generator", "block", "hour"), own),
            "grid_imported": (by_hour, facility - own.sum(axis=1)),
            "workloads_serve": (("workload", "site", "region", "block", "hour"), np.full((2, 3, 1, 2, 4), 20.0)),
            "spot_price": (("block", "hour"), np.full(shape[1:], 50.0)),
            "availability": (("site", "generator", "block", "hour"), np.full((3, 2, 2, 4), 0.25)),
            "reachable": (("workload", "site", "region"), np.array([[[1.0], [1.0], [0.0]], [[1.0], [1.0], [1.0]]])),
            "round_trip": (("site", "region"), [[3.0], [4.0], [9.0]]),
            "connection_cost": ("site", [130e3, 131e3, 132e3]),
        },
        coords={
            "site": SITES, "cooling": COOLING, "generator": GENERATORS, "workload": ["inference", "training"],
            "region": ["Hamburg"], "block": [0, 1], "hour": np.arange(4),
            "time": (("block", "hour"), DAYS[:, None] + np.arange(4) * np.timedelta64(1, "h")),
        },
    )  # fmt: skip


def _accounts() -> pd.DataFrame:
    rows = []
    for site, it in IT.items():
        if it:
            rows += [("cost", line, site, value * 1e6 * it / 100, "EUR_2024/year") for line, value in COST.items()]
            rows += [
                ("it_power", "workloads.inference", site, it * 7000.0, "MWh/year"),
                ("facility_energy", "cooling.facility", site, it * 7000.0 * 1.15, "MWh/year"),
                ("carbon_location", "grid.imported", site, it * 2500.0, "t/year"),
                ("clean", "generation.own_plant", site, it * 800.0, "MWh/year"),
                ("water", "cooling.cooling", site, 12345.0 if site == "Suedtal" else 0.0, "m3/year"),
            ]
    return pd.DataFrame(rows, columns=["account", "line", "place", "value", "unit"])
