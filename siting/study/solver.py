"""Solver: the gap to prove, the time allowed, and what else to find out; and the rate of annuities."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .group import Group, Positive


class Finance(Group):
    real_rate: Annotated[float, Field(ge=0, lt=1)] = 0.07


class SolverOptions(Group):
    """`gap` is of the siting-dependent cost (what every plan pays is left out of the denominator).

    `without_flexibility` solves the study a second time with all training at a constant power, to tell what moving is worth.
    """

    gap: Annotated[float, Field(ge=0, lt=1)] = 0.01
    time_limit_s: Positive = 120.0
    strong_rows: bool = False
    without_each_site: bool = False
    without_flexibility: bool = False
