"""Generation: plant behind the meter."""

from __future__ import annotations

from .group import Group, NotNegative


class Plant(Group):
    """Plant behind the meter: a row set of the generation table, and its limit at each site."""

    max_mw_per_site: NotNegative
