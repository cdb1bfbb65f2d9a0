"""The plan nearest to a given one among those that keep the plan's rows: how a what-if starts from a solved study."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from .split import Split


def nearest(s: Split, to: np.ndarray) -> np.ndarray | None:
    """(plan columns,) Whole modules relaxed; distance is the sum over columns, each by the largest of its kind; a NaN in `to`
    pulls nowhere. None where no plan keeps the rows.

        minimise Σ |x − to| / typical     over the plan's rows and bounds
    """
    p, n = s.plan, s.n_plan
    known = ~np.isnan(to)
    weight = np.where(known, 1.0 / np.maximum(s.typical(np.nan_to_num(to)), 1e-3), 0.0)
    aim, one = np.nan_to_num(to), sp.identity(n, format="csr")
    above, below = np.isfinite(p.upper), np.isfinite(p.lower)
    none = sp.csr_matrix((p.matrix.shape[0], n))
    rows = sp.hstack([p.matrix, none]).tocsr()
    distance = sp.vstack([sp.hstack([one, -one]), sp.hstack([-one, -one])])
    found = linprog(
        np.concatenate([np.zeros(n), weight]),
        A_ub=sp.vstack([rows[above], -rows[below], distance]).tocsr(),
        b_ub=np.concatenate([p.upper[above], -p.lower[below], aim, -aim]),
        bounds=np.column_stack([np.append(p.column_lower, np.zeros(n)), np.append(p.column_upper, np.full(n, np.inf))]),
    )
    return np.clip(found.x[:n], p.column_lower, p.column_upper) if found.status == 0 else None
