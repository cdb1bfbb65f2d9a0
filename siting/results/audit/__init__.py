"""The audit: every balance of a solution recomputed with numpy from inputs and decisions, without the model.

Nothing here reads a row of the Program or an expression of Pyomo. A solution that does not balance is refused.
"""

from __future__ import annotations

from ...errors import ModelError
from ...inputs.inputs import Inputs
from ..solution import Solution
from . import accounts, balances, storage
from .consequence import consequence
from .heat import heat
from .levers import levers
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
)


def audit(solution: Solution, inputs: Inputs) -> Solution:
    """Return the solution, or raise ModelError naming every balance that does not hold."""
    problems = [p for test in TESTS for p in test(solution, inputs)]
    if problems:
        raise ModelError([f"audit: {p}" for p in problems])
    return solution
