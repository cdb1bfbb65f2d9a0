"""Study → Inputs: candidates, hours, climate, work, money, headroom, in this order."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import xarray as xr

from ..errors import StudyError
from ..study.study import Study
from . import files, money, periods, prices, source_water
from . import hours as hours_
from .candidates import candidates, closed
from .carbon import carbon
from .chips import chips
from .contracts import contracts
from .cooling import accepts, cooling, not_available
from .dates import dated
from .fleet import fleet
from .flexible import flexible
from .generation import beside_the_record, generation, plant_prices, technology_of
from .generation import notes as generation_notes
from .headroom import grid_case
from .heat import heat
from .heat import notes as heat_notes
from .inputs import Inputs, described
from .levers import edge, levers, speculative_rows
from .reinforcement import reinforcement
from .screening import screened
from .stages import staged, unavoidable
from .storage import storage, storage_prices
from .water import water, with_basin
from .weather import Weather
from .work_units import resolved
from .workloads import workloads


def prepare(study: Study) -> Inputs:
    """Read every source of the study and make arrays of it.

    Raises StudyError or DataError with the file, the value and the rule; all missing files at once.
    """
    files.exist(study)
    study, way = resolved(study)
    _weather_where_needed(study)
    table = with_basin(study, candidates(study))
    source_water.of_candidates(study, table)
    hours = hours_.from_table(study, study.path(study.hours.table)) if study.hours.table else periods.representative(study)
    technologies = money.Technologies.read(study)
    if study.grid is not None and "state_code" in table:
        own = table["land_price_eur_2024_per_ha"]
        table["land_price_eur_2024_per_ha"] = own.fillna(table["state_code"].map(technologies.land_price))
    table = dated(study, table, technologies)
    weather = Weather.of(study, table[table["kept"]], hours)
    table = closed(screened(study, table, hours, weather, technologies), study)
    sites = table[table["kept"]].reset_index(drop=True)
    weather = weather.only(sites["site"].tolist())
    parts: dict[str, xr.DataArray] = dict(hours.data)
    parts |= _site_arrays(study, sites, technologies)
    parts |= workloads(study, sites, hours)
    parts |= levers(study)
    parts |= cooling(study, sites, weather, technologies, hours)
    parts |= accepts(study, technologies)
    parts |= chips(study, sites, technologies)
    parts |= edge(study, float(parts.get("chip_best", 1.0)))
    parts |= water(study, sites, technologies)
    parts |= heat(study, sites, hours, technologies, parts.get("return_c"))
    parts |= generation(study, sites, weather, hours, technologies)
    parts |= storage(study, sites, technologies)
    parts |= storage_prices(study)
    if study.generation:
        parts |= plant_prices(study, parts["plant_cost"], technologies)
    parts |= contracts(study, sites, hours, technologies)
    parts |= carbon(study, hours)
    parts |= money.connection(study, sites, technologies)
    parts |= flexible(study, hours, parts.get("connection_cost"))
    parts |= money.penalties(parts)
    case = grid_case(study, sites, hours, technologies)
    parts |= reinforcement(case.steps if case else ())
    data = described(staged(study, xr.Dataset(parts), sites, technologies, case.steps if case else ()))
    if hours.time is not None:
        again = data.sizes["block"] // hours.shape[0]
        data = data.assign_coords(time=(("block", "hour"), np.tile(hours.time, (again, 1))))
    notes = way | hours.notes | weather.notes | generation_notes(study, technologies) | heat_notes(study)
    notes |= beside_the_record(study, data, technologies)
    if "can_cool" in parts:
        notes["not_available"] = not_available(data)
    if len(guesses := speculative_rows(study)):
        notes["speculative"] = guesses
    if study.finance.cost_paths:
        rows = {g: technology_of(study, g) for g in study.generation}
        rows |= {f"{u}: {part}": f"{u}_{part}" for u in study.storage for part in ("power", "energy")}
        notes["cost_paths"] = prices.told(study, rows)
    notes["sources"] = files.sources(study, technologies.folder if technologies.tables else None)
    plants = fleet(study, sites, hours, technologies)
    inputs = Inputs(study, table, data, case, 0.0, notes, plants)
    return replace(inputs, unavoidable_cost=unavoidable(inputs))


def _weather_where_needed(study: Study) -> None:
    """Groups that need weather beside a plain table of hours, and the other way round."""
    problems = []
    if study.hours.table is not None:
        if study.cooling is not None and study.cooling.hours is None:
            problems.append(
                "cooling beside a plain hours.table needs cooling.hours (PUE and WUE by hour), or weather (hours.observed …)"
            )
    elif study.cooling is not None and study.cooling.hours is not None:
        problems.append("cooling.hours goes with hours.table; with weather, PUE and WUE are computed")
    if study.grid is not None and study.cooling is None:
        problems.append("a grid group needs a cooling group: power at the meter is what halls take")
    if problems:
        raise StudyError(problems, study.name)


def _site_arrays(study: Study, sites: gpd.GeoDataFrame, technologies: money.Technologies) -> dict[str, xr.DataArray]:
    at = {"site": sites["site"].tolist()}

    def of(values: object) -> xr.DataArray:
        return xr.DataArray(np.asarray(values, float), at)

    module = study.sites.module_mw
    room = (sites["max_it_mw"] - sites["existing_it_mw"]).clip(lower=0.0)
    if module is not None:
        room = np.floor(room / module + 1e-9) * module
    out = {
        "must_open": of((sites["choice"] == "must") | (sites["least_it_mw"] > sites["existing_it_mw"])),
        "may_open": of(sites["choice"] != "never"),
        "existing_it": of(sites["existing_it_mw"]),
        "least_it": of(sites["least_it_mw"]),
        "room_for_new_it": of(room),
        "land_available": of(sites["land_ha"].fillna(1e6)),
        "land_rent": of(sites["land_price_eur_2024_per_ha"].fillna(0.0) * study.finance.real_rate),
        "site_cost": of(
            sites["fixed_cost_eur_2024_per_year"] + technologies.substation(study, sites) + technologies.spur_line(study, sites)
        ),
    }
    if study.stages is not None and study.stages.closing:
        out["site_upkeep"] = of(sites["fixed_cost_eur_2024_per_year"])
    if module is not None:
        out["module_mw"] = xr.DataArray(module)
    return out | technologies.servers(study)
