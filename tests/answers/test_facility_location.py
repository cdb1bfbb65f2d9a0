"""Published optima, solved through a study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import siting

from .facility import write_study

INSTANCES = Path(__file__).parents[3] / "shared" / "data" / "facility_location"
needs_instances = pytest.mark.skipif(not INSTANCES.is_dir(), reason=f"no OR-Library instances at {INSTANCES}")


def test_csplib_034(tmp_path):
    """CSPLib problem 034: 5 warehouses, 10 stores, fixed cost 30: optimum 383. Unit demands and whole capacities make the
    split of a store's demand worthless, so the single-source optimum is met."""
    capacity = np.array([1, 4, 2, 1, 3.0])
    cost = np.array(
        [
            [20, 24, 11, 25, 30],
            [28, 27, 82, 83, 74],
            [74, 97, 71, 96, 70],
            [2, 55, 73, 69, 61],
            [46, 96, 59, 83, 4],
            [42, 22, 29, 67, 59],
            [1, 5, 73, 59, 56],
            [10, 73, 13, 43, 96],
            [93, 35, 63, 85, 46],
            [47, 65, 55, 71, 95],
        ],
        float,
    ).T
    path = write_study(tmp_path, capacity, np.full(5, 30.0), np.ones(10), cost)
    solution = siting.run(siting.read_study(path))
    assert solution.outcome["objective"] == pytest.approx(383.0, rel=1e-9)
    assert solution.outcome["bound"] == pytest.approx(383.0, rel=1e-9)


def or_library(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    numbers = np.array(path.read_text().split(), float)
    m, n = int(numbers[0]), int(numbers[1])
    heads = numbers[2 : 2 + 2 * m].reshape(m, 2)
    rows = numbers[2 + 2 * m :].reshape(n, m + 1)
    return heads[:, 0], heads[:, 1], rows[:, 0], rows[:, 1:].T


def single_source(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    numbers = np.array(path.read_text().split(), float)
    m, n = int(numbers[0]), int(numbers[1])
    heads = numbers[2 : 2 + 2 * m].reshape(m, 2)
    rest = numbers[2 + 2 * m :]
    return heads[:, 0], heads[:, 1], rest[:n], rest[n:].reshape(m, n)


@needs_instances
@pytest.mark.parametrize(
    ("name", "reader", "optimum"),
    [
        ("cap71.txt", or_library, 932615.75),
        ("cap104.txt", or_library, 928941.75),
        ("single_source/p1", single_source, 932615.75),
        ("single_source/p13", single_source, 796648.4375),
    ],
)
def test_or_library(tmp_path, name, reader, optimum):
    """Multi-source optima (Beasley, OR-Library; Holmberg's files p1 and p13), proven with gap 0."""
    path = write_study(tmp_path, *reader(INSTANCES / name))
    solution = siting.run(siting.read_study(path))
    assert solution.outcome["objective"] == pytest.approx(optimum, rel=1e-8)
    assert solution.outcome["bound"] == pytest.approx(optimum, rel=1e-8)
