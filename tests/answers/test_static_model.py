"""With latency off, one class of work and one stage the model is the static one: plain facility location, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

import siting

from .facility import write_study


def static(capacity: np.ndarray, fixed: np.ndarray, demand: np.ndarray, cost: np.ndarray) -> float:
    """min Σ fixed · open + Σ cost · share,  Σ_i share[i,j] = 1,  Σ_j demand · share ≤ capacity · open; by another program."""
    m, n = cost.shape
    shares = np.kron(np.ones(m), np.eye(n))
    room = np.hstack([-np.diag(capacity), np.kron(np.eye(m), demand)])
    found = milp(
        np.concatenate([fixed, cost.ravel()]),
        constraints=[
            LinearConstraint(np.hstack([np.zeros((n, m)), shares]), 1, 1),
            LinearConstraint(room, -np.inf, 0),
        ],
        integrality=np.concatenate([np.ones(m), np.zeros(m * n)]),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    return float(found.fun)


def test_everything_new_switched_off_is_the_static_model(tmp_path):
    rng = np.random.default_rng(0)
    capacity, fixed, demand = rng.uniform(20, 40, 6), rng.uniform(100, 300, 6), rng.uniform(3, 9, 8)
    numbers = capacity, fixed, demand, rng.uniform(10, 90, (6, 8))
    expected = static(*numbers)
    path = write_study(tmp_path, *numbers)
    plain = path.read_text()
    for switched_off in (
        "",
        "stages: {until_year: 2035, years: {2030: }}\n",
        "stages: {until_year: 2040, years: {2030: , 2035: }}\n",
        "levers: {technologies: [quantisation, routing], most_saved: 0}\n",
    ):
        path.write_text(plain + switched_off)
        s = siting.run(siting.read_study(path))
        assert s.outcome["objective"] == pytest.approx(expected, rel=1e-8), switched_off
