"""Carbon: which of the accounts the study counts, what a tonne costs, and the marginal factor of the grid."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .group import Group, NotNegative


class Dispatch(Group):
    """`carbon_consequence` from the dispatch of the grid with and without the plan's import, computed after the plan.

    Short-run: the plants stand as they are in `fleet_year`, which labels every figure. `prices` says what plants are paid:
    the price of the zone for the market's schedule, or of the node after re-dispatch.

    `share_of_rating` is what a branch may carry: the whole rating, as in today's operation with its remedies (at 0.7 lignite
    makes 83 TWh on the built-in days, at 1 it makes 108, and the record has 114), or less as a stand-in for N-1, as
    `grid.security: screening` takes it for new connections.
    """

    fleet_year: str | int
    prices: Literal["zone", "node"] = "zone"
    share_of_rating: Annotated[float, Field(gt=0, le=1)] = 1.0


class Carbon(Group):
    """`counts` names the account of import that fuel burnt on site and embodied carbon join in `carbon_counted`.

    The price is paid for each tonne of `carbon_counted`, on top of what the price of electricity holds already.
    `marginal` makes `carbon_consequence`: a long-run factor (right for siting) is typed in, a short-run one is typed in or
    taken from the record of the power system. `residual_t_per_mwh` is the factor of import that no contract matches (the
    residual mix of the country, in `carbon_market`), in place of that of the hours. `dispatch` takes its place: never both.
    """

    counts: Literal["location", "market", "consequence"]
    price_eur_2024_per_t: NotNegative = 0.0
    marginal: Literal["long-run", "short-run"] | None = None
    marginal_t_per_mwh: NotNegative | None = None
    residual_t_per_mwh: NotNegative | None = None
    dispatch: Dispatch | None = None

    @model_validator(mode="after")
    def _named(self) -> Carbon:
        if self.marginal_t_per_mwh is not None and self.marginal is None:
            raise ValueError("'marginal_t_per_mwh' needs 'marginal': is it long-run or short-run?")
        if self.marginal == "long-run" and self.marginal_t_per_mwh is None:
            raise ValueError("'marginal: long-run' needs 'marginal_t_per_mwh': no record of the present holds it")
        if self.dispatch is not None and self.marginal is not None:
            raise ValueError("'dispatch' and 'marginal' both make carbon_consequence: give one of them")
        if self.dispatch is not None and self.counts == "consequence":
            raise ValueError(
                "'dispatch' is computed after the plan, which cannot count it: count 'location', or give 'marginal'"
            )
        return self
