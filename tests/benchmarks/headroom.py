"""How fast is headroom per bus? A script, not a test:

    python -m tests.benchmarks.headroom one      [--scigrid FOLDER]   N-1 managed, all buses, one hour
    python -m tests.benchmarks.headroom day      [--scigrid FOLDER]   the same for 24 hours
    python -m tests.benchmarks.headroom lazy                          rows as needed against all rows at once (RTS-GMLC)
    python -m tests.benchmarks.headroom loop     [--scigrid FOLDER]   against a loop of PyPSA contingency runs
    python -m tests.benchmarks.headroom year     [--buses N]          RTS-GMLC, 8,784 hours
    python -m tests.benchmarks.headroom texas    --tamu FOLDER        2,000 buses, one hour, N-1

`--scigrid` is the example network of PyPSA's source archive (examples/networks/scigrid-de/scigrid-de) with its own 24 hours;
without it the network of data/germany with national series of a Sunday in September. `--tamu` is the
folder powersimdata/network/usa_tamu/data of the package powersimdata. RTS-GMLC is looked for beside the repository.
CPU seconds count: they depend little on what else runs.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import siting
from siting.inputs.grid import build_grid
from siting.inputs.network_hours import choose_hours, national_hours, network_hours, spare_share
from siting.physics.outages import single_outages
from siting.physics.security import RowPool
from siting.solve.grid.bus_lp import BusProgram
from siting.sources.grid import NetworkTables, read_demand, read_network
from siting.sources.grid.completed import with_coordinates, with_ratings
from siting.sources.grid.tables import assemble, no_links

ROOT = Path(__file__).parents[2]
RTS = ROOT.parent / "shared" / "data" / "rts_gmlc"
RAISED = ("line 316", "line 527", "line 602")


class Clock:
    """Wall and CPU seconds since it was made."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def __str__(self) -> str:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        return f"{time.process_time() - self.cpu:8.1f} s CPU {time.perf_counter() - self.wall:8.1f} s wall {memory:5.2f} GB"


def germany(folder: Path | None) -> NetworkTables:
    """SciGRID-DE with 24 hours; three lines raised to 1,715 MVA as in PyPSA's own example."""
    if folder is not None:
        net = read_network(folder)
        raised = net.branches["branch"].isin(RAISED)
        return replace(net, branches=net.branches.assign(rating_mva=net.branches["rating_mva"].where(~raised, 1715.0)))
    data = ROOT / "data" / "germany"
    net = read_network(data / "network")
    system = xr.open_dataset(data / "power_system.nc", engine="h5netcdf").sel(time="2019-09-22")
    weather = system[["wind_onshore_cf", "wind_offshore_cf", "solar_cf"]].to_dataframe()
    weather.columns = [str(c).removesuffix("_cf") for c in weather]
    annual = read_demand(data / "demand_by_bus.csv", list(net.buses["bus"]))
    return national_hours(net, annual, system["load_mw"].to_series(), weather, conventional=0.9)


