"""Limits on accounts of the ledger: an amount of a year or of each month, or a ratio of two accounts.

water: {max_m3_per_year: 100000, per: site}
water: {max_m3_per_month: {Elbe: 40000, Rhine: 90000}, per: basin}
facility_energy: {max_mwh_per_mwh: 1.2, of: it_energy, per: site}          PUE of each site at most 1.2
water: {max_m3_per_mwh: 0.4, of: it_energy, window: month}                 WUE of every month at most 0.4 L/kWh
facility_energy: [{max_mwh_per_year: 1000000}, {max_mwh_per_mwh: 1.2, of: it_energy, per: site}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from .accounts import ACCOUNTS, LIMITABLE, MONTHLY, unit_key
from .group import Group

SENSES = {"max": "most", "min": "least"}


class Limit(Group):
    """A limit on an account of the ledger, for all sites together or per site, state or any column of the sites.

    With `of` the number is a ratio: the account is at most (at least) so many times the account `of`, at the same places and
    in the same window. A monthly amount is that of a calendar month; where representative days stand for more or fewer hours
    than the month has, it is scaled by them.
    """

    most: float | dict[str, float] | None = None
    least: float | dict[str, float] | None = None
    of: str | None = None
    window: Literal["year", "month"] = "year"
    per: str = "everywhere"

    def bounds(self, place: str) -> Iterator[tuple[str, float]]:
        """(most | least, number) of a place, where the limit has one."""
        for sense, value in (("most", self.most), ("least", self.least)):
            number = value.get(place) if isinstance(value, dict) else value
            if number is not None:
                yield sense, float(number)

    def subject(self, account: str) -> str:
        """What is limited, in words: `facility_energy per it_energy of each month`."""
        ratio = account if self.of is None else f"{account} per {self.of}"
        return ratio if self.window == "year" else f"{ratio} of each month"


def from_keys(account: str, rule: Any) -> Any:
    """`{max_m3_per_month: 5}` → `{most: 5, window: month}`: the unit in a key must be the account's."""
    if not isinstance(rule, Mapping) or account not in LIMITABLE:
        return rule
    of = rule.get("of")
    typed = any(str(k).partition("_")[0] in SENSES for k in rule)
    if typed and of is None and rule.get("window") is not None:
        month = f"; say max_{unit_key(account, 'month')}" if account in MONTHLY else ""
        raise ValueError(f"limits: {account}: 'window' goes with a ratio ('of'){month}")
    units = {unit: window for window, unit in _units(account, of)}
    out: dict[str, Any] = {}
    for key, value in rule.items():
        start, _, unit = str(key).partition("_")
        known = start in SENSES and unit in units
        out[SENSES[start] if known else key] = value
        if known and units[unit] == "month":
            out["window"] = "month"
    return out


def _units(account: str, of: Any) -> list[tuple[str, str]]:
    """(window, unit as a key has it) that a limit on the account may have."""
    if of is not None:
        return [("year", unit_key(account, of=of))] if of in LIMITABLE else []
    return [(w, unit_key(account, w)) for w in (("year", "month") if account in MONTHLY else ("year",))]


def to_keys(account: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    """The other way round: as a planner types it."""
    out = dict(rule)
    unit = unit_key(account, out.get("window", "year"), out.get("of"))
    if "of" not in out:
        out.pop("window", None)
    return {next((f"{k}_{unit}" for k, name in SENSES.items() if name == key), key): value for key, value in out.items()}


def valid_keys(account: str, rule: Any) -> list[str]:
    """The keys that a limit on the account may have; all accounts where there is no such account."""
    if account not in LIMITABLE:
        return LIMITABLE
    of = rule.get("of") if isinstance(rule, Mapping) else None
    return [f"{start}_{unit}" for _, unit in _units(account, of) for start in SENSES] + ["of", "per", "window"]


def problem(account: str, limits: tuple[Limit, ...]) -> str | None:
    """The first rule of the language that limits on an account break, in a sentence."""
    if account not in LIMITABLE:
        return f"'{account}' is no account; valid: {', '.join(LIMITABLE)}"
    seen = set()
    for limit in limits:
        if limit.of is not None and limit.of not in LIMITABLE:
            return f"{account}: of '{limit.of}' is no account; valid: {', '.join(LIMITABLE)}"
        unit = unit_key(account, limit.window, limit.of)
        if limit.most is None and limit.least is None:
            return f"{account} needs max_{unit} or min_{unit}"
        if limit.of is not None:
            broken = _ratio_problem(account, limit, limit.of, unit)
            if broken is not None:
                return broken
        if (limit.subject(account), limit.per) in seen:
            return f"{account} has two limits per {limit.per} on the same thing: make them one"
        seen.add((limit.subject(account), limit.per))
    return None


def _ratio_problem(account: str, limit: Limit, of: str, unit: str) -> str | None:
    if limit.window == "month" and not {account, of} <= MONTHLY:
        wrong = account if account not in MONTHLY else of
        return f"{account}: '{wrong}' ({ACCOUNTS[wrong].meaning}) has no monthly amounts; valid: {', '.join(sorted(MONTHLY))}"
    for value in (limit.most, limit.least):
        for number in value.values() if isinstance(value, dict) else (value,):
            if number is not None and number <= 0:
                return f"{account}: a ratio must be above 0 (is {number:g}); for none at all give {unit_key(account)}: 0"
    return None
