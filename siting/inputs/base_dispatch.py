"""The dispatch of an hour before anything is built: least overload, then least cost.

    minimise   sum over branches of overload  +  CHEAPNESS * sum over plants of cost * output
    balance    output - demand = flow leaving - flow entering            at every node
    flow law   flow = susceptance * (angle from - angle to - shift)      on every branch
    limits     |flow| <= limit + overload,  0 <= output <= available

One MW of overload weighs as much as EUR 100,000 per hour, so cost decides only among equals.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linprog

from ..errors import InputsError
from ..physics.network import Network

CHEAPNESS = 1e-5
"""MW of overload per EUR/h of cost."""

MILLIRADIAN = 1e-3


def dispatch_base(
    network: Network,
    demand_mw: NDArray[np.float64],
    plant_bus: NDArray[np.int64],
    plant_mw: NDArray[np.float64],
    cost_eur_per_mwh: NDArray[np.float64],
    limit_mw: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Branch flows [MW] of the base. `demand_mw` is by bus, `plant_mw` what each plant can give."""
    nodes, branches, plants = network.node_count, network.branch_count, len(plant_bus)
    place = sp.csr_matrix((np.ones(plants), (network.node[plant_bus], np.arange(plants))), (nodes, plants))
    leaving = network.incidence.T
    slope = sp.diags(1.0 / (network.susceptance_mw_per_rad * MILLIRADIAN))
    rated = np.flatnonzero(np.isfinite(limit_mw))
    extra = sp.csr_matrix((np.ones(len(rated)), (rated, np.arange(len(rated)))), (branches, len(rated)))
    flow_parts = sp.hstack([sp.identity(branches), extra, -extra])
    balance = [place, -leaving @ flow_parts, None, -network.link_incidence.T]
    law = [None, slope @ flow_parts, -network.incidence, None]
    equations = sp.bmat([balance, law]).tocsr()
    demand = network.at_nodes(demand_mw)
    angle_limit = np.full(nodes, np.inf)
    angle_limit[network.reference] = 0.0
    lower = np.concatenate([np.zeros(plants), -limit_mw, np.zeros(2 * len(rated)), -angle_limit, network.link_least_mw])
    upper = np.concatenate([plant_mw, limit_mw, np.full(2 * len(rated), np.inf), angle_limit, network.link_mw])
    free = np.zeros(nodes + len(network.link))
    cost = np.concatenate([CHEAPNESS * cost_eur_per_mwh, np.zeros(branches), np.ones(2 * len(rated)), free])
    right = np.concatenate([demand, -network.shift_rad / MILLIRADIAN])
    answer = linprog(cost, A_eq=equations, b_eq=right, bounds=np.column_stack([lower, upper]), method="highs-ds")
    if answer.status != 0:
        raise InputsError(f"the base dispatch of the network found no answer: {answer.message}")
    return flow_parts @ answer.x[plants : plants + branches + 2 * len(rated)]
