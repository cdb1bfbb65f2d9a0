"""A tiny study and scenarios of it: two sites, three regions, optima by hand.

`base`: both sites open, 10 + 10 fixed and serving costs 1 + 1 + 2 = 24. `dear-south`: south costs 100 to open, so north
serves all for 10 + 1 + 5 + 9 = 25. `broken` names a file that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from distributed import Client, LocalCluster

import siting

from ..answers.facility import write_study

OPTIMA = {"base": 24.0, "dear-south": 25.0}
BROKEN = {"work": {"demand": {"serving_costs": "nowhere.csv"}}}


def placed(path: Path) -> pd.DataFrame:
    """The candidates with a place each, so that there is a map to draw."""
    sites = pd.read_csv(path)
    sites = sites.assign(lon=8.0 + 0.5 * (sites.index % 8), lat=50.0 + 0.5 * (sites.index // 8))
    sites.to_csv(path, index=False)
    return sites


def write_small_study(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    cost = np.array([[1.0, 5.0, 9.0], [30.0, 1.0, 2.0]])
    path = write_study(folder, np.array([5.0, 5.0]), np.array([10.0, 10.0]), np.ones(3), cost)
    sites = placed(folder / "sites.csv")
    sites.assign(fixed_cost_eur_2024_per_year=[10.0, 100.0]).to_csv(folder / "dear.csv", index=False)
    return path


def small_scenarios(folder: Path, **more: dict) -> siting.ScenarioSet:
    path = write_small_study(folder)
    overlays = {"base": {}, "dear-south": {"sites": {"table": "dear.csv"}}, **more}
    return siting.ScenarioSet(name="small", study=path, scenarios=overlays)


@contextmanager
def in_this_process(scheduler: str | None, workers: int) -> Iterator[Client]:
    """In the place of `batch._client`: a cluster of threads, which need not import everything again."""
    with LocalCluster(1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster, Client(cluster) as client:
        yield client
