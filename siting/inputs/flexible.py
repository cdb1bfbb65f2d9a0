"""Flexible connections: limits and yearly cost of each class on offer."""

from __future__ import annotations

import xarray as xr

from ..errors import StudyError
from ..study.study import Study
from .hours import Hours


def flexible(study: Study, hours: Hours, connection_cost: xr.DataArray | None) -> dict[str, xr.DataArray]:
    """Limits and costs. Raises StudyError where the grid's situations are not the hours of operation.

    The hours of operation must be grid situations, else nobody knows when the grid would cut: whole observed days with
    `situations.all_hours_of_days`, or a table of hours with `national_load_mw`.
    """
    if study.grid is None or not study.grid.flexible:
        return {}
    assert connection_cost is not None
    known = hours.time is not None or "national_load" in hours.data
    if study.grid.headroom != "joint" or not known or not study.grid.situations.all_hours_of_days:
        raise StudyError(
            "grid.flexible needs to know in which hours the grid would cut: headroom 'joint', situations.all_hours_of_days "
            "true, and hours that are observed days or a table with national_load_mw",
            study.name,
        )
    names = list(study.grid.flexible)
    classes = study.grid.flexible.values()
    share = xr.DataArray([c.cost_share for c in classes], {"flexible": names})
    return {
        "flexible_cost": connection_cost * share,
        "flexible_curtailed": xr.DataArray([c.max_curtailed_share for c in classes], {"flexible": names}),
        "flexible_depth": xr.DataArray([c.max_depth for c in classes], {"flexible": names}),
    }
