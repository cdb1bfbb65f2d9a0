"""Known answers of clean energy: scores, contracts, matching by the year and by the hour, storage, backup, firm clean plant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import siting
from siting.errors import DataError, StudyError
from siting.inputs.inputs import Inputs
from siting.pipeline import cfe_curve, solve
from siting.results.solution import Solution
from tests.blocks.small import in_blocks

from .clean_case import LOAD, SITE, at_no_cost, clean_case, contract, prepared, shapes

CHEAP = -1000.0  # a strike at which everything on offer is taken


def score(s: Solution) -> float:
    return s.total("cfe") / s.total("net_demand")


def load(s: Solution) -> float:
    """MW of the facility, the same in every hour of these cases."""
    return s.total("facility_energy") / 8760


def solved(folder, n_hours: int = 24, **more) -> Solution:
    return solve(prepared(clean_case(n_hours, **more), folder))


def test_without_a_portfolio_the_score_is_the_grids(tmp_path):
    s = solved(tmp_path)
    assert score(s) == pytest.approx(shapes(24)["clean"].mean(), rel=1e-9)
    assert s.total("clean") == s.total("procured") == 0


def test_the_score_saturates(tmp_path):
    """A flat contract as large as the load scores 1; ten times as much scores no more. Half of it fills half the gap."""
    case = clean_case(24, contracts={"flat": contract(0.0, CHEAP)})
    found = {}
    for mw in (6.0, 50.0, 500.0):
        case.raw["contracts"]["flat"]["offered_mw"] = mw
        s = solve(prepared(case, tmp_path / str(mw)))
        found[mw] = score(s)
        assert s.total("excess") == pytest.approx(max(mw - load(s), 0.0) * 8760, abs=1.0)
    grid = shapes(24)["clean"].mean()
    assert found[6.0] == pytest.approx(6 / load(s) + (1 - 6 / load(s)) * grid, rel=1e-9)
    assert found[50.0] == pytest.approx(1.0, rel=1e-9)
    assert found[500.0] == found[50.0]


def test_a_contract_changes_no_import(tmp_path):
    """Import, its location-based carbon and its spot cost stay; the market-based account and the settlement move."""
    without = solved(tmp_path / "a")
    s = solved(tmp_path / "b", contracts={"sea": contract(8.0, CHEAP, "wind")})
    assert np.allclose(s.data["grid_imported"], without.data["grid_imported"])
    assert s.total("carbon_location") == pytest.approx(without.total("carbon_location"), rel=1e-12)
    assert s.total("carbon_market") < without.total("carbon_market")
    lines = [x.accounts.groupby(["account", "line"])["value"].sum() for x in (s, without)]
    assert lines[0]["cost", "grid.energy"] == pytest.approx(lines[1]["cost", "grid.energy"], rel=1e-12)
    x = shapes(24)
    settled = ((CHEAP - x["price"]) * x["wind"] * 8.0).sum() * 365
    assert lines[0]["cost", "contracts.settled"] == pytest.approx(settled, rel=1e-9)


def matching(folder, limits: dict, flexible: bool, price: float | None = None) -> Solution:
    """10 MW of work on average, moved within the year or not; IT capacity, halls and connection are free."""
    case = clean_case(
        24, contracts={"sun": contract(500.0, 110.0, "sun"), "sea": contract(500.0, 125.0, "wind")}, limits=limits
    )
    case.tables["sites.csv"]["max_it_mw"] = 400.0
    case.raw["sites"]["module_mw"] = 100.0
    steady = {"window": "steady", "firm": True}
    work = {"kind": "training", "mwh_it_per_year": LOAD * 8760, "max_it_mw": 400.0}
    case.raw["work"] = {"train": work | ({"window": "year"} if flexible else steady)}
    del case.tables["regions.csv"]
    if price is not None:
        case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] = price
    inputs = prepared(case, folder)
    free = at_no_cost(inputs, "server_cost", "hall_cost", "connection_cost", "site_cost", "idle_power")
    return solve(free)


ANNUAL = {"procured": {"min_mwh_per_mwh": 1.0, "of": "net_demand"}}
HOURLY = {"clean": {"min_mwh_per_mwh": 1.0, "of": "net_demand"}}


def cost(s: Solution) -> float:
    return float(s.outcome["objective"])


def test_matching_by_the_year_costs_least(tmp_path):
    annual = matching(tmp_path / "a", ANNUAL, flexible=True)
    flexible = matching(tmp_path / "f", HOURLY, flexible=True)
    steady = matching(tmp_path / "s", HOURLY, flexible=False)
    assert cost(annual) <= cost(flexible) * (1 + 1e-9)
    assert cost(flexible) < cost(steady)
    assert steady.total("clean") == pytest.approx(steady.total("net_demand"), rel=1e-6)
    assert annual.total("procured") == pytest.approx(annual.total("net_demand"), rel=1e-6)
    assert annual.total("clean") < annual.total("net_demand")


def test_work_that_moves_freely_is_matched_by_the_hour_at_the_price_of_the_year(tmp_path):
    """Flat equal prices, a whole-year window, free IT capacity: the same cost."""
    annual = matching(tmp_path / "a", ANNUAL, flexible=True, price=50.0)
    flexible = matching(tmp_path / "f", HOURLY, flexible=True, price=50.0)
    assert cost(flexible) == pytest.approx(cost(annual), rel=1e-7)
    assert flexible.total("clean") == pytest.approx(flexible.total("net_demand"), rel=1e-6)


def test_matching_by_the_month_lies_between(tmp_path):
    """The sun's contract is cheap and gives nothing in January: the year takes it alone, the month needs wind too."""
    case = clean_case(48, contracts={"sun": contract(500.0, 100.0, "sun"), "sea": contract(500.0, 140.0, "wind")})
    case.tables["sun.csv"].loc[:23, "per_unit"] = 0.0
    two = in_blocks(prepared(case, tmp_path), 2)
    two.data["month"][:] = [1.0, 7.0]
    found = []
    for limits in (ANNUAL, {"procured": ANNUAL["procured"] | {"window": "month"}}, HOURLY):
        study = two.study.with_(limits=limits).model_copy(update={"storage": {}})
        found.append(solve(replace(two, study=study)))
    annual, monthly, hourly = found
    assert cost(annual) < cost(monthly) < cost(hourly)
    taken = [s.data["contracts_contracted"].to_series() for s in found]
    assert taken[0]["sea"] == pytest.approx(0.0, abs=1e-6) and taken[1]["sea"] > 1.0


