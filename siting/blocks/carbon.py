"""Carbon and clean shares of what is imported. The accounts stand side by side and are never added up.

    carbon_location    += carbon_average[t] · imported[s,t]
    carbon_market      += carbon_residual[t] · (imported[s,t] − matched[s,t])
    carbon_consequence += carbon_marginal[t] · imported[s,t]                      where a marginal factor is given
    cfe                += grid_clean_share[t] · (imported[s,t] − matched[s,t])    where the grid's share is given
    carbon_counted     =  the one of the three that the study counts + carbon_onsite + carbon_embodied
    cost               += carbon price · carbon_counted

CFE of a site is cfe / net_demand: own clean plant used, import matched in its hour, and the grid's own share of the rest.
"""

import pyomo.environ as pyo

from .given import Given
from .ledger import Ledger


def plan(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    _count(given, ledger, ("carbon_embodied",))


def operate(b: pyo.Block, given: Given, ledger: Ledger) -> None:
    if given.study.grid is None:
        return
    imported = ledger.total("grid_import")
    matched = ledger.total("matched") if given.study.contracts else {}
    for account, factor in (
        ("carbon_location", "carbon_average"),
        ("carbon_market", "carbon_residual"),
        ("carbon_consequence", "carbon_marginal"),
        ("cfe", "grid_clean_share"),
    ):
        if not given.has(factor):
            continue
        rate = getattr(given, factor)
        ledger.post(account, "imported", {(s, t): rate[t] * x for (s, t), x in imported.items()})
        if matched and account in ("carbon_market", "cfe"):
            ledger.post(account, "matched_import", {(s, t): -rate[t] * x for (s, t), x in matched.items()})
    if given.study.carbon:
        _count(given, ledger, (f"carbon_{given.study.carbon.counts}", "carbon_onsite"))


def _count(given: Given, ledger: Ledger, accounts: tuple[str, ...]) -> None:
    """Post these accounts to `carbon_counted`, and their price to `cost`."""
    if given.study.carbon is None:
        return
    price = given.carbon_price
    for account in accounts:
        amounts, line = ledger.total(account), account.removeprefix("carbon_")
        ledger.post("carbon_counted", line, amounts)
        if given.nonzero("carbon_price"):
            ledger.post("cost", f"price_{line}", {i: price * x for i, x in amounts.items()})
