"""Money over time: real annuities, and amounts of one year and currency in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Deflators = Mapping[int, Mapping[str, float]]


def annuity(rate: ArrayLike, life_years: ArrayLike) -> Array:
    """Capital recovery factor [1/year]: r / (1 - (1 + r)^-n), and 1/n at r = 0; r real rate [1/year], n life [years].

    Any finance table: 8 % over 20 years is 0.10185.

    >>> round(float(annuity(0.08, 20.0)), 5), float(annuity(0.0, 25.0))
    (0.10185, 0.04)
    """
    r, n = np.asarray(rate, float), np.asarray(life_years, float)
    if (n <= 0).any():
        raise ValueError(f"a life of {n.min():g} years has no annuity: it must be above 0")
    if (r <= -1).any():
        raise ValueError(f"a rate of {r.min():g} per year is a loss of everything: it must be above -1")
    paid = -np.expm1(-n * np.log1p(r))  # 1 - (1 + r)^-n, also for tiny r
    return np.asarray(np.where(r == 0.0, 1.0 / n, r / np.where(r == 0.0, 1.0, paid)))


def discount_factor(rate: float, year: ArrayLike, base_year: int) -> Array:
    """(1 + r)^-(year - base_year) [-]: what a payment of `year` is worth in `base_year`; r real rate [1/year].

    >>> round(float(discount_factor(0.05, 2034, 2024)), 4)
    0.6139
    """
    return np.asarray((1.0 + rate) ** -(np.asarray(year, float) - base_year))


def stage_values(rate: float, stands_for: Sequence[int]) -> Array:
    """Present value [years] of one unit in every year that each stage stands for, seen from the first year of the first;
    r real rate [1/year]. A payment stands at the beginning of its year.

    >>> stage_values(0.0, [5, 10]).tolist()
    [5.0, 10.0]
    >>> stage_values(0.10, [1, 1]).round(6).tolist()
    [1.0, 0.909091]
    """
    ends = np.cumsum([0, *stands_for])
    each = discount_factor(rate, np.arange(ends[-1]), 0)
    return np.array([each[a:b].sum() for a, b in pairwise(ends)])


def deflate(value: ArrayLike, from_year: int, to_year: int, currency: str, deflators: Deflators) -> Array:
    """`value` in `currency` ("EUR" or "USD") of `from_year` as EUR of `to_year`: deflated in its own currency, then
    exchanged.

    `deflators[year]` holds `eur_index`, `usd_index` [any base] and `eur_per_usd`, as in
    data/technologies/deflators.csv. 100 USD of 2010 are 143.86 USD of 2024 (BLS calculator), at 1.0824 USD per EUR:

    >>> table = {2010: {"usd_index": 218.056, "eur_per_usd": 0.754},
    ...          2024: {"usd_index": 313.689, "eur_per_usd": 1 / 1.0824}}
    >>> round(float(deflate(100.0, 2010, 2024, "USD", table)), 2)
    132.91
    """
    index = {"EUR": "eur_index", "USD": "usd_index"}.get(currency)
    if index is None:
        raise ValueError(f"no deflator for {currency!r}: the table holds EUR and USD")
    for year in (from_year, to_year):
        if year not in deflators:
            raise ValueError(f"no deflator for {year}: the table holds {min(deflators)} to {max(deflators)}")
    real = np.asarray(value, float) * deflators[to_year][index] / deflators[from_year][index]
    return np.asarray(real * deflators[to_year]["eur_per_usd"] if currency == "USD" else real)
