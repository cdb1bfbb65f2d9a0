"""Closed sites are left out of the blocks and priced: their cuts hold, nothing is missed, and the proof is of all sites."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from siting.blocks.model import build
from siting.solve.benders import decomposition, rounds, subproblem
from siting.solve.benders.decomposition import Decomposition
from siting.solve.benders.nearest import nearest
from siting.solve.benders.rounds import Rounds
from siting.solve.benders.site_of import SiteOf
from siting.solve.benders.site_pricing import SitePricing
from siting.solve.benders.split import Split, split
from siting.solve.benders.subproblem import Evaluation, Subproblems
from siting.solve.monolith import Monolith
from siting.solve.program import Program
from siting.solve.stamp import stamp

from ..benchmarks.instances import instance
from ..blocks.small import three_sites

N_SITES = 8


@pytest.fixture(scope="module")
def program() -> Program:
    """SYNTHETIC: eight sites, four days."""
    return stamp(build(instance(N_SITES, 4)))


@pytest.fixture(scope="module")
def parts(program: Program) -> Split:
    return split(program)


def plan_with(parts: Split, sites: list[int], seed: int) -> np.ndarray:
    """A plan near random numbers that uses these sites alone, however little it can do."""
    rng = np.random.default_rng(seed)
    used = (parts.plan.site < 0) | np.isin(parts.plan.site, sites)
    upper = np.where(used, parts.plan.column_upper, 0.0)
    lower = np.where(parts.plan.lower > 0, -np.inf, parts.plan.lower)
    only = replace(parts, plan=replace(parts.plan, column_upper=upper, lower=lower))
    found = nearest(only, rng.uniform(0.2, 1.0, parts.n_plan) * np.minimum(upper, 200.0))
    assert found is not None
    return found


def test_what_is_left_out_changes_no_value_and_its_cut_holds_everywhere(parts: Split):
    blocks, price = list(range(parts.n_blocks)), np.full(len(parts.elastic), 1e-4)
    here = plan_with(parts, [0, 2, 5], 0)
    some, all_in = Subproblems(parts), Subproblems(parts)
    all_in._stays[:] = True
    expected = all_in.evaluate(here, price, blocks)
    found = some.evaluate(here, price, blocks)
    assert some.view.sites.sum() == 3 and all_in.view.sites.all()
    for seed, sites in enumerate(([1, 3, 4], [0, 2, 5, 6], list(range(N_SITES)), [7]), start=1):
        there = plan_with(parts, sites, seed)
        at_there = Subproblems(parts).evaluate(there, price, blocks)
        for a, b, e in zip(found, at_there, expected, strict=True):
            assert a.value == pytest.approx(e.value, rel=1e-7) and a.tight
            assert a.constant + a.slope @ there[parts.links[:, a.block]] <= b.value * (1 + 1e-6) + 1e-3


@pytest.mark.parametrize("missing, all_stay", [(1, False), (3, True)])
def test_a_few_cuts_that_need_all_sites_get_them_and_many_keep_them_in(
    parts: Split, monkeypatch: pytest.MonkeyPatch, missing: int, all_stay: bool
):
    """As if the cuts of some blocks missed their values while sites are left out."""
    monkeypatch.setattr(subproblem, "FEW", 2)
    price, here, evaluate = np.full(len(parts.elastic), 1e-4), plan_with(parts, [0, 2, 5], 0), Subproblems._evaluate

    def loose(self: Subproblems, d: int, plan: np.ndarray, wanted: np.ndarray) -> Evaluation:
        found = evaluate(self, d, plan, wanted)
        return found if d >= missing or self._stays.all() else found._replace(tight=False)

    monkeypatch.setattr(Subproblems, "_evaluate", loose)
    work = Subproblems(parts)
    found = work.evaluate(here, price, list(range(parts.n_blocks)))
    assert [e.block for e in found] == list(range(parts.n_blocks)) and all(e.tight for e in found)
    assert work._stays.all() == all_stay and work.view.sites.sum() == (N_SITES if all_stay else 3)


def test_cuts_hold_where_a_column_stands_in_several_rows_of_one_constraint(parts: Split):
    """As with all packing rows taken for one: rents are then more than is needed, and still prove."""
    one = replace(parts, site_of=replace(parts.site_of, kind=np.zeros_like(parts.site_of.kind)))
    price, here, there = np.full(len(parts.elastic), 1e-4), plan_with(parts, [0, 2, 5], 0), plan_with(parts, [1, 3, 4], 1)
    sub = Subproblems(one)
    found = sub.evaluate(here, price, [0, 1])
    assert len(sub.pricing._layers) == 1 and not isinstance(sub.pricing._layers[0].own_at, slice)
    assert all(isinstance(x.own_at, slice) for x in SitePricing(parts, parts.sites_used(here))._layers)
    for a, b in zip(found, Subproblems(parts).evaluate(there, price, [0, 1]), strict=True):
        assert a.tight and a.constant + a.slope @ there[parts.links[:, a.block]] <= b.value * (1 + 1e-6) + 1e-3


def worth_of_closed(parts: Split, sub: Subproblems, plan: np.ndarray, found: list[Evaluation]) -> float:
    """What all blocks' cuts say that the largest plants of each kind would save at closed sites."""
    at = sub.pricing.links
    return -sum(float(e.slope[at] @ parts.typical(plan)[parts.links[at, e.block]]) for e in found)


