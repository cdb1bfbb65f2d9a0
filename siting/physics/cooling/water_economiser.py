"""Chilled water that a tower, or the sea, makes for nothing while it is cold enough."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .. import air, plant
from ..arrays import Array, Values, floats
from . import chiller, room
from .performance import Parameters, Part, Performance, electrical, heat_kw, performance
from .tower import tower


def water_economiser(outdoor: air.State, p: Parameters) -> Performance:
    """Chilled water from a tower through a plate exchanger, a water-cooled chiller in series for the rest.

    With a = Tw + tower_approach_k + exchanger_approach_k the coldest free water and T_sfw, T_rfw the loop's supply
    and return, the economiser meets free = clip((T_rfw - a) / (T_rfw - T_sfw), 0, 1) of the load; the tower rejects
    load + chiller power.

    Lei and Masanet 2020, mid-points of their ranges: PUE 1.1346 at 20 degC, 40 %:

    >>> import csv, pathlib
    >>> path = pathlib.Path(__file__).parents[3] / "data" / "technologies" / "cooling.csv"
    >>> table = list(csv.DictReader(path.open()))
    >>> rows = [r for r in table if r["technology"] == "water_economiser"]
    >>> p = {r["parameter"]: float(r["value"]) for r in rows if r["unit"] != "name"}
    >>> s = air.state(20.0, 6.0, 101325.0)
    >>> round(float(water_economiser(s, p).pue), 3)
    1.135
    """
    coldest = outdoor.wet_bulb_c + p["tower_approach_k"]
    hall = _hall(coldest, outdoor.pressure_pa, p)
    sink = tower(hall.rejected_kw, hall.loop.supply_c - p["exchanger_approach_k"], outdoor, p)
    return performance(outdoor.dry_bulb_c, [*hall.parts, sink], hall.loop.return_c, p["recoverable_share"] * hall.load_kw)


def once_through(water_c: ArrayLike, pressure_pa: ArrayLike, p: Parameters) -> Performance:
    """Sea, lake or river water at `water_c` [degC] in place of the tower: nothing evaporates but the humidifier's
    water.

    As `water_economiser` with a = water_c + exchanger_approach_k, and source pumps that move
    (load + chiller) / (4.2 source_rise_k) against source_pump_pa. Lei and Masanet 2020, example: PUE 1.1141 at 20 degC.
    The water taken in goes back, source_rise_k warmer: it is neither withdrawal nor consumption here, but a limit on
    the place.
    """
    water, pressure = np.broadcast_arrays(np.asarray(floats(water_c)), np.asarray(floats(pressure_pa)))
    hall = _hall(water, pressure, p)
    flow = hall.rejected_kw / (plant.WATER_HEAT_CAPACITY * p["source_rise_k"])
    sink = Part(plant.pump_kw(flow, p["source_pump_pa"], p["source_pump_efficiency"]), rejection_kw=hall.rejected_kw)
    return performance(water, [*hall.parts, sink], hall.loop.return_c, p["recoverable_share"] * hall.load_kw)


def sea_water(outdoor: air.State, p: Parameters) -> Performance:
    """`once_through` for the sea, lake or river beside the site, `outdoor.source_water_c`; ValueError where none is known."""
    if outdoor.source_water_c is None:
        raise ValueError(
            "needs the temperature of the water at the site: weather with sea_temperature_c or "
            "lake_temperature_c, or a table of the planner's own (cooling.source_water in a study, --source-water at a place)"
        )
    return once_through(outdoor.source_water_c, outdoor.pressure_pa, p)


class _Hall(NamedTuple):
    """All up to the heat sink."""

    parts: list[Part]
    loop: room.Loop
    load_kw: float
    rejected_kw: Values


def _hall(sink_c: Array, pressure_pa: Array, p: Parameters) -> _Hall:
    """Air handlers, exchanger and chiller on water that the sink gives at `sink_c`."""
    heat, water = heat_kw(p), room.loop(p)
    load, humidifier = room.dehumidified(heat, water, p)
    coldest = sink_c + p["exchanger_approach_k"]
    free = np.clip((water.return_c - coldest) / p["chilled_water_rise_k"], 0.0, 1.0)
    chilled = chiller.water_cooled(load * (1.0 - free), sink_c, p)
    flow = load / (plant.WATER_HEAT_CAPACITY * p["chilled_water_rise_k"])
    exchanger = Part(plant.pump_kw(flow * free, p["economiser_pump_pa"], p["economiser_pump_efficiency"]))
    fans = room.fans(room.air_flow(heat, p), p["supply_air_c"], pressure_pa, p)
    parts = [electrical(p), fans, humidifier, exchanger, room.chilled_pump(load * (1.0 - free), p), chilled]
    return _Hall(parts, water, load, load + chilled.kw)
