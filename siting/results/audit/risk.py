"""The cost at risk recomputed: the mean of the worst scenarios' costs, from the costs themselves."""

from __future__ import annotations

import numpy as np


def cost_at_risk(cost: np.ndarray, probability: np.ndarray, level: float) -> float:
    """Mean cost of the worst `1 - level` of the scenarios, the one at the edge counted in part.

    >>> cost_at_risk(np.array([10.0, 20.0, 40.0]), np.array([0.5, 0.25, 0.25]), 0.5)
    30.0
    >>> cost_at_risk(np.array([10.0, 20.0, 40.0]), np.array([0.5, 0.25, 0.25]), 0.0)
    20.0
    """
    order = np.argsort(-cost)
    before = np.concatenate([[0.0], np.cumsum(probability[order])[:-1]])
    counted = np.clip((1 - level) - before, 0.0, probability[order])
    return float(counted @ cost[order] / (1 - level))
