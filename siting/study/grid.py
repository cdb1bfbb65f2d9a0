"""Grid: connection, tariff and headroom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .group import Group, Positive


class Situations(Group):
    """The hours of the grid in which all connections must be servable together."""

    extremes: bool = True
    all_hours_of_days: bool = True
    design_peak_mw: Positive | None = None


class Grid(Group):
    """Connection, tariff and headroom."""

    network: Path | None = None
    demand: Path | None = None
    headroom: Literal["joint", "per_bus", "off"] = "joint"
    security_factor: Annotated[float, Field(gt=0, le=1)] = 0.7
    adequacy: bool = False
    situations: Situations = Situations()
    max_connection_mw: Positive | None = None

    @model_validator(mode="after")
    def _network(self) -> Grid:
        if self.headroom == "joint" and self.network is None:
            raise ValueError("headroom 'joint' needs 'network'; without one say 'per_bus' (a column headroom_mw) or 'off'")
        if self.network is not None and self.demand is None and self.headroom == "joint":
            raise ValueError("'network' needs 'demand' (a table bus, annual_gwh)")
        return self
