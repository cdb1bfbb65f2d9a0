"""A pandapower network from its JSON file, without pandapower.

Formulas of pandapower's element pages, in per unit on 1 MVA:

    line           x = x_ohm_per_km * length / parallel / vn_kv^2;   rating = sqrt(3) * vn_kv * max_i_ka * df * parallel
    transformer    x = sqrt(vk^2 - vkr^2) / 100 / sn_mva / parallel * (vn_lv / vn_bus_lv)^2 * tap
                   tap = (vn_hv * tap changer / vn_lv) / (vn_bus_hv / vn_bus_lv);   rating = sn_mva * df * parallel
    three windings a star with one bus in the middle and three transformers
    switch         a closed switch between buses merges them; an open one at a branch takes the branch out
    dcline         a link

The magnetising branch of a transformer is left out, and what a DC power flow has no word for (reactive power).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import DataError
from .tables import GIVEN, LINK_COLUMNS, NetworkTables, assemble, no_links, series_by_bus

NOT_READ = ("xward", "motor", "vsc", "tcsc", "ssc", "svc", "line_dc", "bus_dc", "b2b_vsc")
AS_DEMAND = {"load": "p_mw", "ward": "ps_mw", "shunt": "p_mw"}


class _Net:
    """The element tables of a network; an element that is not there is an empty table."""

    def __init__(self, path: Path):
        try:
            content = json.loads(path.read_text())["_object"]
            self._tables = {k: v for k, v in content.items() if isinstance(v, dict) and v.get("_class") == "DataFrame"}
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"the file is no pandapower network: {error!r}", path) from None
        if "bus" not in self._tables:
            raise DataError("the file is no pandapower network: it has no table 'bus'", path)
        self.path, self.out = path, 0
        self.unread = [f"{len(self.all(name))} elements of kind '{name}'" for name in NOT_READ if len(self.all(name))]

    def all(self, name: str) -> pd.DataFrame:
        if name not in self._tables:
            return pd.DataFrame()
        body = self._tables[name]["_object"]
        split = json.loads(body) if isinstance(body, str) else body
        table = pd.DataFrame(split["data"], index=split["index"], columns=split["columns"])
        return table.infer_objects()

    def working(self, name: str) -> pd.DataFrame:
        """The elements in service."""
        table = self.all(name)
        if not len(table) or "in_service" not in table:
            return table
        there = table["in_service"].astype(bool)
        self.out += int((~there).sum())
        return table[there]


def read_pandapower(path: Path | str) -> NetworkTables:
    """The tables of a network; one hour, `as given`. Raises DataError with every problem."""
    net = _Net(Path(path))
    bus = net.working("bus")
    name = _bus_names(bus)
    switches = net.all("switch")
    is_open = switches[~switches["closed"].astype(bool)] if len(switches) else switches
    branches = [
        _lines(net, bus, _opened(is_open, "l")),
        _transformers(net, bus, _opened(is_open, "t")),
        _impedances(net),
        _couplers(switches),
    ]
    star_buses, star = _three_windings(net, bus, _opened(is_open, "t3"))
    table = pd.concat([*branches, star], ignore_index=True)
    for end in ("bus0", "bus1"):
        table[end] = table[end].map(name | {b: b for b in star_buses["bus"]})
    reach = table[["bus0", "bus1"]].notna().all(axis=1)
    lon, lat = _coordinates(net, bus)
    buses = pd.DataFrame({"bus": list(name.values()), "lon": lon, "lat": lat, "voltage_kv": bus["vn_kv"].to_numpy(float)})
    notes = [f"{each} are not read" for each in net.unread]
    generators = _generators(net, name, notes)
    demand = _demand(net, name)
    storage, links = _storage(net, name), _links(net, name)
    out = net.out + int((~reach).sum())
    notes += [f"{out} elements are out of service and are left out"] if out else []
    tables = NetworkTables(
        pd.concat([buses, star_buses], ignore_index=True),
        table[reach].reset_index(drop=True),
        generators,
        storage,
        links,
        demand,
        notes=tuple(notes),
    )
    return assemble(net.path, tables)


def _bus_names(bus: pd.DataFrame) -> dict[int, str]:
    """Names where all buses have one of their own, else their numbers."""
    named = bus["name"].notna().all() and bus["name"].astype(str).is_unique and (bus["name"].astype(str) != "").all()
    return {int(i): str(n) if named else str(i) for i, n in zip(bus.index, bus["name"])}


def _coordinates(net: _Net, bus: pd.DataFrame) -> tuple[list[float], list[float]]:
    """GeoJSON points of the column `geo`, or the table bus_geodata of older files; often a drawing, not geography."""
    points: list[tuple[float, float]] = []
    older = net.all("bus_geodata")
    for i in bus.index:
        text = bus.at[i, "geo"] if "geo" in bus else None
        if isinstance(text, str) and text:
            x, y = json.loads(text)["coordinates"][:2]
        elif len(older) and i in older.index:
            x, y = older.at[i, "x"], older.at[i, "y"]
        else:
            x, y = np.nan, np.nan
        points.append((float(x), float(y)))
    return [x for x, _ in points], [y for _, y in points]


def _opened(is_open: pd.DataFrame, kind: str) -> set[int]:
    return set(is_open["element"][is_open["et"] == kind].astype(int)) if len(is_open) else set()


def _rows(table: pd.DataFrame) -> list[tuple[int, dict[str, Any]]]:
    return [(int(str(i)), {str(k): v for k, v in t.items()}) for i, t in zip(table.index, table.to_dict("records"))]


def _label(table: pd.DataFrame, kind: str) -> list[str]:
    return [f"{kind} {i}" if not isinstance(n, str) or not n else f"{kind} {i} {n}" for i, n in zip(table.index, table["name"])]


def _lines(net: _Net, bus: pd.DataFrame, opened: set[int]) -> pd.DataFrame:
    line = net.working("line")
    if not len(line):
        return pd.DataFrame()
    line = line[~line.index.isin(opened)]
    kv = line["from_bus"].map(bus["vn_kv"]).to_numpy(float)
    parallel, length = line["parallel"].to_numpy(float), line["length_km"].to_numpy(float)
    return pd.DataFrame(
        {
            "branch": _label(line, "line"),
            "bus0": line["from_bus"].to_numpy(),
            "bus1": line["to_bus"].to_numpy(),
            "kind": "line",
            "reactance_pu_on_1mva": line["x_ohm_per_km"].to_numpy(float) * length / parallel / kv**2,
            "rating_mva": np.sqrt(3) * kv * line["max_i_ka"].to_numpy(float) * line["df"].to_numpy(float) * parallel,
            "circuits": parallel,
            "length_km": length,
        }
    )


def _transformers(net: _Net, bus: pd.DataFrame, opened: set[int]) -> pd.DataFrame:
    trafo = net.working("trafo")
    if not len(trafo):
        return pd.DataFrame()
    trafo = trafo[~trafo.index.isin(opened)]
    parallel, size = trafo["parallel"].to_numpy(float), trafo["sn_mva"].to_numpy(float)
    vk, vkr = trafo["vk_percent"].to_numpy(float), trafo["vkr_percent"].to_numpy(float)
    per_unit = np.sqrt(vk**2 - vkr**2) / 100 / size / parallel
    return pd.DataFrame(
        {
            "branch": _label(trafo, "transformer"),
            "bus0": trafo["hv_bus"].to_numpy(),
            "bus1": trafo["lv_bus"].to_numpy(),
            "kind": "transformer",
            "reactance_pu_on_1mva": per_unit * _at_low_side(trafo, bus, "lv_bus", "vn_lv_kv") * _tap(trafo, bus),
            "rating_mva": size * parallel * (trafo["df"].to_numpy(float) if "df" in trafo else 1.0),
            "circuits": parallel,
            "shift_deg": trafo["shift_degree"].to_numpy(float),
        }
    )


def _at_low_side(trafo: pd.DataFrame, bus: pd.DataFrame, end: str, own: str) -> np.ndarray:
    return (trafo[own].to_numpy(float) / trafo[end].map(bus["vn_kv"]).to_numpy(float)) ** 2


def _tap(trafo: pd.DataFrame, bus: pd.DataFrame) -> np.ndarray:
    """Off-nominal ratio of a transformer with its tap changer in ratio steps."""
    steps = trafo["tap_pos"].astype(float).fillna(0.0) - trafo["tap_neutral"].astype(float).fillna(0.0)
    change = (1 + steps * trafo["tap_step_percent"].astype(float).fillna(0.0) / 100).to_numpy(float)
    side = trafo["tap_side"].fillna("").to_numpy()
    high = trafo["vn_hv_kv"].to_numpy(float) * np.where(side == "hv", change, 1.0)
    low = trafo["vn_lv_kv"].to_numpy(float) * np.where(side == "lv", change, 1.0)
    nominal = trafo["hv_bus"].map(bus["vn_kv"]).to_numpy(float) / trafo["lv_bus"].map(bus["vn_kv"]).to_numpy(float)
    return high / low / nominal


def _three_windings(net: _Net, bus: pd.DataFrame, opened: set[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A star of three windings: x of each leg from the three short-circuit voltages between pairs of windings."""
    trafo = net.working("trafo3w")
    buses, rows, voltage = [], [], bus["vn_kv"].astype(float)
    for i, t in _rows(trafo[~trafo.index.isin(opened)]):
        size = {w: float(t[f"sn_{w}_mva"]) for w in ("hv", "mv", "lv")}
        pair = {}
        for key, first, last in (("hv", "hv", "mv"), ("mv", "mv", "lv"), ("lv", "hv", "lv")):
            vk, vkr = float(t[f"vk_{key}_percent"]), float(t[f"vkr_{key}_percent"])
            pair[first + last] = np.sqrt(vk**2 - vkr**2) / 100 / min(size[first], size[last])
        leg = {
            "hv": (pair["hvmv"] + pair["hvlv"] - pair["mvlv"]) / 2,
            "mv": (pair["hvmv"] + pair["mvlv"] - pair["hvlv"]) / 2,
            "lv": (pair["hvlv"] + pair["mvlv"] - pair["hvmv"]) / 2,
        }
        middle = f"star of transformer3w {i}"
        buses.append({"bus": middle, "lon": np.nan, "lat": np.nan, "voltage_kv": float(t["vn_hv_kv"])})
        for w in leg:
            end = int(t[f"{w}_bus"])
            ratio = float(t[f"vn_{w}_kv"]) / voltage.loc[end]
            shift = 0.0 if w == "hv" else float(t.get(f"shift_{w}_degree", 0.0) or 0.0)
            ends = (end, middle) if w == "hv" else (middle, end)
            star = {"branch": f"transformer3w {i} {w}", "bus0": ends[0], "bus1": ends[1], "kind": "transformer"}
            rows.append(
                star | {"reactance_pu_on_1mva": leg[w] * ratio, "rating_mva": size[w], "circuits": 1.0, "shift_deg": shift}
            )
    return pd.DataFrame(buses, columns=["bus", "lon", "lat", "voltage_kv"]), pd.DataFrame(rows)


