"""The stamped Program against Pyomo's own compiler, by the names of rows and columns, with ==."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from siting.blocks.model import Model, build
from siting.inputs.inputs import Inputs
from siting.solve.program import SMALLEST, Label, Part, Program, Values, whole
from siting.solve.stamp import stamp
from tests.answers.clean_case import prepared, whole_portfolio

from . import forms
from .small import in_blocks, three_sites, two_sites, with_plant, with_storage, with_water_and_heat

INF = float("inf")
Key = tuple[str, tuple]
Rows = dict[Key, tuple[dict[Key, float], float, float]]  # row -> coefficients by column, lower, upper
CASES = ["two_sites", "three_sites", "strong_rows", "plant_and_contract", "storage", "pausing", "water_and_heat", "forms"]


@pytest.fixture(scope="module", params=CASES)
def case(request, tmp_path_factory) -> tuple[Inputs, list | None]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "forms":
        return forms.inputs(folder), [forms.MODULE]
    if request.param == "two_sites":
        return two_sites().inputs(folder), None
    if request.param == "portfolio":
        return in_blocks(prepared(whole_portfolio(), folder), 3), None
    small = three_sites()
    if request.param == "strong_rows":
        small.raw["solver"]["strong_rows"] = True
    if request.param == "pausing":
        pausing = {"least_power_share": 0.5, "checkpoint_hours": 0.1, "restart_hours": 0.3, "min_up_hours": 2}
        small.raw["work"]["monthly"]["pausing"] = pausing | {"max_paused_share": 0.5, "max_ramp_mw_per_hour": 2.0}
        small.raw["work"]["daily"] |= {"window": "steady"}
    if request.param == "water_and_heat":
        inputs = with_water_and_heat(small).inputs(folder)
        inputs.data["accepts"].loc[{"workload": "daily", "cooling": "air_economiser"}] = 0.0
        return inputs, None
    inputs = small.inputs(folder)
    more = {"plant_and_contract": with_plant, "storage": with_storage}.get(request.param)
    return (more(inputs) if more else inputs), None


def key(component: Any, model: Model, d: int | None) -> Key:
    """(block.component, index); an `across` column is its target, and block 0 of a one-block model is block d."""
    if id(component) in model.given.links:
        component = model.given.links[id(component)][1][0]
    parent = component.parent_component()
    index = component.index()
    index = index if isinstance(index, tuple) else () if index is None else (index,)
    sets = [s.local_name for s in parent.index_set().subsets()] if parent.is_indexed() else []
    if d is not None and "block" in sets:
        index = (*index[:-1], d)
    return f"{parent.parent_block().local_name}.{parent.local_name}", index


def by_pyomo(model: Model, rows: list, d: int | None) -> Rows:
    """Rows as Pyomo's compiler has them; the two halves of a range joined."""
    for c in model.plan_rows + model.hour_rows:
        c.deactivate()
    for c in rows:
        c.activate()
    info = LinearStandardFormCompiler().write(model.pyomo, mixed_form=True)
    matrix = info.A.tocsr()
    columns = [key(v, model, d) for v in info.columns]
    out: Rows = {}
    for i, (row, kind) in enumerate(info.rows):
        at = slice(matrix.indptr[i], matrix.indptr[i + 1])
        found = dict(zip([columns[j] for j in matrix.indices[at]], matrix.data[at], strict=True))
        _, low, high = out.get(key(row, model, d), ({}, -INF, INF))
        low, high = (info.rhs[i] if kind <= 0 else low), (info.rhs[i] if kind >= 0 else high)
        out[key(row, model, d)] = ({k: v for k, v in found.items() if v != 0}, low, high)
    return out


def by_stamp(part: Part, columns: list[Label], d: int) -> Rows:
    value, lower, upper = part.value.at(d), part.lower.at(d), part.upper.at(d)
    rows: Rows = {name(r): ({}, lower[i], upper[i]) for i, r in enumerate(part.rows)}
    keys = [name(r) for r in part.rows]
    for i, j, v in zip(part.row, part.col, value, strict=True):
        if v != 0:
            rows[keys[i]][0][name(columns[j])] = v
    return {k: r for k, r in rows.items() if r[0]}  # the compiler leaves constant rows out


def name(label: Label) -> Key:
    return label.name, tuple(label.index.values())


def columns_of_block(program: Program, d: int) -> list[Label]:
    return program.hours.columns[: program.n_own] + [program.plan.columns[j] for j in program.links[:, d]]


def test_plan(case):
    """Every plan row: coefficients, sides, names."""
    inputs, blocks = case
    program, model = stamp(build(inputs, blocks=blocks)), build(inputs, blocks=blocks)
    assert by_stamp(program.plan, program.plan.columns, 0) == by_pyomo(model, model.plan_rows, None)
    for j, v in enumerate(model.plan_columns):
        assert (program.plan.column_lower.base[j], program.plan.column_upper.base[j]) == bounds(v)
        assert program.plan.integer[j] == v.is_integer()


def test_hours_of_every_block(case):
    """Every row of every block of hours: coefficients, sides, bounds of columns, names; `==`, no tolerance."""
    inputs, blocks = case
    program = stamp(build(inputs, blocks=blocks))
    for d in range(program.n_blocks):
        one = build(inputs, only=[d], blocks=blocks)
        assert by_stamp(program.hours, columns_of_block(program, d), d) == by_pyomo(one, one.hour_rows, d)
        lower, upper = program.hours.column_lower.at(d), program.hours.column_upper.at(d)
        told = {name(c): (lower[j], upper[j]) for j, c in enumerate(program.hours.columns[: program.n_own])}
        assert told == {key(v, one, d): bounds(v) for v in one.hour_columns}


