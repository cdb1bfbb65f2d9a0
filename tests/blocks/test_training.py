"""Training that throttles, stops and restarts: a day by hand, laws, and the audit.

One site with 10 MW of IT and halls that stand already; PUE without an idle part; blocks of four hours at spot prices of 0, 100,
100, 0 EUR/MWh, tariff 50 EUR/MWh. 5 MW of work on average: 20 MWh of IT in a block.

    free       10 MW in the two cheap hours                              20 MWh drawn, spot 0
    steady     5 MW in every hour                                        20 MWh drawn, spot 5 x 200 = 1,000 EUR
    restart    half an hour of work lost per MW that starts. With y MW in the cheap hours and x ≤ y in the dear ones, y at
               midnight: work 2y + 2x − 0.5 (y − x) = 20 at 100 y + 300 x EUR. A MW of y does 1.5 MWh for
               100 EUR, of x 2.5 for 300:
               y = 10, x = 2                                             24 MWh drawn, 4 lost, spot 2 x 200 = 400 EUR
    checkpoint the same half hour lost at stops instead of starts: the same day
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import siting
from siting import pipeline
from siting.errors import ModelError, StoppedEarly, StudyError
from siting.results.audit import audit
from siting.results.solution import Solution

from .small import Case, cooling_table, hours_table, round_tables, three_sites

BLOCKS = 8760 / 4
NO_LOSS = {"least_power_share": 1.0, "checkpoint_hours": 0.0, "restart_hours": 0.0, "min_up_hours": 1}


def one_site(folder: Path, pausing: dict | None, **work: object) -> Case:
    round_tables(folder / "round")
    pue = np.full((1, 1, 1, 4), 1.25)
    raw = {
        "name": "one site",
        "technologies": "round",
        "finance": {"real_rate": 0.0},
        "sites": {"table": "sites.csv", "module_mw": 5.0, "existing_cooling": "air_economiser"},
        "hours": {"table": "hours.csv"},
        "work": {"job": {"kind": "training", "mwh_it_per_year": 5 * 8760, "max_it_mw": 10.0, "pausing": pausing, **work}},
        "cooling": {"technologies": ["air_economiser"], "hours": "cooling.csv"},
        "grid": {"headroom": "off"},
        "solver": {"gap": 0.0, "time_limit_s": 60},
    }
    tables = {
        "sites.csv": pd.DataFrame(
            {"site": ["north"], "lon": 9.0, "lat": 53.5, "max_it_mw": 10.0, "existing_it_mw": 10.0, "choice": "must"}
        ),
        "hours.csv": hours_table([1], 4, np.array([[0.0, 100.0, 100.0, 0.0]]), np.full((1, 4), 0.3), [1]),
        "cooling.csv": cooling_table(["north"], ("air_economiser",), pue, np.zeros(pue.shape)),
    }
    return Case(raw, tables)


def day(folder: Path, pausing: dict | None = None, **work: object) -> tuple[Solution, list[float]]:
    solution = siting.run(one_site(folder, pausing, **work).study(folder))
    return solution, solution.data["workloads_train"].values.ravel().round(6).tolist()


def energy(s: Solution) -> float:
    """Spot cost of the IT's own part in a block, EUR: without the idle part of the halls (0.1 MW per MW installed)."""
    idle = float(s.data["idle_power"].sum()) * 10
    per_it = float(s.data["power_per_it"].isel(hour=0).sum())
    spot = float(s.accounts.loc[s.accounts["line"] == "grid.energy", "value"].sum()) / BLOCKS
    return (spot - 200 * idle) / per_it


def test_free_and_steady_work(tmp_path):
    (tmp_path / "free").mkdir(), (tmp_path / "steady").mkdir()
    free, power = day(tmp_path / "free")
    assert power == [10, 0, 0, 10] and energy(free) == pytest.approx(0)
    steady, power = day(tmp_path / "steady", window="steady", firm=True)
    assert power == [5, 5, 5, 5] and energy(steady) == pytest.approx(1000)


