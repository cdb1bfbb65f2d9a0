"""Runs in one place, regions with one site, work with a deadline: hand cases, enumeration, published optima, the audit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import linprog

import siting
from siting.errors import InputsError, ModelError, StudyError
from siting.inputs.prepare import prepare
from siting.physics.site_loss import shortfall
from siting.pipeline import solve
from siting.results.audit import audit
from tests.answers.facility import write_study
from tests.answers.test_facility_location import INSTANCES, needs_instances, single_source
from tests.blocks.small import Case, two_sites
from tests.blocks.test_training import day, energy, one_site


def with_a_run(mw: float) -> Case:
    """Users of 10 MW, and a run of so many MW, steady through the year; sites of up to 20 MW."""
    case = two_sites()
    case.raw["work"]["run"] = {"kind": "training", "mwh_it_per_year": mw * 8760, "max_it_mw": mw, "window": "day"}
    return case


def test_a_run_in_one_place_is_the_best_of_all_places(tmp_path):
    """14 MW of training beside 10 MW of users: split, both sites share; whole, the cheaper of two places that are tried one by
    one."""
    case, found = with_a_run(14.0), {}
    split = siting.run(case.study(tmp_path))
    case.raw["work"]["run"]["in_one_place"] = True
    whole = siting.run(case.study(tmp_path))
    for state in ("N", "S"):
        case.raw["work"]["run"]["stays_in"] = [state]
        found[state] = float(siting.run(case.study(tmp_path)).outcome["objective"])
    assert whole.outcome["objective"] == pytest.approx(min(found.values()), rel=1e-9)
    assert float(split.outcome["objective"]) <= float(whole.outcome["objective"]) + 1
    hosts = whole.data["workloads_hosts"].sel(workload="run")
    assert float(hosts.sum()) == 1
    run = whole.data["workloads_train"].sel(workload="run").max(["block", "hour"])
    assert float((run * (1 - hosts)).max()) == pytest.approx(0, abs=1e-6)


def test_a_run_that_fits_nowhere_is_told(tmp_path):
    """25 MW fit into both sites together, into none alone."""
    case = with_a_run(25.0)
    case.raw["work"]["web"]["table"] = "few.csv"
    case.tables["few.csv"] = case.tables["regions.csv"].assign(it_mw=1.0)
    siting.run(case.study(tmp_path))
    case.raw["work"]["run"]["in_one_place"] = True
    with pytest.raises(InputsError, match=r"work\.run: a run of 25 MW .*the largest site, 'north', has room for 20 MW"):
        siting.run(case.study(tmp_path))


def single(folder: Path, *numbers: np.ndarray) -> Path:
    path = write_study(folder, *numbers)
    path.write_text(path.read_text().replace("kind: inference,", "kind: inference, one_site_per_region: true,"))
    return path


def test_single_source_against_enumeration(tmp_path):
    """Three sites, four users whose demands do not fit evenly: every assignment is tried."""
    rng = np.random.default_rng(3)
    capacity, fixed, demand = np.array([9.0, 8.0, 10.0]), np.array([30.0, 25.0, 35.0]), np.array([5.0, 4.0, 6.0, 3.0])
    cost = np.round(rng.uniform(10, 60, (3, 4)), 1)
    best = np.inf
    for places in np.ndindex(3, 3, 3, 3):
        load = np.bincount(places, demand, 3)
        if (load <= capacity).all():
            best = min(best, fixed[np.unique(places)].sum() + sum(cost[i, j] for j, i in enumerate(places)))
    s = siting.run(siting.read_study(single(tmp_path, capacity, fixed, demand, cost)))
    assert s.outcome["objective"] == pytest.approx(best, rel=1e-9)
    assert s.outcome["bound"] == pytest.approx(best, rel=1e-9)


@needs_instances
@pytest.mark.parametrize(("name", "optimum"), [("p4", 1053197.4375), ("holmberg_p1", 8848.0)])
def test_published_single_source_optima(tmp_path, name, optimum):
    """OR-Library p4 (Beasley) and Holmberg's p1, each user from one site, proven with gap 0."""
    s = siting.run(siting.read_study(single(tmp_path, *single_source(INSTANCES / "single_source" / name))))
    assert s.outcome["objective"] == pytest.approx(optimum, rel=1e-8)
    assert s.outcome["bound"] == pytest.approx(optimum, rel=1e-8)


