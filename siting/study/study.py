"""Study and its groups: what a planner may write in a study file. Units stand in every name; unknown keys are refused.

Paths are relative to the study file. Money is real EUR of 2024.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .accounts import LIMITABLE, unit_key

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Group(BaseModel):
    """A frozen part of a study."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Layer(Group):
    """Areas in which no site may be: a polygon file."""

    path: Path
    reason: str
    within_km: NotNegative = 0.0


class Sites(Group):
    """The candidates: a table (CSV with `site, lon, lat` or GeoPackage), or the network's substations."""

    table: Path | None = None
    substations: Path | None = None
    areas: Path | None = None  # polygons with a column `state`, for names and limits per state
    cities: Path | None = None  # name, lon, lat, population: substations are named after the nearest
    exclude: tuple[Layer, ...] = ()
    keep: int | None = Field(None, gt=0)
    module_mw: Positive | None = None
    max_it_mw: Positive | None = None
    fixed_cost_eur_2024_per_year: NotNegative = 0.0
    land_ha: NotNegative | None = None
    land_price_eur_2024_per_ha: NotNegative | None = None
    existing_cooling: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Sites:
        if (self.table is None) == (self.substations is None):
            raise ValueError("give either 'table' (a CSV or GeoPackage of candidates) or 'substations' (a network folder)")
        return self


class Hours(Group):
    """The hours of operation: whole days from observed weather, or a plain table `block, hour, weight, …`."""

    table: Path | None = None
    observed: Path | None = None
    typical_year: Path | None = None
    days: int | None = Field(None, ge=1, le=92)
    power_system: Path | None = None
    prices: Path | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Hours:
        rest = {n: getattr(self, n) for n in ("observed", "typical_year", "days", "power_system", "prices")}
        if self.table is None and None in rest.values():
            missing = ", ".join(n for n, v in rest.items() if v is None)
            raise ValueError(f"without 'table', representative days need also: {missing}")
        if self.table is not None and any(v is not None for v in rest.values()):
            raise ValueError("'table' already gives the hours; drop the keys of representative days")
        return self


class Cooling(Group):
    """Halls by cooling technology (rows of the cooling table)."""

    technologies: tuple[str, ...] = Field(min_length=1)
    table: Path | None = None
    hours: Path | None = None  # plain PUE and WUE by hour instead of weather: site, cooling, block, hour, pue, wue


class Inference(Group):
    """Continuous work of users in regions, within a network round trip."""

    kind: Literal["inference"]
    peak_it_mw: Positive | None = None
    cities: Path | None = None
    regions: int | None = Field(None, ge=1)
    table: Path | None = None  # region, it_mw and, for a latency limit, lon, lat
    serving_costs: Path | None = None  # site, region, eur_2024_per_mwh
    latency_ms: Positive | None = None
    route_factor: Annotated[float, Field(ge=1)] = 1.5
    profile: tuple[NotNegative, ...] | None = None  # 24 factors by hour of the day (UTC); the largest is 1

    @model_validator(mode="after")
    def _regions(self) -> Inference:
        if (self.table is None) == (self.cities is None):
            raise ValueError("give either 'table' (region, it_mw) or 'cities' with 'regions' and 'peak_it_mw'")
        if self.cities is not None and (self.regions is None or self.peak_it_mw is None):
            raise ValueError("'cities' needs 'regions' (how many) and 'peak_it_mw'")
        if self.profile is not None and len(self.profile) != 24:
            raise ValueError(f"'profile' needs 24 factors, one an hour (UTC), and has {len(self.profile)}")
        return self


class Training(Group):
    """Flexible work: MWh of IT in a year, a largest rate, and the window within which it may move."""

    kind: Literal["training"]
    mwh_it_per_year: Positive
    max_it_mw: Positive
    window: Literal["day", "month", "year"] = "day"
    firm: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Training:
        if self.mwh_it_per_year > self.max_it_mw * 8760:
            need = self.mwh_it_per_year / 8760
            raise ValueError(f"max_it_mw {self.max_it_mw:g} cannot do {self.mwh_it_per_year:g} MWh: at least {need:.1f} MW")
        return self


class Situations(Group):
    """The hours of the grid in which all connections must be servable together."""

    extremes: bool = True
    all_hours_of_days: bool = True
    design_peak_mw: Positive | None = None