def _impedances(net: _Net) -> pd.DataFrame:
    table = net.working("impedance")
    if not len(table):
        return pd.DataFrame()
    return pd.DataFrame(
        {
            "branch": _label(table, "impedance"),
            "bus0": table["from_bus"].to_numpy(),
            "bus1": table["to_bus"].to_numpy(),
            "kind": "line",
            "reactance_pu_on_1mva": table["xft_pu"].to_numpy(float) / table["sn_mva"].to_numpy(float),
            "rating_mva": table["sn_mva"].to_numpy(float),
        }
    )


def _couplers(switches: pd.DataFrame) -> pd.DataFrame:
    if not len(switches):
        return pd.DataFrame()
    closed = switches[switches["closed"].astype(bool) & (switches["et"] == "b")]
    return pd.DataFrame(
        {
            "branch": [f"switch {i}" for i in closed.index],
            "bus0": closed["bus"].to_numpy(),
            "bus1": closed["element"].to_numpy(),
            "kind": "coupler",
            "reactance_pu_on_1mva": 0.0,
            "rating_mva": np.nan,
        }
    )


def _demand(net: _Net, name: dict[int, str]) -> pd.DataFrame:
    power, place = [], []
    for kind, column in AS_DEMAND.items():
        for _, t in _rows(net.working(kind)):
            if t["bus"] in name:
                scale = {"shunt": t.get("step", 1), "load": t.get("scaling", 1.0), "ward": 1.0}[kind]
                power.append(float(t[column]) * scale)
                place.append(name[t["bus"]])
    if not place:
        return pd.DataFrame(0.0, GIVEN, list(name.values())[:1])
    return series_by_bus(pd.DataFrame([power], GIVEN), place)