BATTERY = {"battery": {"max_mw_per_site": 20, "max_mwh_per_site": 80}}


def cheap_battery(inputs: Inputs) -> Inputs:
    return at_no_cost(inputs, "storage_power_cost", "storage_energy_cost", "connection_cost")


def test_storage_makes_nothing_clean(tmp_path):
    """At an even mix of the grid a battery earns money and not a point of CFE; its losses are net demand."""
    case = clean_case(24, storage=BATTERY)
    case.tables["hours.csv"]["grid_clean_share"] = 0.4
    case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] = [20.0, 200.0] * 12
    s = solve(cheap_battery(prepared(case, tmp_path)))
    assert s.total("net_demand") > s.total("facility_energy") * 1.01
    assert score(s) == pytest.approx(0.4, rel=1e-9)
    assert s.total("clean") == 0


def test_energy_that_storage_burns_is_told(tmp_path):
    """At negative prices the linear battery takes and gives at once; the notes say how much."""
    case = clean_case(24, storage=BATTERY)
    case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] = [-500.0] * 12 + [80.0] * 12
    s = solve(cheap_battery(prepared(case, tmp_path)))
    told = s.notes["both_ways"].iloc[0]
    both = np.minimum(s.data["storage_charge"], s.data["storage_discharge"])
    assert (
        told["mwh_both_ways_per_year"] == pytest.approx(float((both * s.data["weight"]).sum())) and told["hours_per_year"] > 0
    )
    assert "both_ways" not in solve(cheap_battery(prepared(clean_case(24, storage=BATTERY), tmp_path / "b"))).notes


