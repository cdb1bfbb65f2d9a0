"""The program on one page: a Study becomes a Solution."""

from __future__ import annotations

import threading

import pyomo.environ as pyo

from .blocks.model import Model, build
from .errors import Infeasible, InputsError
from .inputs.checks import check
from .inputs.inputs import Inputs
from .inputs.prepare import prepare
from .results.audit import audit
from .results.consequence import with_consequence
from .results.evaluated import evaluated
from .results.flexibility import pauses, worth
from .results.flexible import kept
from .results.heat import heat_table
from .results.settlement import settled
from .results.solution import Solution, read_outcome
from .solve.alternatives import without_each
from .solve.headroom import JointHeadroom
from .solve.headroom_notes import tables
from .solve.highs import Tell
from .solve.monolith import Monolith
from .solve.stamp import stamp
from .study.read import to_yaml
from .study.study import Study


def run(study: Study, tell: Tell | None = None, interrupt: threading.Event | None = None) -> Solution:
    """Study → Solution, audited.

    Raises StudyError, DataError, InputsError (bad input), Infeasible (no plan keeps every rule; told in words), StoppedEarly
    (interrupted before any plan was found). An interrupt after that gives the best plan, marked, with its gap.
    Cost: linear in sites × hours to build; the solve grows faster (20 sites × 144 h: about a minute).
    """
    return solve(prepare(study), tell, interrupt)


def solve(inputs: Inputs, tell: Tell | None = None, interrupt: threading.Event | None = None) -> Solution:
    """Inputs → Solution; for what-ifs that share prepared inputs."""
    grid = JointHeadroom(inputs.grid) if inputs.grid else None
    if grid:
        inputs = grid.limited(inputs)
    check(inputs)
    model = build(inputs)
    program = stamp(model)
    if grid:
        grid.bind(inputs, program)
    settle = grid.settle if grid and "flexible_depth" in inputs.data else None
    mono = Monolith(program, inputs.study.solver, inputs.unavoidable_cost, grid.cuts if grid else None, settle, tell, interrupt)
    outcome = mono.solve(grid.first_cuts(inputs) if grid else ())
    if inputs.study.solver.without_each_site and not mono.interrupt.is_set():
        outcome.without = without_each(mono, outcome)
    outcome.hours = settled(program, outcome, inputs)
    solution = read_outcome(inputs, program, outcome, meanings(model))
    solution.study_yaml = to_yaml(inputs.study)
    if grid:
        solution.notes |= tables(grid, inputs, program, outcome)
    if "heat_pipe" in solution.data:
        solution.notes["heat"] = heat_table(solution.data)
    if "grid_flexible" in solution.data:
        solution.notes["flexible"] = kept(solution.data, inputs.study)
    if "workloads_up" in solution.data:
        solution.notes["training"] = pauses(solution.data)
    if inputs.fleet:
        solution = with_consequence(solution, inputs.fleet)
    solution = audit(solution, inputs)
    solution.notes |= evaluated(solution, inputs)
    if inputs.study.solver.without_flexibility and not mono.interrupt.is_set():
        solution.notes["flexibility"] = worth(solution, _steady(inputs.study, tell, mono.interrupt))
    return solution


def _steady(study: Study, tell: Tell | None, interrupt: threading.Event) -> Solution | None:
    """The same study with all training at a constant power; None where no plan does that."""
    try:
        return solve(prepare(study.without_flexibility()), tell, interrupt)
    except (Infeasible, InputsError):
        return None


def meanings(model: Model) -> dict[str, str]:
    """`block.component` → its doc, `meaning [unit]`."""
    return {
        f"{v.parent_block().local_name}.{v.local_name}": v.doc or v.local_name
        for v in model.pyomo.component_objects(pyo.Var, descend_into=True)
    }
