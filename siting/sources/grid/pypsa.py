"""A PyPSA network, from its CSV folder or its NetCDF file, without PyPSA.

Only the attributes that differ from PyPSA's defaults stand in the files; the defaults used here are those of PyPSA's
component pages. x of a line is in ohm: x [p.u. on 1 MVA] = x [ohm] / v_nom[kV]^2; that of a transformer in p.u. of its own
rating: x / s_nom * tap_ratio. Lines with a standard type take x = x' [ohm/km] * length / num_parallel.
Buses, lines and links of other carriers than AC are left out, with a note; links between AC buses stay as links.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ...errors import DataError
from .tables import GIVEN, NetworkTables, assemble, no_links, series_by_bus

LINE_TYPES = Path(__file__).with_name("pypsa_line_types.csv")
DEFAULTS: dict[str, dict[str, float | str | bool]] = {
    "buses": {"v_nom": 1.0, "x": np.nan, "y": np.nan, "carrier": "AC"},
    "lines": {"x": 0.0, "s_nom": 0.0, "s_max_pu": 1.0, "length": 0.0, "num_parallel": 1.0, "type": "", "active": True},
    "transformers": {"x": 0.0, "s_nom": 0.0, "s_max_pu": 1.0, "tap_ratio": 1.0, "phase_shift": 0.0, "num_parallel": 1.0,
                     "type": "", "active": True},
    "links": {"p_nom": 0.0, "p_max_pu": 1.0, "p_min_pu": 0.0, "efficiency": 1.0, "active": True},
    "loads": {"p_set": 0.0, "sign": -1.0, "active": True},
    "generators": {"p_nom": 0.0, "p_max_pu": 1.0, "p_min_pu": 0.0, "marginal_cost": 0.0, "carrier": "", "active": True},
    "storage_units": {"p_nom": 0.0, "p_max_pu": 1.0, "active": True},
}  # fmt: skip
ENDS = ("bus", "bus0", "bus1")


class _Files:
    """The components and series of a network, from either form."""

    def __init__(self, path: Path):
        self.path = path
        self._data = None if path.is_dir() else xr.open_dataset(path, engine="h5netcdf").load()
        if self._data is not None and "buses_i" not in self._data:
            raise DataError("the file holds no PyPSA network: it has no 'buses_i'", path)

    def component(self, name: str) -> pd.DataFrame:
        """One row per element, defaults filled in, names as index; elements that are not active are left out."""
        table = self._table(name)
        table.index = table.index.astype(str)
        for column, usual in DEFAULTS[name].items():
            if column not in table:
                table[column] = usual
            elif isinstance(usual, str):
                table[column] = table[column].fillna(usual).astype(str).replace({"": usual, "nan": usual})
            elif isinstance(usual, float):
                table[column] = pd.to_numeric(table[column], errors="coerce").fillna(usual)
        for end in ENDS:
            if end in table:
                table[end] = table[end].astype(str)
        if "active" not in DEFAULTS[name]:
            return table
        return table[table["active"].astype(str).str.lower().isin(("true", "1", "1.0"))]

    def _table(self, name: str) -> pd.DataFrame:
        if self._data is None:
            file = self.path / f"{name}.csv"
            text = dict.fromkeys(("name", *ENDS, "type", "carrier"), str)
            if not file.is_file():
                return pd.DataFrame(columns=[*(e for e in ENDS if name != "buses")])
            return pd.read_csv(file, dtype=text, low_memory=False).pipe(lambda t: t.set_index(t.columns[0]))
        prefix = f"{name}_"
        if f"{prefix}i" not in self._data:
            return pd.DataFrame(columns=[*(e for e in ENDS if name != "buses")])
        columns = {
            str(v)[len(prefix) :]: self._data[v].values
            for v in self._data.data_vars
            if str(v).startswith(prefix) and self._data[v].dims == (f"{prefix}i",)
        }
        return pd.DataFrame(columns, index=self._data[f"{prefix}i"].values)

    def series(self, name: str, attribute: str) -> pd.DataFrame:
        """The elements of which an attribute is a series, by hour; no column where it is constant for all."""
        if self._data is None:
            file = self.path / f"{name}-{attribute}.csv"
            table = pd.read_csv(file, index_col=0) if file.is_file() else pd.DataFrame(index=range(len(self.hours)))
        else:
            key = f"{name}_t_{attribute}"
            found = key in self._data
            table = (
                pd.DataFrame(self._data[key].values, columns=self._data[f"{key}_i"].values)
                if found
                else pd.DataFrame(index=range(len(self.hours)))
            )
        if len(table) != len(self.hours):
            raise DataError(
                f"{name} {attribute} has {len(table)} hours; the network has {len(self.hours)} snapshots", self.path
            )
        return table.set_axis(self.hours).rename(columns=str)

    @property
    def hours(self) -> pd.Index:
        if self._data is None:
            file = self.path / "snapshots.csv"
            table = pd.read_csv(file) if file.is_file() else pd.DataFrame({"snapshot": ["now"]})
            column = "snapshot" if "snapshot" in table else "name" if "name" in table else table.columns[0]
            values = table[column].to_numpy()
        else:
            named = "snapshots_snapshot" in self._data
            values = self._data["snapshots_snapshot" if named else "snapshots"].values
        try:
            return pd.DatetimeIndex(values, name="hour")
        except (ValueError, TypeError):
            return GIVEN if len(values) == 1 else pd.Index([str(v) for v in values], name="hour")

    def by_hour(self, name: str, attribute: str, elements: pd.DataFrame) -> pd.DataFrame:
        """An attribute of all elements by hour: its series where there is one, else its constant."""
        constant = np.broadcast_to(elements[attribute].to_numpy(float), (len(self.hours), len(elements)))
        table = pd.DataFrame(constant.copy(), self.hours, elements.index)
        varying = self.series(name, attribute)
        known = [c for c in varying.columns if c in table.columns]
        table[known] = varying[known].to_numpy(float)
        return table


def read_pypsa(path: Path | str) -> NetworkTables:
    """The tables of a network with all its snapshots. Raises DataError with every problem."""
    files = _Files(Path(path))
    bus = files.component("buses")
    other = bus["carrier"] != "AC"
    notes = [f"{int(other.sum())} buses carry something else than AC and are left out"] if other.any() else []
    bus = bus[~other]
    buses = pd.DataFrame(
        {"bus": bus.index, "lon": bus["x"].to_numpy(), "lat": bus["y"].to_numpy(), "voltage_kv": bus["v_nom"].to_numpy()}
    )
    known, gone = set(buses["bus"]), set(files.component("buses").index[other])
    lines, transformers = (_joining(files.component(n), gone, n, notes) for n in ("lines", "transformers"))
    problems: list[str] = []
    branches = pd.concat([_lines(lines, bus, problems), _transformers(transformers, problems)], ignore_index=True)
    if problems:
        raise DataError(problems, files.path)
    generators, available = _generators(files, gone)
    loads = files.component("loads")
    loads = loads[~loads["bus"].isin(gone)]
    demand = -files.by_hour("loads", "p_set", loads) * loads["sign"].to_numpy(float)
    storage = files.component("storage_units")
    storage = storage[~storage["bus"].isin(gone)]
    tables = NetworkTables(
        buses,
        branches,
        generators,
        pd.DataFrame(
            {"storage": storage.index, "bus": storage["bus"].to_numpy(), "power_mw": _capacity(storage) * storage["p_max_pu"]}
        ).reset_index(drop=True),
        _links(_joining(files.component("links"), gone, "links", notes), notes),
        series_by_bus(demand, list(loads["bus"])) if len(loads) else pd.DataFrame(0.0, files.hours, sorted(known)[:1]),
        available,
        _rating_share(files, lines, transformers),
        tuple(notes),
    )
    return assemble(files.path, tables)


def _joining(elements: pd.DataFrame, gone: set[str], what: str, notes: list[str]) -> pd.DataFrame:
    stray = elements["bus0"].isin(gone) | elements["bus1"].isin(gone)
    if stray.any():
        notes.append(f"{int(stray.sum())} {what} end at a bus that is left out, and are left out too")
    return elements[~stray]


def _lines(lines: pd.DataFrame, bus: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    types = pd.read_csv(LINE_TYPES, comment="#", index_col="type")["x_ohm_per_km"]
    typed = lines["type"].map(types).to_numpy(float)
    ohm = np.where(
        np.isnan(typed),
        lines["x"].to_numpy(float),
        typed * lines["length"].to_numpy(float) / lines["num_parallel"].to_numpy(float),
    )
    untold = lines.index[(ohm == 0) & (lines["type"] != "").to_numpy()]
    problems += [
        f"line {name!r} has the type {lines.at[name, 'type']!r}, which is not known here, and no x; "
        "in PyPSA, call calculate_dependent_values() before you export"
        for name in untold
    ]
    voltage = lines["bus0"].map(bus["v_nom"]).to_numpy(float)
    return pd.DataFrame(
        {
            "branch": ["line " + name for name in lines.index],
            "bus0": lines["bus0"].to_numpy(),
            "bus1": lines["bus1"].to_numpy(),
            "kind": "line",
            "reactance_pu_on_1mva": ohm / voltage**2,
            "rating_mva": _capacity(lines, "s_nom").to_numpy(float),
            "circuits": lines["num_parallel"].to_numpy(float),
            "length_km": lines["length"].to_numpy(float),
        }
    )


def _transformers(transformers: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    s_nom = transformers["s_nom"].to_numpy(float)
    x = transformers["x"].to_numpy(float)
    problems += [
        f"transformer {name!r} has s_nom {s:g} and x {each:g}; its reactance needs both. "
        "In PyPSA, call calculate_dependent_values() before you export"
        for name, s, each in zip(transformers.index, s_nom, x)
        if s <= 0 or each == 0
    ]
    return pd.DataFrame(
        {
            "branch": ["transformer " + name for name in transformers.index],
            "bus0": transformers["bus0"].to_numpy(),
            "bus1": transformers["bus1"].to_numpy(),
            "kind": "transformer",
            "reactance_pu_on_1mva": x / np.where(s_nom > 0, s_nom, 1.0) * transformers["tap_ratio"].to_numpy(float),
            "rating_mva": s_nom,
            "circuits": transformers["num_parallel"].to_numpy(float),
            "shift_deg": transformers["phase_shift"].to_numpy(float),
        }
    )


def _capacity(elements: pd.DataFrame, size: str = "p_nom") -> pd.Series:
    """The size (p_nom or s_nom), or its optimum where the file holds a solved expansion."""
    if f"{size}_opt" not in elements or f"{size}_extendable" not in elements:
        return elements[size]
    solved = elements[f"{size}_extendable"].astype(str).str.lower().isin(("true", "1", "1.0"))
    return elements[size].where(~solved, pd.to_numeric(elements[f"{size}_opt"], errors="coerce").fillna(0.0))


def _generators(files: _Files, gone: set[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    plants = files.component("generators")
    plants = plants[~plants["bus"].isin(gone)]
    table = pd.DataFrame(
        {
            "generator": plants.index,
            "bus": plants["bus"].to_numpy(),
            "carrier": plants["carrier"].to_numpy(),
            "capacity_mw": _capacity(plants).to_numpy(float),
            "marginal_cost_eur_per_mwh": plants["marginal_cost"].to_numpy(float),
        }
    )
    return table, files.by_hour("generators", "p_max_pu", plants)


def _rating_share(files: _Files, lines: pd.DataFrame, transformers: pd.DataFrame) -> pd.DataFrame | None:
    """s_max_pu by hour, or None where it is 1 everywhere."""
    parts = []
    for name, elements, prefix in (("lines", lines, "line "), ("transformers", transformers, "transformer ")):
        parts.append(files.by_hour(name, "s_max_pu", elements).add_prefix(prefix))
    share = pd.concat(parts, axis=1)
    return None if (share.to_numpy() == 1.0).all() else share


def _links(links: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    if not len(links):
        return no_links()
    lossy = int((links["efficiency"] != 1.0).sum())
    if lossy:
        notes.append(f"{lossy} links lose power; they are taken as lossless")
    capacity = _capacity(links).to_numpy(float)
    return pd.DataFrame(
        {
            "link": links.index,
            "bus0": links["bus0"].to_numpy(),
            "bus1": links["bus1"].to_numpy(),
            "most_mw": capacity * links["p_max_pu"].to_numpy(float),
            "least_mw": capacity * links["p_min_pu"].to_numpy(float),
        }
    )
