"""Solution: the decision as a GeoDataFrame, every variable as a Dataset, every account as a DataFrame.

In a study of several stages `accounts` has a column `stage` and `data` the dimension; `stage(year)` is the solution of one of
them, like that of a study of one year. What `sites` and `total` tell of the whole is said there.

A folder holds `solution.nc`, `sites.gpkg`, `accounts.csv`, `study.yaml` and the notes of the report; it is written beside
its place and renamed, so that half a folder is never seen. `read_solution` opens one without Pyomo.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError
from ..inputs.inputs import Inputs
from ..inputs.stages import data_of_stage, stages_of
from ..solve.outcome import Outcome
from ..solve.program import Label, Program
from ..solve.warm import Warm
from ..study.accounts import ACCOUNTS, YEARLY
from .near import read_warm, write_warm

OPEN_FROM = 0.5


@dataclass
class Solution:
    """`sites`: one row a candidate, as in the last stage; `data`: variables and inputs; `accounts`: account, line, place,
    value, unit; `outcome`: status, objective, bound, gaps, seconds; `notes`: tables for the report."""

    name: str
    sites: gpd.GeoDataFrame
    data: xr.Dataset
    accounts: pd.DataFrame
    outcome: dict[str, float | str]
    notes: dict[str, pd.DataFrame] = field(default_factory=dict)
    study_yaml: str = ""
    warm: Warm | None = None  # what a study that differs little may begin with

    @property
    def chosen(self) -> gpd.GeoDataFrame:
        """The open sites, largest first."""
        return self.sites[self.sites["open"]].sort_values("it_mw", ascending=False)

    @property
    def stages(self) -> list[int]:
        """First years of the stages; none in a study of one year."""
        return stages_of(self.data)

    def total(self, account: str) -> float:
        """The sum of an account over a year, in its unit; of several stages that of the mean year, each stage counted by its
        `discount` (what the objective minimises)."""
        rows = self.accounts[self.accounts["account"] == account]
        return float((rows["value"] * self._share(rows)).sum())

    def _share(self, rows: pd.DataFrame) -> pd.Series | float:
        """Part of each row's stage in the mean year."""
        return rows["stage"].map(self.data["discount"].to_series()) if self.stages else 1.0

    @property
    def last(self) -> Solution:
        """The last stage; itself in a study of one year."""
        return self.stage(self.stages[-1]) if self.stages else self

    def stage(self, year: int) -> Solution:
        """The solution of one stage, as that of a study of one year. Raises DataError when there is no such stage."""
        if year not in self.stages:
            told = f"its stages are {', '.join(map(str, self.stages))}" if self.stages else "the study has no stages"
            raise DataError(f"there is no stage {year}: {told}")
        data = data_of_stage(self.data, self.stages.index(year)).assign_attrs(self.data.attrs)
        of = {n: t[t["stage"] == year].drop(columns="stage") if "stage" in t else t for n, t in self.notes.items()}
        accounts = self.accounts[self.accounts["stage"] == year].drop(columns="stage").reset_index(drop=True)
        sites = sites_table(self.sites, data, accounts)
        return Solution(f"{self.name}, {year}", sites, data, accounts, self.outcome, of, self.study_yaml)

    def write(self, folder: str | Path) -> Path:
        """Write the folder (replacing one that is there), all or nothing; returns it."""
        folder = Path(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}"
        beside.mkdir()
        try:
            self._write_into(beside)
            if folder.exists():
                old = folder.parent / f".{folder.name}.old.{uuid.uuid4().hex[:8]}"
                os.replace(folder, old)
                os.replace(beside, folder)
                shutil.rmtree(old)
            else:
                os.replace(beside, folder)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        return folder

    def _write_into(self, folder: Path) -> None:
        data = self.data.assign_attrs(name=self.name, outcome=json.dumps(self.outcome), Conventions="CF-1.11")
        packed = {str(v): {"zlib": True, "complevel": 4} for v in data.data_vars if data[v].ndim and data[v].dtype.kind == "f"}
        data.to_netcdf(folder / "solution.nc", engine="h5netcdf", encoding=packed)
        self.sites.to_file(folder / "sites.gpkg", driver="GPKG", engine="pyogrio")
        self.accounts.to_csv(folder / "accounts.csv", index=False)
        (folder / "study.yaml").write_text(self.study_yaml)
        (folder / "notes").mkdir()
        for name, table in self.notes.items():
            table.to_csv(folder / "notes" / f"{name}.csv", index=False)
        if self.warm is not None:
            write_warm(self.warm, folder)


