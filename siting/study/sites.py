"""Sites: the candidates, what may be built there, and the areas that are excluded."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from .group import Group, NotNegative, Positive


class Layer(Group):
    """Areas in which no site may be: a polygon file."""

    path: Path
    reason: str
    within_km: NotNegative = 0.0


class Sites(Group):
    """The candidates: a table (CSV with `site, lon, lat` or GeoPackage), or the network's substations."""

    table: Path | None = None
    substations: Path | None = None
    areas: Path | None = None  # polygons with a column `state`, for names and limits per state
    cities: Path | None = None  # name, lon, lat, population: substations are named after the nearest
    exclude: tuple[Layer, ...] = ()
    headroom: Path | None = None  # bus, firm_mw, as `siting headroom` writes: places with less than a module are left out
    keep: int | None = Field(None, gt=0)
    module_mw: Positive | None = None
    max_it_mw: Positive | None = None
    fixed_cost_eur_2024_per_year: NotNegative = 0.0
    land_ha: NotNegative | None = None
    land_price_eur_2024_per_ha: NotNegative | None = None
    existing_cooling: str | None = None
    must: tuple[str, ...] = ()  # sites that have to open, by name
    never: tuple[str, ...] = ()  # sites that may not; the other candidates stay as they are
    zone: str | None = None  # bidding zone of all candidates, where they have no column `zone`

    @model_validator(mode="after")
    def _one_source(self) -> Sites:
        if (self.table is None) == (self.substations is None):
            raise ValueError("give either 'table' (a CSV or GeoPackage of candidates) or 'substations' (a network folder)")
        if self.headroom is not None and self.module_mw is None:
            raise ValueError("'headroom' leaves out places with less than a module: give 'module_mw'")
        if both := sorted(set(self.must) & set(self.never)):
            raise ValueError(f"site '{both[0]}' stands in 'must' and in 'never'")
        return self
