"""Headroom inside the siting model: each site's own, the rows that keep all connections servable together, their prices.

The situations are a second list of blocks whose only linking columns are the connections; a violated one gives a row over
the connections (`grid_check`). Rows are added until a full check of every situation finds none violated.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import linprog

from ..inputs.headroom import GridCase
from ..inputs.inputs import Inputs
from ..physics.security import RowPool
from .grid_check import CEILING_MW, GridCheck, GridCut
from .outcome import Outcome

CORRIDOR_PRICE_FROM = 1.0  # EUR_2024 per MW and year: less is solver noise
ROUNDS = 60
LOOSE = 1e-4
OTHER_ORDERS = 12


class JointHeadroom:
    """The grid case of the inputs, ready to be asked."""

    def __init__(self, case: GridCase):
        self.case = case
        self.pool = RowPool(case.outages) if case.outages else None
        self.check = GridCheck(case.network, case.situations, case.bus, case.adequacy, self.pool)
        self._named = GridCheck(case.network, case.situations[: case.n_named], case.bus, case.adequacy, self.pool)
        self.own = self._named.firm_headroom()

    def limited(self, inputs: Inputs) -> Inputs:
        """The same inputs with each site's own headroom as the bound of its connection.

        The bound is a little loose: the exact value is a row (`first_cuts`), so that its price is a corridor's.
        """
        own = xr.DataArray([h.headroom_mw * (1 + LOOSE) for h in self.own], {"site": inputs.data["site"]})
        most = inputs.data["max_connection"]
        inputs.data["max_connection"] = most.clip(max=own).assign_attrs(most.attrs)
        return inputs

    def cuts(self, connection_mw: np.ndarray) -> list[GridCut]:
        """The violated rows at these connections, worst first; empty when every situation is servable."""
        return _without_relief(self._named.cuts(connection_mw) or self.check.cuts(connection_mw)[:5])

    def first_cuts(self, inputs: Inputs) -> list[GridCut]:
        """Rows of each site alone, and rows found by a small model of connections: cheapest sites first, and all at once.

        They save rounds of the large relaxation; any row is valid, however it was found.
        """
        caps = inputs.data["max_connection"].values
        demand = float(inputs.data["least_new_it"] + inputs.data["existing_it"].sum())
        room = (inputs.data["room_for_new_it"] + inputs.data["existing_it"]).values * 1.3
        most = np.minimum(caps, room)
        sites = inputs.sites
        known = "cost_of_100_mw_eur_2024_per_year" in sites
        cost = sites["cost_of_100_mw_eur_2024_per_year"].to_numpy(float) if known else np.ones(len(sites))
        rows: list[GridCut] = []
        for site in np.flatnonzero(caps < room):
            rows += _without_relief(self._named.cuts(np.eye(len(caps))[site] * CEILING_MW)[:2])
        taste = np.random.default_rng(0)  # other orders of the sites, the same on every machine
        orders = [cost / cost.max()] + [taste.uniform(0, 1, len(caps)) for _ in range(OTHER_ORDERS)]
        for order in orders:
            for total in (demand * 1.1, most.sum()):
                for _ in range(ROUNDS):
                    found = self._named.cuts(_cheapest(order, most, total, rows))
                    if not found:
                        break
                    rows += _without_relief(found)
        return rows

    def tables(self, inputs: Inputs, outcome: Outcome) -> dict[str, pd.DataFrame]:
        """Own headroom, corridor prices, stacking error and the full check, for the report."""
        names = inputs.data["site"].values
        most = inputs.data["max_connection"].values
        own = pd.DataFrame(
            [(names[h.candidate], h.headroom_mw, h.situation, h.binding, self.case.rule) for h in self.own],
            columns=["site", "own_headroom_mw", "in_situation", "binding", "rule"],
        )
        joint = self._named.joint(np.arange(len(names)), most)
        asked = np.array([outcome.plan[j] for j in self._columns(outcome)]) if outcome.cuts else None
        stacking = pd.DataFrame(
            {
                "sum_of_single_mw": [most.sum()],
                "jointly_mw": [joint.total_mw],
                "lost_mw": [most.sum() - joint.total_mw],
                "lost_share": [1 - joint.total_mw / max(most.sum(), 1e-9)],
                "binds": [", ".join(list(joint.corridors)[:5]) or ("adequacy" if joint.adequacy > 0 else "nothing")],
                "rule": [self.case.rule],
            }
        )
        checked = pd.DataFrame(
            {
                "situations_checked": [len(self.case.situations)],
                "largest_unserved_mw": [float(self.check.unserved(asked).max()) if asked is not None else np.nan],
                "rows_added": [len(outcome.cuts)],
            }
        )
        return {"headroom": own, "corridors": corridor_prices(outcome), "stacking": stacking, "grid_check": checked} | (
            self.case.tables()
        )

    @staticmethod
    def _columns(outcome: Outcome) -> np.ndarray:
        return outcome.cuts[0].col


def _without_relief(rows: list[GridCut]) -> list[GridCut]:
    """No connection may count on another's draw: coefficients below zero (load that relieves a corridor) become zero.

    A connection is a right to draw up to its MW, so its load may be absent; the row then holds for every smaller draw too.
    """
    return [replace(row, coefficients=np.maximum(row.coefficients, 0.0)) for row in rows]


def corridor_prices(outcome: Outcome) -> pd.DataFrame:
    """EUR_2024 a year for one MW more on a branch (or of supply), from the prices of the rows in the relaxation."""
    worth: dict[tuple[str, str], float] = {}
    for cut, price in zip(outcome.cuts, outcome.cut_prices, strict=True):
        if price < CORRIDOR_PRICE_FROM:
            continue
        row: GridCut = cut.note["grid"]
        for branch, share in row.corridors.items():
            key = (branch, row.situation)
            worth[key] = worth.get(key, 0.0) + price * share
        if row.adequacy > 0:
            key = ("system adequacy", row.situation)
            worth[key] = worth.get(key, 0.0) + price * row.adequacy
    rows = [(*key, value) for key, value in sorted(worth.items(), key=lambda i: -i[1])]
    return pd.DataFrame(rows, columns=["corridor", "situation", "price_eur_2024_per_mw_year"])


def _cheapest(cost: np.ndarray, most: np.ndarray, total: float, rows: list[GridCut]) -> np.ndarray:
    """The cheapest connections that sum to `total` (as nearly as the rows allow) under the rows found so far."""
    n = len(cost)
    a = np.array([[*r.coefficients, 0.0] for r in rows]) if rows else None
    b = np.array([r.rhs_mw for r in rows]) if rows else None
    answer = linprog(
        [*cost, 10.0], A_ub=a, b_ub=b, A_eq=np.ones((1, n + 1)), b_eq=[total], bounds=[*((0, m) for m in most), (0, None)]
    )
    return np.maximum(answer.x[:n], 0.0)
