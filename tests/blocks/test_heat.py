"""Heat reuse by hand, on the hand case (north, 10 MW, facility 11.8 MW in every hour); the halls return water at 50 degC.

Round tables at rate 0: exchanger 250,000 / 25 = 10,000 EUR/MW; pipe 40,000 / 40 = 1,000 EUR/(MW km); heat pump 1,000,000 / 25 =
40,000 EUR/MW and 3 EUR/MWh. Of 10 MW of IT, 9 MW of heat can be handed on. Into 45 degC it goes as it is; into 80 degC a pump
lifts it: COP = 0.5 x 358.15 / (80 - 50 + 10 + 10) = 3.5815.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import siting
from siting.errors import DataError, ModelError, StudyError
from siting.results.audit import audit

from .small import Case
from .test_hand_case import hand_case

LIFT = 50 / (0.5 * 358.15)
HOURS = 8760


def with_heat(folder: Path, mw: tuple[float, float] = (4.0, 4.0), price: float = 25.0, supply_c: float = 45.0) -> Case:
    """A town at the door of the north (0 km) that wants so many MW in the two hours."""
    case = hand_case(folder)
    case.tables["cooling.csv"] = case.tables["cooling.csv"].assign(recoverable_mw_per_mw=0.9, return_c=50.0)
    case.tables["heat.csv"] = pd.DataFrame(
        {"place": ["town"], "lon": [9.0], "lat": [53.5], "supply_c": [supply_c], "price_eur_2024_per_mwh": [price],
         "source": ["synthetic, for a sum by hand"]}
    )  # fmt: skip
    case.tables["heat_hours.csv"] = pd.DataFrame({"place": "town", "block": "b0", "hour": [0, 1], "heat_mw": mw})
    case.raw["heat"] = {"demand": "heat.csv", "hours": "heat_hours.csv", "max_pipe_km": 20.0}
    return case


FREE = 27_897_080.0  # the hand case without heat


def run(case: Case, folder: Path) -> siting.Solution:
    return siting.run(case.study(folder))


def test_warm_enough_as_it_is(tmp_path):
    """4 MW x 8,760 h x 25 EUR earn 876,000; the exchanger costs 40,000."""
    solution = run(with_heat(tmp_path), tmp_path)
    assert solution.outcome["objective"] == pytest.approx(FREE - 876_000 + 40_000, rel=1e-9)
    assert solution.total("heat_reused") == pytest.approx(4 * HOURS)
    assert solution.data["heat_pump"].sum() == 0
    row = solution.notes["heat"].iloc[0]
    assert (row["site"], row["place"], row["pipe_mw"]) == ("north", "town", pytest.approx(4.0))
    assert row["hours_of_match_per_year"] == pytest.approx(HOURS) and row["share_of_demand"] == pytest.approx(1.0)
    assert np.isnan(row["heat_pump_cop"]) and row["return_c"] == 50.0


def test_all_that_the_halls_give_off(tmp_path):
    """A town that wants 20 MW gets the 9 MW there are; a town that wants them in one hour of two, half as much."""
    assert run(with_heat(tmp_path, (20.0, 20.0)), tmp_path).total("heat_reused") == pytest.approx(9 * HOURS)
    half = run(with_heat(tmp_path, (20.0, 0.0)), tmp_path)
    assert half.total("heat_reused") == pytest.approx(9 * HOURS / 2)
    assert half.notes["heat"]["hours_of_match_per_year"].item() == pytest.approx(HOURS / 2)


def test_too_cool_a_heat_pump_lifts_it(tmp_path):
    """At 60 EUR/MWh: of 4 MW, 4 / 3.5815 = 1.1169 MW are electricity, which also widens the connection; 2.8831 MW recovered."""
    solution = run(with_heat(tmp_path, price=60.0, supply_c=80.0), tmp_path)
    power = 4 * LIFT
    cost = 40_000 + 160_000 + 3 * 4 * HOURS + power * (105_000 + (60 + 50) * HOURS)
    assert solution.outcome["objective"] == pytest.approx(FREE + cost - 60 * 4 * HOURS, rel=1e-9)
    assert solution.total("heat_reused") == pytest.approx((4 - power) * HOURS)
    assert solution.notes["heat"]["heat_pump_cop"].item() == pytest.approx(3.5815)
    assert solution.total("facility_energy") == pytest.approx(11.8 * HOURS)
    assert solution.total("net_demand") == pytest.approx((11.8 + power) * HOURS)
    cheap = run(with_heat(tmp_path, price=25.0, supply_c=80.0), tmp_path)
    assert cheap.outcome["objective"] == pytest.approx(FREE, rel=1e-9) and cheap.total("heat_reused") == 0


def test_at_no_price_heat_changes_nothing(tmp_path):
    solution = run(with_heat(tmp_path, price=0.0), tmp_path)
    assert solution.outcome["objective"] == pytest.approx(FREE, rel=1e-9) and solution.notes["heat"].empty


def test_the_pipe_costs_its_length(tmp_path):
    """111.2 km north: out of reach of 20 km, in reach of 200 km at 121,195 EUR per MW and year, which 25 EUR/MWh pay for."""
    case = with_heat(tmp_path)
    case.tables["heat.csv"]["lat"] = 54.5
    assert run(case, tmp_path).total("heat_reused") == 0
    case.raw["heat"]["max_pipe_km"] = 200.0
    far = run(case, tmp_path)
    assert far.outcome["objective"] == pytest.approx(FREE - 876_000 + 4 * (10_000 + 111_195), rel=1e-6)


def test_a_share_that_must_be_reused(tmp_path):
    """20 % of the facility's 11.8 MW at no price at all: 2.36 MW through an exchanger, the rule of the EnEfG from 2028."""
    case = with_heat(tmp_path, price=0.0)
    case.raw["limits"] = {"heat_reused": {"min_mwh_per_mwh": 0.2, "of": "facility_energy", "per": "site"}}
    solution = run(case, tmp_path)
    assert solution.total("heat_reused") == pytest.approx(0.2 * 11.8 * HOURS)
    assert solution.outcome["objective"] == pytest.approx(FREE + 23_600, rel=1e-9)
    case.tables["heat.csv"]["lat"] = 60.0
    with pytest.raises(siting.errors.Infeasible, match=r"heat_reused per facility_energy"):
        run(case, tmp_path)


