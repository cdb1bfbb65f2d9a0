"""The audit accepts a true solution and refuses one that was tampered with, and says what is wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from siting.errors import ModelError
from siting.inputs.inputs import Inputs
from siting.pipeline import solve
from siting.results.audit import audit
from siting.results.solution import Solution
from tests.answers.clean_case import prepared, whole_portfolio
from tests.blocks.small import three_sites, with_plant, with_storage


@pytest.fixture(scope="module")
def solved(tmp_path_factory) -> tuple[Solution, Inputs]:
    """With training, two coolings, PV behind the meter, a contract and a battery: every balance is at work."""
    small = three_sites()
    small.raw["solver"]["gap"] = 0.02
    inputs = with_storage(with_plant(small.inputs(tmp_path_factory.mktemp("audit"))))
    return solve(inputs), inputs


def times(name: str, factor: float) -> Callable[[Solution], None]:
    """The variable, wherever it stands, times a factor."""

    def tamper(s: Solution) -> None:
        s.data[name] = s.data[name] * factor

    return tamper


def told(account: str, factor: float) -> Callable[[Solution], None]:
    """What the report says of an account, times a factor."""

    def tamper(s: Solution) -> None:
        s.accounts.loc[s.accounts["account"] == account, "value"] *= factor

    return tamper


def swap_reach(s: Solution) -> None:
    """As if no site were near enough to anyone."""
    s.data["reachable"] = s.data["reachable"] * 0


def half_modules(s: Solution) -> None:
    s.data["cooling_installed"] = s.data["cooling_installed"] + 2.5 * (s.data["cooling_installed"] > 0)


def more_matched(s: Solution) -> None:
    s.data["contracts_matched"] = s.data["contracts_matched"] + 100.0


TAMPERED = {
    "power": (times("grid_imported", 0.99), "power at the busbar is off"),
    "own plant": (times("generation_used", 1.05), "plant gives more than the weather|power at the busbar"),
    "heat": (times("cooling_carried", 0.9), "heat carried and IT power differ"),
    "work of users": (times("workloads_serve", 0.95), "work served differs from the demand"),
    "latency": (swap_reach, "a site serves a region beyond its latency limit"),
    "work of training": (times("workloads_train", 0.9), r"training 'yearly': [\d.]+ of 17520\.0 MWh are done"),
    "rate of training": (times("workloads_train", 3.0), "training 'daily' exceeds its largest rate"),
    "capacity": (times("sites_new_it", 0.5), "IT power exceeds what is installed"),
    "room": (times("sites_open", 0.0), "a site holds more IT than it has room for"),
    "modules": (half_modules, "halls are not whole modules"),
    "connection": (times("grid_connection", 0.7), "the connection does not carry the design hour"),
    "headroom": (times("grid_connection", 50.0), "a connection exceeds the headroom of its bus"),
    "cost": (told("cost", 0.999), r"cost: recomputed [\d.e+]+, told [\d.e+]+"),
    "carbon": (told("carbon_location", 0.98), "carbon_location: recomputed"),
    "carbon of the market": (told("carbon_market", 1.02), "carbon_market: recomputed"),
    "matched": (more_matched, "more is matched than (imported|contracted)"),
    "level": (times("storage_level", 1.5), "the level of a storage does not follow"),
    "rest": (times("storage_rest", 1.5), "a block hands on less than it was given|level of a storage"),
    "storage energy": (times("storage_energy", 0.5), "a storage holds more than its energy"),
    "storage power": (times("storage_power", 0.5), "a storage moves more than its power"),
    "water": (told("water", 0.9), "water: recomputed"),
}


def test_a_true_solution_passes(solved):
    solution, inputs = solved
    assert audit(solution, inputs) is solution


@pytest.mark.parametrize("what", TAMPERED)
def test_a_tampered_one_is_refused(solved, what):
    solution, inputs = solved
    tamper, message = TAMPERED[what]
    other = copy.copy(solution)
    other.data, other.accounts = solution.data.copy(), solution.accounts.copy()
    tamper(other)
    with pytest.raises(ModelError, match=message):
        audit(other, inputs)
    assert audit(solution, inputs) is solution


@pytest.mark.parametrize(
    "account", ["carbon_embodied", "land", "clean", "facility_energy", "net_demand", "connection", "sites"]
)
def test_every_account_is_recomputed(solved, account):
    solution, inputs = solved
    other = copy.copy(solution)
    other.accounts = solution.accounts.copy()
    told(account, 2.0)(other)
    assert solution.total(account) > 0
    with pytest.raises(ModelError, match=account):
        audit(other, inputs)


def test_limits_are_looked_at(solved):
    solution, inputs = solved
    limit = copy.deepcopy(inputs.study.model_dump())
    limit["limits"] = {"water": {"max_m3_per_year": solution.total("water") * 0.5}}
    other = copy.copy(inputs)
    other.study = type(inputs.study).model_validate(limit)
    with pytest.raises(ModelError, match="water"):
        audit(solution, other)


def test_windows_of_training_are_looked_at(solved):
    """All of the monthly work moved to one block: the year's sum holds, the month's does not."""
    solution, inputs = solved
    other = copy.copy(solution)
    other.data = solution.data.copy(deep=True)
    train = other.data["workloads_train"]
    work = train.sel(workload="daily")
    moved = work.copy()
    moved[dict(block=0)] = work.isel(block=0) * 0
    weight = other.data["weight"]
    lost = float((work.isel(block=0) * weight[0]).sum())
    moved[dict(block=2)] = work.isel(block=2) * (1 + lost / float((work.isel(block=2) * weight[2]).sum()))
    train.loc[dict(workload="daily")] = moved
    with pytest.raises(ModelError, match=r"of a day|window|in block"):
        audit(other, inputs)


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory) -> tuple[Solution, Inputs]:
    """Own plant of every kind, sale, a battery, contracts by zone and age, a carbon price."""
    inputs = prepared(whole_portfolio(), tmp_path_factory.mktemp("portfolio"))
    return solve(inputs), inputs


CLEAN_ACCOUNTS = [
    "clean", "cfe", "additional", "procured", "excess", "carbon_market", "carbon_consequence", "carbon_onsite",
    "carbon_counted", "land_nearby", "net_demand",
]  # fmt: skip


@pytest.mark.parametrize("account", CLEAN_ACCOUNTS)
def test_every_account_of_the_portfolio_is_recomputed(portfolio, account):
    solution, inputs = portfolio
    assert solution.total(account) > 0
    other = copy.copy(solution)
    other.accounts = solution.accounts.copy()
    told(account, 1.01)(other)
    with pytest.raises(ModelError, match=rf"{account}: recomputed"):
        audit(other, inputs)
    assert audit(solution, inputs) is solution


PORTFOLIO_TAMPERED = {
    "matched": (times("contracts_matched", 3.0), "more is matched than (imported|contracted)"),
    "energy of backup": (times("plant_full_load_hours", 0.9), "plant gives more energy than its full-load hours"),
    "meter": (times("grid_connection", 0.5), "import exceeds the connection"),
    "score": (times("grid_clean_share", 0.5), "the limit on cfe per net_demand"),
}


@pytest.mark.parametrize("what", PORTFOLIO_TAMPERED)
def test_a_tampered_portfolio_is_refused(portfolio, what):
    solution, inputs = portfolio
    tamper, message = PORTFOLIO_TAMPERED[what]
    other = copy.copy(solution)
    other.data = solution.data.copy()
    tamper(other)
    with pytest.raises(ModelError, match=message):
        audit(other, inputs)
