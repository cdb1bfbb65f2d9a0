"""Dates: the year in which power is there at each candidate, and the loads that stand before it in the queue.

    power year = decision year + lead time of a connection to spare capacity      (or the candidate's `power_from_year`)
    a moratorium that covers the site and that year moves it to the moratorium's end

A candidate whose power comes after the study's year is dropped, with the reason.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, StudyError, nearest
from ..sources.tables import read_csv
from ..study.reinforcement import Moratorium
from ..study.study import Study
from .candidates import METRIC_CRS
from .grid import Grid
from .money import Technologies


def dated(study: Study, frame: gpd.GeoDataFrame, technologies: Technologies) -> gpd.GeoDataFrame:
    """Columns `power_year` and `power_reason` for the candidates; those too late are dropped.

    Raises StudyError where a candidate that must open gets no power in time.
    """
    if study.grid is None or study.grid.decision_year is None or study.last_year is None:
        return frame
    lead = technologies.tariff("connection", "lead_years_spare")
    usual = int(np.ceil(study.grid.decision_year + lead))
    given = frame["power_from_year"].to_numpy(float) if "power_from_year" in frame else np.full(len(frame), np.nan)
    own = np.isfinite(given)
    frame["power_year"] = np.where(own, given, usual).astype(int)
    frame["power_reason"] = np.where(own, "the grid operator's answer", f"{lead:g} years from {study.grid.decision_year}")
    for moratorium in sorted(study.grid.moratoria, key=lambda m: m.from_year):
        inside = _inside(study, frame, moratorium)
        during = frame["power_year"].between(moratorium.from_year, moratorium.to_year, inclusive="left").to_numpy() & inside
        frame.loc[during, "power_year"] = moratorium.to_year
        frame.loc[during, "power_reason"] = f"a moratorium until {moratorium.to_year} ({moratorium.source})"
    late = (frame["power_year"] > study.last_year).to_numpy() & frame["kept"].to_numpy(bool)
    must = frame.loc[late & (frame["choice"] == "must").to_numpy(), ["site", "power_year", "power_reason"]]
    if len(must):
        raise StudyError(
            [
                f"site '{site}' must open, but gets power in {year} ({reason}), not in the study's year {study.last_year}"
                for site, year, reason in must.itertuples(index=False)
            ],
            study.name,
        )
    frame.loc[late, "reason"] = [
        f"power in {year}: {reason}" for year, reason in zip(frame.loc[late, "power_year"], frame.loc[late, "power_reason"])
    ]
    frame.loc[late, "kept"] = False
    if late.any() and not frame["kept"].any():
        first = frame.loc[late].sort_values("power_year").iloc[0]
        raise StudyError(
            f"no candidate has power by {study.last_year}; the first is '{first['site']}' in {first['power_year']} "
            f"({first['power_reason']}): plan for a later year, or decide earlier (grid.decision_year)",
            study.name,
        )
    return frame


def _inside(study: Study, frame: gpd.GeoDataFrame, moratorium: Moratorium) -> NDArray[np.bool_]:
    if moratorium.state is not None:
        known = sorted(set(frame["state"].astype(str)))
        if moratorium.state not in known:
            raise StudyError(
                f"grid.moratoria: no candidate is in state '{moratorium.state}'; {nearest(moratorium.state, known)}", study.name
            )
        return (frame["state"] == moratorium.state).to_numpy()
    assert moratorium.areas is not None
    path = study.path(moratorium.areas)
    areas = gpd.read_file(path, engine="pyogrio")
    if areas.crs is None:
        raise DataError("the areas of a moratorium have no CRS; set it and save again", path)
    covered = areas.to_crs(METRIC_CRS).geometry.union_all()
    return np.asarray(frame.geometry.to_crs(METRIC_CRS).intersects(covered))


def queued_mw(study: Study, grid: Grid) -> NDArray[np.float64]:
    """MW by bus of the loads that stand before us in the queue and are there in the study's year.

    The table is `entry, bus, mw, position, realised_share, power_year`; of each entry `mw * realised_share` is counted.
    Public figures for the share: ERCOT scaled requests of data centres by 0.498; SPP saw 0.27 reach agreements.
    """
    mw = np.zeros(grid.network.bus_count)
    if study.grid is None or study.grid.queue is None:
        return mw
    path = study.path(study.grid.queue)
    numbers = ["mw", "position", "realised_share", "power_year"]
    table = read_csv(path, ["entry", "bus", *numbers], numbers, ["entry"])
    number = {name: i for i, name in enumerate(grid.network.bus)}
    problems = [
        f"entry '{entry}': bus '{bus}' is not in the network; {nearest(str(bus), number)}"
        for entry, bus in zip(table["entry"], table["bus"])
        if str(bus) not in number
    ]
    wrong = table[(table["mw"] < 0) | (table["realised_share"] < 0) | (table["realised_share"] > 1)]
    problems += [
        f"entry '{entry}': mw must not be negative, realised_share must lie between 0 and 1" for entry in wrong["entry"]
    ]
    if problems:
        raise DataError(problems, path)
    before = table
    if study.grid.queue_position is not None:
        before = before[before["position"] < study.grid.queue_position]
    if study.last_year is not None:
        before = before[before["power_year"] <= study.last_year]
    np.add.at(mw, [number[str(bus)] for bus in before["bus"]], (before["mw"] * before["realised_share"]).to_numpy(float))
    return mw