TAMPERED = {
    "heat_heat": (3.0, "more heat is reused than the halls give off|a pipe carries more|a place gets more heat"),
    "heat_pipe": (0.5, "a pipe carries more than it can"),
    "heat_pump": (0.5, "a heat pump delivers more than it can"),
}


def test_the_audit_looks_at_heat(tmp_path):
    case = with_heat(tmp_path, price=60.0, supply_c=80.0)
    solution, inputs = run(case, tmp_path), case.inputs(tmp_path)
    whole = solution.data
    for name, (factor, told) in TAMPERED.items():
        solution.data = whole.assign({name: whole[name] * factor})
        with pytest.raises(ModelError, match=told):
            audit(solution, inputs)


def test_wrong_input(tmp_path):
    case = with_heat(tmp_path)
    case.tables["heat_hours.csv"] = case.tables["heat_hours.csv"].iloc[:1]
    with pytest.raises(DataError, match="no heat_mw of 0 or more for place 'town', block b0, hour 1"):
        case.inputs(tmp_path)
    case = with_heat(tmp_path)
    del case.raw["heat"]["hours"]
    with pytest.raises(DataError, match="column 'heat_mwh_per_year' is missing"):
        case.inputs(tmp_path)
    case = with_heat(tmp_path)
    case.tables["cooling.csv"] = case.tables["cooling.csv"].drop(columns="return_c")
    with pytest.raises(DataError, match="column 'return_c' is missing"):
        case.inputs(tmp_path)
    case = with_heat(tmp_path)
    for group in ("cooling", "grid"):
        del case.raw[group]
    with pytest.raises(StudyError, match="heat needs a cooling group"):
        case.study(tmp_path)
