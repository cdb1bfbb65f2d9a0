"""What every reader of a network gives: the same tables, checked, with a note for everything that was left out.

    buses        bus, lon, lat (empty where not known), voltage_kv
    branches     branch, bus0, bus1, kind, reactance_pu_on_1mva (off-nominal tap included), rating_mva, rating_b_mva,
                 rating_c_mva (long and short emergency; empty where not given), circuits, shift_deg, length_km
    generators   generator, bus, carrier, capacity_mw, marginal_cost_eur_per_mwh
    storage      storage, bus, power_mw
    links        link, bus0, bus1, most_mw, least_mw: injections the operator sets (HVDC), positive from bus0 to bus1

Reactance is in per unit on a base of 1 MVA: x [ohm] / voltage [kV]^2, or x [p.u.] / base [MVA].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import DataError

BRANCH_COLUMNS: dict[str, str | float] = {
    "branch": "",
    "bus0": "",
    "bus1": "",
    "kind": "line",
    "reactance_pu_on_1mva": np.nan,
    "rating_mva": np.nan,
    "rating_b_mva": np.nan,
    "rating_c_mva": np.nan,
    "circuits": 1.0,
    "shift_deg": 0.0,
    "length_km": np.nan,
}
LINK_COLUMNS = ("link", "bus0", "bus1", "most_mw", "least_mw")
KEY = {"buses": "bus", "branches": "branch", "generators": "generator", "storage": "storage", "links": "link"}
ENDS = {"branches": ("bus0", "bus1"), "generators": ("bus",), "storage": ("bus",), "links": ("bus0", "bus1")}
GIVEN = pd.Index(["as given"], name="hour")
"""The one hour of a file that holds no series."""


def no_links() -> pd.DataFrame:
    """The table of links of a network that has none."""
    return pd.DataFrame({"link": [], "bus0": [], "bus1": []}, dtype=str).assign(most_mw=[], least_mw=[])


@dataclass(frozen=True, eq=False)
class NetworkTables:
    """The tables of a network; carriers in lower case with underscores: `Wind Offshore` is `wind_offshore`.

    Series have one row per hour (UTC, hour beginning; one row `as given` where the file has no hours):
    `demand_mw` [MW] by bus, `available` [MW per MW of capacity] by generator, `rating_share` [MVA per MVA of rating] by
    branch. A series is None where the file holds nothing of the kind. `notes` tell what was left out or supposed.
    """

    buses: pd.DataFrame
    branches: pd.DataFrame
    generators: pd.DataFrame
    storage: pd.DataFrame
    links: pd.DataFrame = field(default_factory=no_links)
    demand_mw: pd.DataFrame | None = None
    available: pd.DataFrame | None = None
    rating_share: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()

    @property
    def hours(self) -> pd.Index:
        """The hours of the series."""
        for series in (self.demand_mw, self.available, self.rating_share):
            if series is not None:
                return series.index
        return GIVEN


def assemble(path: Path, tables: NetworkTables) -> NetworkTables:
    """Complete and check the tables a reader has made; every problem is told at once.

    Branches of which both ends are one bus and buses without any branch or link are left out, with a note.
    """
    branches = tables.branches.copy()
    for column, usual in BRANCH_COLUMNS.items():
        if column not in branches:
            branches[column] = np.full(len(branches), usual)
        elif isinstance(usual, float) and np.isfinite(usual):
            branches[column] = branches[column].astype(float).fillna(usual)
    loops = branches["bus0"] == branches["bus1"]
    notes = list(tables.notes)
    if loops.any():
        notes.append(f"{int(loops.sum())} branches start and end at the same bus and are left out")
    branches = branches[~loops].reset_index(drop=True)
    carrier = tables.generators["carrier"].astype(str).str.strip().str.lower().str.replace(r"[\s-]+", "_", regex=True)
    whole = replace(tables, branches=branches, generators=tables.generators.assign(carrier=carrier))
    problems = _problems(whole)
    if problems:
        raise DataError(problems, path)
    return _without_lonely_buses(replace(whole, notes=tuple(notes)))


def _problems(tables: NetworkTables) -> list[str]:
    known, problems = set(tables.buses["bus"]), []
    if not len(tables.buses):
        problems.append("the network has no bus")
    for name, key in KEY.items():
        table = getattr(tables, name)
        doubled = sorted(table[key][table[key].duplicated()].unique())
        problems += [f"{key} {value!r} appears more than once" for value in doubled]
        for end in ENDS.get(name, ()):
            stray = table[~table[end].isin(known)]
            problems += [f"{key} {n!r} names bus {b!r}, which does not exist" for n, b in zip(stray[key], stray[end])]
    unusable = tables.branches[~np.isfinite(tables.branches["reactance_pu_on_1mva"].astype(float))]
    problems += [f"branch {name!r} has no reactance" for name in unusable["branch"]]
    for name, column in (("generators", "capacity_mw"), ("storage", "power_mw")):
        table = getattr(tables, name)
        wrong = table[~(table[column].astype(float) >= 0)]
        problems += [
            f"{KEY[name]} {n!r} has {column} = {x}; it must not be negative" for n, x in zip(wrong[KEY[name]], wrong[column])
        ]
    return problems + _series_problems(tables)


def with_series(tables: NetworkTables, demand_mw: pd.DataFrame | None, available: pd.DataFrame | None) -> NetworkTables:
    """The network with other series (None: its own). Raises DataError: a stray column, other hours, gaps."""
    new = replace(
        tables,
        demand_mw=tables.demand_mw if demand_mw is None else demand_mw,
        available=tables.available if available is None else available,
    )
    problems = _series_problems(new)
    if problems:
        raise DataError(problems)
    return new


def _series_problems(tables: NetworkTables) -> list[str]:
    problems = []
    for name, key, table in (
        ("demand_mw", "bus", tables.buses),
        ("available", "generator", tables.generators),
        ("rating_share", "branch", tables.branches),
    ):
        series = getattr(tables, name)
        if series is None:
            continue
        stray = sorted(set(series.columns) - set(table[key]))
        problems += [f"the series {name} has a column for {key} {value!r}, which does not exist" for value in stray]
        if not series.index.equals(tables.hours):
            problems.append(f"the series {name} has other hours than the series before it")
        empty = series.columns[~np.isfinite(series.to_numpy(float)).all(axis=0)]
        problems += [f"the series {name} of {key} {value!r} has hours without a value; fill or drop them" for value in empty]
        below = series.columns[(series.to_numpy(float) < 0).any(axis=0)] if name != "demand_mw" else []
        problems += [f"the series {name} of {key} {value!r} is below 0 in some hour" for value in below]
    return problems


def _without_lonely_buses(tables: NetworkTables) -> NetworkTables:
    """Buses without a branch or a link cannot serve anybody: they go, and a note counts them with their demand."""
    joined = set(tables.branches["bus0"]) | set(tables.branches["bus1"]) | set(tables.links["bus0"]) | set(tables.links["bus1"])
    lonely = ~tables.buses["bus"].isin(joined)
    if not lonely.any():
        return tables
    gone = set(tables.buses["bus"][lonely])
    note, demand = f"{len(gone)} buses have no branch in service and are left out", tables.demand_mw
    if demand is not None:
        left = [b for b in demand.columns if b in gone]
        note += f" ({demand[left].sum(axis=1).max():,.1f} MW of demand, {_share_of(tables, gone):,.1f} MW of supply)"
        demand = demand.drop(columns=left)
    generators = tables.generators[~tables.generators["bus"].isin(gone)].reset_index(drop=True)
    available = tables.available
    if available is not None:
        available = available[[g for g in available.columns if g in set(generators["generator"])]]
    return replace(
        tables,
        buses=tables.buses[~lonely].reset_index(drop=True),
        generators=generators,
        storage=tables.storage[~tables.storage["bus"].isin(gone)].reset_index(drop=True),
        demand_mw=demand,
        available=available,
        notes=(*tables.notes, note),
    )


def _share_of(tables: NetworkTables, gone: set[str]) -> float:
    return float(tables.generators["capacity_mw"][tables.generators["bus"].isin(gone)].sum())


def series_by_bus(table: pd.DataFrame, bus: Sequence[str]) -> pd.DataFrame:
    """Sum the columns [MW] of elements (loads) over their `bus` names; the order is that of first appearance."""
    return table.T.groupby(list(bus), sort=False).sum().T
