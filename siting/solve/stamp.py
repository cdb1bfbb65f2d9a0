"""Pyomo stops here: a Model becomes a Program of sparse arrays.

The hours are written once, for one block, with parameters that hold one value per block. `generate_standard_repn` keeps
their coefficients as expressions; evaluating one gives the coefficients of all blocks at once. No loop over hours.
Row order is kept, so a CSR matrix needs no sort.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.repn import generate_standard_repn

from ..blocks.ledger import Entry
from ..blocks.model import Model
from ..errors import ModelError
from ..inputs.inputs import DIMENSIONS
from ..inputs.stages import stages_of
from ..study.accounts import ACCOUNTS
from .program import INF, Label, LedgerLine, Part, Program, Values


def stamp(model: Model) -> Program:
    """Model → Program. Refuses non-linear rows, fixed variables, integers in the hours, NaN, and plan rows over hours.

    Cost: one evaluation of the template, so linear in sites × hours of *one* block, plus numpy over the blocks
    (60 sites × 8,760 h, 3 coolings: about a second).
    """
    n_blocks = model.given.n_blocks
    plan_of = {id(v): j for j, v in enumerate(model.plan_columns)}
    own_of = {id(v): j for j, v in enumerate(model.hour_columns)}
    linking: dict[int, tuple[int, Any]] = {}

    def hour_column(v: Any) -> int:
        j = own_of.get(id(v))
        return len(own_of) + linking.setdefault(id(v), (len(linking), v))[0] if j is None else j

    def plan_column(v: Any) -> int:
        if id(v) not in plan_of:
            raise ModelError(f"a row of the plan uses {v.name}, which is decided in the hours")
        return plan_of[id(v)]

    plan = _part(model, model.plan_rows, model.plan_columns, 1, plan_column)
    hours = _part(model, model.hour_rows, model.hour_columns, n_blocks, hour_column)
    if hours.integer.any():
        raise ModelError(f"{hours.columns[int(np.argmax(hours.integer))]} is an integer of the hours; only plans may be")
    ledger = [line for e in model.ledger.entries for line in _lines(e, plan_column, hour_column, n_blocks)]
    links = np.array([_targets(v, model, plan_of) for _, v in linking.values()], np.int32).reshape(len(linking), n_blocks)
    labels = hours.columns + [_label(v, model) for _, v in linking.values()]
    hours = Part(labels, *[getattr(hours, f) for f in Part.__dataclass_fields__ if f != "columns"])
    study = model.given.study
    tail = study.risk.weight if study.risk else 0.0
    minimise = {study.minimise: 1.0 - tail, "penalty": 1.0} | ({"cost_at_risk": tail} if tail else {})
    data = model.given.inputs.data
    years = stages_of(data)
    stage = data["stage_of_block"].values.astype(int) if years else np.zeros(n_blocks, int)
    discount = data["discount"].values if years else np.ones(1)
    return Program(plan, hours, len(own_of), links, model.given.weights, ledger, minimise, stage, discount, years)


def _linear(expression: Any, what: str) -> Any:
    repn = generate_standard_repn(expression, compute_values=False)
    if not repn.is_linear():
        raise ModelError(f"{what} is not linear")
    return repn


def _part(model: Model, rows: list, variables: list, n_blocks: int, column: Callable[[Any], int]) -> Part:
    row: list[int] = []
    col: list[int] = []
    value: list = []
    lower: list = []
    upper: list = []
    for i, c in enumerate(rows):
        low, body, high = c.to_bounded_expression()  # never c.lower or c.ub: they need numbers
        repn = _linear(body, c.name)
        constant = pyo.value(repn.constant)
        low = -INF if low is None else pyo.value(low) - constant
        high = INF if high is None else pyo.value(high) - constant
        if not repn.linear_vars and (np.any(low > 0) or np.any(high < 0)):
            raise ModelError(f"{c.name} has no variables and does not hold: skip it, or say so in a check of the inputs")
        lower.append(low)
        upper.append(high)
        row += [i] * len(repn.linear_vars)
        col += [column(v) for v in repn.linear_vars]
        value += [pyo.value(x) for x in repn.linear_coefs]
    bounds = [_bounds(v) for v in variables]

    def of(x: list, what: str, names: list) -> Values:
        return Values.of(x, n_blocks, what, names)

    row_names = [c.name for c in rows]
    column_names = [v.name for v in variables]

    return Part(
        [_label(v, model) for v in variables],
        [_label(c, model) for c in rows],
        np.array(row, np.int32),
        np.array(col, np.int32),
        of(value, "a coefficient", [row_names[i] for i in row]),
        of(lower, "a lower row bound", row_names),
        of(upper, "an upper row bound", row_names),
        of([b[0] for b in bounds], "a lower bound", column_names),
        of([b[1] for b in bounds], "an upper bound", column_names),
        np.array([not v.is_continuous() for v in variables], bool),
    )


def _bounds(v: Any) -> tuple[Any, Any]:
    """Bounds of a variable, arrays allowed; its domain's bounds applied."""
    if v.fixed:
        raise ModelError(f"{v.name} is fixed: give it equal bounds instead")
    low, high = v._lb, v._ub  # VarData.lower raises when an array meets a bound of the domain
    domain_low, domain_high = v.domain.bounds()
    low = -INF if low is None else pyo.value(low)
    high = INF if high is None else pyo.value(high)
    return (
        low if domain_low is None else np.maximum(low, domain_low),
        high if domain_high is None else np.minimum(high, domain_high),
    )


