"""The network from a folder of plain tables: buses, branches, generators, storage, and what else is known.

    buses.csv        bus, lon, lat, voltage_kv                                  (lon, lat may be empty)
    branches.csv     branch, bus0, bus1, kind, reactance_pu_on_1mva, rating_mva
                     and if known rating_b_mva, rating_c_mva, circuits, shift_deg, length_km
    generators.csv   generator, bus, carrier, capacity_mw, marginal_cost_eur_per_mwh
    storage.csv      storage, bus, power_mw
    links.csv        link, bus0, bus1, most_mw, least_mw                        (optional)
    demand_mw.csv, available.csv, rating_share.csv                              (optional) a column `hour`, UTC, and one
                     column per bus [MW], generator [MW per MW of capacity] or branch [MVA per MVA of rating]

Further columns are kept and not read. Names are text, never numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import DataError
from .tables import KEY, LINK_COLUMNS, NetworkTables, assemble, no_links

COLUMNS = {
    "buses": ("bus", "lon", "lat", "voltage_kv"),
    "branches": ("branch", "bus0", "bus1", "kind", "reactance_pu_on_1mva", "rating_mva"),
    "generators": ("generator", "bus", "carrier", "capacity_mw", "marginal_cost_eur_per_mwh"),
    "storage": ("storage", "bus", "power_mw"),
}
TEXT = ("bus", "bus0", "bus1", "branch", "generator", "storage", "link", "carrier", "kind", "note")
MAY_BE_EMPTY = ("rating_mva", "lon", "lat")
SERIES = ("demand_mw", "available", "rating_share")
NOT_NEGATIVE = {
    "buses": ("voltage_kv",),
    "branches": ("reactance_pu_on_1mva",),
    "generators": ("capacity_mw",),
    "storage": ("power_mw",),
}


def read_plain(folder: Path | str) -> NetworkTables:
    """The tables of a folder; every problem of its files is told at once."""
    folder = Path(folder)
    tables, problems = {}, []
    for name in COLUMNS:
        table, found = _read_table(folder / f"{name}.csv", name)
        tables[name] = table
        problems += found
    if problems:
        raise DataError(problems, folder)
    links = _table_with(folder / "links.csv", LINK_COLUMNS) if (folder / "links.csv").is_file() else no_links()
    problems = _problems_between(tables, links)
    if problems:
        raise DataError(problems, folder)
    there = {name: folder / f"{name}.csv" for name in SERIES}
    series = {name: read_series(path) if path.is_file() else None for name, path in there.items()}
    whole = NetworkTables(
        tables["buses"], tables["branches"], tables["generators"], tables["storage"], links,
        series["demand_mw"], series["available"], series["rating_share"],
    )  # fmt: skip
    return assemble(folder, whole)


def read_series(path: Path) -> pd.DataFrame:
    """A series by hour: a column `hour` (UTC), and one per bus, generator or branch."""
    table = _table_with(path, ("hour",)).set_index("hour")
    try:
        table.index = pd.DatetimeIndex(table.index, name="hour")
    except ValueError as error:
        raise DataError(f"column 'hour' holds something that is no time: {error}", path) from None
    words = [c for c in table.columns if not pd.api.types.is_numeric_dtype(table[c])]
    if words:
        raise DataError([f"column {c!r} holds something that is no number" for c in words], path)
    return table.astype(float)


def read_demand(path: Path | str, bus: Sequence[str]) -> NDArray[np.float64]:
    """Annual demand [GWh] of the buses named, from `bus, annual_gwh`; a bus without a row has none."""
    path = Path(path)
    table = _table_with(path, ("bus", "annual_gwh"))
    unknown = sorted(set(table["bus"]) - set(bus))
    problems = [f"bus {name!r} has demand, but is not in the network" for name in unknown]
    problems += [f"bus {name!r} has more than one row" for name in _twice(table["bus"])]
    wrong = ~(pd.to_numeric(table["annual_gwh"], errors="coerce") >= 0)
    rows = table[wrong]
    for name, value in zip(rows["bus"], rows["annual_gwh"], strict=True):
        problems.append(f"bus {name!r} has an annual_gwh of {value}; it must be a number and not negative")
    if problems:
        raise DataError(problems, path)
    return table.set_index("bus")["annual_gwh"].reindex(list(bus)).fillna(0.0).to_numpy(float)


def _table_with(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    if not path.is_file():
        raise DataError(f"the file {path.name} is missing", path.parent)
    text = dict.fromkeys(TEXT, str)
    table = pd.read_csv(path, dtype=text, comment="#", keep_default_na=True)
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise DataError([f"{path.name} has no column {column!r}" for column in missing], path.parent)
    return table


def _read_table(path: Path, name: str) -> tuple[pd.DataFrame, list[str]]:
    try:
        table = _table_with(path, COLUMNS[name])
    except DataError as error:
        return pd.DataFrame(columns=list(COLUMNS[name])), error.problems
    key = KEY[name]
    problems = [f"{path.name}: {key} {value!r} appears more than once" for value in _twice(table[key])]
    if table[key].isna().any():
        problems.append(f"{path.name}: {int(table[key].isna().sum())} rows have no name in column {key!r}")
    for column in COLUMNS[name]:
        problems += _wrong_numbers(table, path.name, key, column, column in NOT_NEGATIVE[name])
    return table, problems


def _wrong_numbers(table: pd.DataFrame, file: str, key: str, column: str, not_negative: bool) -> list[str]:
    if column in TEXT:
        return []
    number = pd.to_numeric(table[column], errors="coerce")
    may_be_missing = column in MAY_BE_EMPTY
    problems = []
    for name, raw, value in zip(table[key], table[column], number, strict=True):
        unreadable = pd.isna(value) and not (may_be_missing and pd.isna(raw))
        if unreadable:
            problems.append(f"{file}: {key} {name!r} has {column} = {raw!r}, which is no number")
        elif not_negative and value < 0:
            problems.append(f"{file}: {key} {name!r} has {column} = {value:g}; it must not be negative")
    return problems


def _twice(names: pd.Series) -> list[str]:
    return sorted(names[names.duplicated()].dropna().unique())


def _problems_between(tables: dict[str, pd.DataFrame], links: pd.DataFrame) -> list[str]:
    known = set(tables["buses"]["bus"])
    joined: set[str] = set(links["bus0"]) | set(links["bus1"])
    problems = []
    branches = tables["branches"]
    for name, first, last in zip(branches["branch"], branches["bus0"], branches["bus1"], strict=True):
        joined |= {first, last}
        for end in (first, last):
            if end not in known:
                problems.append(f"branches.csv: branch {name!r} names bus {end!r}, which is not in buses.csv")
        if first == last:
            problems.append(f"branches.csv: branch {name!r} starts and ends at bus {first!r}")
    problems += [f"buses.csv: bus {name!r} has no branch" for name in tables["buses"]["bus"] if name not in joined]
    for table in ("generators", "storage"):
        for name, bus in zip(tables[table][KEY[table]], tables[table]["bus"], strict=True):
            if bus not in known:
                problems.append(f"{table}.csv: {KEY[table]} {name!r} names bus {bus!r}, which is not in buses.csv")
    return problems