@pytest.mark.parametrize("lost_at", ["restart_hours", "checkpoint_hours"])
def test_a_restart_and_a_checkpoint_cost_work(tmp_path, lost_at):
    s, power = day(tmp_path, NO_LOSS | {lost_at: 0.5})
    assert power == [10, 2, 2, 10]
    assert energy(s) == pytest.approx(400)
    note = s.notes["training"].iloc[0]
    assert note["drawn_mwh_per_year"] == pytest.approx(24 * BLOCKS)
    assert note["paused_share"] == pytest.approx(1 - 24 / 40)
    assert note["starts_a_year"] == pytest.approx(0.8 * BLOCKS)
    assert note["largest_step_mw_per_hour"] == pytest.approx(8)


def test_no_loss_is_free_work(tmp_path):
    assert day(tmp_path, NO_LOSS)[1] == [10, 0, 0, 10]


def test_clusters_that_may_throttle_need_not_stop(tmp_path):
    """Throttled to a fifth they lose nothing, but 24 MWh are more than the work: 20 = 2y + 2 x 0.2 y, y = 25/3."""
    _, power = day(tmp_path, NO_LOSS | {"restart_hours": 4.0, "least_power_share": 0.2})
    assert power == pytest.approx([25 / 3, 5 / 3, 5 / 3, 25 / 3])


def test_the_paused_share_is_capped(tmp_path):
    """At most a quarter paused: clusters of 5 / 0.75 = 20/3 MW, so 20/3 MWh are done in the dear hours."""
    s, power = day(tmp_path, NO_LOSS | {"max_paused_share": 0.25})
    assert power[0] == power[3] == pytest.approx(20 / 3) and power[1] + power[2] == pytest.approx(20 / 3)
    assert s.notes["training"]["paused_share"].item() == pytest.approx(0.25)


def test_a_ramp_is_kept(tmp_path):
    """At most 3 MW/h: y and y − 3 in the middle, 4y − 6 = 20."""
    assert day(tmp_path, NO_LOSS | {"max_ramp_mw_per_hour": 3.0})[1] == pytest.approx([6.5, 3.5, 3.5, 6.5])


def test_what_starts_stays_up(tmp_path):
    """Cheap is the second hour alone; up for two hours at least, a start then must also run in the third."""
    case = one_site(tmp_path, NO_LOSS | {"min_up_hours": 2}, mwh_it_per_year=2.5 * 8760)
    case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] = [300.0, 0.0, 100.0, 300.0]
    s = siting.run(case.study(tmp_path))
    assert s.data["workloads_train"].values.ravel() == pytest.approx([0, 5, 5, 0], abs=1e-6)


def test_the_audit_sees_through_a_wrong_telling(tmp_path):
    pausing = NO_LOSS | {"restart_hours": 0.5, "min_up_hours": 2, "max_ramp_mw_per_hour": 8.0, "least_power_share": 0.5}
    study = one_site(tmp_path, pausing | {"max_paused_share": 0.45}).study(tmp_path)
    s = siting.run(study)
    inputs = siting.inputs.prepare.prepare(study)
    for name, factor, told in (
        ("workloads_train", 0.97, "MWh are done in day"),
        ("workloads_up", 1.2, "more up than it holds"),
        ("workloads_up", 0.9, "runs more than is up"),
        ("workloads_cluster", 1.5, "pauses .* of what its clusters could do"),
    ):
        tampered = Solution(s.name, s.sites, s.data.copy(), s.accounts, s.outcome)
        tampered.data[name] = tampered.data[name] * factor
        with pytest.raises(ModelError, match=told):
            audit(tampered, inputs)
    for name, values, told in (
        ("workloads_train", [10.0, 1.0, 1.0, 10.0], "ramps too fast"),
        ("workloads_up", [0.0, 9.0, 0.0, 9.0], "stop before their minimum up time"),
    ):
        tampered = Solution(s.name, s.sites, s.data.copy(), s.accounts, s.outcome)
        tampered.data[name] = tampered.data[name].copy(data=np.array(values).reshape(tampered.data[name].shape))
        with pytest.raises(ModelError, match=told):
            audit(tampered, inputs)