def test_clean_energy_is_what_sun_gave(tmp_path):
    """Own sun and a free battery: no more clean energy than the sun gave, and energy in is energy out."""
    sun = {"pv": {"max_mw_per_site": 60, "profile": "sun.csv"}}
    limits = {"clean": {"min_mwh_per_mwh": 0.6, "of": "net_demand"}}
    s = solve(cheap_battery(prepared(clean_case(24, generation=sun, storage=BATTERY, limits=limits), tmp_path)))
    d, w = s.data, s.data["weight"]
    gave = float((d["availability"] * d["generation_built"] * w).sum())
    assert s.total("clean") <= gave * (1 + 1e-9)
    assert s.total("clean") + s.total("grid_import") == pytest.approx(s.total("net_demand"), rel=1e-9)
    assert s.total("clean") >= 0.6 * s.total("net_demand") * (1 - 1e-6)


def test_only_new_plant_is_additional(tmp_path):
    """An old contract counts for CFE and for the market-based account, not for matching with additionality."""
    offers = {
        "old": contract(5.0, CHEAP, commissioned="2015-06-01"),
        "new": contract(2.0, CHEAP, "wind", commissioned="2025-01-01"),
    }
    s = solved(tmp_path, contracts=offers, additionality={"commissioned_from": "2023-01-01"})
    made = shapes(24)["wind"].sum() * 2.0 * 365
    assert s.total("procured") == pytest.approx(made, rel=1e-9)
    assert s.total("clean") == pytest.approx(5.0 * 8760 + made, rel=1e-9)
    case = clean_case(
        24,
        contracts=offers,
        additionality={"commissioned_from": "2023-01-01"},
        limits={"additional": {"min_mwh_per_mwh": 0.05, "of": "net_demand"}},
    )
    s = solve(prepared(case, tmp_path / "least"))
    assert 0.05 * s.total("net_demand") * (1 - 1e-6) <= s.total("additional") <= made * (1 + 1e-9)
    case.raw["limits"]["additional"]["min_mwh_per_mwh"] = 0.5  # more than the new plant gives
    with pytest.raises(siting.errors.Infeasible, match="additional"):
        solve(prepared(case, tmp_path / "more"))
    del case.raw["contracts"]["old"]["commissioned"]
    with pytest.raises(StudyError, match=r"each contract's plant was 'commissioned': old"):
        case.study(tmp_path)


def test_contracts_deliver_in_their_zone(tmp_path):
    case = clean_case(24, contracts={"north": contract(50.0, CHEAP, zone="N"), "south": contract(50.0, CHEAP, zone="S")})
    case.raw["work"]["web"]["table"] = "regions.csv"
    case.tables["sites.csv"] = pd.DataFrame(
        {"site": ["a", "b"], "lon": 10.0, "lat": 51.0, "max_it_mw": LOAD, "zone": ["N", "S"], "choice": "must"}
    )
    case.tables["regions.csv"]["it_mw"] = 2 * LOAD
    cooling = case.tables["cooling.csv"]
    case.tables["cooling.csv"] = pd.concat([cooling.assign(site=s) for s in "ab"])
    case.raw["contracts"]["south"]["offered_mw"] = 3.0
    case.raw["limits"] = {"procured": {"min_mwh_per_mwh": 0.2, "of": "net_demand", "per": "zone"}}
    s = solve(prepared(case, tmp_path))
    matched = s.data["contracts_matched"].mean(["block", "hour"]).to_series()
    assert matched["b"] == pytest.approx(3.0)
    assert matched["a"] == pytest.approx(float(s.data["grid_imported"].sel(site="a").mean()))
    case.raw["limits"]["procured"]["min_mwh_per_mwh"] = {"S": 0.5}
    with pytest.raises(siting.errors.Infeasible, match="procured"):
        solve(prepared(case, tmp_path))
    case.raw["contracts"]["south"]["zone"] = "West"
    with pytest.raises(StudyError, match=r"no site is in the contracts' zone 'West'; the sites are in: N, S"):
        prepared(case, tmp_path)


