"""How fast, and in how much memory, the climate of cooling is: every technology × cells × 8,760 hours.

    python tests/benchmarks/cooling_climate.py            1,000 cells from memory, 2,000 cells from an ERA5 file
    python tests/benchmarks/cooling_climate.py 200        the same with other numbers of cells

The weather is synthetic. Each measurement is a process of its own, so that its peak memory is its own. The reference is
psychrolib: the same equations value by value, timed on a sample and scaled."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from siting.inputs.climate import PIECE, cooling_climate, technologies
from siting.physics import air
from siting.sources.weather import at_sites, open_weather

HOURS = 8760
AIR = ("dry_bulb_c", "dew_point_c", "pressure_pa")


def synthetic(cells: int) -> dict[str, np.ndarray]:
    """What ERA5 has, on (time, lat, lon), float32."""
    rng = np.random.default_rng(3)
    rows, columns = (25, cells // 25) if cells % 25 == 0 else (1, cells)
    hour = np.arange(HOURS)[:, None, None]
    day = 12 - 11 * np.cos(2 * np.pi * hour / HOURS) - 4 * np.cos(2 * np.pi * hour / 24)
    shape = (HOURS, rows, columns)
    dry = (day + rng.normal(0, 4, (HOURS, 1, 1)) + rng.uniform(-10, 14, (1, rows, columns))).astype(np.float32)
    depression = np.abs(rng.normal(5, 3, shape).astype(np.float32))
    return {
        "t2m": dry + np.float32(273.15),
        "d2m": dry - depression + np.float32(273.15),
        "sp": np.full(shape, 98_000, np.float32),
        "sst": np.full(shape, 287, np.float32),
        "ssrd": np.broadcast_to(np.float32(1e6) * np.clip(-np.cos(2 * np.pi * hour / 24), 0, 1).astype(np.float32), shape),
        "fdir": np.broadcast_to(np.float32(5e5) * np.clip(-np.cos(2 * np.pi * hour / 24), 0, 1).astype(np.float32), shape),
        "u10": np.abs(rng.normal(4, 2, shape).astype(np.float32)),
        "v10": np.zeros(shape, np.float32),
    }


def write_era5(path: Path, cells: int) -> None:
    data = synthetic(cells)
    _, rows, columns = data["t2m"].shape
    coords = {
        "valid_time": pd.date_range("2023-01-01", periods=HOURS, freq="h"),
        "latitude": 55 - 0.25 * np.arange(rows),
        "longitude": 5 + 0.25 * np.arange(columns),
    }
    unit = {"sp": "Pa", "ssrd": "J m**-2", "fdir": "J m**-2", "u10": "m s**-1", "v10": "m s**-1"}
    parts = {k: (tuple(coords), v, {"units": unit.get(k, "K")}) for k, v in data.items()}
    chunks = {"chunksizes": (min(HOURS, 730), rows, columns), "zlib": True, "complevel": 1}
    xr.Dataset(parts, coords).to_netcdf(path, engine="h5netcdf", encoding=dict.fromkeys(parts, chunks))


def peak_gb() -> float:
    """Of this process alone (Linux); the figure of `resource` holds the parent's at the start."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1e6


def measure(weather: xr.Dataset, what: str) -> None:
    known = technologies()
    before, began, cpu = peak_gb(), time.perf_counter(), time.process_time()
    got = cooling_climate(weather, known)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    values = HOURS * int(np.prod([n for d, n in got.sizes.items() if d != "cooling"])) * got.sizes["cooling"]
    print(
        f"{what}: {got.sizes['cooling']} technologies, {values / 1e6:,.0f} M technology-hours in {seconds:.1f} s "
        f"({cpu:.1f} s of CPU, {seconds / values * 1e9:.0f} ns each), peak memory {peak_gb():.2f} GB (before: {before:.2f})"
    )


