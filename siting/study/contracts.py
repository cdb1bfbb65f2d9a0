"""Contracts: financial, never a wire."""

from __future__ import annotations

from typing import Literal

from .group import Group, NotNegative


class Contract(Group):
    """A financial contract (PPA), pay as produced: never less import, only money and clean energy."""

    technology: Literal["pv", "wind"]
    lon: float
    lat: float
    offered_mw: NotNegative
    strike_eur_2024_per_mwh: float
