"""Headroom of single buses as a Dataset (bus, hour), from a network or an operator's table, and what is read from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import linprog

from ..errors import InputsError
from ..physics import nonfirm
from ..solve.grid.bus_headroom import ADEQUACY, CEILING, BusHeadroom
from ..sources.grid.operator_table import OperatorTable
from ..sources.tables import read_csv

ONE_CIRCUIT = "one circuit only"
UNRELAXED = (
    "upper bound of the headroom with every limit at its own value, also those that the base exceeds (from the duals of the "
    "solve; exact for the passive rule and for operators' tables). Below 0 the bus is overloaded already: at least so much "
    "load would have to go there, and where limits elsewhere are exceeded no load of this bus alone makes the hour secure"
)
CAVEATS = (
    "Thermal limits by DC power flow only: no voltage, fault level, stability; an upper bound on what an operator will offer.",
    "One bus at a time: headroom of several buses must not be added up.",
)


def headroom_data(
    buses: pd.DataFrame,
    hours: pd.Index,
    found: BusHeadroom,
    computed: np.ndarray,
    secure: np.ndarray,
    label: str,
    notes: list[str],
) -> xr.Dataset:
    """Results by name, for the rows of `buses` asked; `computed` are the bus numbers of `found`.

    A bus that was not computed because one outage cuts it off has 0 MW, and that it hangs on one circuit binds.
    """
    row_of = {number: row for row, number in enumerate(buses.index)}
    place = np.array([row_of[number] for number in computed], int)
    shape = (len(buses), len(hours))

    def whole(values: np.ndarray, otherwise: float | str) -> tuple[tuple[str, str], np.ndarray]:
        full = np.full(shape, otherwise, object if isinstance(otherwise, str) else float)
        full[place] = values
        return ("bus", "hour"), full

    binds = np.where(np.isin(found.branch.astype(str), [ADEQUACY, CEILING, ""]), found.branch, "corridor")
    timed = isinstance(hours, pd.DatetimeIndex)
    data = xr.Dataset(
        {
            "headroom_mw": whole(np.maximum(found.headroom_mw, 0.0), 0.0),
            "unrelaxed_at_most_mw": whole(found.unrelaxed_at_most_mw, 0.0),
            "binds": whole(binds, ONE_CIRCUIT),
            "binding_branch": whole(found.branch, ""),
            "binding_outage": whole(found.outage, ""),
            "worth": whole(found.worth, 0.0),
            "n1_secure": ("bus", secure),
            "lack_mw": ("hour", found.lack_mw),
        },
        coords={
            "bus": buses["bus"].to_numpy(object),
            "hour": hours.to_numpy() if timed else hours.astype(str).to_numpy(object),
            "lon": ("bus", buses["lon"].to_numpy(float)),
            "lat": ("bus", buses["lat"].to_numpy(float)),
            "voltage_kv": ("bus", buses["voltage_kv"].to_numpy(float)),
        },
    )
    for name in ("headroom_mw", "unrelaxed_at_most_mw", "lack_mw"):
        data[name].attrs["units"] = "MW"
    data["unrelaxed_at_most_mw"].attrs["long_name"] = UNRELAXED
    data["worth"].attrs["units"] = "MW per MW of the binding limit"
    data["overload_hour"] = "overload", np.array([str(hours[row[0]]) for row in found.overloads], object)
    data["overload_branch"] = "overload", np.array([row[1] for row in found.overloads], object)
    data["overload_outage"] = "overload", np.array([row[2] for row in found.overloads], object)
    data["overload_mw"] = "overload", np.array([row[3] for row in found.overloads], float), {"units": "MW"}
    told = "\n".join([*notes, *CAVEATS])
    return data.assign_attrs(rule=label, notes=told, time="UTC, hour beginning", solves=found.solves, n1_rows=found.pairs)


def with_caps(data: xr.Dataset, path: Path) -> xr.Dataset:
    """Other limits of single buses: the least of all counts, and its name binds."""
    table = read_csv(path, ["bus", "limit"], key=["bus", "limit"])
    table["bus"] = table["bus"].astype(str)
    known = set(data["bus"].values)
    problems = [f"bus '{b}' is not among the buses asked" for b in table["bus"] if b not in known]
    for column in {"cap_mw", "substation_mw"} & set(table):
        number = pd.to_numeric(table[column], errors="coerce")
        problems += [
            f"bus '{b}': {column} is '{x}'"
            for b, x, n in zip(table["bus"], table[column], number)
            if pd.notna(x) and pd.isna(n)
        ]
    if not {"cap_mw", "substation_mw"} & set(table):
        problems.append("there is neither a column 'cap_mw' nor 'substation_mw'")
    if problems:
        raise InputsError(problems, path)
    data = data.copy(deep=True)
    place = {b: i for i, b in enumerate(data["bus"].values)}
    for row in table.to_dict("records"):
        i, most = place[row["bus"]], np.inf
        if pd.notna(row.get("cap_mw")):
            most = float(row["cap_mw"])
        if pd.notna(row.get("substation_mw")):
            most = np.minimum(most, float(row["substation_mw"]) - data["demand_mw"].values[i])
        lower = np.flatnonzero(most < data["headroom_mw"].values[i])
        data["headroom_mw"].values[i, lower] = np.maximum(np.broadcast_to(most, data.sizes["hour"])[lower], 0.0)
        data["binds"].values[i, lower] = str(row["limit"])
        data["binding_branch"].values[i, lower] = data["binding_outage"].values[i, lower] = ""
    return data


def headroom_of_table(table: OperatorTable) -> xr.Dataset:
    """An operator's published figures in the same form: one hour, `as published`; shared limits over the dimension `group`."""
    nodes = table.nodes
    once = ("bus", "hour")
    data = xr.Dataset(
        {
            "headroom_mw": (once, np.maximum(nodes["headroom_mw"].to_numpy(float), 0.0)[:, None], {"units": "MW"}),
            "unrelaxed_at_most_mw": (once, nodes["headroom_mw"].to_numpy(float)[:, None], {"units": "MW"}),
            "binds": (once, nodes["limit"].fillna("").astype(str).to_numpy(object)[:, None]),
            "member": (("bus", "group"), table.membership),
            "group_headroom_mw": ("group", table.groups["headroom_mw"].to_numpy(float), {"units": "MW"}),
        },
        coords={
            "bus": nodes["node"].to_numpy(object),
            "hour": np.array(["as published"], object),
            "group": table.groups["group"].to_numpy(object),
            "lon": ("bus", nodes.geometry.x.to_numpy(float)),
            "lat": ("bus", nodes.geometry.y.to_numpy(float)),
        },
    )
    notes = [*table.notes, "Figures are the operator's; whether they are secure or hourly is for the operator to say."]
    return data.assign_attrs(rule="as published by the operator", notes="\n".join(notes))


