"""Heat: who could use what the halls give off, and how far it may be piped."""

from __future__ import annotations

from pathlib import Path

from .group import Group, Positive


class Heat(Group):
    """Demand for heat at places, and the price that it pays.

    `demand` is a table `place, lon, lat, supply_c, price_eur_2024_per_mwh, source`. Its hours are those of `hours` (`place,
    block, hour, heat_mw`), or, with weather, degree-hours: then the table also needs `heat_mwh_per_year` and
    `hot_water_share`, the part that the weather does not move. Where the heat returns too cool, a heat pump lifts it.
    """

    demand: Path
    hours: Path | None = None
    max_pipe_km: Positive
    heating_base_c: float = 15.0  # no space heating above it
