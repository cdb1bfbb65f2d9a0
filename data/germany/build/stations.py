"""Weather stations: reading the EPW files and choosing those that share a real month."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from build import sun
from build.archives import Archives

RECENT = "weather_data_TMYx_2007_2021"
OLDER = "weather_data"
COLUMNS = {
    0: "year", 1: "month", 2: "day", 3: "hour", 6: "dry_bulb_c", 7: "dew_point_c", 9: "pressure_pa",
    13: "ghi_w_per_m2", 14: "dni_w_per_m2", 15: "dhi_w_per_m2", 21: "wind_speed_m_per_s",
}  # fmt: skip
VARIABLES = list(COLUMNS.values())[4:]
SUN = ["ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"]
UNITS = {
    "dry_bulb_c": "degC", "dew_point_c": "degC", "pressure_pa": "Pa", "ghi_w_per_m2": "W m-2",
    "dni_w_per_m2": "W m-2", "dhi_w_per_m2": "W m-2", "wind_speed_m_per_s": "m s-1", "elevation_m": "m",
}  # fmt: skip
LONG_NAMES = {
    "dry_bulb_c": "dry-bulb air temperature at 2 m",
    "dew_point_c": "dew-point temperature at 2 m",
    "pressure_pa": "station pressure at the altitude of the cell",
    "ghi_w_per_m2": "global horizontal irradiance, mean of the hour",
    "dni_w_per_m2": "direct normal irradiance, mean of the hour",
    "dhi_w_per_m2": "diffuse horizontal irradiance, mean of the hour",
    "wind_speed_m_per_s": "wind speed at 10 m",
    "elevation_m": "altitude of the cell: mean of its settled land, weighted by yearly electricity demand",
}
# Missing-value codes of the EPW format; a file that holds one is refused.
MISSING = {"dry_bulb_c": 99.9, "dew_point_c": 99.9, "pressure_pa": 999999, "ghi_w_per_m2": 9999,
           "dni_w_per_m2": 9999, "dhi_w_per_m2": 9999, "wind_speed_m_per_s": 999}  # fmt: skip

# Most files hold no measured pressure but the standard atmosphere of their altitude, hour after hour
# (spread below 100 Pa, where weather gives 300 to 1,300 Pa). Such a pressure is not used.
LEAST_PRESSURE_SPREAD = 200.0


@dataclass(frozen=True)
class Stations:
    """Places (one row each) and their hourly values `(station, hour)`."""

    place: pd.DataFrame  # name, lat, lon, elevation_m, sun_usable, pressure_usable; by WMO number
    time: pd.DatetimeIndex  # UTC, hour beginning
    values: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.place)

    @property
    def lon(self) -> np.ndarray:
        return self.place["lon"].to_numpy()

    @property
    def lat(self) -> np.ndarray:
        return self.place["lat"].to_numpy()

    def subset(self, rows) -> Stations:
        """Some of the stations, by position or truth value."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(self, place=self.place.iloc[rows], values={v: x[rows] for v, x in self.values.items()})

    @property
    def elevation(self) -> np.ndarray:
        return self.place["elevation_m"].to_numpy()


def read_folder(archives: Archives, folder: str) -> dict[str, tuple[dict, pd.DataFrame]]:
    """All stations of one collection: WMO number -> (place, hourly table)."""
    names = [m for m in archives.members("dibs_data") if f"/{folder}/" in m and m.endswith(".epw")]
    found = {}
    for name, raw in archives.read_all("dibs_data", sorted(names)).items():
        head = raw.split(b"\n", 1)[0].decode("latin1").strip().split(",")
        table = pd.read_csv(io.BytesIO(raw), skiprows=8, header=None, usecols=list(COLUMNS), encoding="latin1")
        table = table.rename(columns=COLUMNS)
        check_file(name, head, table)
        place = {"name": head[1], "lat": float(head[6]), "lon": float(head[7]), "elevation_m": float(head[9])}
        place["sun_usable"] = folder == RECENT
        if folder == RECENT:
            table = right_whole_hours(table, place["lat"], place["lon"])
        found[head[5]] = (place, table)
    return found


def check_file(name: str, head: list[str], table: pd.DataFrame) -> None:
    """A year of hours in UTC+1 without missing codes, or an error that names the file."""
    if len(table) != 8760 or float(head[8]) != 1.0:
        raise ValueError(f"{name}: {len(table)} rows in UTC{float(head[8]):+g}; 8,760 in UTC+1 were expected")
    for variable, code in MISSING.items():
        if table[variable].isna().any() or (table[variable] >= code).any():
            raise ValueError(f"{name}: {variable} holds missing values")


