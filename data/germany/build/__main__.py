"""The command line of the build: which archives, which parts, in which order."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
if __package__ in (None, ""):  # run as a folder: make the package importable under its own name
    sys.path[:] = [str(HERE.parent), *[p for p in sys.path if Path(p or ".").resolve() != HERE]]

from build import catalogue, geography, heat_demand, network, power_system, prices, typical_year, weather_observed  # noqa: E402
from build.archives import Archives  # noqa: E402
from build.checks import Checks  # noqa: E402

PARTS = {
    "network": network.build,
    "geography": geography.build,
    "heat": heat_demand.build,
    "power": power_system.build,
    "prices": prices.build,
    "observed": weather_observed.build,
    "typical": typical_year.build,
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="build", description="Build the German data set of siting.")
    parser.add_argument(
        "--downloads",
        type=Path,
        default=Path.home() / ".cache" / "siting" / "germany",
        help="folder of the source archives; those missing are fetched into it (350 MB)",
    )
    parser.add_argument("--out", type=Path, default=HERE.parent, help="where the files go (default: data/germany)")
    parser.add_argument(
        "--parts", nargs="*", metavar="PART", default=list(PARTS), help="build only these; none given: only renew the catalogue"
    )
    chosen = parser.parse_args(arguments)

    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")

    archives, checks = Archives(chosen.downloads), Checks()
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name, build in PARTS.items():
        if name in chosen.parts:
            start = time.perf_counter()
            build(archives, chosen.out, checks)
            print(f"{name:10s} {time.perf_counter() - start:6.1f} s", flush=True)
    if checks.rows:
        checks.write(chosen.out / "checks.csv")
    catalogue.write(chosen.out)


if __name__ == "__main__":
    main()