def rts() -> NetworkTables:
    """RTS-GMLC with its day-ahead year: load by area in proportion to the buses', wind, sun and hydro by plant; LTE ratings."""
    net = with_coordinates(read_network(RTS / "RTS_GMLC.m"), RTS / "bus.csv", "Bus ID", "lng", "lat")
    tables = pd.read_csv(RTS / "branch.csv")
    branches = net.branches.assign(rating_b_mva=tables["LTE Rating"].to_numpy(float))
    plants = pd.read_csv(RTS / "gen.csv")
    plants = plants[~plants["Unit Type"].isin(["SYNC_COND", "STORAGE"])]
    generators = pd.DataFrame(
        {
            "generator": plants["GEN UID"],
            "bus": plants["Bus ID"].astype(str),
            "carrier": plants["Unit Type"].str.lower(),
            "capacity_mw": plants["PMax MW"].astype(float),
            "marginal_cost_eur_per_mwh": 0.0,
        }
    ).reset_index(drop=True)
    hours = pd.date_range("2020-01-01", periods=8784, freq="h", name="hour")
    area = pd.read_csv(RTS / "bus.csv").set_index("Bus ID")
    load = pd.read_csv(RTS / "DAY_AHEAD_regional_Load.csv")
    share = area["MW Load"] / area.groupby("Area")["MW Load"].transform("sum")
    demand = pd.DataFrame({str(b): load[str(a)].to_numpy() * share[b] for b, a in area["Area"].items()}, hours)
    available = pd.DataFrame(1.0, hours, generators["generator"])
    capacity = generators.set_index("generator")["capacity_mw"]
    for name in ("wind", "pv", "rtpv", "hydro", "Natural_Inflow"):
        series = pd.read_csv(RTS / f"DAY_AHEAD_{name}.csv").iloc[:, 4:]
        for plant in series:
            if plant in capacity.index:
                available[plant] = np.minimum(series[plant].to_numpy() / capacity[plant], 1.0)
    return replace(net, branches=branches, generators=generators, demand_mw=demand, available=available)


def texas(folder: Path) -> NetworkTables:
    """The Texas part of the synthetic US network: 2,000 buses; supply in proportion to what the file dispatches is not used."""
    sub = pd.read_csv(folder / "bus2sub.csv").merge(pd.read_csv(folder / "sub.csv"), on="sub_id")
    place = sub.set_index("bus_id")[["lat", "lon"]]
    bus, branch, plant = (pd.read_csv(folder / f"{n}.csv") for n in ("bus", "branch", "plant"))
    bus, branch, plant = (t[t["interconnect"] == "Texas"] for t in (bus, branch, plant))
    names = bus["bus_id"].astype(str)
    tap = branch["ratio"].replace(0.0, 1.0)
    lines = pd.DataFrame(
        {
            "branch": branch["branch_id"].astype(str),
            "bus0": branch["from_bus_id"].astype(str),
            "bus1": branch["to_bus_id"].astype(str),
            "kind": "line",
            "reactance_pu_on_1mva": branch["x"] / 100 * tap,
            "rating_mva": branch["rateA"],
        }
    )
    plants = pd.DataFrame(
        {
            "generator": plant["plant_id"].astype(str),
            "bus": plant["bus_id"].astype(str),
            "carrier": plant["type"],
            "capacity_mw": plant["Pmax"].clip(lower=0.0),
            "marginal_cost_eur_per_mwh": 0.0,
        }
    )
    where = bus["bus_id"]
    buses = pd.DataFrame({"bus": names, "lon": where.map(place["lon"]), "lat": where.map(place["lat"])})
    buses = buses.assign(voltage_kv=bus["baseKV"]).reset_index(drop=True)
    net = NetworkTables(
        buses,
        lines.reset_index(drop=True), plants.reset_index(drop=True),
        pd.DataFrame({"storage": [], "bus": []}, dtype=str).assign(power_mw=[]), no_links(),
        pd.DataFrame([bus["Pd"].to_numpy(float)], pd.Index(["as given"], name="hour"), names),
    )  # fmt: skip
    return assemble(folder, net)


def show(name: str, data: xr.Dataset, clock: Clock) -> None:
    mw = data["headroom_mw"].min("hour").values
    sizes = " / ".join(f"{x:,.0f}" for x in np.percentile(mw, [5, 25, 50, 75, 95]))
    print(f"{name:34} {clock}   {data.attrs['solves']:,} LPs, {data.attrs['n1_rows']:,} rows; MW at 5/25/50/75/95 %: {sizes}")


