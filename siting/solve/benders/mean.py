"""The mean block: the whole plan with one block of hours a stage, the weighted mean of all. A small MIP with good integers.

It proves nothing (a mean of products is not the product of the means, and in the mean of all blocks it always blows a
little); its integers are put into the whole Program, where everything else is re-optimised under every row. A block in which
they cannot do the work (no wind behind a full corridor) is taken out of the mean and stands for itself. What differs between
the blocks of the mean (shares, edges) is tied to be equal. Without whole modules it names the sites that a solve block by block
begins with (`mean_plan`).
"""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np

from ...errors import SolveError
from ..highs import MIP, Highs, Tell
from ..program import Cut, Label, Part, Program, Values, whole
from .rounds import DEAREST
from .sifting import Sifted
from .split import Split


class MeanBlock:
    """Asked for the integers of a cheap plan; the blocks `apart` are not in the mean."""

    def __init__(self, program: Program, interrupt: threading.Event, apart: frozenset[int] = frozenset()):
        """`program` has all blocks; `interrupt` stops the run."""
        small = program if program.n_blocks == 1 else mean(program, apart)
        self.apart = apart
        self.highs = Highs(whole(small), interrupt)
        self.integer = self.highs.integer
        elastic = _elastic(small)
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


def mean_plan(program: Program, s: Split, seconds: float, interrupt: threading.Event) -> np.ndarray | None:
    """Plan columns of the mean block's plan without whole modules; None if none is found in time. Broken rules cost what they
    do at their dearest (`rounds.DEAREST`). `s`: the same program, split. Time: by `sifting`, that of the sites that such plans
    use, and a little for each other one."""
    small = mean(program)
    w, columns = whole(small), _elastic(small)
    w.cost[columns] *= DEAREST
    site = np.concatenate([s.plan.site, np.tile(s.site_of.own, small.n_blocks)])
    try:
        answer = Sifted(w, site, interrupt).run(seconds)
    except SolveError:
        return None
    return None if answer.columns is None else answer.columns[: s.n_plan]


def _elastic(program: Program) -> np.ndarray:
    """Columns of the whole program that stand for broken rules."""
    starts = len(program.plan.columns) + program.n_own * np.arange(program.n_blocks)
    return (starts[:, None] + program.elastic_columns()).ravel()


def mean(program: Program, apart: frozenset[int] = frozenset()) -> Program:
    """The same plan with fewer blocks of hours: for each stage one whose every value is the mean by weight over all its blocks
    but those `apart`, with their weight together; and those apart as they are. The Program itself where nothing is left to take
    a mean of."""
    alone = sorted(apart)
    counted = [d for d in range(program.n_blocks) if d not in apart and program.weight[d] > 0]
    groups = [g for y in range(len(program.discount)) if len(g := np.array([d for d in counted if program.stage[d] == y], int))]
    if not groups:
        return program
    shares = [program.weight[g] / program.weight[g].sum() for g in groups]

    def joined(each: np.ndarray) -> np.ndarray:
        return np.concatenate([*(each[..., g] @ w[:, None] for g, w in zip(groups, shares)), each[..., alone]], axis=-1)

    def of(values: Values) -> Values:
        return replace(values, table=joined(values.table))

    part = program.hours
    hours = replace(part, value=of(part.value), lower=of(part.lower), upper=of(part.upper),
                    column_lower=of(part.column_lower), column_upper=of(part.column_upper))  # fmt: skip
    ledger = [
        replace(line, value=of(line.value), constant=joined(np.broadcast_to(line.constant, (program.n_blocks,))))
        if line.phase == "operate"
        else line
        for line in program.ledger
    ]
    first = [*(int(g[0]) for g in groups), *alone]
    weight = np.array([*(program.weight[g].sum() for g in groups), *program.weight[alone]])
    return replace(
        program,
        plan=_tied(program, groups),
        hours=hours,
        links=program.links[:, first],
        weight=weight,
        ledger=ledger,
        stage=program.stage[first],
    )


def _tied(program: Program, groups: list[np.ndarray]) -> Part:
    """The plan part, with a row for each plan column that stands for that of the first block of its mean and equals it."""
    found = []
    for inside in groups:
        first, links = program.links[:, inside[:1]], program.links[:, inside]
        link, block = np.nonzero(links != first)
        found.append(np.stack([links[link, block], first[link, 0]], axis=1))
    pairs = np.unique(np.concatenate(found), axis=0)
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