def _label(component: Any, model: Model) -> Label:
    parent = component.parent_component()
    index = component.index()
    keys = index if isinstance(index, tuple) else () if index is None else (index,)
    of = dict(zip(_dims(parent, len(keys)), keys, strict=True))
    block = parent.parent_block()
    home = model.homes.get(id(block))
    if home is None:
        return Label(block.local_name, parent.local_name, of)
    if "block" in of:  # blocks of hours are numbered among all stages, and tell the stage
        return Label(home.module, parent.local_name, {**of, "block": of["block"] + home.first_block})
    return Label(home.module, parent.local_name, {**of, "stage": home.year})


def _dims(parent: Any, n: int) -> list[str]:
    """The names of the sets that index a component; a sparse set gives the sets that it was declared within."""
    if not parent.is_indexed():
        return []
    names = []
    for part in parent.index_set().subsets():
        flat = list(part.domain.subsets()) if part.dimen and part.dimen > 1 else [part]
        for q in flat:
            above = q.domain.local_name  # a subset of the sites is still `site`
            names.append(above if above in DIMENSIONS and q.local_name not in DIMENSIONS else q.local_name)
    return names if len(names) == n else [f"dim_{i}" for i in range(n)]


def _targets(v: Any, model: Model, plan_of: dict[int, int]) -> np.ndarray:
    if id(v) in plan_of:
        return np.full(model.given.n_blocks, plan_of[id(v)])
    if id(v) not in model.given.links:
        raise ModelError(f"{v.name} is neither of the plan nor of the hours")
    targets = model.given.links[id(v)][1]
    for t in targets:
        if id(t) not in plan_of:
            raise ModelError(f"across() was given {t.name}, which is decided in the hours; it takes variables of the plan")
    return np.array([plan_of[id(t)] for t in targets])


def _lines(entry: Entry, plan_column: Callable, hour_column: Callable, n_blocks: int) -> list[LedgerLine]:
    """An entry, place by place: the objective, the limits and the report all read these."""
    if ACCOUNTS[entry.account].kind == "balanced":
        return []
    column, n = (plan_column, 1) if entry.phase == "plan" else (hour_column, n_blocks)
    places: dict[str, list] = {}
    for index, amount in entry.amounts.items():
        places.setdefault(index[0] if isinstance(index, tuple) else index, []).append(amount)
    lines = []
    for place, amounts in places.items():
        repn = _linear(pyo.quicksum(amounts), f"{entry.account}: {entry.line}")
        col = np.array([column(v) for v in repn.linear_vars], np.int32)
        what = f"{entry.account}: {entry.line}"
        value = Values.of([pyo.value(c) for c in repn.linear_coefs], n, what)
        constant = pyo.value(repn.constant)
        lines.append(LedgerLine(entry.account, entry.line, entry.phase, str(place), col, value, constant, entry.stage))
    return lines
