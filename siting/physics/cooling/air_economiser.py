"""Outdoor air through the halls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import air
from ..arrays import Array
from . import chiller, room
from .performance import Parameters, Part, Performance, electrical, heat_kw, performance
from .tower import tower


def air_economiser(outdoor: air.State, p: Parameters) -> Performance:
    """Outdoor air, humidified or adiabatically cooled, or else water-cooled chiller and tower.

    Supply follows the outdoors: Ts = clip(T, supply_low_c, supply_high_c). The economiser runs while h <= h(27 degC,
    dew point 15 degC) or h <= h(Ts, supply_rh_max), and T <= lockout_dry_bulb_c (the 2022 rule; set it high for the
    2020 rule). Warm air is cooled at constant enthalpy to Ts, cold dry air is humidified to humidify_below_rh at Ts;
    otherwise the chiller carries all heat. Heat is recoverable from the return air, at Ts + air_rise_k.

    Lei and Masanet 2020, example: PUE 1.0747 at 20 degC, 40 %; with the mid-points of their ranges 1.120:

    >>> import csv, pathlib
    >>> path = pathlib.Path(__file__).parents[3] / "data" / "technologies" / "cooling.csv"
    >>> table = list(csv.DictReader(path.open()))
    >>> rows = [r for r in table if r["technology"] == "air_economiser"]
    >>> p = {r["parameter"]: float(r["value"]) for r in rows if r["unit"] != "name"}
    >>> s = air.state(20.0, 6.0, 101325.0)
    >>> round(float(air_economiser(s, p).pue), 3)
    1.12
    """
    free, parts, return_c = _hall(outdoor, p)
    load = np.where(free, 0.0, heat_kw(p)).astype(outdoor.dry_bulb_c.dtype)
    chilled = chiller.water_cooled(load, outdoor.wet_bulb_c + p["tower_approach_k"], p)
    rejected = tower(load + chilled.kw, p["condenser_water_min_c"], outdoor, p)
    parts += [chilled, rejected, room.chilled_pump(load, p)]
    return performance(outdoor.dry_bulb_c, parts, return_c, p["recoverable_share"] * heat_kw(p))


def air_economiser_air_chiller(outdoor: air.State, p: Parameters) -> Performance:
    """Outdoor air as it is, neither humidified nor cooled by evaporation, or else a closed hall on air-cooled chillers.

    The economiser runs while T <= supply_high_c and the outdoor dew point lies between driest_dew_point_c and
    wettest_dew_point_c: a legacy hall in a very dry or a humid place is closed for much of the year. In those hours the
    coils also condense, and a humidifier puts the water back."""
    supply_c = np.clip(outdoor.dry_bulb_c, p["supply_low_c"], p["supply_high_c"])
    driest, wettest = (
        air.humidity_ratio(float(air.saturation_pressure_pa(p[q])), outdoor.pressure_pa)
        for q in ("driest_dew_point_c", "wettest_dew_point_c")
    )
    w = outdoor.humidity_ratio
    closed = ~((outdoor.dry_bulb_c <= p["supply_high_c"]) & (w >= driest) & (w <= wettest))
    heat = heat_kw(p)
    load, humidifier = room.dehumidified(heat, room.Loop(p["chilled_water_max_c"], p["chilled_water_max_c"]), p)
    parts = [
        electrical(p),
        room.fans(room.air_flow(heat, p), supply_c, outdoor.pressure_pa, p),
        chiller.air_cooled(closed * load, p["chilled_water_max_c"], outdoor.dry_bulb_c, p),
        room.chilled_pump(closed * load, p),
        Part(*(closed * x for x in humidifier)),
    ]
    return performance(outdoor.dry_bulb_c, parts, supply_c + p["air_rise_k"], p["recoverable_share"] * heat)


def _hall(outdoor: air.State, p: Parameters) -> tuple[NDArray[np.bool_], list[Part], Array]:
    """The hours that outdoor air is enough, the parts inside the hall, and the return air [degC]."""
    supply_c = np.clip(outdoor.dry_bulb_c, p["supply_low_c"], p["supply_high_c"])
    supply_saturation = air.saturation_pressure_pa(supply_c)
    free = _economiser_runs(outdoor, supply_c, supply_saturation, p)
    flow = room.air_flow(heat_kw(p), p)
    driest = air.humidity_ratio(p["humidify_below_rh"] * supply_saturation, outdoor.pressure_pa)
    evaporated = (outdoor.enthalpy_kj_per_kg - 1.006 * supply_c) / (2501.0 + 1.86 * supply_c)
    target = np.where(outdoor.dry_bulb_c > supply_c, evaporated, driest)
    added = np.where(free, flow * np.maximum(target - outdoor.humidity_ratio, 0.0), 0.0)
    inside = [electrical(p), room.fans(flow, supply_c, outdoor.pressure_pa, p), room.humidifier(added, p)]
    return free, inside, supply_c + p["air_rise_k"]


def _economiser_runs(outdoor: air.State, supply_c: Array, supply_saturation: Array, p: Parameters) -> NDArray[np.bool_]:
    limit_pressure = float(air.saturation_pressure_pa(p["economiser_dew_point_c"]))
    limit = air.enthalpy_kj_per_kg(p["economiser_dry_bulb_c"], air.humidity_ratio(limit_pressure, outdoor.pressure_pa))
    wettest = air.humidity_ratio(p["supply_rh_max"] * supply_saturation, outdoor.pressure_pa)
    h = outdoor.enthalpy_kj_per_kg
    cool_enough = (h < limit) | (h <= air.enthalpy_kj_per_kg(supply_c, wettest))
    return np.asarray(cool_enough & (outdoor.dry_bulb_c <= p["lockout_dry_bulb_c"]))
