"""Cooling: the technologies of the halls."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from .group import Group


class Cooling(Group):
    """Halls by cooling technology (rows of the cooling table)."""

    technologies: tuple[str, ...] = Field(min_length=1)
    table: Path | None = None
    parameters: Literal["low", "central", "high"] = "central"  # the end of the table's ranges, by PUE
    source_water: Path | None = None  # lake or river by month, for technologies on source water: site, month, water_c
    hours: Path | None = None  # plain PUE and WUE by hour instead of weather: site, cooling, block, hour, pue, wue

    @model_validator(mode="after")
    def _together(self) -> Cooling:
        if self.hours is not None and self.parameters != "central":
            raise ValueError("'parameters' choose among ranges of the physics; with 'hours', PUE and WUE are typed in")
        return self
