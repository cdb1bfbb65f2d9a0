"""The grid case of a study: the network, and the situations in which all connections must be servable together.

Situations are hours of the observed months (highest load, residual load, wind, solar), every hour of the chosen days, and
one stated design peak. Demand by bus is scaled to the national load of the hour; wind and solar are the weather at the bus
times the capacity there; offshore wind follows the national record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from ..errors import InputsError
from ..physics.network import Network
from ..physics.outages import Outages, single_outages
from ..physics.security import SECURE_BASE
from ..sources.grid import read_demand, read_network
from ..sources.netcdf import opened
from ..sources.tables import read_csv
from ..sources.weather import at_sites, open_weather
from ..study.study import Study
from .base_dispatch import BaseDispatch
from .candidates import place_names
from .dates import queued_mw
from .fingerprint import remembered
from .generation import capacity_factor
from .grid import Grid, build_grid
from .hours import Hours
from .money import Technologies
from .reinforcement import Step, steps
from .situations import (
    MEASURED_ERROR,
    Situation,
    base_dispatch,
    build_situation,
    design_peak,
    extreme_hours,
    overloaded_anywhere,
    rule,
)


@dataclass(frozen=True, eq=False)
class GridCase:
    """What the headroom is computed from; the first `n_named` situations are the extremes and the design peak.

    `outages` are those of the network that every situation must survive (N-1); None where a share of the rating screens.
    """

    network: Network
    situations: list[Situation]
    n_named: int
    bus: np.ndarray  # bus number of each site
    place: tuple[str, ...]  # of each bus of the network, in words
    adequacy: bool
    outages: Outages | None
    steps: tuple[Step, ...]
    calendar: dict[tuple[int, int], int]  # (block, hour) of operation -> number of its situation
    rule: str
    caveats: tuple[str, ...]

    def tables(self, based: list[Situation]) -> dict[str, pd.DataFrame]:
        """Situations and what their base overloads, for the report; `based` are the named ones with their base."""
        rows = [(s.name, s.time, s.kind, s.reason, s.demand_mw.sum(), s.supply_mw.sum(), len(s.overloaded)) for s in based]
        columns = ["situation", "time_utc", "kind", "reason", "demand_mw", "available_supply_mw", "overloaded_in_the_base"]
        return {
            "situations": pd.DataFrame(rows, columns=columns),
            "overloaded_in_the_base": overloaded_anywhere(based).drop_duplicates("branch"),
            "headroom_caveats": pd.DataFrame({"caveat": [f"Rule: {self.rule}.", *self.caveats]}),
        }


def grid_case(study: Study, sites: gpd.GeoDataFrame, hours: Hours, technologies: Technologies) -> GridCase | None:
    """The grid case, or None where the study takes no headroom from a network."""
    if study.grid is None or study.grid.network is None or study.grid.headroom != "joint":
        return None
    assert study.grid.demand is not None
    grid = build_grid(read_network(study.path(study.grid.network)))
    annual = read_demand(study.path(study.grid.demand), grid.network.bus)
    queued = queued_mw(study, grid)
    bus = bus_of_site(grid, sites)
    n_1, factor = study.grid.security == "n_1", study.grid.share_of_rating
    outages = single_outages(grid.network, study.grid.outage) if n_1 else None
    base = None if n_1 else base_dispatch(grid, factor)
    situations, n_named = [], 0
    if study.grid.situations.design_peak_mw is not None:
        peak_mw = study.grid.situations.design_peak_mw
        peak = design_peak(grid, annual, peak_mw, security_factor=factor, n_1=n_1, queued_mw=queued, base=base)
        situations.append(peak)
        n_named = len(situations)
    if hours.time is not None:
        named, rest = _observed(study, grid, annual, queued, hours, technologies)
        situations += named
        n_named = len(situations)
        situations += rest
    elif "national_load" in hours.data and study.grid.situations.all_hours_of_days:
        situations += _of_table(study, grid, annual, queued, hours, base)
    if not situations:
        raise InputsError("grid.situations names no hour: give design_peak_mw, or hours from observed weather")
    caveats = (
        MEASURED_ERROR if outages is None else outages_told(outages),
        "Thermal limits by DC power flow; no voltage, fault level or stability.",
        "The network is a model: OpenStreetMap of about 2015 with estimated ratings; never an operator's figure.",
        *grid.notes(),
        *_queue_told(queued),
    )
    adequacy, label = study.grid.adequacy, rule(factor, n_1)
    offered = steps(study, grid, technologies)
    calendar = _calendar(hours, n_named, len(situations))
    return GridCase(
        network=grid.network,
        situations=situations,
        n_named=n_named or len(situations),
        bus=bus,
        place=places(study, grid),
        adequacy=adequacy,
        outages=outages,
        steps=offered,
        calendar=calendar,
        rule=label,
        caveats=caveats,
    )


def _queue_told(queued: np.ndarray) -> list[str]:
    return [f"{queued.sum():,.0f} MW of loads that have asked before us count as demand in every situation."] * bool(
        queued.any()
    )


def outages_told(outages: Outages) -> str:
    """Which outages are counted, which are not, and what is not relaxed."""
    return (
        f"N-1: every branch keeps its limit after each of {outages.count} single outages. The loss of {len(outages.islanding)} "
        "branches would cut off a part of the network: what stands behind them is supplied, but not securely. "
        f"{SECURE_BASE}"
    )


def places(study: Study, grid: Grid) -> tuple[str, ...]:
    """Each bus in words: the nearest city of the study and the voltage, `Trier 22 km NW, 220 kV`; without cities its name."""
    buses, cities = grid.buses, study.sites.cities
    lon, lat = buses["lon"].to_numpy(float), buses["lat"].to_numpy(float)
    names = [f"bus {bus}" for bus in buses["bus"]]
    if cities is not None and np.isfinite(lon).all() and np.isfinite(lat).all():
        names = place_names(lon, lat, read_csv(study.path(cities), ["name", "lon", "lat"], ["lon", "lat"]))
    return tuple(f"{name}, {kv:g} kV" if kv > 0 else name for name, kv in zip(names, buses["voltage_kv"].astype(float)))


def bus_of_site(grid: Grid, sites: gpd.GeoDataFrame) -> np.ndarray:
    if "bus" not in sites:
        raise InputsError("joint headroom needs a column 'bus' for every candidate, naming a bus of the network")
    number = {b: i for i, b in enumerate(grid.network.bus)}
    unknown = [
        f"site '{s}': bus '{b}' is not in the network" for s, b in zip(sites["site"], sites["bus"]) if str(b) not in number
    ]
    if unknown:
        raise InputsError(unknown)
    return np.array([number[str(b)] for b in sites["bus"]])


class _HourOfGrid(NamedTuple):
    """An hour as the network meets it: national load [MW], and capacity factors, by bus where they are the weather's."""

    name: str
    reason: str
    when: str
    load_mw: float
    wind: np.ndarray
    offshore: float
    solar: np.ndarray


