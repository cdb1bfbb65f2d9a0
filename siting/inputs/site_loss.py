"""N+1 over sites: with any one site lost, the others carry the peak of every region that asks for it, within its latency.

A hall is a pair (site, cooling), or a site where the study has no halls; what it carries is IT that its site's connection holds
at the design hour. Where the study has generations of chips it is a site, and what it carries is the work that its chips can do
then, in MW of the reference generation. Training, batch work and users who do not ask for N+1 give way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..physics.site_loss import Shortfall, shortfall
from ..study.workloads import Inference
from .inputs import Inputs


@dataclass(frozen=True)
class Losses:
    """`users`: (workload, region) of each demand, `peak` [MW] before any lever; `halls`: keys of `firm`, the `site` of each;
    `reaches` (users, halls)."""

    users: list[tuple[str, str]]
    peak: NDArray[np.float64]
    halls: list[Any]
    site: NDArray[np.str_]
    reaches: NDArray[np.bool_]

    @classmethod
    def of(cls, inputs: Inputs) -> Losses | None:
        """None where no work asks for N+1. The inputs are those of one stage."""
        d, sites = inputs.data, [str(s) for s in inputs.data["site"].values]
        works = [w for w, of in inputs.study.work.items() if isinstance(of, Inference) and of.n_plus_1]
        users = [(w, str(r)) for w in works for r in d["region"].values if d["has_demand"].sel(workload=w, region=r) > 0]
        if not users:
            return None
        peak = np.array([float(d["demand"].sel(workload=w, region=r).max()) for w, r in users])
        near = np.array([d["reachable"].sel(workload=w, region=r).values > 0 for w, r in users])
        if "cooling" not in d.coords or inputs.study.chips is not None:
            return cls(users, peak, list(sites), np.array(sites), near)
        kinds = [str(k) for k in d["cooling"].values]
        holds = np.array([d["accepts"].sel(workload=w).values > 0 for w, _ in users])
        reaches = (near[:, :, None] & holds[:, None, :]).reshape(len(users), -1)
        halls = [(s, k) for s in sites for k in kinds]
        return cls(users, peak, halls, np.array([s for s, _ in halls]), reaches)

    def by_site(self) -> Losses:
        """The same with one hall for each site."""
        sites = list(dict.fromkeys(self.site.tolist()))
        near = np.array([self.reaches[:, self.site == s].any(axis=1) for s in sites]).T
        return Losses(self.users, self.peak, sites, np.array(sites), near)

    def without(self, site: str, firm: Mapping[Any, float], left: Mapping[str, float]) -> Shortfall:
        """What cannot be carried without the site; `firm` [MW] of each hall, `left` the share of each work that sites do."""
        demand = self.peak * np.array([left[w] for w, _ in self.users])
        capacity = np.array([max(firm[h], 0.0) for h in self.halls]) * (self.site != site)
        return shortfall(demand, capacity, self.reaches)


def problems(inputs: Inputs, left: Mapping[str, float]) -> list[str]:
    """Sites whose loss no plan could survive, however much is built: one sentence each. `left`: MW of IT per MW of work."""
    halls = Losses.of(inputs)
    if halls is None:
        return []
    rule, d, out = halls.by_site(), inputs.data, []
    room = (d["existing_it"] + d["room_for_new_it"] * d["may_open"]).to_series().to_dict()
    for site in rule.halls:
        short = rule.without(site, room, left)
        if short.mw > 1e-3:
            regions = ", ".join(dict.fromkeys(r for (_, r), inside in zip(rule.users, short.users, strict=True) if inside))
            out.append(
                f"n_plus_1: without '{site}' {short.mw:.1f} MW of {regions} cannot be carried, however much is built at the "
                "others within reach: add candidates there, raise latency_ms or max_it_mw, or drop n_plus_1"
            )
    return out
