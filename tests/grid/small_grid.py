"""Two sites on a triangle of three buses, as a whole study: bus 1 has the plant and all other demand. Numbers are synthetic."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..blocks.small import Case, two_sites

MVA = 1 / 0.95  # so that a rating is a round number of MW


def triangle_tables(r12: float, r13: float, r23: float, circuits: tuple[int, ...] = (1, 1, 1)) -> dict[str, pd.DataFrame]:
    """The tables of the network; ratings [MW] and lengths are of one circuit, each of reactance 0.001 p.u. on 1 MVA."""
    names = ["1-2", "1-3", "2-3"]
    n = pd.Series(circuits, dtype=float)
    return {
        "network/buses.csv": pd.DataFrame(
            {"bus": ["1", "2", "3"], "lon": [10.0, 9.0, 11.0], "lat": [51.0, 53.5, 48.5], "voltage_kv": 380.0}
        ),
        "network/branches.csv": pd.DataFrame(
            {
                "branch": names,
                "bus0": ["1", "1", "2"],
                "bus1": ["2", "3", "3"],
                "kind": "line",
                "reactance_pu_on_1mva": 1e-3 / n,
                "rating_mva": pd.Series([r12, r13, r23]) * MVA * n,
                "circuits": n,
                "length_km": [100.0, 200.0, 150.0],
            }
        ),
        "network/generators.csv": pd.DataFrame(
            {"generator": ["g"], "bus": ["1"], "carrier": ["gas"], "capacity_mw": [1000.0], "marginal_cost_eur_per_mwh": [50.0]}
        ),
        "network/storage.csv": pd.DataFrame({"storage": ["s"], "bus": ["1"], "power_mw": [0.0]}),
        "demand.csv": pd.DataFrame({"bus": ["1"], "annual_gwh": [100.0]}),
    }


def on_a_triangle(tables: dict[str, pd.DataFrame], **grid: Any) -> Case:
    """`two_sites` with the sites at buses 2 and 3; `grid` are further keys of the grid group."""
    case = two_sites()
    case.tables["sites.csv"] = case.tables["sites.csv"].assign(bus=["2", "3"])
    case.tables |= tables
    case.raw["grid"] = {
        "network": "network",
        "demand": "demand.csv",
        "headroom": "joint",
        "security": "n_1",
        "situations": {"extremes": False, "all_hours_of_days": False, "design_peak_mw": 50.0},
        "max_connection_mw": 100.0,
        **grid,
    }
    return case
