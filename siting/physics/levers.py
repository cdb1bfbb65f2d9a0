"""How much levers save together: never the sum of what each saves alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array


def saving_in_order(saving: ArrayLike, most_share: ArrayLike, acts_on: ArrayLike) -> Array:
    """What a unit share of each lever saves of the *whole* work [-], in this order: each lever acts on what the ones before it
    leave where they are used as far as they can be.

    Levers that act on the same thing (`acts_on`: the model, the numbers, …) share the work: a request is answered by one
    model. Levers that act on different things act one on top of the other. With e[l] the saving of the work treated and U[g]
    the most that the earlier levers of a group g can save:

        saving[l] = e[l] · Π over groups g ≠ group of l of (1 − U[g])

    Σ saving · share is then at most what the levers save together, 1 − Π_g (1 − Σ_{l in g} e[l] · share[l]), for all
    shares, and equal where they are used one after the other, each as far as it goes. Two levers of a half save three
    quarters:

    >>> saving_in_order([0.5, 0.5], [1.0, 1.0], ["numbers", "serving"]).tolist()
    [0.5, 0.25]
    >>> saving_in_order([0.5, 0.5], [0.4, 0.6], ["model", "model"]).tolist()
    [0.5, 0.5]
    """
    e, m, groups = np.asarray(saving, float), np.asarray(most_share, float), np.asarray(acts_on)
    out = np.zeros(len(e))
    for i in range(len(e)):
        left = 1.0
        for g in dict.fromkeys(groups[:i].tolist()):
            earlier = np.flatnonzero(groups[:i] == g)
            left *= 1.0 if g == groups[i] else 1.0 - most_of_group(e[earlier], m[earlier])
        out[i] = e[i] * left
    return out


def most_of_group(saving: Array, most_share: Array) -> float:
    """The most that levers save which share the work: the best first, until all of it is treated.

    >>> round(most_of_group(np.array([0.5, 0.9]), np.array([0.8, 0.4])), 6)
    0.66
    """
    best = np.argsort(-saving)
    before = np.concatenate([[0.0], np.cumsum(most_share[best])[:-1]])
    return float(saving[best] @ np.clip(1.0 - before, 0.0, most_share[best]))


def together(saving: ArrayLike, share: ArrayLike, acts_on: ArrayLike) -> float:
    """What the levers save together [-] at these shares: 1 − Π over groups of (1 − Σ in the group of saving · share).

    >>> together([0.5, 0.5], [1.0, 1.0], ["numbers", "serving"])
    0.75
    """
    e, x, groups = np.asarray(saving, float), np.asarray(share, float), np.asarray(acts_on)
    left = [1.0 - float((e * x)[groups == g].sum()) for g in np.unique(groups)]
    return float(1.0 - np.prod(left))
