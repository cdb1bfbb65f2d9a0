"""`atlite_cutout.nc`, a cutout made by atlite itself from SYNTHETIC weather:  python -m tests.sources.atlite_cutout

atlite 0.7 prepares it as always (its own features, sun, units and writer); only the download is replaced by `raw_era5`, which
has the layout that the Copernicus store hands out. atlite is not needed to run the tests, only to make the file again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

CUTOUT = Path(__file__).with_name("atlite_cutout.nc")
HOURS = pd.date_range("2019-06-01", "2019-06-02 23:00", freq="h")
LON, LAT = [8.0, 8.25, 8.5], [50.5, 50.25, 50.0]
VARIABLES = {  # short name -> name in the Copernicus form, unit
    "t2m": ("2m_temperature", "K"), "d2m": ("2m_dewpoint_temperature", "K"), "stl4": ("soil_temperature_level_4", "K"),
    "u10": ("10m_u_component_of_wind", "m s**-1"), "v10": ("10m_v_component_of_wind", "m s**-1"),
    "u100": ("100m_u_component_of_wind", "m s**-1"), "v100": ("100m_v_component_of_wind", "m s**-1"),
    "fsr": ("forecast_surface_roughness", "m"), "ssrd": ("surface_solar_radiation_downwards", "J m**-2"),
    "ssr": ("surface_net_solar_radiation", "J m**-2"), "tisr": ("toa_incident_solar_radiation", "J m**-2"),
    "fdir": ("total_sky_direct_solar_radiation_at_surface", "J m**-2"), "ro": ("runoff", "m"),
    "z": ("geopotential", "m**2 s**-2"), "sp": ("surface_pressure", "Pa"),
}  # fmt: skip


def raw_era5() -> xr.Dataset:
    """SYNTHETIC weather in the layout and units of ERA5: two days, 3 x 3 cells; radiation of the hour before the label."""
    rng = np.random.default_rng(11)
    shape = (len(HOURS), len(LAT), len(LON))
    middle = HOURS - pd.Timedelta(minutes=30)
    clock = (middle.hour + middle.minute / 60).to_numpy()[:, None, None]
    angle = np.radians(15 * (clock - 12)) + np.radians(LON)
    north, declination = np.radians(LAT)[:, None], np.radians(22.0)
    sine = np.clip(np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.cos(angle), 0, None)
    top = 3600 * 1361 * sine
    global_, direct = 0.6 * top * rng.uniform(0.7, 1, shape), 0.3 * top * rng.uniform(0, 1, shape)
    warm = 290 + 6 * sine + rng.normal(0, 0.5, shape)
    east, height = rng.uniform(2, 9, shape), 100.0 + 300 * rng.uniform(0, 1, shape[1:])
    values = {
        "t2m": warm, "d2m": warm - rng.uniform(2, 9, shape), "stl4": np.full(shape, 283.0), "u10": 0.7 * east, "u100": east,
        "v10": -0.2 * east, "v100": -0.4 * east, "fsr": np.full(shape, 0.2), "ssrd": global_, "ssr": 0.8 * global_,
        "fdir": direct, "tisr": top, "ro": np.full(shape, 1e-5), "z": np.broadcast_to(9.80665 * height, shape),
        "sp": np.broadcast_to(101_325 * np.exp(-height / 8400), shape),
    }  # fmt: skip
    axes = {"valid_time": HOURS, "latitude": LAT, "longitude": LON}
    out = xr.Dataset({k: (tuple(axes), v.astype(np.float32), {"units": VARIABLES[k][1]}) for k, v in values.items()}, axes)
    return out.assign_coords(number=0, expver=("valid_time", np.full(len(HOURS), "0001")))


def main() -> None:
    import atlite
    from atlite.datasets import era5

    def instead_of_a_download(product: str, variable: Any, **_: Any) -> xr.Dataset:
        asked = [short for short, (name, _) in VARIABLES.items() if name in np.atleast_1d(variable)]
        return raw_era5()[asked].chunk()

    era5.retrieve_data = instead_of_a_download
    CUTOUT.unlink(missing_ok=True)
    cutout = atlite.Cutout(
        str(CUTOUT), module="era5", x=slice(8.0, 8.5), y=slice(50.0, 50.5), dx=0.25, dy=0.25, time=slice(HOURS[0], HOURS[-1])
    )
    cutout.prepare(show_progress=False)


if __name__ == "__main__":
    main()
