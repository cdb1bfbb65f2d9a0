"""Headroom inside the siting model: each site's own, the rows that keep all connections servable together, their prices.

The situations are a second list of blocks whose only linking columns are the connections; a violated one gives a row over
the connections (`check`). Rows are added until a full check of every situation finds none violated.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
import xarray as xr
from scipy.optimize import linprog

from ...inputs.fingerprint import fingerprint
from ...inputs.headroom import GridCase
from ...inputs.inputs import VARIABLES, Inputs
from ..program import Program
from ..warm import GridRows
from .built_grid import BuiltGrid
from .check import CEILING_MW, SERVABLE_MW, GridCut
from .columns import GridColumns
from .curtailment import Decided, settle
from .joint import Joint
from .secure_base import told

ROUNDS = 60
LOOSE = 1e-4
OTHER_ORDERS = 12
AT_ONCE = 5


class Epoch(NamedTuple):
    """A year in which connections must be servable: None is the study's own; others are stages, or make flexible classes firm.

    `counts` says which steps are ready then, `least` is [site, column]: the demand that is never cut. `columns` are those of
    the plan that is looked at.
    """

    year: int | None
    counts: np.ndarray
    least: sp.csr_matrix
    columns: GridColumns


class JointHeadroom:
    """The grid case of the inputs, ready to be asked.

    `find_cuts` (here `cuts`) gets the values of the plan columns that the grid sees (`Program.grid_columns`: connections, and
    reinforcements where the study offers any) and gives rows over them: `coefficients @ values <= rhs_mw`. An uprate loosens a
    row by what it is worth there; a row found with some new circuits holds for that configuration only, and is
    loosened for every circuit that is built otherwise by as much as connections could ever break it.
    """

    def __init__(self, case: GridCase, known: GridRows | None = None):
        """`known`: rows of another study's grid; they are used where its case is equal to this one in every number."""
        self.case = case
        self._grids: dict[tuple[int, ...], BuiltGrid] = {(): BuiltGrid(case)}
        self.start = known if known is not None and known.of(case) else None
        self.own = self._grids[()].named.firm_headroom() if self.start is None else self.start.own
        kind = np.array([step.kind for step in case.steps])
        self.uprates, self._circuits = np.flatnonzero(kind == "uprate"), np.flatnonzero(kind == "circuit")
        self._most = np.full(len(case.bus), np.inf)
        self._joint = {} if self.start is None else dict(self.start.joint)
        self._rows: list[GridCut] = []  # over sites, without new circuits: they hold for every plan
        self._known: dict[tuple[int, tuple[int, ...]], list[GridCut]] = {}

    def insecure(self) -> list[str]:
        """Where the network is not secure before anything is built (N-1): a plan may fail there for that alone."""
        return [] if self.case.outages is None else told(self._grids[()].named.situations)

    def limited(self, inputs: Inputs) -> Inputs:
        """The same inputs with each site's own headroom, as the bound of its connection where nothing can get round it.

        The bound is a little loose: the exact value is a row (`first_cuts`), so that its price is a corridor's.
        """
        data = inputs.data
        own = xr.DataArray([h.headroom_mw for h in self.own], {"site": data["site"]})
        data["own_headroom"] = own.assign_attrs(units="MW", long_name=VARIABLES["own_headroom"].meaning)
        most = data["max_connection"]
        if not self.case.steps and "flexible_depth" not in data:
            data["max_connection"] = most.clip(max=own * (1 + LOOSE)).assign_attrs(most.attrs)
        if inputs.study.grid is not None and inputs.study.grid.behind_one_circuit == "strict" and self.case.outages:
            secure = self.case.outages.secure_node[self.case.network.node[self.case.bus]]
            data["max_connection"] = data["max_connection"] * secure
        self._most = data["max_connection"].values
        return inputs

    def bind(self, inputs: Inputs, program: Program) -> None:
        """Learn the order of the plan's columns, and the years in which the grid must serve them."""
        data = inputs.data
        classes = data["flexible"].values.tolist() if "flexible" in data.coords else []
        shape = (program.n_blocks, data.sizes["hour"])
        labels = [program.plan.columns[j] for j in program.grid_columns()]
        steps = [step.name for step in self.case.steps]
        years: list = program.years or [None]
        stages = [GridColumns(labels, data["site"].values.tolist(), classes, steps, shape, y) for y in years]
        self.columns = stages[-1]
        self.depth = depth = data["flexible_depth"].values if classes else np.zeros(0)
        self.curtailed = data["flexible_curtailed"].values if classes else np.zeros(0)
        self.weight = program.weight
        grid = inputs.study.grid
        firm_from = [grid.flexible[name].firm_from_year for name in classes] if grid is not None else []
        in_time = np.array([step.in_time for step in self.case.steps], bool)
        self.epochs = [Epoch(None, in_time, self.columns.least(depth), self.columns)]
        for year in sorted({year for year in firm_from if year is not None}):
            firm = [f for f, start in enumerate(firm_from) if start is not None and start <= year]
            self.epochs.append(Epoch(year, self._ready(year), self.columns.least(depth, firm), self.columns))
        if program.years:  # where connections only grow one grid serves the earlier stages too: no coefficient is negative
            looked_at = list(zip(program.years, stages, strict=True))
            falls = inputs.study.stages is not None and inputs.study.stages.closing
            looked_at = looked_at if self.case.steps or falls else looked_at[-1:]
            self.epochs = [Epoch(year, self._ready(year), of.least(depth), of) for year, of in looked_at]
        self._hour_of = {number: hour for hour, number in self.case.calendar.items()} if classes else {}

    def _ready(self, year: int) -> np.ndarray:
        """Steps that are ready in a year."""
        return np.array([step.ready_year is None or step.ready_year <= year for step in self.case.steps], bool)

    def grid(self, built: np.ndarray) -> BuiltGrid:
        """The grid with the circuits among the steps `built` (shares; a half and more counts as built)."""
        key = self._key(built)
        if key not in self._grids:
            self._grids[key] = BuiltGrid(self.case, key)
        return self._grids[key]

    def demand(self, epoch: Epoch, number: int) -> sp.csr_matrix:
        """[site, column]: what the columns ask for in a situation (number)."""
        hour = self._hour_of.get(number) if epoch.year is None else None
        return epoch.least if hour is None else self.columns.at(*hour)

    def demands(self, epoch: Epoch, values: np.ndarray) -> np.ndarray:
        """[situation, site]: MW asked for at these values of the grid's columns."""
        return np.array([self.demand(epoch, number) @ values for number in range(len(self.case.situations))])

    def cuts(self, values: np.ndarray) -> list[GridCut]:
        """The violated rows at these values of the grid's columns, worst first; empty when every situation is servable.

        With a circuit half built (in a relaxation) the rows of the nearest configuration may hold: then there is none to add.
        """
        rows = []
        for epoch in self.epochs:
            built = epoch.columns.shares_built(values) * epoch.counts
            grid, share = self.grid(built), built[self.uprates]
            found = grid.named.cuts(epoch.least @ values, share)
            if not found:
                found = grid.check.cuts(self.demands(epoch, values), share)
                found = found if self._hour_of else found[:AT_ONCE]
            found = _without_relief(found)
            self.remember(found, built)
            self._rows += found if not self._key(built) else []
            rows += [self._row(cut, epoch, built) for cut in found]
        return [row for row in rows if row.coefficients @ values > row.rhs_mw + SERVABLE_MW / 2]

    def settle(self, values: np.ndarray) -> Decided | None:
        """What the rule of the flexible connections decides near these values (`curtailment`)."""
        return settle(self, values)

    def _key(self, built: np.ndarray) -> tuple[int, ...]:
        return tuple(int(i) for i in self._circuits if built[i] > 0.5)

    def remember(self, found: list[GridCut], built: np.ndarray) -> None:
        """Keep rows over sites for the rule of the flexible connections."""
        for cut in found:
            self._known.setdefault((cut.number, self._key(built)), []).append(cut)

    def known(self, number: int, built: np.ndarray) -> list[GridCut]:
        """Rows over sites found so far for a situation in the configuration `built`."""
        return self._known.setdefault((number, self._key(built)), [])

    def violated(self, number: int, d_mw: np.ndarray, built: np.ndarray) -> GridCut | None:
        """A row over sites that `d_mw` breaks in a situation of the study's year, or None."""
        cut = self.grid(built).check.cut(number, d_mw, built[self.uprates])
        return None if cut is None else _without_relief([cut])[0]

    def _row(self, cut: GridCut, epoch: Epoch, built: np.ndarray) -> GridCut:
        """The cut over sites as a row over the grid's columns."""
        row = self.demand(epoch, cut.number).T @ cut.coefficients
        row[epoch.columns.built[self.uprates]] = -cut.rise * epoch.counts[self.uprates]
        rhs = cut.rhs_mw
        circuits = self._circuits[epoch.counts[self._circuits]]
        if len(circuits):
            broken = max(float(cut.coefficients @ self._most) - rhs, 0.0)
            is_built = built[circuits] > 0.5
            row[epoch.columns.built[circuits]] = np.where(is_built, broken, -broken)
            rhs += broken * int(is_built.sum())
        return replace(cut, coefficients=row, rhs_mw=rhs)

    def first_cuts(self, inputs: Inputs) -> list[GridCut]:
        """Rows that are known of another study, else rows of a search.

        They save rounds of the large relaxation; any row is valid, however it was found.
        """
        none = np.zeros(len(self.case.steps))
        rows = self._searched(inputs) if self.start is None else self.start.rows
        self._rows += rows
        epochs = self.epochs if inputs.study.stages else self.epochs[:1]
        return [self._row(row, epoch, none) for epoch in epochs for row in rows]

    def known_of_case(self) -> GridRows:
        """What is known of this grid case, for another study of it."""
        case = fingerprint(self.case) if self.start is None else self.start.case
        return GridRows(case, self.own, self._rows, self._joint)

    def joint(self, built: np.ndarray) -> Joint:
        """How much all sites together can have, each up to what it may connect, with the circuits among the steps `built`."""
        asked = fingerprint((self._key(built), self._most))
        if asked not in self._joint:
            self._joint[asked] = self.grid(built).named.joint(np.arange(len(self._most)), self._most)
        return self._joint[asked]

    def _searched(self, inputs: Inputs) -> list[GridCut]:
        """Rows of each site alone, and rows found by a small model of connections: cheapest sites first, and all at once."""
        caps = inputs.data["max_connection"].values
        demand = float(inputs.data["least_new_it"].max() + inputs.data["existing_it"].sum())
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
        return rows


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
