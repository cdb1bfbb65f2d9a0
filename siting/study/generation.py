"""Generation: plant behind the meter, at the site or near it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .group import Group, NotNegative


class Plant(Group):
    """Plant behind the meter: a row set of the generation table, and its limit at each site.

    `technology` is the row of the table (the plant's own name, where it is left out). `away_km` > 0 is plant near the site on
    a private wire: the wire is paid per MW and km, and leased land is not the site's. `max_full_load_hours` is the energy limit
    of backup generation, `max_run_hours` a permit's limit on hours of running, which is evaluated, not optimised.
    `parameters: low` takes a technology of uncertain future late, dear and short-lived, `high` the other ends of its ranges.
    """

    max_mw_per_site: NotNegative
    parameters: Literal["low", "central", "high"] = "central"
    technology: str | None = None
    away_km: NotNegative = 0.0
    land_lease_eur_2024_per_ha_per_year: NotNegative | None = None
    max_full_load_hours: Annotated[float, Field(ge=0, le=8760)] | None = None
    max_run_hours: Annotated[float, Field(ge=0, le=8760)] | None = None
    profile: Path | None = None  # block, hour, per_unit and optionally site, instead of the weather

    @model_validator(mode="after")
    def _lease(self) -> Plant:
        if (self.away_km > 0) != (self.land_lease_eur_2024_per_ha_per_year is not None):
            raise ValueError("'away_km' above 0 and 'land_lease_eur_2024_per_ha_per_year' go together: land beside the site")
        return self
