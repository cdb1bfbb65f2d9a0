"""What `stamp` and the template refuse; each message names the block, or the number and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import cast

import numpy as np
import pyomo.environ as pyo
import pytest

from siting.blocks import BLOCKS
from siting.blocks.given import Given
from siting.blocks.ledger import Ledger
from siting.blocks.model import build
from siting.errors import ModelError
from siting.inputs.inputs import Inputs
from siting.solve.program import Program
from siting.solve.stamp import stamp
from tests.blocks import forms
from tests.blocks.small import three_sites

Rule = Callable[[pyo.Block, Given], None]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> Inputs:
    return forms.inputs(tmp_path_factory.mktemp("stamp"))


def stamped(inputs: Inputs, hours: Rule, plan: Rule | None = None) -> Program:
    """One block called `faulty`, with a plan variable `size`, an hour variable `x`, and the rules under test."""

    def make_plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
        b.size = pyo.Var(given.s, domain=pyo.NonNegativeReals)
        b.count = pyo.Var(domain=pyo.NonNegativeIntegers, bounds=(0, 3))
        b.level = pyo.Var(given.d)
        if plan:
            plan(b, given)

    def make_hours(b: pyo.Block, given: Given, ledger: Ledger) -> None:
        b.x = pyo.Var(given.s, given.t, domain=pyo.NonNegativeReals)
        hours(b, given)

    module = cast(ModuleType, SimpleNamespace(__name__="faulty", plan=make_plan, operate=make_hours))
    return stamp(build(inputs, blocks=[module]))


def nothing(b: pyo.Block, given: Given) -> None:
    """No rule."""


def row(make: Callable[[pyo.Block, Given], object]) -> Rule:
    def rule(b: pyo.Block, given: Given) -> None:
        b.row = pyo.Constraint(expr=make(b, given))

    return rule


def test_a_good_block_passes(inputs):
    program = stamped(inputs, row(lambda b, g: b.x["north", 0] <= g.a["north", 0] * b.size["north"]))
    assert [str(r) for r in program.hours.rows] == ["faulty.row[]"]


@pytest.mark.parametrize(
    "body",
    [
        lambda b, g: b.x["north", 0] * b.x["north", 1] <= 1,
        lambda b, g: b.x["north", 0] ** 2 <= 1,
        lambda b, g: g.a["north", 0] * b.x["north", 0] * b.size["north"] <= 1,
        lambda b, g: pyo.exp(b.x["north", 0]) <= 1,
    ],
)
def test_nonlinear_row(inputs, body):
    with pytest.raises(ModelError, match=r"faulty\.row is not linear"):
        stamped(inputs, row(body))


def test_fixed_variable(inputs):
    def fix(b: pyo.Block, given: Given) -> None:
        b.x["north", 0].fix(3.0)

    with pytest.raises(ModelError, match=r"faulty\.x\[north,0\] is fixed: give it equal bounds instead"):
        stamped(inputs, fix)
    with pytest.raises(ModelError, match=r"faulty\.size\[south\] is fixed"):
        stamped(inputs, nothing, lambda b, g: b.size["south"].fix(1.0))


@pytest.mark.parametrize("domain", [pyo.Binary, pyo.NonNegativeIntegers])
def test_integers_of_the_hours(inputs, domain):
    def whole(b: pyo.Block, given: Given) -> None:
        b.on = pyo.Var(given.s, given.t, domain=domain)

    with pytest.raises(ModelError, match=r"faulty\.on\[north, 0\] is an integer of the hours; only plans may be"):
        stamped(inputs, whole)


def test_a_plan_row_over_hours(inputs):
    """A row of the plan that is given a variable of the hours afterwards."""

    def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
        b.size = pyo.Var()
        b.row = pyo.Constraint(expr=b.size >= 1)

    def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
        b.x = pyo.Var(given.t)
        b.row.set_value(b.size >= b.x[0])

    module = cast(ModuleType, SimpleNamespace(__name__="faulty", plan=plan, operate=operate))
    with pytest.raises(ModelError, match=r"a row of the plan uses faulty\.x\[0\], which is decided in the hours"):
        stamp(build(inputs, blocks=[module]))


def test_nan_in_an_array(inputs):
    data = inputs.data.copy(deep=True)
    data["a"][0, 1, 1] = np.nan
    bad = Inputs(inputs.study, inputs.candidates, data)
    with pytest.raises(ModelError, match="a holds NaN or infinity"):
        stamped(bad, row(lambda b, g: g.a["north", 1] * b.x["north", 0] <= 1))


@pytest.mark.parametrize("text", ["coefficient", "bound"])
def test_nan_that_arises_in_a_row(inputs, text):
    """inf - inf and 0 * inf in a rule end as NaN: refused at stamping."""
    wild = float("nan")
    body = {
        "coefficient": lambda b, g: wild * g.a["north", 0] * b.x["north", 0] <= 1,
        "bound": lambda b, g: b.x["north", 0] <= wild * g.a["north", 0],
    }[text]
    with pytest.raises(ModelError, match="NaN"):
        stamped(inputs, row(body))


def test_nan_names_the_block(inputs):
    with pytest.raises(ModelError, match="faulty"):
        stamped(inputs, row(lambda b, g: float("nan") * g.a["north", 0] * b.x["north", 0] <= 1))


def test_a_row_without_variables(inputs):
    """`p <= q` over arrays makes an empty row: refused where it does not hold, kept where it does."""
    stamped(inputs, row(lambda b, g: g.low[0] <= g.high[0]))
    with pytest.raises(ModelError, match=r"faulty\.row has no variables and does not hold"):
        stamped(inputs, row(lambda b, g: g.low[0] >= g.high[0]))


def test_across_takes_variables_only(inputs):
    with pytest.raises(ModelError, match="is an expression: give it a plan variable, and a row that defines it"):
        stamped(inputs, row(lambda b, g: b.x["north", 0] <= g.across(lambda d: b.level[d] + 1)))


def test_across_takes_plan_variables_only(inputs):
    with pytest.raises(ModelError, match="faulty"):
        stamped(inputs, row(lambda b, g: b.x["north", 0] <= g.across(lambda d: b.x["north", 1])))


def test_a_number_that_the_inputs_do_not_hold(inputs):
    with pytest.raises(AttributeError, match="the inputs hold no 'tariff'"):
        stamped(inputs, row(lambda b, g: b.x["north", 0] <= g.tariff))


def test_blocks_in_the_wrong_order(tmp_path):
    """`grid` before `cooling` reads an empty account: the reader is named."""
    inputs = three_sites().inputs(tmp_path)
    order = sorted(BLOCKS, key=lambda m: m.__name__.endswith(".cooling"))
    with pytest.raises(ModelError, match="grid reads design_power, but no block before it in BLOCKS has posted to it"):
        build(inputs, blocks=order)


def test_labels_name_block_component_and_index(tmp_path):
    program = stamp(build(three_sites().inputs(tmp_path)))
    labels = {str(c): c for c in program.hours.columns[: program.n_own]}
    label = labels["cooling.carried[alps, water_economiser, 3]"]
    assert label.index == {"site": "alps", "cooling": "water_economiser", "hour": 3}
    reach = [c for c in program.hours.columns if c.name == "workloads.serve"]
    assert all(list(c.index) == ["workload", "site", "region", "hour"] for c in reach)
    assert program.plan.columns[program.plan_column("grid.connection", "alps")].index == {"site": "alps"}
    with pytest.raises(KeyError):
        program.plan_column("grid.connection", "nowhere")
