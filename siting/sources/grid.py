"""The network from a folder of four tables: buses, branches, generators, storage.

    buses.csv        bus, lon, lat, voltage_kv
    branches.csv     branch, bus0, bus1, kind, reactance_pu_on_1mva, rating_mva
    generators.csv   generator, bus, carrier, capacity_mw, marginal_cost_eur_per_mwh
    storage.csv      storage, bus, power_mw

Further columns are kept and not read. Names are text, never numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError
from ..physics.network import Network, build_network

COLUMNS = {
    "buses": ("bus", "lon", "lat", "voltage_kv"),
    "branches": ("branch", "bus0", "bus1", "kind", "reactance_pu_on_1mva", "rating_mva"),
    "generators": ("generator", "bus", "carrier", "capacity_mw", "marginal_cost_eur_per_mwh"),
    "storage": ("storage", "bus", "power_mw"),
}
KEY = {"buses": "bus", "branches": "branch", "generators": "generator", "storage": "storage"}
TEXT = ("bus", "bus0", "bus1", "branch", "generator", "storage", "carrier", "kind", "note")
NOT_NEGATIVE = {
    "buses": ("voltage_kv",),
    "branches": ("reactance_pu_on_1mva",),
    "generators": ("capacity_mw",),
    "storage": ("power_mw",),
}

POWER_FACTOR = 0.95
"""Customary MW per MVA of rating where a flow calculation knows no voltage."""


@dataclass(frozen=True, eq=False)
class Grid:
    """The network and its tables.

    `generators` and `storage` carry the column `bus_index`; carriers are in lower case with
    underscores, so that `Wind Offshore` is `wind_offshore`.
    """

    network: Network
    buses: pd.DataFrame
    branches: pd.DataFrame
    generators: pd.DataFrame
    storage: pd.DataFrame

    def notes(self) -> list[str]:
        """What a reader of any figure must know about this network."""
        net = self.network
        notes = []
        if net.unrated:
            share = len(net.unrated) / net.branch_count
            notes.append(f"{len(net.unrated)} branches ({share:.0%}) have no rating and limit nothing")
        if net.merged:
            notes.append(
                f"{len(net.merged)} branches of no reactance were merged into bus bars; their rating is unchecked"
            )
        if net.island_count > 1:
            notes.append(f"the network has {net.island_count} islands, each balanced by itself")
        return notes


def read_network(folder: Path | str, power_factor: float = POWER_FACTOR) -> Grid:
    """Network and tables of a folder; every problem of the four files is told at once.

    rating [MW] = rating [MVA] * power_factor.
    """
    folder = Path(folder)
    tables, problems = {}, []
    for name in COLUMNS:
        table, found = _read_table(folder / f"{name}.csv", name)
        tables[name] = table
        problems += found
    if problems:
        raise DataError(problems, folder)
    problems = _problems_between(tables)
    if problems:
        raise DataError(problems, folder)
    return _grid(tables, power_factor)


def read_demand(path: Path | str, network: Network) -> NDArray[np.float64]:
    """Annual demand [GWh] by bus of the network, from `bus, annual_gwh`; a bus without a row has none."""
    path = Path(path)
    table = _table_with(path, ("bus", "annual_gwh"))
    unknown = sorted(set(table["bus"]) - set(network.bus))
    problems = [f"bus {name!r} has demand, but is not in the network" for name in unknown]
    problems += [f"bus {name!r} has more than one row" for name in _twice(table["bus"])]
    problems += [
        f"bus {r.bus!r} has an annual_gwh of {r.annual_gwh}" for r in table.itertuples() if not r.annual_gwh >= 0
    ]
    if problems:
        raise DataError(problems, path)
    return table.set_index("bus")["annual_gwh"].reindex(list(network.bus)).fillna(0.0).to_numpy(float)


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
    may_be_missing = column == "rating_mva"
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


def _problems_between(tables: dict[str, pd.DataFrame]) -> list[str]:
    known = set(tables["buses"]["bus"])
    joined: set[str] = set()
    problems = []
    for row in tables["branches"].itertuples():
        joined |= {row.bus0, row.bus1}
        for end in (row.bus0, row.bus1):
            if end not in known:
                problems.append(f"branches.csv: branch {row.branch!r} names bus {end!r}, which is not in buses.csv")
        if row.bus0 == row.bus1:
            problems.append(f"branches.csv: branch {row.branch!r} starts and ends at bus {row.bus0!r}")
    problems += [f"buses.csv: bus {name!r} has no branch" for name in tables["buses"]["bus"] if name not in joined]
    for table in ("generators", "storage"):
        for name, bus in zip(tables[table][KEY[table]], tables[table]["bus"], strict=True):
            if bus not in known:
                problems.append(f"{table}.csv: {KEY[table]} {name!r} names bus {bus!r}, which is not in buses.csv")
    return problems


def _grid(tables: dict[str, pd.DataFrame], power_factor: float) -> Grid:
    buses, branches = tables["buses"], tables["branches"]
    number = pd.Series(np.arange(len(buses)), index=buses["bus"])
    network = build_network(
        bus=list(buses["bus"]),
        branch=list(branches["branch"]),
        bus0=number[branches["bus0"]].to_numpy(),
        bus1=number[branches["bus1"]].to_numpy(),
        reactance_pu_on_1mva=branches["reactance_pu_on_1mva"].to_numpy(float),
        rating_mva=branches["rating_mva"].to_numpy(float),
        power_factor=power_factor,
    )
    generators = tables["generators"].assign(bus_index=lambda t: number[t["bus"]].to_numpy())
    generators["carrier"] = generators["carrier"].str.strip().str.lower().str.replace(r"[\s-]+", "_", regex=True)
    storage = tables["storage"].assign(bus_index=lambda t: number[t["bus"]].to_numpy())
    return Grid(network, buses, branches, generators, storage)