def lazy() -> None:
    """One hour of RTS-GMLC, every bus: rows as needed, then all rows from the start; the same answers."""
    net = with_ratings(rts(), "refuse", "rating_b_mva")
    grid = build_grid(net)
    hour = network_hours(grid, net, choose_hours(net.hours, net.demand_mw.sum(axis=1), ["peak"]))[0]
    outages = single_outages(grid.network)
    share = spare_share(grid, np.ones(grid.network.bus_count))
    answers = []
    for name in ("rows as needed", "all rows at once"):
        pool, clock = RowPool(outages), Clock()
        if name == "all rows at once":
            branch, outage = np.nonzero(outages.branch[None] != np.arange(grid.network.branch_count)[:, None])
            pool.add(branch, outage)
        program = BusProgram(grid.network, share, pool, True, 20_000.0)
        program.enter(program.base(hour))
        answers.append(np.array([program.headroom(n).mw for n in range(grid.network.node_count)]))
        print(f"{name:34} {clock}   {len(pool):,} rows")
    print(f"largest difference {np.abs(answers[0] - answers[1]).max():.2e} MW")


def loop(folder: Path | None) -> None:
    """What one N-1 check of one plan costs: PyPSA's lpf_contingency on 50 outages, and ours on all."""
    import pypsa

    net = germany(folder)
    grid = build_grid(net)
    n = grid.network
    other = pypsa.Network(snapshots=pd.DatetimeIndex(["2020-01-01"]))
    other.add("Bus", list(n.bus), v_nom=1.0)
    names = list(n.branch)
    ends = [[n.bus[i] for i in side] for side in (n.branch_from, n.branch_to)]
    other.add("Line", names, bus0=ends[0], bus1=ends[1], x=1 / n.susceptance_mw_per_rad, r=0.0, s_nom=1e6)
    demand = net.demand_mw.iloc[0]
    other.add("Load", [f"load {b}" for b in demand.index], bus=list(demand.index), p_set=demand.to_numpy())
    other.add("Generator", "slack", bus=n.bus[0], control="Slack")
    outages = single_outages(n, "branch")
    clock = Clock()
    lost = [names[b] for b in outages.branch[:50]]
    other.lpf_contingency(other.snapshots[0], branch_outages=[("Line", name) for name in lost])
    each = (time.process_time() - clock.cpu) / len(lost)
    print(f"PyPSA, 50 outages of one plan       {clock}")
    clock = Clock()
    flow = np.random.default_rng(0).normal(0, 100, n.branch_count)
    for _ in range(20):
        outages.after(flow)
    ours = (time.process_time() - clock.cpu) / 20
    per_bus = 12 * each * outages.count
    print(f"ours, all {outages.count} outages of one plan   {ours * 1000:.1f} ms CPU each")
    told = f"a bisection of 12 steps with PyPSA: {per_bus:,.0f} s CPU a bus, {per_bus * n.bus_count / 3600:,.1f} h for all"
    print(f"{told}, without re-dispatch")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("what", choices=["one", "day", "lazy", "loop", "year", "texas"])
    words.add_argument("--scigrid", type=Path)
    words.add_argument("--tamu", type=Path)
    words.add_argument("--buses", type=int)
    asked = words.parse_args()
    if asked.what == "lazy":
        return lazy()
    if asked.what == "loop":
        return loop(asked.scigrid)
    how: dict = {"power_factor": 1.0, "security": "customer_risk"}
    if asked.what in ("one", "day"):
        net, how = germany(asked.scigrid), how | ({"hours": ["17"]} if asked.what == "one" else {})
    elif asked.what == "year":
        net, how = rts(), how | {"after_outage": "rating_b_mva"}
    else:
        net, how = texas(asked.tamu), how | {"missing_ratings": "unlimited"}
    every = list(net.buses["bus"])
    buses = every if asked.buses is None else every[:: max(len(every) // asked.buses, 1)][: asked.buses]
    clock = Clock()
    data = siting.headroom(net, buses=buses, **how)
    show(f"{asked.what}: {len(buses)} buses, {data.sizes['hour']:,} hours", data, clock)


if __name__ == "__main__":
    main()
