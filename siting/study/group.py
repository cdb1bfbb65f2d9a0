"""The parts that every group of a study is made of: frozen, unknown keys refused, units in every name."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Group(BaseModel):
    """A frozen part of a study."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
