"""Few blocks that stand for all count as much of a limit as all do, when its row is moved. SYNTHETIC instances."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from siting.blocks.model import build
from siting.solve import limit_prices
from siting.solve.counted import Counted
from siting.solve.decomposition import Decomposition
from siting.solve.limit_prices import LimitPrices, first_prices, limits_of
from siting.solve.rounds import Best, Rounds
from siting.solve.split import split
from siting.solve.stamp import stamp
from tests.benchmarks.instances import instance

GAP = 0.002
DAYS = 24


class Both:
    """Rounds over `few` blocks of a study, and over all."""

    def __init__(self, few: int):
        inputs = instance(4, DAYS, carbon_share=0.2)
        options = inputs.study.solver.model_copy(update={"gap": GAP, "time_limit_s": 120.0})
        run = Decomposition(stamp(build(inputs)), options, inputs.unavoidable_cost)
        fine = split(run.program)
        coarse, self.number = fine.coarser(few)
        self.carbon = next(x for x in limits_of(coarse) if coarse.own_names[coarse.elastic()[x.elastic]] == "limits.over")
        price = first_prices(coarse)
        price[self.carbon.elastic] *= 100.0  # so that the few keep the limit
        self.few, self.every = (Rounds(run, s, price, 1) for s in (coarse, fine))
        self.counted = Counted(self.few, self.every, self.number)

    def settled(self, start: np.ndarray | None = None) -> Best:
        best = self.few.settle(start, GAP, "first plan", lambda: True)
        assert best is not None
        return best

    def left_by_all(self, best: Best) -> float:
        """Of the limit, in parts of what all blocks count at this plan and the price that the few tell."""
        plan = best.plan[self.number]
        prices = LimitPrices.told(self.every.split, self.few.split, self.few.master.row_prices, plan)
        assert prices is not None
        self.every.limits = prices
        found = self.every.look(plan)
        self.every.limits = None
        return float((prices.left(found.plan, found.found) / prices.counted(found.plan, found.found))[0])


@pytest.fixture(autouse=True)
def _few_may_tell_a_price(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(limit_prices, "TOLD", 1)
    yield


def test_blocks_that_stand_for_themselves_count_alike():
    both = Both(DAYS)
    assert both.counted.moved(both.settled()) is None


def test_the_row_of_few_blocks_is_moved_until_all_blocks_fill_the_limit():
    both = Both(3)
    best = both.settled()
    before = both.left_by_all(best)
    assert abs(before) > 0.1  # three days count otherwise than 24
    moved = both.counted.moved(best)
    assert moved is not None
    p, row = both.few.split.plan, both.carbon.row
    missing = p.upper[row] - (p.matrix[row] @ moved)[0]  # the plan fills the row to its moved end
    assert np.sign(missing) == -np.sign(before)
    assert both.left_by_all(best) == pytest.approx(before)  # a look changes nothing
    best = both.settled(moved)
    for _ in range(3):
        moved = both.counted.moved(best)
        if moved is None:
            break
        best = both.settled(moved)
    assert abs(both.left_by_all(best)) < abs(before) / 3
