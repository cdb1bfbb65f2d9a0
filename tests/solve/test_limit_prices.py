"""Limits on many blocks at a price: laws of the relaxation, shares of what blocks count, and repair where the price was wrong.

All instances are SYNTHETIC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from siting.blocks.model import build
from siting.inputs.inputs import Inputs
from siting.solve.benders import limit_prices
from siting.solve.benders.decomposition import Decomposition
from siting.solve.benders.limit_prices import LimitPrices, first_prices, limits_of
from siting.solve.benders.repair import Repair
from siting.solve.benders.rounds import DEAREST, Best, Rounds
from siting.solve.benders.split import FIRST_PRICE, split
from siting.solve.highs import Highs
from siting.solve.program import Program, whole
from siting.solve.stamp import stamp
from tests.benchmarks.instances import instance

GAP = 0.01


@dataclass
class Known:
    """A small instance whose limit on carbon binds, its relaxation's exact optimum, and the price of the limit there."""

    inputs: Inputs
    program: Program
    optimum: float
    prices: np.ndarray  # of the plan's rows

    def rounds(self, times: float) -> Rounds:
        """At so many times the price."""
        options = self.inputs.study.solver.model_copy(update={"gap": GAP, "time_limit_s": 120.0})
        of = split(self.program)
        run = Decomposition(self.program, options, self.inputs.unavoidable_cost)
        rounds = Rounds(run, of, np.full(len(of.elastic), FIRST_PRICE), 1)
        usual = np.zeros(of.n_plan)
        for x in limits_of(of):
            usual[x.columns] = of.plan.upper[x.row] / of.weight.sum()
        rounds.limits = LimitPrices.told(of, of, times * self.prices, usual)
        return rounds


