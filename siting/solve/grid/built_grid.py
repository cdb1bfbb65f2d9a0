"""The grid as it would be with some new circuits: another network with situations, outages and limits of its own."""

from __future__ import annotations

from ...inputs.headroom import GridCase
from ...inputs.situations import rebuilt
from ...physics.network import with_circuits
from ...physics.outages import single_outages
from ...physics.security import RowPool
from .check import GridCheck
from .secure_base import secured
from .uprate import Uprate


class BuiltGrid:
    """Checks of one configuration; `circuits` are the numbers of the steps that are built, each one more circuit.

    Under N-1 the configuration has a secure base of its own. Under screening, a dispatch of today that overloads a branch of
    the new network may go on doing so ("do no harm"), as everywhere.
    """

    def __init__(self, case: GridCase, circuits: tuple[int, ...] = ()):
        network, situations, outages = case.network, case.situations, case.outages
        if circuits:
            more: dict[int, int] = {}
            for number in circuits:
                branch = case.steps[number].branch
                more[branch] = more.get(branch, 0) + 1
            network = with_circuits(case.network, more)
            if outages is None:
                situations = [rebuilt(s, case.network, network) for s in situations]
            else:
                outages = single_outages(network, outages.lost)
        self.pool = RowPool(outages) if outages else None
        if self.pool is not None:
            situations = secured(network, situations, self.pool)
        uprates = uprates_of(case)
        self.check = GridCheck(network, situations, case.bus, case.adequacy, self.pool, uprates)
        self.named = GridCheck(network, situations[: case.n_named], case.bus, case.adequacy, self.pool, uprates)


def uprates_of(case: GridCase) -> list[Uprate]:
    """The steps that raise limits, in their order; those on one branch upon each other."""
    reached: dict[int, float] = {}
    out = []
    for step in case.steps:
        if step.kind == "uprate":
            start = reached.get(step.branch, 0.0)
            reached[step.branch] = start + step.adds_mw
            out.append(Uprate(step.branch, start, reached[step.branch]))
    return out
