"""The ledger's rules: each mistake of a block is an error that names the block."""

from __future__ import annotations

import pytest

from siting.blocks.ledger import EVERYWHERE, Ledger
from siting.errors import ModelError


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.enter("plan", "cooling")
    return ledger


def test_post_after_read_names_both_blocks(ledger):
    ledger.post("design_power", "halls", {"north": 1.0})
    ledger.enter("plan", "grid")
    ledger.total("design_power")
    ledger.enter("plan", "storage")
    with pytest.raises(ModelError, match=r"storage posts charging to design_power after grid has read it; move storage"):
        ledger.post("design_power", "charging", {"north": 2.0})


def test_plan_and_hours_close_apart(ledger):
    """`limits.plan` reads carbon before any hour has posted: the hours may still post."""
    ledger.post("cost", "halls", {"north": 5.0})
    ledger.enter("plan", "limits")
    assert ledger.sum_over("cost") == 5.0
    ledger.enter("operate", "grid")
    ledger.post("cost", "energy", {("north", 0): 2.0, ("north", 1): 3.0, ("south", 0): 7.0})
    ledger.enter("operate", "limits")
    assert ledger.sum_over("cost", ["north"]) == 5.0
    assert ledger.sum_over("cost") == 12.0
    with pytest.raises(ModelError, match="after limits has read it"):
        ledger.post("cost", "late", {EVERYWHERE: 1.0})


def test_unknown_account(ledger):
    with pytest.raises(ModelError, match=r"cooling posts heat to 'warmth', which is no account: .*cost"):
        ledger.post("warmth", "heat", {"north": 1.0})


def test_two_entries_of_one_name(ledger):
    ledger.post("cost", "halls", {"north": 1.0})
    with pytest.raises(ModelError, match=r"cost has two entries called cooling\.halls"):
        ledger.post("cost", "halls", {"south": 1.0})
    ledger.post("land", "halls", {"north": 1.0})


def test_reading_what_nobody_posted_names_the_reader(ledger):
    with pytest.raises(ModelError, match="cooling reads it_capacity, but no block before it in BLOCKS has posted to it"):
        ledger.total("it_capacity")
    assert ledger.total("water") == {}, "totals may be empty"


def test_an_account_of_the_plan_in_the_hours(ledger):
    ledger.enter("operate", "cooling")
    with pytest.raises(ModelError, match="cooling posts halls to land in the hours, but that account is the plan's alone"):
        ledger.post("land", "halls", {("north", 0): 1.0})


def test_totals_are_sums_by_place(ledger):
    ledger.post("cost", "halls", {"north": 1.0, "south": 2.0})
    ledger.enter("plan", "grid")
    ledger.post("cost", "lines", {"north": 10.0})
    assert ledger.total("cost") == {"north": 11.0, "south": 2.0}
