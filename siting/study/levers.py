"""Software levers: ways to do the same work with less energy, as decisions of the plan."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .group import Group, Share


class Levers(Group):
    """Levers on offer: rows of `levers.csv`, each with its saving, the share of the work that it can treat, and its cost.

    `parameters: low` takes the least saving and share and the highest cost of each range, `high` the other ends. `most_saved`
    is the cap on what all of them save of a work together (the row `together` unless given).
    """

    technologies: tuple[str, ...] = Field(min_length=1)
    parameters: Literal["low", "central", "high"] = "central"
    most_saved: Share | None = None
