"""Study: what a planner may write in a study file, one group a concept. Units stand in every name; unknown keys are refused.

Paths are relative to the study file. Money is real EUR of 2024.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from ..errors import nearest
from .accounts import LIMITABLE
from .carbon import Carbon
from .chips import Chips
from .contracts import Additionality, Contract
from .cooling import Cooling
from .generation import Plant
from .grid import Grid
from .group import Group
from .heat import Heat
from .hours import Hours
from .levers import Levers
from .limits import Limit, problem
from .risk import Risk
from .sites import Sites
from .solver import Finance, SolverOptions
from .stages import Stage, Stages, limits_from_keys, limits_to_keys
from .storage import Storage
from .water import Water
from .workloads import Inference, Training

COMPUTED_FROM = {"units": ("peak_it_mw",), "runs": ("mwh_it_per_year", "max_it_mw")}  # work in its own units: never typed


class Study(Group):
    """A question to the model. `folder` is where its relative paths start."""

    name: str
    description: str = ""
    year: int | None = None  # the year planned for: technologies of later years do not exist yet
    sites: Sites
    hours: Hours
    work: dict[str, Annotated[Inference | Training, Field(discriminator="kind")]] = Field(min_length=1)
    levers: Levers | None = None
    cooling: Cooling | None = None
    water: Water | None = None
    heat: Heat | None = None
    grid: Grid | None = None
    generation: dict[str, Plant] = {}
    storage: dict[str, Storage] = {}
    contracts: dict[str, Contract] = {}
    additionality: Additionality | None = None
    carbon: Carbon | None = None
    servers: str = "accelerated"  # row of the server table
    chips: Chips | None = None  # generations to choose from, in place of that row
    technologies: Path | None = None  # a folder of tables to use instead of those that ship
    stages: Stages | None = None  # several years of investment in place of `year`
    limits: dict[str, tuple[Limit, ...]] = {}
    minimise: str = "cost"
    risk: Risk | None = None
    outlines: Path | None = None  # polygons drawn under the map
    finance: Finance = Finance()
    solver: SolverOptions = SolverOptions()
    folder: Path = Field(Path("."), exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _limit_keys(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or not isinstance(raw.get("limits"), dict):
            return raw
        return {**raw, "limits": limits_from_keys(raw["limits"])}

    @model_validator(mode="after")
    def _together(self) -> Study:
        for of in (self.limits, *(s.limits for s in (self.stages.years.values() if self.stages else ()))):
            for account, limits in of.items():
                if broken := problem(account, limits):
                    raise ValueError(f"limits: {broken}")
        if self.minimise not in LIMITABLE:
            raise ValueError(f"minimise: '{self.minimise}' is no account; valid: {', '.join(LIMITABLE)}")
        if self.risk is not None and self.minimise != "cost":
            raise ValueError("risk weighs the cost of scenarios: it needs minimise: cost")
        if self.cooling is not None and self.sites.module_mw is None:
            raise ValueError("cooling needs sites.module_mw, the size of a hall module in MW of IT")
        if self.chips is not None and (told := self._chips_problem()):
            raise ValueError(f"chips: {told}")
        if self.heat is not None and self.cooling is None:
            raise ValueError("heat needs a cooling group: it is the heat of the halls")
        if self.water is not None and self.cooling is None:
            raise ValueError("water needs a cooling group: it is cooling that takes the water")
        if self.cooling is not None and self.grid is None:
            raise ValueError("cooling needs a grid group: the halls' power comes through the meter")
        if self.solver.without_flexibility and not any(isinstance(w, Training) for w in self.work.values()):
            raise ValueError("solver.without_flexibility asks what moving training is worth, and no work is of kind 'training'")
        edges = {w.edge.parameters for w in self.work.values() if isinstance(w, Inference) and w.edge}
        if len(edges) > 1:
            raise ValueError("edge.parameters must be the same for all works: the rows `edge` are one technology")
        if problem_of_carbon := self._clean_problem():
            raise ValueError(problem_of_carbon)
        if (self.generation or self.storage or self.contracts) and self.grid is None:
            raise ValueError("generation, storage and contracts need a grid group (connection and tariff)")
        return self

    def _chips_problem(self) -> str | None:
        assert self.chips is not None
        if self.cooling is None:
            return "generations of chips need a cooling group: they stand in halls"
        dense = [n for n, w in self.work.items() if w.needs is not None or w.rack_kw is not None]
        if dense:
            return f"the racks are those of the generations: drop needs and rack_kw of work.{dense[0]}"
        own = self.chips.existing
        if own is not None and own.generation not in self.chips.generations:
            return f"existing.generation '{own.generation}' must stand in generations"
        return None

    def _clean_problem(self) -> str | None:
        if self.solver.cfe_curve:
            if "cfe" in self.limits:
                return "solver.cfe_curve: the study limits 'cfe' itself: drop that limit to draw the curve"
            if self.minimise != "cost":
                return f"solver.cfe_curve: the curve is of cost, and the study minimises {self.minimise}"
            if self.grid is None:
                return "solver.cfe_curve needs a grid group: carbon-free energy is a share of what comes through the meter"
        zones = {c.zone is None for c in self.contracts.values()}
        if len(zones) > 1:
            return "contracts: either every contract names its delivery zone, or none does"
        undated = [n for n, c in self.contracts.items() if c.commissioned is None]
        if self.additionality is not None and undated:
            return f"additionality needs the day on which each contract's plant was 'commissioned': {', '.join(undated)}"
        return self._dispatch_problem() if self.carbon and self.carbon.dispatch else None

    def _dispatch_problem(self) -> str | None:
        if "carbon_consequence" in (*self.limits, self.minimise):
            return "carbon.dispatch is computed after the plan: to limit or minimise carbon_consequence give carbon.marginal"
        if self.grid is None or self.grid.network is None or self.grid.demand is None or self.hours.power_system is None:
            return (
                "carbon.dispatch needs grid.network, grid.demand and representative days (hours.observed, hours.power_system)"
            )
        return None

    @model_validator(mode="after")
    def _staged(self) -> Study:
        if self.stages is None:
            return self
        if self.year is not None:
            raise ValueError("'year' and 'stages' both say which years are planned for: give one of them")
        if self.grid is not None and self.grid.flexible:
            raise ValueError("grid.flexible in a study of several stages is not there yet: give one 'year'")
        if self.carbon is not None and self.carbon.dispatch is not None:
            raise ValueError("carbon.dispatch in a study of several stages is not there yet: give carbon.marginal")
        for year, stage in self.stages.years.items():
            if broken := self._stage_problem(stage):
                raise ValueError(f"stages.years.{year}: {broken}")
        return self

    def _stage_problem(self, stage: Stage) -> str | None:
        for name in stage.work:
            if name not in self.work:
                return f"work '{name}' is none of the study's; {nearest(name, self.work)}"
        if stage.carbon_price_eur_2024_per_t is not None and self.carbon is None:
            return "carbon_price_eur_2024_per_t needs a carbon group"
        for account, limits in stage.limits.items():
            known = {(x.subject(account), x.per): x for x in self.limits.get(account, ())}
            for limit in limits:
                same = known.get((limit.subject(account), limit.per))
                if same is None or _places(same) != _places(limit):
                    told = limit.subject(account)
                    return f"limits: {told} needs a limit of the study itself, per {limit.per}, at the same places"
        return None

    @property
    def last_year(self) -> int | None:
        """The year planned for; of several stages the last."""
        return self.year if self.stages is None else list(self.stages.years)[-1]

    def at_stage(self, year: int) -> Study:
        """The study as it is in one of its stages: a study of one year."""
        assert self.stages is not None
        stage = self.stages.years[year]
        limits = {}
        for account, own in self.limits.items():
            other = {(x.subject(account), x.per): x for x in stage.limits.get(account, ())}
            limits[account] = tuple(other.get((x.subject(account), x.per), x) for x in own)
        carbon = self.carbon
        if carbon is not None and stage.carbon_price_eur_2024_per_t is not None:
            carbon = carbon.model_copy(update={"price_eur_2024_per_t": stage.carbon_price_eur_2024_per_t})
        changes = {"stages": None, "year": year, "limits": limits, "carbon": carbon}
        return self.model_copy(update=changes)

    @model_validator(mode="after")
    def _years(self) -> Study:
        growing = [name for name, w in self.work.items() if w.growth is not None]
        if growing and self.last_year is None:
            raise ValueError(f"work.{growing[0]}.growth needs 'year', the year planned for")
        if self.grid is None:
            return self
        later = [name for name, c in self.grid.flexible.items() if c.firm_from_year is not None]
        if self.last_year is None and (self.grid.decision_year is not None or self.grid.moratoria or later):
            raise ValueError(
                "grid.decision_year, grid.moratoria and firm_from_year need 'year', the year in which power is needed"
            )
        for name in later:
            if (self.grid.flexible[name].firm_from_year or 0) <= (self.last_year or 0):
                raise ValueError(f"grid.flexible.{name}: firm_from_year must lie after the study's year {self.year}")
        return self

    def path(self, relative: Path) -> Path:
        """Where a path of the study points to."""
        return relative if relative.is_absolute() else (self.folder / relative)

    def with_(self, **changes: Any) -> Study:
        """A study that differs: `study.with_(solver={"gap": 0.02}, minimise="water")`. Groups are merged, key by key."""
        from .read import overlaid, parse

        return parse(overlaid(self.as_dict(), changes), self.folder, f"{self.name}: with_")

    def without_flexibility(self) -> Study:
        """The same study with all training at a constant power, firm on the connection."""
        work = {n: w.without_freedom() if isinstance(w, Training) else w for n, w in self.work.items()}
        solver = self.solver.model_copy(update={"without_flexibility": False, "without_each_site": False, "cfe_curve": ()})
        return self.model_copy(update={"work": work, "solver": solver, "name": f"{self.name}: without flexibility"})

    def as_dict(self) -> dict[str, Any]:
        """The study as plain values, with limit keys as a planner types them."""
        raw = self.model_dump(mode="json", exclude_unset=True)
        for work in raw["work"].values():
            for key in COMPUTED_FROM.get(next((k for k in COMPUTED_FROM if work.get(k)), ""), ()):
                work.pop(key, None)
        if "limits" in raw:
            raw["limits"] = limits_to_keys(raw["limits"])
        if raw.get("stages"):
            years = {int(year): stage for year, stage in raw["stages"]["years"].items()}
            raw["stages"]["years"] = {
                year: {**stage, "limits": limits_to_keys(stage["limits"])} if "limits" in stage else stage
                for year, stage in years.items()
            }
        return raw


def _places(limit: Limit) -> tuple[object, object]:
    """Where a limit has a number, by its sense."""
    return tuple(sorted(x) if isinstance(x, dict) else x is not None for x in (limit.most, limit.least))  # type: ignore[return-value]
