"""Chips: performance, cost and needs of each generation, what is on sale, and how long what was bought stands.

What is bought for a stage stands through it (renewed there as often as its life asks) and, of a later stage, through the part
of the years that the last of it is still within its life: the mean MW of the stage's years.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import xarray as xr

from ..errors import DataError
from ..physics import finance
from ..sources.ranges import read_ranges
from ..sources.tables import read_technologies
from ..study.study import Study
from .money import Technologies


def chips(
    study: Study, sites: gpd.GeoDataFrame, technologies: Technologies, year: int | None = None
) -> dict[str, xr.DataArray]:
    """Arrays of the generations; `year` is the stage's (the last, if not given).

    Raises DataError for a generation that the table lacks or no hall can hold, and where none is on sale yet.
    """
    if study.chips is None:
        return {}
    year = study.last_year if year is None and study.stages is not None else year
    path, names = technologies.folder / "chips.csv", list(study.chips.generations)
    ranges, words, of = read_ranges(path), read_technologies(path), {"chip": names}

    def row(parameter: str) -> np.ndarray:
        return np.array([ranges.of(c, parameter).value for c in names])

    performance = np.array([ranges.of(c, "performance").at(study.chips.parameters) for c in names])
    now = study.year if year is None else year
    sold = np.ones(len(names), bool) if now is None else row("first_year") <= now
    life = row("life")
    stands, bought_in = _stands(study, life, year)
    cost = row("capex") * (finance.annuity(study.finance.real_rate, life) + row("fom"))
    existing = _existing(study, sites, year)
    there = sold | (existing.sum(axis=0) > 0)
    if not sold.any():
        first = ", ".join(f"{c} from {y:.0f}" for c, y in zip(names, row("first_year"), strict=True))
        raise DataError(f"no generation of chips is on sale in {now}: {first}; name an older one in chips.generations", path)
    best = performance[there].max()
    return {
        "chip_performance": xr.DataArray(performance, of),
        "chip_cost": xr.DataArray(cost, of),
        "chip_carbon": xr.DataArray(technologies.number("carbon", study.servers, "embodied") / life, of),
        "chip_idle": xr.DataArray(row("idle_share"), of),
        "chip_on_sale": xr.DataArray(sold.astype(float), of),
        "chip_stands": xr.DataArray(stands, of | {"bought_in": bought_in}),
        "chip_existing": xr.DataArray(existing, {"site": sites["site"].tolist(), "chip": names}),
        "chip_fits": xr.DataArray(_fits(study, technologies, ranges.rows, words), of | {"cooling": _halls(study)}),
        "chip_best": xr.DataArray(float(best)),
        "chip_least_cost": xr.DataArray(float(best * (cost / performance)[sold].min())),
    }


def _stands(study: Study, life: np.ndarray, year: int | None) -> tuple[np.ndarray, list[int]]:
    """Share of the MW bought in each stage that stands in this one, (chip, stage of purchase), and the stages' years."""
    if study.stages is None or year is None:
        return np.ones((len(life), 1)), [study.year or 0]
    years, spans = list(study.stages.years), study.stages.stands_for
    now, out = years.index(year), np.zeros((len(life), len(years)))
    for i, (first, span) in enumerate(zip(years, spans, strict=True)):
        end = first + np.ceil(span / life) * life
        out[:, i] = np.clip((end - year) / spans[now], 0.0, 1.0) if i < now else float(i == now)
    return out, years


def _existing(study: Study, sites: gpd.GeoDataFrame, year: int | None) -> np.ndarray:
    """MW of existing chips within their life, (site, chip)."""
    assert study.chips is not None
    out, own = np.zeros((len(sites), len(study.chips.generations))), study.chips.existing
    if own is None:
        return out
    if study.stages is None or year is None:
        share = 1.0 if study.year is None or own.until_year > study.year else 0.0
    else:
        span = study.stages.stands_for[list(study.stages.years).index(year)]
        share = float(np.clip((own.until_year - year) / span, 0.0, 1.0))
    out[:, study.chips.generations.index(own.generation)] = share * sites["existing_it_mw"].to_numpy(float)
    return out


def _halls(study: Study) -> list[str]:
    assert study.cooling is not None
    return list(study.cooling.technologies)


def _fits(study: Study, technologies: Technologies, ranges: dict, words: dict[str, dict[str, float | str]]) -> np.ndarray:
    """Which halls can cool which generation, (chip, cooling): by what it needs and how dense its racks are."""
    assert study.chips is not None
    table, path = technologies.cooling, technologies.folder / "chips.csv"
    out = np.ones((len(study.chips.generations), len(_halls(study))))
    for i, c in enumerate(study.chips.generations):
        needs, dense = words[c].get("needs"), ranges[c].get("rack_kw")
        for j, k in enumerate(_halls(study)):
            if needs is not None and table[k].get("cools") != needs:
                out[i, j] = 0.0
            if dense is not None and technologies.number("cooling", k, "rack_kw_max") < dense.value:
                out[i, j] = 0.0
        if not out[i].any():
            told = " ".join(str(x) for x in (needs, f"{dense.value:g} kW/rack" if dense else "") if x)
            raise DataError(f"no hall of cooling.technologies can hold '{c}' ({told}): add one that can", path)
    return out
