"""Capacity factors of photovoltaics and wind, over (time, cell) arrays.

Photovoltaics: solar position and transposition by pvlib's array functions (Spencer 1971, Hay and Davies 1980), cell
temperature after Faiman 2008, DC and AC after PVWatts version 5 (Dobos 2014, NREL/TP-6A20-62641). Wind: power law to
hub height, then a power curve. Times are instants in UTC: give the middle of the hour for hourly means. Azimuth is
clockwise from north."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pvlib
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Parameters = Mapping[str, float]

REFERENCE_IRRADIANCE = 1000.0  # [W/m2]
_HORIZON_ZENITH_DEG = 87.0  # lower suns: beam over cos(zenith) means nothing


class Sun(NamedTuple):
    """Where the sun stands [deg], and the beam above the atmosphere [W/m2]."""

    zenith_deg: Array
    azimuth_deg: Array
    extraterrestrial_w_per_m2: Array


def sun_position(time_utc: ArrayLike, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Sun:
    """The sun over every cell at every time: arrays (time, cell). `time_utc` is datetime64, one axis; cells one axis,
    degrees north and east. Analytical (Spencer declination and equation of time), within 0.4 deg of the NREL
    algorithm.

    Noon of 21 June 2024 at Greenwich: zenith 51.48 - 23.44 = 28.0 deg, due south.

    >>> sun = sun_position(np.array(["2024-06-21T12:02"], "M8[s]"), [51.48], [0.0])
    >>> round(float(sun.zenith_deg[0, 0])), round(float(sun.azimuth_deg[0, 0]) / 5) * 5
    (28, 180)
    """
    time = np.atleast_1d(np.asarray(time_utc, "datetime64[s]"))
    lat, lon = (
        np.radians(np.atleast_1d(np.asarray(latitude_deg, float))),
        np.atleast_1d(np.asarray(longitude_deg, float)),
    )
    start_of_day = time.astype("datetime64[D]")
    day = (start_of_day - time.astype("datetime64[Y]")).astype(float) + 1.0
    minutes = (time - start_of_day).astype(float) / 60.0
    declination = pvlib.solarposition.declination_spencer71(day)[:, None]
    equation_of_time = pvlib.solarposition.equation_of_time_spencer71(day)
    solar_minutes = (minutes + equation_of_time)[:, None] + 4.0 * lon
    hour_angle = np.radians((solar_minutes / 4.0) % 360.0 - 180.0)
    zenith = pvlib.solarposition.solar_zenith_analytical(lat, hour_angle, declination)
    azimuth = pvlib.solarposition.solar_azimuth_analytical(lat, hour_angle, declination, zenith)
    # pvlib's own day angle is the one that both Spencer series above use.
    beam = pvlib.irradiance.get_extra_radiation(day, method="spencer")[:, None]
    return Sun(np.degrees(zenith), np.degrees(azimuth), np.broadcast_to(beam, zenith.shape))


def beam_normal_w_per_m2(beam_horizontal_w_per_m2: ArrayLike, sun: Sun) -> Array:
    """DNI = (GHI - DHI) / cos(zenith) [W/m2], none below 3 deg of sun, at most the beam above the atmosphere; for
    weather grids that give the direct radiation on the horizontal.

    >>> sun = Sun(np.array([60.0, 89.0]), np.array([180.0, 90.0]), np.array([1361.0, 1361.0]))
    >>> np.round(beam_normal_w_per_m2([200.0, 5.0], sun)).tolist()
    [400.0, 0.0]
    """
    up = sun.zenith_deg < _HORIZON_ZENITH_DEG
    cosine = np.cos(np.radians(np.where(up, sun.zenith_deg, 0.0)))
    dni = np.where(up, np.maximum(np.asarray(beam_horizontal_w_per_m2, float), 0.0) / cosine, 0.0)
    return np.asarray(np.minimum(dni, sun.extraterrestrial_w_per_m2))


def pv_capacity_factor(
    ghi_w_per_m2: ArrayLike,
    dni_w_per_m2: ArrayLike,
    dhi_w_per_m2: ArrayLike,
    dry_bulb_c: ArrayLike,
    wind_m_per_s: ArrayLike,
    sun: Sun,
    p: Parameters,
) -> Array:
    """AC output of a plant per DC rating [-], 0 to 1; irradiances [W/m2], dry bulb [degC], wind near ground [m/s].

    DC = G_poa / 1000 (1 + gamma (T_cell - 25)) (1 - losses); AC = PVWatts inverter of size 1/dc_ac_ratio, clipped.
    Parameters: albedo, gamma_per_k, faiman_u0, faiman_u1, losses_fraction, dc_ac_ratio, inverter_efficiency; of a fixed
    plant tilt_deg and azimuth_deg, of a tracker on a level axis axis_azimuth_deg, max_rotation_deg and ground_cover_ratio
    (true tracking with backtracking, Anderson and Mikofski 2020, NREL/TP-5K00-76626).

    Reference conditions (1000 W/m2 in the plane, cell at 25 degC), 14 % losses, inverter of 0.96: 0.86 x 0.961.

    >>> flat = dict(tilt_deg=0, azimuth_deg=180, albedo=0.2, gamma_per_k=-0.004, faiman_u0=25.0, faiman_u1=6.84,
    ...             losses_fraction=0.14, dc_ac_ratio=1.0, inverter_efficiency=0.96)
    >>> sun = Sun(np.array([0.0]), np.array([180.0]), np.array([1361.0]))
    >>> round(float(pv_capacity_factor([1000.0], [1000.0], [0.0], [-15.0], [0.0], sun, flat)[0]), 3)
    0.827
    """
    ghi, dni, dhi = (np.maximum(np.asarray(x, float), 0.0) for x in (ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2))
    plane = _plane_of_array(ghi, dni, dhi, sun, p)
    cell_c = pvlib.temperature.faiman(
        plane, np.asarray(dry_bulb_c, float), np.asarray(wind_m_per_s, float), p["faiman_u0"], p["faiman_u1"]
    )
    dc = plane / REFERENCE_IRRADIANCE * (1.0 + p["gamma_per_k"] * (cell_c - 25.0)) * (1.0 - p["losses_fraction"])
    inverter_dc = 1.0 / p["dc_ac_ratio"] / p["inverter_efficiency"]
    ac = pvlib.inverter.pvwatts(np.maximum(dc, 0.0), inverter_dc, p["inverter_efficiency"])
    return np.asarray(np.clip(ac, 0.0, 1.0))


def wind_capacity_factor(wind_m_per_s: ArrayLike, curve_m_per_s: ArrayLike, curve_power: ArrayLike, p: Parameters) -> Array:
    """Output per rating [-] of a wind farm: P(v (hub_m / measured_at_m)^shear) (1 - losses_fraction).

    `curve_m_per_s` [m/s, rising] and `curve_power` [-] are the power curve; beyond its ends there is no output. 6 m/s
    at 10 m is 8.3 m/s at 100 m by the 1/7 law:

    >>> at = dict(hub_m=100.0, measured_at_m=10.0, shear_exponent=1 / 7, losses_fraction=0.0)
    >>> round(float(wind_capacity_factor(6.0, [0.0, 16.0], [0.0, 16.0], at)), 1)
    8.3
    """
    speed, power = np.asarray(curve_m_per_s, float), np.asarray(curve_power, float)
    if speed.ndim != 1 or speed.shape != power.shape or (np.diff(speed) <= 0).any():
        raise ValueError("the power curve needs one power per speed, and speeds that rise")
    at_hub = np.asarray(wind_m_per_s, float) * (p["hub_m"] / p["measured_at_m"]) ** p["shear_exponent"]
    return np.asarray(np.interp(at_hub, speed, power, left=0.0, right=0.0) * (1.0 - p["losses_fraction"]))


def fleet_curve(curve_m_per_s: ArrayLike, curve_power: ArrayLike, spread_m_per_s: float) -> Array:
    """The power curve of many turbines in one cell: the single curve under a normal spread of wind speeds [m/s]
    around the cell's mean (Holttinen 2005), on the same speeds. Softens cut-in, rating and cut-out.

    >>> v = np.arange(0.0, 31.0)
    >>> single = np.where((v >= 12) & (v <= 25), 1.0, 0.0)
    >>> np.round(fleet_curve(v, single, 1.0)[[9, 12, 18]], 2).tolist()
    [0.0, 0.7, 1.0]
    """
    speed, power = np.asarray(curve_m_per_s, float), np.asarray(curve_power, float)
    away = (speed[None, :] - speed[:, None]) / spread_m_per_s
    weight = np.exp(-0.5 * away**2) * np.gradient(speed)
    return np.asarray((weight @ power) / weight.sum(axis=1))


def _plane_of_array(ghi: Array, dni: Array, dhi: Array, sun: Sun, p: Parameters) -> Array:
    """Beam, Hay-Davies sky and ground-reflected irradiance on the modules [W/m2]; none while the sun is down."""
    (tilt, azimuth), up = _surface(sun, p), sun.zenith_deg < 90.0
    zenith = np.where(up, sun.zenith_deg, 90.0)
    facing = np.maximum(pvlib.irradiance.aoi_projection(tilt, azimuth, zenith, sun.azimuth_deg), 0.0)
    sky = pvlib.irradiance.haydavies(tilt, azimuth, dhi, dni, sun.extraterrestrial_w_per_m2, zenith, sun.azimuth_deg)
    ground = pvlib.irradiance.get_ground_diffuse(tilt, ghi, p["albedo"])
    return np.asarray(np.where(up, dni * facing + np.maximum(sky, 0.0) + ground, 0.0))


def _surface(sun: Sun, p: Parameters) -> tuple[float | Array, float | Array]:
    """Tilt and azimuth of the modules [deg]: fixed, or turned with the sun and flat while it is down."""
    if "max_rotation_deg" not in p:
        return p["tilt_deg"], p["azimuth_deg"]
    turned = pvlib.tracking.singleaxis(
        sun.zenith_deg.ravel(), sun.azimuth_deg.ravel(), 0.0, p["axis_azimuth_deg"], p["max_rotation_deg"], True,
        p["ground_cover_ratio"],
    )  # fmt: skip
    tilt, azimuth = (np.nan_to_num(np.asarray(turned[k])) for k in ("surface_tilt", "surface_azimuth"))
    return tilt.reshape(sun.zenith_deg.shape), azimuth.reshape(sun.zenith_deg.shape)
