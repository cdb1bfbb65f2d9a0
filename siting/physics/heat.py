"""Heat from halls to those who can use it: how warm, how much electricity to lift it, and when it is wanted."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .air import KELVIN
from .arrays import Array, floats


def lift_electricity(
    return_c: ArrayLike, supply_c: ArrayLike, exchanger_k: float, cooling_k: float, carnot_fraction: float, cop_max: float
) -> Array:
    """Electricity of a heat pump per heat delivered [MW/MW]: 1 / COP of heating; 0 where the return is warm enough.

    Direct where return_c - exchanger_k >= supply_c [degC]. Otherwise the pump cools the return by `cooling_k` [K]: evaporator
    at Te = return_c - cooling_k - exchanger_k, condenser at Tc = supply_c + exchanger_k, and in kelvin COP = f Tc / (Tc - Te)
    between 1 and `cop_max`, f = `carnot_fraction` [-] 0.4 to 0.6.

    Water that returns at 50 degC into a network of 80 degC, and into one of 45 degC; air at 32 degC into 80 degC:

    >>> np.round(lift_electricity([50.0, 50.0, 32.0], [80.0, 45.0, 80.0], 5.0, 10.0, 0.5, 10.0), 3).tolist()
    [0.279, 0.0, 0.38]
    """
    warm, wanted = np.broadcast_arrays(floats(return_c), floats(supply_c))
    condenser = wanted + exchanger_k + KELVIN
    lift = np.maximum(wanted - warm + cooling_k + 2 * exchanger_k, 1e-6)
    cop = np.clip(carnot_fraction * condenser / lift, 1.0, cop_max)
    return np.asarray(np.where(warm - exchanger_k >= wanted, 0.0, 1.0 / cop))


def degree_hour_shape(dry_bulb_c: ArrayLike, year_dry_bulb_c: ArrayLike, base_c: float, steady_share: float) -> Array:
    """Demand for heat of an hour over its mean of the year [-].

    steady_share + (1 - steady_share) max(base - T, 0) / mean of a year of max(base - T, 0); T [degC], the year's hours on
    the last axis. Hot water and industry are steady, space heating follows the weather.

    >>> year = [0.0, 10.0, 20.0]
    >>> degree_hour_shape(year, year, 15.0, 0.25).round(3).tolist()
    [1.938, 0.812, 0.25]
    """
    cold = np.maximum(base_c - floats(dry_bulb_c), 0.0)
    mean = np.maximum(base_c - floats(year_dry_bulb_c), 0.0).mean(axis=-1, keepdims=True)
    if not (mean > 0).all():
        raise ValueError(f"no hour of the year is below {base_c} degC: there is no space heating to shape")
    return np.asarray(steady_share + (1.0 - steady_share) * cold / mean.reshape(mean.shape + (1,) * (cold.ndim - mean.ndim)))
