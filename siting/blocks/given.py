"""Arrays in, Pyomo-ready values out.

`given.price[t]` is a float where the value is the same in every block of hours, else a Pyomo parameter whose value is one
float64 per block (the template: see `solve/stamp.py`). xarray is read once, never inside a rule.

In a study of several stages every `plan` is given one stage after another, as if it were alone (`given.earlier` has what was
planned before), and every `operate` all blocks of hours: what differs between stages is there one value per block.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo

from ..errors import ModelError
from ..inputs.inputs import DIMENSIONS, Inputs
from ..inputs.stages import OF_STAGES

LETTERS = {
    "s": "site",
    "t": "hour",
    "k": "cooling",
    "p": "place",
    "g": "generator",
    "u": "storage",
    "w": "workload",
    "v": "lever",
    "r": "region",
    "c": "contract",
    "j": "reinforcement",
    "f": "flexible",
    "h": "chip",
    "n": "bought_in",
}

ONLY = "all"  # the index of a number that has no dimension but the block of hours: it differs between stages


class Given:
    """What the blocks are given: index sets by letter (`given.s`), numbers by name (`given.price[t]`), the study.

    `only` keeps some blocks of hours; with one block every number is a float and the model is an ordinary Pyomo model.
    `earlier` is what the same module planned in the stages before this one, oldest first (set by `build` only).
    """

    def __init__(self, inputs: Inputs, only: Sequence[int] | None = None):
        self.inputs = inputs
        self.earlier: Sequence[pyo.Block] = ()
        self.closing = False  # what is built may fall out of use in a later stage (set by `build` only)
        self.study = inputs.study
        chosen = range(inputs.data.sizes["block"]) if only is None else only
        self.chosen = np.asarray(list(chosen), int)
        self.home = pyo.Block(concrete=True)
        self.home.across = pyo.VarList()
        self.links: dict[int, tuple[Any, list]] = {}
        self._values: dict[str, Any] = {}
        for letter, dim in LETTERS.items():
            labels = inputs.data[dim].values.tolist() if dim in inputs.data.coords else []
            self.home.add_component(dim, pyo.Set(initialize=labels, ordered=True))
            setattr(self, letter, self.home.component(dim))
        self.blocks = list(range(len(self.chosen)))
        self.home.block = pyo.Set(initialize=self.blocks)
        self.d = self.home.block
        self.weights = inputs.data["weight"].values[self.chosen].astype(float)

    @property
    def n_blocks(self) -> int:
        return len(self.chosen)

    def has(self, name: str) -> bool:
        """Whether the study gives this number at all."""
        return name in self.inputs.data

    def nonzero(self, name: str) -> bool:
        """Whether some value of this number is not zero."""
        return bool((self.inputs.data[name].values != 0).any())

    @property
    def holds_all_work(self) -> bool:
        """Whether every hall can hold every workload, and every generation of chips."""
        return all(bool(self.inputs.data[n].values.all()) for n in ("accepts", "chip_fits") if self.has(n))

    @property
    def relieved(self) -> bool:
        """Whether levers or the edge take work away from the sites."""
        return self.has("lever_share") or self.has("edge_most")

    def across(self, pick: Callable[[int], Any]) -> Any:
        """The array-valued variable: a column that in block d *is* the plan's column `pick(d)`. Variables only."""
        targets = [pick(d) for d in self.blocks]
        for v in targets:
            if not getattr(v, "is_variable_type", lambda: False)():
                raise ModelError(f"across({v}) is an expression: give it a plan variable, and a row that defines it")
        local = self.home.across.add()
        self.links[id(local)] = (local, targets)
        return local

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.inputs.data:
            raise AttributeError(f"the inputs hold no '{name}'")
        if name not in self._values:
            self._values[name] = self._make(name)
        return self._values[name]

    def _make(self, name: str) -> Any:
        a = self.inputs.data[name]
        unknown = set(a.dims) - set(DIMENSIONS)
        if unknown:
            raise ModelError(f"{name} has the unknown dimension {sorted(map(str, unknown))}")
        if "stage" in a.dims and "stage_of_block" in self.inputs.data and name not in OF_STAGES:
            a = a.isel(stage=self.inputs.data["stage_of_block"].astype(int))  # in the hours: that of the block's stage
        if "block" not in a.dims:
            if a.ndim == 0:
                return a.item()
            return dict(zip(_keys([a[d].values.tolist() for d in a.dims]), a.values.ravel().tolist(), strict=True))
        dims = [d for d in a.dims if d != "block"]
        values = a.transpose(*dims, "block").values.astype(float)[..., self.chosen]
        if not np.isfinite(values).all():
            raise ModelError(f"{name} holds NaN or infinity")
        keys = _keys([a[d].values.tolist() for d in dims]) if dims else [ONLY]
        flat = np.ascontiguousarray(values.reshape(len(keys), -1))
        same = (flat == flat[:, :1]).all(axis=1)
        mixed = {k: (float(row[0]) if c else row) for k, row, c in zip(keys, flat, same, strict=True)}
        index = pyo.Set(initialize=keys, dimen=max(len(dims), 1))
        self.home.add_component(f"{name}_index", index)
        parameter = pyo.Param(index, mutable=True, within=pyo.Any, initialize=mixed)
        self.home.add_component(f"{name}_given", parameter)
        return parameter if dims else parameter[ONLY]


def _keys(labels: list[list]) -> list:
    keys = list(itertools.product(*labels))
    return [k[0] for k in keys] if len(labels) == 1 else keys