@remembered(4)
def _built(
    grid: Grid, annual: np.ndarray, queued: np.ndarray, hours: list[_HourOfGrid], share_of_rating: float, n_1: bool
) -> list[Situation]:
    """The situations of observed hours."""
    base = None if n_1 else base_dispatch(grid, share_of_rating)
    return [
        build_situation(
            grid, annual, h.load_mw, {"wind_onshore": h.wind, "wind_offshore": h.offshore, "solar": h.solar},
            name=h.name, reason=h.reason, time=h.when,
            security_factor=share_of_rating, n_1=n_1, queued_mw=queued, base=base,
        )
        for h in hours
    ]  # fmt: skip


def _observed(
    study: Study,
    grid: Grid,
    annual: np.ndarray,
    queued: np.ndarray,
    hours: Hours,
    technologies: Technologies,
) -> tuple[list[Situation], list[Situation]]:
    """The extreme hours of the observed months, and every hour of the chosen days."""
    assert study.grid is not None and study.hours.power_system is not None and study.hours.observed is not None
    assert hours.time is not None
    system = opened(study.path(study.hours.power_system))
    weather = open_weather(study.path(study.hours.observed))
    times = np.intersect1d(system["time"].values, weather["time"].values)
    of = system.sel(time=times)
    extremes = extreme_hours(
        of["load_mw"].values,
        of["residual_load_mw"].values,
        of["wind_cf"].values * of["wind_capacity_mw"].values,
        of["solar_cf"].values * of["solar_capacity_mw"].values,
    )
    extremes = extremes if study.grid.situations.extremes else []
    operation = np.unique(hours.time) if study.grid.situations.all_hours_of_days else np.array([], "M8[ns]")
    wanted = np.array([times[h.position] for h in extremes] + list(operation), "M8[ns]")
    wind, solar = at_buses(study, grid, wanted, technologies)
    labels = [(h.name, h.reason) for h in extremes] + [
        (f"{pd.Timestamp(t):%Y-%m-%d %H:%M}", "hour of a chosen day") for t in operation
    ]
    at = system.sel(time=wanted)
    load, offshore = at["load_mw"].values, at["wind_offshore_cf"].values
    when = [f"{pd.Timestamp(t):%Y-%m-%d %H:%M} UTC" for t in wanted]
    met = [
        _HourOfGrid(*label, when[i], float(load[i]), wind[i], float(offshore[i]), solar[i]) for i, label in enumerate(labels)
    ]
    built = _built(grid, annual, queued, met, study.grid.share_of_rating, study.grid.security == "n_1")
    return built[: len(extremes)], built[len(extremes) :]


