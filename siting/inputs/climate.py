"""The climate of cooling: what each technology takes and needs over the hours of a weather grid, place by place.

The grid is worked through in pieces of time and place, lazily and on Dask's threads: of each piece the moist air is
computed once, every technology is run on it, and only sums, counts and the worst hour are kept. Numbers are float32
(`precision`), sums float64. Averages are of the hourly values: the PUE of an average temperature would be too low."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import dask
import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError
from ..physics import air
from ..physics import cooling as physics
from ..physics.cooling.uncertainty import Ranges, band, draws
from ..sources.tables import read_csv
from ..sources.weather import at_sites, open_weather, water_of
from .money import SHIPPED
from .source_water import SOURCE_WATER, beside, by_hour
from .weather import AIR

PIECE = 1 << 16  # values of the hours computed at once: what stays in the cache
COOLING_TABLE = SHIPPED / "cooling.csv"
MEANS = {  # variable of the result -> field of Performance
    "pue": "pue",
    "wue_l_per_kwh": "wue_l_per_kwh",
    "consumed_l_per_kwh": "consumed_l_per_kwh",
    "recoverable_kw_per_kw": "recoverable_kw_per_kw",
}
WORST = {
    "pue_design_hour": "pue",
    "chiller_kw_per_kw": "chiller_kw_per_kw",
    "rejection_kw_per_kw": "rejection_kw_per_kw",
}
DESCRIBED = {
    "pue": ("1", "mean PUE of the hours at the reference utilisation"),
    "wue_l_per_kwh": ("L/kWh", "mean water withdrawn per IT energy (WUE)"),
    "consumed_l_per_kwh": ("L/kWh", "of it, evaporated and drifted"),
    "recoverable_kw_per_kw": ("kW/kW", "mean heat per IT that an exchanger can hand on"),
    "free_hours": ("h/year", "hours without any chiller"),
    "pue_design_hour": ("1", "PUE of the worst hour"),
    "chiller_kw_per_kw": ("kW/kW", "chiller to build for the worst hour, per IT, at catalogue conditions"),
    "rejection_kw_per_kw": ("kW/kW", "tower or dry cooler to build for the worst hour, per IT, at catalogue conditions"),
    "design_hour": ("UTC", "hour of the worst PUE"),
}


class Technology(NamedTuple):
    """A cooling technology: its name, its function of moist air, its numbers and their published ranges."""

    name: str
    model: str
    parameters: dict[str, float]
    ranges: Ranges

    def run(self, outdoor: air.State) -> physics.Performance:
        try:
            return physics.MODELS[self.model](outdoor, self.parameters)
        except KeyError as e:
            raise DataError(f"technology '{self.name}' has no number {e}; add a row with its source") from None
        except ValueError as e:
            raise DataError(f"technology '{self.name}' {e}") from None


def technologies(table: Path = COOLING_TABLE, only: Sequence[str] = ()) -> list[Technology]:
    """The technologies of a cooling table, or `only` the named. DataError for a name or a model that is not there."""
    rows = read_csv(table, ["technology", "parameter", "value", "unit", "source"], key=["technology", "parameter"])
    named = list(dict.fromkeys(rows["technology"]))
    unknown = [t for t in only if t not in named]
    if unknown:
        raise DataError([f"there is no cooling technology '{t}'; the table has: {', '.join(named)}" for t in unknown], table)
    out, problems = [], []
    for name in only or named:
        of = rows[rows["technology"] == name].set_index("parameter")
        model = str(of["value"].get("model"))
        if model not in physics.MODELS:
            problems.append(f"technology '{name}': model '{model}' is none of {', '.join(physics.MODELS)}")
        numbers = of[of["unit"] != "name"]
        spread = numbers.dropna(subset=["low", "high"]) if {"low", "high"} <= set(numbers) else numbers.iloc[:0]
        ranges = {str(p): (float(r["low"]), float(r["high"])) for p, r in spread.iterrows()}
        out.append(Technology(name, model, {str(p): float(v) for p, v in numbers["value"].items()}, ranges))
    if problems:
        raise DataError(problems, table)
    return out


def cooling_climate(
    weather: xr.Dataset, of: Sequence[Technology], precision: type[np.floating] = np.float32, piece_hours: int = 730
) -> xr.Dataset:
    """DESCRIBED by (cooling, place), where place is the grid's (lat, lon) or its stations.

    `weather` has `dry_bulb_c, dew_point_c, pressure_pa` on (time, place), in memory or lazy, and whole years where
    annual figures are wanted. Places without weather are NaN. Where the weather has no sea and no lake, technologies on
    source water are left out (`left_out` in the attributes names them); a cell that has none is NaN for them.
    """
    weather = _with_water(weather)
    runs = [t for t in of if t.model != "sea_water" or SOURCE_WATER in weather]
    if not runs:
        raise DataError(
            "no cooling technology can be computed from this weather: it has no sea_temperature_c and no lake_temperature_c"
        )
    variables = [*AIR, *([SOURCE_WATER] if any(t.model == "sea_water" for t in runs) else [])]
    data = weather[variables].transpose("time", ...)
    if not data.chunks:
        data = data.chunk({"time": piece_hours})
    data = data.unify_chunks()
    place = [str(d) for d in data[AIR[0]].dims if d != "time"]
    blocks = [data[v].data.to_delayed() for v in variables]
    lengths = np.cumsum([0, *data[AIR[0]].chunks[0]])  # type: ignore[index]
    part = dask.delayed(_part, pure=False)
    pieces = np.empty(blocks[0].shape[1:], object)
    for where in product(*map(range, pieces.shape)):
        over_time = [
            part(runs, precision, int(lengths[i]), *(b[(i, *where)] for b in blocks)) for i in range(blocks[0].shape[0])
        ]
        pieces[where] = dask.delayed(_joined)(over_time)
    done = dask.compute(pieces.tolist(), scheduler="threads")[0]
    return _dataset(_assembled(done, len(place)), data, place, runs, of)


def weather_at(
    path: Path, lon: float | None = None, lat: float | None = None, water_c: Sequence[float] | None = None
) -> xr.Dataset:
    """The air, and the sea or lake where there is one, of one place of a weather file; a file of one place needs no lon, lat.

    `water_c` is source water in place of the weather's, by month or one for all. DataError where the file does not cover the
    place, or holds many places and none is named."""
    weather = open_weather(path, AIR)
    many = int(np.prod([n for d, n in weather[AIR[0]].sizes.items() if d != "time"])) > 1
    if lon is None or lat is None:
        if many:
            span = ", ".join(f"{c} {float(weather[c].min()):.2f} to {float(weather[c].max()):.2f}" for c in ("lon", "lat"))
            raise DataError(f"the file has many places ({span}); say which: --at LON LAT", path)
        lon, lat = float(weather["lon"].values.ravel()[0]), float(weather["lat"].values.ravel()[0])
    at = np.array([lon]), np.array([lat])
    place = beside(at_sites(weather, *at, ["--at"], path, AIR), weather, *at)
    if water_c is not None:
        of_month = np.broadcast_to(np.asarray(water_c, float), (1, 12))
        place[SOURCE_WATER] = (("cell", "time"), by_hour(of_month, place["time"].values))
    elif SOURCE_WATER in place and not np.isfinite(place[SOURCE_WATER].values).all():
        place = place.drop_vars(SOURCE_WATER)
    return place.drop_vars(["cell_of_site", "site"])


def _with_water(weather: xr.Dataset) -> xr.Dataset:
    """Sea and lake of the weather as one variable, where it has either."""
    water = None if SOURCE_WATER in weather else water_of(weather)
    return weather if water is None else weather.assign({SOURCE_WATER: water})


def _part(of: list[Technology], precision: type[np.floating], start: int, *given: np.ndarray) -> dict[str, np.ndarray]:
    """Sums, counts and worst hours of one piece, by (technology, *place); hours of the piece begin at `start`."""
    hours, shape = given[0].shape[0], given[0].shape[1:]
    flat = [np.asarray(x).reshape(hours, -1) for x in given]
    cells = flat[0].shape[1]
    out = {n: np.zeros((len(of), cells)) for n in (*MEANS, "free_hours")}
    out |= {n: np.full((len(of), cells), -np.inf, precision) for n in WORST} | {"at": np.zeros((len(of), cells), int)}
    step = max(PIECE // hours, 1)
    for first in range(0, cells, step):
        now = slice(first, first + step)
        dry, dew, pressure, *water = (x[:, now].astype(precision) for x in flat)
        outdoor = air.state(dry, dew, pressure)._replace(source_water_c=water[0] if water else None)
        for k, technology in enumerate(of):
            got = technology.run(outdoor)
            for name, field in MEANS.items():
                out[name][k, now] = getattr(got, field).sum(axis=0, dtype=float)
            out["free_hours"][k, now] = (got.chiller_kw_per_kw <= 0.0).sum(axis=0)
            for name, field in WORST.items():
                out[name][k, now] = getattr(got, field).max(axis=0)
            out["at"][k, now] = start + got.pue.argmax(axis=0)
    return {n: a.reshape(len(of), *shape) for n, a in out.items()} | {"hours": np.array(hours)}


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Pieces of the same places, one after the other in time."""
    out = {n: sum(p[n] for p in parts) for n in (*MEANS, "free_hours", "hours")}
    worst = np.stack([p["pue_design_hour"] for p in parts])
    at = np.take_along_axis(np.stack([p["at"] for p in parts]), worst.argmax(axis=0)[None], axis=0)[0]
    return out | {n: np.max([p[n] for p in parts], axis=0) for n in WORST} | {"at": at}  # type: ignore[return-value]


