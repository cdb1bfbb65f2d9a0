"""A solved study as the start of another that differs little: its plan, in the columns of the other's program, and the file
beside the solution that holds what else a what-if may begin with."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
import xarray as xr

from ..solve.benders.known_cuts import Cuts, KnownCuts
from ..solve.grid.check import GridCut, Headroom
from ..solve.grid.joint import Joint
from ..solve.program import Basis, Program
from ..solve.warm import Bases, Frame, GridRows, Warm

NAME = "warm.npz"
FORM = 3  # of the file: one of another form is not read


def plan_of(data: xr.Dataset, program: Program) -> np.ndarray:
    """(plan columns,) The value that a solution's `data` holds for each plan column of `program`; NaN where it has none."""
    out = np.full(len(program.plan.columns), np.nan)
    tables: dict[str, tuple[tuple[str, ...], dict]] = {}
    for j, label in enumerate(program.plan.columns):
        name = label.name.replace(".", "_")
        if name not in data:
            continue
        if name not in tables:
            dims = tuple(str(d) for d in data[name].dims)
            tables[name] = (dims, data[name].to_series().to_dict() if dims else {(): float(data[name])})
        dims, values = tables[name]
        if set(dims) == set(label.index):
            key = tuple(label.index[d] for d in dims)
            out[j] = values.get(key[0] if len(key) == 1 else key, np.nan)
    return out


def write_warm(warm: Warm, folder: Path) -> None:
    """Write what a what-if may begin with beside the solution, as `warm.npz` (numbers and texts, nothing that runs)."""
    told: dict[str, Any] = {"form": FORM}
    arrays: dict[str, np.ndarray] = {}
    if warm.bases is not None:
        told["frame"] = warm.bases.frame._asdict()
        for name, basis in (("relaxation", warm.bases.relaxation), ("plan", warm.bases.plan)):
            if basis is not None:
                arrays |= {f"{name}_columns": basis.columns, f"{name}_rows": basis.rows}
    if warm.grid is not None:
        joint = {k: [*j[:-1], [(asdict(row), worth) for row, worth in j.rows]] for k, j in warm.grid.joint.items()}
        rows = [asdict(row) for row in warm.grid.rows]
        told["grid"] = {"case": warm.grid.case, "own": warm.grid.own, "rows": rows, "joint": joint}
    if warm.cuts is not None:
        of, slope = warm.cuts, warm.cuts.cuts.slope
        told["cuts"] = {"blocks": of.blocks, "columns": of.columns}
        arrays |= {"cuts_penalty": of.penalty, "cuts_price": of.price}
        arrays |= {"cuts_block": of.cuts.block, "cuts_constant": of.cuts.constant, "cuts_prices": of.cuts.prices}
        arrays |= {"cuts_value": slope.data, "cuts_column": slope.indices, "cuts_start": slope.indptr}
    arrays["told"] = np.array(json.dumps(told, default=_plain))
    np.savez_compressed(folder / NAME, allow_pickle=False, **arrays)


def read_warm(folder: Path) -> Warm | None:
    """What `write_warm` wrote; None where there is nothing, or where another version of siting wrote it otherwise."""
    if not (folder / NAME).is_file():
        return None
    with np.load(folder / NAME, allow_pickle=False) as data:
        told, arrays = json.loads(str(data["told"])), {name: data[name] for name in data.files if name != "told"}
    if told["form"] != FORM:
        return None
    bases, grid, cuts = None, None, None
    if "frame" in told:
        of = {n: Basis(arrays[f"{n}_columns"], arrays[f"{n}_rows"]) for n in ("relaxation", "plan") if f"{n}_rows" in arrays}
        bases = Bases(Frame(**told["frame"]), of["relaxation"], of.get("plan"))
    if "grid" in told:
        of_grid = told["grid"]
        joint = {k: _joint(*parts) for k, parts in of_grid["joint"].items()}
        own, rows = [Headroom(*h) for h in of_grid["own"]], [_cut(row) for row in of_grid["rows"]]
        grid = GridRows(of_grid["case"], own, rows, joint)
    if "cuts" in told:
        starts, columns = arrays["cuts_start"], told["cuts"]["columns"]
        shape = len(starts) - 1, len(columns)
        slope = sp.csr_matrix((arrays["cuts_value"], arrays["cuts_column"], starts), shape)
        of_blocks = Cuts(arrays["cuts_block"], arrays["cuts_constant"], slope, arrays["cuts_prices"])
        cuts = KnownCuts(told["cuts"]["blocks"], columns, arrays["cuts_penalty"], arrays["cuts_price"], of_blocks)
    return Warm(bases, grid, cuts)


def _joint(
    total_mw: float,
    d_mw: list[float],
    corridors: dict[str, float],
    adequacy: float,
    situations: list[str],
    rounds: int,
    rule: str,
    rows: list[tuple[dict[str, Any], float]],
) -> Joint:
    binding = [(_cut(row), worth) for row, worth in rows]
    return Joint(total_mw, np.array(d_mw, float), corridors, adequacy, situations, rounds, rule, binding)


def _cut(row: dict[str, Any]) -> GridCut:
    return GridCut(**row | {name: np.array(row[name], float) for name in ("coefficients", "rise")})


def _plain(x: Any) -> Any:
    """Numbers of numpy as JSON has them."""
    return x.tolist()
