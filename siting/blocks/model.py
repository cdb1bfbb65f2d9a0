"""Inputs → Model: the plan of each stage, and one template of the hours, in one ConcreteModel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple

import pyomo.environ as pyo

from ..errors import ModelError
from ..inputs.inputs import Inputs
from ..inputs.stages import each_stage, stages_of
from ..study.accounts import ACCOUNTS
from . import BLOCKS
from .given import Given
from .ledger import Ledger
from .stages import seen_from_the_hours


class Home(NamedTuple):
    """What a block of the model belongs to: its module, its stage and that stage's first block of hours."""

    module: str
    year: int
    first_block: int


@dataclass
class Model:
    """The Pyomo model, split where the plan ends: what existed when the last `plan` returned belongs to the plan.

    In a study of several stages each module has a block for each stage (`homes`, by id) and one for the hours.
    """

    pyomo: pyo.ConcreteModel
    given: Given
    ledger: Ledger
    plan_columns: list
    plan_rows: list
    hour_columns: list
    hour_rows: list
    homes: dict[int, Home] = field(default_factory=dict)


def build(inputs: Inputs, only: Sequence[int] | None = None, blocks: Sequence[ModuleType] | None = None) -> Model:
    """Call every block's `plan` (stage by stage), then every block's `operate`, and close the balanced accounts.

    With `only=[d]` all numbers are floats: an ordinary Pyomo model of that block, to print, write and compare.
    The cost does not grow with the number of blocks of hours, and linearly with sites × hours of one block.
    """
    years, stages = stages_of(inputs.data), each_stage(inputs)
    given, ledger, m = Given(inputs if years else stages[0], only), Ledger(), pyo.ConcreteModel()
    m.given = given.home
    blocks = BLOCKS if blocks is None else blocks
    names = [module.__name__.rsplit(".", 1)[-1] for module in blocks]
    if years and only is not None:
        raise ModelError("build(only=…) takes the blocks of one stage: give it that stage's inputs (stages.of_stage)")
    plans: dict[str, list[pyo.Block]] = {name: [] for name in names}
    homes: dict[int, Home] = {}
    first_block = 0
    for number, of in enumerate(stages):
        now, after = given, ""
        if years:
            now, after = Given(of), f" {years[number]}"
            now.closing = inputs.study.stages is not None and inputs.study.stages.closing
            m.add_component(f"given{after}", now.home)
        for name, module in zip(names, blocks, strict=True):
            b = pyo.Block(concrete=True)
            m.add_component(name + after, b)
            ledger.enter("plan", name, number)
            now.earlier = tuple(plans[name])
            module.plan(b, now, ledger)
            plans[name].append(b)
            if years:
                homes[id(b)] = Home(name, years[number], first_block)
        first_block += now.n_blocks
    plan_columns = list(m.component_data_objects(pyo.Var))
    plan_rows = list(m.component_data_objects(pyo.Constraint))
    for name, module in zip(names, blocks, strict=True):
        if years:
            m.add_component(name, pyo.Block(concrete=True))
            seen_from_the_hours(m.component(name), plans[name], given)
        ledger.enter("operate", name)
        module.operate(m.component(name), given, ledger)
    _close_balances(m, ledger)
    known = {id(v) for v in plan_columns} | set(given.links)
    hour_columns = [v for v in m.component_data_objects(pyo.Var) if id(v) not in known]
    known = {id(c) for c in plan_rows}
    hour_rows = [c for c in m.component_data_objects(pyo.Constraint) if id(c) not in known]
    return Model(m, given, ledger, plan_columns, plan_rows, hour_columns, hour_rows, homes)


def module_of(component: Any, model: Model) -> str:
    """The module that a component belongs to, whichever its stage."""
    block = component.parent_block()
    home = model.homes.get(id(block))
    return str(block.local_name if home is None else home.module)


def _close_balances(m: pyo.ConcreteModel, ledger: Ledger) -> None:
    ledger.enter("operate", "ledger")
    m.ledger = pyo.Block(concrete=True)
    for account, a in ACCOUNTS.items():
        if a.kind == "balanced" and any(e.account == account for e in ledger.entries):
            sums = ledger.total(account)
            index = pyo.Set(initialize=list(sums), dimen=2, within=m.given.site * m.given.hour)
            m.ledger.add_component(f"{account}_index", index)
            rule = {i: sums[i] == 0 for i in sums}
            m.ledger.add_component(f"{account}_balances", pyo.Constraint(index, rule=lambda _, *i, r=rule: r[i]))