def test_least_that_may_be_signed(tmp_path):
    """Clean power of 5 MW is asked for; the cheap contract is signed for 9 MW or not at all, so the dearer one is taken."""
    case = clean_case(
        24,
        contracts={"large": contract(20.0, 80.0, minimum_mw=9.0), "small": contract(20.0, 90.0)},
        limits={"clean": {"min_mwh_per_year": 5.0 * 8760}},
    )
    case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] = 40.0
    s = solve(prepared(case, tmp_path))
    taken = s.data["contracts_contracted"].to_series()
    assert taken["small"] == pytest.approx(5.0) and taken["large"] == pytest.approx(0.0, abs=1e-6)
    case.raw["contracts"]["small"]["strike_eur_2024_per_mwh"] = 130.0  # 5 x 90 > 9 x 40: now nine are signed
    s = solve(prepared(case, tmp_path))
    assert s.data["contracts_contracted"].to_series()["large"] == pytest.approx(9.0)


def test_backup_has_an_energy_limit(tmp_path):
    """Two dear hours of 24; 200 full-load hours a year pay for less than all of the 730 hours at that price."""
    backup = {"diesel": {"max_mw_per_site": 5, "max_full_load_hours": 200, "max_run_hours": 150}}
    case = clean_case(24, generation=backup, carbon={"counts": "location", "price_eur_2024_per_t": 10.0})
    case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] = [40.0] * 22 + [3000.0] * 2
    s = solve(prepared(case, tmp_path))
    d = s.data
    assert d["generation_built"].item() == pytest.approx(5.0)
    used = float((d["generation_used"] * d["weight"]).sum())
    assert used == pytest.approx(5.0 * 200)
    assert s.total("carbon_onsite") == pytest.approx(0.70 * used)
    assert s.total("clean") == 0
    assert s.total("carbon_counted") == pytest.approx(
        s.total("carbon_location") + s.total("carbon_onsite") + s.total("carbon_embodied")
    )
    hours = s.notes["backup_hours"].iloc[0]
    assert hours["full_load_hours"] == pytest.approx(200)
    assert hours["run_hours"] == pytest.approx(730) or hours["run_hours"] == pytest.approx(365)
    assert hours["most_run_hours"] == 150 and not hours["kept"]


def test_what_is_sold_leaves_the_site(tmp_path):
    """Excess sale pays spot less the fee, counts as procured and excess, never as clean; its share may be limited."""
    case = clean_case(24, generation={"wind": {"max_mw_per_site": 30, "profile": "wind.csv"}})
    case.raw["grid"]["excess_sale"] = {"fee_eur_2024_per_mwh": 5.0}
    case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] = 150.0
    free = solve(prepared(case, tmp_path))
    assert free.total("excess") > 0.2 * free.total("net_demand")
    assert free.total("procured") == pytest.approx(free.total("clean") + free.total("excess"), rel=1e-9)
    lines = free.accounts[free.accounts["account"] == "cost"].groupby("line")["value"].sum()
    assert lines["generation.sold"] == pytest.approx(-145.0 * free.total("excess"), rel=1e-9)
    through = free.data["grid_imported"] + free.data["generation_sold"].sum("generator")
    assert float(through.max()) <= float(free.data["grid_connection"].max()) * (1 + 1e-9)
    case.raw["limits"] = {"excess": {"max_mwh_per_mwh": 0.2, "of": "net_demand"}}
    capped = solve(prepared(case, tmp_path))
    assert capped.total("excess") <= 0.2 * capped.total("net_demand") * (1 + 1e-6)
    assert cost(capped) >= cost(free)