def _of_table(
    study: Study, grid: Grid, annual: np.ndarray, queued: np.ndarray, hours: Hours, base: BaseDispatch | None
) -> list[Situation]:
    """Every hour of a table of hours, in the order of blocks and hours; plant that follows the weather needs observed hours."""
    assert study.grid is not None
    load = hours.data["national_load"].values
    return [
        build_situation(
            grid, annual, float(load[d, t]), {}, name=f"block {hours.names[d]} hour {t}", reason="hour of operation", time="",
            security_factor=study.grid.share_of_rating, n_1=study.grid.security == "n_1", queued_mw=queued, base=base,
        )
        for d, t in np.ndindex(*load.shape)
    ]  # fmt: skip


def _calendar(hours: Hours, n_named: int, count: int) -> dict[tuple[int, int], int]:
    """(block, hour) -> number of its situation; empty where the hours of operation are no situations."""
    if count == n_named:
        return {}
    n_blocks, n_hours = hours.shape
    if hours.time is None:
        return {(d, t): n_named + d * n_hours + t for d, t in np.ndindex(n_blocks, n_hours)}
    place = {time: i for i, time in enumerate(np.unique(hours.time))}
    return {(d, t): n_named + place[hours.time[d, t]] for d, t in np.ndindex(n_blocks, n_hours)}


def at_buses(study: Study, grid: Grid, times: np.ndarray, technologies: Technologies) -> tuple[np.ndarray, np.ndarray]:
    """Capacity factors of onshore wind and solar, (time, bus), from the nearest cell."""
    assert study.hours.observed is not None
    path = study.path(study.hours.observed)
    lon, lat = grid.buses["lon"].to_numpy(float), grid.buses["lat"].to_numpy(float)
    cells = at_sites(open_weather(path), lon, lat, list(grid.buses["bus"]), path, within_cells=np.inf).sel(time=times)
    which = cells["cell_of_site"].values
    where = cells["lon"].values, cells["lat"].values
    return (
        capacity_factor("wind", cells, times, *where, technologies)[which].T,
        capacity_factor("pv", cells, times, *where, technologies)[which].T,
    )
