"""siting: where, when, how big, how cooled, how powered, serving which work?

study = siting.read_study("models/germany.yaml")
solution = siting.run(study)
solution.sites, solution.data, solution.accounts, solution.outcome
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .batch import run_all
    from .grid_headroom import headroom
    from .inputs.inputs import Inputs
    from .pipeline import run
    from .results.headroom import headroom_by_bus
    from .results.race import race
    from .results.solution import Solution, read_solution
    from .study.read import read_study
    from .study.scenarios import ScenarioSet, read_scenarios
    from .study.study import Study

_WHERE = {  # imported on first use: a word on the command line need not wait for Pyomo
    "Study": ".study.study",
    "Inputs": ".inputs.inputs",
    "Solution": ".results.solution",
    "ScenarioSet": ".study.scenarios",
    "read_study": ".study.read",
    "read_scenarios": ".study.scenarios",
    "read_solution": ".results.solution",
    "run": ".pipeline",
    "headroom": ".grid_headroom",
    "headroom_by_bus": ".results.headroom",
    "run_all": ".batch",
    "race": ".results.race",
}
__all__ = [
    "Inputs", "ScenarioSet", "Solution", "Study", "headroom", "headroom_by_bus", "race", "read_scenarios", "read_solution",
    "read_study", "run", "run_all",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"siting has no '{name}'; it has: {', '.join(__all__)}")
    return getattr(import_module(_WHERE[name], __name__), name)
