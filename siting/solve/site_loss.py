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
FIRM, RELIEVED = ("cooling.firm_in", "workloads.firm"), "workloads.relieved"


class LossRow(NamedTuple):
    """coefficients · columns ≤ rhs_mw, over the columns that the rule sees."""

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
    """The rule in one stage. `columns`: numbers of the plan's columns that it sees, firm MW of each hall first."""

    rule: Losses
    columns: np.ndarray
    relieved: dict[str, int]  # work -> place among the columns
    stage: int | None

    @classmethod
    def of(cls, inputs: Inputs, program: Program, stage: int | None = None) -> SiteLoss | None:
        """None where no work asks for N+1. `inputs` are those of the stage."""
        rule = Losses.of(inputs)
        if rule is None:
            return None
        name = FIRM[0] if "cooling" in inputs.data.coords else FIRM[1]
        found = {}
        for j, c in enumerate(program.plan.columns):
            if c.name in (name, RELIEVED) and c.index.get("stage", stage) == stage:
                key = tuple(v for k, v in c.index.items() if k != "stage")
                found[c.name, key if len(key) > 1 else key[0]] = j
        halls = [found[name, hall] for hall in rule.halls]
        works = [w for w in dict.fromkeys(w for w, _ in rule.users) if (RELIEVED, w) in found]
        relieved = {w: len(halls) + i for i, w in enumerate(works)}
        return cls(rule, np.array(halls + [found[RELIEVED, w] for w in works], np.int64), relieved, stage)

    def rows(self, values: np.ndarray) -> list[LossRow]:
        """The rows that these values of the columns break, the worst first."""
        rule = self.rule
        firm = dict(zip(rule.halls, values[: len(rule.halls)], strict=True))
        left = {w: 1.0 - (values[self.relieved[w]] if w in self.relieved else 0.0) for w, _ in rule.users}
        found = []
        opened = [s for s in dict.fromkeys(rule.site.tolist()) if values[: len(rule.halls)][rule.site == s].sum() > SHORT_MW]
        for site in ("", *opened):  # none lost: what a closed site's row would say
            short = rule.without(site, firm, left)
            if short.mw > SHORT_MW:
                found.append((short.mw, self._row(site, short.users, short.halls)))
        return [row for _, row in sorted(found, key=lambda x: -x[0])]

    def _row(self, site: str, users: np.ndarray, halls: np.ndarray) -> LossRow:
        rule, row = self.rule, np.zeros(len(self.columns))
        row[: len(rule.halls)] = -(halls & (rule.site != site)).astype(float)
        for (w, _), peak, inside in zip(rule.users, rule.peak, users, strict=True):
            if inside and w in self.relieved:
                row[self.relieved[w]] -= peak
        when = "" if self.stage is None else f" in {self.stage}"
        return LossRow(f"loss of {site or 'none'}{when}", row, -float(rule.peak[users].sum()))
