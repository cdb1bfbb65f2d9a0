"""The mean block: the whole plan with one block of hours, the weighted mean of all. A small MIP whose integers are good ones.

It proves nothing (a mean of products is not the product of the means); its integers are put into the whole Program, where
everything else is re-optimised under every row. What differs between blocks (shares, edges, stages) is tied to be equal.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .highs import Highs, Tell
from .program import Cut, Label, Part, Program, Values, Whole, whole

MIP = {"mip_lp_solver": "ipx", "mip_rel_gap": 0.0}
"""A MIP with hours inside: simplex at the root finds no plan in minutes."""


class MeanBlock:
    """Asked for the integers of a cheap plan, within bounds on them."""

    def __init__(self, program: Program, whole_program: Whole, highs: Highs):
        """`whole_program` and `highs` are those of all blocks; its interrupt stops this one too."""
        small = program if program.n_blocks == 1 else mean(program)
        self.highs = Highs(whole(small), highs.interrupt)
        self.integer = self.highs.integer
        self.lower, self.upper = whole_program.column_lower[self.integer], whole_program.column_upper[self.integer]
        elastic = len(program.plan.columns) + program.elastic_columns()
        self.highs.bound_columns(elastic, np.zeros(len(elastic)), np.zeros(len(elastic)))
        self._cuts = 0

    def integers(
        self,
        cuts: list[Cut],
        gap: float,
        seconds: float,
        stage: str,
        tell: Tell | None = None,
        lower: np.ndarray | None = None,
        upper: np.ndarray | None = None,
    ) -> np.ndarray | None:
        """Integers of a plan under `cuts`, to within `gap` (the objective's unit); None if none is found."""
        for cut in cuts[self._cuts :]:
            self.highs.add_cut(cut)
        self._cuts = len(cuts)
        self.highs.bound_columns(self.integer, self.lower if lower is None else lower, self.upper if upper is None else upper)
        self.highs.forget()
        limit = self.highs.run_time() + seconds
        answer = self.highs.run(stage, tell, mip_abs_gap=max(gap * self.highs.scale, 1e-9), time_limit=limit, **MIP)
        return None if answer.columns is None else np.round(answer.columns[self.integer])


def mean(program: Program) -> Program:
    """The same plan with one block of hours: every value the mean over blocks, by weight; its weight is theirs together."""
    counted = program.weight > 0
    share = program.weight[counted] / program.weight.sum()

    def of(values: Values) -> Values:
        return replace(values, table=(values.table[:, counted] @ share)[:, None])

    part = program.hours
    hours = replace(part, value=of(part.value), lower=of(part.lower), upper=of(part.upper),
                    column_lower=of(part.column_lower), column_upper=of(part.column_upper))  # fmt: skip
    ledger = [
        replace(
            line,
            value=of(line.value),
            constant=np.atleast_1d(np.broadcast_to(line.constant, (program.n_blocks,))[counted] @ share),
        )
        if line.phase == "operate"
        else line
        for line in program.ledger
    ]
    return Program(
        _tied(program), hours, program.n_own, program.links[:, :1], program.weight.sum(keepdims=True), ledger, program.minimise
    )


def _tied(program: Program) -> Part:
    """The plan part, with a row for each plan column that stands for block 0's and equals it."""
    link, block = np.nonzero(program.links != program.links[:, :1])
    pairs = np.unique(np.stack([program.links[link, block], program.links[link, 0]], axis=1), axis=0)
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
