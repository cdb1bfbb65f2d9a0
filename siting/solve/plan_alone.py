"""The plan without its hours: a small MIP that says how much whole plans need, before the large one is asked.

Every plan of the Program keeps the plan's own rows and the rules over it, so what these ask for at least is a bound: of N+1
over sites, how many modules of halls must stand in all. The large relaxation spreads them over all candidates and finds far
less; to branch on every hall until that is refuted takes it long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import scipy.sparse as sp

from .highs import Highs
from .program import Cut, Program, Whole, WideRow

ROUNDS = 20  # of rules that the least plan breaks; each bound holds, however many are left


class PlanAlone:
    """Rows of the plan and those found over it; asked for the least of some columns together."""

    def __init__(self, program: Program, seen: np.ndarray, find: Callable[[np.ndarray], Sequence[WideRow]]):
        """`find` gives the rows that values of the columns `seen` break; they are kept in `found`."""
        part, n = program.plan, len(program.plan.columns)
        matrix = sp.csr_matrix((part.value.base, (part.row, part.col)), shape=(len(part.rows), n))
        w = Whole(
            matrix, part.lower.base, part.upper.base, part.column_lower.base, part.column_upper.base, np.ones(n), 0.0,
            part.integer,
        )  # fmt: skip
        self.highs, self.seen, self.find, self.n = Highs(w, threading.Event()), seen, find, n
        self.found: list[WideRow] = []

    def add(self, rows: Sequence[WideRow]) -> None:
        for row in rows:
            self.highs.add_cut(Cut(row.situation, self.seen, np.asarray(row.coefficients, float), float(row.rhs_mw)))

    def least(self, columns: np.ndarray, seconds: float) -> float:
        """The least sum of these columns in any plan, as far as it is proved within the time; 0 where no plan keeps its rows:
        the whole Program will say why."""
        cost, bound, until = np.zeros(self.n), 0.0, time.monotonic() + seconds
        cost[columns] = 1.0
        self.highs.cost_columns(cost)
        for _ in range(ROUNDS):
            left = until - time.monotonic()
            if left <= 0:
                break
            answer = self.highs.run(time_limit=self.highs.run_time() + left, mip_rel_gap=0.0)
            if answer.status == "infeasible":
                return 0.0
            bound = max(bound, answer.bound)
            rows = [] if answer.columns is None else list(self.find(np.maximum(answer.columns[self.seen], 0.0)))
            if not rows:
                break
            self.found += rows
            self.add(rows)
        return bound
