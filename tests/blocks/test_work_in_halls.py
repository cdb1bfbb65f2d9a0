"""Work that only some halls can hold: racks made for liquid, racks too dense; by hand, and by the exact condition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import siting
from siting.errors import DataError, InputsError, ModelError
from siting.results.audit import audit

from .small import SHIPPED, Case, cooling_table, two_sites

HALLS = {  # technology of the test's table: cools, densest rack [kW], PUE
    "air_hall": ("air", 20.0, 1.2),
    "rear_door_hall": ("air", 60.0, 1.3),
    "liquid_hall": ("liquid", 140.0, 1.4),
}


def three_kinds(folder: Path) -> Case:
    """One site; three kinds of halls, the cheapest to run the least able. 10 MW of web work, and training on top."""
    case = two_sites()
    table = pd.read_csv(SHIPPED / "cooling.csv", dtype=str)
    own = table[table["technology"] == "air_economiser"]
    own = own[~own["parameter"].isin(["cools", "rack_kw_max"])]
    rows = [own.assign(technology=k) for k in HALLS]
    for k, (cools, rack, _) in HALLS.items():
        more = pd.DataFrame({"parameter": ["cools", "rack_kw_max"], "value": [cools, str(rack)]})
        rows.append(more.assign(technology=k, unit="-", source="dummy of a test"))
    pd.concat(rows).to_csv(folder / "halls.csv", index=False)
    case.raw["cooling"] = {"technologies": list(HALLS), "hours": "cooling.csv", "table": "halls.csv"}
    case.raw["sites"]["module_mw"] = 1.0
    case.tables["sites.csv"] = case.tables["sites.csv"].iloc[:1].assign(max_it_mw=40.0)
    pue = np.array([p for _, _, p in HALLS.values()])[None, :, None, None] * np.ones((1, 3, 1, 2))
    case.tables["cooling.csv"] = cooling_table(["north"], tuple(HALLS), pue, np.full(pue.shape, 0.5))
    for name, mw in (("dense", 4.0), ("liquid", 3.0)):
        case.tables[f"{name}.csv"] = case.tables["regions.csv"].assign(it_mw=mw)
        case.raw["work"][name] = {"kind": "inference", "table": f"{name}.csv"}
    return case


def installed(s: siting.Solution) -> dict[str, float]:
    return s.data["cooling_installed"].sum("site").to_series().round(6).to_dict()


def test_all_halls_hold_all_work(tmp_path):
    assert installed(siting.run(three_kinds(tmp_path).study(tmp_path))) == {
        "air_hall": 17.0, "rear_door_hall": 0.0, "liquid_hall": 0.0
    }  # fmt: skip


def test_dense_racks_and_liquid(tmp_path):
    """Web goes anywhere, 50 kW racks not into plain air halls, liquid into liquid halls alone: 10, 4 and 3 MW."""
    case = three_kinds(tmp_path)
    case.raw["work"]["dense"]["rack_kw"] = 50.0
    case.raw["work"]["liquid"]["needs"] = "liquid"
    solution = siting.run(case.study(tmp_path))
    assert installed(solution) == {"air_hall": 10.0, "rear_door_hall": 4.0, "liquid_hall": 3.0}
    overhead = {"air_hall": 0.2, "rear_door_hall": 0.3, "liquid_hall": 0.4}  # idle: 0.8 x 0.3 of it, slope: 0.7 of it
    power = sum(mw * (1 + (0.24 + 0.7) * overhead[k]) for k, mw in installed(solution).items())
    assert solution.data["grid_connection"].item() == pytest.approx(power)


def test_too_dense_and_not_liquid(tmp_path):
    """50 kW racks that need air: neither the plain hall (20 kW) nor the liquid one; web takes what it likes."""
    case = three_kinds(tmp_path)
    case.raw["work"]["dense"] |= {"rack_kw": 50.0, "needs": "air"}
    case.raw["work"]["liquid"] |= {"rack_kw": 100.0}
    assert installed(siting.run(case.study(tmp_path))) == {"air_hall": 10.0, "rear_door_hall": 4.0, "liquid_hall": 3.0}


def test_training_that_is_not_firm_needs_its_halls_too(tmp_path):
    """3 MW of training all year for liquid racks; not firm, so the connection may be short of it, the halls may not."""
    case = three_kinds(tmp_path)
    del case.raw["work"]["dense"]
    case.raw["work"]["liquid"] = {
        "kind": "training", "mwh_it_per_year": 26_280.0, "max_it_mw": 3.0, "window": "year", "needs": "liquid"
    }  # fmt: skip
    solution = siting.run(case.study(tmp_path))
    assert installed(solution) == {"air_hall": 10.0, "rear_door_hall": 0.0, "liquid_hall": 3.0}
    assert solution.data["cooling_firm_in"].sum().item() == pytest.approx(10.0, abs=1e-6)


def test_dense_halls_where_land_is_short(tmp_path):
    """5 ha for 17 MW: air halls take 0.405 ha/MW, liquid ones 0.2. 7 and 10 MW take 4.835 ha; 8 and 9 would take 5.04."""
    case = three_kinds(tmp_path)
    table = pd.read_csv(tmp_path / "halls.csv", dtype=str)
    land = table["technology"].map({"air_hall": "0.405", "rear_door_hall": "0.405", "liquid_hall": "0.2"})
    table["value"] = table["value"].mask(table["parameter"] == "land_ha_per_mw", land)
    table.to_csv(tmp_path / "halls.csv", index=False)
    case.tables["sites.csv"]["land_ha"] = 5.0
    solution = siting.run(case.study(tmp_path))
    assert installed(solution) == {"air_hall": 7.0, "rear_door_hall": 0.0, "liquid_hall": 10.0}
    assert solution.total("land") == pytest.approx(4.835)


def test_the_audit_looks_at_halls(tmp_path):
    case = three_kinds(tmp_path)
    solution = siting.run(case.study(tmp_path))
    case.raw["work"]["liquid"]["needs"] = "liquid"
    with pytest.raises(ModelError, match=r"halls hold work that they cannot cool \(liquid\) by 3"):
        inputs = case.inputs(tmp_path)
        solution.data["accepts"] = inputs.data["accepts"]
        audit(solution, inputs)


def test_no_hall_can_hold_it(tmp_path):
    case = three_kinds(tmp_path)
    case.raw["work"]["dense"] |= {"rack_kw": 600.0}
    with pytest.raises(InputsError, match=r"work\.dense: no hall can hold it \(rack_kw 600.0\)"):
        siting.run(case.study(tmp_path))


def test_a_technology_that_does_not_say_what_it_cools(tmp_path):
    case = three_kinds(tmp_path)
    table = pd.read_csv(tmp_path / "halls.csv", dtype=str)
    table[table["parameter"] != "cools"].to_csv(tmp_path / "halls.csv", index=False)
    case.raw["work"]["liquid"]["needs"] = "liquid"
    with pytest.raises(DataError, match="technology 'air_hall' does not say what it cools"):
        case.inputs(tmp_path)
