"""Stages: every block plans one stage after another; the hours use the plan of the stage that they lie in.

    x[stage] ≥ x[stage before]                 what is built stays: `keep`
    paid[stage] ≥ x[stage], paid[stage before] where sites may close: x may fall, what is paid for does not
    priced[stage] = priced[stage before] + price[stage] · (paid[stage] − paid[stage before])     where prices fall: `priced`
    in block d:  x = x[stage of block d]       one column of the hours that *is* the plan's: `seen_from_the_hours`

Nothing of this is there in a study of one year, but the price of that year.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyomo.environ as pyo

from ..errors import ModelError
from .given import Given


def keep(b: pyo.Block, given: Given, name: str) -> Any:
    """What stands of a variable of the plan in one stage stands in the next. Returns what is paid for, by the same index: the
    variable itself; where sites may close, `paid_<name>`, which never falls."""
    now = b.component(name)
    if not given.earlier:
        return now
    before = given.earlier[-1]
    kept = now
    if given.closing:
        kept = pyo.Var(now.index_set(), domain=pyo.NonNegativeReals, doc=f"the most so far: {now.doc}")
        b.add_component(f"paid_{name}", kept)
        pays = pyo.Constraint(now.index_set(), rule=lambda b, *i: kept[i] >= now[i])
        b.add_component(f"pays_for_{name}", pays)
    paid_before = before.component(f"paid_{name}")
    then = before.component(name) if paid_before is None else paid_before
    b.add_component(f"keeps_{name}", pyo.Constraint(now.index_set(), rule=lambda b, *i: kept[i] >= then[i]))
    return kept


def priced(b: pyo.Block, given: Given, name: str, paid: Any, price: str) -> Any:
    """What is paid for (see `keep`), each part at the price of the stage in which it was bought over that of its table: `paid`
    itself where the study has no such prices. The last place of the index is that of the price."""
    if not given.has(price):
        return paid
    now = getattr(given, price)
    out = pyo.Var(paid.index_set(), domain=pyo.NonNegativeReals, doc=f"{b.component(name).doc}, at the prices of its years")
    b.add_component(f"priced_{name}", out)
    before = given.earlier[-1] if given.earlier else None

    def at_its_price(b: pyo.Block, *i: Any) -> object:
        if before is None:
            return out[i] == now[i[-1]] * paid[i]
        kept = before.component(f"paid_{name}")
        stood = before.component(name) if kept is None else kept
        return out[i] == before.component(f"priced_{name}")[i] + now[i[-1]] * (paid[i] - stood[i])

    b.add_component(f"prices_{name}", pyo.Constraint(paid.index_set(), rule=at_its_price))
    return out


def seen_from_the_hours(b: pyo.Block, plans: Sequence[pyo.Block], given: Given) -> None:
    """Give `b`, the block that `operate` gets, the sets and the columns of the plans of all stages.

    A column is the one of the stage that the block of hours lies in. Columns that belong to a block of hours themselves
    (shares, edges) are found by the number of that block among all. Raises ModelError where the stages differ in structure.
    """
    stage = given.inputs.data["stage_of_block"].values.astype(int).tolist()
    first = {y: stage.index(y) for y in range(len(plans))}
    for part in plans[0].component_objects(pyo.Set, descend_into=False):
        if part.local_name.endswith("_index"):
            continue
        if any(list(p.component(part.local_name)) != list(part) for p in plans):
            raise ModelError(f"{part.name} is not the same in all stages: its rows of the hours would differ")
        again = pyo.Set(initialize=list(part), within=part.domain, ordered=True, dimen=_dimen(part))
        b.add_component(part.local_name, again)
    for var in plans[0].component_objects(pyo.Var, descend_into=False):
        each = [p.component(var.local_name) for p in plans]
        place = place_of_block(var)
        if place is None:
            columns = {i: _across(given, [v[i] for v in each], stage) for i in var}
            setattr(b, var.local_name, columns[None] if not var.is_indexed() else columns)
        else:
            setattr(b, var.local_name, {_moved(i, place, first[y]): v[i] for y, v in enumerate(each) for i in v})


def _across(given: Given, each: list[Any], stage: list[int]) -> Any:
    """The column that in block d is that of its stage."""
    return given.across(lambda d: each[stage[d]])


def place_of_block(var: Any) -> int | None:
    """At which place of its index a variable has the block of hours; None where it has none."""
    place = 0
    for part in var.index_set().subsets() if var.is_indexed() else ():
        if part.local_name == "block":
            return place
        place += _dimen(part)
    return None


def _dimen(part: Any) -> int:
    """Places of an index that a set takes; an empty set may not know."""
    return part.dimen if isinstance(part.dimen, int) else 1


def _moved(index: Any, place: int, by: int) -> Any:
    """An index with its block of hours numbered among all stages."""
    if not isinstance(index, tuple):
        return index + by
    return (*index[:place], index[place] + by, *index[place + 1 :])
