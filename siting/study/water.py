"""Water: basins with their price and scarcity, and reclaimed water as a second source."""

from __future__ import annotations

from pathlib import Path

from pydantic import model_validator

from .group import Group, NotNegative


class Reclaimed(Group):
    """Treated waste water in place of fresh water: its own price, energy and limit.

    A column `reclaimed_m3_per_hour` of the sites goes before the limit given here.
    """

    price_eur_2024_per_m3: NotNegative
    energy_kwh_per_m3: NotNegative
    max_m3_per_hour: NotNegative


class Water(Group):
    """Where the water of cooling comes from. A site's basin is its column `basin`, or the polygon of `areas` it lies in."""

    basins: Path | None = None  # basin, price_eur_2024_per_m3, scarcity (m3 of world average per m3, as in AWARE)
    areas: Path | None = None  # polygons with a column `basin`
    reclaimed: Reclaimed | None = None

    @model_validator(mode="after")
    def _together(self) -> Water:
        if self.areas is not None and self.basins is None:
            raise ValueError("'areas' of basins need 'basins', the table of their price and scarcity")
        return self
