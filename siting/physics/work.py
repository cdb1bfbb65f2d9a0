"""From work to watts: tokens, FLOP and chip-hours as IT power and IT energy, one factor after the other.

tokens/s ─ FLOP per token ─▶ FLOP/s ─ peak · utilisation ─▶ chips ─ W per chip · server overhead · idle ─▶ MW of IT
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, floats

DAY_S = 86_400.0


def flop_per_token(active_parameters: ArrayLike) -> Array:
    """2 N [FLOP/token]: one multiplication and one addition for every active parameter of the model, N, in a forward pass.

    Kaplan et al., "Scaling laws for neural language models" (2020), section 2.1; attention over long contexts is left out.

    >>> float(flop_per_token(70e9))
    140000000000.0
    """
    return 2.0 * floats(active_parameters)


def training_flop(parameters: ArrayLike, tokens: ArrayLike) -> Array:
    """6 N D [FLOP]: forward and backward pass over D tokens of a model with N active parameters (Kaplan et al. 2020).

    Llama 3.1 405B, 15.6e12 tokens; its paper says 3.8e25:

    >>> print(f"{float(training_flop(405e9, 15.6e12)):.2e}")
    3.79e+25
    """
    return 6.0 * floats(parameters) * floats(tokens)


def chips(flop_per_s: ArrayLike, peak_flop_per_s: ArrayLike, utilisation: ArrayLike) -> Array:
    """Chips at work [1]: FLOP/s over what one chip does, peak [FLOP/s] times utilisation [-] (of the model's FLOP).

    >>> float(chips(989e15, 989e12, 0.4))
    2500.0
    """
    return floats(flop_per_s) / (floats(peak_flop_per_s) * floats(utilisation))


def chip_hours(flop: ArrayLike, peak_flop_per_s: ArrayLike, utilisation: ArrayLike, effective_time: ArrayLike) -> Array:
    """Chip-hours of a training run [h]: FLOP over what a chip does in an hour; `effective_time` [-] is the share of the time in
    which the run works.

    Llama 3.1 405B took 30.84 million H100-hours:

    >>> round(float(chip_hours(3.8e25, 989e12, 0.40, 0.90)) / 1e6, 1)
    29.6
    """
    return chips(flop, peak_flop_per_s, utilisation) / floats(effective_time) / 3600.0


def it_power_mw(chips_at_work: ArrayLike, chip_w: ArrayLike, server_overhead: ArrayLike, idle_factor: ArrayLike = 1.0) -> Array:
    """IT power [MW]: chips times rated power [W], times the server's power per chip power [W/W], times machines held ready
    [W/W].

    A thousand 8-GPU nodes of 8.4 kW:

    >>> round(float(it_power_mw(8000, 700, 1.5)), 6)
    8.4
    """
    return floats(chips_at_work) * floats(chip_w) * floats(server_overhead) * floats(idle_factor) / 1e6


def training_mwh(hours: ArrayLike, chip_w: ArrayLike, server_overhead: ArrayLike = 1.0) -> Array:
    """IT energy of a run [MWh]: chip-hours times rated chip power [W] times the server's power per chip power [W/W].

    Llama 3.1 405B: 30.84 million H100-hours at 700 W are 21.59 GWh for the chips alone:

    >>> round(float(training_mwh(30.84e6, 700.0)), -1)
    21590.0
    """
    return floats(hours) * floats(chip_w) * floats(server_overhead) / 1e6


def path_factor(years: ArrayLike, amounts: ArrayLike, from_year: float, year: float) -> float:
    """Amount of `year` over that of `from_year` on a path of a few published years: constant growth between them.

    ln-linear interpolation; ValueError outside the path. 415 TWh in 2024 and 945 TWh in 2030 are 14.7 % a year:

    >>> round(path_factor([2024, 2030, 2035], [415, 945, 1200], 2024, 2025), 3)
    1.147
    """
    x, y = floats(years), np.log(floats(amounts))
    for asked in (from_year, year):
        if not x.min() <= asked <= x.max():
            raise ValueError(f"the path holds {x.min():g} to {x.max():g}, not {asked:g}")
    return float(np.exp(np.interp(year, x, y) - np.interp(from_year, x, y)))
