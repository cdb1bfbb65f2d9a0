"""Headroom inside the siting model: each site's own, the rows that keep all connections servable together, their prices.

The situations are a second list of blocks whose only linking columns are the connections; a violated one gives a row over
the connections (`grid_check`). Rows are added until a full check of every situation finds none violated.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from scipy.optimize import linprog

from ..inputs.headroom import GridCase
from ..inputs.inputs import Inputs
from .built_grid import BuiltGrid
from .grid_check import CEILING_MW, SERVABLE_MW, GridCut
from .grid_columns import GridColumns
from .program import Program

ROUNDS = 60
LOOSE = 1e-4
OTHER_ORDERS = 12


class JointHeadroom:
    """The grid case of the inputs, ready to be asked.

    `find_cuts` (here `cuts`) gets the values of the plan columns that the grid sees (`Program.grid_columns`: connections, and
    reinforcements where the study offers any) and gives rows over them: `coefficients @ values <= rhs_mw`. An uprate loosens a
    row by what it is worth there; a row found with some new circuits holds for that configuration only, and is
    loosened for every circuit that is built otherwise by as much as connections could ever break it.
    """

    def __init__(self, case: GridCase):
        self.case = case
        self._grids: dict[tuple[int, ...], BuiltGrid] = {(): BuiltGrid(case)}
        self.own = self._grids[()].named.firm_headroom()
        self.columns: GridColumns | None = None
        kind = np.array([step.kind for step in case.steps])
        self.uprates, self._circuits = np.flatnonzero(kind == "uprate"), np.flatnonzero(kind == "circuit")
        self._most = np.full(len(case.bus), np.inf)

    def limited(self, inputs: Inputs) -> Inputs:
        """The same inputs with each site's own headroom as the bound of its connection, where nothing can be reinforced.

        The bound is a little loose: the exact value is a row (`first_cuts`), so that its price is a corridor's.
        """
        most = inputs.data["max_connection"]
        if not self.case.steps:
            own = xr.DataArray([h.headroom_mw * (1 + LOOSE) for h in self.own], {"site": inputs.data["site"]})
            inputs.data["max_connection"] = most.clip(max=own).assign_attrs(most.attrs)
        self._most = inputs.data["max_connection"].values
        return inputs

    def bind(self, program: Program) -> None:
        """Learn the order of the plan's columns."""
        labels = [program.plan.columns[j] for j in program.grid_columns()]
        sites = [str(label.index["site"]) for label in labels if label.name == "grid.connection"]
        self.columns = GridColumns(labels, sites, [step.name for step in self.case.steps])

    def grid(self, built: np.ndarray) -> BuiltGrid:
        """The grid with the circuits among the steps `built` (shares; a half and more counts as built)."""
        key = tuple(int(i) for i in self._circuits if built[i] > 0.5)
        if key not in self._grids:
            self._grids[key] = BuiltGrid(self.case, key)
        return self._grids[key]

    def cuts(self, values: np.ndarray) -> list[GridCut]:
        """The violated rows at these values of the grid's columns, worst first; empty when every situation is servable.

        With a circuit half built (in a relaxation) the rows of the nearest configuration may hold: then there is none to add.
        """
        assert self.columns is not None
        d, built = self.columns.demand() @ values, self.columns.shares_built(values)
        grid, share = self.grid(built), built[self.uprates]
        found = grid.named.cuts(d, share) or grid.check.cuts(d, share)[:5]
        rows = [self._row(cut, built) for cut in _without_relief(found)]
        return [row for row in rows if row.coefficients @ values > row.rhs_mw + SERVABLE_MW / 2]

    def _row(self, cut: GridCut, built: np.ndarray) -> GridCut:
        """The cut over sites as a row over the grid's columns."""
        assert self.columns is not None
        row = self.columns.demand().T @ cut.coefficients
        row[self.columns.built[self.uprates]] = -cut.rise
        rhs = cut.rhs_mw
        if len(self._circuits):
            broken = max(float(cut.coefficients @ self._most) - rhs, 0.0)
            is_built = built[self._circuits] > 0.5
            row[self.columns.built[self._circuits]] = np.where(is_built, broken, -broken)
            rhs += broken * int(is_built.sum())
        return replace(cut, coefficients=row, rhs_mw=rhs)

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
        named = self._grids[()].named
        rows: list[GridCut] = []
        for site in np.flatnonzero(caps < room):
            rows += _without_relief(named.cuts(np.eye(len(caps))[site] * CEILING_MW)[:2])
        taste = np.random.default_rng(0)  # other orders of the sites, the same on every machine
        orders = [cost / cost.max()] + [taste.uniform(0, 1, len(caps)) for _ in range(OTHER_ORDERS)]
        for order in orders:
            for total in (demand * 1.1, most.sum()):
                for _ in range(ROUNDS):
                    found = named.cuts(_cheapest(order, most, total, rows))
                    if not found:
                        break
                    rows += _without_relief(found)
        return [self._row(row, np.zeros(len(self.case.steps))) for row in rows]


def _without_relief(rows: list[GridCut]) -> list[GridCut]:
    """No connection may count on another's draw: coefficients below zero (load that relieves a corridor) become zero.

    A connection is a right to draw up to its MW, so its load may be absent; the row then holds for every smaller draw too.
    """
    return [replace(row, coefficients=np.maximum(row.coefficients, 0.0)) for row in rows]


def _cheapest(cost: np.ndarray, most: np.ndarray, total: float, rows: list[GridCut]) -> np.ndarray:
    """The cheapest connections that sum to `total` (as nearly as the rows allow) under the rows found so far."""
    n = len(cost)
    a = np.array([[*r.coefficients, 0.0] for r in rows]) if rows else None
    b = np.array([r.rhs_mw for r in rows]) if rows else None
    answer = linprog(
        [*cost, 10.0], A_ub=a, b_ub=b, A_eq=np.ones((1, n + 1)), b_eq=[total], bounds=[*((0, m) for m in most), (0, None)]
    )
    return np.maximum(answer.x[:n], 0.0)
