"""Stages: the years in which the plan may change, and what is different in each of them.

    stages:
      until_year: 2045                     the last stage stands until then
      years:
        2030: {}
        2035: {work: {inference: 1.8}, limits: {carbon_market: {max_t_per_year: 9000000}}}
        2040: {work: {inference: 2.4}, spot_price_factor: 0.9}

What a stage does not say is as the study says it. Yearly accounts are those of one year of a stage.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pydantic import Field, model_validator

from .group import Group, NotNegative, Positive
from .limits import Limit, from_keys, to_keys


class Stage(Group):
    """What differs in one stage from the rest of the study.

    `work` is by kind of work a multiple of what the study asks for (users' MW, MWh of training and its largest rate).
    `limits` give other amounts to limits that the study has.
    """

    work: dict[str, Positive] = {}
    spot_price_factor: NotNegative = 1.0
    carbon_factor: NotNegative = 1.0  # on every carbon factor of the grid
    carbon_price_eur_2024_per_t: NotNegative | None = None
    limits: dict[str, tuple[Limit, ...]] = {}

    @model_validator(mode="before")
    @classmethod
    def _limit_keys(cls, raw: Any) -> Any:
        return {**raw, "limits": limits_from_keys(raw["limits"])} if _has_limits(raw) else raw


class Stages(Group):
    """`years` are the first years of the stages, in their order; a stage stands until the next one begins.

    What is built stays and is paid for until `until_year`; a site that is open stays open. With `closing`, halls may fall
    empty, connections be given back and sites close: what was built is paid for all the same, and only what a closed site has
    of fixed cost, servers, power and water is saved. Costs of later stages are discounted at `finance.discount_rate`.
    """

    until_year: int
    closing: bool = False
    years: dict[int, Stage] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _nothing_changes(cls, raw: Any) -> Any:
        """`2030:` with nothing behind it is a stage as the study says."""
        if not isinstance(raw, dict) or not isinstance(raw.get("years"), dict):
            return raw
        return {**raw, "years": {year: {} if stage is None else stage for year, stage in raw["years"].items()}}

    @model_validator(mode="after")
    def _in_order(self) -> Stages:
        years = [*self.years, self.until_year]
        for before, after in pairwise(years):
            if after <= before:
                raise ValueError(f"the years must rise: {after} stands after {before} (until_year comes last)")
        return self

    @property
    def stands_for(self) -> list[int]:
        """Years that each stage stands for."""
        years = [*self.years, self.until_year]
        return [after - before for before, after in pairwise(years)]


def limits_from_keys(raw: dict[str, Any]) -> dict[str, Any]:
    """One limit on an account or several; the unit in a key must be the account's (see `limits.from_keys`)."""
    several = {a: rules if isinstance(rules, list | tuple) else [rules] for a, rules in raw.items()}
    return {account: [from_keys(account, rule) for rule in rules] for account, rules in several.items()}


def limits_to_keys(raw: dict[str, Any]) -> dict[str, Any]:
    """The other way round: as a planner types them."""
    typed = {account: [to_keys(account, rule) for rule in rules] for account, rules in raw.items()}
    return {account: rules if len(rules) > 1 else rules[0] for account, rules in typed.items()}


def _has_limits(raw: Any) -> bool:
    return isinstance(raw, dict) and isinstance(raw.get("limits"), dict)
