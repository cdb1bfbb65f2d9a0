"""Cuts of a solved study in one that differs little: taken where they hold, and only there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import siting
from siting.blocks.model import build
from siting.inputs.prepare import prepare
from siting.pipeline import solve
from siting.results.solution import Solution, read_solution
from siting.solve.benders.decomposition import Decomposition
from siting.solve.benders.known_cuts import KnownCuts, blocks_of
from siting.solve.benders.nearest import nearest
from siting.solve.benders.split import Split, split
from siting.solve.benders.subproblem import Subproblems
from siting.solve.program import Program
from siting.solve.stamp import stamp
from siting.solve.warm import Start

from ..benchmarks.instances import instance
from ..blocks.small import three_sites

SAME_BLOCKS: dict[str, dict[str, Any]] = {
    "a limit moved": {"limits": {"carbon_location": {"max_t_per_year": 80_000}}},
    "a site forbidden": {"sites": {"never": ["alps"]}},
    "a site fixed": {"sites": {"must": ["coast"]}},
    "less training": {"work": {"monthly": {"mwh_it_per_year": 15_000}}},  # the plan shares it out
    "dearer money": {"finance": {"real_rate": 0.09}},
}
OTHER_BLOCKS: dict[str, dict[str, Any]] = {
    "a limit new": {"limits": {"carbon_market": {"max_t_per_year": 90_000}}},
    "other users": {"work": {"web": {"profile": [1.0, 0.8, 0.7, 0.9] * 6}}},
    "one cooling": {"cooling": {"technologies": ["air_economiser"]}},
}


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[siting.Study, Solution]:
    case = three_sites(weights=(1, 2))
    case.raw["limits"]["carbon_location"] = {"max_t_per_year": 90_000.0}
    case.raw["solver"] |= {"gap": 0.01, "method": "decomposition"}
    study = case.study(tmp_path_factory.mktemp("base"))
    return study, siting.run(study)


def known(solution: Solution) -> KnownCuts:
    assert solution.warm is not None and solution.warm.cuts is not None
    return solution.warm.cuts


def program_of(study: siting.Study, change: str) -> Program:
    return stamp(build(prepare(study.with_(**(SAME_BLOCKS | OTHER_BLOCKS)[change]))))


def plans(s: Split, n: int = 4) -> list[np.ndarray]:
    """Some near random numbers."""
    rng, most = np.random.default_rng(0), np.minimum(s.plan.column_upper, 200.0)
    found = [nearest(s, rng.uniform(0, 1, s.n_plan) * most) for _ in range(n)]
    assert all(x is not None for x in found)
    return [x for x in found if x is not None]


def values(s: Split, plan: np.ndarray) -> np.ndarray:
    """(blocks,) What each costs under a plan, with broken rules at their full price."""
    return np.array([e.value for e in Subproblems(s).evaluate(plan, np.ones(len(s.elastic)), list(range(s.n_blocks)))])


@pytest.mark.parametrize("change", SAME_BLOCKS)
def test_cuts_hold_where_only_the_plan_changed(solved: tuple[siting.Study, Solution], change: str):
    study, near = solved
    program = program_of(study, change)
    s = split(program)
    holding = known(near).holding(program, s)
    assert holding is not None
    cuts = holding.cuts
    assert len(cuts.block) == len(known(near).cuts.block) > s.n_blocks
    for plan in plans(s):
        assert (cuts.constant + cuts.slope @ plan <= values(s, plan)[cuts.block] * (1 + 1e-6) + 1e-3).all()


@pytest.mark.parametrize("change", OTHER_BLOCKS)
def test_none_is_taken_where_a_block_changed(solved: tuple[siting.Study, Solution], change: str):
    study, near = solved
    program = program_of(study, change)
    assert known(near).holding(program, split(program)) is None


def test_broken_rules_may_cost_other_sums_but_not_far_less(solved: tuple[siting.Study, Solution]):
    study, near = solved
    program = stamp(build(prepare(study)))
    s = split(program)
    for times, holds in ((3.0, True), (0.5, True), (0.05, False)):
        assert (known(near).holding(program, replace(s, penalty=times * s.penalty)) is not None) == holds


def test_every_number_of_a_block_counts():
    """One bit in any value, bound or cost of the blocks, in any block, makes another part; plan rows and costs do not."""
    program = stamp(build(instance(4, 2)))
    s, h = split(program), program.hours
    before = blocks_of(program, s)

    def moved(x: np.ndarray) -> np.ndarray:
        out = x.copy()
        out.ravel()[-1] = np.nextafter(out.ravel()[-1], -np.inf)
        return out

    for name in ("value", "lower", "upper", "column_lower", "column_upper", "cost"):
        of = s.cost if name == "cost" else getattr(h, name)
        for field in ("base", "table"):
            if getattr(of, field).size and np.isfinite(getattr(of, field).ravel()[-1]):
                other = {name: replace(of, **{field: moved(getattr(of, field))})}
                if name == "cost":
                    assert blocks_of(program, replace(s, **other)) != before, field
                else:
                    assert blocks_of(replace(program, hours=replace(h, **other)), s) != before, (name, field)
    plan = replace(s.plan, cost=2 * s.plan.cost, column_upper=s.plan.column_upper / 2)
    assert blocks_of(program, replace(s, plan=plan)) == before


def test_a_what_if_with_cuts_answers_as_a_fresh_solve(solved: tuple[siting.Study, Solution], tmp_path: Path):
    """From the file beside the solution too."""
    study, near = solved
    read = read_solution(near.write(tmp_path / "out"))
    a, b = known(near), known(read)
    assert (a.blocks, a.columns) == (b.blocks, b.columns) and (a.cuts.slope != b.cuts.slope).nnz == 0
    for one, other in ((a.penalty, b.penalty), (a.price, b.price), (a.cuts.block, b.cuts.block)):
        assert np.array_equal(one, other)
    for change in ("a limit moved", "a site forbidden", "a site fixed"):
        other = prepare(study.with_(**SAME_BLOCKS[change]))
        fresh, warm = solve(other), solve(other, near=read)
        o, p = float(fresh.outcome["objective"]), float(warm.outcome["objective"])
        assert float(fresh.outcome["bound"]) <= p * (1 + 1e-6) and float(warm.outcome["bound"]) <= o * (1 + 1e-6)
        assert warm.outcome["status"] == "optimal"


def test_a_moved_limit_takes_few_rounds():
    """SYNTHETIC: six sites, eight days; with the cuts of the study before, most of the rounds are not needed."""
    inputs, other = instance(6, 8, carbon_share=0.9), instance(6, 8, carbon_share=0.85)
    options = inputs.study.solver.model_copy(update={"gap": 0.01, "time_limit_s": 120.0})
    found = Decomposition(stamp(build(inputs)), options, inputs.unavoidable_cost).solve()
    program = stamp(build(other))
    alone, with_cuts = (
        Decomposition(program, options, other.unavoidable_cost, near=Start(found.plan, None, cuts)).solve()
        for cuts in (None, found.block_cuts)
    )
    assert with_cuts.status == alone.status == "optimal"
    assert with_cuts.rounds < alone.rounds
