"""Workloads: inference near its users, training within its window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .group import Group, NotNegative, Positive, Share

Needs = Literal["air", "liquid"] | None  # what its racks are cooled by: only halls of such a technology can hold it


class Inference(Group):
    """Continuous work of users in regions, within a network round trip."""

    needs: Needs = None
    rack_kw: Positive | None = None  # power of its racks

    kind: Literal["inference"]
    peak_it_mw: Positive | None = None
    cities: Path | None = None
    regions: int | None = Field(None, ge=1)
    table: Path | None = None  # region, it_mw and, for a latency limit, lon, lat
    serving_costs: Path | None = None  # site, region, eur_2024_per_mwh
    latency_ms: Positive | None = None
    route_factor: Annotated[float, Field(ge=1)] = 1.5
    profile: tuple[NotNegative, ...] | None = None  # 24 factors by hour of the day (UTC); the largest is 1

    @model_validator(mode="after")
    def _regions(self) -> Inference:
        if (self.table is None) == (self.cities is None):
            raise ValueError("give either 'table' (region, it_mw) or 'cities' with 'regions' and 'peak_it_mw'")
        if self.cities is not None and (self.regions is None or self.peak_it_mw is None):
            raise ValueError("'cities' needs 'regions' (how many) and 'peak_it_mw'")
        if self.profile is not None and len(self.profile) != 24:
            raise ValueError(f"'profile' needs 24 factors, one an hour (UTC), and has {len(self.profile)}")
        return self


class Pausing(Group):
    """What it takes to throttle, stop and restart training. A stop or a restart loses work: hours of the clusters concerned."""

    least_power_share: Share  # of the clusters that are up: they throttle no lower
    checkpoint_hours: NotNegative  # lost when clusters stop: the checkpoint is written
    restart_hours: NotNegative  # lost when clusters start: the checkpoint is loaded, the job warms up
    min_up_hours: Annotated[int, Field(ge=1)]
    max_paused_share: Annotated[float, Field(ge=0, lt=1)] | None = None  # of what the clusters could do in a year
    max_ramp_mw_per_hour: Positive | None = None  # of the work's IT power at each site


class Training(Group):
    """Work that may move: MWh of IT in a year, a largest rate, and the window within which it may move.

    `window: steady` is work without freedom: the same power at the same sites in every hour. Without `pausing`, power moves
    freely at no loss; with it, clusters stop and start at the cost that it says.
    """

    needs: Needs = None
    rack_kw: Positive | None = None  # power of its racks

    kind: Literal["training"]
    mwh_it_per_year: Positive
    max_it_mw: Positive
    window: Literal["day", "month", "year", "steady"] = "day"
    firm: bool = False
    pausing: Pausing | None = None

    @property
    def spread(self) -> bool:
        """Whether the plan shares the work out over blocks of hours."""
        return self.window in ("month", "year")

    def without_freedom(self) -> Training:
        """The same work at a constant power, firm on the connection."""
        return self.model_copy(update={"window": "steady", "firm": True, "pausing": None})

    @model_validator(mode="after")
    def _fits(self) -> Training:
        if self.mwh_it_per_year > self.max_it_mw * 8760:
            need = self.mwh_it_per_year / 8760
            raise ValueError(f"max_it_mw {self.max_it_mw:g} cannot do {self.mwh_it_per_year:g} MWh: at least {need:.1f} MW")
        if self.window == "steady" and (self.pausing is not None or not self.firm):
            raise ValueError("window 'steady' is work in every hour: it needs 'firm: true' and no 'pausing'")
        return self
