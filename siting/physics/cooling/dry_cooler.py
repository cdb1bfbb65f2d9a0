"""Dry coolers: water cooled by outdoor air, with or without adiabatic pads, and a trim chiller for what is left.

Not a calibrated model: heat-exchanger practice, anchored to the annual ranges of Lei et al. 2025, RCR 219:108310."""

from __future__ import annotations

import numpy as np

from .. import air, plant
from . import chiller, room
from .performance import Parameters, Part, Performance, electrical, heat_kw, performance


def dry_cooler(outdoor: air.State, p: Parameters) -> Performance:
    """Air handlers on water from dry coolers, an air-cooled chiller for what they cannot carry."""
    heat, water = heat_kw(p), room.loop(p)
    load, humidifier = room.dehumidified(heat, water, p)
    fans = room.fans(room.air_flow(heat, p), p["supply_air_c"], outdoor.pressure_pa, p)
    parts = [electrical(p), fans, humidifier, bank(load, water.supply_c, p["chilled_water_rise_k"], outdoor, p)]
    return performance(outdoor.dry_bulb_c, parts, water.return_c, p["recoverable_share"] * load)


def bank(heat: float, supply_c: float, rise_k: float, outdoor: air.State, p: Parameters) -> Part:
    """A dry-cooler bank that returns water at `supply_c` [degC] at most, its pump, its pads and its trim chiller.

    The pads cool the entering air no further than the loop needs: sink = T - clip(T + approach - supply, 0, eps (T -
    Tw)). free = clip((supply + rise - (sink + approach)) / rise, 0, 1); air flow n = (rise + approach) / (supply +
    rise - sink), at most 1 and by the fans no less than dry_fan_flow_min, fan power ~ n^dry_fan_exponent. The same n
    is the share of the full bank that the hour needs: in a cold place the bank is smaller. Pads run above
    adiabatic_switch_c and only where they save the chiller work; effectiveness 0 means no pads and no water."""
    dry, approach = outdoor.dry_bulb_c, p["dry_approach_k"]
    reach = p["adiabatic_effectiveness"] * np.maximum(dry - outdoor.wet_bulb_c, 0.0)
    drop = np.clip(dry + approach - supply_c, 0.0, reach)
    helps = (dry > p["adiabatic_switch_c"]) & (dry - drop + approach < supply_c + rise_k)
    drop = np.where(helps, drop, 0.0)
    sink = dry - drop
    free = np.clip((supply_c + rise_k - sink - approach) / rise_k, 0.0, 1.0)
    share = np.minimum((rise_k + approach) / np.maximum(supply_c + rise_k - sink, 1e-6), 1.0)
    flow = np.maximum(share, p["dry_fan_flow_min"])
    fans = heat * p["dry_fan_kw_per_kw"] * flow ** p["dry_fan_exponent"]
    water = heat / (plant.WATER_HEAT_CAPACITY * rise_k)
    pump = float(plant.pump_kw(water, p["facility_pump_pa"], p["facility_pump_efficiency"]))
    evaporated = _pads(flow * heat, drop, sink, p)
    made_up = plant.make_up(evaporated, p["cycles_of_concentration"])
    trim = chiller.air_cooled(heat * (1.0 - free), supply_c, dry, p)
    size = heat * share * plant.DRY_COOLER_RATED_K / (rise_k + approach)
    return Part(fans + pump + trim.kw, made_up, evaporated, trim.chiller_kw, size)


def _pads(heat: np.ndarray, drop: np.ndarray, sink_c: np.ndarray, p: Parameters) -> np.ndarray:
    """Water that pads evaporate [L/kWh]: it takes the air down by `drop` [K]."""
    air_kg_per_s = heat / (plant.AIR_HEAT_CAPACITY * p["dry_air_rise_k"])
    return plant.SECONDS_PER_HOUR * air_kg_per_s * plant.AIR_HEAT_CAPACITY * drop / plant.latent_heat_kj_per_kg(sink_c)
