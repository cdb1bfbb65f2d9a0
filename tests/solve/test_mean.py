"""The mean block: equal to the whole where all blocks are alike, and a good first plan where they are not."""

import numpy as np
import pytest

from siting.blocks.model import build
from siting.inputs.prepare import prepare
from siting.solve.mean import MeanBlock, mean
from siting.solve.monolith import Monolith
from siting.solve.stamp import stamp
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
