"""What a cooling technology is asked for, and how its parts are added up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .. import plant
from ..arrays import Array, Values

Parameters = Mapping[str, float]


class Performance(NamedTuple):
    """One hour or many of a technology, all per unit of IT: arrays of the state's shape.

    `chiller_kw_per_kw` and `rejection_kw_per_kw` are how big the plant has to be to carry the hour, in kW at the
    catalogue's conditions (chiller: 35 degC outdoors or 29.4 degC condenser water; tower: 35/29.4/25.6 degC; dry
    cooler: 15 K from air to hot water). Hot air takes output from the same machine, so the hour asks for more. The
    maximum over the years is the plant to build. Free cooling is where `chiller_kw_per_kw` is 0."""

    pue: Array  # facility power per IT power [-]
    wue_l_per_kwh: Array  # water withdrawn (made up) per IT energy [L/kWh]
    consumed_l_per_kwh: Array  # of it, water that does not come back: evaporated and drifted [L/kWh]
    return_c: Array  # of the stream that carries the heat, as it returns from the halls [degC]
    recoverable_kw_per_kw: Array  # heat in that stream that an exchanger can hand on [kW per kW of IT]
    chiller_kw_per_kw: Array  # chiller to build [kW per kW of IT]
    rejection_kw_per_kw: Array  # tower or dry cooler to build [kW per kW of IT]


class Part(NamedTuple):
    """One part of a plant, per kW of IT: electricity [kW], water withdrawn and consumed [L/kWh], and its size [kW]."""

    kw: Values = 0.0
    withdrawn: Values = 0.0
    consumed: Values = 0.0
    chiller_kw: Values = 0.0
    rejection_kw: Values = 0.0


def performance(like: Array, parts: list[Part], return_c: Values, recoverable: Values) -> Performance:
    """The parts of a hall added up, in shape and precision of `like`; IT itself (1 kW) is not among the parts."""

    def full(x: Values) -> Array:
        return np.array(np.broadcast_to(x, like.shape), like.dtype)

    kw, withdrawn, consumed, chiller, rejection = (sum(each) for each in zip(*parts, strict=True))
    of_parts = full(1.0 + kw), full(withdrawn), full(consumed)
    return Performance(*of_parts, full(return_c), full(recoverable), full(chiller), full(rejection))


def electrical(p: Parameters) -> Part:
    """UPS, distribution and lighting."""
    losses = plant.electrical_losses_kw(p["ups_efficiency"], p["distribution_loss_fraction"])
    return Part(losses + p["lighting_fraction"])


def heat_kw(p: Parameters) -> float:
    """Heat to remove [kW per kW of IT]: IT, losses and lighting, all inside the hall."""
    losses = plant.electrical_losses_kw(p["ups_efficiency"], p["distribution_loss_fraction"])
    return 1.0 + losses + p["lighting_fraction"]


def linear_power(
    pue: ArrayLike, reference_utilisation: float, fixed_share: float, time_axis: int | tuple[int, ...] = 0
) -> tuple[Array, Array]:
    """(a, b) of facility power = a * installed + b * IT [MW], a constant in time and b with the hour.

    `fixed_share` [-] of the *annual mean* overhead at the reference utilisation u does not fall with load: a = u *
    fixed_share * mean(pue - 1), b = pue - a / u, so that at IT = u * installed the power is pue * IT in every hour.
    The mean is over `time_axis`, which `a` loses and which must hold whole years. b below 1 would make IT power cost
    less than itself: an hour whose overhead is under the fixed part raises ValueError.

    >>> a, b = linear_power([1.10, 1.20, 1.30], 0.8, 0.4)
    >>> round(float(a), 4), np.round(b, 3).tolist()
    (0.064, [1.02, 1.12, 1.22])
    >>> bool(np.allclose(a * 100 + b * 80, [88.0, 96.0, 104.0]))  # 80 MW of IT in a 100 MW hall
    True
    """
    values = np.asarray(pue, float)
    if not 0.0 < reference_utilisation <= 1.0:
        raise ValueError(f"reference_utilisation {reference_utilisation} must be above 0 and at most 1")
    if not 0.0 <= fixed_share <= 1.0:
        raise ValueError(f"fixed_share {fixed_share} must lie between 0 and 1")
    fixed = fixed_share * np.mean(values - 1.0, axis=time_axis, keepdims=True)
    b = values - fixed
    if (b < 1.0).any():
        raise ValueError(
            f"the least PUE {np.nanmin(values):.4f} leaves an hourly slope of {np.nanmin(b):.4f}, below 1: fixed_share "
            f"{fixed_share} claims more overhead than that hour has; lower it"
        )
    return np.asarray(reference_utilisation * np.squeeze(fixed, axis=time_axis)), b