def utc_hour_beginning(table: pd.DataFrame, year: int) -> pd.DatetimeIndex:
    """The UTC hour that begins with the reading of each row.

    EPW hours 1-24 are in UTC+1 all year, and a reading is taken at the end of its hour: that of hour 1
    stands at 01:00 UTC+1, which is 00:00 UTC. So the first row of a month opens the month in UTC.
    """
    day = pd.to_datetime(pd.DataFrame({"year": year, "month": table["month"], "day": table["day"]}))
    return pd.DatetimeIndex(day + pd.to_timedelta(table["hour"] - 1, unit="h"))


def right_whole_hours(table: pd.DataFrame, lat: float, lon: float) -> pd.DataFrame:
    """Move the radiation of single months by whole hours where the sun says so.

    In the recent files radiation is centred on the clock hour, half an hour before the middle of the
    hour that an EPW row stands for. In some months of some stations it is a further hour off. The noon
    about which the radiation of a month is balanced shows it; temperature and wind do not share the slip.
    """
    table = table.copy()
    middle = utc_hour_beginning(table, 2001)  # the moment a row's radiation should be centred on
    for month in range(1, 13):
        rows = np.flatnonzero(table["month"] == month)
        time = middle[rows] - pd.Timedelta(minutes=30)
        height = sun.mean_cos_zenith(time, np.array([lat]), np.array([lon]))[0]
        hour = middle[rows].hour.to_numpy()
        global_sun = table["ghi_w_per_m2"].to_numpy(float)[rows]
        slip = (hour * global_sun).sum() / global_sun.sum() - (hour * height).sum() / height.sum()
        move = -int(np.round(slip))
        if move:
            for name in SUN:
                table.loc[table.index[rows], name] = np.roll(table[name].to_numpy()[rows], move)
    return table


def hourly_means(readings: np.ndarray, wraps: bool) -> np.ndarray:
    """Mean of the readings at the beginning and the end of each hour.

    The last hour of a year ends with its first reading; the last hour of a single month has no reading
    at its end (the next row is of another year) and keeps the one at its beginning.

    >>> hourly_means(np.array([[1.0, 3.0, 5.0]]), wraps=False)
    array([[2., 4., 5.]])
    """
    following = np.roll(readings, -1, axis=1)
    if not wraps:
        following[:, -1] = readings[:, -1]
    return (readings + following) / 2


def typical(archives: Archives) -> Stations:
    """The typical years 2007-2021 as hourly means, on the days of 2001."""
    found = read_folder(archives, RECENT)
    return assemble({k: found[k] for k in sorted(found)}, 2001)


def observed(archives: Archives, months: list[tuple[int, int]]) -> dict[tuple[int, int], Stations]:
    """For each (year, month) the stations whose file took that month from that very year.

    Only those are simultaneous. Where both collections hold a station the recent one counts, since its
    radiation comes from a reanalysis; the radiation of the older one is a cloud model and is not used.
    """
    collections = [read_folder(archives, OLDER), read_folder(archives, RECENT)]
    result = {}
    for year, month in months:
        chosen: dict[str, tuple[dict, pd.DataFrame]] = {}
        for collection in collections:
            for number, (place, table) in collection.items():
                part = table[table["month"] == month]
                if (part["year"] == year).all():
                    chosen[number] = (place, part.reset_index(drop=True))
        result[year, month] = assemble({k: chosen[k] for k in sorted(chosen)}, year)
    return result


def assemble(chosen: dict[str, tuple[dict, pd.DataFrame]], year: int) -> Stations:
    """Stack stations that share one time axis, as means of the hour that begins at `time`."""
    place = pd.DataFrame([p for p, _ in chosen.values()], index=pd.Index(chosen, name="wmo"))
    first = next(iter(chosen.values()))[1]
    wraps = len(first) == 8760
    values = {v: hourly_means(np.stack([t[v].to_numpy(float) for _, t in chosen.values()]), wraps) for v in VARIABLES}
    place["pressure_usable"] = values["pressure_pa"].std(axis=1) > LEAST_PRESSURE_SPREAD
    return Stations(place, utc_hour_beginning(first, year), values)
