"""The relaxation of a SYNTHETIC year (`instances.py`) as one matrix, by an interior point without crossover: the least that a
solve without decomposition must do. Beside it: `python -m tests.benchmarks.decomposition SITES DAYS --relaxed`.

    python -m tests.benchmarks.one_matrix 20 12                       # sites, days: hipo, on all cores, at most 10 minutes
    python -m tests.benchmarks.one_matrix 20 12 --solver ipx --tolerance 1e-4

What stands for broken rules is fixed at nothing, the objective is scaled as in our solves. Prints how HiGHS ends, its time, and
the objective less what every plan pays (a gap of the siting-dependent cost is a part of that).
"""

from __future__ import annotations

import argparse
import time

import highspy
import numpy as np

from siting.blocks.model import build
from siting.solve.program import Program, whole
from siting.solve.stamp import stamp

from .decomposition import memory_gb
from .instances import instance


def loaded(program: Program, options: dict[str, object]) -> tuple[highspy.Highs, float]:
    """HiGHS with the continuous program, and the scale of its objective."""
    w = whole(program)
    elastic = len(program.plan.columns) + program.n_own * np.arange(program.n_blocks)[:, None] + program.elastic_columns()
    upper = w.column_upper.copy()
    upper[elastic.ravel()] = 0.0
    scale = 10.0 ** -round(np.log10(np.median(np.abs(w.cost[w.cost != 0]))))
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = w.matrix.shape
    lp.col_cost_, lp.offset_ = w.cost * scale, w.constant * scale
    lp.col_lower_, lp.col_upper_, lp.row_lower_, lp.row_upper_ = w.column_lower, upper, w.lower, w.upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = w.matrix.indptr, w.matrix.indices, w.matrix.data
    h = highspy.Highs()
    for name, value in options.items():
        if h.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SystemExit(f"HiGHS {h.version()} refuses {name} = {value}; hipo needs highspy-extras of the same version")
    h.passModel(lp)
    return h, scale


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("sites", type=int)
    ask.add_argument("days", type=int)
    ask.add_argument("--solver", choices=("hipo", "ipx", "simplex"), default="hipo")
    ask.add_argument("--tolerance", type=float, default=1e-7)
    ask.add_argument("--seconds", type=float, default=600.0)
    ask.add_argument("--threads", type=int, default=2)
    ask.add_argument("--carbon-share", type=float, default=0.85)
    ask.add_argument("--verbose", action="store_true")
    asked = ask.parse_args()
    inputs = instance(asked.sites, asked.days, carbon_share=asked.carbon_share)
    program = stamp(build(inputs))
    of = ("primal_feasibility", "dual_feasibility", "ipm_optimality")
    options = {"solver": asked.solver, "run_crossover": "off", "threads": asked.threads, "time_limit": asked.seconds}
    options |= {"log_to_console": asked.verbose} | {f"{name}_tolerance": asked.tolerance for name in of}
    h, scale = loaded(program, options)
    start = time.perf_counter()
    h.run()
    info, hours = h.getInfo(), program.n_blocks * inputs.data.sizes["hour"]
    print(
        f"SYNTHETIC {asked.sites} sites x {hours} h, {h.getNumNz() / 1e6:.2f} M non-zeros, {asked.solver} to "
        f"{asked.tolerance:g}: {h.modelStatusToString(h.getModelStatus())} after {time.perf_counter() - start:.0f} s, "
        f"{memory_gb():.1f} GB; objective {(info.objective_function_value / scale - inputs.unavoidable_cost) / 1e6:.2f} M EUR "
        f"beside what every plan pays, primal and dual objective differ by {info.primal_dual_objective_error:.1e}"
    )


if __name__ == "__main__":
    main()
