"""Levers and the edge: laws of combined saving, a hand case, levers at zero, and what the audit catches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import siting
from siting.errors import DataError, ModelError, StudyError
from siting.inputs.prepare import prepare
from siting.physics.levers import most_of_group, saving_in_order, together
from siting.pipeline import solve
from siting.results.audit import audit
from tests.blocks.small import Case, round_tables, three_sites, two_sites
from tests.blocks.test_chips import chips_table, with_chips

COLUMNS = ["technology", "parameter", "value", "unit", "source", "note", "price_year", "mark", "low", "high"]


def lever_rows(**levers: tuple[str, float, float, float]) -> pd.DataFrame:
    """name = (acts_on, saving, most_share, cost): a table of levers in round numbers, for inference."""
    rows: list[tuple[str, str, object]] = [("together", "cap", 0.8)]
    for name, (on, *numbers) in levers.items():
        rows += [(name, "work", "inference"), (name, "acts_on", on)]
        rows += list(zip([name] * 3, ("saving", "most_share", "cost"), numbers, strict=True))
    table = pd.DataFrame(rows, columns=["technology", "parameter", "value"])
    return table.assign(unit="-", source="round numbers", note="", price_year="", mark="assumed", low="", high="")[COLUMNS]


def with_levers(case: Case, folder: Path, table: pd.DataFrame, **more: object) -> Case:
    """The case with the round technology tables and these levers."""
    round_tables(folder / "tables")
    table.to_csv(folder / "tables" / "levers.csv", index=False)
    case.raw["technologies"] = "tables"
    case.raw["levers"] = {"technologies": [n for n in table["technology"].unique() if n != "together"], **more}
    return case


def without_limits() -> Case:
    case = three_sites(weights=(1,))
    case.raw["limits"] = {}
    return case


def test_counted_savings_never_exceed_what_levers_save_together():
    """At any shares: the sum is a bound from below, exact where levers are used up one after the other."""
    rng = np.random.default_rng(0)
    for _ in range(500):
        n = int(rng.integers(1, 6))
        e, m, on = rng.uniform(0, 1, n), rng.uniform(0, 1, n), rng.integers(0, 3, n)
        counted = saving_in_order(e, m, on)
        x = m * rng.uniform(0, 1, n)
        for g in np.unique(on):
            x[on == g] /= max(x[on == g].sum(), 1.0)
        assert counted @ x <= together(e, x, on) + 1e-12
    e, m, on = np.array([0.5, 0.3, 0.4]), np.array([0.6, 1.0, 0.5]), np.array([0, 1, 2])
    for used in range(4):
        x = np.where(np.arange(3) < used, m, 0.0)
        assert saving_in_order(e, m, on) @ x == pytest.approx(together(e, x, on))


def test_most_of_a_group_by_brute_force():
    rng = np.random.default_rng(1)
    e, m = rng.uniform(0, 1, 3), rng.uniform(0, 0.7, 3)
    grid = np.linspace(0, 1, 41)
    best = max(e @ (m * np.array(f)) for f in np.stack(np.meshgrid(grid, grid, grid), -1).reshape(-1, 3) if m @ f <= 1)
    assert most_of_group(e, m) == pytest.approx(best, abs=0.02)


def test_hand_case(tmp_path):
    """10 MW in two hours, 87,600 MWh a year, modules of 5 MW.

    cheap   saves 0.5 of half the work at 10 EUR/MWh treated: 0.25 of all for 43,800 · 10 = 438,000 EUR: 7.5 MW are left
    dear    saves 0.5 of all of it at 40: acting on what the first leaves, 0.375 for 3.504 M EUR
    A module of 5 MW costs 5 M EUR of halls and servers alone (round tables), so both are taken until 5 MW are left: 0.25 by
    the first and 0.25 by the second, whose share is 0.25 / 0.375 = 2/3.
    """
    table = lever_rows(cheap=("numbers", 0.5, 0.5, 10.0), dear=("serving", 0.5, 1.0, 40.0))
    case = with_levers(two_sites(), tmp_path, table)
    s = siting.run(case.study(tmp_path))
    share = s.data["levers_share"].sel(workload="web")
    assert float(s.data["sites_new_it"].sum()) == pytest.approx(5.0)
    assert share.sel(lever="cheap") == pytest.approx(0.5) and share.sel(lever="dear") >= 2 / 3 - 1e-9
    paid = s.accounts.query("account == 'cost' and line == 'levers.used'")["value"].sum()
    assert paid == pytest.approx(87_600 * (0.5 * 10 + float(share.sel(lever="dear")) * 40))
    table = s.notes["levers"].set_index("measure")
    assert table["mw"]["cheap"] == pytest.approx(2.5)
    assert table["price_eur_2024_per_mw_year"]["cheap"] == pytest.approx(438_000 / 2.5)
    assert list(table.index[:2]) == ["cheap", "dear"] and "north" in table.index


def test_levers_at_zero_change_nothing(tmp_path):
    case = without_limits()
    plain = siting.run(case.study(tmp_path))
    case.raw["levers"] = {"technologies": ["quantisation", "routing"], "most_saved": 0.0}
    none = siting.run(case.study(tmp_path))
    gaps = float(plain.outcome["gap"]) + float(none.outcome["gap"])
    assert none.outcome["objective"] == pytest.approx(float(plain.outcome["objective"]), abs=gaps + 1)
    assert np.allclose(none.data["workloads_relieved"], 0)


def test_shipped_levers_never_cost_and_training_shrinks_too(tmp_path):
    case = without_limits()
    before = siting.run(case.study(tmp_path))
    case.raw["levers"] = {"technologies": ["quantisation", "routing", "batching", "low_precision_training"]}
    after = siting.run(case.study(tmp_path))
    assert float(after.outcome["objective"]) < float(before.outcome["objective"])
    left = 1 - after.data["workloads_relieved"]
    assert float(left.sel(workload="yearly")) == pytest.approx(1 - 0.25 * 0.6)
    done = (after.data["workloads_train"].sel(workload="yearly") * after.data["weight"]).sum()
    assert float(done) == pytest.approx(17_520 * float(left.sel(workload="yearly")), rel=1e-6)


def test_a_lever_of_a_later_year_saves_nothing_yet(tmp_path):
    case = two_sites()
    case.raw["levers"] = {"technologies": ["photonic"]}
    with pytest.raises(DataError, match="'photonic' has a row exists_from: the study needs 'year'"):
        prepare(case.study(tmp_path))
    for year, most in ((2030, 0.0), (2035, 0.10)):
        case.raw["year"] = year
        inputs = prepare(case.study(tmp_path))
        assert float(inputs.data["lever_share"].max()) == pytest.approx(most)
        assert {"photonic"} == set(inputs.notes["speculative"]["technology"])


def test_low_and_high_ends(tmp_path):
    case, most = two_sites(), {}
    for end in ("low", "central", "high"):
        case.raw["levers"] = {"technologies": ["quantisation", "routing", "batching"], "parameters": end}
        most[end] = float(prepare(case.study(tmp_path)).data["most_saved"].max())
    assert most["low"] < most["central"] < most["high"]


def test_unknown_levers_are_told(tmp_path):
    case = two_sites()
    case.raw["levers"] = {"technologies": ["quantization"]}
    with pytest.raises(DataError, match="there is no 'quantization'; did you mean 'quantisation'"):
        prepare(case.study(tmp_path))
    case.raw["levers"] = {"technologies": ["routing", "routing"]}
    with pytest.raises(DataError, match="names 'routing' twice"):
        prepare(case.study(tmp_path))


def at_the_edge(case: Case, least: float, most: float) -> Case:
    case.raw["work"]["web"]["edge"] = {"least_share": least, "most_share": most}
    case.raw["year"] = 2030
    return case


def test_edge_by_hand(tmp_path):
    """A fifth of 87,600 MWh at the edge takes 1.5 times the energy, at PUE 1.3 and 2,200 EUR/MWh; carbon 0.2 and 0.4 t/MWh."""
    s = siting.run(at_the_edge(two_sites(), 0.2, 0.2).study(tmp_path))
    it = 0.2 * 87_600 * 1.5
    by_place = s.accounts[s.accounts["place"] == "edge"].groupby("account")["value"].sum()
    assert by_place["cost"] == pytest.approx(it * 2200)
    assert by_place["edge_energy"] == pytest.approx(it * 1.3)
    assert by_place["carbon_location"] == pytest.approx(it * 1.3 * 0.3)
    assert s.total("it_energy") == pytest.approx(0.8 * 87_600)


def test_edge_is_dear_but_helps_where_headroom_ends(tmp_path):
    assert float(siting.run(at_the_edge(two_sites(), 0.0, 0.4).study(tmp_path)).data["edge_share"].max()) == pytest.approx(0)
    case = at_the_edge(two_sites(), 0.0, 0.5)
    case.raw["grid"] = {"headroom": "per_bus"}
    case.tables["sites.csv"]["headroom_mw"] = [8.0, 0.0]  # less than 10 MW of IT at a PUE of 1.2 take
    s = siting.run(case.study(tmp_path))
    assert float(s.data["edge_share"].max()) == pytest.approx(1 - 8 / 12, abs=0.02)


def test_edge_counts_in_the_carbon_that_is_priced(tmp_path):
    case = at_the_edge(without_limits(), 0.1, 0.1)
    case.raw["carbon"] = {"counts": "location", "price_eur_2024_per_t": 80.0}
    s = siting.run(case.study(tmp_path))
    assert s.total("carbon_counted") > s.total("carbon_location")
    assert s.accounts.query("account == 'carbon_counted' and place == 'edge'")["value"].sum() > 0


def test_the_edge_is_a_dated_guess(tmp_path):
    """Its rows are speculative: a year with a range, a most share where the study gives none, a notice in the report."""
    case = at_the_edge(two_sites(), 0.1, 0.2)
    most = {}
    for end, years in (("low", (2032, 2033)), ("central", (2027, 2028)), ("high", (2025, 2026))):
        for year, share in zip(years, (0.0, {"low": 0.10, "central": 0.25, "high": 0.40}[end]), strict=True):
            case.raw["year"] = year
            case.raw["work"]["web"]["edge"] = {"least_share": 0.1, "parameters": end}
            inputs = prepare(case.study(tmp_path))
            assert float(inputs.data["edge_most"].max()) == pytest.approx(share)
            assert float(inputs.data["edge_least"].max()) == pytest.approx(min(share, 0.1))
        most[end] = float(inputs.data["edge_energy_ratio"])
    assert most["low"] > most["central"] > most["high"]
    table = inputs.notes["speculative"]
    assert set(table["technology"]) == {"edge"} and {"exists_from", "energy_ratio", "cost"} <= set(table["parameter"])
    assert (table["low"] < table["high"]).all()
    del case.raw["year"]
    with pytest.raises(DataError, match="'edge' has a row exists_from: the study needs 'year'"):
        prepare(case.study(tmp_path))


def test_the_edge_keeps_pace_with_the_chips(tmp_path):
    """Its energy is 1.5 times that of halls: of the reference work half of it where chips do three times as much."""
    case = with_chips(tmp_path, 1.0, performance=3.0)
    case.raw["work"]["web"]["edge"] = {"most_share": 0.2}
    case.raw["year"] = 2030
    assert float(prepare(case.study(tmp_path)).data["edge_energy_ratio"]) == pytest.approx(1.5 / 3)
    del case.raw["year"]
    case.raw["work"]["web"]["edge"] = {"least_share": 0.2, "most_share": 0.2}
    chips_table(tmp_path / "tables", one={"performance": 3.0}, two={"performance": 6.0, "first_year": 2035})
    case.raw["chips"]["generations"] = ["one", "two"]
    case.raw["stages"] = {"until_year": 2040, "years": {2030: {}, 2035: {}}}
    case.raw["solver"]["gap"] = 0.01
    s = siting.run(case.study(tmp_path))
    energy = [s.stage(y).total("edge_energy") for y in (2030, 2035)]
    assert energy[0] == pytest.approx(2 * energy[1]) and energy[1] > 0


def test_what_a_lever_on_training_avoids(tmp_path):
    """Users of 10 and 5 MW in two hours; training of 2 MW in the mean, so 4 MWh in the two, at 4 MW at most or at 3.

    at 4 MW    all of it runs in the valley: 10 MW of IT, and a tenth less training spares none
    at 3 MW    1 MWh is left for the peak: 11 MW of IT; a tenth less is 3.6 MWh, 0.6 of it at the peak: 0.4 MW are avoided
    """
    table = lever_rows(better=("numbers", 0.1, 1.0, 0.0))
    table.loc[table["parameter"] == "work", "value"] = "training"
    case = with_levers(two_sites(), tmp_path, table)
    case.raw["work"]["web"]["profile"] = [1.0, 0.5] + 22 * [1.0]
    case.raw["limits"] = {}
    for rate, asked, avoided in ((4.0, 10.0, 0.0), (3.0, 11.0, 0.4)):
        case.raw["work"]["train"] = {"kind": "training", "mwh_it_per_year": 2 * 8760.0, "max_it_mw": rate, "window": "day"}
        s = siting.run(case.study(tmp_path))
        assert float(s.data["work_it"]) == pytest.approx(asked, abs=1e-4)
        row = s.notes["levers"].set_index(["measure", "work"]).loc[("better", "train")]
        used = s.data["levers_share"].sel(workload="train").item()
        assert row["mw"] == pytest.approx(avoided * used, abs=1e-4)
        assert float(s.data["work_it"] - s.data["work_it_left"]) == pytest.approx(avoided * used, abs=1e-4)


def test_shares_that_do_not_fit_are_told(tmp_path):
    with pytest.raises(StudyError, match=r"least_share 0\.5 is above most_share 0\.2"):
        at_the_edge(two_sites(), 0.5, 0.2).study(tmp_path)


@pytest.mark.parametrize(
    ("variable", "told"),
    [("levers_share", "a lever treats more than it can"), ("edge_share", "more work is at the edge than the study allows")],
)
def test_the_audit_catches_a_share_that_is_too_large(tmp_path, variable, told):
    case = at_the_edge(two_sites(), 0.1, 0.1)
    case.raw["levers"] = {"technologies": ["quantisation"]}
    inputs = prepare(case.study(tmp_path))
    s = solve(inputs)
    s.data[variable] = s.data[variable] + 0.3 * xr.ones_like(s.data[variable])
    with pytest.raises(ModelError, match=told):
        audit(s, inputs)
