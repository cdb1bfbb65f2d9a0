"""Cooling technologies: from outdoor air to PUE and water, hour by hour.

    PUE = 1 + UPS + distribution + lighting + fans + humidifier + pumps + chiller + heat-rejection fans   [kW per kW
    of IT] WUE = 3600 * water made up                                                                            [L
    per kWh of IT]

at the technology's reference utilisation. A technology takes a moist-air `State` and a mapping of parameters (the
rows of `data/technologies/cooling.csv`; a missing one is a KeyError) and gives a `Performance`. `MODELS` names them.
To add one: write its function here, add its line to `MODELS` and its rows to the table.

References: Lei and Masanet 2020, Energy 201:117556 (air and water economisers, sea water; the published examples are
tests); Lei and Masanet 2022, RCR 182:106323 (lock-out); ASHRAE liquid-cooling practice for the dry cooler, which is
*not* a calibrated model: it is anchored only to the annual ranges of Lei et al. 2025, RCR 219:108310."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import air, plant

Array = NDArray[np.float64]
Parameters = Mapping[str, float]


class Performance(NamedTuple):
    """Facility power per IT power [-] and water made up per IT energy [L/kWh], arrays of the state's shape."""

    pue: Array
    wue_l_per_kwh: Array


class _Part(NamedTuple):
    """One part of a plant: its electricity [kW per kW of IT] and its water [L per kWh of IT]."""

    kw: Array
    l_per_kwh: Array


def air_economiser(outdoor: air.State, p: Parameters) -> Performance:
    """Outdoor air through the halls, humidified or adiabatically cooled, or else chiller and tower.

    Supply follows the outdoors: Ts = clip(T, supply_low_c, supply_high_c). The economiser runs while h <= h(27 degC,
    dew point 15 degC) or h <= h(Ts, supply_rh_max), and T <= lockout_dry_bulb_c (the 2022 rule; set it high for the
    2020 rule). Warm air is cooled at constant enthalpy to Ts, cold dry air is humidified to humidify_below_rh at Ts;
    otherwise the chiller carries all heat.

    Lei and Masanet 2020, example: PUE 1.0747 at 20 degC, 40 %; with the mid-points of their ranges 1.120:

    >>> import csv, pathlib
    >>> path = pathlib.Path(__file__).parents[2] / "data" / "technologies" / "cooling.csv"
    >>> table = list(csv.DictReader(path.open()))
    >>> rows = [r for r in table if r["technology"] == "air_economiser"]
    >>> p = {r["parameter"]: float(r["value"]) for r in rows if r["unit"] != "name"}
    >>> s = air.state(20.0, 6.0, 101325.0)
    >>> round(float(air_economiser(s, p).pue), 3)
    1.12
    """
    heat, electrical = _heat(p)
    supply_c = np.clip(outdoor.dry_bulb_c, p["supply_low_c"], p["supply_high_c"])
    supply_saturation = air.saturation_pressure_pa(supply_c)
    free = _economiser_runs(outdoor, supply_c, supply_saturation, p)
    supply_kg_per_s = heat / (plant.AIR_HEAT_CAPACITY * p["air_rise_k"])
    driest = air.humidity_ratio(p["humidify_below_rh"] * supply_saturation, outdoor.pressure_pa)
    evaporated = (outdoor.enthalpy_kj_per_kg - 1.006 * supply_c) / (2501.0 + 1.86 * supply_c)
    target = np.where(outdoor.dry_bulb_c > supply_c, evaporated, driest)
    added_kg_per_s = np.where(free, supply_kg_per_s * np.maximum(target - outdoor.humidity_ratio, 0.0), 0.0)
    chilled = _water_chiller(np.where(free, 0.0, heat), outdoor.wet_bulb_c + p["tower_approach_k"], p)
    tower = _tower(np.where(free, 0.0, heat + chilled), outdoor, p)
    chilled_flow = np.where(free, 0.0, heat) / (plant.WATER_HEAT_CAPACITY * p["chilled_water_rise_k"])
    fans = _room_fans(supply_kg_per_s, supply_c, outdoor.pressure_pa, p)
    pumps = plant.pump_kw(chilled_flow, p["chilled_pump_pa"], p["chilled_pump_efficiency"])
    humidifier = plant.pump_kw(added_kg_per_s, p["humidifier_pa"], p["humidifier_efficiency"])
    pue = electrical + fans + humidifier + pumps + chilled + tower.kw
    return Performance(pue, tower.l_per_kwh + plant.SECONDS_PER_HOUR * added_kg_per_s)


