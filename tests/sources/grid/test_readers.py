"""One network in every format, and the odd things that formats hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.errors import DataError
from siting.sources.grid import read_network
from siting.sources.grid.completed import unrated, with_coordinates, with_ratings

HERE = Path(__file__).parent
RTS = Path(__file__).parents[4] / "shared" / "data" / "rts_gmlc" / "RTS_GMLC.m"
CASE = """
function mpc = odd
mpc.version = '2';
mpc.baseMVA = 100;
mpc.bus = [  % a comment; with a semicolon
 1 3 0   0 0 0 1 1 0 230 1 1.1 0.9;
 2 1 90  0 5 0 1 1 0 230 1 1.1 0.9;
 3 1 -20 0 0 0 1 1 0 138 1 1.1 0.9;
 4 4 11  0 0 0 1 1 0 138 1 1.1 0.9;
 5 1 7   0 0 0 1 1 0 138 1 1.1 0.9;
];
mpc.gen = [
 1 50 0 0 0 1 100 1 300 10;
 2 50 0 0 0 1 100 0 300 10;
];
mpc.branch = [
 1 2 0.01 0.1  0 100 0   150 0    0 1 -360 360;
 1 2 0.01 0.1  0 100 0   150 0    0 1 -360 360;
 2 3 0    0.2  0 0   0   0   1.05 5 1 -360 360;
 1 3 0    0.2  0 200 180 150 0    0 0 -360 360;
 3 4 0    0.2  0 200 180 150 0    0 1 -360 360;
 3 3 0    0.2  0 200 180 150 0    0 1 -360 360;
];
mpc.gencost = [
 2 0 0 3 0.02 10 5 0;
 1 0 0 2 0 0 300 3000;
];
mpc.dcline = [ 1 3 1 0 0 0 0 1 1 -40 60 0 0 0 0 0 0; ];
"""


def test_a_matpower_case(tmp_path: Path):
    (tmp_path / "odd.m").write_text(CASE)
    net = read_network(tmp_path / "odd.m")
    branches = net.branches.set_index("branch")
    assert list(branches.index) == ["1-2 (1)", "1-2 (2)", "2-3"]
    assert branches.at["2-3", "reactance_pu_on_1mva"] == pytest.approx(0.002 * 1.05)
    assert (branches.at["2-3", "kind"], branches.at["2-3", "shift_deg"]) == ("transformer", 5)
    assert (branches.at["1-2 (1)", "rating_c_mva"], np.isnan(branches.at["1-2 (1)", "rating_b_mva"])) == (150, True)
    assert net.demand_mw is not None and net.demand_mw.iloc[0].to_dict() == {"1": 0, "2": 95, "3": -20}
    assert net.generators[["bus", "capacity_mw", "marginal_cost_eur_per_mwh"]].to_numpy().tolist() == [["1", 300, 16]]
    assert net.links.to_numpy().tolist() == [["dcline 1 1-3", "1", "3", 60, -40]]
    told = " ".join(net.notes)
    assert "1 buses are marked isolated" in told and "1 buses have no branch in service and are left out (7.0 MW" in told
    assert "2 branches are out of service" in told and "1 branches start and end at the same bus" in told
    assert "5.0 MW of shunt conductance" in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("mpc.baseMVA = 100;", ""), "mpc.baseMVA is missing"),
        ((" 1 50 0 0 0 1 100 1 300 10;", " 1 50 0 0 0 1 100 1 300;"), "mpc.gen, row 1: 9 columns, others have 10"),
        (
            (" 1 2 0.01 0.1  0 100 0   150 0    0 1", " 1 9 0.01 0.1  0 100 0   150 0    0 1"),
            "names bus '9', which does not exist",
        ),
        (("mpc.gencost", "mpc.branch(:, 4) = 2 * mpc.branch(:, 4);\nmpc.gencost"), "changes its matrices in MATLAB code"),
    ],
)
def test_a_case_that_does_not_fit(tmp_path: Path, change: tuple[str, str], message: str):
    (tmp_path / "odd.m").write_text(CASE.replace(*change))
    with pytest.raises(DataError, match=message.replace("(", r"\(")):
        read_network(tmp_path / "odd.m")


def test_rts_gmlc():
    if not RTS.is_file():
        pytest.skip("RTS-GMLC is not beside the repository")
    net = read_network(RTS)
    assert (len(net.buses), len(net.branches), len(net.links)) == (73, 120, 1)
    assert net.demand_mw is not None and net.demand_mw.sum(axis=1).item() == 8550
    pair = net.branches[net.branches["branch"].str.startswith("115-121")]
    assert list(pair["rating_mva"]) == list(pair["rating_c_mva"]) == [500, 500]


def small_pypsa():
    pypsa = pytest.importorskip("pypsa")
    net = pypsa.Network(snapshots=pd.date_range("2020-01-01", periods=3, freq="h"))
    for bus, kv in (("a", 380.0), ("b", 380.0), ("c", 220.0), ("far", 220.0)):
        net.add("Bus", bus, v_nom=kv, x=9.0, y=50.0)
    net.add("Bus", "gas", carrier="gas")
    net.add("Line", "ab", bus0="a", bus1="b", x=20.0, s_nom=500, s_max_pu=pd.Series([1.0, 0.9, 0.8], net.snapshots))
    net.add("Line", "typed", bus0="a", bus1="b", type="Al/St 240/40 4-bundle 380.0", length=80, num_parallel=2, s_nom=3000)
    net.add("Transformer", "bc", bus0="b", bus1="c", x=0.12, s_nom=400, tap_ratio=1.02, phase_shift=3.0)
    net.add("Link", "dc", bus0="a", bus1="far", p_nom=80, p_min_pu=-1, efficiency=0.98)
    net.add("Link", "turbine", bus0="gas", bus1="a", p_nom=50)
    net.add("Line", "off", bus0="b", bus1="a", x=1, s_nom=1, active=False)
    net.add("Generator", "g", bus="a", p_nom=700, carrier="Wind Offshore", p_max_pu=[0.5, 1.0, 0.1], marginal_cost=3)
    net.add("Generator", "h", bus="c", p_nom=300, carrier="gas", marginal_cost=50)
    net.add("StorageUnit", "s", bus="b", p_nom=40)
    net.add("Load", "l", bus="b", p_set=[100.0, 120.0, 90.0])
    net.add("Load", "l2", bus="b", p_set=10.0)
    net.add("Load", "l3", bus="c", p_set=60.0)
    return net


@pytest.mark.parametrize("form", ["net.nc", "folder"])
@pytest.mark.filterwarnings("ignore")
def test_a_pypsa_network_from_both_its_forms(tmp_path: Path, form: str):
    net = small_pypsa()
    if form == "folder":
        net.export_to_csv_folder(tmp_path / form)
    else:
        net.export_to_netcdf(tmp_path / form)
    read = read_network(tmp_path / form)
    assert list(read.buses["bus"]) == ["a", "b", "c", "far"] and len(read.hours) == 3
    net.calculate_dependent_values()
    theirs = {**net.lines["x_pu_eff"].add_prefix("line "), **net.transformers["x_pu_eff"].add_prefix("transformer ")}
    ours = read.branches.set_index("branch")["reactance_pu_on_1mva"]
    assert set(ours.index) == {"line ab", "line typed", "transformer bc"}
    assert ours.to_dict() == pytest.approx({name: theirs[name] for name in ours.index}, rel=1e-9)
    assert read.demand_mw is not None and read.demand_mw[["b", "c"]].to_numpy().tolist() == [[110, 60], [130, 60], [100, 60]]
    assert (
        read.available is not None and read.available["g"].tolist() == [0.5, 1, 0.1] and read.available["h"].tolist() == [1] * 3
    )
    assert read.rating_share is not None and read.rating_share["line ab"].tolist() == [1, 0.9, 0.8]
    assert read.links.to_numpy().tolist() == [["dc", "a", "far", 80, -80]]
    assert list(read.generators["carrier"]) == ["wind_offshore", "gas"] and read.storage["power_mw"].tolist() == [40]
    told = " ".join(read.notes)
    assert "1 buses carry something else than AC" in told and "1 links end at a bus that is left out" in told
    assert "1 links lose power" in told


def test_a_pandapower_network():
    net = read_network(HERE / "pandapower.json")
    branches = net.branches.set_index("branch")
    assert branches.at["line 1 bc", "circuits"] == 2
    assert branches.at["line 1 bc", "rating_mva"] == pytest.approx(np.sqrt(3) * 110 * 0.6 * 0.9 * 2)
    assert "line 5 switched off" not in branches.index and "line 3 out" not in branches.index
    assert branches.at["switch 1", "kind"] == "coupler"
    assert net.demand_mw is not None and net.demand_mw["a"].item() == pytest.approx(99)
    assert net.generators["capacity_mw"].tolist() == [150, 15, 900] and net.links["most_mw"].tolist() == [60]
    assert net.storage["power_mw"].tolist() == [20] and net.buses["lon"].tolist()[:4] == [9, 10, 11, 12]
    assert "2 elements are out of service" in net.notes[0]


@pytest.mark.parametrize("text", ["[]", "{}", '{"_object": {}}', "no json"])
def test_a_file_that_is_no_pandapower_network(tmp_path: Path, text: str):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(DataError, match="no pandapower network"):
        read_network(tmp_path / "x.json")


def test_an_external_grid_without_a_limit_is_told(tmp_path: Path):
    text = (HERE / "pandapower.json").read_text()
    whole = json.loads(text)
    table = json.loads(whole["_object"]["ext_grid"]["_object"])
    table["data"] = [[None if c == "max_p_mw" else x for c, x in zip(table["columns"], table["data"][0])]]
    whole["_object"]["ext_grid"]["_object"] = json.dumps(table)
    (tmp_path / "x.json").write_text(json.dumps(whole))
    net = read_network(tmp_path / "x.json")
    assert np.isinf(net.generators["capacity_mw"].iloc[-1]) and "its supply has no limit" in " ".join(net.notes)


def test_what_no_reader_knows(tmp_path: Path):
    with pytest.raises(DataError, match="no such file"):
        read_network(tmp_path / "none.m")
    (tmp_path / "net.xlsx").write_text("")
    with pytest.raises(DataError, match=r"'.xlsx' is no known form of a network; known: PyPSA CSV folder, plain"):
        read_network(tmp_path / "net.xlsx")


def test_missing_ratings_are_never_silent(tmp_path: Path):
    (tmp_path / "odd.m").write_text(CASE)
    net = read_network(tmp_path / "odd.m")
    assert unrated(net).tolist() == [False, False, True]
    with pytest.raises(DataError, match=r"1 of 3 branches have no rating .*'2-3' \(0\)"):
        with_ratings(net, "refuse", "rating_c_mva")
    free = with_ratings(net, "unlimited", "rating_c_mva")
    assert np.isinf(free.branches["rating_mva"].iloc[2]) and "they limit nothing" in free.notes[-1]
    given = with_ratings(net, {138: 400}, "rating_c_mva")
    assert given.branches["rating_mva"].tolist() == [100, 100, 400]
    assert given.branches["emergency_mva"].tolist() == [150, 150, 400]
    assert with_ratings(net, {138: 400}, "rating_mva").branches["emergency_mva"].tolist() == [100, 100, 400]
    with pytest.raises(DataError, match="no value for 138 kV"):
        with_ratings(net, {230: 400}, "rating_mva")


def test_coordinates_from_another_table(tmp_path: Path):
    (tmp_path / "odd.m").write_text(CASE)
    net = read_network(tmp_path / "odd.m")
    (tmp_path / "where.csv").write_text("Bus ID,lng,lat\n1,-100,30\n2,-101,31\n")
    there = with_coordinates(net, tmp_path / "where.csv", "Bus ID", "lng", "lat")
    assert there.buses["lon"].tolist()[:2] == [-100, -101] and np.isnan(there.buses["lon"].iloc[2])
    assert "1 buses are not in where.csv" in there.notes[-1]
    (tmp_path / "where.csv").write_text("bus,lon,lat\nx,1,1\n")
    with pytest.raises(DataError, match="none of its buses is in the network"):
        with_coordinates(net, tmp_path / "where.csv")


def test_series_beside_plain_tables(tmp_path: Path):
    (tmp_path / "buses.csv").write_text("bus,lon,lat,voltage_kv\n1,,,380\n2,,,380\n")
    (tmp_path / "branches.csv").write_text("branch,bus0,bus1,kind,reactance_pu_on_1mva,rating_mva\nL,1,2,line,1e-3,100\n")
    (tmp_path / "generators.csv").write_text("generator,bus,carrier,capacity_mw,marginal_cost_eur_per_mwh\ng,1,Gas,300,0\n")
    (tmp_path / "storage.csv").write_text("storage,bus,power_mw\n")
    (tmp_path / "demand_mw.csv").write_text("hour,2\n2020-01-01 00:00,50\n2020-01-01 01:00,60\n")
    net = read_network(tmp_path)
    assert net.demand_mw is not None and net.demand_mw["2"].tolist() == [50, 60]
    (tmp_path / "available.csv").write_text("hour,g,h\n2020-01-01 00:00,,1\n")
    with pytest.raises(DataError) as told:
        read_network(tmp_path)
    assert len(told.value.problems) == 3
