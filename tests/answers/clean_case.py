"""One site for questions of clean energy, all from plain tables and all SYNTHETIC: a block of hours, sun, wind, price, mix."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.inputs.inputs import Inputs
from tests.blocks.small import Case, cooling_table

SITE = "here"
LOAD = 10.0  # MW of IT in every hour


def profile(values: np.ndarray) -> pd.DataFrame:
    """(block, hour) → a table of a shape."""
    rows = [(f"b{d}", t, values[d, t]) for d, t in np.ndindex(*values.shape)]
    return pd.DataFrame(rows, columns=["block", "hour", "per_unit"])


def shapes(n_hours: int, seed: int = 7) -> dict[str, np.ndarray]:
    """Sun by day, wind in spells, a price that falls with both, the grid's carbon and clean share: (1, hour)."""
    rng, t = np.random.default_rng(seed), np.arange(n_hours)
    sun = np.clip(np.sin((t % 24 - 6) / 12 * np.pi), 0, 1) * rng.uniform(0.5, 0.9, n_hours)
    spells = np.convolve(rng.normal(0, 1, n_hours + 11), np.ones(12) / 12, "valid")
    wind = 1 / (1 + np.exp(-4 * spells))
    clean = np.clip(0.25 + 0.3 * sun + 0.35 * wind + rng.normal(0, 0.03, n_hours), 0.05, 0.95)
    price = 130 - 100 * clean + rng.normal(0, 8, n_hours)
    return {name: np.round(x, 4)[None] for name, x in (("sun", sun), ("wind", wind), ("clean", clean), ("price", price))}


def clean_case(n_hours: int = 72, seed: int = 7, **more: Any) -> Case:
    """10 MW of IT at one site; `more` are groups of the study."""
    x = shapes(n_hours, seed)
    hours = pd.DataFrame(
        {
            "block": "b0",
            "hour": np.arange(n_hours),
            "weight": 8760 / n_hours,
            "spot_price_eur_2024_per_mwh": x["price"][0],
            "carbon_average_t_per_mwh": np.round(0.9 * (1 - x["clean"][0]), 4),
            "grid_clean_share": x["clean"][0],
        }
    )
    pue = np.full((1, 1, 1, n_hours), 1.2)
    raw: dict[str, Any] = {
        "name": "clean (synthetic)",
        "sites": {"table": "sites.csv", "module_mw": 5.0},
        "hours": {"table": "hours.csv"},
        "work": {"web": {"kind": "inference", "table": "regions.csv"}},
        "cooling": {"technologies": ["air_economiser"], "hours": "cooling.csv"},
        "grid": {"headroom": "off"},
        "solver": {"gap": 0.0, "time_limit_s": 60},
        **more,
    }
    tables = {
        "sites.csv": pd.DataFrame({"site": [SITE], "lon": [10.0], "lat": [51.0], "max_it_mw": [LOAD]}),
        "hours.csv": hours,
        "cooling.csv": cooling_table([SITE], ("air_economiser",), pue, np.zeros(pue.shape)),
        "regions.csv": pd.DataFrame({"region": ["all"], "it_mw": [LOAD], "lon": [10.0], "lat": [51.0]}),
        "sun.csv": profile(x["sun"]),
        "wind.csv": profile(x["wind"]),
        "flat.csv": profile(np.ones((1, n_hours))),
    }
    return Case(raw, tables)


def contract(mw: float, strike: float, shape: str = "flat", **more: Any) -> dict[str, Any]:
    """A PPA as a study has it."""
    kind = {"sun": "pv", "wind": "wind"}.get(shape, "geothermal")
    rest = {"technology": kind, "lon": 10.0, "lat": 51.0, "profile": f"{shape}.csv"}
    return rest | {"offered_mw": mw, "strike_eur_2024_per_mwh": strike} | more


def at_no_cost(inputs: Inputs, *names: str) -> Inputs:
    """The same inputs with these prices at zero."""
    return replace(inputs, data=inputs.data.assign({n: inputs.data[n] * 0 for n in names}))


def prepared(case: Case, folder: Path) -> Inputs:
    folder.mkdir(parents=True, exist_ok=True)
    return case.inputs(folder)


def whole_portfolio(n_hours: int = 24) -> Case:
    """Everything at once: own and nearby plant, backup with an energy limit, sale, a battery, contracts of every kind."""
    case = clean_case(
        n_hours,
        year=2035,
        generation={
            "pv": {"max_mw_per_site": 30, "profile": "sun.csv"},
            "hill": {
                "technology": "wind", "max_mw_per_site": 12, "profile": "wind.csv", "away_km": 8,
                "land_lease_eur_2024_per_ha_per_year": 400,
            },
            "smr": {"max_mw_per_site": 1},
            "gas_engine": {"max_mw_per_site": 4, "max_full_load_hours": 300, "max_run_hours": 600},
        },
        storage={"battery": {"max_mw_per_site": 2, "max_mwh_per_site": 6}},
        contracts={
            "sea": contract(4.0, 70.0, "wind", zone="N", commissioned="2025-01-01"),
            "old": contract(2.0, 45.0, zone="N", commissioned="2012-01-01", minimum_mw=1.0),
        },
        additionality={"commissioned_from": "2023-01-01"},
        carbon={"counts": "market", "price_eur_2024_per_t": 80.0, "marginal": "long-run", "marginal_t_per_mwh": 0.3},
        limits={
            "cfe": {"min_mwh_per_mwh": 0.89, "of": "net_demand", "per": "site"},
            "procured": {"min_mwh_per_mwh": 0.4, "of": "net_demand", "per": "zone"},
            "additional": {"min_mwh_per_mwh": 0.3, "of": "net_demand"},
            "excess": {"max_mwh_per_mwh": 0.3, "of": "net_demand"},
        },
    )  # fmt: skip
    case.raw["grid"]["excess_sale"] = {"fee_eur_2024_per_mwh": 4.0}
    case.raw["sites"]["zone"] = "N"
    case.tables["hours.csv"].loc[[7, 18], "spot_price_eur_2024_per_mwh"] = 2500.0
    return case
