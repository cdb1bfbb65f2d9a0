"""Cooling: the technologies of the halls."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from .group import Group


class Cooling(Group):
    """Halls by cooling technology (rows of the cooling table)."""

    technologies: tuple[str, ...] = Field(min_length=1)
    table: Path | None = None
    hours: Path | None = None  # plain PUE and WUE by hour instead of weather: site, cooling, block, hour, pue, wue