def _assembled(pieces: Any, depth: int) -> dict[str, np.ndarray]:
    """Pieces of places, put side by side along the place axes."""
    if depth == 0:
        return pieces
    each = [_assembled(p, depth - 1) for p in pieces]
    along = {n: np.concatenate([p[n] for p in each], axis=-depth) for n in each[0] if n != "hours"}
    return along | {"hours": each[0]["hours"]}


def _dataset(
    got: dict[str, np.ndarray], data: xr.Dataset, place: list[str], runs: list[Technology], of: Sequence[Technology]
) -> xr.Dataset:
    hours = float(got["hours"])
    known = np.isfinite(got["pue"])
    values = {n: got[n] / hours for n in MEANS} | {n: got[n] for n in WORST}
    values["free_hours"] = got["free_hours"] * 8760.0 / hours
    time = data["time"].values[got["at"]]
    values["design_hour"] = np.where(known, time, np.datetime64("NaT", "ns").astype(time.dtype))
    coords = {"cooling": [t.name for t in runs]} | {d: data[d] for d in place}
    coords |= {c: data[c].compute() for c in ("lon", "lat") if c in data.coords and c not in coords}
    out = xr.Dataset(
        {
            n: (("cooling", *place), v if n == "design_hour" else np.where(known, v, np.nan), {"long_name": DESCRIBED[n][1]})
            for n, v in values.items()
        },
        coords,
    )
    for n in out.data_vars:
        if n != "design_hour":
            out[n].attrs["units"] = DESCRIBED[str(n)][0]
    left = [t.name for t in of if t not in runs]
    return out.assign_attrs(hours=int(hours), left_out=", ".join(left), weather=str(data.attrs.get("source", "")))


