"""Rounds of one Split: the master proposes, the blocks answer, and what is proved grows.

Rounds begin within some room of the best plan z, for as long as that promises more than the gap: there the cuts are true, and
LPs start near their last basis. Then a round looks at  z + step · (x − z),  between z and the master's least point x (in-out:
Ben-Ameur and Neto, "Acceleration of cutting-plane and column generation algorithms", Networks 49, 2007). It keeps all plan
rows, may be the new best plan, and gives a cut for each block that is solved.

The master may use the sites of a first plan alone (column generation of whole sites: Lübbecke and Desrosiers, "Selected topics
in column generation", Operations Research 53, 2005). When rounds are settled, every other site is priced at the prices that
prove the bound: in closed form at first, which is in every cut (`site_pricing`), and exactly where that promises something
(`one_site`). Those that would gain join; when none would, the bound is that of all sites.

Broken rules (elastic columns) have a mild price, about what an honest MWh costs: a dear one makes every step wild. Bounds
stay bounds, since a cheaper penalty is a relaxation; plans are repaired at the end (`repair`). Limits on many blocks may have a
price instead of shares (`limit_prices`): a plan's value is then that of the relaxation of their rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import Infeasible
from .. import infeasibility
from .limit_prices import LimitPrices
from .master import Master, Step
from .one_site import Alone, Prices, can_be_alone, with_alone
from .split import Split
from .subproblem import Evaluation
from .workers import Workers

if TYPE_CHECKING:
    from .decomposition import Decomposition

NEARBY, KEPT = 0.005, 0.5  # room of a first step near by, in parts of the largest of its kind; a step that keeps so much of
# its promise doubles it
SHORT = 10  # steps near by, one after another, that keep less: longer ones gain more then
STEP = 0.2  # from the best plan towards the master's least point
USED = 1e-3  # of the largest of its kind: a plan that has more at a site uses it
LITTLE, STALL = 0.02, 0.05  # first step from whole modules; and the least that the bound gains by one, in parts of the gap
MISSED = 0.02  # of the gap: what all other sites may gain together, and be called sites that gain nothing
ENOUGH = 1.5  # gaps asked for: so near the bound of all sites, no other one has to join
AT_ONCE = 4  # sites that a process prices before it is asked whether to go on
SLOW = 3  # rounds that gain less: then broken rules cost more, or the proof ends
NEAR = 4.0  # gaps asked for: so near, or with whole modules, every second round looks at the master's least point itself
DEAREST = 1e-2  # share of the penalties that is never passed
PAID, LIFTED = 0.1, 0.5  # of the gap: for broken rules; and by which a bound is lifted, to charge more for them from the start
CHARGE = 10.0  # times the price, after a plan that no repair mends
ROUNDING = 1e-6  # of the objective, at the dearest price (1e-9 of all work): rules broken by less are kept


@dataclass
class Best:
    """A plan under which every block was solved."""

    value: float
    plan: np.ndarray
    penalty: np.ndarray  # of what is broken over the year, at full price, by elastic column
    found: list[Evaluation]

    @property
    def worth(self) -> float:
        """Of what is broken, at the dearest price."""
        return DEAREST * float(self.penalty.sum())


class Rounds:
    """A split with its master and its workers; `run` is told of bounds and asked when to stop."""

    def __init__(self, run: Decomposition, s: Split, price: np.ndarray, processes: int | None):
        self.run, self.split, self.price = run, s, price
        self.workers = Workers(s, processes)
        self.master = Master(s, self.workers.floor(price), run.interrupt)
        self.integer = bool(s.plan.integer.any())
        self.low = -np.inf  # what the last `settle` proved of its plans
        self.limits: LimitPrices | None = None  # limits that have a price instead of shares
        self._grid = self._new_rows = 0
        self._round_s = 0.0  # what the last round took

    def close(self) -> None:
        self.workers.close()

    def settle(
        self,
        start: np.ndarray | None,
        gap: float,
        stage: str,
        going: Callable[[], bool],
        proves: bool = False,
        fixed: bool = False,
    ) -> Best | None:
        """Rounds from `start` until best plan and master's bound are within `gap`, and no other site could help; `fixed` keeps
        the integers of `start`, and its sites, `proves` lets the bound be the run's. Stops when not `going`; None where no plan
        was looked at."""
        run, self.low = self.run, -np.inf
        self._grid_rows()
        best = None if start is None or not self.servable(start, proves or fixed) else self.look(start)
        some = not fixed and self.only(run.sites)
        if fixed and start is not None:
            self.fix(start)
        if best is not None:
            best = self.better_nearby(best, gap, stage, going, proves or fixed, central=fixed)
        while best is None or going():
            least = self.master.relaxation(max(run.seconds_left(), 1.0))
            if not len(least.plan):
                if some:
                    some = self.only(None)
                    continue
                if proves and best is None and least.status == "infeasible":
                    raise Infeasible(infeasibility.explain(run.program, run.cuts))
                break
            self.low = max(self.low, least.bound)
            if proves and not some:
                run.bound = max(run.bound, self.low)
            run.progress(stage)
            if run.closed():
                break
            if fixed and np.isfinite(run.incumbent) and self.low > min(run.incumbent, run.bound + run.allowed(self.low)):
                break  # these integers cannot be better than the best plan, or within the gap asked for
            if best is not None and best.value - self.low <= run.allowed(best.value, gap):
                if not some or not self._more_join(best, gap, going, proves):
                    break
                self.low, some = -np.inf, self.only(run.sites)
                continue
            near = best is not None and best.value - self.low <= NEAR * run.allowed(best.value, gap)
            length = 1.0 if best is None or ((near or fixed) and run.rounds % 2) else STEP
            towards = least.plan if best is None else best.plan + length * (least.plan - best.plan)
            if self.servable(towards, proves or fixed) or best is not None:
                found = self.look(towards, least.plan)
                if best is None or (found.value < best.value and not self._new_rows):
                    best = found
        if some and proves and not np.isfinite(run.bound):
            self.only(None)
            run.bound = self.master.relaxation(max(run.seconds_left(), 1.0)).bound
        self.only(None)
        if proves:
            self.master.keep_proof()
        return best

    def prove(self, start: np.ndarray, gap: float, stage: str, going: Callable[[], bool]) -> Best:
        """The same from a plan of whole modules. First steps are small, since far from a plan that serves the work a cut tells
        little but what breaking rules costs. They grow for as long as they lose less than the master promises, and shrink
        where they lose more. When the bound gains little, broken rules cost more; where none is paid for any more, the rounds
        end."""
        run, self.low, length, slow = self.run, -np.inf, LITTLE, 0
        self.servable(start, True)
        best = found = self.look(start)
        some = self.only(run.sites)
        best = self.better_nearby(best, gap, stage, going, True)
        while going():
            least = self.master.relaxation(max(run.seconds_left(), 1.0))
            if not len(least.plan):
                break
            gained = least.bound - self.low
            self.low = max(self.low, least.bound)
            if not some:
                run.bound = max(run.bound, self.low)
            run.progress(stage)
            slow = slow + 1 if gained < STALL * run.allowed(best.value, gap) else 0
            settled = run.closed() or best.value - self.low <= run.allowed(best.value, gap)
            if slow >= SLOW and not settled and not self.breaks(best):
                settled = not self.charge_more(found, PAID * run.allowed(best.value, gap))
                best, slow = best if settled else self.look(best.plan), 0
            if settled:
                if run.closed() or not some or not self._more_join(best, gap, going, True):
                    break
                self.low, some, slow = -np.inf, self.only(run.sites), 0
                continue
            towards = best.plan + length * (least.plan - best.plan)
            holds = self.servable(towards, True)
            found = self.look(towards, least.plan)
            wild = found.value - best.value > best.value - self.low
            length = max(length / 2.0, LITTLE) if wild else min(2.0 * length, 1.0)
            if holds and found.value < best.value:
                best = found
        self.only(None)
        self.master.keep_proof()
        return best

    def better_nearby(
        self,
        best: Best,
        gap: float,
        stage: str,
        going: Callable[[], bool],
        matters: bool,
        room: float = NEARBY,
        central: bool = False,
        keeps: bool = False,
    ) -> Best:
        """Steps within some room of the best plan, more where they keep their promise and less where they are worse, until they
        promise less than `gap`, or keep little of it for long (trust region: Linderoth and Wright, Computational Optimization
        and Applications 24, 2003); to `central` points of the master instead of corners; with `keeps` until the best plan
        breaks no rule, too."""
        short, ask = 0, self.master.central if central else self.master.relaxation
        while going() and short < SHORT:
            with self.master.within(*self.around(best.plan, room)):
                least = ask(max(self.run.seconds_left(), 1.0))
            self.run.progress(stage)
            promised = best.value - least.bound
            if not len(least.plan) and room < 1.0:
                room *= 2.0
                continue
            settled = promised <= self.run.allowed(best.value, gap) and not (keeps and self.breaks(best))
            if not len(least.plan) or settled:
                break
            if not self.servable(least.plan, matters):
                continue  # once more, with the rows of the grid that it lacked
            found = self.look(least.plan)
            gained = best.value - found.value
            if keeps:  # in the end a promise is rounding, and what is paid for broken rules is all there is to gain
                promised = max(promised, float(self.price @ best.penalty))
            room *= 2.0 if gained > KEPT * promised else 0.5 if gained < 0 else 1.0
            short = short + 1 if gained <= (LITTLE if keeps else KEPT) * promised else 0
            if gained > 0:
                best = found
        return best

    def only(self, sites: np.ndarray | None) -> bool:
        """The master may use these sites, or all; whether that is fewer than all."""
        some = sites is not None and not sites.all()
        self.master.only(sites if some else None)
        return some

    def fix(self, plan: np.ndarray) -> None:
        """The integers of `plan`, and nothing at sites that it does not use if that can be: crumbs there load all LPs anew."""
        self.only(self.split.sites_used(plan, USED))
        self.master.fix(plan)
        if not len(self.master.relaxation(max(self.run.seconds_left(), 1.0)).plan):
            self.only(None)
            self.master.fix(plan)

    def _more_join(self, best: Best, gap: float, going: Callable[[], bool], proves: bool) -> bool:
        """Other sites are priced, which tells the bound of all; unless that is near enough, those that could help join."""
        run = self.run
        low, join = self._priced_out(MISSED * run.allowed(best.value, gap), run.going if proves else going)
        if proves:
            run.bound = max(run.bound, low)
        if run.sites is None or best.value - low <= run.allowed(best.value, ENOUGH * gap) or not (join & ~run.sites).any():
            return False
        run.sites = run.sites | join
        return True

    def _priced_out(self, little: float, going: Callable[[], bool]) -> tuple[float, np.ndarray]:
        """The bound of all sites, and (sites,) which of those that the master may not use now could gain. They are priced
        exactly where they could (`one_site`), but for `little` in all; cuts know what each is worth from then on."""
        s, mean = self.split, self.master.mean(max(self.run.seconds_left(), 1.0))
        if mean is None or np.isnan(mean.cuts.prices).any():  # what the master wants may gain
            self.only(None)
            step = self.master.relaxation(max(self.run.seconds_left(), 1.0))
            return step.bound, s.sites_used(step.plan) if len(step.plan) else np.zeros(s.site_of.n_sites, bool)
        asked, each = np.flatnonzero(can_be_alone(s) & (mean.gains < 0)), AT_ONCE * self.workers.count
        little /= max(len(asked), 1)
        charged = self.price if self.limits is None else self.limits.charged(self.price)
        prices = Prices(mean.cuts.prices.T, mean.reduced, charged, mean.cuts.slope.T @ s.weight)
        found: list[Alone] = []
        for i in range(0, len(asked), each):
            if not going():
                break
            found += self.workers.alone(asked[i : i + each], prices, little, max(self.run.seconds_left(), 1.0))
        better = [x for x in found if x.gain > mean.gains[x.site]]
        if better:
            self.master.know(with_alone(mean.cuts, better))
        mean.gains[[x.site for x in better]] = [x.gain for x in better]
        joins = [x.site for x in found if x.value < -little]
        return mean.bound + float(mean.gains.sum()), np.isin(np.arange(s.site_of.n_sites), joins)

    def around(self, plan: np.ndarray, room: float) -> tuple[np.ndarray, np.ndarray]:
        """Bounds within `room` of the largest of each column's kind."""
        room_mw = room * self.split.typical(plan)
        if self.limits is not None:
            room_mw[self.limits.columns] = np.inf
        return plan - room_mw, plan + room_mw

    def whole_modules(self, best: Best, gap: float, seconds: float) -> Step:
        """The master with whole modules."""
        return self.master.whole_modules(self.run.allowed(best.value, gap), seconds, self.run.tell)

    def dive(self, best: Best, going: Callable[[], bool]) -> np.ndarray | None:
        """A plan of whole modules at the sites that `best` uses (of others the master knows too little yet), with all else as
        near `best` as the plan's rows let it be; None where the dive ends without."""
        at = self.master.highs.integer
        self.only(self.split.sites_used(best.plan, USED))
        whole = self.master.dive(going)
        if whole is None:
            self.only(None)  # what is proved next holds for all sites
            return None
        self.fix(whole)
        room = NEARBY
        while True:
            low, high = self.around(best.plan, room)
            low[at], high[at] = -np.inf, np.inf
            with self.master.within(low, high):
                found = self.master.relaxation(max(self.run.seconds_left(), 1.0))
            if len(found.plan) or room > 1.0 or not going():
                break
            room *= 2.0
        self.only(None)
        return found.plan if len(found.plan) else whole

    def breaks(self, best: Best) -> bool:
        """Whether the plan breaks a rule by more than rounding."""
        return best.worth > ROUNDING * abs(best.value)

    def charge_enough(self, best: Best, gap: float, stage: str, going: Callable[[], bool]) -> Best:
        """Broken rules cost more, for as long as that lifts what is proved: until then plans break them because it is cheap."""
        allowed = self.run.allowed(best.value, gap)
        while going() and np.isfinite(self.low):
            price, low = self.price, self.low
            if not self.charge_more(best, PAID * allowed):
                break
            dearer = self.settle(best.plan, gap, stage, going)
            lifted = dearer is not None and self.low - low >= LIFTED * allowed
            if dearer is not None and (lifted or dearer.value < best.value):
                best = dearer
            if not lifted:
                self.price = price
                break
        return best

    def charge_more(self, best: Best, little: float = 0.0) -> bool:
        """From now on, more for each kind of rule for whose breaking this plan pays more than `little`; False where there is
        none, or all are at their dearest."""
        kinds = self.split.kinds()
        paid = np.bincount(kinds, self.price * best.penalty)
        dear = (paid > little)[kinds] & (self.price < DEAREST)
        self.price = np.where(dear, np.minimum(self.price * CHARGE, DEAREST), self.price)
        return bool(dear.any())

    def look(self, plan: np.ndarray, wanted: np.ndarray | None = None) -> Best:
        """Every block at this plan; their cuts are kept. `wanted`: what the master would have, where cuts are to be high."""
        s, limits, start = self.split, self.limits, time.monotonic()
        if limits is not None:
            plan = limits.aside(plan)
        found: list[Evaluation] = self.workers.evaluate(
            plan, self.price if limits is None else limits.charged(self.price), wanted
        )
        self.master.add(found)
        self.run.count(s)
        self._round_s = time.monotonic() - start
        value = s.constant + float(s.plan.cost @ plan) + sum(s.weight[e.block] * e.value for e in found)
        broken = (s.weight[e.block] * s.penalty[:, e.block] * self.broken(e) for e in found)
        if limits is not None:
            value -= float(limits.price @ limits.room(plan))
        return Best(value, plan, sum(broken, np.zeros(len(s.elastic))), found)

    def broken(self, e: Evaluation) -> np.ndarray:
        """(elastic,) What a block breaks; what it counts of a limit that has a price is not broken."""
        return e.broken if self.limits is None else np.where(self.limits.priced[:, e.block], 0.0, e.broken)

    def servable(self, plan: np.ndarray, matters: bool) -> bool:
        """Whether the grid can serve this plan; rows that it violates are added."""
        self._new_rows = len(self.run.violated(plan)) if matters else 0
        self._grid_rows()
        return not self._new_rows

    def _grid_rows(self) -> None:
        """Rows of the grid found so far; coarse splits see the same plan columns under other numbers and do without."""
        if self.split.n_plan != len(self.run.program.plan.columns):
            return
        for cut in self.run.cuts[self._grid :]:
            self.master.add_grid(cut)
        self._grid = len(self.run.cuts)
