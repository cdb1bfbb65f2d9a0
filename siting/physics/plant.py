"""What cooling plant is made of: electrical losses, fans, pumps, chillers, evaporation. Powers in [kW per kW of IT],
mass flows in [kg/s per kW of IT], water in [L per kWh].

References: Lei and Masanet 2020, Energy 201:117556 (fans, pumps, flows, chiller regression, losses); ASHRAE 90.1-2010
and DOE-2 chiller curves (OpenStudio standards, Modelica Buildings); Depoorter et al., RenewIT (whole-plant
polynomial); ASHRAE Handbook, Systems and Equipment (towers)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from . import air
from .arrays import Array, floats

AIR_HEAT_CAPACITY = 1.01  # [kJ/(kg K)]
WATER_HEAT_CAPACITY = 4.2  # [kJ/(kg K)]
DRY_AIR_DENSITY_AT_0C = 1.293  # [kg/m3] at 101325 Pa
SECONDS_PER_HOUR = 3600.0


def electrical_losses_kw(ups_efficiency: float, distribution_loss_fraction: float) -> float:
    """1/eta - 1 + 1/(1 - r) - 1 [kW/kW]: UPS and distribution (transformers, PDUs), per kW of IT.

    >>> round(electrical_losses_kw(0.95, 0.01), 4)
    0.0627
    """
    return 1.0 / ups_efficiency - 1.0 + 1.0 / (1.0 - distribution_loss_fraction) - 1.0


def losses_at_load(load: ArrayLike, no_load: float, proportional: float, square: float) -> Array:
    """k0 + k1 x + k2 x^2 [kW per kW of rating]: losses of UPS or PDU at the load x [-] (the form of Schneider Electric's
    white paper 113; k0 0.02 to 0.04, k1 0.02 to 0.05, k2 0 to 0.01 for a UPS, k0 0.005 to 0.015, k2 0.01 to 0.02 for a
    PDU).

    >>> np.round(losses_at_load([0.0, 0.5, 1.0], 0.03, 0.03, 0.005), 3).tolist()
    [0.03, 0.046, 0.065]
    """
    x = floats(load)
    return np.asarray(no_load + proportional * x + square * x**2)


def dry_air_density_kg_per_m3(temperature_c: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """1.293 (p / 101325) 273.15 / (273.15 + T) [kg/m3], as fans are sized; T [degC], p [Pa].

    >>> round(float(dry_air_density_kg_per_m3(20.0, 101325.0)), 3)
    1.205
    """
    kelvin = floats(temperature_c) + air.KELVIN
    return np.asarray(DRY_AIR_DENSITY_AT_0C * floats(pressure_pa) / 101325.0 * air.KELVIN / kelvin)


def fan_kw(mass_kg_per_s: ArrayLike, density_kg_per_m3: ArrayLike, pressure_rise_pa: ArrayLike, efficiency: ArrayLike) -> Array:
    """m / rho * dp / eta / 1000 [kW]; m [kg/s], rho [kg/m3], dp [Pa], eta [-].

    >>> round(float(fan_kw(1.0, 1.2, 600.0, 0.75)), 4)
    0.6667
    """
    mass, density = floats(mass_kg_per_s), floats(density_kg_per_m3)
    return np.asarray(mass / density * floats(pressure_rise_pa) / floats(efficiency) / 1000.0)


def pump_kw(mass_kg_per_s: ArrayLike, pressure_rise_pa: ArrayLike, efficiency: ArrayLike) -> Array:
    """dp m / (1000 eta 1000) [kW], water at 1000 kg/m3; m [kg/s], dp [Pa], eta [-].

    >>> round(float(pump_kw(1.0, 200e3, 0.7)), 4)
    0.2857
    """
    mass, rise = floats(mass_kg_per_s), floats(pressure_rise_pa)
    return np.asarray(mass * rise / (1000.0 * floats(efficiency) * 1000.0))


def water_chiller_cop(part_load: ArrayLike, tower_water_c: ArrayLike) -> Array:
    """COP of a water-cooled chiller (Lei and Masanet 2020): 16.798751 + 0.008840 t^2 - 8.528931 L^2 + 9.885294 L -
    0.760621 t + 0.084615 L t; part load L [-], 0.2 to 0.8, tower water t [degC], 10 to 35. Outside, clip t first.

    >>> np.round(water_chiller_cop([0.5, 0.8], [30.0, 20.0]), 3).tolist()
    [6.016, 8.926]
    """
    load, t = floats(part_load), floats(tower_water_c)
    quadratic = 16.798751 + 0.008840 * t**2 - 8.528931 * load**2
    return np.asarray(quadratic + 9.885294 * load - 0.760621 * t + 0.084615 * load * t)


def carnot_cop(evaporator_c: ArrayLike, condenser_c: ArrayLike, carnot_fraction: float, cop_max: float) -> Array:
    """COP = f Te / (Tc - Te), at most `cop_max`; refrigerant temperatures [degC] taken to kelvin, f [-] 0.40 to 0.60.

    >>> np.round(carnot_cop([10.0, 7.0], [30.0, 45.0], 0.5, 12.0), 2).tolist()
    [7.08, 3.69]
    """
    evaporator = floats(evaporator_c) + air.KELVIN
    lift = np.maximum(floats(condenser_c) + air.KELVIN - evaporator, 1e-6)
    return np.asarray(np.minimum(carnot_fraction * evaporator / lift, cop_max))


def biquadratic(coefficients: Sequence[float], x: ArrayLike, y: ArrayLike) -> Array:
    """c0 + c1 x + c2 x^2 + c3 y + c4 y^2 + c5 x y: the DOE-2 form of chiller capacity and of its energy-input ratio;
    x leaving chilled water [degC], y entering condenser water or outdoor dry bulb [degC].

    >>> round(float(biquadratic((1.0, 0.0, 0.0, -0.01, 0.0, 0.0), 7.0, 35.0)), 2)
    0.65
    """
    c, x, y = coefficients, floats(x), floats(y)
    return np.asarray(c[0] + c[1] * x + c[2] * x**2 + c[3] * y + c[4] * y**2 + c[5] * x * y)


def doe2_cop(cop_reference: float, energy_input_ratio: ArrayLike, part_load_curve: Sequence[float], load: ArrayLike) -> Array:
    """COP = COPref PLR / (EIRFT EIRFPLR), EIRFPLR = a0 + a1 PLR + a2 PLR^2; PLR [-] relative to the capacity of the
    hour.

    >>> round(float(doe2_cop(5.5, 1.0, (0.222903, 0.313387, 0.463710), 1.0)), 2)
    5.5
    """
    plr, a = floats(load), part_load_curve
    return np.asarray(cop_reference * plr / (np.asarray(energy_input_ratio) * (a[0] + a[1] * plr + a[2] * plr**2)))


def plant_polynomial_cop(dry_bulb_c: ArrayLike) -> Array:
    """COP of a whole air-cooled plant (RenewIT): 1.08201e-5 T^3 - 8.05206e-4 T^2 - 0.0622451 T + 5.82023; T outdoor
    [degC].

    >>> np.round(plant_polynomial_cop([0.0, 25.0, 35.0]), 2).tolist()
    [5.82, 3.93, 3.12]
    """
    t = floats(dry_bulb_c)
    return np.asarray(((1.08201e-5 * t - 8.05206e-4) * t - 0.0622451) * t + 5.82023)


def latent_heat_kj_per_kg(temperature_c: ArrayLike) -> Array:
    """hfg = -0.0013 T^2 - 2.3097 T + 2500.5 [kJ/kg]; T [degC]. At 20 degC: 2453.8 (steam tables 2453.5).

    >>> round(float(latent_heat_kj_per_kg(20.0)), 3)
    2453.786
    """
    t = floats(temperature_c)
    return np.asarray(-0.0013 * t**2 - 2.3097 * t + 2500.5)


def all_latent_l_per_kwh(temperature_c: ArrayLike) -> Array:
    """3600 / hfg(T) [L per kWh rejected]: all heat leaves by evaporation (Lei and Masanet 2022); T [degC].

    >>> np.round(all_latent_l_per_kwh([10.0, 20.0, 30.0]), 3).tolist()
    [1.453, 1.467, 1.481]
    """
    return np.asarray(SECONDS_PER_HOUR / latent_heat_kj_per_kg(temperature_c))


def tower_l_per_kwh(outdoor: air.State, water_range_k: float, liquid_to_gas: float) -> Array:
    """Evaporation of a tower by moist-air theory [L per kWh rejected].

    Water cooled by `water_range_k` [K] at `liquid_to_gas` [-] lifts the enthalpy of the air by dh = 4.2 range L/G
    [kJ/kg]; the air leaves saturated, so the evaporation is 3600 (Ws_out - W_in) / dh. Cold air takes much of the
    heat as sensible heat: 0.7 L/kWh at -5 degC against 1.2 at 20 degC.

    >>> s = air.state(30.0, 14.9, 101325.0)  # 40 % relative humidity
    >>> round(float(tower_l_per_kwh(s, 5.6, 1.2)), 1)
    1.6
    """
    rise = WATER_HEAT_CAPACITY * water_range_k * liquid_to_gas
    leaving = outdoor.enthalpy_kj_per_kg + rise
    exit_c = air.saturation_temperature_c(leaving, outdoor.pressure_pa)
    exit_ratio = (leaving - 1.006 * exit_c) / (2501.0 + 1.86 * exit_c)
    return np.asarray(SECONDS_PER_HOUR * np.maximum(exit_ratio - outdoor.humidity_ratio, 0.0) / rise)


def make_up(evaporation: ArrayLike, cycles_of_concentration: float, drift: ArrayLike = 0.0) -> Array:
    """E + max(E / (CC - 1) - drift, 0) + drift: evaporation, blowdown (which drift relieves) and drift, in the unit
    of E.

    >>> np.round([make_up(1.4815, c) for c in (3.0, 5.0, 10.0)], 3).tolist()
    [2.222, 1.852, 1.646]
    """
    e, lost = floats(evaporation), floats(drift)
    return np.asarray(e + np.maximum(e / (cycles_of_concentration - 1.0) - lost, 0.0) + lost)


# ASHRAE 90.1-2010 Path A, air-cooled (OpenStudio standards): capacity by leaving water and outdoor dry bulb; part load.
PATH_A_CAPACITY = (1.0433825, 0.0407073, 0.0004506, -0.0041514, -8.86e-5, -0.0003467)
PATH_A_ENERGY_INPUT = (0.5961915, -0.0099496, 0.0007888, 0.0004506, 0.0004875, -0.0007623)
PATH_A_PART_LOAD = (0.141, 0.655, 0.203)
# DOE-2 centrifugal, COP 5.5 (Modelica Buildings): capacity by leaving water and entering condenser water.
CENTRIFUGAL_CAPACITY = (0.257896, 0.0389016, -0.00021708, 0.0468684, -0.00094284, -0.00034344)
RATED_CHILLED_WATER_C = 6.67


def air_cooled_capacity(dry_bulb_c: ArrayLike) -> Array:
    """What an air-cooled chiller gives, over what it gives at 35 degC [-] (90.1 Path A at 6.67 degC water; dry bulb
    taken between 12.7 and 51.67 degC). Warmer chilled water would give more; it is left as a reserve.

    >>> np.round(air_cooled_capacity([25.0, 35.0, 45.0]), 3).tolist()
    [1.118, 1.0, 0.865]
    """
    outdoors = np.clip(floats(dry_bulb_c), 12.7, 51.67)
    return biquadratic(PATH_A_CAPACITY, RATED_CHILLED_WATER_C, outdoors)


def water_cooled_capacity(condenser_c: ArrayLike) -> Array:
    """The same of a centrifugal chiller, over what it gives at 29.4 degC condenser water (taken at 24 to 35 degC) [-].

    >>> np.round(water_cooled_capacity([24.0, 29.4, 35.0]), 3).tolist()
    [1.031, 1.0, 0.91]
    """
    rated = float(biquadratic(CENTRIFUGAL_CAPACITY, RATED_CHILLED_WATER_C, 29.4))
    return biquadratic(CENTRIFUGAL_CAPACITY, RATED_CHILLED_WATER_C, np.clip(floats(condenser_c), 24.0, 35.0)) / rated


def part_load_factor(load: float) -> float:
    """COP at part load over COP at full load [-], 90.1 Path A: PLR / (0.141 + 0.655 PLR + 0.203 PLR^2).

    >>> round(part_load_factor(0.5), 3), round(part_load_factor(1.0), 2)
    (0.963, 1.0)
    """
    a = PATH_A_PART_LOAD
    return load / (a[0] + a[1] * load + a[2] * load**2)


DRY_COOLER_RATED_K = 15.0  # from entering air to entering water, as dry coolers are catalogued (EN 1048: 25 and 40 degC)
_TOWER_RATED = (35.0, 29.4, 25.6)  # [degC] hot water, cold water, wet bulb: a tower's catalogue size


def tower_capacity(outdoor: air.State, leaving_c: ArrayLike, water_range_k: float) -> Array:
    """What a tower rejects, over its catalogue size [-]: Merkel's driving force h_s(mean water) - h(air), over that of
    35 to 29.4 degC water and 25.6 degC wet bulb. Cold air holds little: for the same approach a tower has to be bigger.

    >>> s = air.state([25.6, 10.0], [25.6, 10.0], 101325.0)
    >>> np.round(tower_capacity(s, s.wet_bulb_c + 3.8, 5.6), 2).tolist()
    [1.0, 0.53]
    """
    hot, cold, wet = _TOWER_RATED
    rated = float(_saturated_enthalpy((hot + cold) / 2.0, 101325.0) - _saturated_enthalpy(wet, 101325.0))
    force = _saturated_enthalpy(floats(leaving_c) + water_range_k / 2.0, outdoor.pressure_pa) - outdoor.enthalpy_kj_per_kg
    return np.asarray(force / rated)


def _saturated_enthalpy(temperature_c: ArrayLike, pressure_pa: ArrayLike) -> Array:
    return air.enthalpy_kj_per_kg(temperature_c, air.humidity_ratio(air.saturation_pressure_pa(temperature_c), pressure_pa))
