"""A fingerprint of anything made of arrays, tables, texts and numbers: equal where every part is equal, bit by bit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from ..errors import ModelError


def fingerprint(thing: Any) -> str:
    """SHA-256 over all parts and the code of siting. Raises ModelError for a part that it does not know."""
    digest = hashlib.sha256(_code())
    _add(digest, thing)
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _code() -> bytes:
    """Of all modules: what an older siting has found is never taken for what this one would find."""
    modules = sorted(Path(__file__).parents[1].rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in modules)).digest()


def _add(digest: Any, x: Any) -> None:
    digest.update(type(x).__name__.encode())
    if isinstance(x, np.ndarray) and x.dtype != object:
        digest.update(f"{x.dtype}{x.shape}".encode())
        digest.update(np.ascontiguousarray(x).tobytes())
    elif isinstance(x, pd.DataFrame):
        for name, column in x.items():
            _add(digest, str(name))
            _add(digest, column.tolist())
    elif is_dataclass(x):
        for f in fields(x):
            _add(digest, f.name)
            _add(digest, getattr(x, f.name))
    elif isinstance(x, dict):
        for item in x.items():
            _add(digest, item)
    elif isinstance(x, tuple | list | np.ndarray):
        digest.update(str(len(x)).encode())
        for part in x:
            _add(digest, part)
    elif isinstance(x, pd.Index):
        _add(digest, x.tolist())
    elif x is None or isinstance(x, str | int | float | np.generic):
        digest.update(repr(x).encode())
    else:
        raise ModelError(f"a fingerprint knows no {type(x).__name__}")


P = ParamSpec("P")
R = TypeVar("R")


def remembered(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The last results of a function that depends on nothing but its arguments: asked again with arguments that are equal in
    every number it is not run again. What it returns is shared, and must not be changed."""

    def around(function: Callable[P, R]) -> Callable[P, R]:
        kept: dict[str, R] = {}

        @wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            key = fingerprint((args, kwargs))
            if key not in kept:
                kept[key] = function(*args, **kwargs)
            result = kept[key] = kept.pop(key)  # the newest last
            while len(kept) > most:
                kept.pop(next(iter(kept)))
            return result

        return asked

    return around
