"""The liquid chain: part of the heat goes into warm water at the chip, the rest into the air of the hall.

Direct to chip, rear doors and immersion are the same chain with other numbers: `capture_share` of the IT heat goes
to facility water that may be as warm as `facility_supply_c` (ASHRAE class W32, W40, W45), the rest and all electrical
losses through air handlers to a second, cooler loop. Immersion and rear doors that take all of the IT heat leave only
the electrical losses to the air.

Not calibrated; Lei et al. 2025 give annual means of 1.05 to 1.15 and 0 to 0.37 L/kWh on adiabatic dry coolers in all
climates."""

from __future__ import annotations

import numpy as np

from .. import air, plant
from ..arrays import Array
from . import chiller, room
from .dry_cooler import bank
from .performance import Parameters, Part, Performance, electrical, heat_kw, performance
from .tower import tower


def dry_cooler_liquid(outdoor: air.State, p: Parameters) -> Performance:
    """Both loops on dry coolers with adiabatic pads, each with its own air-cooled trim chiller.

    >>> import csv, pathlib
    >>> path = pathlib.Path(__file__).parents[3] / "data" / "technologies" / "cooling.csv"
    >>> table = list(csv.DictReader(path.open()))
    >>> rows = [r for r in table if r["technology"] == "dry_cooler_liquid"]
    >>> p = {r["parameter"]: float(r["value"]) for r in rows if r["unit"] != "name"}
    >>> at = dry_cooler_liquid(air.state(20.0, 6.0, 101325.0), p)
    >>> bool(1.05 < at.pue < 1.15), bool(0 <= at.wue_l_per_kwh < 0.37), float(at.return_c)
    (True, True, 50.0)
    """
    parts, liquid_kw, air_kw = _hall(outdoor, p)
    warm = bank(liquid_kw, p["facility_supply_c"], p["facility_rise_k"], outdoor, p)
    cool = bank(air_kw, room.loop(p).supply_c, p["chilled_water_rise_k"], outdoor, p)
    return _performance(outdoor, [*parts, warm, cool], liquid_kw, p)


def tower_liquid(outdoor: air.State, p: Parameters) -> Performance:
    """Both loops on one tower behind plate exchangers, the air's with a water-cooled chiller in series, the liquid's
    with one where the wet bulb is too warm even for it."""
    parts, liquid_kw, air_kw = _hall(outdoor, p)
    water = room.loop(p)
    warm = _towered(liquid_kw, p["facility_supply_c"], p["facility_rise_k"], outdoor, p)
    cool = _towered(air_kw, water.supply_c, p["chilled_water_rise_k"], outdoor, p)
    return _performance(outdoor, [*parts, *warm, *cool], liquid_kw, p)


def _hall(outdoor: air.State, p: Parameters) -> tuple[list[Part], float, float]:
    """The parts inside the hall, and the heat of the liquid and of the air loop [kW per kW of IT]."""
    pumped = p["capture_share"] * p["cdu_pump_kw_per_kw"]
    in_air = heat_kw(p) - p["capture_share"]
    fans = room.fans(room.air_flow(in_air, p), p["supply_air_c"], outdoor.pressure_pa, p)
    return [electrical(p), Part(pumped), fans], p["capture_share"] + pumped, in_air


def _performance(outdoor: air.State, parts: list[Part], liquid_kw: float, p: Parameters) -> Performance:
    return_c = p["facility_supply_c"] + p["facility_rise_k"]
    return performance(outdoor.dry_bulb_c, parts, return_c, p["recoverable_share"] * liquid_kw)


def _towered(heat: float, supply_c: float, rise_k: float, outdoor: air.State, p: Parameters) -> list[Part]:
    coldest: Array = outdoor.wet_bulb_c + p["tower_approach_k"]
    free = np.clip((supply_c + rise_k - coldest - p["exchanger_approach_k"]) / rise_k, 0.0, 1.0)
    chilled = chiller.water_cooled(heat * (1.0 - free), coldest, p)
    flow = heat / (plant.WATER_HEAT_CAPACITY * rise_k)
    pump = Part(float(plant.pump_kw(flow, p["facility_pump_pa"], p["facility_pump_efficiency"])))
    return [chilled, pump, tower(heat + chilled.kw, supply_c - p["exchanger_approach_k"], outdoor, p)]
