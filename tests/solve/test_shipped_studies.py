"""Both ways to solve agree on every shipped study, at reduced size: bounds bracket each other, the gap closes to 1e-3."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from siting.inputs.prepare import prepare
from siting.pipeline import solve
from siting.study.read import read_study
from siting.study.scenarios import read_scenarios
from siting.study.study import Study

MODELS = Path(__file__).parents[2] / "models"
GAP = 1e-3  # of the cost that depends on siting
SHARE = 0.25  # of the demand, and of what limits allow
OFF = {
    "headroom": "off", "network": None, "demand": None, "security": None, "security_factor": None, "situations": None,
    "adequacy": None,
}  # fmt: skip
SCENARIOS = read_scenarios(MODELS / "germany-scenarios.yaml").studies()


def reduced(study: Study) -> Study:
    """Four candidates, two days, a quarter of the demand and of the limits over the year, no grid."""
    raw = study.as_dict()
    limits = {
        name: {k: v * SHARE if k.startswith("max_") and k.endswith(("_year", "_month")) else v for k, v in rule.items()}
        for name, rule in raw["limits"].items()
    }
    work = {
        "inference": {"peak_it_mw": raw["work"]["inference"]["peak_it_mw"] * SHARE, "latency_ms": 12, "regions": 3},
        "training": {k: raw["work"]["training"][k] * SHARE for k in ("mwh_it_per_year", "max_it_mw")},
    }
    return study.with_(
        sites={"keep": 4, "headroom": None}, hours={"days": 2}, grid=OFF, work=work, limits=limits,
        solver={"without_each_site": False},
    )  # fmt: skip


def agree(study: Study) -> None:
    inputs = prepare(study)
    found = {}
    for method in ("monolith", "decomposition"):
        asked = study.with_(solver={"method": method, "gap": GAP, "time_limit_s": 120})
        found[method] = solve(replace(inputs, study=asked)).outcome
    one, other = found["monolith"], found["decomposition"]
    noise = 1e-6 * abs(float(one["objective"]))
    assert float(one["bound"]) <= float(other["objective"]) + noise
    assert float(other["bound"]) <= float(one["objective"]) + noise
    assert max(float(x["gap_of_siting_dependent_cost"]) for x in (one, other)) <= GAP * (1 + 1e-6)


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_ways_agree(name: str):
    agree(reduced(SCENARIOS[name]))


def test_both_ways_agree_on_several_years():
    """Three candidates, one day, three stages, a fifth of the work."""
    study = read_study(MODELS / "germany-2035.yaml")
    agree(
        study.with_(
            sites={"keep": 3}, hours={"days": 1}, grid=OFF, levers=None,
            work={
                "inference": {"latency_ms": 15, "regions": 2, "peak_it_mw": 300},
                "training": {"mwh_it_per_year": 800_000, "max_it_mw": 140},
            },
        )
    )  # fmt: skip
