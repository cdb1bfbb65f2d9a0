"""The mean block: equal to the whole where all blocks are alike, and a good first plan where they are not."""

import threading

import numpy as np
import pytest

from siting.blocks.model import build
from siting.inputs.prepare import prepare
from siting.solve.benders.mean import MeanBlock, mean, mean_plan
from siting.solve.benders.rounds import DEAREST
from siting.solve.benders.split import split
from siting.solve.highs import Highs
from siting.solve.monolith import Monolith
from siting.solve.program import whole
from siting.solve.stamp import stamp
from tests.benchmarks.instances import instance
from tests.blocks.small import Case, three_sites


def alike(case: Case) -> Case:
    """The same hours in every block, all in one month."""
    for name, key in (("hours.csv", ["hour"]), ("cooling.csv", ["site", "cooling", "hour"])):
        table = case.tables[name]
        first = table[table["block"] == "b0"].drop(columns=["block", *(["weight", "month"] if name == "hours.csv" else [])])
        kept = table[["block", *key, *(["weight"] if name == "hours.csv" else [])]]
        case.tables[name] = kept.merge(first, on=key).assign(**({"month": 1} if name == "hours.csv" else {}))
    return case


def test_the_mean_of_equal_blocks_is_the_whole(tmp_path):
    case = alike(three_sites())
    del case.raw["limits"]["carbon_location"]
    inputs = prepare(case.study(tmp_path))
    program = stamp(build(inputs))
    options = inputs.study.solver
    whole = Monolith(program, options).solve().objective
    one = Monolith(mean(program), options).solve().objective
    assert one == pytest.approx(whole, rel=2e-4)


def test_its_integers_make_a_first_plan_that_keeps_every_row(tmp_path):
    case = three_sites()
    case.raw["limits"]["carbon_location"]["max_t_per_year"] = 75_000.0
    inputs = prepare(case.study(tmp_path))
    mono = Monolith(stamp(build(inputs)), inputs.study.solver)
    best = mono.solve().objective
    values = MeanBlock(mono.program, mono.interrupt).integers([], 0.0, 30.0, "test")
    assert values is not None
    first = mono.secured(values)
    assert first is not None and first.columns is not None
    assert first.objective >= best * (1 - 1e-4)
    activity = mono.whole.matrix @ first.columns
    assert (activity <= mono.whole.upper + 1e-5).all() and (activity >= mono.whole.lower - 1e-5).all()
    assert np.allclose(first.columns[mono.highs.integer], values)


def test_a_block_apart_stands_for_itself(tmp_path):
    """Of three blocks one apart: the mean of the other two and itself, with all the weight; all apart: the whole."""
    inputs = prepare(three_sites().study(tmp_path))
    program = stamp(build(inputs))
    apart = mean(program, frozenset({1}))
    others = [d for d in range(program.n_blocks) if d != 1]
    assert apart.weight.tolist() == pytest.approx([program.weight[others].sum(), program.weight[1]])
    assert (apart.hours.value.table[:, 1] == program.hours.value.table[:, 1]).all()
    share = program.weight[others] / program.weight[others].sum()
    assert apart.hours.value.table[:, 0] == pytest.approx(program.hours.value.table[:, others] @ share)
    assert mean(program, frozenset(range(program.n_blocks))) is program


@pytest.mark.parametrize(("sites", "years"), [(12, 1), (25, 2)])
def test_its_plan_over_few_sites_is_the_cheapest_of_all(sites: int, years: int):
    """The same least as the whole mean block has at once, when its plan columns are held at those found."""
    program = stamp(build(instance(sites, 3, years, carbon_share=0.5)))
    found = mean_plan(program, split(program), 60.0, threading.Event())
    assert found is not None
    small = mean(program)
    w = whole(small)
    w.cost[(len(found) + program.n_own * np.arange(small.n_blocks)[:, None] + program.elastic_columns()).ravel()] *= DEAREST
    at_once, held = Highs(w), Highs(w)
    at_once.relax(True)
    held.relax(True)
    held.bound_columns(np.arange(len(found)), found - 1e-6, found + 1e-6)
    assert held.run().objective == pytest.approx(at_once.run().objective, rel=1e-6)
    assert split(program).sites_used(found).sum() < sites