@pytest.mark.parametrize(
    ("hours", "power", "spot"),
    [(0, [5, 5, 5, 5], 1000), (1, [5, 5, 0, 10], 500), (2, [10, 0, 0, 10], 0), (9, [10, 0, 0, 10], 0)],
)
def test_a_deadline_by_hand(tmp_path, hours, power, spot):
    """5 MWh arrive in each of four hours at 0, 100, 100, 0 EUR/MWh, 10 MW of halls. Done in the hour: 1,000 EUR. An hour later
    at most: those of the third hour wait for the fourth. Two hours: those of the second too, and the fourth's own go round
    to the first."""
    s, found = day(tmp_path, None, kind="batch", deadline_hours=hours)
    assert energy(s) == pytest.approx(spot, abs=1e-3)
    if hours != 1:
        assert found == power
    else:  # what the fourth hour hands to the first is free either way
        assert found[1] + found[2] == pytest.approx(5)


def test_batch_work_arrives_by_its_profile(tmp_path):
    case = one_site(tmp_path, None, kind="batch", deadline_hours=0, arrivals=[1.0, 0.0, 1.0, 0.0] + [0.0] * 20)
    s = siting.run(case.study(tmp_path))
    assert s.data["workloads_train"].values.ravel() == pytest.approx([10, 0, 10, 0], abs=1e-6)
    s.data["workloads_train"] = s.data["workloads_train"].roll(hour=1, roll_coords=False)
    with pytest.raises(ModelError, match="'job' misses its deadline of 0 h"):
        audit(s, prepare(case.study(tmp_path)))


def test_wrong_batch_work_is_told(tmp_path):
    for change, told in (
        ({"kind": "batch"}, "'deadline_hours' and kind 'batch' go together"),
        ({"kind": "batch", "deadline_hours": 3, "window": "month"}, "no other window than 'day'"),
        ({"arrivals": [1.0] * 24}, "'arrivals' are 24 factors of work of kind 'batch'"),
    ):
        with pytest.raises(StudyError, match=told):
            one_site(tmp_path, None, **change).study(tmp_path)


def test_the_audit_catches_a_run_in_two_places(tmp_path):
    case = with_a_run(14.0)
    case.raw["work"]["run"]["in_one_place"] = True
    inputs = prepare(case.study(tmp_path))
    s = solve(inputs)
    s.data["workloads_hosts"] = xr.ones_like(s.data["workloads_hosts"])
    with pytest.raises(ModelError, match="training 'run' is at 2 sites, not one"):
        audit(s, inputs)


def test_largest_flow_against_a_linear_program():
    """What cannot be carried, and the users and halls that are short, against an LP on random cases."""
    rng = np.random.default_rng(5)
    for _ in range(40):
        n, m = int(rng.integers(1, 6)), int(rng.integers(1, 6))
        demand, capacity = np.round(rng.uniform(0, 10, n), 3), np.round(rng.uniform(0, 8, m), 3)
        reaches = rng.uniform(size=(n, m)) < 0.5
        served = np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))
        lp = linprog(
            -np.ones(n * m),
            A_ub=np.vstack(served),
            b_ub=np.concatenate([demand, capacity]),
            bounds=[(0, None if r else 0) for r in reaches.ravel()],
        )
        short = shortfall(demand, capacity, reaches)
        assert short.mw == pytest.approx(demand.sum() + lp.fun, abs=1e-3)
        assert not (reaches[short.users][:, ~short.halls]).any()
