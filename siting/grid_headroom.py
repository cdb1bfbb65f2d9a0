"""Grid headroom by itself: how much new load fits at each bus, hour by hour, and what stops it.

    data = siting.headroom("network.nc", n_1=True)          # a Dataset (bus, hour)
    buses = siting.headroom_by_bus(data, energy_share=0.005)  # a GeoDataFrame: firm and flexible headroom

One bus at a time: figures of several buses must not be added up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from ruamel.yaml import YAML

from .errors import DataError, InputsError
from .inputs.grid import POWER_FACTOR, Grid, build_grid
from .inputs.network_hours import choose_hours, network_hours, spare_share
from .physics.bridges import secure_nodes
from .physics.geography import great_circle_km
from .physics.outages import single_outages
from .physics.security import SECURE_BASE
from .results.headroom import headroom_data, headroom_of_table, with_caps
from .solve.grid.bus_headroom import Rule, bus_headroom
from .sources.grid import NetworkTables, read_network
from .sources.grid.completed import AfterOutage, MissingRatings, with_coordinates, with_ratings
from .sources.grid.operator_table import read_operator_table
from .sources.grid.tables import with_series

CEILING_MW = 20_000.0
RULES = {
    "managed": "any supply is re-dispatched freely: an upper bound",
    "radius": "only supply near the bus is re-dispatched",
    "passive": "supply grows in a fixed mix, nothing is re-dispatched",
}


def headroom(
    network: Path | str | NetworkTables,
    *,
    hours: Sequence[str] | None = None,
    buses: Sequence[str] | None = None,
    n_1: bool = True,
    rule: Literal["managed", "passive", "radius"] = "managed",
    radius_km: float | None = None,
    cutoff: float | None = None,
    adequacy: bool = True,
    security: Literal["strict", "customer_risk"] = "strict",
    lost: Literal["circuit", "branch"] = "circuit",
    missing_ratings: MissingRatings = "refuse",
    after_outage: AfterOutage = "rating_c_mva",
    power_factor: float = POWER_FACTOR,
    demand_mw: pd.DataFrame | None = None,
    available: pd.DataFrame | None = None,
    caps: Path | str | None = None,
    coordinates: Path | str | None = None,
    coordinate_columns: Sequence[str] = ("bus", "lon", "lat"),
    ceiling_mw: float = CEILING_MW,
    tell: Callable[[str], None] | None = None,
) -> xr.Dataset:
    """Headroom [MW] of every bus alone in every hour, and what binds it.

    `network`: a file or folder (see `sources.grid.READERS`), or tables. `hours`: words such as `17`, `0:24`, `peak`,
    `2011-01-01`. `n_1`: secure after the loss of any one circuit (`lost='branch'`: of all circuits of a branch). `rule`:
    managed, radius (needs `radius_km`) or passive (needs `cutoff`, MW per MW). `adequacy`: whether available supply is a
    limit. `security='strict'`: a bus that one outage cuts off has no N-1 headroom; `customer_risk`: its customer bears
    that. `demand_mw` (hour, bus) and `available` (hour, generator; MW per MW) replace the file's series. `caps`: a CSV
    `bus, cap_mw, limit` of other limits (stability, short circuit), and `substation_mw` for firm transformer capacity that
    present demand uses too. `coordinates`: a CSV with the places of the buses, in its `coordinate_columns`.

    The Dataset has headroom_mw (never below 0), unrelaxed_at_most_mw (below 0: overloaded already), binding_branch,
    binding_outage, binds (corridor, adequacy, ceiling, or the cap's limit), worth (MW per MW of the limit), n1_secure and
    the overloads of the base. Raises DataError, InputsError: every problem of a stage at once.
    """
    problems = _wrong_options(rule, radius_km, cutoff, ceiling_mw, power_factor)
    if problems:
        raise InputsError(problems)
    tables = network if isinstance(network, NetworkTables) else read_network(network)
    tables = with_series(tables, demand_mw, available)
    if coordinates is not None:
        tables = with_coordinates(tables, coordinates, *coordinate_columns)
    tables = with_ratings(tables, missing_ratings, after_outage)
    grid = build_grid(tables, power_factor)
    net = grid.network
    total = pd.Series(0.0, tables.hours) if tables.demand_mw is None else tables.demand_mw.sum(axis=1)
    chosen = choose_hours(tables.hours, total, hours)
    series = network_hours(grid, tables, chosen)
    asked = np.arange(net.bus_count) if buses is None else net.index(list(buses))
    outages = single_outages(net, lost) if n_1 else None
    secure = secure_nodes(net, outages.islanding)[net.node] if outages is not None else np.ones(net.bus_count, bool)
    computed = asked[secure[asked]] if security == "strict" else asked
    near = _near(grid, computed, radius_km) if rule == "radius" and radius_km is not None else None
    how = Rule(rule, adequacy, ceiling_mw, cutoff or 0.0, near)
    capacity = np.bincount(
        grid.generators["bus_index"], weights=grid.generators["capacity_mw"], minlength=net.bus_count
    ).astype(float)

    def said(done: int, of: int) -> None:
        if tell:
            tell(f"{done} of {of} {'hours' if rule == 'passive' else 'buses'}")

    found = bus_headroom(net, series, computed, how, outages, spare_share(grid, capacity), said)
    label = _label(rule, n_1, security, adequacy, radius_km, cutoff)
    cut_off = [f"the loss of any of {len(outages.islanding)} branches cuts buses off"] if outages and outages.islanding else []
    notes = [*tables.notes, *grid.notes(), *cut_off, *([SECURE_BASE] if outages else [])]
    data = headroom_data(grid.buses.iloc[asked], tables.hours[chosen], found, computed, secure[asked], label, notes)
    data["demand_mw"] = ("bus", "hour"), np.array([hour.demand_mw[asked] for hour in series]).T, {"units": "MW"}
    return data if caps is None else with_caps(data, Path(caps))


def _wrong_options(
    rule: str, radius_km: float | None, cutoff: float | None, ceiling_mw: float, power_factor: float
) -> list[str]:
    problems = [] if rule in RULES else [f"rule is '{rule}'; valid: {', '.join(RULES)}"]
    if (rule == "radius") != (radius_km is not None):
        problems.append("radius_km belongs to rule 'radius', which needs it")
    if (rule == "passive") != (cutoff is not None):
        problems.append(
            "cutoff belongs to rule 'passive', which needs it: 0.05 ignores limits that move less than 5 % (0 for none)"
        )
    if cutoff is not None and not 0 <= cutoff < 1:
        problems.append(f"cutoff is {cutoff}; it must lie between 0 and 1")
    if radius_km is not None and radius_km <= 0:
        problems.append(f"radius_km is {radius_km}; it must be above 0")
    if ceiling_mw <= 0 or not 0 < power_factor <= 1:
        problems.append("ceiling_mw must be above 0, power_factor above 0 and at most 1")
    return problems


def _label(rule: str, n_1: bool, security: str, adequacy: bool, radius_km: float | None, cutoff: float | None) -> str:
    """The rule to print beside every figure.

    >>> _label("passive", True, "strict", True, None, 0.05)
    'passive (cut-off 5 %), N-1 (strict), supply is a limit'
    """
    detail = (
        f" (within {radius_km:g} km)"
        if radius_km
        else f" (cut-off {cutoff:.0%})".replace("%", " %")
        if cutoff is not None
        else ""
    )
    words = f"N-1 ({security.replace('_', ' ')})" if n_1 else "N-0 (no outage)"
    return f"{rule}{detail}, {words}, supply is {'a' if adequacy else 'no'} limit"


def _near(grid: Grid, bus_index: np.ndarray, radius_km: float) -> np.ndarray:
    """(bus asked, node): which nodes have a bus within the radius."""
    lon, lat = grid.buses["lon"].to_numpy(float), grid.buses["lat"].to_numpy(float)
    unplaced = grid.buses["bus"][~(np.isfinite(lon) & np.isfinite(lat))]
    if len(unplaced):
        raise InputsError(
            f"rule 'radius' needs the place of every bus; {len(unplaced)} have none (first: '{unplaced.iloc[0]}')"
        )
    km = great_circle_km(lat[bus_index][:, None], lon[bus_index][:, None], lat[None], lon[None])
    near = np.zeros((len(bus_index), grid.network.node_count), bool)
    rows, columns = np.nonzero(km <= radius_km)
    near[rows, grid.network.node[columns]] = True
    return near


def ratings_in_words(text: str) -> MissingRatings:
    """What to do about missing ratings, as typed.

    >>> ratings_in_words("unlimited"), ratings_in_words("380=1790,220=490")
    ('unlimited', {380.0: 1790.0, 220.0: 490.0})
    """
    if text == "refuse":
        return "refuse"
    if text == "unlimited":
        return "unlimited"
    try:
        return {float(kv): float(mva) for kv, mva in (pair.split("=") for pair in text.split(","))}
    except ValueError:
        raise InputsError(
            f"missing ratings '{text}'; valid: refuse, unlimited, or MVA by kV such as 380=1790,220=490"
        ) from None


def headroom_of_operator(table: Path | str, columns: Path | str) -> xr.Dataset:
    """Headroom that an operator publishes; `columns` is a YAML of the column map and, if need be, separator, decimal, groups.

    Raises DataError: see `read_operator_table`.
    """
    path = Path(columns)
    if not path.is_file():
        raise DataError("there is no such file", path)
    words = YAML(typ="safe").load(path.read_text())
    if not isinstance(words, dict):
        raise DataError("the column map must be a list of `word: column`", path)
    form = {key: str(words.pop(key)) for key in ("separator", "decimal") if key in words}
    groups = path.parent / str(words.pop("groups")) if "groups" in words else None
    return headroom_of_table(read_operator_table(table, words, groups, **form))