def test_firm_clean_plant_exists_from_a_year(tmp_path):
    case = clean_case(24, generation={"smr": {"max_mw_per_site": 50}})
    case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] = 400.0
    with pytest.raises(StudyError, match=r"generation\.smr: 'smr' exists from 2032; say which year the study plans for"):
        prepared(case, tmp_path)
    case.raw["year"] = 2028
    early = solve(prepared(case, tmp_path))
    assert early.data["generation_built"].item() == 0 and early.notes["not_yet"]["exists_from"].tolist() == [2032]
    case.raw["year"] = 2035
    late = solve(prepared(case, tmp_path))
    assert late.data["generation_built"].item() * 0.93 == pytest.approx(load(late))
    assert score(late) == pytest.approx(1.0)


def test_low_and_high_ends_of_a_reactor_of_the_future(tmp_path):
    """Late and dear at the low end of its ranges, early and cheap at the high one; the table says that nobody knows."""
    found, years = {}, {}
    for end in ("low", "central", "high"):
        case = clean_case(24, generation={"smr": {"max_mw_per_site": 50, "parameters": end}}, year=2040)
        inputs = prepared(case, tmp_path)
        found[end] = float(inputs.data["plant_cost"].max())
        case.raw["year"] = 2031
        years[end] = float(prepared(case, tmp_path).data["max_plant"].max())
    assert found["low"] > 1.5 * found["central"] > 1.5 * found["high"]
    assert years == {"low": 0.0, "central": 0.0, "high": 50.0}
    assert set(inputs.notes["speculative"]["parameter"]) == {"capex", "exists_from"}


def test_plant_near_the_site(tmp_path):
    """A private wire is paid per MW and km; leased land is not the site's."""
    near = {"technology": "wind", "max_mw_per_site": 5, "profile": "wind.csv"}
    far = near | {"away_km": 10, "land_lease_eur_2024_per_ha_per_year": 500.0}
    inputs = prepared(clean_case(24, generation={"wind": near, "hill": far}), tmp_path)
    d = inputs.data
    more = float(d["plant_cost"].sel(generator="hill") - d["plant_cost"].sel(generator="wind"))
    lease = float(d["plant_land_nearby"].sel(generator="hill")) * 500.0
    assert more > lease and d["plant_land"].sel(generator="hill").item() == 0
    assert d["plant_land_nearby"].sel(generator="hill").item() == d["plant_land"].sel(generator="wind").item() == 0.4


def test_both_kinds_of_accounting_are_shown(tmp_path):
    """A contract lowers the market-based account alone; a battery on spot prices may lower one and raise another."""
    s = solved(tmp_path, contracts={"sea": contract(8.0, CHEAP, "wind")})
    table = s.notes["carbon"].set_index("account")
    assert table.loc["carbon_location", "change_t_per_year"] == pytest.approx(0.0, abs=1e-3)
    assert table.loc["carbon_market", "change_t_per_year"] < -100
    assert not table["disagree"].any()
    case = clean_case(24, storage=BATTERY, carbon={"counts": "location", "marginal": "long-run", "marginal_t_per_mwh": 0.3})
    hours = case.tables["hours.csv"]
    hours["spot_price_eur_2024_per_mwh"] = [20.0, 200.0] * 12
    hours["carbon_average_t_per_mwh"] = [0.1, 0.9] * 12
    s = solve(cheap_battery(prepared(case, tmp_path / "b")))
    table = s.notes["carbon"].set_index("account")
    assert table.loc["carbon_location", "change_t_per_year"] < 0 < table.loc["carbon_consequence", "change_t_per_year"]
    assert table["disagree"].all()


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        (
            {"clean": {"max_mwh_per_mwh": 0.3, "of": "net_demand"}},
            lambda s: s.total("clean") <= 0.3 * s.total("net_demand") + 1,
        ),
        ({"excess": {"min_mwh_per_mwh": 0.9, "of": "procured"}}, lambda s: s.total("excess") >= 0.9 * s.total("procured") - 1),
    ],
    ids=["most clean", "least excess"],
)
def test_settlement_keeps_a_limit_the_other_way_round(tmp_path, limits, kept):
    """Without the limit all is matched that can be; with it the model's own matching stands."""
    deal = {"flat": contract(8.0, CHEAP)}
    free, limited = (solved(tmp_path / n, contracts=deal, **more) for n, more in (("free", {}), ("kept", {"limits": limits})))
    assert not kept(free) and kept(limited)
    assert free.total("clean") > limited.total("clean")


