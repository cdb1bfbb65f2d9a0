"""Program: the model as sparse arrays. One pattern for all blocks of hours; only values that vary are tables over blocks.

minimise    c·x + Σ_d weight_d · c_d·y_d              of several stages: Σ_y discount_y · (that of the stage's year)
subject to  plan rows over x;   for each block d:  rows over y_d and the linking columns x[links[:, d]]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from ..errors import ModelError

INF = float("inf")
GRID_COLUMNS = ("grid.connection", "grid.flexible", "grid.cut", "reinforcement.built")
SMALLEST = 1e-9  # HiGHS drops smaller coefficients; they are noise such as PV at sunrise


@dataclass(frozen=True)
class Label:
    """Where a column or a row comes from."""

    block: str  # the module: `cooling`
    component: str  # `carries_all_heat`
    index: dict[str, object]  # {"site": "Kiel", "hour": 3}

    @property
    def name(self) -> str:
        return f"{self.block}.{self.component}"

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(map(str, self.index.values()))}]"


@dataclass(frozen=True)
class Values:
    """n numbers over the blocks: `base` where equal in all blocks, `table[i]` over blocks for the entries `where[i]`."""

    base: np.ndarray
    where: np.ndarray
    table: np.ndarray

    @classmethod
    def of(cls, values: Sequence, n_blocks: int, what: str, names: Sequence | None = None) -> Values:
        where = [i for i, v in enumerate(values) if isinstance(v, np.ndarray) and v.ndim]
        bad = [i for i in where if values[i].shape != (n_blocks,)]
        if bad:
            raise ModelError(f"{what}: a parameter's array does not hold one value per block")
        table = np.array([values[i] for i in where], float) if where else np.empty((0, n_blocks))
        base = np.array([0.0 if isinstance(v, np.ndarray) and v.ndim else v for v in values], float)
        bad = [*np.flatnonzero(np.isnan(base)), *(where[i] for i in np.flatnonzero(np.isnan(table).any(axis=1)))]
        if bad:
            raise ModelError(f"{what}{f' of {names[bad[0]]}' if names is not None else ''} holds NaN")
        return cls(base, np.array(where, int), table)

    @classmethod
    def sparse(cls, n: int, where: np.ndarray, table: np.ndarray) -> Values:
        """n numbers, of which `where` are `table` (where, blocks) and all others 0."""
        base, varies = np.zeros(n), np.any(table != table[:, :1], axis=1)
        base[where[~varies]] = table[~varies, 0]
        return cls(base, where[varies], table[varies])

    def some(self, which: np.ndarray) -> Values:
        """Those at these places alone, in their order."""
        place = np.full(len(self.base), -1)
        place[which] = np.arange(len(which))
        there = place[self.where] >= 0
        return Values(self.base[which], place[self.where[there]], self.table[there])

    def at(self, d: int) -> np.ndarray:
        """The values in block d."""
        out = self.base.copy()
        out[self.where] = self.table[:, d]
        return out

    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and the most of each over the blocks."""
        least, most = self.base.copy(), self.base.copy()
        least[self.where], most[self.where] = self.table.min(axis=1, initial=np.inf), self.table.max(axis=1, initial=-np.inf)
        return least, most

    def all(self, n_blocks: int) -> np.ndarray:
        """All values, (n, blocks)."""
        out = np.repeat(self.base[:, None], n_blocks, axis=1)
        out[self.where] = self.table
        return out


@dataclass(frozen=True)
class Part:
    """Rows over columns: of the plan, or of the template of the hours."""

    columns: list[Label]
    rows: list[Label]
    row: np.ndarray
    col: np.ndarray
    value: Values
    lower: Values
    upper: Values
    column_lower: Values
    column_upper: Values
    integer: np.ndarray


@dataclass(frozen=True)
class LedgerLine:
    """One line of an account at one place, as a linear row over the columns of its phase."""

    account: str
    line: str
    phase: str
    place: str
    col: np.ndarray
    value: Values
    constant: float | np.ndarray
    stage: int = 0  # number of the stage that a line of the plan is of

    def amounts(self, columns: np.ndarray) -> np.ndarray:
        """The amount in each block, (blocks,); `columns` is (columns of the phase, blocks)."""
        n_blocks = columns.shape[1]
        amounts = np.asarray((self.value.all(n_blocks) * columns[self.col]).sum(axis=0) + self.constant)
        return np.broadcast_to(amounts, (n_blocks,))


@dataclass(frozen=True)
class Cut:
    """A row over plan columns that was found while solving: coefficients · columns ≤ upper."""

    name: str
    col: np.ndarray
    value: np.ndarray
    upper: float
    note: dict = field(default_factory=dict, compare=False)


LOWER, BASIC, UPPER, ZERO = range(4)  # as HiGHS numbers them


class Basis(NamedTuple):
    """Status of every column and row as HiGHS numbers it; `complete` where it is a basis as it stands."""

    columns: np.ndarray
    rows: np.ndarray
    complete: bool = True


class WideRow(NamedTuple):
    """A row that a rule over the plan asks for: coefficients · columns ≤ rhs_mw, over the columns that all rules see.

    `row` is the rule's own: of the grid, or of the loss of a site.
    """

    situation: str
    coefficients: np.ndarray
    rhs_mw: float
    row: Any


