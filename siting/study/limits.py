"""Limits on accounts of the ledger."""

from __future__ import annotations

from .group import Group


class Limit(Group):
    """A limit on an account of the ledger, for all sites together or per site, state or any column of the sites."""

    most: float | dict[str, float] | None = None
    least: float | dict[str, float] | None = None
    per: str = "everywhere"
