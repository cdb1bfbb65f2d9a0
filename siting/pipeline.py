"""The program on one page: a Study becomes a Solution."""

from __future__ import annotations

import threading
from dataclasses import replace

import pandas as pd
import pyomo.environ as pyo

from .blocks.model import Model, build, module_of
from .errors import Infeasible, InputsError, SolveError, StoppedEarly, StudyError
from .inputs.checks import check
from .inputs.inputs import Inputs
from .inputs.prepare import prepare
from .results.audit import audit
from .results.cfe_curve import cfe_table
from .results.consequence import with_consequence
from .results.evaluated import evaluated
from .results.flexibility import pauses, worth
from .results.flexible import kept
from .results.heat import heat_table
from .results.levers import merit_order, saved_together, with_lever_prices
from .results.near import plan_of
from .results.settlement import settled
from .results.site_loss import loss_table
from .results.solution import Solution, read_outcome
from .results.stages import all_by_stage, by_stage
from .results.work_it import with_work_it
from .solve.alternatives import waiting, without_each
from .solve.benders.decomposition import Decomposition
from .solve.grid.headroom import JointHeadroom
from .solve.grid.headroom_notes import tables
from .solve.highs import Tell
from .solve.monolith import Monolith
from .solve.outcome import Outcome
from .solve.plan_rules import PlanRules
from .solve.program import Program
from .solve.site_loss import site_losses
from .solve.stamp import stamp
from .solve.warm import Start, Warm
from .study.read import to_yaml
from .study.solver import SolverOptions
from .study.study import Study
from .study.workloads import Inference

LARGE = 1_500_000  # non-zeros over all blocks, above which one matrix takes HiGHS too long (20 sites x 60 days)


EXTRAS = {
    "without_each_site": "what each site is worth",
    "without_flexibility": "what the flexibility of training is worth",
    "cfe_curve": "what each further point of carbon-free energy costs",
}


def run(
    study: Study,
    tell: Tell | None = None,
    interrupt: threading.Event | None = None,
    near: Solution | None = None,
    extras: bool | None = None,
) -> Solution:
    """Study → Solution, audited.

    A what-if: `near` is the solution of a study that differs little. The search starts from its plan, and takes over what
    provably holds here too. `extras` (by default not beside `near`): the further solves that the study asks for in `solver`,
    such as what each site is worth; `outcome["left_out"]` says what was left out.

    Raises StudyError, DataError, InputsError (bad input), Infeasible (no plan keeps every rule; told in words), StoppedEarly
    (interrupted before any plan was found). An interrupt after that gives the best plan, marked, with its gap.
    Cost: linear in sites × hours to build; the solve grows faster (20 sites × 144 h: about a minute; a what-if: ten seconds).
    """
    return solve(prepare(study), tell, interrupt, near, extras)


def solve(
    inputs: Inputs,
    tell: Tell | None = None,
    interrupt: threading.Event | None = None,
    near: Solution | None = None,
    extras: bool | None = None,
) -> Solution:
    """Inputs → Solution; arguments as of `run`."""
    options = inputs.study.solver
    if extras is False or (extras is None and near is not None):
        options = options.model_copy(update=dict.fromkeys(EXTRAS, False))
    prepared = inputs
    warm = None if near is None else near.warm
    grid = JointHeadroom(inputs.grid, None if warm is None else warm.grid) if inputs.grid else None
    if grid:
        inputs = grid.limited(inputs)
    check(inputs)
    model = build(inputs)
    program = stamp(model)
    if grid:
        grid.bind(inputs, program)
    interrupt = interrupt or threading.Event()
    rules = PlanRules(program, grid, site_losses(inputs, program))
    start = None
    if near is not None:
        start = Start(plan_of(near.data, program), warm.bases if warm else None, warm.cuts if warm else None)
    try:
        outcome = _solved(inputs, options, program, rules, tell, interrupt, start)
    except Infeasible as e:
        raise Infeasible([*e.problems, *(grid.insecure() if grid else [])], e.path) from None
    outcome.hours = settled(program, outcome, inputs)
    solution = read_outcome(inputs, program, outcome, meanings(model))
    if out := [told for key, told in EXTRAS.items() if getattr(inputs.study.solver, key) and not getattr(options, key)]:
        solution.outcome["left_out"] = ", ".join(out)
    solution.study_yaml = to_yaml(inputs.study)
    solution.warm = Warm(outcome.bases, grid.known_of_case() if grid else None, outcome.block_cuts)
    if grid:
        solution.notes |= tables(grid, inputs, program, outcome)
    if "heat_pipe" in solution.data:
        solution.notes["heat"] = by_stage(solution, inputs, lambda s, _: heat_table(s.data))
    if "grid_flexible" in solution.data:
        solution.notes["flexible"] = kept(solution.data, inputs.study)
    if "workloads_up" in solution.data:
        solution.notes["training"] = by_stage(solution, inputs, lambda s, _: pauses(s.data))
    if any(isinstance(w, Inference) and w.n_plus_1 for w in inputs.study.work.values()):
        solution.notes["site_loss"] = by_stage(solution, inputs, loss_table)
    solution.data = with_work_it(solution, inputs)
    if "levers_share" in solution.data:
        solution.data = with_lever_prices(solution.data, program, outcome)
        solution.notes["saved_together"] = by_stage(solution, inputs, lambda s, _: saved_together(s))
    if "workloads_relieved" in solution.data:
        solution.notes["levers"] = by_stage(solution, inputs, lambda s, of: merit_order(s, of.study))
    if inputs.fleet:
        solution = with_consequence(solution, inputs.fleet)
    solution = audit(solution, inputs)
    solution.notes |= all_by_stage(solution, inputs, evaluated)
    if options.without_flexibility and not interrupt.is_set():
        solution.notes["flexibility"] = worth(solution, _steady(inputs.study, tell, interrupt))
    if options.cfe_curve and not interrupt.is_set():
        solution.notes["cfe_curve"] = cfe_curve(prepared, tell, interrupt)
    return solution


