"""Synthetic instances for benchmarks: any number of sites, days and weather years, seeds free. NOTHING HERE IS REAL.

Weather is a seasonal and a daily wave by latitude plus autocorrelated noise, part of it shared by all sites; prices and
carbon fall when wind is high. PUE of four cooling technologies bends with dry or wet bulb. Two workloads: inference of
five regions, each within reach of about 60 % of the sites, and training in monthly windows. PV, wind and a battery behind
the meter, a limit on `carbon_location` (`carbon_share` of what import at the mean factor would cause: over 20 sites x 365 days
cheap wind and PV leave half of 0.85 unused, so only a share below 0.4 can bind; 0.35 does at about 45 EUR/t),
whole modules. The demand of more than 20 sites is that of 20: more candidates, not more work.

    python -m tests.benchmarks.instances 20 365        # prints what the instance holds
"""

from __future__ import annotations

import sys

import geopandas as gpd
import numpy as np
import xarray as xr

from siting.inputs.inputs import Inputs, described
from siting.inputs.money import penalties, unavoidable
from siting.inputs.workloads import least_it_mw
from siting.study.study import Study

KINDS = ["economiser", "chiller", "tower", "liquid"]
MODULE_MW = 20.0


def noise(rng: np.random.Generator, n: int, hours: int, memory: float, size: float) -> np.ndarray:
    """(n, hours): stationary first-order autoregressive noise of standard deviation `size`."""
    from scipy.signal import lfilter

    steps = rng.normal(size=(n, hours)) * size * np.sqrt(1 - memory**2)
    return lfilter([1.0], [1.0, -memory], steps, axis=1)


def weather(rng: np.random.Generator, lat: np.ndarray, hours: int) -> dict[str, np.ndarray]:
    """Dry bulb and wet bulb [degC], capacity factors of PV and wind, (site, hour)."""
    h, n = np.arange(hours), len(lat)
    season = -np.cos(2 * np.pi * (h / 8760 - 0.04))
    day = -np.cos(2 * np.pi * ((h % 24) / 24 - 0.1))
    swing = (8 + (lat - 45) * 0.2)[:, None]
    dry = (28 - 0.42 * lat)[:, None] + swing * season + 4 * day
    dry = dry + noise(rng, 1, hours, 0.98, 3) + noise(rng, n, hours, 0.95, 2)
    wet = dry - 2 - 0.15 * np.clip(dry, 0, None)
    sun = np.clip(np.sin(np.pi * ((h % 24) - 6) / 12), 0, None) * (0.55 + 0.35 * season)
    pv = np.clip(sun * (1 - (lat[:, None] - 45) / 40) * np.clip(1 + noise(rng, n, hours, 0.9, 0.4), 0, 1.3), 0, 1)
    wind = np.clip(0.35 - 0.1 * season + noise(rng, 1, hours, 0.97, 0.15) + noise(rng, n, hours, 0.95, 0.12), 0, 1)
    return {"dry": dry, "wet": wet, "pv": pv, "wind": wind}


def pue(kind: str, w: dict[str, np.ndarray]) -> np.ndarray:
    return {
        "economiser": 1.12 + 0.020 * np.clip(w["dry"] - 18, 0, None),
        "chiller": 1.20 + 0.010 * np.clip(w["dry"] - 10, 0, None),
        "tower": 1.10 + 0.012 * np.clip(w["wet"] - 16, 0, None),
        "liquid": 1.06 + 0.004 * np.clip(w["dry"] - 25, 0, None),
    }[kind]


