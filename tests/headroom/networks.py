"""Small networks as tables, with known answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from siting.sources.grid import NetworkTables
from siting.sources.grid.tables import no_links

from ..grid.grid_cases import RTS_BRANCHES, RTS_DEMAND, RTS_SUPPLY

BIG = 1e5
Branch = tuple[str, str, float, float]


def tables(
    branches: Sequence[Branch],
    supply: Mapping[str, float],
    demand: Mapping[str, float] | Sequence[Mapping[str, float]] = {},
    links: Sequence[tuple[str, str, float, float]] = (),
    **columns: Sequence[float],
) -> NetworkTables:
    """Branches are (bus0, bus1, x in p.u. on 100 MVA, MW); further columns by name; demand one or several hours."""
    buses = sorted({b for row in branches for b in row[:2]} | {b for row in links for b in row[:2]})
    hours = [demand] if isinstance(demand, Mapping) else list(demand)
    table = pd.DataFrame(branches, columns=["bus0", "bus1", "x", "rating_mva"])
    table["branch"] = [f"{a}-{b}/{i}" for i, (a, b) in enumerate(zip(table["bus0"], table["bus1"]))]
    table = table.assign(kind="line", reactance_pu_on_1mva=table["x"] / 100, rating_b_mva=np.nan, rating_c_mva=np.nan)
    table = table.assign(circuits=1.0, shift_deg=0.0, length_km=np.nan).assign(**columns)
    given = pd.DataFrame([(f"link {a}-{b}", a, b, most, least) for a, b, most, least in links], columns=no_links().columns)
    plants = [(f"plant {b}", b, "gas", mw, 10.0) for b, mw in supply.items()]
    return NetworkTables(
        pd.DataFrame({"bus": buses, "lon": np.arange(len(buses)) * 0.5, "lat": 50.0, "voltage_kv": 380.0}),
        table,
        pd.DataFrame(plants, columns=["generator", "bus", "carrier", "capacity_mw", "marginal_cost_eur_per_mwh"]),
        pd.DataFrame({"storage": [], "bus": [], "power_mw": []}),
        given if links else no_links(),
        pd.DataFrame([{b: float(h.get(b, 0.0)) for b in buses} for h in hours], pd.Index(range(len(hours)), name="hour")),
    )


def triangle(r12: float, r13: float, r23: float, x23: float = 0.1, **more: object) -> NetworkTables:
    return tables([("1", "2", 0.1, r12), ("1", "3", 0.1, r13), ("2", "3", x23, r23)], {"1": BIG}, **more)  # type: ignore[arg-type]


def ieee_24_bus() -> NetworkTables:
    """IEEE Reliability Test System with Rate A, and Rate C after an outage (MATPOWER case24_ieee_rts)."""
    rows = [entry.split() for entry in RTS_BRANCHES.replace("\n", " ").split(",")]
    emergency = {175.0: 200.0, 400.0: 600.0, 500.0: 625.0}
    branches, after = [], []
    for row in rows:
        a, b = row[0].split("-")
        tap = float(row[3]) if len(row) > 3 else 1.0
        branches.append((a, b, float(row[1]) * tap, float(row[2])))
        after.append(RATE_C.get((a, b), emergency[float(row[2])]))
    demand = {str(b): float(mw) for b, mw in RTS_DEMAND.items()}
    return tables(branches, {str(b): float(mw) for b, mw in RTS_SUPPLY.items()}, demand, rating_c_mva=after)


RATE_C = {("1", "3"): 220.0, ("1", "5"): 220.0, ("2", "4"): 220.0, ("3", "9"): 220.0, ("4", "9"): 220.0, ("5", "10"): 220.0,
          ("8", "9"): 220.0, ("8", "10"): 220.0, ("7", "8"): 220.0}  # fmt: skip