def from_memory(cells: int) -> None:
    data = synthetic(cells)
    dims = ("time", "lat", "lon")
    given = {"dry_bulb_c": data["t2m"] - np.float32(273.15), "dew_point_c": data["d2m"] - np.float32(273.15)}
    given |= {"pressure_pa": data["sp"], "sea_temperature_c": data["sst"] - np.float32(273.15)}
    measure(xr.Dataset({k: (dims, v) for k, v in given.items()}), f"{cells:,} cells from memory")


def from_file(path: Path) -> None:
    weather = open_weather(path, AIR)
    measure(weather, f"{weather.sizes['lat'] * weather.sizes['lon']:,} cells from an ERA5 file")


def at_every_site(path: Path) -> None:
    """All seven variables at as many sites as the file has cells, as `prepare` reads them for a study."""
    before, began = peak_gb(), time.perf_counter()
    weather = open_weather(path)
    lat, lon = (x.ravel() for x in np.meshgrid(weather["lat"].values, weather["lon"].values, indexing="ij"))
    got = at_sites(weather, lon, lat, [str(i) for i in range(lon.size)], path)
    print(
        f"{got.sizes['cell']:,} cells × {got.sizes['time']:,} h × {len(got.data_vars)} variables at their sites in "
        f"{time.perf_counter() - began:.1f} s, peak memory {peak_gb():.2f} GB (before: {before:.2f})"
    )


def against_psychrolib(sample: int = 20_000) -> None:
    """Moist air alone, and all technologies on air whose state comes from either: they take the same fields."""
    import psychrolib

    psychrolib.SetUnitSystem(psychrolib.SI)
    data = synthetic(25)
    dry, dew, pressure = (data[k].ravel()[:sample].astype(float) for k in ("t2m", "d2m", "sp"))
    dry, dew = dry - 273.15, dew - 273.15
    began = time.perf_counter()
    theirs = np.array(
        [
            (w, psychrolib.GetTWetBulbFromHumRatio(t, w, p), psychrolib.GetMoistAirEnthalpy(t, w))
            for t, p, w in zip(
                dry, pressure, [psychrolib.GetHumRatioFromTDewPoint(d, p) for d, p in zip(dew, pressure)], strict=True
            )
        ]
    )
    slow = (time.perf_counter() - began) / sample
    many = tuple(np.tile(x, 50).astype(np.float32) for x in (dry, dew, pressure))
    began = time.perf_counter()
    air.state(*many)
    fast = (time.perf_counter() - began) / many[0].size
    ours = air.state(dry, dew, pressure)
    apart = np.abs(ours.wet_bulb_c - theirs[:, 1])
    print(
        f"moist air (W, wet bulb, enthalpy) of a million values: {fast * 1e6:.2f} s, psychrolib {slow * 1e6:.0f} s, "
        f"{slow / fast:,.0f} times; wet bulbs within 0.05 K: {(apart < 0.05).mean():.2%}"
    )
    state = air.state(*many)
    known = [t for t in technologies() if t.model != "sea_water"]
    began = time.perf_counter()
    for start in range(0, many[0].size, PIECE):
        piece = air.State(*(None if x is None else x[start : start + PIECE] for x in state))
        for technology in known:
            technology.run(piece)
    rest = (time.perf_counter() - began) / many[0].size
    print(
        f"{len(known)} technologies on a million hours, one core: {(fast + rest) * 1e6:.1f} s, the same equations with the air "
        f"from psychrolib {(slow + rest) * 1e6:.0f} s, {(slow + rest) / (fast + rest):,.0f} times; "
        f"1,000 cells x 8,760 h that way: {(slow + rest) * 8.76e6 / 60:.0f} min"
    )


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        what, argument = sys.argv[2:4]
        if what == "memory":
            from_memory(int(argument))
        else:
            {"file": from_file, "sites": at_every_site}[what](Path(argument))
        return
    memory, file = (int(sys.argv[1]),) * 2 if len(sys.argv) > 1 else (1000, 2000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "era5.nc"
        write_era5(path, file)
        for what in (("memory", str(memory)), ("file", str(path)), ("sites", str(path))):
            subprocess.run([sys.executable, __file__, "--one", *what], check=True)
    against_psychrolib()


if __name__ == "__main__":
    main()
