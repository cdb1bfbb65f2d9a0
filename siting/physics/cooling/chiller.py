"""Chillers, and the hall that has nothing else: chilled water from air-cooled chillers in every hour.

COP of the air-cooled chiller: a share of Carnot's between evaporator and condenser, at most cop_max, times the
part-load curve of ASHRAE 90.1-2010 Path A; of the water-cooled chiller: the regression of Lei and Masanet 2020. What
a machine still gives in hot air is the capacity curve of Path A (air) or of a DOE-2 centrifugal chiller (water)."""

from __future__ import annotations

import numpy as np

from .. import air, plant
from ..arrays import Array, Values
from . import room
from .performance import Parameters, Part, Performance, electrical, heat_kw, performance


def air_chiller(outdoor: air.State, p: Parameters) -> Performance:
    """Air handlers on chilled water from air-cooled chillers; no economiser, no water but the humidifier's.

    A legacy hall makes water at chilled_water_max_c whatever its air handlers would need."""
    heat, water = heat_kw(p), room.loop(p)
    load, humidifier = room.dehumidified(heat, water, p)
    supply_c = min(water.supply_c, p["chilled_water_max_c"])
    parts = [
        electrical(p),
        room.fans(room.air_flow(heat, p), p["supply_air_c"], outdoor.pressure_pa, p),
        humidifier,
        room.chilled_pump(load, p),
        air_cooled(load, supply_c, outdoor.dry_bulb_c, p),
    ]
    return performance(outdoor.dry_bulb_c, parts, supply_c + p["chilled_water_rise_k"], p["recoverable_share"] * load)


def air_cooled(load_kw: Values, supply_c: float, dry_bulb_c: Array, p: Parameters) -> Part:
    """An air-cooled chiller with its condenser fans; water leaves at `supply_c`."""
    cop = plant.carnot_cop(
        supply_c - p["evaporator_approach_k"], dry_bulb_c + p["condenser_approach_k"], p["carnot_fraction"], p["cop_max"]
    )
    cop = cop * (p["chiller_cop_factor"] * plant.part_load_factor(p["chiller_part_load"]))
    return Part(load_kw / cop, chiller_kw=load_kw / plant.air_cooled_capacity(dry_bulb_c))


def water_cooled(load_kw: Values, condenser_c: Array, p: Parameters) -> Part:
    """A water-cooled chiller; condenser water is kept inside the range of the regression and of the machine."""
    entering = np.clip(condenser_c, p["condenser_water_min_c"], p["condenser_water_max_c"])
    cop = plant.water_chiller_cop(p["chiller_part_load"], entering) * p["chiller_cop_factor"]
    return Part(load_kw / cop, chiller_kw=load_kw / plant.water_cooled_capacity(entering))
