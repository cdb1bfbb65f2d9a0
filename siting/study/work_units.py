"""Work in its own units: tokens, requests and training runs, and how it grows. Factors are rows of the work table."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from .group import Group, Positive


class Served(Group):
    """What users ask for on a mean day: tokens of a model, or requests of a kind whose energy was measured.

    `model`, `chip` and `request` are rows of `work.csv`. `parameters: low` takes the end of every range that gives fewer MW.
    """

    tokens_per_day: Positive | None = None
    model: str | None = None
    chip: str | None = None
    requests_per_day: Positive | None = None
    request: str | None = None
    parameters: Literal["low", "central", "high"] = "central"

    @model_validator(mode="after")
    def _one_unit(self) -> Served:
        tokens = (self.tokens_per_day, self.model, self.chip)
        requests = (self.requests_per_day, self.request)
        complete = [None not in tokens, None not in requests]
        if complete.count(True) != 1 or any(x is not None for x in (requests if complete[0] else tokens)):
            raise ValueError("give either 'tokens_per_day' with 'model' and 'chip', or 'requests_per_day' with 'request'")
        return self


class Runs(Group):
    """Training runs of a year: chip-hours as published, FLOP, or parameters and tokens (6 N D); each takes `days`."""

    gpu_hours: Positive | None = None
    flop: Positive | None = None
    model_parameters: Positive | None = None
    tokens: Positive | None = None
    chip: str
    days: Positive
    per_year: Positive = 1.0
    parameters: Literal["low", "central", "high"] = "central"

    @model_validator(mode="after")
    def _one_unit(self) -> Runs:
        by_tokens = self.model_parameters is not None and self.tokens is not None
        given = [self.gpu_hours is not None, self.flop is not None, by_tokens]
        if given.count(True) != 1 or (self.model_parameters is None) != (self.tokens is None):
            raise ValueError("give one of 'gpu_hours', 'flop', or 'model_parameters' with 'tokens'")
        if self.per_year * self.days > 366:
            raise ValueError(
                f"{self.per_year:g} runs of {self.days:g} days overlap: give runs at the same time as works of their own"
            )
        return self


class Growth(Group):
    """How work grows: a published path (a name in `growth.csv`) or a rate; amounts of the study are those of `from_year`."""

    from_year: int
    path: str | None = None
    per_year: float | None = Field(None, gt=-1)

    @model_validator(mode="after")
    def _one(self) -> Growth:
        if (self.path is None) == (self.per_year is None):
            raise ValueError("give either 'path' (a name in growth.csv) or 'per_year' (0.2 is 20 % a year)")
        return self