def instance(
    n_sites: int,
    n_days: int = 365,
    n_years: int = 1,
    seed: int = 0,
    carbon_share: float = 0.85,
    block_hours: int = 24,
    window: str = "month",
    gap: float = 0.005,
) -> Inputs:
    """SYNTHETIC inputs of `n_years` equally likely weather years of `n_days` days each (spread over the year)."""
    rng = np.random.default_rng(seed)
    lat = rng.uniform(45, 65, n_sites)
    per_block = block_hours
    picked = np.unique(np.linspace(0, 364, n_days).round().astype(int)) if n_days < 365 else np.arange(365)
    hour = (picked[:, None] * 24 + np.arange(24)).ravel()
    years = [weather(rng, lat, 8760) for _ in range(n_years)]
    w = {k: np.concatenate([y[k][:, hour] for y in years], axis=1) for k in years[0]}
    total = w["dry"].shape[1]
    n_blocks = total // per_block
    w = {k: v[:, : n_blocks * per_block] for k, v in w.items()}
    of_day = np.tile(np.arange(24), total // 24)[: n_blocks * per_block]
    shape = (n_blocks, per_block)
    sites, regions = [f"s{i:04d}" for i in range(n_sites)], [f"r{j}" for j in range(5)]
    plants, work = ["pv", "wind"], ["web", "batch"]
    coords = {
        "site": sites, "block": np.arange(n_blocks), "hour": np.arange(per_block), "cooling": KINDS, "generator": plants,
        "storage": ["battery"],
        "workload": work, "region": regions,
    }  # fmt: skip

    def of(values: object, *dims: str) -> xr.DataArray:
        full = [len(coords[d]) for d in dims]
        return xr.DataArray(np.broadcast_to(np.asarray(values, float), full).copy(), {d: coords[d] for d in dims})

    national = w["wind"].mean(axis=0)
    evening = np.sin(2 * np.pi * (of_day - 10) / 24)
    price = np.clip(60 + 15 * evening - 125 * (national - 0.35) + noise(rng, 1, len(national), 0.9, 8)[0], -20, None)
    carbon = np.clip(0.30 + 0.08 * evening - 0.5 * (national - 0.35), 0.01, None)
    shape_of_day = 0.75 + 0.25 * np.sin(2 * np.pi * (of_day - 9) / 24)
    peak = rng.uniform(100, 400, 5) * min(n_sites / 20, 1.0)
    demand = np.zeros((2, 5, *shape))
    demand[0] = (peak[:, None] * shape_of_day).reshape(5, *shape)
    training = 0.8 * peak.sum() * 0.75
    reach = np.zeros((2, n_sites, 5))
    reach[0] = rng.uniform(size=(n_sites, 5)) < 0.6
    reach[0, 0] = 1
    by_kind = np.stack([pue(k, w) for k in KINDS], axis=1).reshape(n_sites, 4, *shape)
    idle = 0.8 * 0.3 * (by_kind.mean(axis=(2, 3)) - 1)
    water = np.zeros_like(by_kind)
    water[:, 0] = 0.02 * np.clip(w["dry"] - 18, 0, None).reshape(n_sites, *shape)
    water[:, 2] = 1.6
    weight = 8760 / (n_blocks / n_years * per_block)
    months = np.tile(np.minimum(picked * 12 // 365 + 1, 12).repeat(24), n_years)[::per_block][:n_blocks]
    per_year = n_blocks // n_years
    follows = np.arange(n_blocks) - 1.0
    for y in range(n_years):
        follows[y * per_year] = (y + 1) * per_year - 1.0
    most = rng.uniform(80, 500, n_sites)
    parts = {
        "weight": of(weight / n_years, "block"), "month": of(months, "block"),
        "follows": of(follows if n_days == 365 else -1, "block"),
        "scenario": of(np.arange(n_blocks) // per_year, "block"), "probability": of(1 / n_years, "block"),
        "must_open": of(0, "site"), "may_open": of(1, "site"), "existing_it": of(0, "site"), "least_it": of(0, "site"),
        "room_for_new_it": of(np.floor(most / 1.1 / MODULE_MW) * MODULE_MW, "site"), "land_available": of(1e4, "site"),
        "land_rent": of(rng.uniform(2e4, 1e5, n_sites), "site"), "site_cost": of(rng.uniform(4e6, 9e6, n_sites), "site"),
        "module_mw": xr.DataArray(MODULE_MW), "server_cost": xr.DataArray(5e6), "server_carbon": xr.DataArray(80.0),
        "existing_halls": of(0, "site", "cooling"), "idle_power": of(idle, "site", "cooling"),
        "power_per_it": of(by_kind - (idle / 0.8)[:, :, None, None], "site", "cooling", "block", "hour"),
        "design_power_per_it": of(by_kind.max(axis=(2, 3)) - idle / 0.8, "site", "cooling"),
        "water_per_it": of(water, "site", "cooling", "block", "hour"),
        "hall_cost": of([9.0e5, 9.2e5, 9.4e5, 10.5e5], "cooling"), "hall_land": of([0.5, 0.5, 0.5, 0.3], "cooling"),
        "hall_carbon": of(40, "cooling"), "water_price": of(2.0, "site"), "scarcity": of(1.0, "site"),
        "has_demand": of([[1.0], [0.0]], "workload", "region"), "demand": of(demand, "workload", "region", "block", "hour"),
        "reachable": of(reach, "workload", "site", "region"), "round_trip": of(1, "site", "region"),
        "training_energy": of([0, training * 8760], "workload"), "training_rate": of([0, 2 * training], "workload"),
        "availability": of(np.stack([w["pv"], w["wind"]], axis=1).reshape(n_sites, 2, *shape),
                           "site", "generator", "block", "hour"),
        "max_plant": of(rng.uniform(100, 600, (n_sites, 2)), "site", "generator"), "plant_cost": of([6e4, 1.1e5], "generator"),
        "plant_land": of([1.1, 0.4], "generator"), "plant_carbon": of([45, 27], "generator"),
        "plant_land_nearby": of(0, "generator"),
        "plant_full_load_hours": of(8760, "generator"),
        "plant_clean": of(1, "generator"),
        "plant_variable_cost": of(0, "generator"),
        "plant_direct_carbon": of(0, "generator"),
        "max_storage_power": of(200.0, "site", "storage"), "max_storage_energy": of(1600.0, "site", "storage"),
        "storage_power_cost": of(2.0e4, "storage"), "storage_energy_cost": of(1.2e4, "storage"),
        "storage_carbon": of(5.0, "storage"), "storage_land": of(0.003, "storage"), "storage_wear": of(1.0, "storage"),
        "charge_efficiency": of(0.95, "storage"), "discharge_efficiency": of(0.95, "storage"),
        "standing_loss": of(0, "storage"),
        "connection_cost": of(rng.uniform(2e4, 8e4, n_sites), "site"), "max_connection": of(most, "site"),
        "spot_price": of(price.reshape(shape), "block", "hour"), "energy_tariff": xr.DataArray(20.0),
        "carbon_average": of(carbon.reshape(shape), "block", "hour"),
        "carbon_residual": of(carbon.reshape(shape), "block", "hour"),
    }  # fmt: skip
    energy = (demand[0].sum() / (n_blocks * per_block) + training) * 8760
    cap = carbon_share * 1.12 * energy * float(carbon.mean())
    study = Study.model_validate(
        {
            "name": f"SYNTHETIC: {n_sites} sites x {n_blocks * per_block} h",
            "sites": {"table": "none.csv", "module_mw": MODULE_MW},
            "hours": {"table": "none.csv"},
            "work": {
                "web": {"kind": "inference", "table": "none.csv", "latency_ms": 10.0},
                "batch": {
                    "kind": "training", "mwh_it_per_year": training * 8760, "max_it_mw": 2 * training, "window": window,
                },
            },
            "cooling": {"technologies": KINDS, "hours": "none.csv"},
            "grid": {"headroom": "off"},
            "generation": {g: {"max_mw_per_site": 600.0} for g in plants},
            "storage": {"battery": {"max_mw_per_site": 200.0, "max_mwh_per_site": 1600.0}},
            "limits": {"carbon_location": {"max_t_per_year": cap}},
            "solver": {"gap": gap, "time_limit_s": 1200},
        }
    )  # fmt: skip
    energy, rate = {"batch": training * 8760}, {"batch": 2 * training}
    least = least_it_mw(study, demand.sum(axis=(0, 1)), energy, rate, parts["weight"].values, parts["month"].values)
    parts["least_new_it"] = xr.DataArray(float(np.ceil(least / MODULE_MW - 1e-6)) * MODULE_MW)
    parts |= penalties(parts)
    frame = gpd.GeoDataFrame(
        {"site": sites, "kept": True}, geometry=gpd.points_from_xy(rng.uniform(0, 20, n_sites), lat), crs=4326
    )
    data = described(xr.Dataset(parts))
    return Inputs(study, frame, data, None, unavoidable(study, data))


if __name__ == "__main__":
    made = instance(*(int(a) for a in sys.argv[1:]))
    print(made.data)
    print(f"unavoidable {made.unavoidable_cost / 1e9:.3f} billion EUR_2024/year")
