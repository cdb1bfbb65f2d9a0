"""The audit: every balance of a solution recomputed with numpy from inputs and decisions, without the model.

Nothing here reads a row of the Program or an expression of Pyomo. A solution that does not balance is refused.
"""

from __future__ import annotations

from ...errors import ModelError
from ...inputs.inputs import Inputs
from ...inputs.stages import told_by_stage
from ..solution import Solution
from . import accounts, balances, storage
from .chips import chips, over_stages
from .consequence import consequence
from .heat import heat
from .levers import levers
from .places import deadlines, losses, places
from .prices import prices
from .stages import stages
from .training import training

TESTS = (
    balances.power,
    balances.work,
    training,
    balances.capacity,
    balances.headroom,
    accounts.accounts_agree,
    accounts.risk_agrees,
    accounts.limits_hold,
    balances.contracts,
    storage.storage,
    consequence,
    heat,
    levers,
    places,
    deadlines,
    losses,
    chips,
)


def audit(solution: Solution, inputs: Inputs) -> Solution:
    """Return the solution, or raise ModelError naming every balance that does not hold; stage by stage, and between stages."""
    problems = []
    looked_at = [solution.stage(year) for year in solution.stages] or [solution]
    for s, (told, of) in zip(looked_at, told_by_stage(inputs), strict=True):
        problems += [told + p for test in TESTS for p in test(s, of)]
    problems += prices(solution)
    if solution.stages:
        problems += stages(solution, inputs) + over_stages(solution)
    if problems:
        raise ModelError([f"audit: {p}" for p in problems])
    return solution