def read_solution(folder: str | Path) -> Solution:
    """Open a solution's folder. Raises DataError when it is not one."""
    folder = Path(folder)
    missing = [n for n in ("solution.nc", "sites.gpkg", "accounts.csv") if not (folder / n).is_file()]
    if missing:
        raise DataError(f"not a solution's folder: {', '.join(missing)} missing", folder)
    with xr.open_dataset(folder / "solution.nc", engine="h5netcdf") as opened:
        data = opened.load()
    sites = gpd.read_file(folder / "sites.gpkg", engine="pyogrio")
    sites["open"], sites["kept"] = sites["open"].astype(bool), sites["kept"].astype(bool)
    study = folder / "study.yaml"
    return Solution(
        str(data.attrs["name"]),
        sites,
        data,
        pd.read_csv(folder / "accounts.csv"),
        json.loads(data.attrs["outcome"]),
        {p.stem: pd.read_csv(p) for p in sorted((folder / "notes").glob("*.csv"))},
        study.read_text() if study.is_file() else "",
        read_warm(folder),
    )


def read_outcome(inputs: Inputs, program: Program, outcome: Outcome, docs: dict[str, str]) -> Solution:
    """Values of columns → names, dimensions, units. `docs` maps `block.component` to its `meaning [unit]`."""
    data = inputs.data.copy()
    plan = outcome.plan[:, None]
    hours = np.vstack([outcome.hours, outcome.plan[program.links]]) if len(program.links) else outcome.hours
    for name, array in (
        _arrays(program.plan.columns, plan, False) | _arrays(program.hours.columns[: program.n_own], hours, True)
    ).items():
        meaning, unit = _meaning(docs.get(name, name))
        data[name.replace(".", "_")] = array.assign_attrs(long_name=meaning, units=unit)
    accounts = _accounts(program, plan, hours)
    notes = dict(inputs.notes)
    solution = Solution(inputs.study.name, inputs.candidates, data, accounts, outcome.summary(), notes)
    solution.sites = _by_stage(solution) if solution.stages else sites_table(inputs.candidates, data, accounts)
    if outcome.waiting is not None:
        notes["waiting"] = outcome.waiting
    if outcome.without is not None:
        notes["without"] = outcome.without
        solution.sites = _with_worth(solution.sites, outcome.without)
    return solution


def _by_stage(solution: Solution) -> gpd.GeoDataFrame:
    """The sites as in the last stage, the year in which each opens, and its IT in each stage."""
    each = {year: solution.stage(year).sites for year in solution.stages}
    sites = each[solution.stages[-1]].copy()
    opened = pd.DataFrame({year: table["open"] for year, table in each.items()})
    sites["opens"] = opened.idxmax(axis=1).where(opened.any(axis=1)).astype(float)
    if "sites_paid_open" in solution.data:
        last = opened.iloc[:, ::-1].idxmax(axis=1)  # the last stage in which it is open
        after = dict(zip(solution.stages, [*solution.stages[1:], np.nan], strict=True))
        sites["closes"] = last.map(after).where(opened.any(axis=1)).astype(float)
    for year, table in each.items():
        sites[f"it_{year}_mw"] = table["it_mw"]
    return sites


def _arrays(labels: list[Label], values: np.ndarray, in_hours: bool) -> dict[str, xr.DataArray]:
    """Columns grouped by component; NaN where an index is not in the model."""
    groups: dict[str, list[int]] = {}
    for j, label in enumerate(labels):
        groups.setdefault(label.name, []).append(j)
    out = {}
    for name, columns in groups.items():
        dims = list(labels[columns[0]].index)
        coords = {d: list(dict.fromkeys(labels[j].index[d] for j in columns)) for d in dims}
        where = {d: {x: i for i, x in enumerate(c)} for d, c in coords.items()}
        shape = [len(c) for c in coords.values()] + ([values.shape[1]] if in_hours else [])
        full = np.full(shape, np.nan)
        at = tuple(np.array([where[d][labels[j].index[d]] for j in columns]) for d in dims)
        found = values[columns] if in_hours else values[columns, 0]
        full[at if dims else ()] = found if dims else found[0]
        all_dims = dims + (["block"] if in_hours else [])
        array = xr.DataArray(full, dims=all_dims, coords=coords)
        if in_hours:
            array = array.assign_coords(block=np.arange(values.shape[1]))
            rest = [d for d in all_dims if d not in ("block", "hour")]
            array = array.transpose(*rest, "block", *(["hour"] if "hour" in dims else []))
        out[name] = array
    return out


