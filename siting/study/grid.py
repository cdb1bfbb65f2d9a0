"""Grid: connection, tariff and headroom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .flexible import Flexible
from .group import Group, NotNegative, Positive
from .reinforcement import Moratorium, Reinforcement


class Situations(Group):
    """The hours of the grid in which all connections must be servable together."""

    extremes: bool = True
    all_hours_of_days: bool = True
    design_peak_mw: Positive | None = None


class ExcessSale(Group):
    """Own clean plant may sell at spot what the site does not use, less a fee."""

    fee_eur_2024_per_mwh: NotNegative


class Grid(Group):
    """Connection, tariff and headroom.

    `security: n_1` keeps every limit after the loss of any one circuit (or whole branch: `outage`); `screening` leaves outages
    out and allows `security_factor` of each rating instead (0.7 unless given; with `n_1` the whole rating). What stands behind
    a single circuit loses supply with it: at the customer's risk, or (`strict`) no connection is given there.
    """

    network: Path | None = None
    demand: Path | None = None
    headroom: Literal["joint", "per_bus", "off"] = "joint"
    security: Literal["n_1", "screening"] = "n_1"
    security_factor: Annotated[float, Field(gt=0, le=1)] | None = None
    outage: Literal["circuit", "branch"] = "circuit"
    behind_one_circuit: Literal["customer_risk", "strict"] = "customer_risk"
    adequacy: bool = False
    situations: Situations = Situations()
    max_connection_mw: Positive | None = None
    excess_sale: ExcessSale | None = None
    decision_year: int | None = None  # lead times count from here; power is needed in the study's `year`
    flexible: dict[str, Flexible] = {}  # classes of connection that may be cut, beside the firm one
    reinforcements: dict[str, Reinforcement] = {}
    moratoria: tuple[Moratorium, ...] = ()
    queue: Path | None = None  # loads that have asked before: entry, bus, mw, position, realised_share, power_year
    queue_position: int | None = None  # ours; entries before it count, all of them if not given

    @property
    def share_of_rating(self) -> float:
        """MW per MW of rating that a branch may carry when nothing is out."""
        if self.security_factor is not None:
            return self.security_factor
        return 1.0 if self.security == "n_1" else 0.7

    @model_validator(mode="after")
    def _network(self) -> Grid:
        if self.headroom == "joint" and self.network is None:
            raise ValueError("headroom 'joint' needs 'network'; without one say 'per_bus' (a column headroom_mw) or 'off'")
        if self.network is not None and self.demand is None and self.headroom == "joint":
            raise ValueError("'network' needs 'demand' (a table bus, annual_gwh)")
        for name in ("reinforcements", "flexible"):
            if getattr(self, name) and (self.headroom != "joint" or self.max_connection_mw is None):
                raise ValueError(f"'{name}' need headroom 'joint' and 'max_connection_mw'")
        return self
