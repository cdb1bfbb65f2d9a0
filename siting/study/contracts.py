"""Contracts: financial, never a wire; and which of them count as additional."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import model_validator

from .group import Group, NotNegative


class Contract(Group):
    """A financial contract (PPA), pay as produced: never less import, only money and clean energy.

    Its hourly shape is that of `technology` (a row of the generation table) in the weather at its place, or `profile`.
    `minimum_mw` is the least that may be signed, if any is. It delivers in `zone`: only import of that zone is matched.
    """

    technology: str
    lon: float
    lat: float
    offered_mw: NotNegative
    strike_eur_2024_per_mwh: float
    minimum_mw: NotNegative = 0.0
    zone: str | None = None  # a value of the sites' column `zone`
    commissioned: date | None = None
    profile: Path | None = None  # block, hour, per_unit instead of the weather

    @model_validator(mode="after")
    def _minimum(self) -> Contract:
        if self.minimum_mw > self.offered_mw:
            raise ValueError(f"minimum_mw {self.minimum_mw:g} is more than offered_mw {self.offered_mw:g}")
        return self


class Additionality(Group):
    """Contracts count as additional when their plant was commissioned on this day or later; own plant always does."""

    commissioned_from: date
