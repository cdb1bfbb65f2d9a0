"""An oracle by another library: a SYNTHETIC instance written in linopy by hand costs the same as ours."""

from __future__ import annotations

import numpy as np
import pytest

from siting.blocks.model import build
from siting.inputs.inputs import Inputs
from siting.solve.monolith import Monolith
from siting.solve.outcome import Outcome
from siting.solve.stamp import stamp

from ..benchmarks.instances import instance

pytest.importorskip("linopy", reason="linopy is an oracle of the tests only: pip install 'siting[dev]'")
GAP = 0.005  # of the cost that depends on siting


def by_us(inputs: Inputs, relaxed: bool) -> Outcome:
    program = stamp(build(inputs))
    program.plan.integer[:] &= not relaxed
    return Monolith(program, inputs.study.solver, inputs.unavoidable_cost).solve()


def test_linear_programs_cost_the_same():
    from ..benchmarks.linopy_instance import solved_by_linopy, written_in_linopy

    inputs = instance(4, 2, carbon_share=0.3)
    m = written_in_linopy(inputs, relaxed=True)
    status, dependent, *_ = solved_by_linopy(m, True, GAP, 60.0)
    assert status == "optimal"
    assert float(m.constraints["within_carbon"].dual) < -1e-3  # 1000 EUR per t: the limit binds
    assert np.isclose(dependent + inputs.unavoidable_cost, by_us(inputs, relaxed=True).objective, rtol=1e-6)


def test_whole_modules_bracket_each_other():
    from ..benchmarks.linopy_instance import solved_by_linopy, written_in_linopy

    inputs = instance(4, 2, gap=GAP)
    status, dependent, gap, _ = solved_by_linopy(written_in_linopy(inputs, relaxed=False), False, GAP, 60.0)
    ours = by_us(inputs, relaxed=False)
    assert (status, ours.status) == ("optimal", "optimal")
    assert gap <= GAP
    assert ours.bound - inputs.unavoidable_cost <= dependent * (1 + 1e-6)
    assert dependent * (1 - gap) <= (ours.objective - inputs.unavoidable_cost) * (1 + 1e-6)
