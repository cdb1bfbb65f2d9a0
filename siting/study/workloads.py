"""Workloads: inference near its users, training within its window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, model_validator

from .group import Group, NotNegative, Positive, Share
from .work_units import Growth, Runs, Served

Needs = Literal["air", "liquid"] | None  # what its racks are cooled by: only halls of such a technology can hold it


class Placed(Group):
    """What every work may ask of its place: cooling, racks, and areas that it must not leave.

    `stays_in` are values of the column `stays_by` of the sites: only sites there may do the work.
    """

    needs: Needs = None
    rack_kw: Positive | None = None  # power of its racks
    growth: Growth | None = None
    stays_in: tuple[str, ...] = ()
    stays_by: str = "state"


class Edge(Group):
    """A share of the work at many small places near its users. The rows `edge` of `work.csv`, which are speculative, give the
    year from which it is on offer, its energy, PUE and cost, and `most_share` where it is not given."""

    least_share: Share = 0.0
    most_share: Share | None = None
    parameters: Literal["low", "central", "high"] = "central"  # low: the edge at its least efficient and dearest

    @model_validator(mode="after")
    def _order(self) -> Edge:
        if self.most_share is not None and self.least_share > self.most_share:
            raise ValueError(f"least_share {self.least_share:g} is above most_share {self.most_share:g}")
        return self


class Inference(Placed):
    """Continuous work of users in regions, within a network round trip: MW of IT at the peak, or `units` of work of a mean day.

    `profile` is by the hour of the day of `timezone` (`Europe/Berlin`; of the column `timezone` of the table, where it has one;
    UTC where neither is given). A column `stays_in` of the table (`Bayern|Hessen`) holds one region's work in those areas.
    """

    kind: Literal["inference"]
    peak_it_mw: Positive | None = None
    units: Served | None = None
    cities: Path | None = None
    regions: int | None = Field(None, ge=1)
    table: Path | None = None  # region, it_mw (with units: users, relative) and, for a latency limit, lon, lat
    serving_costs: Path | None = None  # site, region, eur_2024_per_mwh
    latency_ms: Positive | None = None
    route_factor: Annotated[float, Field(ge=1)] = 1.5
    profile: tuple[NotNegative, ...] | None = None  # 24 factors by hour of the day; the largest is 1
    edge: Edge | None = None
    one_site_per_region: bool = False  # a region is served by one site
    n_plus_1: bool = False  # with any one open site lost, the others carry the peak of all regions; other work gives way
    timezone: str | None = None  # IANA name: the hours of `profile` are local

    @property
    def peak_over_mean(self) -> float:
        """Peak of the day over its mean."""
        return 1.0 if self.profile is None else 24 / sum(self.profile)

    @model_validator(mode="after")
    def _regions(self) -> Inference:
        if (self.table is None) == (self.cities is None):
            raise ValueError("give either 'table' (region, it_mw) or 'cities' with 'regions' and 'peak_it_mw'")
        if self.units is not None and self.peak_it_mw is not None:
            raise ValueError("give either 'peak_it_mw' or 'units' (tokens or requests of a day), not both")
        if self.cities is not None and (self.regions is None or (self.peak_it_mw is None and self.units is None)):
            raise ValueError("'cities' needs 'regions' (how many) and 'peak_it_mw' or 'units'")
        if self.profile is not None and len(self.profile) != 24:
            raise ValueError(f"'profile' needs 24 factors, one an hour, and has {len(self.profile)}")
        if self.profile is not None and max(self.profile) <= 0:
            raise ValueError("'profile' is 0 in every hour")
        if self.timezone is not None:
            if self.profile is None:
                raise ValueError("'timezone' is that of 'profile', which is not given")
            try:
                ZoneInfo(self.timezone)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError(f"timezone '{self.timezone}' is no IANA name, such as Europe/Berlin") from None
        return self


class Pausing(Group):
    """What it takes to throttle, stop and restart training. A stop or a restart loses work: hours of the clusters concerned."""

    least_power_share: Share  # of the clusters that are up: they throttle no lower
    checkpoint_hours: NotNegative  # lost when clusters stop: the checkpoint is written
    restart_hours: NotNegative  # lost when clusters start: the checkpoint is loaded, the job warms up
    min_up_hours: Annotated[int, Field(ge=1)]
    max_paused_share: Annotated[float, Field(ge=0, lt=1)] | None = None  # of what the clusters could do in a year
    max_ramp_mw_per_hour: Positive | None = None  # of the work's IT power at each site


class Training(Placed):
    """Work that may move: MWh of IT in a year and a largest rate, or the `runs` of a year, and the window within which it may
    move.

    `kind: batch` is fine-tuning and batch inference with a deadline: it arrives through the day and is done in time.
    `window: steady` is work without freedom: the same power at the same sites in every hour. Without `pausing`, power moves
    freely at no loss; with it, clusters stop and start at the cost that it says.
    """

    kind: Literal["training", "batch"]
    mwh_it_per_year: Positive | None = None
    max_it_mw: Positive | None = None
    runs: Runs | None = None
    window: Literal["day", "month", "year", "steady"] = "day"
    firm: bool = False
    in_one_place: bool = False  # one site does all of it, and holds its largest rate
    pausing: Pausing | None = None
    deadline_hours: Annotated[int, Field(ge=0)] | None = None  # batch: what arrives in an hour is done so many hours later
    arrivals: tuple[NotNegative, ...] | None = None  # batch: 24 factors by hour of the day (UTC); even where not given

    @property
    def spread(self) -> bool:
        """Whether the plan shares the work out over blocks of hours."""
        return self.window in ("month", "year")

    def without_freedom(self) -> Training:
        """The same work at a constant power, firm on the connection."""
        steady = {"window": "steady", "firm": True, "pausing": None, "deadline_hours": None}
        return self.model_copy(update=steady)

    @model_validator(mode="after")
    def _fits(self) -> Training:
        if (self.kind == "batch") != (self.deadline_hours is not None):
            raise ValueError("'deadline_hours' and kind 'batch' go together")
        if self.kind == "batch" and (self.window != "day" or self.pausing is not None):
            raise ValueError("work of kind 'batch' is done by its deadline: it has no other window than 'day' and no 'pausing'")
        if self.arrivals is not None and (self.kind != "batch" or len(self.arrivals) != 24 or max(self.arrivals) <= 0):
            raise ValueError("'arrivals' are 24 factors of work of kind 'batch', not all 0")
        plain = (self.mwh_it_per_year, self.max_it_mw)
        if (self.runs is None) == (plain == (None, None)):
            raise ValueError("give either 'mwh_it_per_year' and 'max_it_mw', or 'runs' (training runs of a year)")
        if self.runs is None and None in plain:
            raise ValueError("'mwh_it_per_year' and 'max_it_mw' go together")
        if self.mwh_it_per_year is not None and self.max_it_mw is not None and self.mwh_it_per_year > self.max_it_mw * 8760:
            need = self.mwh_it_per_year / 8760
            raise ValueError(f"max_it_mw {self.max_it_mw:g} cannot do {self.mwh_it_per_year:g} MWh: at least {need:.1f} MW")
        if self.window == "steady" and (self.pausing is not None or not self.firm):
            raise ValueError("window 'steady' is work in every hour: it needs 'firm: true' and no 'pausing'")
        return self
