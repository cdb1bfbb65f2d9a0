"""What-ifs on the German study: seconds of each in one Python session, and, with --fresh, of the same study from nothing.

    python -m tests.benchmarks.what_if [--fresh]

CPU seconds are told beside those on the clock: they hardly depend on what else the machine does.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import siting
from siting.results.solution import Solution

STUDY = Path(__file__).resolve().parents[2] / "models" / "germany.yaml"


def changes(near: Solution, study: siting.Study) -> dict[str, dict[str, Any]]:
    """What is asked, and how the study differs for it."""
    chosen = near.chosen["site"].astype(str).tolist()
    carbon = float(study.as_dict()["limits"]["carbon_market"]["max_t_per_year"])
    peak = study.as_dict()["work"]["inference"]["peak_it_mw"]
    return {
        "carbon limit 1 % lower": {"limits": {"carbon_market": {"max_t_per_year": 0.99 * carbon}}},
        "a limit on water, 3 M m3 a year": {"limits": {"water": {"max_m3_per_year": 3e6}}},
        f"without {chosen[-1]}": {"sites": {"never": [chosen[-1]]}},
        f"without {chosen[3]}": {"sites": {"never": [chosen[3]]}},
        f"without {chosen[0]}": {"sites": {"never": [chosen[0]]}},
        "users 1 % more": {"work": {"inference": {"peak_it_mw": 1.01 * peak}}},
        "users 3 % fewer": {"work": {"inference": {"peak_it_mw": 0.97 * peak}}},
        "200 MW of PV a site": {"generation": {"pv": {"max_mw_per_site": 200}}},
        "a site of 400 MW at most": {"sites": {"max_it_mw": 400}},
        "money at 7.5 %": {"finance": {"real_rate": 0.075}},
    }


def timed(study: siting.Study, near: Solution | None) -> tuple[float, float, str, Solution | None]:
    clock, cpu = time.monotonic(), time.process_time()
    try:
        found = siting.run(study, near=near, extras=False)
        o = found.outcome
        told = f"{o['status']}, gap {o['gap_of_siting_dependent_cost']:.2%}, {o['objective']:,.0f}"
    except siting.errors.SitingError as e:
        found, told = None, str(e.problems[0])[:60]
    return time.monotonic() - clock, time.process_time() - cpu, told, found


def main() -> None:
    study = siting.read_study(STUDY)
    seconds, cpu, told, near = timed(study, None)
    assert near is not None
    print(f"{'the study':45} {seconds:6.1f} s {cpu:6.1f} s CPU  {told}", flush=True)
    for what, change in changes(near, study).items():
        for name, start in ((what, near), *(((f"  {'from nothing':43}", None),) if "--fresh" in sys.argv else ())):
            seconds, cpu, told, _ = timed(study.with_(**change), start)
            print(f"{name:45} {seconds:6.1f} s {cpu:6.1f} s CPU  {told}", flush=True)


if __name__ == "__main__":
    main()
