"""Two sites, two hours, by hand.

Work: 10 MW of inference in both hours. Sites of at most 20 MW in modules of 5 MW. A year is one block of two hours, 4,380
times. Tables in round numbers (`small.round_tables`), rate 0, so an annuity is capex / life:

    servers     5,000,000 / 5                                        = 1,000,000 EUR/MW of IT
    halls       10,000,000 / 20                                      =   500,000 EUR/MW of IT
    connection  100,000 + (160,000 + 40,000) / 40                    =   105,000 EUR/MW at the meter
    spur line   800 x 1.25 / 40 = 25 EUR/(km MW); south has 10 km    =       250 EUR/MW
    substation  8,000,000 / 40                                       =   200,000 EUR per open site
    tariff      5 x 10 = 50 EUR/MWh;  water 2 EUR/m3;  land 0 at rate 0
    spot        40 and 80 EUR/MWh;  carbon 0.2 and 0.4 t/MWh

PUE 1.2 in the north and 1.4 in the south, in both hours; half of the mean overhead at the reference utilisation 0.8 stays when
idle: a = 0.8 x 0.5 x 0.2 = 0.08 (north), 0.16 (south) MW per MW installed; b = 1.2 - 0.08/0.8 = 1.1, and 1.4 - 0.2 = 1.2.

North alone, 10 MW (2 modules): facility 0.08 x 10 + 1.1 x 10 = 11.8 MW in both hours, and at the design hour.

    servers 10,000,000   halls 5,000,000   substation 200,000   connection 11.8 x 105,000 = 1,239,000
    energy  11.8 x (40 + 80) x 4,380 = 6,202,080      tariff 11.8 x 2 x 50 x 4,380 = 5,168,400
    water   0.5 m3/MWh x 10 x 2 x 4,380 = 43,800 m3 = 87,600 EUR
    together 27,897,080 EUR;  carbon 11.8 x (0.2 + 0.4) x 4,380 = 31,010.4 t;  land 10 x 0.4 = 4 ha

South alone: facility 1.6 + 12 = 13.6 MW: 15,200,000 + 13.6 x 105,250 + 13.6 x 4,380 x (120 + 100) + 87,600 = 29,823,960 EUR.
One site each, 5 MW: half of each cost and a second substation, (27,897,080 + 29,823,960) / 2 + 200,000 = 29,060,520 EUR.
So: north, 10 MW.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyomo.environ as pyo
import pytest

import siting
from siting.blocks.model import build

from .small import Case, round_tables, two_sites

GOLDEN = Path(__file__).parent / "hand_case.lp"
COST = {
    "sites.servers": 10_000_000, "cooling.halls": 5_000_000, "sites.opened": 200_000, "grid.connection": 1_239_000,
    "grid.energy": 6_202_080, "grid.tariff": 5_168_400, "water.fresh": 87_600, "cooling.land": 0,
}  # fmt: skip


def hand_case(folder: Path) -> Case:
    round_tables(folder / "round")
    case = two_sites()
    case.raw |= {"technologies": "round", "finance": {"real_rate": 0.0}}
    case.tables["sites.csv"]["distance_km"] = [0.0, 10.0]
    return case


@pytest.fixture(scope="module")
def solution(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hand")
    return siting.run(hand_case(folder).study(folder))


def test_choice(solution):
    assert solution.chosen["site"].tolist() == ["north"]
    assert solution.chosen["it_mw"].tolist() == pytest.approx([10.0])
    assert solution.data["cooling_halls"].sel(site="north", cooling="air_economiser").item() == pytest.approx(2)
    assert solution.outcome["objective"] == pytest.approx(27_897_080, rel=1e-9)
    assert solution.outcome["bound"] == pytest.approx(27_897_080, rel=1e-9)


def test_every_line_of_the_cost(solution):
    lines = solution.accounts[solution.accounts["account"] == "cost"].groupby("line")["value"].sum()
    assert lines.to_dict() == pytest.approx(COST, abs=1e-3)
    assert sum(COST.values()) == 27_897_080


def test_power_carbon_water_land(solution):
    assert solution.data["grid_imported"].sel(site="north").values.ravel() == pytest.approx([11.8, 11.8])
    assert solution.chosen["connection_mw"].item() == pytest.approx(11.8)
    assert solution.total("carbon_location") == pytest.approx(31_010.4)
    assert solution.total("carbon_market") == pytest.approx(31_010.4)
    assert solution.total("carbon_embodied") == pytest.approx(10 * 1000 / 20 + 10 * 400 / 5)
    assert solution.total("water") == pytest.approx(43_800)
    assert solution.total("land") == pytest.approx(4.0)
    assert solution.total("penalty") == 0


def test_the_other_site(tmp_path):
    case = hand_case(tmp_path)
    case.tables["sites.csv"]["choice"] = ["never", ""]
    assert siting.run(case.study(tmp_path)).outcome["objective"] == pytest.approx(29_823_960, rel=1e-9)


def test_units_of_the_accounts(solution):
    units = solution.accounts.groupby("account")["unit"].agg(lambda u: u.iloc[0]).to_dict()
    assert units["cost"] == "EUR_2024/year" and units["water"] == "m3/year" and units["land"] == "ha"
    assert isinstance(solution.accounts, pd.DataFrame)


def test_golden_lp(tmp_path):
    """The model of the hand case as an LP file. After a wanted change: look at the difference, then replace it."""
    model = build(hand_case(tmp_path).inputs(tmp_path), only=[0])
    weight = float(model.given.weights[0])
    model.pyomo.objective = pyo.Objective(
        expr=pyo.quicksum(
            (weight if e.phase == "operate" else 1.0) * amount
            for e in model.ledger.entries
            if e.account in ("cost", "penalty")
            for amount in e.amounts.values()
        )
    )
    written = tmp_path / "written.lp"
    model.pyomo.write(str(written), io_options={"symbolic_solver_labels": True})
    assert written.read_text().splitlines() == GOLDEN.read_text().splitlines()