def bounds(v: Any) -> tuple[float, float]:
    return (-INF if v.lb is None else v.lb), (INF if v.ub is None else v.ub)


def test_ledger_of_every_block(case):
    """Each line of each account in each block is the line of the one-block model."""
    inputs, blocks = case
    program = stamp(build(inputs, blocks=blocks))
    for d in range(program.n_blocks):
        one = stamp(build(inputs, only=[d], blocks=blocks))
        labels, others = columns_of_block(program, d), columns_of_block(one, 0)
        for a, b in zip(program.ledger, one.ledger, strict=True):
            assert (a.account, a.line, a.phase, a.place) == (b.account, b.line, b.phase, b.place)
            if a.phase == "operate":
                here = dict(zip([name(labels[j]) for j in a.col], a.value.at(d), strict=True))
                there = dict(zip([name(others[j]) for j in b.col], b.value.at(0), strict=True))
                assert here == there
                assert np.broadcast_to(a.constant, program.n_blocks)[d] == float(np.asarray(b.constant).item())


def test_whole_is_the_blocks_side_by_side(case):
    """`whole` against an assembly block by block in plain Python."""
    inputs, blocks = case
    p = stamp(build(inputs, blocks=blocks))
    w = whole(p)
    n_plan, m_plan, m_hours = len(p.plan.columns), len(p.plan.rows), len(p.hours.rows)
    dense = np.zeros(w.matrix.shape)
    np.add.at(dense, (p.plan.row, p.plan.col), p.plan.value.base)
    sides = [(p.plan.lower.base, p.plan.upper.base)]
    own_bounds = [(p.plan.column_lower.base, p.plan.column_upper.base)]
    plan_cost, hour_cost, constant = p.costs(p.minimise)
    cost = np.concatenate([plan_cost, np.zeros(p.n_own * p.n_blocks)])
    for d in range(p.n_blocks):
        column = np.concatenate([n_plan + p.n_own * d + np.arange(p.n_own), p.links[:, d]])
        value = p.hours.value.at(d)
        np.add.at(dense, (m_plan + m_hours * d + p.hours.row, column[p.hours.col]), value)
        np.add.at(cost, column, hour_cost.at(d))
        sides.append((p.hours.lower.at(d), p.hours.upper.at(d)))
        own_bounds.append((p.hours.column_lower.at(d)[: p.n_own], p.hours.column_upper.at(d)[: p.n_own]))
    dense[np.abs(dense) < SMALLEST] = 0.0
    assert np.array_equal(w.matrix.toarray(), dense)
    assert w.matrix.nnz == np.count_nonzero(dense), "zeros are dropped"
    for told, parts in (((w.lower, w.upper), sides), ((w.column_lower, w.column_upper), own_bounds)):
        assert np.array_equal(told[0], np.concatenate([low for low, _ in parts]))
        assert np.array_equal(told[1], np.concatenate([high for _, high in parts]))
    assert np.array_equal(w.cost, cost)
    assert w.constant == constant
    assert np.flatnonzero(w.integer).tolist() == np.flatnonzero(p.plan.integer).tolist()


def test_values_are_a_table_only_where_they_vary():
    """Of five numbers over three blocks one varies, one is 7 in all, three are not told: zero."""
    table = np.array([[1.0, 2.0, 3.0], [7.0, 7.0, 7.0]])
    values = Values.sparse(5, np.array([3, 1]), table)
    assert values.where.tolist() == [3] and values.base.tolist() == [0, 7, 0, 0, 0]
    expected = np.zeros((5, 3))
    expected[[3, 1]] = table
    assert np.array_equal(values.all(3), expected)
    for which in ([3], [1, 3], [4, 3, 0], []):
        assert np.array_equal(values.some(np.array(which, int)).all(3), expected[which])


def test_the_forms_are_there(tmp_path):
    """The hand-made block does hold what it promises: arrays on both sides, zeros in half of the blocks, links by block."""
    p = stamp(build(forms.inputs(tmp_path), blocks=[forms.MODULE]))
    rows = [r.component for r in p.hours.rows]
    assert p.hours.lower.table.size and p.hours.upper.table.size and p.hours.column_upper.table.size
    assert p.hours.column_lower.table.size
    i = rows.index("range")
    assert p.hours.lower.at(1)[i] < p.hours.upper.at(1)[i]
    zeros = [np.count_nonzero(p.hours.value.at(d) == 0) for d in range(p.n_blocks)]
    assert zeros[0] == zeros[2] > 0 == zeros[1] == zeros[3]
    w, m_hours = whole(p), len(p.hours.rows)
    per_block = np.diff(w.matrix.indptr)[len(p.plan.rows) :].reshape(p.n_blocks, m_hours)
    sometimes = [j for j, r in enumerate(rows) if r == "sometimes"]
    assert per_block[:, sometimes].tolist() == [[1] * 4, [2] * 4] * 2
    noise = [j for j, r in enumerate(rows) if r == "noise"]
    assert (per_block[:, noise] == 1).all(), "coefficients below 1e-9 are dropped"
    by_block = [j for j in range(len(p.links)) if len(set(p.links[j])) == p.n_blocks]
    assert len(by_block) == 1
    assert [p.plan.columns[j].index["block"] for j in p.links[by_block[0]]] == list(range(p.n_blocks))
