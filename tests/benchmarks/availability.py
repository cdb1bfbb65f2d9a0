"""How fast are sun and wind? A script, not a test:  python -m tests.benchmarks.availability [cells] [hours]

SYNTHETIC weather of cells x hours becomes hourly output per rating of fixed PV, of PV on trackers and of wind, by the functions
that a study uses (`inputs.generation.capacity_factor`), in one process.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
import xarray as xr

from siting.inputs.generation import capacity_factor
from siting.inputs.money import SHIPPED, Technologies
from siting.sources.tables import read_technologies


def synthetic(n_cells: int, n_hours: int) -> tuple[xr.Dataset, np.ndarray, np.ndarray, np.ndarray]:
    """Weather, time, lon, lat of cells in central Europe."""
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(5, 15, n_cells), rng.uniform(46, 56, n_cells)
    hours = np.datetime64("2019-01-01T00", "ns") + np.arange(n_hours) * np.timedelta64(1, "h")
    day = np.clip(np.sin((np.arange(n_hours) % 24 - 6) / 12 * np.pi), 0, 1)
    sun = day * rng.uniform(100, 800, (n_cells, n_hours))
    parts = {
        "dry_bulb_c": rng.uniform(-10, 30, (n_cells, n_hours)), "dew_point_c": np.zeros((n_cells, n_hours)),
        "pressure_pa": np.full((n_cells, n_hours), 1e5), "ghi_w_per_m2": sun, "dni_w_per_m2": 0.6 * sun,
        "dhi_w_per_m2": 0.4 * sun, "wind_speed_m_per_s": rng.weibull(2.0, (n_cells, n_hours)) * 4.5,
    }  # fmt: skip
    return xr.Dataset({n: (("cell", "time"), v) for n, v in parts.items()}), hours, lon, lat


def main(n_cells: int = 1000, n_hours: int = 8760) -> None:
    weather, hours, lon, lat = synthetic(n_cells, n_hours)
    print(f"SYNTHETIC: {n_cells:,} cells x {n_hours:,} h")
    table = {"generation": read_technologies(SHIPPED / "generation.csv")}
    technologies = Technologies(SHIPPED, SHIPPED / "cooling.csv", table)
    for kind in ("pv", "pv_tracking", "wind"):
        wall, cpu = time.perf_counter(), time.process_time()
        cf = capacity_factor(kind, weather, hours, lon, lat, technologies)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"  {kind:<12} {wall:6.1f} s ({cpu:.1f} s of CPU), mean {cf.mean():.3f}")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
