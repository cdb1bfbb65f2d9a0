"""Inputs: every number the model is given, as one GeoDataFrame of candidates and one Dataset of arrays.

VARIABLES is the one table of what the Dataset may hold: name, dimensions, unit, bounds, meaning.
Time series are (…, block, hour): whole blocks of consecutive hours, each block with its weight.
In a study of several stages whatever is different between them, and has no blocks, has the dimension `stage` too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd
import xarray as xr

from ..study.study import Study
from .fleet import Fleet

DIMENSIONS = (
    "site", "block", "hour", "cooling", "generator", "storage", "workload", "region", "contract", "reinforcement", "place",
    "flexible", "lever", "stage", "chip", "bought_in",
)  # fmt: skip
INF = float("inf")


class Variable(NamedTuple):
    dims: tuple[str, ...]
    unit: str
    least: float
    most: float
    meaning: str


def _v(dims: str, unit: str, least: float, most: float, meaning: str) -> Variable:
    return Variable(tuple(dims.split()), unit, least, most, meaning)


VARIABLES: dict[str, Variable] = {
    # blocks of hours
    "weight": _v("block", "1", 0, 8784, "expected occurrences of the block in a year"),
    "month": _v("block", "1", 1, 12, "calendar month of the block"),
    "follows": _v("block", "1", -1, 1e7, "number of the block just before it in time; -1: none is"),
    "scenario": _v("block", "1", 0, 1e5, "number of the scenario (weather year, path) that the block is of"),
    "probability": _v("block", "1", 0, 1, "probability of the block's scenario"),
    "stage_of_block": _v("block", "1", 0, 1e3, "number of the stage that the block is of"),
    # stages
    "discount": _v("stage", "1", 0, 1, "part of the stage in the mean year that is minimised"),
    "present_value": _v("stage", "year", 0, 1e3, "present value of 1 in every year of the stage"),
    "stands_for": _v("stage", "year", 1, 1e3, "years that the stage stands for"),
    # sites
    "must_open": _v("site", "1", 0, 1, "the site has to open"),
    "may_open": _v("site", "1", 0, 1, "the site may open"),
    "existing_it": _v("site", "MW", 0, 1e5, "existing IT capacity"),
    "least_it": _v("site", "MW", 0, 1e5, "IT capacity that the planner has fixed"),
    "room_for_new_it": _v("site", "MW", 0, 1e6, "most new IT capacity"),
    "least_new_it": _v("", "MW", 0, 1e7, "new IT capacity that any plan needs, in whole modules"),
    "land_available": _v("site", "ha", 0, 1e9, "land of the site"),
    "land_rent": _v("site", "EUR_2024/ha/year", 0, 1e9, "yearly cost of land"),
    "site_cost": _v("site", "EUR_2024/year", -1e12, 1e12, "fixed cost of an open site"),
    "site_upkeep": _v("site", "EUR_2024/year", -1e12, 1e12, "part of that cost which a closed site saves"),
    "server_cost": _v("", "EUR_2024/MW/year", 0, 1e9, "annuity of servers and network"),
    "server_carbon": _v("", "t/MW/year", 0, 1e5, "embodied carbon of servers over their life"),
    # chips
    "chip_performance": _v("chip", "MW/MW", 0.01, 1e4, "work of the reference generation's MW that one MW does"),
    "chip_cost": _v("chip", "EUR_2024/MW/year", 0, 1e9, "annuity and upkeep of chips"),
    "chip_carbon": _v("chip", "t/MW/year", 0, 1e5, "embodied carbon of chips over their life"),
    "chip_idle": _v("chip", "1", 0, 1, "share of its rated power that an idle chip draws"),
    "chip_on_sale": _v("chip", "1", 0, 1, "the generation can be bought"),
    "chip_stands": _v("chip bought_in", "1", 0, 1, "share of what was bought in a stage that stands in this one"),
    "chip_existing": _v("site chip", "MW", 0, 1e5, "existing chips within their life"),
    "chip_fits": _v("chip cooling", "1", 0, 1, "halls of the technology can hold the generation"),
    "chip_best": _v("", "MW/MW", 0.01, 1e4, "best performance of all generations there are"),
    "chip_least_cost": _v("", "EUR_2024/MW/year", 0, 1e10, "least cost of chips that do as much as a MW of the best"),
    # cooling
    "module_mw": _v("", "MW", 0, 1e4, "size of a hall module, IT"),
    "existing_halls": _v("site cooling", "MW", 0, 1e5, "existing IT capacity by technology"),
    "can_cool": _v("site cooling", "1", 0, 1, "the technology can stand at the site (source water beside it)"),
    "idle_power": _v("site cooling", "MW/MW", 0, 2, "facility power of installed IT that does not fall with load"),
    "power_per_it": _v("site cooling block hour", "MW/MW", 1, 10, "facility power per IT power, beside the idle part"),
    "water_per_it": _v("site cooling block hour", "m3/MWh", 0, 50, "water per IT energy (WUE)"),
    "design_power_per_it": _v("site cooling", "MW/MW", 1, 10, "facility power per IT power at the site's design hour"),
    "pue": _v("site cooling block hour", "1", 1, 10, "PUE at the reference utilisation"),
    "pue_typical_year": _v("site cooling", "1", 1, 10, "annual PUE of the typical year at the reference utilisation"),
    "wue_typical_year": _v("site cooling", "L/kWh", 0, 50, "annual WUE of the typical year"),
    "hall_cost": _v("cooling", "EUR_2024/MW/year", 0, 1e9, "annuity and upkeep of halls"),
    "hall_land": _v("cooling", "ha/MW", 0, 100, "land of halls"),
    "hall_carbon": _v("cooling", "t/MW/year", 0, 1e4, "embodied carbon of halls over their life"),
    "rejection_cost": _v(
        "site cooling",
        "EUR_2024/MW/year",
        -1e9,
        1e9,
        "chillers and heat rejection of the design hour, over what halls have",
    ),
    "chiller_per_it": _v("site cooling", "MW/MW", 0, 10, "chiller to build for the design hour, rated"),
    "rejection_per_it": _v("site cooling", "MW/MW", 0, 10, "towers or dry coolers to build for the design hour, rated"),
    "consumed_per_it": _v("site cooling block hour", "m3/MWh", 0, 50, "water that does not come back, per IT energy"),
    "recoverable_per_it": _v("site cooling block hour", "MW/MW", 0, 2, "heat that can be handed on, per IT power"),
    "return_c": _v("site cooling", "degC", -20, 120, "mean temperature at which the heat returns from the halls"),
    "accepts": _v("workload cooling", "1", 0, 1, "halls of the technology can hold the work"),
    # water
    "water_price": _v("site", "EUR_2024/m3", 0, 100, "price of fresh water"),
    "scarcity": _v("site", "m3_eq/m3", 0, 1000, "scarcity of the basin's water"),
    "reclaimed_price": _v("", "EUR_2024/m3", 0, 100, "price of reclaimed water"),
    "reclaimed_energy": _v("", "MWh/m3", 0, 0.1, "energy to treat and pump reclaimed water"),
    "max_reclaimed": _v("site", "m3/h", 0, 1e6, "most reclaimed water at the site"),
    # heat
    "heat_demand": _v("place block hour", "MW", 0, 1e5, "heat that the place wants"),
    "heat_price": _v("place", "EUR_2024/MWh", 0, 1000, "price of heat delivered at the place"),
    "pipe_reaches": _v("site place", "1", 0, 1, "the place is within reach of a pipe"),
    "pipe_km": _v("site place", "km", 0, 2e4, "length of the pipe"),
    "pipe_cost": _v("site place", "EUR_2024/MW/year", 0, 1e9, "annuity and upkeep of pipe and exchanger"),
    "lift_electricity": _v("site cooling place", "MW/MW", 0, 1, "electricity of the heat pump per heat delivered"),
    "pump_cost": _v("", "EUR_2024/MW/year", 0, 1e8, "annuity and upkeep of heat pumps, per heat delivered"),
    "pump_running": _v("", "EUR_2024/MWh", 0, 1000, "running cost of heat pumps beside electricity"),
    # work
    "has_demand": _v("workload region", "1", 0, 1, "the region has users of the workload"),
    "demand": _v("workload region block hour", "MW", 0, 1e6, "IT power that users ask for"),
    "reachable": _v("workload site region", "1", 0, 1, "the site meets the latency limit"),
    "round_trip": _v("site region", "ms", 0, 1e4, "network round trip"),
    "serving_cost": _v("workload site region", "EUR_2024/MWh", -1e9, 1e9, "cost of serving a region from a site"),
    "training_energy": _v("workload", "MWh/year", 0, 1e9, "training work in a year, IT energy"),
    "arrivals": _v("workload block hour", "MWh/h", 0, 1e6, "work that arrives in the hour, due within its deadline"),
    "may_train": _v("workload site", "1", 0, 1, "the training may be done at the site"),
    "training_rate": _v("workload", "MW", 0, 1e6, "largest IT power of the training work"),
    # levers and edge
    "lever_saving": _v("lever workload", "1", 0, 1, "of the whole work, for all of it treated, after the levers before it"),
    "lever_saving_alone": _v("lever", "1", 0, 1, "saving of the work treated, alone"),
    "lever_share": _v("lever workload", "1", 0, 1, "most of the work that the lever can treat"),
    "lever_cost": _v("lever", "EUR_2024/MWh", 0, 1e5, "cost per energy of the work treated, before saving"),
    "lever_acts_on": _v("lever", "1", 0, 1000, "number of what the lever acts on: levers on the same thing share the work"),
    "lever_cap": _v("", "1", 0, 1, "most that levers save of a work together"),
    "most_saved": _v("workload", "1", 0, 1, "most that the levers on offer save of the work"),
    "edge_least": _v("workload", "1", 0, 1, "least share of the work at the edge"),
    "edge_most": _v("workload", "1", 0, 1, "most of the work at the edge"),
    "edge_energy_ratio": _v("", "MWh/MWh", 0, 100, "IT energy at the edge per IT energy of the same work in halls"),
    "edge_pue": _v("", "1", 1, 10, "facility energy per IT energy at the edge"),
    "edge_cost": _v("", "EUR_2024/MWh", 0, 1e6, "servers, rooms and electricity per IT energy at the edge"),
    # generation behind the meter
    "availability": _v("site generator block hour", "1", 0, 1, "capacity factor of the hour"),
    "max_plant": _v("site generator", "MW", 0, 1e5, "most plant behind the meter"),
    "plant_price": _v("generator", "1", 0, 10, "cost of plant bought now over plant_cost"),
    "plant_cost": _v("generator", "EUR_2024/MW/year", 0, 1e8, "annuity and upkeep of plant"),
    "plant_land": _v("generator", "ha/MW", 0, 1000, "land of plant"),
    "plant_carbon": _v("generator", "t/MW/year", 0, 1e4, "embodied carbon of plant over its life"),
    "plant_land_nearby": _v("generator", "ha/MW", 0, 1000, "leased land of plant near the site"),
    "plant_clean": _v("generator", "1", 0, 1, "the plant's energy is carbon-free"),
    "plant_variable_cost": _v("generator", "EUR_2024/MWh", 0, 1e4, "fuel and upkeep by use"),
    "plant_direct_carbon": _v("generator", "t/MWh", 0, 3, "carbon of the fuel burnt"),
    "plant_full_load_hours": _v("generator", "h/year", 0, 8760, "energy limit per MW of plant"),
    # storage behind the meter
    "max_storage_power": _v("site storage", "MW", 0, 1e5, "most power of storage"),
    "max_storage_energy": _v("site storage", "MWh", 0, 1e7, "most energy of storage"),
    "charge_efficiency": _v("storage", "1", 0.01, 1, "energy stored per energy taken"),
    "discharge_efficiency": _v("storage", "1", 0.01, 1, "energy given per energy taken from the store"),
    "standing_loss": _v("storage", "1/h", 0, 1, "share of the level lost in an hour"),
    "storage_power_price": _v("storage", "1", 0, 10, "capex of storage power bought now over that of its table"),
    "storage_energy_price": _v("storage", "1", 0, 10, "capex of storage energy bought now over that of its table"),
    "storage_power_cost": _v("storage", "EUR_2024/MW/year", 0, 1e8, "annuity and upkeep of storage power"),
    "storage_energy_cost": _v("storage", "EUR_2024/MWh/year", 0, 1e8, "annuity and upkeep of storage energy"),
    "storage_wear": _v("storage", "EUR_2024/MWh", 0, 1e4, "ageing by use, per energy given"),
    "storage_land": _v("storage", "ha/MWh", 0, 1, "land of storage"),
    "storage_carbon": _v("storage", "t/MWh/year", 0, 1e4, "embodied carbon of storage over its life"),
    # grid
    "connection_cost": _v("site", "EUR_2024/MW/year", 0, 1e8, "tariff and spur line per MW of connection"),
    "max_connection": _v("site", "MW", 0, 1e6, "most connection at the site alone (its own headroom)"),
    "spot_price": _v("block hour", "EUR_2024/MWh", -1e4, 1e5, "day-ahead price"),
    "energy_tariff": _v("", "EUR_2024/MWh", -1e3, 1e4, "network tariff and levies on energy"),
    "carbon_average": _v("block hour", "t/MWh", 0, 3, "average carbon factor of the grid's mix"),
    "carbon_residual": _v("block hour", "t/MWh", 0, 3, "carbon factor of import that no contract matches"),
    "carbon_price": _v("", "EUR_2024/t", 0, 1e5, "price of each tonne that the study counts"),
    "carbon_marginal": _v("block hour", "t/MWh", 0, 3, "marginal carbon factor of the grid"),
    "grid_clean_share": _v("block hour", "1", 0, 1, "carbon-free share of the grid's mix"),
    "own_headroom": _v("site", "MW", 0, 1e6, "most firm connection that the grid serves at the site alone"),
    "national_load": _v("block hour", "MW", 0, 1e7, "demand of the whole network"),
    # flexible connections
    "flexible_cost": _v("site flexible", "EUR_2024/MW/year", 0, 1e8, "flexible connection"),
    "flexible_curtailed": _v("flexible", "1", 0, 1, "most of its energy of a year that may be cut"),
    "flexible_depth": _v("flexible", "1", 0, 1, "most of its MW that may be cut at once"),
    # reinforcement of the grid
    "reinforcement_cost": _v("reinforcement", "EUR_2024/year", 0, 1e12, "annuity and upkeep of the step"),
    "reinforcement_of_use": _v("reinforcement", "1", 0, 1, "the step is ready in a year in which connections need it"),
    # contracts
    "contract_profile": _v("contract block hour", "1", 0, 1, "capacity factor of the contracted plant"),
    "contract_offered": _v("contract", "MW", 0, 1e6, "plant on offer"),
    "contract_minimum": _v("contract", "MW", 0, 1e6, "least that may be signed, if any is"),
    "contract_new": _v("contract", "1", 0, 1, "the plant counts as additional"),
    "contract_strike": _v("contract", "EUR_2024/MWh", -1e4, 1e4, "strike price"),
    # elastic rows
    "penalty_per_mwh": _v("", "EUR_2024/MWh", 0, INF, "price of work left undone, above any honest price"),
    "penalty_total": _v("", "EUR_2024", 0, INF, "price of breaking a limit by all of it"),
}


@dataclass
class Inputs:
    """What `prepare` makes of a study.

    `candidates` has every row of the candidate table, `kept` and the reason where it was dropped; `sites` are the kept.
    `grid` is the GridCase that the joint headroom is computed from (see `inputs/headroom.py`), or None.
    `fleet` is what `carbon.dispatch` dispatches, or None.
    `notes` are tables for the report: representative days, sources with caveats, assumptions.
    """

    study: Study
    candidates: gpd.GeoDataFrame
    data: xr.Dataset
    grid: Any = None
    unavoidable_cost: float = 0.0
    notes: dict[str, pd.DataFrame] = field(default_factory=dict)
    fleet: Fleet | None = None

    @property
    def sites(self) -> gpd.GeoDataFrame:
        return self.candidates[self.candidates["kept"]]


def described(data: xr.Dataset) -> xr.Dataset:
    """Units and meanings from VARIABLES as CF-style attributes."""
    for name, a in data.data_vars.items():
        v = VARIABLES[str(name)]
        a.attrs.update(units=v.unit, long_name=v.meaning)
    return data
