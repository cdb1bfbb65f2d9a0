"""Chips: generations of servers that may be bought, used and retired, in place of one row of the server table."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .group import Group


class ExistingChips(Group):
    """What stands in the halls of existing sites before the study begins: paid for, and at the end of its life in a year."""

    generation: str
    until_year: int


class Chips(Group):
    """Rows of `chips.csv`. Work is counted in MW of the reference generation, whose performance is 1.

    `parameters` takes the end of each range of performance per MW: the race between work and efficiency hangs on it.
    """

    generations: tuple[str, ...] = Field(min_length=1)
    existing: ExistingChips | None = None
    parameters: Literal["low", "central", "high"] = "central"
