"""N+1 over sites as rows of the plan, found as a plan breaks them: only for sites that a solution opens.

With site z lost, the halls within reach of any set R of users must carry its peak (Hall's condition; the largest flow finds the
set that is short, `physics.site_loss`):

    Σ_{halls reached by R, not at z} firm[hall] ≥ Σ_{(w,r) ∈ R} peak[w,r] · (1 − relieved[w])

The row holds for every plan that serves its users, also where z stays closed: then z carries nothing, and the others carry all
of R anyway. That row, with no site lost, is looked at too.

Rows of all users with each site lost are there from the start, and how many whole modules and sites that asks for
(`plan_alone`): with everything found one by one, the relaxation would spread the halls thinly over all candidates. Spare
halls are fewer at more sites, so modules and sites are bounded together too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..inputs.inputs import Inputs
from ..inputs.site_loss import Losses
from ..inputs.stages import each_stage, stages_of
from .program import Program

SHORT_MW = 2e-3  # a plan that is short by less is short by rounding
RELIEVED, NEW, OPEN = "workloads.relieved", "sites.new_it", "sites.open"
WEIGHTS = ((1, 0), (2, 1), (1, 1), (1, 2))  # of a module and of a site: spare halls are fewer at more sites


class LossRow(NamedTuple):
    """coefficients · columns ≤ rhs_mw, over the columns that the rule sees: the users of `regions` with a site lost."""

    situation: str
    coefficients: np.ndarray
    rhs_mw: float
    regions: list[str]


class WholeRow(NamedTuple):
    """The same of what must stand in all, in whole modules and sites; it follows from the others."""

    situation: str
    coefficients: np.ndarray
    rhs_mw: float


class Counted(NamedTuple):
    """A sum over columns of which plans have some at least; `of_all`: over all sites within reach of any users."""

    row: WholeRow
    of_all: bool


def site_losses(inputs: Inputs, program: Program) -> list[SiteLoss]:
    """The rule of each stage; none where no work asks for N+1."""
    years: list[int] | list[None] = stages_of(inputs.data) or [None]
    each = [SiteLoss.of(of, program, year) for year, of in zip(years, each_stage(inputs), strict=True)]
    return [rule for rule in each if rule is not None]


@dataclass
class SiteLoss:
    """The rule in one stage. `columns`: numbers of the plan's columns that it sees: firm MW of each hall, relief of works, new
    IT of each site and whether it is open."""

    rule: Losses
    columns: np.ndarray
    relieved: dict[str, int]  # work -> place among the columns
    new_it: dict[str, int]  # site -> place among the columns
    opened: dict[str, int]
    stage: int | None

    @classmethod
    def of(cls, inputs: Inputs, program: Program, stage: int | None = None) -> SiteLoss | None:
        """None where no work asks for N+1. `inputs` are those of the stage."""
        rule = Losses.of(inputs)
        if rule is None:
            return None
        name = "cooling.firm_in" if "cooling" in inputs.data.coords else "workloads.firm"
        name = name if inputs.study.chips is None else "chips.ready_work"
        found = {}
        for j, c in enumerate(program.plan.columns):
            if c.name in (name, RELIEVED, NEW, OPEN) and c.index.get("stage", stage) == stage:
                key = tuple(v for k, v in c.index.items() if k != "stage")
                found[c.name, key if len(key) > 1 else key[0]] = j
        works = [w for w in dict.fromkeys(w for w, _ in rule.users) if (RELIEVED, w) in found]
        sites = list(dict.fromkeys(rule.site.tolist()))
        seen = [*((name, hall) for hall in rule.halls), *((RELIEVED, w) for w in works)]
        seen += [(of_site, s) for of_site in (NEW, OPEN) for s in sites]
        place = {key: i for i, key in enumerate(seen)}
        return cls(
            rule,
            np.array([found[key] for key in seen], np.int64),
            {w: place[RELIEVED, w] for w in works},
            {s: place[NEW, s] for s in sites},
            {s: place[OPEN, s] for s in sites},
            stage,
        )

    def rows(self, values: np.ndarray) -> list[LossRow]:
        """The rows that these values of the columns break, the worst first."""
        rule = self.rule
        firm = dict(zip(rule.halls, values[: len(rule.halls)], strict=True))
        left = {w: 1.0 - (values[self.relieved[w]] if w in self.relieved else 0.0) for w, _ in rule.users}
        found = []
        opened = [s for s in self.new_it if values[: len(rule.halls)][rule.site == s].sum() > SHORT_MW]
        for site in ("", *opened):  # none lost: what a closed site's row would say
            short = rule.without(site, firm, left)
            if short.mw > SHORT_MW:
                found.append((short.mw, self._row(site, short.users, short.halls)))
        return [row for _, row in sorted(found, key=lambda x: -x[0])]

    def first(self) -> list[LossRow]:
        """Worth having from the start: all users together, with each candidate lost."""
        users = np.ones(len(self.rule.users), bool)
        halls = np.asarray(self.rule.reaches.any(axis=0))
        return [self._row(site, users, halls) for site in self.new_it]

    def counted(self, module_mw: float | None) -> list[Counted]:
        """Sums worth a bound: modules (MW where there are none), and modules and sites together, of all sites within reach of
        users, and modules within reach of each region."""
        reach = self.rule.reaches
        every = _sites(self.rule, np.asarray(reach.any(axis=0)))
        size = 1.0 if module_mw is None else module_mw
        out = [self._sum(every, a / size, b) for a, b in (WEIGHTS if module_mw is not None else WEIGHTS[:1])]
        regions = dict.fromkeys(x for halls in reach if (x := _sites(self.rule, halls)) != every)
        return [*(Counted(row, True) for row in out), *(Counted(self._sum(x, 1 / size, 0), False) for x in regions)]

    def _sum(self, sites: tuple[str, ...], of_new_it: float, of_open: float) -> WholeRow:
        row = np.zeros(len(self.columns))
        row[[self.new_it[s] for s in sites]] = of_new_it
        row[[self.opened[s] for s in sites]] = of_open
        return WholeRow(f"modules for the loss of a site{self._when}", row, 0.0)

    @property
    def _when(self) -> str:
        return "" if self.stage is None else f" in {self.stage}"

    def _row(self, site: str, users: np.ndarray, halls: np.ndarray) -> LossRow:
        rule, row = self.rule, np.zeros(len(self.columns))
        row[: len(rule.halls)] = -(halls & (rule.site != site)).astype(float)
        for (w, _), peak, inside in zip(rule.users, rule.peak, users, strict=True):
            if inside and w in self.relieved:
                row[self.relieved[w]] -= peak
        regions = list(dict.fromkeys(r for (_, r), inside in zip(rule.users, users, strict=True) if inside))
        return LossRow(f"loss of {site or 'none'}{self._when}", row, -float(rule.peak[users].sum()), regions)


def _sites(rule: Losses, halls: np.ndarray) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule.site[halls].tolist()))
