"""Generations of chips beside N+1 over sites and runs in one place: equal studies, lost sites, what the audit catches."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import siting
from siting.blocks.model import build
from siting.errors import InputsError, ModelError
from siting.pipeline import solve
from siting.results.audit import audit
from siting.solve.benders.decomposition import Decomposition
from siting.solve.plan_rules import PlanRules
from siting.solve.site_loss import WEIGHTS, site_losses
from siting.solve.stamp import stamp
from tests.blocks.small import Case
from tests.blocks.test_chips import chips_table, two_generations, with_chips

AS_SERVERS = {"capex": 21e6, "fom": 0.03, "life": 5}


def both(folder: Path, work: float, **generation: Any) -> Case:
    """Users who ask for N+1 and a run in one place, on three sites."""
    case = with_chips(folder, work, **generation)
    case.raw["work"]["web"] |= {"latency_ms": 20.0, "n_plus_1": True}
    case.raw["work"]["monthly"]["in_one_place"] = True
    case.raw["solver"]["gap"] = 2e-4
    return case


def test_one_generation_that_is_never_idle_is_the_study_with_servers(tmp_path: Path):
    """Two sites that each carry all 10 MW: 20 MW of chips in 20 MW of halls, as many servers otherwise."""
    case = two_generations(tmp_path, {}, year=2026)
    del case.raw["stages"]
    case.raw["work"]["web"] |= {"n_plus_1": True}
    chips_table(tmp_path / "round", old={"life": 5}, new={"first_year": 2030})
    chips = siting.run(case.study(tmp_path))
    del case.raw["chips"]
    servers = siting.run(case.study(tmp_path))
    assert chips.outcome["objective"] == pytest.approx(float(servers.outcome["objective"]), rel=1e-9)
    assert chips.data["chips_ready_work"].values == pytest.approx([10.0, 10.0])


def test_doubled_work_at_doubled_efficiency_gives_the_same_sites(tmp_path: Path):
    one, two = (siting.run(both(tmp_path / str(x), x, performance=x, idle_share=0.2).study(tmp_path / str(x))) for x in (1, 2))
    assert two.outcome["objective"] == pytest.approx(float(one.outcome["objective"]), rel=5e-4)
    for s, users, rate in ((one, 12.0, 6.0), (two, 24.0, 12.0)):
        ready = s.data["chips_ready_work"].values
        assert (ready.sum() - ready).min() >= users - 2e-3
        host = s.data["workloads_hosts"].sel(workload="monthly").values > 0.5
        does = (s.data["chip_performance"] * s.data["chips_standing"]).sum("chip").values
        assert host.sum() == 1 and does[host].item() >= rate - 1e-6


def test_every_set_of_modules(tmp_path: Path):
    """The least modules and sites that bear the loss of one, by trying all: 12 MW of work, modules of 5 MW, 1.6 MW a MW."""
    inputs = both(tmp_path, 1.0, performance=1.6, idle_share=0.2).inputs(tmp_path)
    room = [int(mw // 5) for mw in inputs.data["room_for_new_it"].values]
    bears = [m for m in product(*(range(r + 1) for r in room)) if 8.0 * (sum(m) - max(m)) >= 12.0 - 1e-9]
    program = stamp(build(inputs))
    rows = PlanRules(program, None, site_losses(inputs, program)).first(inputs)
    told = [-row.rhs_mw for row in rows if row.situation.startswith("modules")]
    assert told[: len(WEIGHTS)] == [min(a * sum(m) + b * np.count_nonzero(m) for m in bears) for a, b in WEIGHTS]
    assert told[0] == 3


def test_both_methods_and_halls_that_cool_one_generation_alone(tmp_path: Path):
    case = both(tmp_path, 1.0, idle_share=0.2)
    chips_table(tmp_path / "tables", one=AS_SERVERS | {"idle_share": 0.2}, new=AS_SERVERS | {"performance": 1.6, "capex": 25e6})
    case.raw["chips"]["generations"] = ["one", "new"]
    case.raw["solver"] |= {"gap": 0.01, "method": "decomposition"}
    inputs = case.inputs(tmp_path)
    inputs.data["chip_fits"].loc[{"chip": "new", "cooling": "air_economiser"}] = 0.0
    program = stamp(build(inputs))
    rules = PlanRules(program, None, site_losses(inputs, program))
    options = inputs.study.solver
    other = Decomposition(program, options, inputs.unavoidable_cost, rules.find, seen=rules.columns).solve(rules.first(inputs))
    study = inputs.study.model_copy(update={"solver": options.model_copy(update={"method": "monolith"})})
    inputs.study = study
    s = solve(inputs)
    assert float(s.outcome["bound"]) <= other.objective + 1 and other.bound <= float(s.outcome["objective"]) + 1
    d = s.data
    fits, idle = d["chip_fits"], d["chip_idle"]
    drawn = idle * d["chips_standing"] + (1 - idle) * d["chips_ready"]
    for n in (1, 2):
        for some in combinations(d["chip"].values, n):
            halls = (d["cooling_firm_in"] * fits.sel(chip=list(some)).max("chip")).sum("cooling")
            assert float((drawn.sel(chip=list(some)).sum("chip") - halls).max()) <= 1e-4
    assert set(s.notes["site_loss"]["lost"]) == set(s.chosen["site"]) and (s.notes["site_loss"]["spare_mw"] >= -2e-3).all()
    s.data["chips_ready"] = s.data["chips_ready"] * 0.5
    with pytest.raises(ModelError, match=r"with '\w+' lost, users are not served by"):
        audit(s, inputs)


def test_a_run_that_no_site_has_room_for(tmp_path: Path):
    """60 MW of work are 30 MW of the better chips: the coast has room for that; 62 MW are not."""
    case = both(tmp_path, 1.0, performance=2.0, idle_share=0.0)
    case.raw["work"]["monthly"]["max_it_mw"] = 60.0
    assert np.isfinite(case.inputs(tmp_path).unavoidable_cost)
    case.raw["work"]["monthly"]["max_it_mw"] = 62.0
    with pytest.raises(InputsError, match="a run of 31 MW in one place"):
        solve(case.inputs(tmp_path))
