"""A linear program over sites, of which HiGHS holds the columns of a few: the others are priced.

    minimise   c·x + Σ_s c_s·x_s   over shared rows  A·x + Σ_s A_s·x_s, and for each site rows of its own  D_s·x_s

At prices y of the shared rows, a site that is left out (x_s = 0) could gain no more than

    v_s = min (c_s − A_sᵀ·y)·x_s   over its own rows and bounds,

and  least without + Σ_s v_s  is a bound for all sites (Lagrangian). Sites with v_s < 0 come in, the most promising first, until
there are none (sifting: Bixby, Gregory, Lustig, Marsten and Shanno, "Very large-scale linear programming", Operations Research
40, 1992; by their own rows, as Dantzig and Wolfe do, since single reduced costs name nearly all). Where the sites inside cannot
keep the shared rows, y is the ray that proves it (Farkas), and those come in that weaken it.

Time of a run: that of the shared rows × the columns inside; for each time that sites come in one product with the whole matrix,
and one solve, warm, of the own rows of all sites.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import scipy.sparse as sp

from ...errors import SolveError
from ..highs import Answer, Highs, scale_of
from ..program import BASIC, INF, Basis, Cut, Whole
from .site_of import of_one_site

MOST = 4  # sites that come in at once
PRICED = 5000  # rows of sites that are priced together
KEPT, SPARE = 5, 2.0  # runs since a site was used; sites go out when so many times those used lately are inside
LITTLE = 1e-9  # of the objective: what all sites outside could gain, and stay there
INTERIOR: dict[str, Any] = {"solver": "ipx", "run_crossover": "off"}
PRIMAL = {"solver": "simplex", "simplex_strategy": 4}  # when columns have come, the plan of before still keeps all rows


class Sifted:
    """One such program; rows can be added and deleted, bounds of columns changed. Columns are numbered as in `w` throughout."""

    def __init__(self, w: Whole, site: np.ndarray, interrupt: threading.Event | None = None):
        """`site` (columns,): the number of a column's site; -1: of none, always inside."""
        self._w, self._site = w._replace(column_lower=w.column_lower.copy(), column_upper=w.column_upper.copy()), site
        self.integer = np.flatnonzero(w.integer)
        n_sites = site.max(initial=-1) + 1
        self._of_one = of_one_site(w.matrix, site)  # (rows,) the site whose own the row is; -1: shared
        broken = (w.lower > 0) | (w.upper < 0)  # by nothing at all
        self._always = np.isin(np.arange(n_sites), self._of_one[broken])
        self._inside, self._unused = self._always.copy(), np.zeros(n_sites, int)
        held = np.append(self._inside, True)  # the last is for -1
        self._rows, self._columns = np.flatnonzero(held[self._of_one]), np.flatnonzero(held[site])  # as HiGHS numbers them
        self._highs = Highs(_part(w, self._rows, self._columns), interrupt, scale_of(w.cost))
        self._highs.relax(True)
        self._pricing = _Pricing(w, site, self._of_one, self._always, interrupt)

    def add_rows(self, rows: sp.csr_matrix, lower: np.ndarray, upper: np.ndarray) -> None:
        """Append shared rows  lower ≤ rows·x ≤ upper."""
        w, n = self._w, len(lower)
        matrix = sp.vstack([w.matrix, rows], format="csr")
        self._w = w._replace(matrix=matrix, lower=np.append(w.lower, lower), upper=np.append(w.upper, upper))
        self._rows = np.append(self._rows, len(self._of_one) + np.arange(n))
        self._of_one = np.append(self._of_one, np.full(n, -1))
        self._highs.add_rows(rows[:, self._columns].tocsr(), lower, upper)

    def add_cut(self, cut: Cut) -> None:
        n = len(cut.col)
        row = sp.csr_matrix((cut.value, (np.zeros(n, int), cut.col)), (1, len(self._site)))
        self.add_rows(row, np.array([-INF]), np.array([cut.upper]))

    def delete_rows(self, rows: np.ndarray) -> None:
        stays = np.delete(np.arange(len(self._of_one)), rows)
        matrix, lower, upper = self.rows(stays)
        self._w, self._of_one = self._w._replace(matrix=matrix, lower=lower, upper=upper), self._of_one[stays]
        gone = np.isin(self._rows, rows)
        self._highs.delete_rows(np.flatnonzero(gone))
        self._rows = np.searchsorted(stays, self._rows[~gone])

    @property
    def cost(self) -> np.ndarray:
        return self._w.cost

    def rows(self, rows: np.ndarray) -> tuple[sp.csr_matrix, np.ndarray, np.ndarray]:
        """These rows, and their lower and upper bounds."""
        return self._w.matrix[rows], self._w.lower[rows], self._w.upper[rows]

    def with_rows(self, rows: np.ndarray) -> Highs:
        """The program of all sites with these rows alone and its whole numbers."""
        return Highs(_part(self._w, rows, np.arange(len(self._site))), self._highs.interrupt)

    def bound_columns(self, columns: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        w, at = self._w, self._columns
        w.column_lower[columns], w.column_upper[columns] = lower, upper
        self._highs.bound_columns(np.arange(len(at)), w.column_lower[at], w.column_upper[at])

    def central(self, time_limit: float, tolerance: float) -> np.ndarray | None:
        """(columns,) A point near the least that is no corner: the interior point method ends within `tolerance` of the
        objective. None where it has none by then."""
        held = np.append(self._may_be_used() | self._needed(), True)
        rows, columns = np.flatnonzero(held[self._of_one]), np.flatnonzero(held[self._site])
        highs = Highs(_part(self._w, rows, columns), self._highs.interrupt, scale_of(self._w.cost))
        highs.relax(True)
        try:
            found = highs.run_once(time_limit=time_limit, ipm_optimality_tolerance=tolerance, **INTERIOR).columns
        except SolveError:  # too near the end to be sure
            return None
        if found is None:
            return None
        out = np.zeros(len(self._site))
        out[columns] = found
        return out

    def run_time(self) -> float:
        return self._highs.run_time()

    def forget(self) -> None:
        self._highs.forget()

    def run(self, time_limit: float, **options: Any) -> Answer:
        """The least over all sites, within seconds. A run that ends early has the best plan and bound that it found."""
        until, bound, seeks = time.monotonic() + time_limit, -INF, options
        last: Answer | None = None
        self._bring(self._needed())
        while True:
            left = max(until - time.monotonic(), 0.0)
            answer = self._highs.run("relaxation", None, time_limit=self._highs.run_time() + left, **seeks)
            if answer.status == "infeasible" and (could := ~self._inside & self._may_be_used()).any():
                helps = self._that_help()
                self._bring(helps if helps.any() else could)
                seeks = options
                continue
            if answer.status != "optimal" or answer.columns is None or answer.row_duals is None:
                return last._replace(status="limit", bound=bound) if last is not None else self._full(answer)
            last = self._full(answer)
            gains = self._gains(self._of_rows(answer.row_duals))
            bound = max(bound, answer.objective + gains.sum())
            if gains.sum() >= -LITTLE * abs(answer.objective):
                self._let_go(answer.columns)
                return last._replace(bound=bound)
            self._bring(self._best(gains))
            seeks = options | PRIMAL

    def _of_any(self, columns: np.ndarray) -> np.ndarray:
        """(sites,) Whether any of these columns (columns,) is of a site."""
        return np.bincount(self._site[columns & (self._site >= 0)], minlength=len(self._inside)) > 0

    def _needed(self) -> np.ndarray:
        """(sites,) Which cannot be left out: nothing at all is not within their bounds."""
        return self._always | self._of_any((self._w.column_lower > 0) | (self._w.column_upper < 0))

    def _may_be_used(self) -> np.ndarray:
        return self._of_any((self._w.column_lower < 0) | (self._w.column_upper > 0))

    def _that_help(self) -> np.ndarray:
        """(sites,) Those that come in where the rows cannot be kept: none where nothing is known."""
        ray = self._highs.ray()
        gain = np.zeros(len(self._site)) if ray is None else -self._paid(self._of_rows(ray))
        typical = gain / (np.abs(gain).max() or 1.0) / scale_of(self._w.cost)
        return self._best(self._priced(typical))

    def _gains(self, row_duals: np.ndarray) -> np.ndarray:
        """(sites,) v_s of those outside."""
        return self._priced(self.reduced(row_duals))

    def gains(self, row_duals: np.ndarray, sites: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """(sites,) v_s of these, at any prices of the rows, under any bounds of the columns."""
        return self._pricing.gains(self.reduced(row_duals), sites & ~self._always, lower, upper)

    def reduced(self, row_duals: np.ndarray) -> np.ndarray:
        """(columns,) c − Aᵀ·y of the shared rows."""
        return self._w.cost - self._paid(row_duals)

    def _paid(self, row_duals: np.ndarray) -> np.ndarray:
        """(columns,) Aᵀ·y of the shared rows."""
        return self._w.matrix.T @ np.where(self._of_one < 0, row_duals, 0.0)

    def _priced(self, reduced: np.ndarray) -> np.ndarray:
        """(sites,) What those outside could gain at these costs of their columns."""
        if self._inside.all():
            return np.zeros(len(self._inside))
        return self._pricing.gains(reduced, ~self._inside, self._w.column_lower, self._w.column_upper)

    @staticmethod
    def _best(gains: np.ndarray) -> np.ndarray:
        """(sites,) Which come in."""
        return np.isin(np.arange(len(gains)), np.argsort(gains)[:MOST]) & (gains < 0)

    def _bring(self, sites: np.ndarray) -> None:
        """These sites come in."""
        more = sites & ~self._inside
        if not more.any():
            return
        w, come = self._w, np.append(more, False)
        rows, new = np.flatnonzero(come[self._of_one]), np.flatnonzero(come[self._site])
        self._inside |= more
        self._unused[more] = 0
        shared = w.matrix[self._rows][:, new].tocsc()
        self._highs.add_columns(shared, w.cost[new], w.column_lower[new], w.column_upper[new])
        self._columns = np.append(self._columns, new)
        self._highs.add_rows(w.matrix[rows][:, self._columns].tocsr(), w.lower[rows], w.upper[rows])
        self._rows = np.append(self._rows, rows)

    def _let_go(self, inside: np.ndarray) -> None:
        """Sites that have not been used lately go out when they are many, with their part of the basis, where that can be."""
        used = np.zeros(len(self._site), bool)
        used[self._columns] = inside != 0
        self._unused = np.where(self._of_any(used) | self._needed(), 0, self._unused + 1)
        lately = self._unused < KEPT
        if (self._inside & ~lately).sum() <= (SPARE - 1.0) * max((self._inside & lately).sum(), MOST):
            return
        basis, n = self._highs.basis(), len(lately)
        of_column, of_row = self._site[self._columns], self._of_one[self._rows]
        basic = [np.bincount(of[(of >= 0) & (status == BASIC)], minlength=n)
                 for of, status in ((of_column, basis.columns), (of_row, basis.rows))]  # fmt: skip
        goes = self._inside & ~lately & (basic[0] + basic[1] == np.bincount(of_row[of_row >= 0], minlength=n))
        columns, rows = (np.append(goes, False)[of] for of in (of_column, of_row))
        self._highs.delete_columns(np.flatnonzero(columns))
        self._highs.delete_rows(np.flatnonzero(rows))
        self._highs.begin_at(Basis(basis.columns[~columns], basis.rows[~rows]))
        self._columns, self._rows, self._inside = self._columns[~columns], self._rows[~rows], self._inside & ~goes

    def _full(self, answer: Answer) -> Answer:
        """Over all columns and rows."""
        if answer.columns is None:
            return answer._replace(row_duals=None)
        out = np.zeros(len(self._site))
        out[self._columns] = answer.columns
        duals = None if answer.row_duals is None else self._of_rows(answer.row_duals)
        return answer._replace(columns=out, row_duals=duals, column_duals=None)

    def _of_rows(self, values: np.ndarray) -> np.ndarray:
        """Values of the rows in HiGHS, over all rows."""
        out = np.zeros(len(self._of_one))
        out[self._rows] = values
        return out


class _Pricing:
    """The own rows of all sites, since none of these joins two; some sites in one program, as many as `PRICED` rows hold. Sites
    that are always inside have none."""

    def __init__(self, w: Whole, site: np.ndarray, of_one: np.ndarray, always: np.ndarray, interrupt: threading.Event | None):
        priced = np.append(~always, False)
        own, columns = np.flatnonzero(priced[of_one]), np.flatnonzero(priced[site])
        rows_before = np.cumsum(np.bincount(of_one[own], minlength=len(always)))
        together = rows_before // PRICED  # (sites,) number of the program
        self._site, self._parts = site, []
        for i in np.unique(together[site[columns]]):
            rows, at = own[together[of_one[own]] == i], columns[together[site[columns]] == i]
            highs = Highs(_part(w, rows, at), interrupt, scale_of(w.cost))
            highs.relax(True)
            self._parts.append((at, highs))

    def gains(self, reduced: np.ndarray, outside: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """(sites,) The least of `reduced` (columns,) over the own rows of each site outside; -inf where that is not known."""
        out = np.zeros(len(outside))
        for at, highs in self._parts:
            free = outside[self._site[at]]
            highs.bound_columns(np.arange(len(at)), np.where(free, lower[at], 0.0), np.where(free, upper[at], 0.0))
            highs.cost_columns(reduced[at])
            try:
                columns = highs.run().columns
            except SolveError:
                columns = None
            least = np.where(free, -INF, 0.0) if columns is None else reduced[at] * columns
            out += np.bincount(self._site[at], least, len(outside))
        return out


def _part(w: Whole, rows: np.ndarray, columns: np.ndarray) -> Whole:
    """These rows and columns alone."""
    return Whole(
        w.matrix[rows][:, columns].tocsr(),
        w.lower[rows],
        w.upper[rows],
        w.column_lower[columns],
        w.column_upper[columns],
        w.cost[columns],
        w.constant,
        w.integer[columns],
    )
