"""The secure base: what an hour's network carries before anything is built, re-dispatched to be as secure as it can be.

    least lack of supply, then least overload (of every branch intact, and of every branch after the outage that is worst for
    it), then least cost                                                                              (`bus_lp.BusProgram`)

Limits that the secure base keeps are never relaxed. A limit that no dispatch can keep stays where the base leaves it and may
not get worse (do no harm). The joint headroom of a study and the headroom of single buses have this one base.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ...inputs.network_hours import GridHour
from ...inputs.situations import Situation
from ...physics.network import Network
from ...physics.security import AFTER, RowPool
from .bus_answers import Base
from .bus_lp import BusProgram

MOST_TOLD = 3


def secured(network: Network, situations: Sequence[Situation], pool: RowPool) -> list[Situation]:
    """The situations on this network, each with its secure base, the limits that follow from it, and what it exceeds."""
    program = BusProgram(network, situations[0].planned_share, pool, adequacy=True, ceiling_mw=0.0)
    out = []
    for s in situations:
        limit = s.share_of_rating * network.rating_mw
        base = program.base(GridHour(s.demand_mw, s.supply_mw, limit, network.emergency_mw, s.cost_eur_per_mwh))
        out.append(
            replace(
                s,
                lack_mw=np.maximum(s.lack_mw, base.lack_mw),
                base_flow_mw=base.flow_mw,
                limit_mw=base.limit_mw,
                emergency_mw=network.emergency_mw,
                rating_mw=network.rating_mw,
                overloaded=_overloaded(network, base),
            )
        )
    return out


def _overloaded(network: Network, base: Base) -> pd.DataFrame:
    """Branches that no dispatch keeps within their limits, each in the state that is worst for it, worst first."""
    intact, after = base.over_mw, base.over_after_mw
    rows = np.flatnonzero((intact > 0) | (after > 0))
    rows = rows[np.argsort(-np.maximum(intact, after)[rows], kind="stable")]
    lost = after[rows] >= intact[rows]
    rating = np.where(lost, base.hour.emergency_mw[rows], base.hour.limit_mw[rows])
    flow = rating + np.where(lost, after[rows], intact[rows])
    return pd.DataFrame(
        {
            "branch": [network.branch[row] for row in rows],
            "after_the_loss_of": [base.worst[int(row)] if out else "" for row, out in zip(rows, lost)],
            "rating_mw": rating,
            "base_flow_mw": flow,
            "loading": flow / rating,
            "limit_mw": np.where(lost, base.after_mw[rows], base.limit_mw[rows]),
        }
    )


def told(situations: Sequence[Situation]) -> list[str]:
    """Where the network is not secure before anything is built: how often, and a sentence for each of the worst situations."""
    over = [float((s.overloaded["base_flow_mw"] - s.overloaded["rating_mw"]).sum()) for s in situations]
    order = [k for k in np.argsort(over)[::-1] if len(situations[k].overloaded)]
    if not order:
        return []
    out = [
        f"In {len(order)} of {len(situations)} situations no dispatch is secure even before anything is built; what stays over "
        "its limit there may not get worse."
    ]
    for k in order[:MOST_TOLD]:
        table = situations[k].overloaded
        worst = table.iloc[0]
        lost = f"{AFTER}{worst['after_the_loss_of']}" if worst["after_the_loss_of"] else ""
        out.append(
            f"{situations[k].name}: {len(table)} branches stay over their limit, by {over[k]:,.0f} MW together "
            f"(worst: {worst['branch']}{lost})."
        )
    return out
