"""N+1 over sites against every set of open sites; what it adds; both methods; what the check and the audit say."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import siting
from siting.blocks.model import build
from siting.errors import Infeasible, InputsError, ModelError
from siting.inputs.prepare import prepare
from siting.pipeline import solve
from siting.results.audit import audit
from siting.solve.plan_rules import PlanRules
from siting.solve.site_loss import site_losses
from siting.solve.stamp import stamp
from tests.blocks.small import Case, three_sites

HOURS = 8760.0


def on_a_line(seed: int) -> tuple[Case, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Five sites and four regions along a line, each site whole or not at all; a site reaches regions within 3 ms."""
    rng = np.random.default_rng(seed)
    places, users = np.sort(rng.uniform(5, 15, 5)).round(2), np.array([6.0, 9.0, 11.0, 14.0])
    capacity, fixed, demand = rng.integers(4, 12, 5) * 1.0, rng.integers(10, 40, 5) * 1.0, rng.integers(1, 5, 4) * 1.0
    raw = {
        "name": "a line", "sites": {"table": "sites.csv"}, "hours": {"table": "hours.csv"},
        "work": {"web": {"kind": "inference", "table": "regions.csv", "latency_ms": 5.0, "n_plus_1": True}},
        "solver": {"gap": 0.0, "time_limit_s": 60},
    }  # fmt: skip
    tables = {
        "sites.csv": pd.DataFrame(
            {"site": [f"s{i}" for i in range(5)], "lon": places, "lat": 50.0, "max_it_mw": capacity,
             "fixed_cost_eur_2024_per_year": fixed}
        ),
        "regions.csv": pd.DataFrame({"region": [f"r{j}" for j in range(4)], "lon": users, "lat": 50.0, "it_mw": demand}),
        "hours.csv": pd.DataFrame({"block": [0], "hour": [0], "weight": [HOURS]}),
    }  # fmt: skip
    return Case(raw, tables), capacity, fixed, demand, places


def carried(open_: tuple[int, ...], reach: np.ndarray, capacity: np.ndarray, demand: np.ndarray) -> bool:
    """Hall's condition over every set of regions."""
    for n in range(1, len(demand) + 1):
        for some in combinations(range(len(demand)), n):
            near = [s for s in open_ if reach[s, list(some)].any()]
            if capacity[near].sum() < demand[list(some)].sum() - 1e-9:
                return False
    return True


def test_against_every_set_of_open_sites(tmp_path):
    tried, dearer = 0, 0
    for seed in range(7):
        case, capacity, fixed, demand, _ = on_a_line(seed)
        inputs = prepare(case.study(tmp_path))
        reach = inputs.data["reachable"].sel(workload="web").values > 0
        costs: dict[bool, list[float]] = {True: [np.inf], False: [np.inf]}
        for n in range(1, 6):
            for some in combinations(range(5), n):
                if not carried(some, reach, capacity, demand):
                    continue
                costs[False].append(fixed[list(some)].sum())
                if all(carried(tuple(s for s in some if s != z), reach, capacity, demand) for z in some):
                    costs[True].append(fixed[list(some)].sum())
        if not np.isfinite(min(costs[True])):
            with pytest.raises(InputsError, match="n_plus_1: without 's"):
                solve(inputs)
            continue
        s = solve(inputs)
        assert s.outcome["objective"] == pytest.approx(min(costs[True]), abs=1e-6), seed
        tried, dearer = tried + 1, dearer + (min(costs[True]) > min(costs[False]))
    assert tried >= 3 and dearer >= 2


def test_what_whole_sites_need_at_least(tmp_path):
    """Before anything is solved: the least IT of any set of sites that bears the loss of one, by trying all sets."""
    tried = 0
    for seed in range(7):
        case, capacity, _, demand, _ = on_a_line(seed)
        inputs = prepare(case.study(tmp_path))
        reach = inputs.data["reachable"].sel(workload="web").values > 0
        sets = [some for n in range(1, 6) for some in combinations(range(5), n)]
        bears = [o for o in sets if all(carried(tuple(s for s in o if s != z), reach, capacity, demand) for z in o)]
        if not bears:
            continue
        program = stamp(build(inputs))
        rows = PlanRules(program, None, site_losses(inputs, program)).first(inputs)
        told = [-row.rhs_mw for row in rows if row.situation.startswith("modules")]
        assert told[0] == pytest.approx(min(capacity[list(o)].sum() for o in bears), abs=1e-3), seed
        tried += 1
    assert tried >= 3


def in_halls(folder: Path, **more: object) -> Case:
    case = three_sites(weights=(1, 1))
    case.raw["limits"] = {}
    case.raw["work"]["web"] |= {"latency_ms": 20.0, **more}
    return case


def test_halls_and_connections_stand_ready(tmp_path):
    """Users of 12 MW at their peaks, modules of 5 MW: with any one site lost the others hold 12 MW that are firm."""
    plain = siting.run(in_halls(tmp_path).study(tmp_path))
    safe = siting.run(in_halls(tmp_path, n_plus_1=True).study(tmp_path))
    firm = safe.data["workloads_firm"].values
    assert (firm.sum() - firm).min() >= 12 - 1e-3
    lost = plain.data["workloads_firm"].values
    assert (lost.sum() - lost).min() < 12
    assert float(safe.outcome["objective"]) > float(plain.outcome["objective"])
    table = safe.notes["site_loss"]
    assert set(table["lost"]) == set(safe.chosen["site"]) and (table["spare_mw"] >= -1e-3).all()


def test_levers_lower_what_must_be_carried(tmp_path):
    case = in_halls(tmp_path, n_plus_1=True)
    case.raw["levers"] = {"technologies": ["quantisation", "batching"]}
    s = siting.run(case.study(tmp_path))
    left = 1 - float(s.data["workloads_relieved"].sel(workload="web"))
    firm = s.data["workloads_firm"].values
    assert left < 0.8 and (firm.sum() - firm).min() >= 12 * left - 1e-3


def test_what_is_missing_is_told(tmp_path):
    """Without the alps 14 MW at the meters of the others carry less than 11 of the users' 12 MW of IT."""
    case = in_halls(tmp_path, n_plus_1=True)
    case.tables["sites.csv"]["headroom_mw"] = [7.0, 7.0, 60.0]
    case.raw["work"] = {"web": case.raw["work"]["web"]}
    with pytest.raises(
        Infeasible, match=r"n_plus_1: no plan bears .* at least 1\.\d MW of the peak of users in hamburg, munich"
    ):
        siting.run(case.study(tmp_path))


def test_both_methods_agree(tmp_path):
    case, found = in_halls(tmp_path, n_plus_1=True), {}
    for method in ("monolith", "decomposition"):
        case.raw["solver"] |= {"method": method, "gap": 1e-3}
        found[method] = siting.run(case.study(tmp_path)).outcome
    one, two = found["monolith"], found["decomposition"]
    assert float(two["bound"]) <= float(one["objective"]) + 1 and float(one["bound"]) <= float(two["objective"]) + 1


def test_the_audit_catches_a_plan_without_it(tmp_path, monkeypatch):
    inputs = prepare(in_halls(tmp_path, n_plus_1=True).study(tmp_path))
    monkeypatch.setattr("siting.pipeline.audit", lambda s, _: s)
    monkeypatch.setattr(PlanRules, "find", lambda self, values: [])
    monkeypatch.setattr(PlanRules, "first", lambda self, inputs, interrupt: [])
    with pytest.raises(ModelError, match=r"with '\w+' lost, users are not served by"):
        audit(solve(inputs), inputs)
