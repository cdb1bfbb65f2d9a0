"""Flexible connections: MW that the grid may cut in tight hours, for good or until a date from which they are firm."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .group import Group, NotNegative, Positive, Share


class Flexible(Group):
    """One class of flexible connection on offer.

    In the model: the share of its yearly energy (of MW times hours) that may be cut, and how deep a cut may be (share of its
    MW). Checked exactly for the plan that is found, and reported kept or not: hours of cut in a year, length of an event,
    hours between two events, and hours between two deepenings of a cut (so that each can be announced `notice_hours` ahead).
    `cost_share` is its price per MW as a share of a firm connection's. With `firm_from_year` its MW are firm from then on.
    """

    max_curtailed_share: Share
    max_depth: Annotated[float, Field(gt=0, le=1)] = 1.0
    cost_share: NotNegative
    max_hours_per_year: NotNegative | None = None
    longest_event_hours: Positive | None = None
    least_recovery_hours: NotNegative | None = None
    notice_hours: NotNegative | None = None
    firm_from_year: int | None = None