def _solved(
    inputs: Inputs,
    options: SolverOptions,
    program: Program,
    rules: PlanRules,
    tell: Tell | None,
    interrupt: threading.Event,
    near: Start | None,
) -> Outcome:
    """By one matrix, or block by block where the study says so or the matrix would be too large for it."""
    least = inputs.unavoidable_cost
    find, first, seen = rules.find if rules else None, rules.first(inputs, interrupt), rules.columns
    settle = rules.settle if rules.grid and "flexible_depth" in inputs.data else None
    large = len(program.hours.row) * program.n_blocks > LARGE
    if options.method == "decomposition" or (options.method == "auto" and large and settle is None):
        if settle is not None:
            raise StudyError("flexible connections are settled with the whole year at once: use solver.method monolith")
        return Decomposition(program, options, least, find, tell, interrupt, seen=seen, near=near).solve(first)
    mono = Monolith(program, options, least, find, settle, tell, interrupt, seen, near)
    outcome = mono.solve(first)
    if options.without_each_site and not interrupt.is_set():
        outcome.without = without_each(mono, outcome)
        if program.years and not interrupt.is_set():
            outcome.waiting = waiting(mono, outcome)
    return outcome


def _steady(study: Study, tell: Tell | None, interrupt: threading.Event) -> Solution | str:
    """The same study with all training at a constant power, or why there is no such plan."""
    try:
        return solve(prepare(study.without_flexibility()), tell, interrupt)
    except (Infeasible, InputsError):
        return "no plan does the work at a constant power"
    except SolveError:
        return "no plan at a constant power was found in time"


def cfe_curve(inputs: Inputs, tell: Tell | None = None, interrupt: threading.Event | None = None) -> pd.DataFrame:
    """What each further point of carbon-free energy costs: a plan at each share of `solver.cfe_curve`, ascending. An interrupt
    leaves out those that are still to come."""
    once = {"without_each_site": False, "without_flexibility": False, "cfe_curve": []}
    plans: list[tuple[float, Solution | str]] = []
    for share in sorted(set(inputs.study.solver.cfe_curve)):
        limits = {"cfe": {"min_mwh_per_mwh": share, "of": "net_demand"}}
        limited = inputs.study.with_(limits=limits if share > 0 else {}, solver=once)
        try:
            plans.append((share, solve(replace(inputs, study=limited, fleet=None), tell, interrupt)))
        except Infeasible:
            plans.append((share, "no plan does it"))
        except StoppedEarly:
            plans.append((share, "none found in time"))
        if interrupt is not None and interrupt.is_set():
            break
    return cfe_table(plans)


def meanings(model: Model) -> dict[str, str]:
    """`block.component` → its doc, `meaning [unit]`."""
    return {
        f"{module_of(v, model)}.{v.local_name}": v.doc or v.local_name
        for v in model.pyomo.component_objects(pyo.Var, descend_into=True)
    }
