"""The decomposition on SYNTHETIC years (`instances.py`): seconds, rounds, gap and memory; beside the monolith where asked.

    python -m tests.benchmarks.decomposition 20 365                  # sites, days: at most 20 minutes, gap 0.5 %
    python -m tests.benchmarks.decomposition 20 365 --gap 0.01 --seconds 300 --years 1 --relaxed --monolith

`--carbon-share` is the limit on carbon (below 0.4 it can bind); `--window` that of training (by the day the master shares out
none); `--block-hours` the length of a block. `--relaxed` drops the integrality of modules and sites (the linear program
alone). Gaps are of the siting-dependent cost.
"""

from __future__ import annotations

import argparse
import time

import psutil

from siting.blocks.model import build
from siting.errors import SitingError
from siting.solve.benders.decomposition import Decomposition
from siting.solve.highs import Progress
from siting.solve.monolith import Monolith
from siting.solve.stamp import stamp

from .instances import instance

EVERY_S = 20.0


def memory_gb() -> float:
    """Of this process and all its workers, now."""
    me = psutil.Process()
    return sum(p.memory_info().rss for p in (me, *me.children(recursive=True))) / 2**30


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("sites", type=int)
    ask.add_argument("days", type=int)
    ask.add_argument("--years", type=int, default=1)
    ask.add_argument("--gap", type=float, default=0.005)
    ask.add_argument("--seconds", type=float, default=1200.0)
    ask.add_argument("--carbon-share", type=float, default=0.85)
    ask.add_argument("--block-hours", type=int, default=24)
    ask.add_argument("--window", choices=("day", "month", "year"), default="month")
    ask.add_argument("--relaxed", action="store_true")
    ask.add_argument("--monolith", action="store_true")
    asked = ask.parse_args()
    start = time.perf_counter()
    inputs = instance(
        asked.sites,
        asked.days,
        asked.years,
        carbon_share=asked.carbon_share,
        block_hours=asked.block_hours,
        window=asked.window,
    )
    program = stamp(build(inputs))
    if asked.relaxed:
        program.plan.integer[:] = False
    hours = program.n_blocks * inputs.data.sizes["hour"]
    size = len(program.hours.row) * program.n_blocks
    print(
        f"SYNTHETIC {asked.sites} sites x {hours} h, {size / 1e6:.1f} M non-zeros, built in {time.perf_counter() - start:.1f} s"
    )
    options = inputs.study.solver.model_copy(update={"gap": asked.gap, "time_limit_s": asked.seconds})
    told, peak = [0.0], [0.0]

    def tell(p: Progress) -> None:
        peak[0] = max(peak[0], memory_gb())
        if p.seconds - told[0] >= EVERY_S:
            told[0] = p.seconds
            print(
                f"  {p.seconds:6.0f} s  {p.stage:<14} bound {p.bound / 1e6:12.2f}  plan {p.incumbent / 1e6:12.2f} M EUR",
                flush=True,
            )

    for name, make in (("decomposition", Decomposition), *([("monolith", Monolith)] if asked.monolith else [])):
        start, used = time.perf_counter(), time.process_time()
        try:
            found = make(program, options, inputs.unavoidable_cost, tell=tell).solve()
        except SitingError as e:
            print(f"{name}: {e} ({time.perf_counter() - start:.0f} s)")
            continue
        print(
            f"{name}: {found.status}, plan {found.objective / 1e6:.2f}, bound {found.bound / 1e6:.2f} M EUR, gap "
            f"{found.gap_of_siting:.2%} of siting, {found.gap_of_objective:.4%} of all; {found.rounds} rounds, "
            f"{time.perf_counter() - start:.0f} s, {time.process_time() - used:.0f} s CPU in the master; "
            f"{peak[0]:.1f} GB in all processes"
        )


if __name__ == "__main__":
    main()