def _meaning(doc: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.*) \[(.*)\]", doc)
    return (found[1], found[2]) if found else (doc, "1")


def _accounts(program: Program, plan: np.ndarray, hours: np.ndarray) -> pd.DataFrame:
    """Each line of each account at each place over a year, by the very rows that made the objective."""
    rows = []
    for line in program.ledger:
        in_plan = line.phase == "plan"
        amounts = line.amounts(plan if in_plan else hours)
        unit = ACCOUNTS[line.account].unit
        if unit == "MW" and not in_plan:
            unit = "MWh"
        unit = f"{unit}/year" if not in_plan or line.account in YEARLY else unit
        if in_plan:
            rows.append((line.account, line.line, line.place, float(amounts[0]), unit, line.stage))
            continue
        values = np.bincount(program.stage, weights=amounts * program.weight, minlength=len(program.discount))
        rows += [(line.account, line.line, line.place, float(value), unit, y) for y, value in enumerate(values)]
    table = pd.DataFrame(rows, columns=["account", "line", "place", "value", "unit", "stage"])
    if not program.years:
        return table.drop(columns="stage")
    return table.assign(stage=np.array(program.years)[table["stage"]])


def sites_table(candidates: gpd.GeoDataFrame, data: xr.Dataset, accounts: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row a candidate: the decisions of one year joined to the table that the planner gave."""
    sites = candidates.copy()
    names = sites["site"]

    def of(name: str, **where: object) -> pd.Series:
        values = data[name].sel(where).to_series() if name in data else pd.Series(dtype=float)
        return names.map(values).astype(float)

    opened = of("sites_open")
    installed = data["existing_it"].to_series() + data["sites_new_it"].to_series()
    sites["open"] = (opened.fillna(0) > OPEN_FROM) | (names.map(installed).fillna(0) > 1e-6)
    sites["it_mw"] = names.map(installed).astype(float)
    if "cooling_installed" in data:
        for k in data["cooling"].values:
            sites[f"it_mw_{k}"] = of("cooling_installed", cooling=k)
            sites[f"pue_typical_year_{k}"] = of("pue_typical_year", cooling=k)
            if "can_cool" in data:
                sites.loc[of("can_cool", cooling=k) == 0.0, f"pue_typical_year_{k}"] = np.nan
    if "grid_connection" in data:
        sites["connection_mw"] = of("grid_connection")
        sites["own_headroom_mw"] = of("own_headroom" if "own_headroom" in data else "max_connection")
    for f in data["flexible"].values if "grid_flexible" in data else ():
        sites[f"{f}_mw"] = of("grid_flexible", flexible=f)
    for g in data["generator"].values if "generation_built" in data else ():
        sites[f"{g}_mw"] = of("generation_built", generator=g)
    for u in data["storage"].values if "storage_power" in data else ():
        sites[f"{u}_mw"], sites[f"{u}_mwh"] = of("storage_power", storage=u), of("storage_energy", storage=u)
    for account in ("cost", "carbon_location", "water"):
        of_place = accounts[accounts["account"] == account].groupby("place")["value"].sum()
        unit = ACCOUNTS[account].unit.lower()
        sites[f"{account}_{unit}_per_year"] = names.map(of_place).astype(float)
    totals = accounts.groupby(["account", "place"])["value"].sum()
    if "grid_clean_share" in data and "net_demand" in totals:
        sites["cfe_share"] = names.map(totals["cfe"] / totals["net_demand"]).astype(float)
    return gpd.GeoDataFrame(sites, geometry="geometry", crs=candidates.crs)


def _with_worth(sites: gpd.GeoDataFrame, without: pd.DataFrame) -> gpd.GeoDataFrame:
    """What each chosen site is worth, where that was asked."""
    if without.empty:
        return sites
    table, names = without.set_index("site"), sites["site"]
    sites["without_found_eur_2024_per_year"] = names.map(table["found_eur_2024_per_year"]).astype(float)
    sites["without_instead"] = names.map(table["instead"]).fillna("")
    sites["interchangeable"] = names.map(table["interchangeable"]).fillna(False).astype(bool)
    return sites