def test_a_carbon_price_and_a_carbon_budget(tmp_path):
    """The price is in the cost; a budget below what the grid gives is met by own wind."""
    wind = {"wind": {"max_mw_per_site": 40, "profile": "wind.csv"}}
    base = clean_case(24, generation=wind, carbon={"counts": "market", "price_eur_2024_per_t": 0.0})
    free = solve(prepared(base, tmp_path))
    tonnes = free.total("carbon_counted")
    base.raw["limits"] = {"carbon_counted": {"max_t_per_year": 0.9 * tonnes}}
    capped = solve(prepared(base, tmp_path))
    assert capped.total("carbon_counted") <= 0.9 * tonnes * (1 + 1e-6)
    assert cost(capped) > cost(free)
    del base.raw["limits"]
    base.raw["carbon"]["residual_t_per_mwh"] = 0.7
    dirty = solve(prepared(base, tmp_path))
    assert dirty.total("carbon_market") == pytest.approx(0.7 * dirty.total("grid_import"), rel=1e-9)
    del base.raw["carbon"]["residual_t_per_mwh"]
    base.raw["carbon"]["price_eur_2024_per_t"] = 100.0
    priced = solve(prepared(base, tmp_path))
    lines = priced.accounts[priced.accounts["account"] == "cost"].groupby("line")["value"].sum()
    paid = lines[lines.index.str.startswith("carbon.price")].sum()
    assert paid == pytest.approx(100.0 * priced.total("carbon_counted"), rel=1e-9)
    assert priced.total("carbon_counted") < tonnes


def test_bad_profiles_are_told(tmp_path):
    case = clean_case(24, generation={"wind": {"max_mw_per_site": 5, "profile": "wind.csv"}})
    case.tables["wind.csv"] = case.tables["wind.csv"].iloc[:-1]
    case.tables["wind.csv"].loc[3, "per_unit"] = 1.5
    with pytest.raises(DataError) as e:
        prepared(case, tmp_path)
    assert "row 5: per_unit is 1.5; allowed is 0 to 1" in str(e.value)
    assert "there is no row for block b0, hour 23" in str(e.value)
    del case.raw["generation"]["wind"]["profile"]
    with pytest.raises(StudyError, match=r"generation\.wind needs weather .* or a 'profile'"):
        prepared(case, tmp_path)


def test_the_site_is_named(tmp_path):
    assert solved(tmp_path).chosen["site"].tolist() == [SITE]


def test_the_curve_over_stages(tmp_path):
    """Stages in which nothing changes have the curve of one year."""
    plant = {"wind": {"max_mw_per_site": 90, "profile": "wind.csv"}}

    def curve(**more):
        return cfe_curve(prepared(clean_case(24, generation=plant, **more), tmp_path))

    asked = {"gap": 0.0, "time_limit_s": 60, "cfe_curve": [0.7, 0.85]}
    stages = {"until_year": 2050, "years": {2030: {}, 2040: {}}}
    one, two = curve(solver=asked), curve(solver=asked, stages=stages)
    assert two["cost_eur_2024_per_year"].values == pytest.approx(one["cost_eur_2024_per_year"].values, rel=1e-6)
    assert two["price_eur_2024_per_point"].values[1] == pytest.approx(one["price_eur_2024_per_point"].values[1], rel=1e-4)
    assert (two["cfe"] >= two["least_cfe"] - 1e-6).all() and one["price_eur_2024_per_point"].values[1] > 0