def test_closed_sites_have_the_prices_of_the_open_one_that_tell_least_of_them(parts: Split):
    """At what is wanted of them, after all open ones had their turn."""
    blocks, price, here = list(range(parts.n_blocks)), np.full(len(parts.elastic), 1e-4), plan_with(parts, [0, 2, 5], 0)
    sub, wanted = Subproblems(parts), parts.typical(here)
    worth = [worth_of_closed(parts, sub, here, sub.evaluate(here, price, blocks, wanted)) for _ in range(4)]
    alone = []
    for donor in (0, 2, 5):
        one = Subproblems(parts)
        one._choose(parts.sites_used(here))
        one.pricing.donors = lambda number, tried, known, donor=donor: [donor]  # type: ignore[method-assign]
        alone.append(worth_of_closed(parts, one, here, one.evaluate(here, price, blocks)))
    assert worth[-1] <= min(alone) * (1 + 1e-9) and max(alone) > 1.01 * min(alone)
    assert all(b <= a * (1 + 1e-9) for a, b in pairwise(worth))


def test_rounding_of_the_solver_is_no_reason_to_load_all_sites(parts: Split, monkeypatch: pytest.MonkeyPatch):
    """Where a cut misses its value with all sites in, too, those left out are not why."""
    monkeypatch.setattr(subproblem, "LOOSE", -1.0)  # no cut is ever near enough
    some, here = Subproblems(parts), plan_with(parts, [0, 2, 5], 0)
    for _ in range(2):
        some.evaluate(here, np.full(len(parts.elastic), 1e-4), list(range(parts.n_blocks)))
        assert some.view.sites.sum() == 3


def test_memory_is_given_back_when_lps_were_loaded_anew_and_only_then(parts: Split, monkeypatch: pytest.MonkeyPatch):
    given = []
    monkeypatch.setattr(subproblem, "_give_back", lambda: given.append(1))
    some, price = Subproblems(parts), np.full(len(parts.elastic), 1e-4)
    for _ in range(3):
        some.evaluate(plan_with(parts, [0, 2, 5], 0), price, list(range(parts.n_blocks)))
    assert len(given) == 1  # at first all sites are in view
    some.evaluate(plan_with(parts, [0, 1, 2, 5], 0), price, list(range(parts.n_blocks)))
    assert len(given) == 2


def test_a_coefficient_in_two_parts_is_their_sum(parts: Split):
    """The template may hold an entry twice; cuts count both."""
    alike = np.setdiff1d(np.arange(len(parts.row)), parts.value.where)
    first = np.array([alike[parts.col[alike] < parts.n_own][0], alike[parts.col[alike] >= parts.n_own][0]])
    base = parts.value.base.copy()
    base[first] /= 2
    value = replace(parts.value, base=np.append(base, base[first]))
    twice = replace(parts, row=np.append(parts.row, parts.row[first]), col=np.append(parts.col, parts.col[first]), value=value)
    blocks, price, plan = list(range(parts.n_blocks)), np.full(len(parts.elastic), 1e-4), plan_with(parts, [0, 2, 5], 0)
    for a, b in zip(
        Subproblems(parts).evaluate(plan, price, blocks), Subproblems(twice).evaluate(plan, price, blocks), strict=True
    ):
        assert b.tight and b.value == pytest.approx(a.value, rel=1e-7)
        assert b.constant + b.slope @ plan[parts.links[:, b.block]] == pytest.approx(a.value, rel=1e-5)


def test_the_lp_follows_the_plan_to_other_sites(parts: Split):
    """Sites join and leave one LP, warm; the values are those of a new one."""
    blocks, price, same = list(range(parts.n_blocks)), np.full(len(parts.elastic), 1e-4), Subproblems(parts)
    for seed, sites in enumerate(([0, 1], [1, 2, 3], [4], [0, 1, 2, 3, 4, 5, 6, 7], [6, 7], [0], [0], [0], [0], [0], [1])):
        plan = plan_with(parts, sites, seed)
        values = [e.value for e in same.evaluate(plan, price, blocks)]
        assert values == pytest.approx([e.value for e in Subproblems(parts).evaluate(plan, price, blocks)], rel=1e-7)
    assert same.view.sites.sum() < N_SITES
    operation = same.operation(plan, price, blocks)
    assert operation.shape == (parts.n_own, parts.n_blocks) and not operation[parts.site_of.own == 5].any()