def test_more_freedom_never_costs_more(tmp_path):
    """Steady ≥ a day with losses ≥ with less ≥ without; to within the gaps."""
    costs = []
    for i, (window, pausing) in enumerate(
        [
            ("steady", None),
            ("day", NO_LOSS | {"restart_hours": 1.0, "checkpoint_hours": 0.2, "min_up_hours": 3, "max_paused_share": 0.1}),
            ("day", NO_LOSS | {"restart_hours": 0.2, "min_up_hours": 2, "max_paused_share": 0.4}),
            ("month", None),
            ("year", None),
        ]
    ):
        case = three_sites(4)
        work = {"kind": "training", "mwh_it_per_year": 40_000.0, "max_it_mw": 9.0, "window": window, "firm": True}
        case.raw["work"] = {"web": case.raw["work"]["web"], "job": work | ({"pausing": pausing} if pausing else {})}
        del case.raw["limits"]
        (tmp_path / str(i)).mkdir()
        s = siting.run(case.study(tmp_path / str(i)))
        costs.append((float(s.outcome["objective"]), float(s.outcome["gap"])))
    for (dear, g1), (cheap, g2) in itertools.pairwise(costs):
        assert cheap <= dear + g1 + g2 + 1e-7 * dear


def test_what_flexibility_is_worth(tmp_path):
    """The day above on a connection that need not carry the work at the design hour: 5 MW of firm IT less."""
    case = one_site(tmp_path, None)
    case.raw["solver"]["without_flexibility"] = True
    s = siting.run(case.study(tmp_path))
    table = s.notes["flexibility"].set_index("quantity")
    per_it = float(s.data["power_per_it"].isel(hour=0).sum())
    assert table.at["connection", "with"] == pytest.approx(float(s.data["grid_connection"].sum()))
    assert table.at["cost", "with"] == pytest.approx(s.total("cost"))
    assert table.at["cost", "worth"] > 0 and table.at["cost", "gaps_together"] == pytest.approx(0, abs=1)
    saved = 1000 * per_it * BLOCKS - 105_000 * (table.at["connection", "with"] - table.at["connection", "without"])
    assert table.at["cost", "worth"] == pytest.approx(saved)


def test_the_plan_survives_when_there_is_none_to_compare_it_with(tmp_path, monkeypatch):
    """The second solve runs out of time: the first plan is kept, and it is said."""
    case, solve = one_site(tmp_path, None), pipeline.solve

    def out_of_time(inputs, *rest):
        if inputs.study.name.endswith("without flexibility"):
            raise StoppedEarly("the time limit was reached")
        return solve(inputs, *rest)

    monkeypatch.setattr(pipeline, "solve", out_of_time)
    case.raw["solver"]["without_flexibility"] = True
    s = siting.run(case.study(tmp_path))
    table = s.notes["flexibility"]
    assert s.outcome["status"] == "optimal" and table["without"].isna().all()
    assert set(table["told"]) == {"no plan at a constant power was found in time"}


@pytest.mark.parametrize(
    ("work", "told"),
    [
        ({"window": "steady"}, "it needs 'firm: true'"),
        ({"window": "steady", "firm": True, "pausing": NO_LOSS}, "no 'pausing'"),
        ({"pausing": {"least_power_share": 0.5}}, "restart_hours' is missing"),
        ({"pausing": NO_LOSS | {"restart_hour": 1}}, "did you mean 'restart_hours'"),
    ],
)
def test_errors(tmp_path, work, told):
    case = one_site(tmp_path, None)
    case.raw["work"]["job"] |= work
    with pytest.raises(StudyError, match=told):
        case.study(tmp_path)


def test_nothing_to_compare(tmp_path):
    case = three_sites()
    case.raw["work"] = {"web": case.raw["work"]["web"]}
    case.raw["solver"]["without_flexibility"] = True
    with pytest.raises(StudyError, match="no work is of kind 'training'"):
        case.study(tmp_path)
