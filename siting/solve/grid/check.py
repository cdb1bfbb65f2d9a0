"""Which connections the network can serve together in every situation, as rows for the siting model.

For connections d [MW] by candidate and a situation k, V_k(d) is the least unserved MW, found by
re-dispatching supply. d is servable in k if and only if V_k(d) = 0. V_k is convex, and at any d0

    V_k(d) >= sum over candidates of price[c] * d[c] - room        for every d >= 0, with price <= 1

with the nodal prices of the solve at d0 (weak duality). The cut `sum of price * d <= room` therefore
keeps every servable d and excludes d0 when V_k(d0) > 0. Situations are checked until none is violated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import depth_first_order

from ...errors import ModelError
from ...inputs.situations import Situation
from ...physics.network import Network
from ...physics.security import RowPool
from .joint import Joint, joint
from .lp import Served, SituationProgram
from .uprate import Uprate

SERVABLE_MW = 0.01
"""Unserved power up to this counts as none; it lies far below any connection and above solver noise."""

CEILING_MW = 5_000.0
"""Headroom is searched up to here; larger values say nothing about a connection."""

PRICE_NOISE = 1e-6


@dataclass(frozen=True, eq=False)
class GridCut:
    """The row `coefficients @ d_mw <= rhs_mw` over the candidates, and what it stands for.

    `corridors` [MW per MW]: by how much `rhs_mw` rises per MW of limit of a branch (or of a branch after an outage). `adequacy`
    [MW per MW]: by how much it rises per MW of planned supply. A shadow price of the row times
    these is the value of reinforcing the branch, or of building supply.
    """

    situation: str
    number: int
    coefficients: NDArray[np.float64]
    rhs_mw: float
    violation_mw: float
    corridors: dict[str, float]
    adequacy: float
    rule: str
    rise: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def binding(self) -> str:
        """`adequacy`, or the branch whose limit weighs most."""
        return _binding(self.corridors, self.adequacy)

    @property
    def kind(self) -> str:
        """What binds: `adequacy`, `corridor` or `corridor and adequacy`."""
        kinds = ["corridor"] * bool(self.corridors) + ["adequacy"] * (self.adequacy > PRICE_NOISE)
        return " and ".join(kinds) or "none"


class Headroom(NamedTuple):
    """Largest connection [MW] of one candidate alone in one situation; `binding` names what stops it."""

    candidate: int
    situation: str
    headroom_mw: float
    binding: str
    rule: str


class FullCheck(NamedTuple):
    """What a check of every branch, intact and after every outage, in every situation found.

    `pairs` counts the limits compared, `worst_mw` [MW] is how far the worst flow lies above its limit (below zero: within),
    `unserved_mw` what stays unserved in the worst situation, `where` names the worst limit and its situation.
    """

    situations: int
    pairs: int
    worst_mw: float
    where: str
    unserved_mw: float


class GridCheck:
    """Checks connections against grid situations; candidates are bus numbers of the network.

    With `adequacy` the supply of each situation is a limit. Without it, every MW connected may bring up
    to one MW of supply not yet built, spread over conventional plant pro rata: only corridors limit.
    With a `pool` of the network's outages every answer is N-1 secure; the pool may be shared with other checks.
    """

    def __init__(
        self,
        network: Network,
        situations: Sequence[Situation],
        candidate_bus_index: ArrayLike,
        adequacy: bool = False,
        pool: RowPool | None = None,
        uprates: Sequence[Uprate] = (),
    ):
        if not situations:
            raise ModelError("a grid check needs at least one situation")
        self.network, self.adequacy = network, adequacy
        self.situations: list[Situation] = []
        self.candidate = np.asarray(candidate_bus_index, np.int64)
        self.place, self._column = np.unique(network.node[self.candidate], return_inverse=True)
        self.pool, self.uprates = pool, tuple(uprates)
        self._program = SituationProgram(network, self.place, situations[0].planned_share, pool)
        self._after: dict[int, NDArray[np.float64]] = {}
        self._loaded: tuple[int, bytes] = (-1, b"")
        for situation in situations:
            self.add(situation)

    @property
    def rule(self) -> str:
        """The balancing rule to print beside every figure."""
        return self.situations[0].rule

    def add(self, situation: Situation) -> None:
        """One more situation, for instance the worst hour of a chosen day."""
        if self.situations and not np.allclose(situation.planned_share, self.situations[0].planned_share):
            raise ModelError(f"situation {situation.name!r} shares planned supply differently from the others")
        if self.situations and situation.rule != self.rule:
            raise ModelError(f"situation {situation.name!r} follows the rule {situation.rule!r}, the others {self.rule!r}")
        if not len(situation.base_flow_mw):
            raise ModelError(f"situation {situation.name!r} has no base yet: see solve.secure_base")
        self.situations.append(situation)

    def cuts(self, d_mw: ArrayLike, built: ArrayLike | None = None) -> list[GridCut]:
        """One cut for every situation that cannot serve `d_mw`, worst first; empty if all can.

        `d_mw` is by candidate, or by situation and candidate. `built` is the share (0 to 1) of each uprate that is built.
        """
        d_mw = np.asarray(d_mw, float)
        if d_mw.ndim == 2 and len(d_mw) != len(self.situations):
            raise ModelError(f"connections were given for {len(d_mw)} of {len(self.situations)} situations")
        asked = np.broadcast_to(d_mw, (len(self.situations), d_mw.shape[-1]))
        share = np.zeros(len(self.uprates)) if built is None else np.asarray(built, float)
        found = []
        for number, d in enumerate(asked):
            cut = self.cut(number, d, share)
            if cut is not None:
                found.append(cut)
        return sorted(found, key=lambda cut: -cut.violation_mw)

    def unserved(self, d_mw: ArrayLike) -> NDArray[np.float64]:
        """V(d) [MW] of every situation, in their order."""
        asked = self._by_place(d_mw)
        return np.array([asked.sum() - self._serve(k, asked).served_mw.sum() for k in range(len(self.situations))])

    def headroom(self, candidate: int) -> list[Headroom]:
        """Headroom of one candidate alone, in each situation."""
        return [self._headroom(k, candidate) for k in range(len(self.situations))]

    def headrooms(self, tell: Callable[[str], None] | None = None) -> Iterator[Headroom]:
        """Headroom of every candidate in every situation: situation after situation, neighbours in turn.

        A neighbour's solution is the best start; that order makes a solve about twice as fast.
        """
        order = self._neighbours_in_turn()
        for number, situation in enumerate(self.situations):
            if tell:
                tell(situation.name)
            for candidate in order:
                yield self._headroom(number, int(candidate))

    def firm_headroom(self) -> list[Headroom]:
        """The least headroom of each candidate over the situations."""
        least: dict[int, Headroom] = {}
        for found in self.headrooms():
            if found.candidate not in least or found.headroom_mw < least[found.candidate].headroom_mw:
                least[found.candidate] = found
        return [least[number] for number in range(len(self.candidate))]

    def joint(self, candidates: ArrayLike, caps_mw: ArrayLike) -> Joint:
        """The largest sum of connections of `candidates` (numbers), each up to its cap, in all situations together."""
        return joint(self, candidates, caps_mw, SERVABLE_MW)

    def full_check(self, d_mw: ArrayLike, built: ArrayLike | None = None) -> FullCheck:
        """Re-dispatch every situation at `d_mw` and compare every flow with its limit, before and after every outage."""
        demands = np.broadcast_to(np.asarray(d_mw, float), (len(self.situations), len(self.candidate)))
        share = np.zeros(len(self.uprates)) if built is None else np.asarray(built, float)
        pairs, worst, where, unserved = 0, -np.inf, "", 0.0
        for number, situation in enumerate(self.situations):
            asked = self._by_place(demands[number])
            served = self._serve(number, asked, share)
            unserved = max(unserved, float(asked.sum() - served.served_mw.sum()))
            limit = self._program.upper[self._program.flow]
            over = [np.abs(served.flow_mw)[:, None] - limit[:, None]]
            if self.pool is not None:
                over.append(self.pool.violation(served.flow_mw, self._program.emergency_mw))
            for table in over:
                pairs += table.size
                if table.size and table.max() > worst:
                    worst = float(table.max())
                    branch, outage = np.unravel_index(int(table.argmax()), table.shape)
                    lost = "" if table is over[0] or self.pool is None else self.pool.outages.name(int(outage))
                    name = self.network.branch[branch] + (f" after the loss of {lost}" if lost else "")
                    where = f"{name} in {situation.name}"
        return FullCheck(len(self.situations), pairs, worst, where, unserved)

    def stacking_error(self, candidates: ArrayLike, caps_mw: ArrayLike) -> float:
        """(sum of single headrooms, each up to its cap - joint headroom) / joint headroom.

        It can be negative: load on the exporting side of a corridor relieves it.
        """
        candidates = np.asarray(candidates, np.int64)
        caps = np.broadcast_to(np.asarray(caps_mw, float), len(candidates))
        single = [min(h.headroom_mw for h in self.headroom(int(c))) for c in candidates]
        joint = self.joint(candidates, caps).total_mw
        return float((np.minimum(single, caps).sum() - joint) / joint) if joint > 0 else np.inf

    def _by_place(self, d_mw: ArrayLike) -> NDArray[np.float64]:
        d = np.asarray(d_mw, float)
        if d.shape != self.candidate.shape:
            raise ModelError(f"{d.size} connections were given for {len(self.candidate)} candidates")
        if not (np.isfinite(d) & (d >= -SERVABLE_MW)).all():
            raise ModelError("connections must be finite and not negative")
        return np.bincount(self._column, weights=np.maximum(d, 0.0), minlength=len(self.place)).astype(float)

    def _serve(self, number: int, asked: NDArray[np.float64], built: NDArray[np.float64] | None = None) -> Served:
        """Solve situation `number`, from where the program stands."""
        program, situation = self._program, self.situations[number]
        share = np.zeros(len(self.uprates)) if built is None else built
        if (number, share.tobytes()) != self._loaded:
            lack = situation.lack_mw
            planned = lack if self.adequacy else np.full(len(lack), np.inf)
            limit, emergency = situation.limit_mw.copy(), self._emergency(number)
            for uprate, part in zip(self.uprates, share, strict=True):
                intact, after = uprate.effect(situation, emergency)
                limit[uprate.branch] += part * intact
                if emergency is not None and part > 0:
                    emergency = emergency.copy()
                    emergency[uprate.branch] += part * after
            program.set_situation(situation.demand_mw, situation.supply_mw, limit, lack, planned, emergency)
            self._loaded = (number, share.tobytes())
        program.ask(asked)
        return program.solve()

    def _emergency(self, number: int) -> NDArray[np.float64] | None:
        """Limits after outages of a situation; kept, since all situations are asked again and again."""
        if self.pool is None:
            return None
        if number not in self._after:
            situation = self.situations[number]
            self._after[number] = self.pool.emergency(situation.emergency_mw, situation.base_flow_mw)
        return self._after[number]

    def cut(self, number: int, d: NDArray[np.float64], built: NDArray[np.float64]) -> GridCut | None:
        """The cut of one situation at `d` [MW] (candidate), or None where it serves that."""
        asked = self._by_place(d)
        served = self._serve(number, asked, built)
        if asked.sum() - served.served_mw.sum() <= SERVABLE_MW:
            return None
        coefficients = served.price[self._column]
        coefficients[np.abs(coefficients) < PRICE_NOISE] = 0.0
        violation = float(coefficients @ d - served.room_mw)
        corridors, adequacy = self._attribute(served)
        name, rise = self.situations[number].name, self._rise(number, served)
        room = served.room_mw - float(rise @ built)
        return GridCut(name, number, coefficients, room, violation, corridors, adequacy, self.rule, rise)

    def _rise(self, number: int, served: Served) -> NDArray[np.float64]:
        """By how much each uprate raises the room of this solve [MW]: the worth of its limits times their rise."""
        situation, rise = self.situations[number], np.zeros(len(self.uprates))
        if not len(rise):
            return rise
        emergency = self._emergency(number)
        for i, uprate in enumerate(self.uprates):
            intact, after = uprate.effect(situation, emergency)
            rise[i] = served.worth[uprate.branch] * intact
            if self.pool is not None:
                count = len(served.secure_worth)
                rows = np.flatnonzero(self.pool.branch[:count] == uprate.branch)
                rise[i] += float(served.secure_worth[rows].sum()) * after
        return rise

    def _attribute(self, served: Served) -> tuple[dict[str, float], float]:
        """Worth of each binding limit (a branch, or a branch after an outage), largest first, and of planned supply."""
        limits = [(self.network.branch[i], float(served.worth[i])) for i in np.flatnonzero(served.worth > PRICE_NOISE)]
        if self.pool is not None:
            secure = np.flatnonzero(served.secure_worth > PRICE_NOISE)
            limits += [(self.pool.name(int(i)), float(served.secure_worth[i])) for i in secure]
        return dict(sorted(limits, key=lambda item: -item[1])), float(served.planned_worth.max())

    def _headroom(self, number: int, candidate: int) -> Headroom:
        asked = np.zeros(len(self.place))
        asked[self._column[candidate]] = CEILING_MW
        served = self._serve(number, asked)
        headroom = float(served.served_mw.sum())
        binding = "ceiling" if headroom > CEILING_MW - 1 else _binding(*self._attribute(served))
        return Headroom(candidate, self.situations[number].name, headroom, binding, self.rule)

    def _neighbours_in_turn(self) -> NDArray[np.int64]:
        """Candidates in the order of a walk through the network, island after island."""
        graph = abs(self.network.incidence.T @ self.network.incidence)
        turn = np.full(self.network.node_count, -1)
        for start in self.network.reference:
            walk = depth_first_order(graph, start, directed=False, return_predecessors=False)
            turn[walk] = turn.max() + 1 + np.arange(len(walk))
        return np.argsort(turn[self.network.node[self.candidate]], kind="stable")


def _binding(corridors: dict[str, float], adequacy: float) -> str:
    branch = next(iter(corridors), None)
    if branch is not None and corridors[branch] >= adequacy:
        return branch
    return "adequacy" if adequacy > PRICE_NOISE else branch or "none"
