"""Inside the hall: air handlers, their fans, and the chilled-water loop that they are fed from."""

from __future__ import annotations

from typing import NamedTuple

from .. import plant
from ..arrays import Array, Values
from .performance import Parameters, Part


class Loop(NamedTuple):
    """The water of the air handlers: supply that they need, and return [degC]."""

    supply_c: float
    return_c: float


def loop(p: Parameters) -> Loop:
    """T_sfw = T_ra - air_rise_k / exchange_effectiveness, with T_ra = supply_air_c + air_rise_k the hot aisle; the
    water warms by chilled_water_rise_k."""
    supply = p["supply_air_c"] + p["air_rise_k"] - p["air_rise_k"] / p["exchange_effectiveness"]
    return Loop(supply, supply + p["chilled_water_rise_k"])


def air_flow(heat_kw: float, p: Parameters) -> float:
    """Supply air [kg/s per kW of IT] that carries `heat_kw`."""
    return heat_kw / (plant.AIR_HEAT_CAPACITY * p["air_rise_k"])


def fans(flow_kg_per_s: float, supply_c: Values, pressure_pa: Array, p: Parameters) -> Part:
    density = plant.dry_air_density_kg_per_m3(supply_c, pressure_pa)
    return Part(plant.fan_kw(flow_kg_per_s, density, p["fan_pa"], p["fan_efficiency"]))


def dehumidified(heat_kw: float, of: Loop, p: Parameters) -> tuple[float, Part]:
    """The load of coils that also condense, heat / sensible_heat_ratio [kW], and the humidifier that puts the water
    back."""
    load = heat_kw / p["sensible_heat_ratio"]
    condensed = (load - heat_kw) / float(plant.latent_heat_kj_per_kg((of.supply_c + of.return_c) / 2.0))
    return load, humidifier(condensed, p)


def humidifier(added_kg_per_s: Values, p: Parameters) -> Part:
    """High-pressure fog: all of its water stays in the air."""
    pump = plant.pump_kw(added_kg_per_s, p["humidifier_pa"], p["humidifier_efficiency"])
    water = plant.SECONDS_PER_HOUR * added_kg_per_s
    return Part(_plain(pump), water, water)


def chilled_pump(load_kw: Values, p: Parameters) -> Part:
    """The pump between chiller and air handlers."""
    flow = load_kw / (plant.WATER_HEAT_CAPACITY * p["chilled_water_rise_k"])
    return Part(_plain(plant.pump_kw(flow, p["chilled_pump_pa"], p["chilled_pump_efficiency"])))


def _plain(x: Array) -> Values:
    """A plain number instead of an array of no dimension, which would force its precision on what it meets."""
    return float(x) if x.ndim == 0 else x
