"""Subproblems on all cores: each worker process holds its blocks' LPs; a lost one costs its blocks, not the run.

Each worker is an executor of one process, so that a block always meets its own warm LP. Small programs stay in this process:
starting workers takes seconds.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np
from loky.process_executor import ProcessPoolExecutor

from ...errors import SolveError
from ..highs import without_banner
from .one_site import Alone, Prices, price_sites
from .split import Split
from .subproblem import Evaluation, Subproblems

SMALL = 700_000  # non-zeros over all blocks, up to which one process is quicker
TRIES = 3
WATCH_S = 2.0
WORKER = {
    "LOKY_MAX_MEMORY_LEAK_SIZE": "1e15",  # bytes: solved LPs are kept on purpose, and a restarted worker begins cold
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"),  # a worker has one core
}

_own: Subproblems | None = None  # of a worker process


def _hold(split: Split, parent: int) -> None:
    global _own
    without_banner()
    _own = Subproblems(split)
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    """A run that is killed takes its workers, and their gigabytes, with it."""
    while os.getppid() == parent:
        time.sleep(WATCH_S)
    os._exit(1)


def _call(what: Callable, *arguments: Any) -> Any:
    assert _own is not None
    return what(_own, *arguments)


class Workers:
    """All blocks, spread over processes round robin: neighbours in time, alike in work, are on different ones."""

    def __init__(self, split: Split, processes: int | None = None):
        self.split = split
        wanted = (1 if split.size <= SMALL else os.cpu_count() or 1) if processes is None else processes
        self.count = min(wanted, split.n_blocks)
        self.blocks = [list(range(w, split.n_blocks, self.count)) for w in range(self.count)]
        self._here = Subproblems(split) if self.count == 1 else None
        self._executors = [] if self._here else [self._start() for _ in range(self.count)]
        self.lost = 0

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(max_workers=1, initializer=_hold, initargs=(self.split, os.getpid()), env=WORKER)

    def evaluate(self, plan: np.ndarray, price: np.ndarray, wanted: np.ndarray | None = None) -> list[Evaluation]:
        """Every block at this plan, in their order; `wanted`: where cuts are to be high."""
        found = [e for part in self._all(Subproblems.evaluate, lambda w: (plan, price, self.blocks[w], wanted)) for e in part]
        return sorted(found, key=lambda e: e.block)

    def floor(self, price: np.ndarray) -> np.ndarray:
        """The least cost of each block under any plan."""
        quick = self.split.floor()
        if np.isfinite(quick).all():
            return quick
        parts = self._all(Subproblems.floor, lambda w: (price, self.blocks[w]))
        merged = {d: v for part in parts for d, v in part.items()}
        return np.array([merged[d] for d in range(self.split.n_blocks)])

    def operation(self, plan: np.ndarray, price: np.ndarray) -> np.ndarray:
        """Values of the own columns, (own columns, blocks), at these prices of broken rules."""
        out = np.empty((self.split.n_own, self.split.n_blocks))
        parts = self._all(Subproblems.operation, lambda w: (plan, price, self.blocks[w]))
        for blocks, part in zip(self.blocks, parts, strict=True):
            out[:, blocks] = part
        return out

    def alone(self, sites: np.ndarray, prices: Prices, little: float, seconds: float) -> list[Alone]:
        """These closed sites, each alone, at the prices of all others (`one_site`): those of which enough could be told."""
        parts = self._all(price_sites, lambda w: (sites[w :: self.count].tolist(), prices, little, seconds))
        return [x for part in parts for x in part]

    def _all(self, what: Callable, arguments: Callable[[int], tuple]) -> list[Any]:
        if self._here:
            return [what(self._here, *arguments(0))]
        futures = [self._submit(w, what, arguments) for w in range(self.count)]
        return [self._result(w, future, what, arguments) for w, future in enumerate(futures)]

    def _submit(self, worker: int, what: Callable, arguments: Callable[[int], tuple]) -> Future:
        return self._executors[worker].submit(_call, what, *arguments(worker))

    def _result(self, worker: int, future: Future, what: Callable, arguments: Callable[[int], tuple]) -> Any:
        for _ in range(TRIES):
            try:
                return future.result()
            except BrokenProcessPool:
                self.lost += 1
                self._executors[worker].shutdown(wait=False)
                self._executors[worker] = self._start()
                future = self._submit(worker, what, arguments)
        raise SolveError(f"a worker process was lost {TRIES} times at the same blocks; is there enough memory?")

    def close(self) -> None:
        for executor in self._executors:
            executor.shutdown(wait=True, kill_workers=True)
