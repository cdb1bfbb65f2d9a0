"""A MATPOWER case (`.m`, case format version 2) as network tables.

Read are the matrices `bus, branch, gen, gencost, dcline`, the cells `bus_name, gen_name` and `baseMVA`; a file that
computes its matrices in MATLAB code is refused. Columns as in the MATPOWER User's Manual, Appendix B (Zimmerman and
Murillo-Sanchez, 2024). Shunt conductance is demand at 1 p.u., as in MATPOWER's own DC power flow.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import DataError
from .tables import GIVEN, LINK_COLUMNS, NetworkTables, assemble, no_links, series_by_bus

ISOLATED = 4
WIDTH = {"bus": 13, "branch": 11, "gen": 10, "dcline": 11}
_MATRIX = re.compile(r"mpc\.(\w+)\s*=\s*\[(.*?)\]\s*;?", re.DOTALL)
_CELL = re.compile(r"mpc\.(\w+)\s*=\s*\{(.*?)\}\s*;?", re.DOTALL)
_COMPUTED = re.compile(r"^\s*mpc\.(bus|branch|gen)\s*\(", re.MULTILINE)


def read_matpower(path: Path | str) -> NetworkTables:
    """The tables of a case; one hour, `as given`. Raises DataError with every problem."""
    path = Path(path)
    text = re.sub(r"%.*", "", path.read_text(errors="replace")).replace("...\n", " ")
    if _COMPUTED.search(text):
        raise DataError("the case changes its matrices in MATLAB code; save it from MATPOWER with savecase first", path)
    matrices = {name: body for name, body in _MATRIX.findall(text)}
    cells = {name: re.findall(r"'([^']*)'|\"([^\"]*)\"", body) for name, body in _CELL.findall(text)}
    names = {name: [(a or b).strip() for a, b in found] for name, found in cells.items()}
    base = re.search(r"mpc\.baseMVA\s*=\s*([-+.\deE]+)", text)
    missing = [f"mpc.{name} is missing" for name in ("bus", "branch", "gen") if name not in matrices]
    if missing or base is None:
        raise DataError(missing + ["mpc.baseMVA is missing"] * (base is None), path)
    numbers = {name: _numbers(body, name, path) for name, body in matrices.items() if name in (*WIDTH, "gencost")}
    return _tables(path, float(base.group(1)), numbers, names)


def _numbers(body: str, name: str, path: Path) -> NDArray[np.float64]:
    rows = [row.replace(",", " ").split() for row in re.split(r"[;\n]", body)]
    rows = [row for row in rows if row]
    if not rows:
        return np.zeros((0, WIDTH.get(name, 0)))
    width = max(map(len, rows))
    short = [
        f"mpc.{name}, row {i + 1}: {len(row)} columns, others have {width}" for i, row in enumerate(rows) if len(row) < width
    ]
    if short and name != "gencost":
        raise DataError(short, path)
    if width < WIDTH.get(name, 0):
        raise DataError(f"mpc.{name} has {width} columns; case format 2 has at least {WIDTH[name]}", path)
    try:
        return np.array([[float(x) for x in row + ["0"] * (width - len(row))] for row in rows])
    except ValueError as error:
        raise DataError(f"mpc.{name}: {error}", path) from None


def _tables(path: Path, base: float, numbers: dict[str, NDArray[np.float64]], names: dict[str, list[str]]) -> NetworkTables:
    bus, notes = numbers["bus"], []
    kept = bus[:, 1] != ISOLATED
    if not kept.all():
        notes.append(f"{int((~kept).sum())} buses are marked isolated (type 4) and are left out")
    label = _labels(bus[:, 0])
    buses = pd.DataFrame({"bus": label, "lon": np.nan, "lat": np.nan, "voltage_kv": bus[:, 9]})
    if len(names.get("bus_name", [])) == len(bus):
        buses["name"] = names["bus_name"]
    there = set(buses["bus"][kept])
    demand = bus[kept, 2] + bus[kept, 4]
    if (bus[kept, 4] != 0).any():
        notes.append(f"{bus[kept, 4].sum():,.1f} MW of shunt conductance count as demand")
    branches, out = _branches(numbers["branch"], base, there, {b for b in buses["bus"] if b not in there})
    generators, idle = _generators(numbers, names, there)
    notes += [
        f"{count} {what} are out of service and are left out"
        for count, what in ((out, "branches"), (idle, "generators"))
        if count
    ]
    notes += ["costs are those of the case file, whatever its currency; they only rank plants"]
    tables = NetworkTables(
        buses[kept].reset_index(drop=True),
        branches,
        generators,
        pd.DataFrame({"storage": [], "bus": []}, dtype=str).assign(power_mw=[]),
        _links(numbers.get("dcline"), there),
        series_by_bus(pd.DataFrame([demand], GIVEN, buses["bus"][kept]), list(buses["bus"][kept])),
        notes=tuple(notes),
    )
    return assemble(path, tables)


def _labels(numbers: NDArray[np.float64]) -> list[str]:
    return [f"{number:.0f}" for number in numbers]


def _branches(matrix: NDArray[np.float64], base: float, there: set[str], isolated: set[str]) -> tuple[pd.DataFrame, int]:
    """Branches in service; b = 1 / (x * tap), a tap of 0 means 1. Parallel ones are told apart by a number."""
    ends = pd.DataFrame({"bus0": _labels(matrix[:, 0]), "bus1": _labels(matrix[:, 1])})
    in_service = (matrix[:, 10] != 0) & ~ends.isin(isolated).any(axis=1).to_numpy()
    tap = np.where(matrix[:, 8] == 0, 1.0, matrix[:, 8])
    nth = ends.groupby(["bus0", "bus1"]).cumcount() + 1
    double = ends.duplicated(keep=False)
    name = ends["bus0"] + "-" + ends["bus1"] + np.where(double, " (" + nth.astype(str) + ")", "")
    table = ends.assign(
        branch=name,
        kind=np.where(matrix[:, 8] == 0, "line", "transformer"),
        reactance_pu_on_1mva=matrix[:, 3] / base * tap,
        rating_mva=matrix[:, 5],
        rating_b_mva=np.where(matrix[:, 6] > 0, matrix[:, 6], np.nan),
        rating_c_mva=np.where(matrix[:, 7] > 0, matrix[:, 7], np.nan),
        circuits=1.0,
        shift_deg=matrix[:, 9],
        length_km=np.nan,
    )
    return table[in_service].reset_index(drop=True), int((~in_service).sum())


def _generators(
    numbers: dict[str, NDArray[np.float64]], names: dict[str, list[str]], there: set[str]
) -> tuple[pd.DataFrame, int]:
    gen = numbers["gen"]
    bus = pd.Series(_labels(gen[:, 0]))
    given = names.get("gen_name", [])
    label = (
        given
        if len(given) == len(gen) and len(set(given)) == len(gen)
        else "generator " + bus + " (" + (bus.groupby(bus).cumcount() + 1).astype(str) + ")"
    )
    capacity = gen[:, 8]
    table = pd.DataFrame(
        {
            "generator": label,
            "bus": bus,
            "carrier": "unknown",
            "capacity_mw": np.maximum(capacity, 0.0),
            "marginal_cost_eur_per_mwh": _marginal_cost(numbers.get("gencost"), capacity),
        }
    )
    in_service = (gen[:, 7] > 0) & bus.isin(there).to_numpy()
    return table[in_service].reset_index(drop=True), int((~in_service).sum())


def _marginal_cost(gencost: NDArray[np.float64] | None, capacity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slope of the cost curve at half of the capacity: polynomial (model 2) or piecewise linear (model 1)."""
    cost = np.zeros(len(capacity))
    if gencost is None:
        return cost
    for number, row in enumerate(gencost[: len(capacity)]):
        terms, half = int(row[3]), capacity[number] / 2
        if row[0] == 2:
            cost[number] = np.polyval(np.polyder(row[4 : 4 + terms]), half) if terms > 1 else 0.0
        else:
            mw, money = row[4 : 4 + 2 * terms : 2], row[5 : 5 + 2 * terms : 2]
            slope = np.diff(money) / np.where(np.diff(mw) > 0, np.diff(mw), 1.0)
            cost[number] = slope[min(max(np.searchsorted(mw, half) - 1, 0), len(slope) - 1)] if len(slope) else 0.0
    return cost


def _links(dcline: NDArray[np.float64] | None, there: set[str]) -> pd.DataFrame:
    if dcline is None or not len(dcline):
        return no_links()
    start, end = _labels(dcline[:, 0]), _labels(dcline[:, 1])
    name = [f"dcline {i + 1} {a}-{b}" for i, (a, b) in enumerate(zip(start, end))]
    columns = (name, start, end, dcline[:, 10], dcline[:, 9])
    table = pd.DataFrame(dict(zip(LINK_COLUMNS, columns, strict=True)))
    return table[(dcline[:, 2] > 0) & table["bus0"].isin(there) & table["bus1"].isin(there)].reset_index(drop=True)