class Grid(Group):
    """Connection, tariff and headroom."""

    network: Path | None = None
    demand: Path | None = None
    headroom: Literal["joint", "per_bus", "off"] = "joint"
    security_factor: Annotated[float, Field(gt=0, le=1)] = 0.7
    adequacy: bool = False
    situations: Situations = Situations()
    max_connection_mw: Positive | None = None

    @model_validator(mode="after")
    def _network(self) -> Grid:
        if self.headroom == "joint" and self.network is None:
            raise ValueError("headroom 'joint' needs 'network'; without one say 'per_bus' (a column headroom_mw) or 'off'")
        if self.network is not None and self.demand is None and self.headroom == "joint":
            raise ValueError("'network' needs 'demand' (a table bus, annual_gwh)")
        return self


class Plant(Group):
    """Plant behind the meter: a row set of the generation table, and its limit at each site."""

    max_mw_per_site: NotNegative


class Contract(Group):
    """A financial contract (PPA), pay as produced: never less import, only money and clean energy."""

    technology: Literal["pv", "wind"]
    lon: float
    lat: float
    offered_mw: NotNegative
    strike_eur_2024_per_mwh: float


class Limit(Group):
    """A limit on an account of the ledger, for all sites together or per site, state or any column of the sites."""

    most: float | dict[str, float] | None = None
    least: float | dict[str, float] | None = None
    per: str = "everywhere"


class Finance(Group):
    real_rate: Annotated[float, Field(ge=0, lt=1)] = 0.07


class SolverOptions(Group):
    """`gap` is of the siting-dependent cost (what every plan pays is left out of the denominator)."""

    gap: Annotated[float, Field(ge=0, lt=1)] = 0.01
    time_limit_s: Positive = 120.0
    strong_rows: bool = False
    without_each_site: bool = False


class Study(Group):
    """A question to the model. `folder` is where its relative paths start."""

    name: str
    description: str = ""
    sites: Sites
    hours: Hours
    work: dict[str, Annotated[Inference | Training, Field(discriminator="kind")]] = Field(min_length=1)
    cooling: Cooling | None = None
    grid: Grid | None = None
    generation: dict[Literal["pv", "wind"], Plant] = {}
    contracts: dict[str, Contract] = {}
    servers: str = "accelerated"  # row of the server table
    technologies: Path | None = None  # a folder of tables to use instead of those that ship
    limits: dict[str, Limit] = {}
    minimise: str = "cost"
    outlines: Path | None = None  # polygons drawn under the map
    finance: Finance = Finance()
    solver: SolverOptions = SolverOptions()
    folder: Path = Field(Path("."), exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _limit_keys(cls, raw: Any) -> Any:
        """`water: {max_m3_per_year: 5}` → `water: {most: 5}`: the unit in the key must be the account's."""
        if not isinstance(raw, dict) or not isinstance(raw.get("limits"), dict):
            return raw
        limits = {}
        for account, rule in raw["limits"].items():
            if isinstance(rule, dict) and account in LIMITABLE:
                names = {f"max_{unit_key(account)}": "most", f"min_{unit_key(account)}": "least"}
                rule = {names.get(k, k): v for k, v in rule.items()}
            limits[account] = rule
        return {**raw, "limits": limits}

    @model_validator(mode="after")
    def _together(self) -> Study:
        for account, limit in self.limits.items():
            if account not in LIMITABLE:
                raise ValueError(f"limits: '{account}' is no account; valid: {', '.join(LIMITABLE)}")
            if limit.most is None and limit.least is None:
                raise ValueError(f"limits: {account} needs max_{unit_key(account)} or min_{unit_key(account)}")
        if self.minimise not in LIMITABLE:
            raise ValueError(f"minimise: '{self.minimise}' is no account; valid: {', '.join(LIMITABLE)}")
        if self.cooling is not None and self.sites.module_mw is None:
            raise ValueError("cooling needs sites.module_mw, the size of a hall module in MW of IT")
        if self.cooling is not None and self.grid is None:
            raise ValueError("cooling needs a grid group: the halls' power comes through the meter")
        if (self.generation or self.contracts) and self.grid is None:
            raise ValueError("generation and contracts need a grid group (connection and tariff)")
        return self

    def path(self, relative: Path) -> Path:
        """Where a path of the study points to."""
        return relative if relative.is_absolute() else (self.folder / relative)

    def with_(self, **changes: Any) -> Study:
        """A study that differs: `study.with_(solver={"gap": 0.02}, minimise="water")`. Groups are merged, key by key."""
        from .read import overlaid, parse

        return parse(overlaid(self.as_dict(), changes), self.folder, f"{self.name}: with_")

    def as_dict(self) -> dict[str, Any]:
        """The study as plain values, with limit keys as a planner types them."""
        raw = self.model_dump(mode="json", exclude_unset=True)
        for account, rule in raw.get("limits", {}).items():
            for short, key in (("most", "max"), ("least", "min")):
                if short in rule:
                    rule[f"{key}_{unit_key(account)}"] = rule.pop(short)
        return raw