def summary(climate: xr.Dataset, place: xr.Dataset, of: Sequence[Technology], count: int | None = None) -> pd.DataFrame:
    """The climate of one place as a table, a row a technology, best PUE first; with `count` draws of the uncertain
    parameters also the 5th and 95th percentile."""
    here = climate.squeeze([d for d in climate.dims if d != "cooling"])
    rows = []
    for t in (t for t in of if t.name in here["cooling"].values):
        at = here.sel(cooling=t.name)
        row: dict[str, Any] = {"technology": t.name, "PUE": float(at["pue"])}
        if count:
            one = place.squeeze([d for d in place[AIR[0]].dims if d != "time"])
            outdoor = air.state(*(one[v].values.astype(np.float32) for v in AIR))
            outdoor = outdoor._replace(source_water_c=one[SOURCE_WATER].values if SOURCE_WATER in one else None)
            spread = band(physics.MODELS[t.model], outdoor, draws(t.parameters, t.ranges, count))
            row |= {"PUE 5 %": spread.pue[0], "PUE 95 %": spread.pue[2]}
            row |= {"water 5 %": f"{spread.wue_l_per_kwh[0]:.2f}", "water 95 %": f"{spread.wue_l_per_kwh[2]:.2f}"}
        row |= {"water": f"{float(at['wue_l_per_kwh']):.2f}", "used up": f"{float(at['consumed_l_per_kwh']):.2f}"}
        row |= {"free hours": f"{float(at['free_hours']):,.0f}"}
        row |= {"worst UTC": f"{pd.Timestamp(at['design_hour'].item()):%d %b %Hh}", "PUE then": float(at["pue_design_hour"])}
        row |= {"chiller": f"{float(at['chiller_kw_per_kw']):.2f}"}
        rows.append(row | {"rejection": f"{float(at['rejection_kw_per_kw']):.2f}"})
    return pd.DataFrame(rows).sort_values("PUE", ignore_index=True)


def hourly(weather: xr.Dataset, technology: Technology) -> xr.Dataset:
    """Every field of `Performance` by hour and place, lazily where the weather is lazy."""
    weather = _with_water(weather)
    variables = [*AIR, *([SOURCE_WATER] if technology.model == "sea_water" else [])]
    gone = [v for v in variables if v not in weather]
    if gone:
        raise DataError(f"technology '{technology.name}' needs {', '.join(gone)}")

    def run(dry: np.ndarray, dew: np.ndarray, pressure: np.ndarray, *water: np.ndarray) -> tuple[np.ndarray, ...]:
        return technology.run(air.state(dry, dew, pressure)._replace(source_water_c=water[0] if water else None))

    fields = physics.Performance._fields
    arrays = xr.apply_ufunc(
        run,
        *(weather[v] for v in variables),
        output_core_dims=[[]] * len(fields),
        dask="parallelized",
        output_dtypes=[weather[AIR[0]].dtype] * len(fields),
    )
    return xr.Dataset(dict(zip(fields, arrays, strict=True)), attrs={"cooling": technology.name})


def pue_of_mean_air(weather: xr.Dataset, technology: Technology, every: int) -> tuple[float, float]:
    """Mean PUE of the hours, and of air that is averaged over `every` hours first: how much averaging (of representative
    hours, of days) flatters the PUE. `weather` is one place."""
    hours = hourly(weather, technology)["pue"].mean()
    averaged = weather[list(AIR)].coarsen(time=every, boundary="trim").mean()
    return float(hours), float(hourly(averaged, technology)["pue"].mean())