def water_economiser(outdoor: air.State, p: Parameters) -> Performance:
    """Chilled water from a tower through a plate exchanger, a water-cooled chiller in series for the rest.

    With a = Tw + tower_approach_k + exchanger_approach_k the coldest free water and T_sfw, T_rfw the loop's supply
    and return, the economiser meets free = clip((T_rfw - a) / (T_rfw - T_sfw), 0, 1) of the load; the tower rejects
    load + chiller power.

    Lei and Masanet 2020, mid-points of their ranges: PUE 1.1346 at 20 degC, 40 %:

    >>> import csv, pathlib
    >>> path = pathlib.Path(__file__).parents[2] / "data" / "technologies" / "cooling.csv"
    >>> table = list(csv.DictReader(path.open()))
    >>> rows = [r for r in table if r["technology"] == "water_economiser"]
    >>> p = {r["parameter"]: float(r["value"]) for r in rows if r["unit"] != "name"}
    >>> s = air.state(20.0, 6.0, 101325.0)
    >>> round(float(water_economiser(s, p).pue), 3)
    1.135
    """
    tower_water_c = outdoor.wet_bulb_c + p["tower_approach_k"]
    loop = _chilled_loop(tower_water_c + p["exchanger_approach_k"], tower_water_c, outdoor.pressure_pa, p)
    tower = _tower(loop.rejected_kw, outdoor, p)
    return Performance(loop.pue + tower.kw, loop.l_per_kwh + tower.l_per_kwh)


def once_through(water_c: ArrayLike, pressure_pa: ArrayLike, p: Parameters) -> Performance:
    """Sea, lake or river water at `water_c` [degC] in place of the tower: nothing evaporates but the humidifier's
    water.

    As `water_economiser` with a = water_c + exchanger_approach_k, and source pumps that move
    (load + chiller) / (4.2 source_rise_k) against source_pump_pa. Lei and Masanet 2020, example: PUE 1.1141 at 20 degC.
    """
    water = np.asarray(water_c, float)
    loop = _chilled_loop(water + p["exchanger_approach_k"], water, np.asarray(pressure_pa, float), p)
    flow = loop.rejected_kw / (plant.WATER_HEAT_CAPACITY * p["source_rise_k"])
    pumps = plant.pump_kw(flow, p["source_pump_pa"], p["source_pump_efficiency"])
    return Performance(loop.pue + pumps, np.broadcast_to(loop.l_per_kwh, pumps.shape).copy())


def dry_cooler_liquid(outdoor: air.State, p: Parameters) -> Performance:
    """Warm water to the chips, dry coolers outdoors, and a second, cooler water loop for the heat that stays in the
    air.

    The liquid loop carries capture_share of the IT heat at facility_supply_c; the room's air handlers take the rest
    (and all electrical losses) to a loop at T_sfw = T_ra - air_rise_k / exchange_effectiveness. Each loop has its own
    dry-cooler bank (see `_dry_bank`) with adiabatic pads, which run only above adiabatic_switch_c and only as far as
    dry operation cannot carry the loop (effectiveness 0: no pads, no water), and an air-cooled trim chiller for what
    is left. Not calibrated; Lei et al. 2025 give annual 1.05 to 1.15 and 0 to 0.37 L/kWh for all climates.

    >>> import csv, pathlib
    >>> path = pathlib.Path(__file__).parents[2] / "data" / "technologies" / "cooling.csv"
    >>> table = list(csv.DictReader(path.open()))
    >>> rows = [r for r in table if r["technology"] == "dry_cooler_liquid"]
    >>> p = {r["parameter"]: float(r["value"]) for r in rows if r["unit"] != "name"}
    >>> at = dry_cooler_liquid(air.state(20.0, 6.0, 101325.0), p)
    >>> bool(1.05 < at.pue < 1.15), bool(0 <= at.wue_l_per_kwh < 0.37)
    (True, True)
    """
    heat, electrical = _heat(p)
    pumped = p["capture_share"] * p["cdu_pump_kw_per_kw"]
    liquid = p["capture_share"] + pumped
    in_air = heat - p["capture_share"]
    return_c = p["supply_air_c"] + p["air_rise_k"]
    loop_supply_c = return_c - p["air_rise_k"] / p["exchange_effectiveness"]
    warm = _dry_bank(liquid, p["facility_supply_c"], p["facility_rise_k"], outdoor, p)
    cool = _dry_bank(in_air, loop_supply_c, p["chilled_water_rise_k"], outdoor, p)
    supply_kg_per_s = in_air / (plant.AIR_HEAT_CAPACITY * p["air_rise_k"])
    fans = _room_fans(np.asarray(supply_kg_per_s), np.asarray(p["supply_air_c"]), outdoor.pressure_pa, p)
    pue = electrical + pumped + fans + warm.kw + cool.kw
    return Performance(pue, warm.l_per_kwh + cool.l_per_kwh)


