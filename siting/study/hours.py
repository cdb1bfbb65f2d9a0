"""Hours: when operation is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from .group import Group


class Hours(Group):
    """The hours of operation: whole days from observed weather, or a plain table `block, hour, weight, …`."""

    table: Path | None = None
    observed: Path | None = None
    typical_year: Path | None = None
    to_site: Literal["cell", "interpolated"] = "cell"  # interpolated: with altitude correction, sites need elevation_m
    days: int | None = Field(None, ge=1, le=92)
    power_system: Path | None = None
    prices: Path | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Hours:
        rest = {n: getattr(self, n) for n in ("observed", "typical_year", "days", "power_system", "prices")}
        if self.table is None and None in rest.values():
            missing = ", ".join(n for n, v in rest.items() if v is None)
            raise ValueError(f"without 'table', representative days need also: {missing}")
        if self.table is not None and any(v is not None for v in rest.values()):
            raise ValueError("'table' already gives the hours; drop the keys of representative days")
        return self