def test_a_site_that_does_something_while_closed_stays_in(program: Program):
    """A row that nothing satisfies at zero, or columns of another site in it: the site is not left out."""
    of = split(program).site_of
    assert of.apart.all()
    sites = sorted({str(c.index["site"]) for c in program.plan.columns if "site" in c.index})
    row = int(np.flatnonzero(of.row == 3)[0])
    lower = replace(program.hours.lower, base=np.where(np.arange(len(of.row)) == row, 1.0, program.hours.lower.base))
    needs = replace(program, hours=replace(program.hours, lower=lower))
    assert not SiteOf.of(needs, sites).apart[3] and SiteOf.of(needs, sites).apart.sum() == N_SITES - 1
    other = int(np.flatnonzero(of.own == 4)[0])
    col = program.hours.col.copy()
    entry = int(np.flatnonzero((of.row[program.hours.row] == 3) & (col < program.n_own))[0])
    col[entry] = other
    assert not SiteOf.of(replace(program, hours=replace(program.hours, col=col)), sites).apart[3]


@pytest.mark.parametrize("only", [0, 1, 2])
def test_sites_that_the_first_plan_misses_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only: int):
    """The master begins with one site, whichever; the answer is the monolith's, and so is what is proven."""
    case = three_sites()
    case.raw["limits"]["carbon_location"] = {"max_t_per_year": 90_000.0}
    inputs = case.inputs(tmp_path)
    program = stamp(build(inputs))
    monkeypatch.setattr(decomposition, "FEW_SITES", 0)
    one_site = np.where(split(program).plan.site == only, 1.0, 0.0)
    monkeypatch.setattr(decomposition, "mean_plan", lambda *a: one_site)
    options = inputs.study.solver.model_copy(update={"gap": 1e-6, "time_limit_s": 60.0})
    one = Monolith(program, options, inputs.unavoidable_cost).solve()
    gap = options.model_copy(update={"gap": 0.01})
    other = Decomposition(program, gap, inputs.unavoidable_cost).solve()
    noise = 1e-6 * abs(one.objective)
    assert one.bound <= other.objective + noise and other.bound <= one.objective + noise
    assert other.gap_of_siting <= 0.01 + 1e-9


def test_the_proof_begins_with_small_steps_and_lengthens_them_unless_they_are_wild(
    parts: Split, program: Program, monkeypatch: pytest.MonkeyPatch
):
    """From a plan of three sites, until all eight are proven; what each step found says how long the next one is."""
    inputs = instance(N_SITES, 4)
    run = Decomposition(program, inputs.study.solver, inputs.unavoidable_cost)
    of = Rounds(run, parts, np.full(len(parts.elastic), 1e-4), 1)
    lengths, wild, look = [], [], of.look
    best: list[rounds.Best] = []

    def looked(plan: np.ndarray, wanted: np.ndarray | None = None) -> rounds.Best:
        found = look(plan, wanted)
        if wanted is not None:
            here = best[-1]
            lengths.append(np.linalg.norm(plan - here.plan) / np.linalg.norm(wanted - here.plan))
            wild.append(found.value - here.value > here.value - of.low)
        if not best or found.value < best[-1].value:
            best.append(found)
        return found

    monkeypatch.setattr(of, "look", looked)
    proven = of.prove(plan_with(parts, [0, 2, 5], 0), 0.02, "relaxation", lambda: True)
    assert lengths[0] == pytest.approx(rounds.LITTLE) and max(lengths) > 0.1
    for before, was_wild, after in zip(lengths, wild, lengths[1:]):
        assert after == pytest.approx(max(before / 2, rounds.LITTLE) if was_wild else min(2 * before, 1.0))
    assert run.bound <= proven.value <= run.bound + run.allowed(proven.value, 0.02) * (1 + 1e-9)


def test_a_proof_that_gains_little_charges_more_and_ends_when_there_is_no_more_to_charge(
    parts: Split, program: Program, monkeypatch: pytest.MonkeyPatch
):
    """Every round counts as slow, from a plan that breaks no rule. Bounds at any price are below the optimum."""
    monkeypatch.setattr(rounds, "STALL", 1e9)
    inputs = instance(N_SITES, 4)
    plan = Monolith(program, inputs.study.solver.model_copy(update={"gap": 0.05}), inputs.unavoidable_cost).solve()
    run = Decomposition(program, inputs.study.solver, inputs.unavoidable_cost)
    of = Rounds(run, parts, np.full(len(parts.elastic), 1e-3), 1)
    told, charge_more = [], of.charge_more
    waits, breaks = [], of.breaks

    def charged(best: rounds.Best, little: float = 0.0) -> bool:
        before, more = of.price.copy(), charge_more(best, little)
        told.append((run.rounds, more))
        assert more == bool((of.price > before).any())
        return more

    def broke(best: rounds.Best) -> bool:
        found = breaks(best)
        if found:
            waits.append(run.rounds)
        return found

    monkeypatch.setattr(of, "charge_more", charged)
    monkeypatch.setattr(of, "breaks", broke)
    proven = of.prove(plan.plan, 1e-5, "relaxation", lambda: True)
    assert [more for _, more in told] == [True] * (len(told) - 1) + [False] and len(told) > 1
    for (before, _), (after, _) in pairwise(told):  # one look at new prices, and a round more while the best plan breaks a rule
        assert after - before == rounds.SLOW + 1 + sum(before < at <= after for at in waits)
    assert of.price.max() == rounds.DEAREST
    assert run.bound <= plan.objective and proven.value <= plan.objective * (1 + 1e-9)