MODELS: dict[str, Callable[[air.State, Parameters], Performance]] = {
    "air_economiser": air_economiser,
    "water_economiser": water_economiser,
    "dry_cooler_liquid": dry_cooler_liquid,
}


def linear_power(
    pue: ArrayLike, reference_utilisation: float, fixed_share: float, time_axis: int | tuple[int, ...] = 0
) -> tuple[Array, Array]:
    """(a, b) of facility power = a * installed + b * IT [MW], a constant in time and b with the hour.

    `fixed_share` [-] of the *annual mean* overhead at the reference utilisation u does not fall with load: a = u *
    fixed_share * mean(pue - 1), b = pue - a / u, so that at IT = u * installed the power is pue * IT in every hour.
    The mean is over `time_axis`, which `a` loses and which must hold whole years. b below 1 would make IT power cost
    less than itself: an hour whose overhead is under the fixed part raises ValueError.

    >>> a, b = linear_power([1.10, 1.20, 1.30], 0.8, 0.4)
    >>> round(float(a), 4), np.round(b, 3).tolist()
    (0.064, [1.02, 1.12, 1.22])
    >>> bool(np.allclose(a * 100 + b * 80, [88.0, 96.0, 104.0]))  # 80 MW of IT in a 100 MW hall
    True
    """
    values = np.asarray(pue, float)
    if not 0.0 < reference_utilisation <= 1.0:
        raise ValueError(f"reference_utilisation {reference_utilisation} must be above 0 and at most 1")
    if not 0.0 <= fixed_share <= 1.0:
        raise ValueError(f"fixed_share {fixed_share} must lie between 0 and 1")
    fixed = fixed_share * np.mean(values - 1.0, axis=time_axis, keepdims=True)
    b = values - fixed
    if (b < 1.0).any():
        raise ValueError(
            f"the least PUE {np.nanmin(values):.4f} leaves an hourly slope of {np.nanmin(b):.4f}, below 1: fixed_share "
            f"{fixed_share} claims more overhead than that hour has; lower it"
        )
    return np.asarray(reference_utilisation * np.squeeze(fixed, axis=time_axis)), b


def _heat(p: Parameters) -> tuple[float, float]:
    """Heat to remove, and the same number as the electrical part of PUE: IT, losses and lighting, all inside the
    hall."""
    losses = plant.electrical_losses_kw(p["ups_efficiency"], p["distribution_loss_fraction"])
    heat = 1.0 + losses + p["lighting_fraction"]
    return heat, heat


def _economiser_runs(outdoor: air.State, supply_c: Array, supply_saturation: Array, p: Parameters) -> NDArray[np.bool_]:
    limit_pressure = air.saturation_pressure_pa(p["economiser_dew_point_c"])
    limit = air.enthalpy_kj_per_kg(p["economiser_dry_bulb_c"], air.humidity_ratio(limit_pressure, outdoor.pressure_pa))
    wettest = air.humidity_ratio(p["supply_rh_max"] * supply_saturation, outdoor.pressure_pa)
    h = outdoor.enthalpy_kj_per_kg
    cool_enough = (h < limit) | (h <= air.enthalpy_kj_per_kg(supply_c, wettest))
    return np.asarray(cool_enough & (outdoor.dry_bulb_c <= p["lockout_dry_bulb_c"]))


def _room_fans(supply_kg_per_s: ArrayLike, supply_c: ArrayLike, pressure_pa: Array, p: Parameters) -> Array:
    density = plant.dry_air_density_kg_per_m3(supply_c, pressure_pa)
    return plant.fan_kw(supply_kg_per_s, density, p["fan_pa"], p["fan_efficiency"])


def _water_chiller(load_kw: Array, condenser_c: Array, p: Parameters) -> Array:
    """Chiller power; condenser water kept inside the range of the regression and of the machine."""
    entering = np.clip(condenser_c, p["condenser_water_min_c"], p["condenser_water_max_c"])
    return load_kw / (plant.water_chiller_cop(p["chiller_part_load"], entering) * p["chiller_cop_factor"])


def _tower(rejected_kw: Array, outdoor: air.State, p: Parameters) -> _Part:
    """Pump and fan of a cooling tower, and its make-up water. moist_air_evaporation 1 is moist-air theory, 0 all
    latent."""
    water = rejected_kw / (plant.WATER_HEAT_CAPACITY * p["tower_range_k"])
    density = plant.dry_air_density_kg_per_m3(outdoor.dry_bulb_c, outdoor.pressure_pa)
    fans = plant.fan_kw(water / p["liquid_to_gas"], density, p["tower_fan_pa"], p["tower_fan_efficiency"])
    pumps = plant.pump_kw(water, p["tower_pump_pa"], p["tower_pump_efficiency"])
    rate = plant.all_latent_l_per_kwh(outdoor.dry_bulb_c)
    runs = np.broadcast_to(rejected_kw > 0.0, rate.shape)
    if p["moist_air_evaporation"] > 0.0 and runs.any():
        hours = air.State(*(np.broadcast_to(x, rate.shape)[runs] for x in outdoor))
        theory = plant.tower_l_per_kwh(hours, p["tower_range_k"], p["liquid_to_gas"])
        rate[runs] += p["moist_air_evaporation"] * (theory - rate[runs])
    drift = p["drift_fraction"] * plant.SECONDS_PER_HOUR * water
    return _Part(fans + pumps, plant.make_up(rejected_kw * rate, p["cycles_of_concentration"], drift))


