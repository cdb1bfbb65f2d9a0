"""The transmission network of SciGRID-DE as plain tables, and demand placed on its buses."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from build.archives import Archives
from build.checks import Checks

FOLDER = "pypsa-1.4.0/examples/networks/scigrid-de/scigrid-de/"
LINE_TYPES = "pypsa-1.4.0/pypsa/data/standard_types/line_types.csv"
DEMAND = "reegis/data/static/oedb.demand.ego_dp_loadarea_v0.2.10_WGS84_170721.csv"
RAISED_LINES, RAISED_MVA = ("316", "527", "602"), 1715.0
SECTORS = ("residential", "retail", "industrial", "agricultural")


def build(archives: Archives, out: Path, checks: Checks) -> None:
    """Write network/*.csv and demand_by_bus.csv."""
    tables = read_tables(archives)
    folder = out / "network"
    folder.mkdir(exist_ok=True)
    buses = buses_table(tables["buses"])
    branches = pd.concat([lines_table(tables["lines"], buses, tables["types"]), transformers_table(tables)])
    generators = generators_table(tables["generators"])
    storage = storage_table(tables["storage_units"])
    demand = demand_by_bus(archives, buses)

    buses.to_csv(folder / "buses.csv", index=False, float_format="%.6g")
    branches.to_csv(folder / "branches.csv", index=False, float_format="%.7g")
    generators.to_csv(folder / "generators.csv", index=False, float_format="%.7g")
    storage.to_csv(folder / "storage.csv", index=False, float_format="%.7g")
    demand.to_csv(out / "demand_by_bus.csv", index=False, float_format="%.7g")
    check_network(buses, branches, generators, storage, checks)
    check_demand(demand, checks)


def read_tables(archives: Archives) -> dict[str, pd.DataFrame]:
    """The PyPSA tables; names are text everywhere because some buses are called `2_220kV`."""
    names = ("buses", "lines", "transformers", "generators", "storage_units")
    raw = archives.read_all("pypsa", [FOLDER + n + ".csv" for n in names] + [LINE_TYPES])
    text = dict.fromkeys(("name", "bus", "bus0", "bus1"), str)
    tables = {n: pd.read_csv(io.BytesIO(raw[FOLDER + n + ".csv"]), dtype=text) for n in names}
    tables["types"] = pd.read_csv(io.BytesIO(raw[LINE_TYPES]), comment="#", index_col=0)
    return tables


def buses_table(buses: pd.DataFrame) -> pd.DataFrame:
    """bus, lon, lat [degree], voltage_kv."""
    columns = {"name": "bus", "x": "lon", "y": "lat", "v_nom": "voltage_kv"}
    return buses.rename(columns=columns)[list(columns.values())]


def lines_table(lines: pd.DataFrame, buses: pd.DataFrame, types: pd.DataFrame) -> pd.DataFrame:
    """Lines with their reactance in per unit on 1 MVA.

    SciGRID gives no usable reactance column (a quarter is missing); as in PyPSA it follows from the
    line type: x [ohm] = x' [ohm/km] * length [km] / circuits, and x [p.u.] = x [ohm] * 1 MVA / V[kV]^2.
    """
    voltage = buses.set_index("bus")["voltage_kv"]
    v0, v1 = lines["bus0"].map(voltage), lines["bus1"].map(voltage)
    if not (v0 == v1).all():
        raise ValueError(f"lines join buses of different voltage: {list(lines['name'][v0 != v1])}")
    ohm = lines["type"].map(types["x_per_length"]) * lines["length"] / lines["num_parallel"]
    raised = lines["name"].isin(RAISED_LINES)
    note = [f"rating raised from {old:.1f} MVA" if r else "" for r, old in zip(raised, lines["s_nom"])]
    return pd.DataFrame(
        {
            "branch": "line " + lines["name"],
            "bus0": lines["bus0"],
            "bus1": lines["bus1"],
            "kind": "line",
            "reactance_pu_on_1mva": ohm / v0**2,
            "rating_mva": np.where(raised, RAISED_MVA, lines["s_nom"]),
            "circuits": lines["num_parallel"],
            "length_km": lines["length"],
            "note": note,
        }
    )


def transformers_table(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Transformers; their x is per unit on their own rating, hence x / s_nom on 1 MVA."""
    transformers = tables["transformers"]
    return pd.DataFrame(
        {
            "branch": "transformer " + transformers["name"],
            "bus0": transformers["bus0"],
            "bus1": transformers["bus1"],
            "kind": "transformer",
            "reactance_pu_on_1mva": transformers["x"] / transformers["s_nom"],
            "rating_mva": transformers["s_nom"],
            "circuits": 1.0,
            "length_km": 0.0,
            "note": "placeholder: rating and reactance assumed alike for all transformers",
        }
    )


def generators_table(generators: pd.DataFrame) -> pd.DataFrame:
    columns = {
        "name": "generator",
        "bus": "bus",
        "carrier": "carrier",
        "p_nom": "capacity_mw",
        "marginal_cost": "marginal_cost_eur_per_mwh",
    }
    table = generators.rename(columns=columns)[list(columns.values())]
    return table.assign(carrier=table["carrier"].map(carrier_name))


def carrier_name(carrier: str) -> str:
    """`Wind Onshore` -> `wind_onshore`; brown coal is called lignite as in the power data."""
    name = carrier.strip().lower().replace(" ", "_")
    return {"brown_coal": "lignite"}.get(name, name)


def storage_table(storage: pd.DataFrame) -> pd.DataFrame:
    """Pumped hydro; power only, because the six hours of the source are an assumption."""
    table = storage.rename(columns={"name": "storage", "p_nom": "power_mw"})
    return table[["storage", "bus", "power_mw"]]


def on_sphere(lon, lat) -> np.ndarray:
    """Points on a sphere of 6,371 km as x, y, z [km]; chords rank like great circles."""
    lon, lat = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    return 6371 * np.c_[np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]


def read_load_areas(archives: Archives) -> pd.DataFrame:
    """Load areas of Germany: lon, lat [degree], and yearly demand [GWh] in total (`sum`) and by sector."""
    columns = {f"sector_consumption_{s}": s for s in (*SECTORS, "sum")}
    raw = io.BytesIO(archives.read("reegis", DEMAND))
    areas = pd.read_csv(raw, usecols=[*columns, "st_astext"], low_memory=False)
    point = areas["st_astext"].str.extract(r"POINT\(([-\d.]+) ([-\d.]+)\)").astype(float)
    if point.isna().any().any():
        raise ValueError(f"{int(point.isna().any(axis=1).sum())} load areas have no readable point")
    table = areas[list(columns)].fillna(0.0).rename(columns=columns)
    return table.assign(lon=point[0], lat=point[1])


def demand_by_bus(archives: Archives, buses: pd.DataFrame) -> pd.DataFrame:
    """Sum the yearly demand of the load areas at the nearest substation, on its lowest-voltage bus."""
    areas = read_load_areas(archives)
    places = buses.sort_values("voltage_kv", kind="stable").drop_duplicates(["lon", "lat"])
    tree = cKDTree(on_sphere(places["lon"], places["lat"]))
    _, nearest = tree.query(on_sphere(areas["lon"], areas["lat"]))
    grouped = areas[[*SECTORS, "sum"]].groupby(places["bus"].to_numpy()[nearest]).sum()
    table = pd.DataFrame({"bus": places["bus"].to_numpy()}).set_index("bus")
    table["annual_gwh"] = grouped["sum"]
    for sector in SECTORS:
        table[f"{sector}_gwh"] = grouped[sector]
    return table.fillna(0.0).reset_index()


def check_network(buses, branches, generators, storage, checks: Checks) -> None:
    """Count parts and islands; every bus a table names must exist."""
    known = set(buses["bus"])
    for label, column in (
        ("branches", branches["bus0"]),
        ("branches", branches["bus1"]),
        ("generators", generators["bus"]),
        ("storage", storage["bus"]),
    ):
        strangers = set(column) - known
        if strangers:
            raise ValueError(f"{label} name unknown buses: {sorted(strangers)[:5]}")
    number = {b: i for i, b in enumerate(buses["bus"])}
    ends = branches["bus0"].map(number), branches["bus1"].map(number)
    graph = coo_matrix((np.ones(len(branches)), ends), shape=(len(buses), len(buses)))
    islands, label = connected_components(graph, directed=False)
    size = np.bincount(label).max()
    for what, value in (
        ("buses", len(buses)),
        ("islands", islands),
        ("buses of the largest island", size),
        ("places", len(buses.drop_duplicates(["lon", "lat"]))),
    ):
        checks.add("network", what, "buses", "all", "count", value, "1", len(buses))
    for kind, table in branches.groupby("kind"):
        checks.add("network", f"{kind}s", "branches", "all", "count", len(table), "1", len(table))
    checks.add(
        "network",
        "least reactance",
        "branches",
        "all",
        "min",
        branches["reactance_pu_on_1mva"].min(),
        "p.u. on 1 MVA",
        len(branches),
    )
    checks.add(
        "network", "capacity of all plants", "generators", "all", "sum", generators["capacity_mw"].sum(), "MW", len(generators)
    )
    checks.add("network", "pumped hydro power", "storage", "all", "sum", storage["power_mw"].sum(), "MW", len(storage))


def check_demand(demand: pd.DataFrame, checks: Checks) -> None:
    total = demand["annual_gwh"].sum() / 1e3
    checks.add("demand", "yearly demand", "annual_gwh", "year", "sum", total, "TWh", len(demand))
    for sector in SECTORS:
        value = demand[f"{sector}_gwh"].sum() / 1e3
        checks.add("demand", "yearly demand", f"{sector}_gwh", "year", "sum", value, "TWh", len(demand))
    checks.add(
        "demand", "buses without demand", "annual_gwh", "year", "count", (demand["annual_gwh"] == 0).sum(), "1", len(demand)
    )
