"""Levers and edge: what each could save of each work, in the order in which they are worth taking."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError
from ..physics.levers import most_of_group, saving_in_order
from ..sources.ranges import OTHER_END, End, Ranges, read_ranges
from ..sources.tables import read_technologies
from ..study.study import Study
from ..study.workloads import Inference
from .money import folder_of


def levers(study: Study) -> dict[str, xr.DataArray]:
    """Saving, largest share, cost and group of each lever for each work, the cap, and the most that is saved of each work.

    A lever of a later year than the study's saves nothing yet. Raises DataError for a lever that the table lacks.
    """
    if study.levers is None:
        return {}
    path = folder_of(study) / "levers.csv"
    ranges, words = read_ranges(path), read_technologies(path)
    end, names = study.levers.parameters, list(study.levers.technologies)
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DataError(f"levers.technologies names '{twice[0]}' twice", path)
    alone = np.array([ranges.of(n, "saving").at(end) for n in names])
    share = np.array([ranges.of(n, "most_share").at(end) if _there(study, n, ranges, end) else 0.0 for n in names])
    cost = np.array([ranges.of(n, "cost").at(OTHER_END[end]) for n in names])
    on = [_word(words, n, "acts_on", path.name) for n in names]
    kinds = [_word(words, n, "work", path.name) for n in names]
    order = np.argsort(cost / np.maximum(alone, 1e-9), kind="stable")
    cap = study.levers.most_saved
    cap = ranges.of("together", "cap").at(end) if cap is None else cap
    works = list(study.work)
    of = {"lever": names, "workload": works}
    saving, most = np.zeros((len(names), len(works))), np.zeros((len(names), len(works)))
    for j, w in enumerate(study.work.values()):
        fits = np.array([k in ("inference" if w.kind == "batch" else w.kind, "both") for k in kinds])
        most[:, j] = np.where(fits, share, 0.0)
        saving[order, j] = saving_in_order(alone[order], most[order, j], np.array(on)[order])
    codes = np.array([list(dict.fromkeys(on)).index(a) for a in on], float)
    groups = [codes == g for g in np.unique(codes)]
    reached = np.array([sum(most_of_group(saving[g, j], most[g, j]) for g in groups) for j in range(len(works))])
    return {
        "lever_saving": xr.DataArray(saving, of),
        "lever_saving_alone": xr.DataArray(alone, {"lever": names}),
        "lever_share": xr.DataArray(most, of),
        "lever_cost": xr.DataArray(cost, {"lever": names}),
        "lever_acts_on": xr.DataArray(codes, {"lever": names}),
        "lever_cap": xr.DataArray(cap),
        "most_saved": xr.DataArray(np.minimum(reached, cap), {"workload": works}),
    }


def edge(study: Study, best: float = 1.0) -> dict[str, xr.DataArray]:
    """Least and most share of each work at the edge, its energy, PUE and cost; none before the year of its row.

    `best`: work per MW of the best chips there are, over the reference generation in which the work is counted. The edge keeps
    pace with them: its energy is that of the same work in halls, times its ratio.
    """
    works = [w.edge if isinstance(w, Inference) else None for w in study.work.values()]
    if not any(works):
        return {}
    ranges = read_ranges(folder_of(study) / "work.csv")
    end: End = next(w for w in works if w is not None).parameters
    of = {"workload": list(study.work)}
    ratio, pue, cost = (ranges.of("edge", p).at(OTHER_END[end]) for p in ("energy_ratio", "pue", "cost"))
    there, most = _there(study, "edge", ranges, end), ranges.of("edge", "most_share").at(end)
    least_share = [w.least_share if w and there else 0.0 for w in works]
    most_share = [(most if w.most_share is None else w.most_share) if w and there else 0.0 for w in works]
    return {
        "edge_least": xr.DataArray(least_share, of),
        "edge_most": xr.DataArray(np.maximum(most_share, least_share), of),
        "edge_energy_ratio": xr.DataArray(ratio / best),
        "edge_pue": xr.DataArray(pue),
        "edge_cost": xr.DataArray(cost),
    }


def speculative_rows(study: Study) -> pd.DataFrame:
    """Rows that the study uses and that no one can know: dated, with wide ranges."""
    asked: list[tuple[str, Ranges]] = []
    if study.levers is not None:
        table = read_ranges(folder_of(study) / "levers.csv")
        asked += [(n, table) for n in study.levers.technologies]
    if study.chips is not None:
        table = read_ranges(folder_of(study) / "chips.csv")
        asked += [(n, table) for n in study.chips.generations]
    if any(isinstance(w, Inference) and w.edge for w in study.work.values()):
        asked.append(("edge", read_ranges(folder_of(study) / "work.csv")))
    if study.generation:
        table = read_ranges(folder_of(study) / "generation.csv")
        asked += [(plant.technology or n, table) for n, plant in study.generation.items()]
    rows = [
        (name, parameter, row.value, row.low, row.high, row.unit, row.source, row.note)
        for name, table in asked
        for parameter, row in table.rows.get(name, {}).items()
        if row.mark == "speculative"
    ]
    return pd.DataFrame(rows, columns=["technology", "parameter", "value", "low", "high", "unit", "source", "note"])


def _there(study: Study, name: str, ranges: Ranges, end: End) -> bool:
    """Whether it is on offer in the study's year; a row without a year always is. At the low end it comes late."""
    row = ranges.rows.get(name, {}).get("exists_from")
    if row is None:
        return True
    if study.last_year is None:
        raise DataError(f"'{name}' has a row exists_from: the study needs 'year', the year planned for", ranges.path)
    return study.last_year >= row.at(OTHER_END[end])


def _word(words: dict[str, dict[str, float | str]], name: str, parameter: str, file: str) -> str:
    value = words[name].get(parameter)
    if not isinstance(value, str):
        raise DataError(f"lever '{name}' has no word '{parameter}'; add a row", file)
    return value