@dataclass
class Program:
    """The stamped model; `hours` columns are the block's own first, then the linking ones."""

    plan: Part
    hours: Part
    n_own: int
    links: np.ndarray  # (linking columns of the template, blocks) -> plan column
    weight: np.ndarray  # (blocks,)
    ledger: list[LedgerLine]
    minimise: dict[str, float]  # account -> its weight in the objective
    stage: np.ndarray  # (blocks,) number of the stage that the block of hours is of
    discount: np.ndarray  # (stages,) part of each stage in the mean year that is minimised; they sum to 1
    years: list[int]  # first year of each stage; none in a study of one year

    @property
    def n_blocks(self) -> int:
        return len(self.weight)

    def plan_column(self, name: str, *index: object) -> int:
        """The number of a plan column, e.g. `plan_column("grid.connection", "Kiel")`."""
        for j, label in enumerate(self.plan.columns):
            if label.name == name and tuple(label.index.values()) == index:
                return j
        raise KeyError(f"{name}[{index}]")

    def grid_columns(self) -> np.ndarray:
        """Plan columns that rows of the grid may hold, in the order in which `find_cuts` gets their values."""
        return np.array([j for j, c in enumerate(self.plan.columns) if c.name in GRID_COLUMNS], np.int64)

    def elastic_columns(self) -> np.ndarray:
        """Own columns of the hours that stand for a broken rule: those posted to `penalty`."""
        cols = [line.col for line in self.ledger if line.account == "penalty" and line.phase == "operate"]
        return np.unique(np.concatenate(cols)) if cols else np.empty(0, int)

    def costs(self, accounts: Mapping[str, float], occurrences: np.ndarray | float = 1.0) -> tuple[np.ndarray, Values, float]:
        """Objective over plan columns (n,), over hour columns with weights and discounts applied, in each of so many
        `occurrences` (blocks,); its constant."""
        plan = np.zeros(len(self.plan.columns))
        posted = [line.col for line in self.ledger if line.account in accounts and line.phase != "plan"]
        columns = np.unique(np.concatenate([np.empty(0, np.int64), *posted]))
        hours, constant = np.zeros((len(columns), self.n_blocks)), 0.0
        for line in self.ledger:
            if line.account in accounts and line.phase == "plan":
                share = accounts[line.account] * self.discount[line.stage]
                np.add.at(plan, line.col, share * line.value.base)
                constant += share * float(line.constant)
            elif line.account in accounts:
                weight = accounts[line.account] * self.discount[self.stage] * self.weight
                np.add.at(hours, np.searchsorted(columns, line.col), line.value.all(self.n_blocks) * weight)
                constant += float(np.sum(line.constant * weight))
        hours /= occurrences
        return plan, Values.sparse(len(self.hours.columns), columns, hours), constant


class Whole(NamedTuple):
    """All blocks in one matrix: plan columns first, then the own columns of block 0, 1, …"""

    matrix: sp.csr_matrix
    lower: np.ndarray
    upper: np.ndarray
    column_lower: np.ndarray
    column_upper: np.ndarray
    cost: np.ndarray
    constant: float
    integer: np.ndarray


def whole(p: Program, accounts: Mapping[str, float] | None = None) -> Whole:
    """Assemble the monolith by numpy alone; time and memory grow linearly with non-zeros × blocks."""
    n_blocks, n_plan, n_own = p.n_blocks, len(p.plan.columns), p.n_own
    m_plan, m_hours, nnz = len(p.plan.rows), len(p.hours.rows), len(p.hours.row)
    plan_cost, hour_cost, constant = p.costs(p.minimise if accounts is None else accounts)
    own = p.hours.col < n_own
    col = np.empty((n_blocks, nnz), np.int32)
    col[:, own] = n_plan + p.hours.col[own] + n_own * np.arange(n_blocks)[:, None]
    col[:, ~own] = p.links[p.hours.col[~own] - n_own].T
    value = np.broadcast_to(p.hours.value.base, (n_blocks, nnz)).copy()
    value[:, p.hours.value.where] = p.hours.value.table.T
    per_row = np.concatenate(
        [np.bincount(p.plan.row, minlength=m_plan), np.tile(np.bincount(p.hours.row, minlength=m_hours), n_blocks)]
    )
    indptr = np.concatenate([[0], np.cumsum(per_row)])
    matrix = sp.csr_matrix(
        (
            np.concatenate([p.plan.value.base, value.ravel()]),
            np.concatenate([p.plan.col, col.ravel()]),
            indptr.astype(np.int32),
        ),
        shape=(m_plan + m_hours * n_blocks, n_plan + n_own * n_blocks),
    )
    matrix.sum_duplicates()
    matrix.data[np.abs(matrix.data) < SMALLEST] = 0.0
    matrix.eliminate_zeros()

    def joined(plan: Values, hours: Values, keep: int | None = None) -> np.ndarray:
        return np.concatenate([plan.base, hours.all(n_blocks)[:keep].T.ravel()])

    of_hours = hour_cost.all(n_blocks)
    cost = np.concatenate([plan_cost, of_hours[:n_own].T.ravel()])
    np.add.at(cost, p.links.ravel(), of_hours[n_own:].ravel())
    return Whole(
        matrix,
        joined(p.plan.lower, p.hours.lower),
        joined(p.plan.upper, p.hours.upper),
        joined(p.plan.column_lower, p.hours.column_lower, n_own),
        joined(p.plan.column_upper, p.hours.column_upper, n_own),
        cost,
        constant,
        np.concatenate([p.plan.integer, np.zeros(n_own * n_blocks, bool)]),
    )
