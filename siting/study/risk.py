"""Risk: how much the worst scenarios count beside the expected cost."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .group import Group


class Risk(Group):
    """Minimise (1 − weight) · expected cost + weight · CVaR, the mean cost of the worst (1 − level) of the scenarios."""

    level: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight: Annotated[float, Field(gt=0, le=1)]
