"""Solver: the gap to prove, the time allowed, and what else to find out; and the rate of annuities."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .group import Group, Positive


class Finance(Group):
    """`real_rate` makes annuities; costs of later stages are discounted at `discount_rate` (`real_rate` unless given).

    `cost_paths`: capex of plant and storage is that of the year in which they are bought (`cost_paths.csv`); without it that of
    their tables in every year.
    """

    real_rate: Annotated[float, Field(ge=0, lt=1)] = 0.07
    discount_rate: Annotated[float, Field(ge=0, lt=1)] | None = None
    cost_paths: bool = False

    @property
    def discount(self) -> float:
        return self.real_rate if self.discount_rate is None else self.discount_rate


class SolverOptions(Group):
    """`gap` is of the siting-dependent cost (what every plan pays is left out of the denominator).

    `method`: one matrix (`monolith`), or a master and one LP for each block of hours (`decomposition`); `auto` takes the
    monolith up to a size that it can solve.

    `time_limit_s`: the decomposition takes up to a quarter more where it would end without any plan otherwise.

    `without_flexibility` solves the study a second time with all training at a constant power, to tell what moving is worth.

    `cfe_curve` are shares of carbon-free energy (of net demand, a year): the study is solved once more at each, with the same
    gap and time limit, to tell what each further point costs.
    """

    method: Literal["auto", "monolith", "decomposition"] = "auto"
    gap: Annotated[float, Field(ge=0, lt=1)] = 0.01
    time_limit_s: Positive = 120.0
    strong_rows: bool = False
    without_each_site: bool = False
    without_flexibility: bool = False
    cfe_curve: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _monolith_only(self) -> SolverOptions:
        if self.method == "decomposition" and (self.without_each_site or self.strong_rows):
            raise ValueError("without_each_site and strong_rows need method: monolith")
        return self

    @model_validator(mode="after")
    def _shares(self) -> SolverOptions:
        for share in self.cfe_curve:
            if not 0 <= share <= 1:
                raise ValueError(f"cfe_curve: a share of carbon-free energy lies between 0 and 1, not at {share:g}")
        return self
