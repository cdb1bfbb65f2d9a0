"""Water that a site is cooled with once through: the sea, a lake or a river beside it, from the weather or typed in.

A row `site, month, water_c` of the study's table is the mean of a month at the site's intake (gauges publish them); hours lie
on straight lines between the middles of the months, so a warm spell of a week is not in them. A site that has neither is no
place for technologies on source water: they are told as not available there, and may not be built.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError, nearest
from ..sources.tables import read_csv
from ..sources.weather import water_beside, water_of
from ..study.study import Study

SOURCE_WATER = "source_water_c"
LEAST_C, MOST_C = -2.0, 40.0


def monthly(study: Study) -> pd.DataFrame | None:
    """(site, month 1 to 12) [degC], or None. DataError for a month that is missing, twice, or no temperature of water."""
    if study.cooling is None or study.cooling.source_water is None:
        return None
    path = study.path(study.cooling.source_water)
    table = read_csv(path, ["site", "month", "water_c"], ["month", "water_c"], ["site", "month"]).astype({"site": str})
    problems = []
    for site, rows in table.groupby("site", sort=False):
        if sorted(rows["month"]) != list(range(1, 13)):
            problems.append(f"site '{site}' needs one row for each month 1 to 12")
        for warm in rows["water_c"][~rows["water_c"].between(LEAST_C, MOST_C)]:
            problems.append(f"site '{site}': water_c is {warm:g}; water to cool with has {LEAST_C:g} to {MOST_C:g} degC")
    if problems:
        raise DataError(problems, path)
    return table.pivot(index="site", columns="month", values="water_c")


def of_candidates(study: Study, candidates: gpd.GeoDataFrame) -> None:
    """DataError for a row of the table whose site is no candidate."""
    table = monthly(study)
    if table is None:
        return
    assert study.cooling is not None and study.cooling.source_water is not None
    known = candidates["site"].tolist()
    wrong = [f"site '{s}' is no candidate; {nearest(s, known)}" for s in table.index if s not in set(known)]
    if wrong:
        raise DataError(wrong, study.path(study.cooling.source_water))


def by_hour(of_month: np.ndarray, time: np.ndarray) -> np.ndarray:
    """(site, hour) from (site, month): straight lines between the middles of the months, round the year.

    >>> of_month = np.array([[2.0, 4, 6, 8, 10, 12, 14, 12, 10, 8, 6, 4]])
    >>> by_hour(of_month, np.array(["2019-07-16T12", "2019-01-01T00"], "datetime64[h]")).round(2).tolist()
    [[14.0, 3.0]]
    """
    when = pd.DatetimeIndex(np.ravel(time))
    place = when.month - 1 + (when.day - 1 + when.hour / 24) / when.days_in_month - 0.5
    at = [np.interp(place, np.arange(12), row, period=12) for row in of_month]
    return np.reshape(at, (len(of_month), *np.shape(time)))


def beside(cells: xr.Dataset, weather: xr.Dataset, lon: np.ndarray, lat: np.ndarray) -> xr.Dataset:
    """`cells` with the sea or lake that the weather has beside them; NaN where it has none, as they are where it knows none."""
    water = water_of(weather)
    if water is None:
        return cells
    _, first = np.unique(cells["cell_of_site"].values, return_index=True)
    return cells.assign({SOURCE_WATER: (("cell", "time"), water_beside(water, lon[first], lat[first]))})


def typed_in(study: Study, cells: xr.Dataset, names: list[str]) -> xr.Dataset:
    """`cells`, one a site, with the water of the study's table in place of the weather's; as they are where there is none."""
    table = monthly(study)
    if table is None:
        return cells
    here = cells["cell_of_site"].values
    out = cells.drop_vars(["cell_of_site", "site"]).isel(cell=here)
    water = np.full((len(names), out.sizes["time"]), np.nan)
    if SOURCE_WATER in out:
        water[:] = out[SOURCE_WATER].transpose("cell", "time").values
    rows = [i for i, name in enumerate(names) if name in table.index]
    if rows:
        water[rows] = by_hour(table.loc[[names[i] for i in rows]].to_numpy(float), out["time"].values)
    out = out.assign({SOURCE_WATER: (("cell", "time"), water)})
    return out.assign_coords(cell_of_site=("site", np.arange(len(names))), site=("site", names))