class _Loop(NamedTuple):
    """A chilled-water plant up to its heat sink."""

    pue: Array  # all but the sink's own pumps and fans
    rejected_kw: Array
    l_per_kwh: float  # humidifier


def _chilled_loop(coldest_c: Array, condenser_c: Array, pressure_pa: Array, p: Parameters) -> _Loop:
    heat, electrical = _heat(p)
    load = heat / p["sensible_heat_ratio"]
    supply_c = p["supply_air_c"] + p["air_rise_k"] - p["air_rise_k"] / p["exchange_effectiveness"]
    return_c = supply_c + p["chilled_water_rise_k"]
    free = np.clip((return_c - coldest_c) / p["chilled_water_rise_k"], 0.0, 1.0)
    chiller = _water_chiller(load * (1.0 - free), condenser_c, p)
    flow = load / (plant.WATER_HEAT_CAPACITY * p["chilled_water_rise_k"])
    pumps = plant.pump_kw(flow * free, p["economiser_pump_pa"], p["economiser_pump_efficiency"])
    pumps = pumps + plant.pump_kw(flow * (1.0 - free), p["chilled_pump_pa"], p["chilled_pump_efficiency"])
    condensed = (load - heat) / float(plant.latent_heat_kj_per_kg((supply_c + return_c) / 2.0))  # put back by the humidifier
    humidifier = plant.pump_kw(condensed, p["humidifier_pa"], p["humidifier_efficiency"])
    fans = _room_fans(heat / (plant.AIR_HEAT_CAPACITY * p["air_rise_k"]), p["supply_air_c"], pressure_pa, p)
    return _Loop(electrical + fans + humidifier + pumps + chiller, load + chiller, plant.SECONDS_PER_HOUR * condensed)


def _dry_bank(heat: float, supply_c: float, rise_k: float, outdoor: air.State, p: Parameters) -> _Part:
    """A dry-cooler bank that returns water at `supply_c` [degC] at most, its pump, its pads and its trim chiller.

    The pads cool the entering air no further than the loop needs: sink = T - clip(T + approach - supply, 0, eps (T -
    Tw)). free = clip((supply + rise - (sink + approach)) / rise, 0, 1); fan flow n = (rise + approach) / (supply +
    rise - sink), between dry_fan_flow_min and 1 (the air may warm up to the returning water), fan power ~
    n^dry_fan_exponent."""
    dry, approach = outdoor.dry_bulb_c, p["dry_approach_k"]
    reach = p["adiabatic_effectiveness"] * np.maximum(dry - outdoor.wet_bulb_c, 0.0)
    drop = np.where(dry > p["adiabatic_switch_c"], np.clip(dry + approach - supply_c, 0.0, reach), 0.0)
    sink = dry - drop
    free = np.clip((supply_c + rise_k - sink - approach) / rise_k, 0.0, 1.0)
    room = np.maximum(supply_c + rise_k - sink, 1e-6)
    flow = np.clip((rise_k + approach) / room, p["dry_fan_flow_min"], 1.0)
    fans = heat * p["dry_fan_kw_per_kw"] * flow ** p["dry_fan_exponent"]
    evaporator_c, condenser_c = supply_c - p["evaporator_approach_k"], dry + p["condenser_approach_k"]
    cop = plant.carnot_cop(evaporator_c, condenser_c, p["carnot_fraction"], p["cop_max"])
    water = heat / (plant.WATER_HEAT_CAPACITY * rise_k)
    pump = plant.pump_kw(water, p["facility_pump_pa"], p["facility_pump_efficiency"])
    air_kg_per_s = flow * heat / (plant.AIR_HEAT_CAPACITY * p["dry_air_rise_k"])
    evaporated = air_kg_per_s * plant.AIR_HEAT_CAPACITY * drop / plant.latent_heat_kj_per_kg(sink)
    pads = plant.make_up(plant.SECONDS_PER_HOUR * evaporated, p["cycles_of_concentration"])
    return _Part(fans + pump + heat * (1.0 - free) / cop, pads)
