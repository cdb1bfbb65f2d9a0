"""N+1 over sites as rows of the plan, found as a plan breaks them: only for sites that a solution opens.

With site z lost, the halls within reach of any set R of users must carry its peak (Hall's condition; the largest flow finds the
set that is short, `physics.site_loss`):

    Σ_{halls reached by R, not at z} firm[hall] ≥ Σ_{(w,r) ∈ R} peak[w,r] · (1 − relieved[w])

The row holds for every plan that serves its users, also where z stays closed: then z carries nothing, and the others carry all
of R anyway. That row, with no site lost, is looked at too.
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
RELIEVED, NEW = "workloads.relieved", "sites.new_it"


class LossRow(NamedTuple):
    """coefficients · columns ≤ rhs_mw, over the columns that the rule sees: the users of `regions` with a site lost."""

    situation: str
    coefficients: np.ndarray
    rhs_mw: float
    regions: list[str]


class ModulesRow(NamedTuple):
    """The same, of how much must stand in all; it follows from the others."""

    situation: str
    coefficients: np.ndarray
    rhs_mw: float


def site_losses(inputs: Inputs, program: Program) -> list[SiteLoss]:
    """The rule of each stage; none where no work asks for N+1."""
    years: list[int] | list[None] = stages_of(inputs.data) or [None]
    each = [SiteLoss.of(of, program, year) for year, of in zip(years, each_stage(inputs), strict=True)]
    return [rule for rule in each if rule is not None]


@dataclass
class SiteLoss:
    """The rule in one stage. `columns`: numbers of the plan's columns that it sees: firm MW of each hall, relief of works, new
    IT of each site."""

    rule: Losses
    columns: np.ndarray
    relieved: dict[str, int]  # work -> place among the columns
    new_it: dict[str, int]  # site -> place among the columns
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
            if c.name in (name, RELIEVED, NEW) and c.index.get("stage", stage) == stage:
                key = tuple(v for k, v in c.index.items() if k != "stage")
                found[c.name, key if len(key) > 1 else key[0]] = j
        works = [w for w in dict.fromkeys(w for w, _ in rule.users) if (RELIEVED, w) in found]
        sites = list(dict.fromkeys(rule.site.tolist()))
        seen = [*((name, hall) for hall in rule.halls), *((RELIEVED, w) for w in works), *((NEW, s) for s in sites)]
        place = {key: i for i, key in enumerate(seen)}
        return cls(
            rule,
            np.array([found[key] for key in seen], np.int64),
            {w: place[RELIEVED, w] for w in works},
            {s: place[NEW, s] for s in sites},
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

    def within_reach(self) -> list[list[str]]:
        """Sites within reach of all users, and of each region alone: sets that hold all that some users can have."""
        sets = [self.rule.reaches.any(axis=0), *self.rule.reaches]
        return [list(x) for x in dict.fromkeys(tuple(dict.fromkeys(self.rule.site[halls].tolist())) for halls in sets)]

    def new_at(self, sites: list[str]) -> np.ndarray:
        """Numbers of the plan's columns of new IT at the sites."""
        return self.columns[[self.new_it[s] for s in sites]]

    def at_least(self, sites: list[str], mw: float) -> ModulesRow:
        """That much new IT at these sites together."""
        row = np.zeros(len(self.columns))
        row[[self.new_it[s] for s in sites]] = -1.0
        return ModulesRow(f"modules for the loss of a site{self._when}", row, -mw)

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