def _generators(net: _Net, name: dict[int, str], notes: list[str]) -> pd.DataFrame:
    rows = []
    for kind in ("gen", "sgen", "ext_grid"):
        table = net.working(kind)
        costs = _costs(net, kind)
        for i, t in _rows(table):
            if int(t["bus"]) not in name:
                continue
            given = t.get("max_p_mw")
            known = given is not None and np.isfinite(given)
            now = 0.0 if kind == "ext_grid" else float(t["p_mw"]) * float(t.get("scaling") or 1.0)
            capacity = float(given or 0.0) if known else np.inf if kind == "ext_grid" else now
            if kind == "ext_grid" and not known:
                notes.append(f"external grid {i} at bus '{name[int(t['bus'])]}' has no max_p_mw: its supply has no limit")
            carrier = str(t.get("type") or kind) if kind == "sgen" else kind
            rows.append((f"{kind} {i}", name[int(t["bus"])], carrier, max(capacity, 0.0), costs.get(i, 0.0)))
    return pd.DataFrame(rows, columns=["generator", "bus", "carrier", "capacity_mw", "marginal_cost_eur_per_mwh"])


def _costs(net: _Net, kind: str) -> dict[int, float]:
    table = net.all("poly_cost")
    if not len(table):
        return {}
    own = table[table["et"] == kind]
    return {int(e): float(c) for e, c in zip(own["element"], own["cp1_eur_per_mw"])}


def _storage(net: _Net, name: dict[int, str]) -> pd.DataFrame:
    table = net.working("storage")
    rows = []
    for i, t in _rows(table):
        if int(t["bus"]) in name:
            least = t.get("min_p_mw")
            power = -least if least is not None and np.isfinite(least) else abs(float(t["p_mw"]))
            rows.append((f"storage {i}", name[int(t["bus"])], max(power, 0.0)))
    return pd.DataFrame(rows, columns=["storage", "bus", "power_mw"])


def _links(net: _Net, name: dict[int, str]) -> pd.DataFrame:
    table = net.working("dcline")
    if not len(table):
        return no_links()
    most = table["max_p_mw"].astype(float).fillna(table["p_mw"].astype(float).abs())
    values = ([f"dcline {i}" for i in table.index], table["from_bus"].map(name), table["to_bus"].map(name), most, -most)
    frame = pd.DataFrame(dict(zip(LINK_COLUMNS, values, strict=True))).reset_index(drop=True)
    return frame[frame[["bus0", "bus1"]].notna().all(axis=1)].reset_index(drop=True)
