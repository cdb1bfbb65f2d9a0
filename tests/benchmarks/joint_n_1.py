"""Joint N-1 headroom on the built-in network: 60 sites of up to 1,000 MW, one hour and 24 hours; in CPU seconds, no test.

    python tests/benchmarks/joint_n_1.py [--hours 24] [--all-rows]

The hours are the design peak scaled to the shape of a winter day. `--all-rows` gives the program of one hour every pair of
branch and outage at once, the obvious alternative to adding rows as they are found violated.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np

from siting.inputs.grid import build_grid
from siting.inputs.situations import build_situation
from siting.physics.outages import single_outages
from siting.physics.security import RowPool
from siting.solve.grid.check import GridCheck
from siting.solve.grid.secure_base import secured, told
from siting.sources.grid import read_demand, read_network

GERMANY = Path(__file__).parents[2] / "data" / "germany"
PEAK_MW = 58_000.0
SHAPE = [0.74, 0.70, 0.68, 0.67, 0.68, 0.71, 0.78, 0.87, 0.92, 0.94, 0.95, 0.96]
SHAPE += [0.95, 0.93, 0.91, 0.90, 0.93, 1.0, 0.99, 0.96, 0.92, 0.88, 0.83, 0.78]
WEATHER = {"solar": 0.0, "wind_onshore": 0.15, "wind_offshore": 0.30}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--sites", type=int, default=60)
    parser.add_argument("--cap-mw", type=float, default=1000.0)
    parser.add_argument("--all-rows", action="store_true")
    chosen = parser.parse_args()
    grid = build_grid(read_network(GERMANY / "network"))
    annual = read_demand(GERMANY / "demand_by_bus.csv", grid.network.bus)
    start = time.process_time()
    outages = single_outages(grid.network)
    print(f"outage factors of {grid.network.branch_count} branches: {time.process_time() - start:.2f} s", flush=True)
    start = time.process_time()
    order = np.argsort(-np.array(SHAPE))[: chosen.hours]
    hours = [
        build_situation(
            grid, annual, PEAK_MW * SHAPE[h], WEATHER, name=f"hour {h:02d}", reason="", time="", security_factor=1.0, n_1=True
        )
        for h in order
    ]
    pool = RowPool(outages)
    hours = secured(grid.network, hours, pool)
    print(f"secure base of {len(hours)} hours: {time.process_time() - start:.2f} s", *told(hours)[:3], sep="\n", flush=True)
    buses = np.random.default_rng(1).choice(grid.network.bus_count, chosen.sites, replace=False)

    start = time.process_time()
    check = GridCheck(grid.network, hours, buses, adequacy=True, pool=pool)
    joint = check.joint(np.arange(chosen.sites), chosen.cap_mw)
    seconds = time.process_time() - start
    full = check.full_check(joint.d_mw)
    print(
        f"rows as needed: {joint.total_mw:,.1f} MW at {chosen.sites} sites in {len(hours)} hours, {seconds:.1f} s, "
        f"{joint.rounds} rounds, {len(pool)} of {outages.lodf.size:,} pairs kept; {full.pairs:,} limits checked, "
        f"worst {full.worst_mw:+.4f} MW ({full.where}), unserved {full.unserved_mw:.4f} MW",
        flush=True,
    )
    start = time.process_time()
    single = sum(min(min(h.headroom_mw for h in check.headroom(c)), chosen.cap_mw) for c in range(chosen.sites))
    print(f"sum of single headrooms {single:,.1f} MW, stacking error {single / joint.total_mw - 1:+.1%}, "
          f"{time.process_time() - start:.1f} s", flush=True)  # fmt: skip
    if chosen.all_rows:
        every = RowPool(outages)
        branch, outage = (x.ravel() for x in np.indices(outages.lodf.shape))
        real = np.abs(outages.lodf[branch, outage] + (branch == outages.branch[outage])) > 1e-9
        every.add(branch[real], outage[real])
        start = time.process_time()
        whole = GridCheck(grid.network, hours[:1], buses, adequacy=True, pool=every)
        asked = np.full(chosen.sites, chosen.cap_mw)
        once = asked.sum() - whole.unserved(asked)[0]
        seconds = time.process_time() - start
        lazy = GridCheck(grid.network, hours[:1], buses, adequacy=True, pool=RowPool(outages))
        start = time.process_time()
        needed = asked.sum() - lazy.unserved(asked)[0]
        print(
            f"one hour, one solve: all {len(every):,} rows at once {once:,.2f} MW in {seconds:.1f} s; "
            f"rows as needed {needed:,.2f} MW in {time.process_time() - start:.2f} s",
            flush=True,
        )
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