@pytest.fixture(scope="module")
def known() -> Iterator[Known]:
    inputs = instance(6, 4, carbon_share=0.25)
    program = stamp(build(inputs))
    highs = Highs(whole(program))
    highs.relax(True)
    own = len(program.plan.columns) + program.n_own * np.arange(program.n_blocks)[:, None] + program.elastic_columns()
    highs.bound_columns(own.ravel(), np.zeros(own.size), np.zeros(own.size))
    answer = highs.run(solver="ipx")
    assert answer.row_duals is not None
    prices = -answer.row_duals[: len(program.plan.rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limit_prices, "TOLD", 1)
        yield Known(inputs, program, answer.objective, prices)


def looked_at(rounds: Rounds) -> Best:
    best = rounds.settle(None, GAP / 10, "relaxation", lambda: True, proves=True)
    assert best is not None
    return best


def test_the_limits_are_the_rows_that_join_shares(known: Known):
    every = limits_of(split(known.program))
    training = [x for x in every if known.program.plan.rows[x.row].name == "workloads.does_all_work"]
    assert training and all(x.sign == -1.0 and x.step == -1.0 for x in training)  # of an equation, doing less is what costs
    assert sorted(d for x in training for d in x.blocks) == list(range(known.program.n_blocks))
    found = [x for x in every if x not in training]
    assert [str(known.program.plan.rows[x.row].name) for x in found] == ["limits.within_limit"]
    assert found[0].sign == 1.0 and len(found[0].blocks) == known.program.n_blocks
    assert known.prices[found[0].row] > 1.0  # EUR per t: it binds


@pytest.mark.parametrize("times", [0.3, 1.0, 2.0])
def test_a_bound_at_any_price_is_below_the_optimum_and_at_the_right_one_meets_it(known: Known, times: float):
    """Weak duality at any price, strong duality at that of the exact solution."""
    rounds = known.rounds(times)
    best = looked_at(rounds)
    allowed = rounds.run.allowed(best.value, GAP / 5)
    assert rounds.run.bound <= known.optimum * (1 + 1e-7)
    if times == 1.0:
        assert rounds.run.bound >= known.optimum - allowed


def test_with_what_blocks_count_as_shares_the_cost_is_that_of_the_relaxation_and_of_the_room_left(known: Known):
    """value at a price = cost − price · (limit − what is counted); and no block exceeds its share."""
    rounds = known.rounds(2.0)
    limits = rounds.limits
    assert limits is not None
    best = looked_at(rounds)
    shared = limits.filled(best.plan, best.found)
    room = limits.room(shared)
    assert (room > 0).all()  # at twice the price, too little is counted
    over = limits.elastic
    rounds.limits, rounds.price = None, np.where(np.isin(np.arange(len(rounds.price)), over), DEAREST, rounds.price)
    found = rounds.look(shared)
    assert found.penalty[over] == pytest.approx(0.0, abs=1e-6 * abs(found.value))
    assert found.value == pytest.approx(best.value + float(limits.price @ room), rel=1e-6)
    brim = limits.to_the_brim(shared)
    assert limits.room(brim) == pytest.approx(0.0, abs=1e-9 * limits.counted(best.plan, best.found).max())
    assert rounds.look(brim).value <= found.value * (1 + 1e-9)


def test_what_a_plan_does_in_the_hours_is_told_at_dear_prices(known: Known):
    """At mild ones, blocks would break a limit that the plan keeps, because it is cheap."""
    rounds = known.rounds(2.0)
    limits = rounds.limits
    assert limits is not None
    best = looked_at(rounds)
    shared, over = limits.filled(best.plan, best.found), rounds.split.elastic[limits.elastic]
    mild, dear = rounds.price, np.full(len(rounds.price), DEAREST)
    assert rounds.workers.operation(shared, mild)[over].max() > 1.0
    assert rounds.workers.operation(shared, dear)[over] == pytest.approx(0.0, abs=1e-3)


def test_blocks_tell_no_higher_price_than_what_breaking_the_limit_costs(known: Known):
    """So breaking a limit that many blocks may tell the price of costs more at first than breaking other rules."""
    rounds = known.rounds(1.0)
    s, limits, rounds.limits = rounds.split, rounds.limits, None
    assert limits is not None
    of = limits.limits[0]
    first = first_prices(s)
    assert (first[limits.elastic] == limit_prices.DEARER * FIRST_PRICE).all()
    assert (np.delete(first, limits.elastic) == FIRST_PRICE).all()
    breaking = s.weight[of.blocks] * s.penalty[of.elastic, of.blocks] / of.each
    told = []
    for part in (0.5, 20.0):
        rounds = known.rounds(1.0)
        rounds.limits, price = None, part * known.prices[of.row] / breaking.max()
        rounds.price = np.where(np.isin(np.arange(len(first)), limits.elastic), price, first)
        looked_at(rounds)
        told.append(rounds.master.row_prices[of.row])
        assert told[-1] <= price * breaking.max() * (1 + 1e-6)
    assert told[0] < 0.6 * known.prices[of.row]
    assert told[1] == pytest.approx(known.prices[of.row], rel=0.3)  # of a relaxation that is near enough


@pytest.mark.parametrize("times, too_much", [(0.15, True), (0.5, True), (1.0, False)])
def test_a_repaired_plan_keeps_the_limit_whether_it_counted_too_much_or_not(known: Known, times: float, too_much: bool):
    rounds = known.rounds(times)
    limits = rounds.limits
    assert limits is not None
    relaxed = looked_at(rounds)
    whole_plan = rounds.dive(relaxed, lambda: True)
    assert whole_plan is not None
    chosen = rounds.settle(whole_plan, GAP / 2, "plan", lambda: True, fixed=True)
    assert chosen is not None
    assert (limits.room(limits.filled(chosen.plan, chosen.found)) < 0).any() == too_much
    plan = Repair(rounds, rounds.run.going).of(chosen)
    assert plan is not None and not rounds.breaks(plan)
    assert (limits.room(plan.plan) >= -1e-6 * limits.counted(chosen.plan, chosen.found)).all()
    assert plan.value >= known.optimum * (1 - 1e-7)
    whole_numbers = plan.plan[rounds.split.plan.integer]
    assert whole_numbers == pytest.approx(np.round(whole_numbers), abs=1e-6)


def test_a_price_that_few_blocks_told_is_not_in_the_way_of_the_gap(monkeypatch: pytest.MonkeyPatch):
    """24 blocks, of which three tell the price: far from the right one. The gap closes all the same, by shares."""
    monkeypatch.setattr(limit_prices, "TOLD", 1)
    inputs = instance(4, 24, carbon_share=0.2)
    options = inputs.study.solver.model_copy(update={"gap": GAP, "time_limit_s": 600.0})
    run = Decomposition(stamp(build(inputs)), options, inputs.unavoidable_cost, processes=1)
    found = run.solve()
    assert run.limits is not None
    assert found.status == "optimal" and found.gap_of_siting <= GAP


def test_few_blocks_tell_once_more_when_all_count_otherwise_under_their_plan(monkeypatch: pytest.MonkeyPatch):
    """Less is allowed to them by what all count too much, and the price rises; more, and it falls."""
    monkeypatch.setattr(limit_prices, "TOLD", 1)
    inputs = instance(4, 24, carbon_share=0.2)
    options = inputs.study.solver.model_copy(update={"gap": GAP, "time_limit_s": 600.0})
    run = Decomposition(stamp(build(inputs)), options, inputs.unavoidable_cost, processes=1)
    s = split(run.program)
    run.price = first_prices(s)
    told: list[float] = []
    left: list[float] = []
    tell, leave = LimitPrices.told, LimitPrices.left

    def telling(*given):
        found = tell(*given)
        told.append(float(found.price[0]))
        return found

    def leaving(*given):
        found = leave(*given)
        left.append(float(found[0]))
        return found

    monkeypatch.setattr(LimitPrices, "told", staticmethod(telling))
    monkeypatch.setattr(LimitPrices, "left", leaving)
    fine = Rounds(run, s, run.price, 1)
    plan = run._start(s, fine)
    assert plan is not None and run.limits is not None and len(fine.master.cuts().block) == 0  # it looks, and keeps no cut
    assert len(told) == 2 and len(left) == 1 and abs(left[0]) > 0.02 * s.plan.upper[run.limits.limits[0].row]
    assert (told[1] - told[0]) * left[0] < 0
    assert run.limits.price[0] == told[1]
