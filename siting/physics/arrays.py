"""Arrays that keep their precision: float32 in gives float32 out, anything else is float64.

A plain Python number takes the precision of the array that it meets, so it is left as it is."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating]
Values = Array | float


def floats(x: ArrayLike) -> Array:
    """`x` as an array of float32 (if it is one) or float64; a plain number stays one.

    >>> (floats(np.float32([2, 3])) * floats(1.5)).dtype, floats([1, 2]).dtype
    (dtype('float32'), dtype('float64'))
    """
    if isinstance(x, int | float):
        return cast(Array, float(x))
    a = np.asarray(x)
    return a if a.dtype in (np.float32, np.float64) else a.astype(np.float64)


def broadcast(*values: ArrayLike) -> list[Array]:
    """Arrays of one shape and one precision.

    >>> [a.shape for a in broadcast([1.0, 2.0], 3.0)]
    [(2,), (2,)]
    """
    each = [floats(x) for x in values]
    kind = np.result_type(*each)
    return list(np.broadcast_arrays(*(np.asarray(x, kind) for x in each)))
