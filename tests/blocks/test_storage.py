"""A battery by hand, and what storage must keep.

The hand case of `test_hand_case` with prices of 40 and 120 EUR/MWh, a free connection, and at the north site at most 10 MW of
a battery without standing loss: charge 0.9, discharge 0.8, so 0.72 of what is taken comes back. 10 MW are taken in the cheap
hour and 7.2 MW given in the dear one, 4,380 times a year:

    saved   7.2 x (120 + 50) x 4,380 - 10 x (40 + 50) x 4,380         = 1,419,120 EUR
    wear    7.2 x 1.5 x 4,380                                         =    47,304 EUR
    power   10 x 2,000 = 20,000 EUR;   energy 9 MWh x 1,500           =    13,500 EUR
    losses  (10 - 7.2) x 4,380                                        =    12,264 MWh
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from siting.errors import InputsError, StudyError
from siting.inputs.checks import check
from siting.inputs.inputs import Inputs
from siting.inputs.money import SHIPPED
from siting.physics import finance
from siting.pipeline import solve
from siting.sources.tables import read_technologies
from tests.answers.clean_case import clean_case, prepared

from .small import in_blocks, two_sites, with_storage
from .test_hand_case import hand_case


def dear_and_cheap(folder: Path) -> Inputs:
    case = hand_case(folder)
    case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] = [40.0, 120.0]
    inputs = case.inputs(folder)
    free = inputs.data["connection_cost"] * 0
    return replace(inputs, data=inputs.data.assign(connection_cost=free))


def without_loss(inputs: Inputs) -> Inputs:
    data = inputs.data.assign(standing_loss=inputs.data["standing_loss"] * 0, storage_land=inputs.data["storage_land"] * 0)
    return replace(inputs, data=data)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    inputs = dear_and_cheap(tmp_path_factory.mktemp("battery"))
    return solve(inputs), solve(without_loss(with_storage(inputs)))


def test_saving_by_hand(pair):
    without, battery = pair
    saved = 1_419_120 - 47_304 - 20_000 - 13_500
    assert without.outcome["objective"] - battery.outcome["objective"] == pytest.approx(saved, rel=1e-9)
    assert battery.data["storage_energy"].sel(site="north").item() == pytest.approx(9.0)
    lines = battery.accounts.groupby(["account", "line"])["value"].sum()
    assert lines["cost", "storage.wear"] == pytest.approx(47_304)
    assert lines["cost", "storage.power"] == pytest.approx(20_000)
    assert lines["cost", "storage.energy"] == pytest.approx(13_500)


def test_storage_makes_no_energy(pair):
    """Import is the facility's energy and the losses, which are the net demand."""
    without, battery = pair
    more = battery.total("grid_import") - without.total("grid_import")
    assert more == pytest.approx(12_264)
    assert battery.total("net_demand") == pytest.approx(battery.total("facility_energy") + 12_264)
    assert battery.total("clean") == without.total("clean") == 0


def test_any_plan_can_be_operated(tmp_path):
    """A store that is full, loses half of itself in an hour and has no power to fill up again: short, never infeasible."""
    inputs = with_storage(two_sites().inputs(tmp_path))
    d = inputs.data
    data = d.assign(standing_loss=d["standing_loss"] * 0 + 0.5, max_storage_power=d["max_storage_power"] * 0)
    solution = solve(replace(inputs, data=data))
    assert solution.data["storage_rest"].sum().item() == pytest.approx(0.0, abs=1e-6)


def test_a_battery_of_four_hours_costs_what_is_published():
    """NREL ATB 2024, 2030: 1,562 USD_2022/kW for four hours, 2,659 for eight."""
    rows = read_technologies(SHIPPED / "storage.csv")["battery"]
    table = pd.read_csv(SHIPPED / "deflators.csv").set_index("year").to_dict("index")
    for hours, published in ((4, 1562), (8, 2659)):
        ours = (rows["power_capex"] + hours * rows["energy_capex"]) / 1000
        assert ours == pytest.approx(finance.deflate(published, 2022, 2024, "USD", table), rel=2e-3)


def test_storage_needs_a_grid(tmp_path):
    case = two_sites()
    case.raw["storage"] = {"battery": {"max_mw_per_site": 5, "max_mwh_per_site": 20}}
    study = case.study(tmp_path)
    assert study.storage["battery"].max_mwh_per_site == 20
    inputs = case.inputs(tmp_path)
    assert inputs.data["storage_power_cost"].sel(storage="battery").item() == pytest.approx(
        461466 * (0.10979 + 0.025), rel=1e-3
    )
    case.raw["storage"] = {"batery": {"max_mw_per_site": 5, "max_mwh_per_site": 20}}
    with pytest.raises(Exception, match=r"storage\.csv: there is no 'batery'; the table has: battery, iron_air"):
        case.inputs(tmp_path)


def test_unknown_keys_are_refused(tmp_path):
    case = two_sites()
    case.raw["storage"] = {"battery": {"max_mw_per_sit": 5, "max_mwh_per_site": 20}}
    with pytest.raises(StudyError, match=r"unknown key 'storage\.battery\.max_mw_per_sit'; did you mean 'max_mw_per_site'"):
        case.study(tmp_path)


def test_levels_meet_between_blocks(tmp_path):
    """Every block starts and ends at one level, so a block's own cycle is all that a battery can do."""
    inputs = without_loss(with_storage(dear_and_cheap(tmp_path)))
    d = inputs.data
    block = xr.DataArray([0, 1], dims="block", coords={"block": [0, 1]})
    hourly = [n for n, a in d.data_vars.items() if "block" in a.dims]
    two = xr.merge([d.drop_dims(["block"]), d[hourly].isel(block=[0, 0]).assign_coords(block=block)])
    price = two["spot_price"].copy()
    price[1] = price[1].values[::-1]  # the second block is dear first, then cheap
    two = two.assign(spot_price=price, weight=two["weight"] / 2)
    s = solve(replace(inputs, data=two))
    level = s.data["storage_level"].sel(site="north", storage="battery")
    assert np.allclose(level.isel(hour=-1), s.data["storage_rest"].sel(site="north", storage="battery"), atol=1e-6)


def test_a_carried_level_is_the_chronological_one(tmp_path):
    """Four blocks of six hours that hand the level on cost what one block of 24 hours does; a shared midnight costs more."""
    case = clean_case(24, storage={"iron_air": {"max_mw_per_site": 20, "max_mwh_per_site": 500}})
    case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] = [20.0] * 12 + [260.0] * 12
    inputs = prepared(case, tmp_path)
    inputs = replace(inputs, data=inputs.data.assign(connection_cost=inputs.data["connection_cost"] * 0))
    whole, carried, same = (
        solve(x).outcome["objective"] for x in (inputs, in_blocks(inputs, 4, "carried"), in_blocks(inputs, 4, "same_level"))
    )
    assert carried == pytest.approx(whole, rel=1e-9)
    assert same > carried * (1 + 1e-4)


def test_a_level_is_carried_between_neighbours_only(tmp_path):
    case = clean_case(24, storage={"iron_air": {"max_mw_per_site": 2, "max_mwh_per_site": 9, "between_blocks": "carried"}})
    with pytest.raises(InputsError, match=r"storage\.iron_air: between_blocks 'carried' needs blocks of hours that follow"):
        check(prepared(case, tmp_path))
