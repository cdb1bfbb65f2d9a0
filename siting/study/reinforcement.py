"""Reinforcement: branches that may be made stronger, and dates: when power is there, and where it may not be used yet."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from .group import Group, NotNegative, Positive


class Reinforcement(Group):
    """One step on a branch of the network. Steps on the same branch are built in the order in which the study names them.

    `uprate` raises the limits of the branch (new conductors, a larger transformer) and leaves its reactance; `circuit` builds
    one more circuit like those that are there, which changes every flow. Costs and lead times that are not given are those of
    `reinforcement.csv`.
    """

    branch: str
    kind: Literal["uprate", "circuit"]
    adds_mva: Positive | None = None
    cost_eur_2024: NotNegative | None = None
    cost_eur_2024_per_mw_km: NotNegative | None = None
    lead_time_years: NotNegative | None = None
    earliest_year: int | None = None

    @model_validator(mode="after")
    def _complete(self) -> Reinforcement:
        if (self.kind == "uprate") != (self.adds_mva is not None):
            raise ValueError("an uprate needs adds_mva; a circuit is like those of its branch and takes none")
        if self.cost_eur_2024 is not None and self.cost_eur_2024_per_mw_km is not None:
            raise ValueError("give cost_eur_2024 or cost_eur_2024_per_mw_km, not both")
        return self


class Moratorium(Group):
    """An area in which no new connection is given from one year on and before another."""

    areas: Path | None = None  # polygons
    state: str | None = None
    from_year: int
    to_year: int  # the first year in which connections are given again
    source: str

    @model_validator(mode="after")
    def _one_area(self) -> Moratorium:
        if (self.areas is None) == (self.state is None):
            raise ValueError("give either 'areas' (a polygon file) or 'state'")
        if self.to_year <= self.from_year:
            raise ValueError(f"to_year {self.to_year} must lie after from_year {self.from_year}")
        return self
