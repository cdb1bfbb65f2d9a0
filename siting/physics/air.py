"""Moist air by the ASHRAE equations, over arrays.

Every function broadcasts and keeps float32 where it is given float32 (wet bulb then within 0.002 K of float64).
Temperatures in [degC], pressures in [Pa], humidity ratio in [kg water / kg dry air], enthalpy in [kJ / kg dry air],
relative humidity as a fraction [-]. Below 0 degC saturation is over ice (ASHRAE's convention), so a reanalysis dew
point that was defined over supercooled water reads slightly dry: up to 10 % of the vapour at -10 degC, 0.2 g/kg, which
no cooling plant notices.

Reference: ASHRAE Handbook of Fundamentals (SI) 2017, chapter 1, equations 5, 6, 22, 24, 26, 30, 33, 35 (saturation
pressure: Hyland and Wexler 1983)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, broadcast, floats

KELVIN = 273.15
MASS_RATIO = 0.621945  # water to dry air [-]
DRY_AIR_GAS_CONSTANT = 287.042  # [J/(kg K)]
_OVER_ICE = (-5.6745359e3, 6.3925247, -9.677843e-3, 6.2215701e-7, 2.0747825e-9, -9.484024e-13, 4.1635019)
_OVER_WATER = (-5.8002206e3, 1.3914993, -4.8640239e-2, 4.1764768e-5, -1.4452093e-8, 0.0, 6.5459673)
# Wet-bulb balance (a - b Tw) Ws - 1.006 (T - Tw) = W (a + 1.86 T - c Tw): a, b, c.
_ICE_BALANCE = (2830.0, 0.24, 2.1)
_WATER_BALANCE = (2501.0, 2.326, 4.186)
_CHUNK = 1 << 15  # values per pass of the wet-bulb solver: what stays in the cache


class State(NamedTuple):
    """Outdoor air, and where a site has it the water beside it. Fields are arrays of one shape (or broadcast to one)."""

    dry_bulb_c: Array
    humidity_ratio: Array
    wet_bulb_c: Array
    enthalpy_kj_per_kg: Array
    pressure_pa: Array
    source_water_c: Array | None = None  # sea, lake or river


def state(dry_bulb_c: ArrayLike, dew_point_c: ArrayLike, pressure_pa: ArrayLike) -> State:
    """The `State` of air from dry bulb [degC], dew point [degC] and pressure [Pa]. Dew points above the dry bulb
    count as fog: saturated air.

    ASHRAE HoF 2017, chapter 1, example 1 (dry bulb 40, wet bulb 20, 101.325 kPa: dew point 7, h = 56.7, W = 6.5 g/kg):

    >>> s = state(40.0, 7.3, 101325.0)
    >>> round(float(s.wet_bulb_c), 1), round(float(s.enthalpy_kj_per_kg), 1), round(float(s.humidity_ratio), 4)
    (20.0, 56.6, 0.0063)
    """
    dry, dew, pressure = broadcast(dry_bulb_c, dew_point_c, pressure_pa)
    w = humidity_ratio(saturation_pressure_pa(np.minimum(dew, dry)), pressure)
    return State(dry, w, wet_bulb_c(dry, w, pressure), enthalpy_kj_per_kg(dry, w), pressure)


def saturation_pressure_pa(temperature_c: ArrayLike) -> Array:
    """Saturation pressure [Pa] over ice below 0 degC and over water above; temperature [degC], -100 to 200.

    ln p = c1/T + c2 + c3 T + c4 T^2 + c5 T^3 + c6 T^4 + c7 ln T, T in kelvin (Hyland and Wexler 1983, equations 5 and
    6). ASHRAE's table 3 gives 2339.2 Pa at 20 degC and 259.9 Pa at -10 degC.

    >>> np.round(saturation_pressure_pa([20.0, -10.0]), 1).tolist()
    [2338.8, 259.9]
    """
    t = np.asarray(floats(temperature_c))
    # Each branch sees only its own side; at 0 degC ice and water meet to 0.01 %.
    over_water = np.exp(_log_saturation(np.maximum(t, 0.0) + KELVIN, _OVER_WATER))
    if t.size == 0 or t.min() >= 0.0:
        return over_water
    return np.where(t >= 0.0, over_water, np.exp(_log_saturation(np.minimum(t, 0.0) + KELVIN, _OVER_ICE)))


def humidity_ratio(vapour_pressure_pa: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """W = 0.621945 e / (p - e) [kg/kg]; vapour pressure e and pressure p [Pa]. ASHRAE table 2: 0.014758 at
    saturation, 20 degC.

    >>> round(float(humidity_ratio(saturation_pressure_pa(20.0), 101325.0)), 4)
    0.0147
    """
    e = floats(vapour_pressure_pa)
    return np.asarray(MASS_RATIO * e / (floats(pressure_pa) - e))


def vapour_pressure_pa(humidity_ratio: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """e = p W / (0.621945 + W) [Pa]; W [kg/kg], p [Pa].

    >>> round(float(vapour_pressure_pa(0.0147, 101325.0)))
    2340
    """
    w = floats(humidity_ratio)
    return np.asarray(floats(pressure_pa) * w / (MASS_RATIO + w))


def relative_humidity(dry_bulb_c: ArrayLike, humidity_ratio: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """phi = e / ps(T) [-]; dry bulb [degC], W [kg/kg], pressure [Pa].

    >>> round(float(relative_humidity(20.0, 0.0147, 101325.0)), 2)
    1.0
    """
    return np.asarray(vapour_pressure_pa(humidity_ratio, pressure_pa) / saturation_pressure_pa(dry_bulb_c))


def enthalpy_kj_per_kg(dry_bulb_c: ArrayLike, humidity_ratio: ArrayLike) -> Array:
    """h = 1.006 T + W (2501 + 1.86 T) [kJ/kg dry air]; T [degC], W [kg/kg]. ASHRAE example 1: 56.7 at 40 degC and 6.5
    g/kg.

    >>> round(float(enthalpy_kj_per_kg(40.0, 0.0065)), 1)
    57.0
    """
    t, w = floats(dry_bulb_c), floats(humidity_ratio)
    return np.asarray(1.006 * t + w * (2501.0 + 1.86 * t))


def density_kg_per_m3(dry_bulb_c: ArrayLike, humidity_ratio: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """rho = (1 + W) p / (287.042 T (1 + 1.607858 W)) [kg moist air / m3]; T [degC, taken to K], W [kg/kg], p [Pa].

    ASHRAE's standard air (20 degC, dry, sea level) is 1.204 kg/m3:

    >>> round(float(density_kg_per_m3(20.0, 0.0, 101325.0)), 3)
    1.204
    """
    t, w = floats(dry_bulb_c) + KELVIN, floats(humidity_ratio)
    return np.asarray((1.0 + w) * floats(pressure_pa) / (DRY_AIR_GAS_CONSTANT * t * (1.0 + 1.607858 * w)))


def dew_point_c(humidity_ratio: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """The temperature [degC] at which air of W [kg/kg] at p [Pa] is saturated: ps(Tdp) = e, by Newton on ln ps (1/T
    is nearly linear in ln e).

    >>> round(float(dew_point_c(0.0147, 101325.0)), 1)  # ASHRAE table 2: 0.0147 saturates 20 degC air
    20.0
    """
    return _dew_point(humidity_ratio, pressure_pa)


def _dew_point(humidity_ratio: ArrayLike, pressure_pa: ArrayLike) -> Array:
    log_e = np.log(vapour_pressure_pa(humidity_ratio, pressure_pa))
    ice = log_e < _LOG_SATURATION_AT_0C
    t = np.full_like(log_e, KELVIN)
    for _ in range(5):
        value = np.where(ice, _log_saturation(t, _OVER_ICE), _log_saturation(t, _OVER_WATER))
        slope = np.where(ice, _log_saturation_slope(t, _OVER_ICE), _log_saturation_slope(t, _OVER_WATER))
        inverse = 1.0 / t - (log_e - value) / (slope * t * t)  # Newton in 1/T
        t = 1.0 / inverse
    return np.asarray(t - KELVIN)


def wet_bulb_c(dry_bulb_c: ArrayLike, humidity_ratio: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """Thermodynamic wet bulb Tw [degC] of air at T [degC], W [kg/kg] and p [Pa]; at most T.

    Solves W (2501 + 1.86 T - 4.186 Tw) = (2501 - 2.326 Tw) Ws(Tw) - 1.006 (T - Tw) over water, or W (2830 + 1.86 T -
    2.1 Tw) = (2830 - 0.24 Tw) Ws(Tw) - 1.006 (T - Tw) over ice (equations 33 and 35), by Newton steps from the
    temperature at which saturated air holds the same enthalpy. Just around 0 degC both have a solution (0.5 % of air
    from -30 to 50 degC, up to 0.9 K apart): the one is taken that halving between dew point and dry bulb ends at, as
    psychrolib does.

    ASHRAE HoF example 1: 20 degC for 40 degC air of 6.5 g/kg.

    >>> round(float(wet_bulb_c(40.0, 0.0065, 101325.0)), 1)
    20.1
    """
    given = broadcast(dry_bulb_c, humidity_ratio, pressure_pa)
    dry, w, pressure = (np.ascontiguousarray(x).ravel() for x in given)
    out = np.empty_like(dry)
    for start in range(0, dry.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        out[part] = _wet_bulb(dry[part], w[part], pressure[part])
    return out.reshape(given[0].shape)


def saturation_temperature_c(enthalpy_kj_per_kg: ArrayLike, pressure_pa: ArrayLike) -> Array:
    """The temperature [degC] at which saturated air at p [Pa] holds h [kJ/kg]: h = 1.006 T + Ws(T) (2501 + 1.86 T),
    over water also below 0 degC (it leaves a wet tower).

    >>> round(float(saturation_temperature_c(57.5, 101325.0)), 1)  # ASHRAE table 2: 57.555 kJ/kg at 20 degC
    20.0
    """
    h, pressure = broadcast(enthalpy_kj_per_kg, pressure_pa)
    t = np.asarray(_guess(h, pressure))
    for _ in range(3):
        ws, slope = _saturated_ratio(t, pressure, _OVER_WATER)
        over = 1.006 * t + ws * (2501.0 + 1.86 * t) - h
        t = t - over / (1.006 + slope * (2501.0 + 1.86 * t) + 1.86 * ws)
    return np.asarray(t)


LAPSE_K_PER_M = 0.0065  # of the standard atmosphere


def at_altitude(
    dry_bulb_c: ArrayLike, dew_point_c: ArrayLike, pressure_pa: ArrayLike, rise_m: ArrayLike
) -> tuple[Array, Array, Array]:
    """Dry bulb [degC], dew point [degC] and pressure [Pa] of the same air `rise_m` [m] higher (negative: lower).

    T' = T - 0.0065 rise; p' = p (1 - 0.0065 rise / T)^5.2559 with T in kelvin (barometric formula); the humidity
    ratio stays, so that the dew point follows the pressure; it is cut at saturation.

    The standard atmosphere at 1000 m is 8.5 degC and 89,875 Pa:

    >>> [round(float(x), 1) for x in at_altitude(15.0, 5.0, 101325.0, 1000.0)]
    [8.5, 3.3, 89874.5]
    """
    dry, dew, pressure, rise = broadcast(dry_bulb_c, dew_point_c, pressure_pa, rise_m)
    higher = pressure * (1.0 - LAPSE_K_PER_M * rise / (dry + KELVIN)) ** 5.2559
    cooler = dry - LAPSE_K_PER_M * rise
    w = humidity_ratio(saturation_pressure_pa(np.minimum(dew, dry)), pressure)
    return cooler, np.minimum(_dew_point(w, higher), cooler), higher


def _log_saturation(t: Array, c: tuple[float, ...]) -> Array:
    poly = c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5])))
    return np.asarray(c[0] / t + poly + c[6] * np.log(t))


def _log_saturation_slope(t: Array, c: tuple[float, ...]) -> Array:
    return np.asarray((c[6] - c[0] / t) / t + c[2] + t * (2 * c[3] + t * (3 * c[4] + t * 4 * c[5])))


def _saturated_ratio(t_c: Array, pressure: Array, c: tuple[float, ...]) -> tuple[Array, Array]:
    """Ws [kg/kg] and dWs/dT [1/K]."""
    t = t_c + KELVIN
    e = np.exp(_log_saturation(t, c))
    ws = MASS_RATIO * e / (pressure - e)
    return ws, ws * _log_saturation_slope(t, c) * pressure / (pressure - e)


def _wet_bulb(dry: Array, w: Array, pressure: Array) -> Array:
    e0 = float(np.exp(_LOG_SATURATION_AT_0C))
    ws = MASS_RATIO * e0 / (pressure - e0)
    water, ice = _WATER_BALANCE[0], _ICE_BALANCE[0]
    wet_side = (water + 1.86 * dry) * w >= water * ws - 1.006 * dry  # water gives Tw >= 0
    if wet_side.all() and float(dry.min()) > _NO_ICE_ABOVE_C:
        return _newton(dry, w, pressure, _WATER_BALANCE, _OVER_WATER)
    out = np.empty_like(dry)
    both = wet_side & ((ice + 1.86 * dry) * w <= ice * ws - 1.006 * dry)  # and ice Tw <= 0
    for side, balance, c in ((wet_side, _WATER_BALANCE, _OVER_WATER), (~wet_side, _ICE_BALANCE, _OVER_ICE)):
        out[side] = _newton(dry[side], w[side], pressure[side], balance, c)
    if both.any():
        out[both] = _halved(dry[both], w[both], pressure[both], out[both])
    return out


def _halved(dry: Array, w: Array, pressure: Array, over_water: Array) -> Array:
    """Of two wet bulbs, over water and over ice, the one that halving between dew point and dry bulb ends at: the first
    middle between the two decides."""
    over_ice = _newton(dry, w, pressure, _ICE_BALANCE, _OVER_ICE)
    low, high = np.minimum(_dew_point(w, pressure), over_ice), np.maximum(dry, over_water)
    middle = (low + high) / 2.0
    for _ in range(25):
        below, above = middle <= over_ice, middle >= over_water
        if not (below | above).any():
            break
        low, high = np.where(below, middle, low), np.where(above, middle, high)
        middle = np.where(below | above, (low + high) / 2.0, middle)
    return np.where(middle >= 0.0, over_water, over_ice)


def _newton(dry: Array, w: Array, pressure: Array, balance: tuple[float, float, float], c: tuple[float, ...]) -> Array:
    a, b, g = balance
    wet = np.minimum(_guess(1.006 * dry + w * (2501.0 + 1.86 * dry), pressure), dry)
    for _ in range(3):
        ws, slope = _saturated_ratio(wet, pressure, c)
        over = (a - b * wet) * ws - 1.006 * (dry - wet) - w * (a + 1.86 * dry - g * wet)
        wet = wet - over / ((a - b * wet) * slope - b * ws + 1.006 + g * w)
    return np.minimum(wet, dry)


def _guess(h: Array, pressure: Array) -> Array:
    """A first temperature for saturated enthalpy h: read off the sea-level curve, then corrected for pressure."""
    t = _read_off(h)
    return _read_off(h + (1.0 - 101325.0 / pressure) * (h - 1.006 * t))


def _read_off(h: Array) -> Array:
    """Temperature [degC] of saturated air at sea level, linear in a table of even steps of enthalpy."""
    value, slope = _TABLES[np.dtype(h.dtype)]
    place = np.clip((h - _LEAST_H) * (1.0 / _STEP_H), 0.0, value.size - 1.0)
    place = np.where(place == place, place, 0.0)  # NaN stays NaN by h, below
    index = place.astype(np.int32)
    return np.asarray(value[index] + slope[index] * (place - index.astype(h.dtype)) + 0.0 * h)


_LOG_SATURATION_AT_0C = float(_log_saturation(np.asarray(KELVIN), _OVER_WATER))
_NO_ICE_ABOVE_C = 20.0  # bone-dry air at 500 hPa has a wet bulb of 0 degC at 19 degC
_LEAST_H, _STEP_H = -60.0, 0.2  # [kJ/kg]
_CURVE_T = np.linspace(-60.0, 80.0, 2801)
_CURVE_H = enthalpy_kj_per_kg(_CURVE_T, humidity_ratio(saturation_pressure_pa(_CURVE_T), 101325.0))
_EVEN_T = np.interp(np.arange(_LEAST_H, _CURVE_H[-1], _STEP_H), _CURVE_H, _CURVE_T)
_TABLES = {
    np.dtype(kind): (_EVEN_T.astype(kind), np.append(np.diff(_EVEN_T), 0.0).astype(kind)) for kind in (np.float32, np.float64)
}
