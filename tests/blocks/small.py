"""Small studies from plain tables, for tests: two sites x two hours, and three sites x three blocks x four hours.

A `Case` is the study's YAML as a mapping and its tables as frames; a test changes what it likes and writes it to a folder.
Numbers are synthetic; the technology tables are those that ship, or the round ones of `round_tables`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from ruamel.yaml import YAML

from siting.inputs.inputs import Inputs
from siting.inputs.prepare import prepare
from siting.inputs.stages import unavoidable
from siting.study.contracts import Contract
from siting.study.generation import Plant
from siting.study.read import read_study
from siting.study.storage import Storage
from siting.study.study import Study

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "technologies"
KINDS = ("air_economiser", "water_economiser")
FREE = ("plant_variable_cost", "plant_direct_carbon", "plant_land_nearby")  # what PV has none of


@dataclass
class Case:
    """The study as plain values and its tables by file name; `write` makes the folder."""

    raw: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    def copy(self) -> Case:
        return Case(copy.deepcopy(self.raw), {n: t.copy() for n, t in self.tables.items()})

    def write(self, folder: Path) -> Path:
        """Write every table and `study.yaml`; the path of the latter."""
        for name, table in self.tables.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            table.to_csv(folder / name, index=False, float_format="%.17g")
        path = folder / "study.yaml"
        with path.open("w") as out:
            YAML().dump(self.raw, out)
        return path

    def study(self, folder: Path) -> Study:
        return read_study(self.write(folder))

    def inputs(self, folder: Path) -> Inputs:
        return prepare(self.study(folder))


def hours_table(weights: list[float], n_hours: int, price: np.ndarray, carbon: np.ndarray, months: list[int]) -> pd.DataFrame:
    """`price` and `carbon` are (block, hour); the weights are scaled to a year of 8,760 hours."""
    weight = np.array(weights) * 8760 / (sum(weights) * n_hours)
    rows = [(f"b{d}", t, weight[d], months[d], price[d, t], carbon[d, t]) for d in range(len(weights)) for t in range(n_hours)]
    names = ["block", "hour", "weight", "month", "spot_price_eur_2024_per_mwh", "carbon_average_t_per_mwh"]
    return pd.DataFrame(rows, columns=names)


def cooling_table(sites: list[str], kinds: tuple[str, ...], pue: np.ndarray, wue: np.ndarray) -> pd.DataFrame:
    """`pue` and `wue` are (site, cooling, block, hour)."""
    rows = [(sites[i], kinds[k], f"b{d}", t, pue[i, k, d, t], wue[i, k, d, t]) for i, k, d, t in np.ndindex(*pue.shape)]
    return pd.DataFrame(rows, columns=["site", "cooling", "block", "hour", "pue", "wue_l_per_kwh"])


def two_sites() -> Case:
    """Two sites x one block of two hours; 10 MW of inference, one cooling technology."""
    sites = ["north", "south"]
    pue = np.array([[[[1.2, 1.2]]], [[[1.4, 1.4]]]])
    raw: dict[str, Any] = {
        "name": "two sites",
        "sites": {"table": "sites.csv", "module_mw": 5.0},
        "hours": {"table": "hours.csv"},
        "work": {"web": {"kind": "inference", "table": "regions.csv"}},
        "cooling": {"technologies": ["air_economiser"], "hours": "cooling.csv"},
        "grid": {"headroom": "off"},
        "solver": {"gap": 0.0, "time_limit_s": 60},
    }
    tables = {
        "sites.csv": pd.DataFrame(
            {"site": sites, "lon": [9.0, 11.0], "lat": [53.5, 48.5], "state": ["N", "S"], "max_it_mw": 20.0}
        ),
        "hours.csv": hours_table([1], 2, np.array([[40.0, 80.0]]), np.array([[0.2, 0.4]]), [1]),
        "cooling.csv": cooling_table(sites, ("air_economiser",), pue, np.full(pue.shape, 0.5)),
        "regions.csv": pd.DataFrame({"region": ["all"], "it_mw": [10.0], "lon": [10.0], "lat": [51.0]}),
    }
    return Case(raw, tables)


def three_sites(seed: int = 1, weights: tuple[float, ...] = (1, 2, 1)) -> Case:
    """Three sites x blocks of four hours: two coolings, inference near its users, training by day, month and year, limits."""
    rng, n, hours = np.random.default_rng(seed), len(weights), 4
    sites = ["coast", "middle", "alps"]
    base = np.array([[1.15, 1.25], [1.2, 1.22], [1.25, 1.2]])[:, :, None, None]
    pue = np.round(base + rng.uniform(0, 0.1, (3, 2, n, hours)), 3)
    wue = np.round(rng.uniform(0.0, 0.3, pue.shape) + np.array([0.1, 1.2])[None, :, None, None], 3)
    raw: dict[str, Any] = {
        "name": "three sites",
        "sites": {"table": "sites.csv", "module_mw": 5.0, "land_ha": 12.0, "land_price_eur_2024_per_ha": 5e5},
        "hours": {"table": "hours.csv"},
        "work": {
            "web": {"kind": "inference", "table": "regions.csv", "latency_ms": 6.0, "profile": [1.0, 0.8, 0.6, 0.9] * 6},
            "daily": {"kind": "training", "mwh_it_per_year": 26280.0, "max_it_mw": 6.0, "window": "day", "firm": True},
            "monthly": {"kind": "training", "mwh_it_per_year": 17520.0, "max_it_mw": 6.0, "window": "month"},
            "yearly": {"kind": "training", "mwh_it_per_year": 17520.0, "max_it_mw": 8.0, "window": "year"},
        },
        "cooling": {"technologies": list(KINDS), "hours": "cooling.csv"},
        "grid": {"headroom": "per_bus"},
        "limits": {
            "carbon_location": {"max_t_per_year": 45000.0},
            "water": {"max_m3_per_year": 60000.0, "per": "site"},
            "it_capacity": {"max_mw": {"N": 15.0}, "per": "state"},
        },
        "solver": {"gap": 1e-4, "time_limit_s": 60},
    }
    tables = {
        "sites.csv": pd.DataFrame(
            {
                "site": sites,
                "lon": [9.0, 10.0, 11.5],
                "lat": [53.8, 51.0, 48.2],
                "state": ["N", "M", "S"],
                "max_it_mw": [30.0, 20.0, 25.0],
                "headroom_mw": [40.0, 30.0, 30.0],
                "distance_km": [2.0, 1.0, 4.0],
            }
        ),
        "hours.csv": hours_table(
            list(weights), hours, rng.uniform(20, 120, (n, hours)), rng.uniform(0.1, 0.7, (n, hours)), [1, 1, 7, 7][:n]
        ),
        "cooling.csv": cooling_table(sites, KINDS, pue, wue),
        "regions.csv": pd.DataFrame(
            {"region": ["hamburg", "munich"], "it_mw": [7.0, 5.0], "lon": [10.0, 11.6], "lat": [53.5, 48.1]}
        ),
    }
    return Case(raw, tables)


def with_plant(inputs: Inputs, seed: int = 2) -> Inputs:
    """The same inputs with PV behind the meter and a wind contract, from synthetic capacity factors (PV dark at times)."""
    rng, d = np.random.default_rng(seed), inputs.data
    coords = {c: d[c].values for c in ("site", "block", "hour")}
    n_sites, n_blocks, n_hours = (len(coords[c]) for c in coords)
    cf = rng.uniform(0.1, 0.9, (n_sites, 1, n_blocks, n_hours))
    cf[:, :, 0, 0] = 0.0
    hours = {"block": coords["block"], "hour": coords["hour"]}
    data = d.assign(
        availability=xr.DataArray(cf, {"site": coords["site"], "generator": ["pv"], **hours}),
        max_plant=xr.DataArray(np.full((n_sites, 1), 15.0), {"site": coords["site"], "generator": ["pv"]}),
        plant_cost=xr.DataArray([90_000.0], {"generator": ["pv"]}),
        plant_land=xr.DataArray([0.2], {"generator": ["pv"]}),
        plant_carbon=xr.DataArray([45.0], {"generator": ["pv"]}),
        plant_clean=xr.DataArray([1.0], {"generator": ["pv"]}),
        plant_full_load_hours=xr.DataArray([8760.0], {"generator": ["pv"]}),
        **{n: xr.DataArray([0.0], {"generator": ["pv"]}) for n in FREE},
        contract_profile=xr.DataArray(rng.uniform(0, 1, (1, n_blocks, n_hours)), {"contract": ["sea"], **hours}),
        contract_offered=xr.DataArray([10.0], {"contract": ["sea"]}),
        contract_minimum=xr.DataArray([0.0], {"contract": ["sea"]}),
        contract_new=xr.DataArray([1.0], {"contract": ["sea"]}),
        contract_strike=xr.DataArray([60.0], {"contract": ["sea"]}),
    )
    sea = Contract(technology="wind", lon=8.0, lat=54.0, offered_mw=10.0, strike_eur_2024_per_mwh=60.0)
    groups = {"generation": {"pv": Plant(max_mw_per_site=15.0)}, "contracts": {"sea": sea}}
    study = inputs.study.model_copy(update=groups)  # a file of it would need weather
    more = replace(inputs, study=study, data=data)
    return replace(more, unavoidable_cost=unavoidable(more))


def with_storage(inputs: Inputs) -> Inputs:
    """The same inputs with a battery of 10 MW and 30 MWh at most at each site, in round synthetic numbers."""
    sites, of = inputs.data["site"].values, {"storage": ["battery"]}
    at = {"site": sites, **of}
    numbers = {
        "charge_efficiency": 0.9, "discharge_efficiency": 0.8, "standing_loss": 0.01, "storage_power_cost": 2_000.0,
        "storage_energy_cost": 1_500.0, "storage_wear": 1.5, "storage_land": 0.003, "storage_carbon": 5.0,
    }  # fmt: skip
    data = inputs.data.assign(
        max_storage_power=xr.DataArray(np.full((len(sites), 1), 10.0), at),
        max_storage_energy=xr.DataArray(np.full((len(sites), 1), 30.0), at),
        **{name: xr.DataArray([value], of) for name, value in numbers.items()},
    )
    battery = {"storage": {"battery": Storage(max_mw_per_site=10.0, max_mwh_per_site=30.0)}}
    return replace(inputs, study=inputs.study.model_copy(update=battery), data=data)


def in_blocks(inputs: Inputs, n_blocks: int, between: Literal["same_level", "carried"] = "same_level") -> Inputs:
    """The one block of a case cut into `n_blocks` that follow each other, the year cyclic; levels between them as told."""
    d = inputs.data
    n_hours = d.sizes["hour"] // n_blocks
    where = {"block": np.arange(n_blocks), "hour": np.arange(n_hours)}
    parts = {}
    for name, a in d.data_vars.items():
        if "hour" in a.dims:
            rest = [x for x in a.dims if x not in ("block", "hour")]
            values = a.transpose(*rest, "block", "hour").values.reshape(*[a.sizes[x] for x in rest], n_blocks, n_hours)
            parts[name] = xr.DataArray(values, {x: a[x].values for x in rest} | where)
        elif "block" in a.dims:
            parts[name] = xr.DataArray(np.repeat(a.values, n_blocks), {"block": where["block"]})
        else:
            parts[name] = a
    parts["follows"] = xr.DataArray((np.arange(n_blocks) - 1.0) % n_blocks, {"block": where["block"]})
    storage = {u: x.model_copy(update={"between_blocks": between}) for u, x in inputs.study.storage.items()}
    return replace(inputs, study=inputs.study.model_copy(update={"storage": storage}), data=xr.Dataset(parts))


def with_water_and_heat(case: Case, seed: int = 4) -> Case:
    """Three sites in two basins with reclaimed water, two towns that want heat (one of them too warm for a pump to be spared),
    limits of each month and ratios."""
    rng, cool, hours = np.random.default_rng(seed), case.tables["cooling.csv"], case.tables["hours.csv"]
    extra = {"recoverable_mw_per_mw": 0.9, "return_c": 50.0, "consumed_l_per_kwh": 0.8 * cool["wue_l_per_kwh"]}
    case.tables["cooling.csv"] = cool.assign(**extra)
    case.tables["sites.csv"]["basin"] = ["Elbe", "Elbe", "Danube"]
    case.tables["basins.csv"] = pd.DataFrame(
        {"basin": ["Elbe", "Danube"], "price_eur_2024_per_m3": [2.0, 5.0], "scarcity": [1.0, 9.0]}
    )
    case.tables["heat.csv"] = pd.DataFrame(
        {"place": ["port", "town"], "lon": [9.0, 11.5], "lat": [53.8, 48.2], "supply_c": [80.0, 45.0],
         "price_eur_2024_per_mwh": [70.0, 30.0], "source": "synthetic"}
    )  # fmt: skip
    wanted = [hours[["block", "hour"]].assign(place=p, heat_mw=rng.uniform(0, 4, len(hours))) for p in ("port", "town")]
    case.tables["heat_hours.csv"] = pd.concat(wanted)
    reclaimed = {"price_eur_2024_per_m3": 1.0, "energy_kwh_per_m3": 2.0, "max_m3_per_hour": 2.0}
    case.raw["water"] = {"basins": "basins.csv", "reclaimed": reclaimed}
    case.raw["heat"] = {"demand": "heat.csv", "hours": "heat_hours.csv", "max_pipe_km": 20.0}
    case.raw["limits"] = {
        "water": {"max_m3_per_month": 6000.0, "per": "basin"},
        "facility_energy": {"max_mwh_per_mwh": 1.28, "of": "it_energy", "per": "site"},
        "heat_reused": {"min_mwh_per_mwh": 0.05, "of": "facility_energy"},
    }
    return case


def round_tables(folder: Path) -> None:
    """Technology tables in round numbers, for sums by hand; at a rate of 0 an annuity is capex / life."""
    rows: dict[str, list[tuple[str, str, float]]] = {
        "servers": [("accelerated", "capex", 5e6), ("accelerated", "life", 5), ("accelerated", "fom", 0.0)],
        "carbon": [("hall", "embodied", 1000), ("accelerated", "embodied", 400)],
        "cooling": [
            ("air_economiser", p, v)
            for p, v in [
                ("reference_utilisation", 0.8), ("fixed_share", 0.5), ("hall_capex", 1e7), ("hall_life", 20), ("hall_fom", 0.0),
                ("land_ha_per_mw", 0.4),
            ]
        ],
        "tariffs": [
            *[("import", p, 10.0) for p in ("network_energy", "levies", "electricity_tax", "concession", "supply_margin")],
            ("import", "network_capacity", 100_000), ("connection", "contribution", 160_000), ("connection", "life", 40),
            ("connection", "lead_years_spare", 3),
            ("connection", "substation_per_mw", 40_000), ("connection", "substation_fixed", 8e6),
            ("line_overhead", "capex", 800), ("line_overhead", "fom", 0.0),
            ("line", "life", 40), ("line", "route_factor", 1.25),
            ("water", "price", 2.0), ("land", "price", 600_000),
        ],
        "heat": [
            ("pipe", "capex", 40_000), ("pipe", "life", 40), ("pipe", "fom", 0.0), ("pipe", "route_factor", 1.0),
            ("exchanger", "capex", 250_000), ("exchanger", "life", 25), ("exchanger", "fom", 0.0),
            ("heat_pump", "capex", 1_000_000), ("heat_pump", "life", 25), ("heat_pump", "fom", 0.0), ("heat_pump", "vom", 3.0),
            ("heat_pump", "carnot_fraction", 0.5), ("heat_pump", "cop_max", 8.0), ("heat_pump", "exchanger_k", 5.0),
            ("heat_pump", "cooling_k", 10.0),
        ],
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    for name, values in rows.items():
        table = pd.DataFrame(values, columns=["technology", "parameter", "value"])
        table.assign(unit="-", source="round numbers for a sum by hand").to_csv(folder / f"{name}.csv", index=False)