def shared_headroom(data: xr.Dataset, wanted_mw: Mapping[str, float]) -> pd.Series:
    """The largest sum of loads [MW] by bus, each at most what is wanted and published, that keeps every shared limit."""
    unknown = [f"bus '{b}' has no published headroom" for b in wanted_mw if b not in set(data["bus"].values)]
    if unknown:
        raise InputsError(unknown)
    rows = data.sel(bus=list(wanted_mw))
    most = np.minimum(list(wanted_mw.values()), rows["headroom_mw"].min("hour").values)
    member, limit = rows["member"].values.T.astype(float), data["group_headroom_mw"].values
    if not len(limit):
        return pd.Series(most, list(wanted_mw))
    answer = linprog(-np.ones(len(most)), A_ub=member, b_ub=np.maximum(limit, 0.0), bounds=[(0.0, float(m)) for m in most])
    return pd.Series(answer.x, list(wanted_mw))


def headroom_by_bus(
    data: xr.Dataset,
    *,
    energy_share: float | None = None,
    hours: int | None = None,
    depth: float | None = None,
    longest_event_h: int | None = None,
    least_recovery_h: int | None = None,
    notice_h: int | None = None,
    at_least_mw: float | None = None,
) -> gpd.GeoDataFrame:
    """One row per bus, best first: firm_mw (least of all hours), its hour and what binds there, the median of the hours.

    With any curtailment limit also flexible_mw and what such a load would meet; with `at_least_mw` the share of the hours
    that have so much. Limits in hours count the hours of the data.
    """
    mw = data["headroom_mw"].values
    worst = mw.argmin(axis=1)
    row = np.arange(len(mw))
    table = pd.DataFrame(
        {
            "bus": data["bus"].values,
            "firm_mw": mw.min(axis=1),
            "median_mw": np.median(mw, axis=1),
            "in_hour": [str(pd.Timestamp(h)) if isinstance(h, np.datetime64) else str(h) for h in data["hour"].values[worst]],
            "binds": data["binds"].values[row, worst].astype(str),
        }
    )
    for name in ("binding_branch", "binding_outage"):
        if name in data:
            table[name] = data[name].values[row, worst].astype(str)
    table["overloaded_already"] = (data["unrelaxed_at_most_mw"] < 0).any("hour").values
    contract = (energy_share, hours, depth, longest_event_h, least_recovery_h, notice_h)
    if any(limit is not None for limit in contract):
        size = [nonfirm.by_contract(h, *contract) for h in mw]
        met = pd.DataFrame([nonfirm.curtailment(h, d) if np.isfinite(d) else None for h, d in zip(mw, size)])
        table["flexible_mw"] = size
        table = table.assign(
            curtailed_hours=met["hours"], curtailed_energy_share=met["energy_share"], deepest_cut=met["deepest_cut"]
        )
        for name in ("longest_event_h", "least_recovery_h", "least_between_deepenings_h"):
            table[name] = met[name]
    if at_least_mw is not None:
        table[f"share_of_hours_with_{at_least_mw:g}_mw"] = (mw >= at_least_mw).mean(axis=1)
    if "n1_secure" in data:
        table["n1_secure"] = data["n1_secure"].values
    place = gpd.points_from_xy(data["lon"].values, data["lat"].values, crs=4326)
    known = np.isfinite(data["lon"].values) & np.isfinite(data["lat"].values)
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(place, crs=4326).where(known, None))
    return frame.sort_values(["firm_mw", "median_mw"], ascending=False, ignore_index=True)
