"""Inputs → Model: the plan, and one template of the hours, in one ConcreteModel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import pyomo.environ as pyo

from ..inputs.inputs import Inputs
from ..study.accounts import ACCOUNTS
from . import BLOCKS
from .given import Given
from .ledger import Ledger


@dataclass
class Model:
    """The Pyomo model, split where the plan ends: what existed when the last `plan` returned belongs to the plan."""

    pyomo: pyo.ConcreteModel
    given: Given
    ledger: Ledger
    plan_columns: list
    plan_rows: list
    hour_columns: list
    hour_rows: list


def build(inputs: Inputs, only: Sequence[int] | None = None, blocks: Sequence[ModuleType] | None = None) -> Model:
    """Call every block's `plan`, then every block's `operate`, and close the balanced accounts.

    With `only=[d]` all numbers are floats: an ordinary Pyomo model of that block, to print, write and compare.
    The cost does not grow with the number of blocks of hours, and linearly with sites × hours of one block.
    """
    given, ledger, m = Given(inputs, only), Ledger(), pyo.ConcreteModel()
    m.given = given.home
    blocks = BLOCKS if blocks is None else blocks
    plan_columns: list = []
    plan_rows: list = []
    for phase in ("plan", "operate"):
        for module in blocks:
            name = module.__name__.rsplit(".", 1)[-1]
            ledger.enter(phase, name)
            if phase == "plan":
                m.add_component(name, pyo.Block(concrete=True))
            getattr(module, phase)(m.component(name), given, ledger)
        if phase == "plan":
            plan_columns = list(m.component_data_objects(pyo.Var))
            plan_rows = list(m.component_data_objects(pyo.Constraint))
    _close_balances(m, ledger)
    known = {id(v) for v in plan_columns} | set(given.links)
    hour_columns = [v for v in m.component_data_objects(pyo.Var) if id(v) not in known]
    known = {id(c) for c in plan_rows}
    hour_rows = [c for c in m.component_data_objects(pyo.Constraint) if id(c) not in known]
    return Model(m, given, ledger, plan_columns, plan_rows, hour_columns, hour_rows)


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
