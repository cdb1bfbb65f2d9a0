"""The mean block: the whole plan with one block of hours, the weighted mean of all. A small MIP whose integers are good ones.

It proves nothing (a mean of products is not the product of the means, and in the mean of all blocks it always blows a
little); its integers are put into the whole Program, where everything else is re-optimised under every row. A block in which
they cannot do the work (no wind behind a full corridor) is taken out of the mean and stands for itself. What differs between
the blocks of the mean (shares, edges, stages) is tied to be equal.
"""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np

from .highs import Highs, Tell
from .program import Cut, Label, Part, Program, Values, whole

MIP = {"mip_lp_solver": "ipx", "mip_rel_gap": 0.0}
"""A MIP with hours inside: simplex at the root finds no plan in minutes."""


class MeanBlock:
    """Asked for the integers of a cheap plan; the blocks `apart` are not in the mean."""

    def __init__(self, program: Program, interrupt: threading.Event, apart: frozenset[int] = frozenset()):
        """`program` has all blocks; `interrupt` stops the run."""
        small = program if program.n_blocks == 1 else mean(program, apart)
        self.apart = apart
        self.highs = Highs(whole(small), interrupt)
        self.integer = self.highs.integer
        starts = len(program.plan.columns) + program.n_own * np.arange(small.n_blocks)
        elastic = (starts[:, None] + program.elastic_columns()).ravel()
        self.highs.bound_columns(elastic, np.zeros(len(elastic)), np.zeros(len(elastic)))
        self._cuts = 0

    def integers(
        self,
        cuts: list[Cut],
        gap: float,
        seconds: float,
        stage: str,
        tell: Tell | None = None,
    ) -> np.ndarray | None:
        """Integers of a plan under `cuts`, to within `gap` (the objective's unit); None if none is found."""
        for cut in cuts[self._cuts :]:
            self.highs.add_cut(cut)
        self._cuts = len(cuts)
        self.highs.forget()
        limit = self.highs.run_time() + seconds
        answer = self.highs.run(stage, tell, mip_abs_gap=max(gap * self.highs.scale, 1e-9), time_limit=limit, **MIP)
        return None if answer.columns is None else np.round(answer.columns[self.integer])


def mean(program: Program, apart: frozenset[int] = frozenset()) -> Program:
    """The same plan with fewer blocks of hours: one whose every value is the mean by weight over all blocks but those `apart`,
    with their weight together; and those apart as they are. The Program itself where nothing is left to take a mean of."""
    alone = sorted(apart)
    inside = np.setdiff1d(np.arange(program.n_blocks), alone)
    share = program.weight[inside] / max(program.weight[inside].sum(), 1e-12)
    counted = inside[share > 0]
    if not len(counted):
        return program
    share = share[share > 0]

    def of(values: Values) -> Values:
        return replace(values, table=np.column_stack([values.table[:, counted] @ share, values.table[:, alone]]))

    def constant(values: float | np.ndarray) -> np.ndarray:
        each = np.broadcast_to(values, (program.n_blocks,))
        return np.append(each[counted] @ share, each[alone])

    part = program.hours
    hours = replace(part, value=of(part.value), lower=of(part.lower), upper=of(part.upper),
                    column_lower=of(part.column_lower), column_upper=of(part.column_upper))  # fmt: skip
    ledger = [
        replace(line, value=of(line.value), constant=constant(line.constant)) if line.phase == "operate" else line
        for line in program.ledger
    ]
    links = program.links[:, [inside[0], *alone]]
    weight = np.append(program.weight[inside].sum(), program.weight[alone])
    return Program(_tied(program, inside), hours, program.n_own, links, weight, ledger, program.minimise)


def _tied(program: Program, inside: np.ndarray) -> Part:
    """The plan part, with a row for each plan column that stands for that of the first block `inside` and equals it."""
    first, links = program.links[:, inside[:1]], program.links[:, inside]
    link, block = np.nonzero(links != first)
    pairs = np.unique(np.stack([links[link, block], first[link, 0]], axis=1), axis=0)
    n, part = len(pairs), program.plan
    zero = np.zeros(n)

    def more(values: Values, base: np.ndarray) -> Values:
        return replace(values, base=np.concatenate([values.base, base]))

    return replace(
        part,
        rows=[*part.rows, *(Label("mean", "equal_in_all_blocks", {}) for _ in range(n))],
        row=np.concatenate([part.row, len(part.rows) + np.repeat(np.arange(n), 2)]),
        col=np.concatenate([part.col, pairs.ravel()]),
        value=more(part.value, np.tile([1.0, -1.0], n)),
        lower=more(part.lower, zero),
        upper=more(part.upper, zero),
    )
