"""The cooling tower: pump, fan, make-up water, and how big it has to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import air, plant
from ..arrays import Array, Values
from .performance import Parameters, Part


def tower(rejected_kw: Values, warmest_c: float, outdoor: air.State, p: Parameters) -> Part:
    """A tower that rejects `rejected_kw` [kW per kW of IT] and need not make water colder than `warmest_c`.

    Water is evaporation, drift and blowdown; blowdown goes to the sewer, so only the first two are consumed.
    moist_air_evaporation 1 is moist-air theory (cold air takes much of the heat dry), 0 lets all heat be latent."""
    water = rejected_kw / (plant.WATER_HEAT_CAPACITY * p["tower_range_k"])
    density = plant.dry_air_density_kg_per_m3(outdoor.dry_bulb_c, outdoor.pressure_pa)
    fans = plant.fan_kw(water / p["liquid_to_gas"], density, p["tower_fan_pa"], p["tower_fan_efficiency"])
    pumps = plant.pump_kw(water, p["tower_pump_pa"], p["tower_pump_efficiency"])
    evaporated = rejected_kw * _evaporation(np.asarray(rejected_kw > 0.0), outdoor, p)
    drift = p["drift_fraction"] * plant.SECONDS_PER_HOUR * water
    made_up = plant.make_up(evaporated, p["cycles_of_concentration"], drift)
    leaving = np.maximum(outdoor.wet_bulb_c + p["tower_approach_k"], warmest_c)
    size = rejected_kw / plant.tower_capacity(outdoor, leaving, p["tower_range_k"])
    return Part(fans + pumps, made_up, evaporated + drift, rejection_kw=size)


def _evaporation(runs: NDArray[np.bool_], outdoor: air.State, p: Parameters) -> Array:
    """L per kWh rejected; moist-air theory only for the hours that the tower runs."""
    rate = plant.all_latent_l_per_kwh(outdoor.dry_bulb_c)
    if p["moist_air_evaporation"] > 0.0 and runs.any():
        hours = air.State(*(np.broadcast_to(x, rate.shape)[runs] for x in outdoor[:5]))  # type: ignore[type-var]
        theory = plant.tower_l_per_kwh(hours, p["tower_range_k"], p["liquid_to_gas"])
        rate[runs] += p["moist_air_evaporation"] * (theory - rate[runs])
    return rate
