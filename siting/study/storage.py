"""Storage: batteries and long-duration storage behind the meter."""

from __future__ import annotations

from typing import Literal

from .group import Group, NotNegative


class Storage(Group):
    """A row set of the storage table, and its limits at each site.

    `between_blocks`: what a block of hours hands to the next. `same_level`: every block starts and ends at one level that the
    plan chooses (right for a battery of hours). `carried`: the level goes over from block to block (long-duration storage;
    needs blocks that follow each other in time).
    """

    max_mw_per_site: NotNegative
    max_mwh_per_site: NotNegative
    between_blocks: Literal["same_level", "carried"] = "same_level"
