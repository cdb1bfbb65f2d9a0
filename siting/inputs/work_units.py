"""Work in its own units → MW and MWh of IT, with every step of the way, its factor and its source, for the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pandas as pd

from ..errors import DataError
from ..physics import work as physics
from ..sources.ranges import End, Ranged, Ranges, read_ranges
from ..study.study import Study
from ..study.work_units import Growth, Runs, Served
from ..study.workloads import Inference, Training
from .money import folder_of

Values = Mapping[str, float]
Given = tuple[str, float, str]  # factor, what the way gives with it, unit


class Way(NamedTuple):
    """From an amount of work to an amount of IT: the factors, in order, and what each step gives."""

    factors: dict[str, Ranged]
    gives: Callable[[Values], list[Given]]

    def at(self, ends: Mapping[str, End]) -> list[Given]:
        return self.gives({name: row.at(ends.get(name, "central")) for name, row in self.factors.items()})

    def last(self, ends: Mapping[str, End]) -> float:
        return self.at(ends)[-1][1]

    def ends(self, wanted: End) -> dict[str, End]:
        """The end of each factor's range that gives least (`low`) or most (`high`) IT."""
        if wanted == "central":
            return {}
        pick = min if wanted == "low" else max
        both: tuple[End, End] = ("low", "high")
        return {name: pick(both, key=lambda e: self.last({name: e})) for name in self.factors}


def resolved(study: Study) -> tuple[Study, dict[str, pd.DataFrame]]:
    """The study with every work in MW or MWh of IT, and the note `work`: the way from units to MW, step by step.

    A study in plain MW is left as it is. Raises DataError for a row that the tables lack.
    """
    asked = {n: w for n, w in study.work.items() if units(w) is not None}
    if not asked:
        return study, {}
    table = read_ranges(folder_of(study) / "work.csv")
    work, rows = dict(study.work), []
    for name, w in asked.items():
        if isinstance(w, Inference):
            assert w.units is not None
            way, end = way_of_served(w.units, w.peak_over_mean, table), w.units.parameters
            peak = way.last(way.ends(end))
            work[name] = w.model_copy(update={"peak_it_mw": peak})
        else:
            assert isinstance(w, Training) and w.runs is not None
            way, end = way_of_runs(w.runs, table), w.runs.parameters
            energy = way.last(way.ends(end))
            rate = energy / w.runs.per_year / (24 * w.runs.days)
            work[name] = w.model_copy(update={"mwh_it_per_year": energy, "max_it_mw": max(rate, energy / 8760)})
        rows += _rows(name, way, end)
    return study.model_copy(update={"work": work}), {"work": pd.DataFrame(rows)}


def units(w: Inference | Training) -> Served | Runs | None:
    return w.units if isinstance(w, Inference) else w.runs


def typed(value: float, unit: str) -> Ranged:
    """A number of the study as a factor."""
    return Ranged(value, value, value, unit, "the study", "", "")


def way_of_served(asked: Served, peak_over_mean: float, table: Ranges) -> Way:
    """Mean day of users → MW of IT at the peak."""
    server, idle = table.of("server", "overhead"), table.of("server", "idle_factor")
    peak = typed(peak_over_mean, "MW/MW")
    if asked.requests_per_day is not None:
        assert asked.request is not None
        row = asked.request
        factors = {
            "requests_per_day": typed(asked.requests_per_day, "1/day"),
            "chip_wh": table.of(row, "chip_wh"),
            "host_overhead": table.of(row, "host_overhead"),
            "idle_factor": idle,
            "peak_over_mean": peak,
        }

        def of_requests(v: Values) -> list[Given]:
            a_second = v["requests_per_day"] / physics.DAY_S
            mw = a_second * v["chip_wh"] * 3600 / 1e6
            host = mw * v["host_overhead"]
            mean = host * v["idle_factor"]
            return [
                ("requests_per_day", a_second, "requests/s"),
                ("chip_wh", mw, "MW of chips"),
                ("host_overhead", host, "MW of servers at work"),
                ("idle_factor", mean, "MW of IT, mean"),
                ("peak_over_mean", mean * v["peak_over_mean"], "MW of IT at the peak"),
            ]

        return Way(factors, of_requests)
    assert asked.tokens_per_day is not None and asked.model is not None and asked.chip is not None
    factors = {
        "tokens_per_day": typed(asked.tokens_per_day, "tokens/day"),
        "active_parameters": table.of(asked.model, "active_parameters"),
        "peak_flop_per_s": table.of(asked.chip, "peak_flop_per_s"),
        "utilisation": table.of("inference", "utilisation"),
        "chip_w": table.of(asked.chip, "chip_w"),
        "server_overhead": server,
        "idle_factor": idle,
        "peak_over_mean": peak,
    }

    def of_tokens(v: Values) -> list[Given]:
        tokens = v["tokens_per_day"] / physics.DAY_S
        flop = tokens * float(physics.flop_per_token(v["active_parameters"]))
        n = float(physics.chips(flop, v["peak_flop_per_s"], v["utilisation"]))
        server, mean = (float(physics.it_power_mw(n, v["chip_w"], v["server_overhead"], i)) for i in (1.0, v["idle_factor"]))
        return [
            ("tokens_per_day", tokens, "tokens/s"),
            ("active_parameters", flop, "FLOP/s"),
            ("peak_flop_per_s", flop / v["peak_flop_per_s"], "chips at their peak"),
            ("utilisation", n, "chips"),
            ("chip_w", n * v["chip_w"] / 1e6, "MW of chips"),
            ("server_overhead", server, "MW of servers at work"),
            ("idle_factor", mean, "MW of IT, mean"),
            ("peak_over_mean", mean * v["peak_over_mean"], "MW of IT at the peak"),
        ]

    return Way(factors, of_tokens)


def way_of_runs(asked: Runs, table: Ranges) -> Way:
    """Runs of a year → MWh of IT a year."""
    chip = {"chip_w": table.of(asked.chip, "chip_w"), "server_overhead": table.of("server", "overhead")}
    chip["per_year"] = typed(asked.per_year, "1/year")
    if asked.gpu_hours is not None:
        first = {"gpu_hours": typed(asked.gpu_hours, "h")}
    else:
        if asked.flop is not None:
            first = {"flop": typed(asked.flop, "FLOP")}
        else:
            assert asked.model_parameters is not None and asked.tokens is not None
            first = {"model_parameters": typed(asked.model_parameters, "1"), "tokens": typed(asked.tokens, "tokens")}
        first["peak_flop_per_s"] = table.of(asked.chip, "peak_flop_per_s")
        first["utilisation"] = table.of("training", "utilisation")
        first["effective_time"] = table.of("training", "effective_time")

    def of_runs(v: Values) -> list[Given]:
        out: list[Given] = []
        if "gpu_hours" in v:
            hours = v["gpu_hours"]
            out.append(("gpu_hours", hours, "chip-hours"))
        else:
            if "flop" in v:
                flop = v["flop"]
                out.append(("flop", flop, "FLOP"))
            else:
                flop = float(physics.training_flop(v["model_parameters"], v["tokens"]))
                out.append(("model_parameters", v["model_parameters"], "parameters"))
                out.append(("tokens", flop, "FLOP"))
            at_peak, at_work, hours = (
                float(physics.chip_hours(flop, v["peak_flop_per_s"], u, e))
                for u, e in ((1.0, 1.0), (v["utilisation"], 1.0), (v["utilisation"], v["effective_time"]))
            )
            out.append(("peak_flop_per_s", at_peak, "chip-hours at their peak"))
            out.append(("utilisation", at_work, "chip-hours at work"))
            out.append(("effective_time", hours, "chip-hours"))
        chips, servers = (float(physics.training_mwh(hours, v["chip_w"], o)) for o in (1.0, v["server_overhead"]))
        out.append(("chip_w", chips, "MWh of chips"))
        out.append(("server_overhead", servers, "MWh of IT a run"))
        out.append(("per_year", servers * v["per_year"], "MWh of IT a year"))
        return out

    return Way(first | chip, of_runs)


def _rows(name: str, way: Way, end: End) -> list[dict[str, object]]:
    """The way as rows: each step, its factor with range and source, what it gives, and the result with that factor alone at
    either end of its range."""
    ends = way.ends(end)
    rows = []
    for factor, gives, unit in way.at(ends):
        row = way.factors[factor]
        alone: dict[End, float] = {e: way.last({**ends, factor: e}) for e in ("low", "high")}
        rows.append(
            {
                "work": name,
                "step": factor.replace("_", " "),
                "factor": row.at(ends.get(factor, "central")),
                "factor_unit": row.unit,
                "low": row.low,
                "high": row.high,
                "gives": gives,
                "gives_unit": unit,
                "result_at_low": alone["low"],
                "result_at_high": alone["high"],
                "source": row.source,
                "mark": row.mark,
                "note": row.note,
            }
        )
    return rows


def growth_factor(study: Study, growth: Growth | None, year: int | None) -> float:
    """Work of `year` over that of the growth's `from_year`; 1 where work does not grow."""
    if growth is None:
        return 1.0
    assert year is not None  # the study says so
    if growth.per_year is not None:
        return float((1 + growth.per_year) ** (year - growth.from_year))
    table = read_ranges(folder_of(study) / "growth.csv")
    assert growth.path is not None
    if growth.path not in table.rows:
        table.of(growth.path, "")
    points = {int(y): row.value for y, row in table.rows[growth.path].items()}
    try:
        return physics.path_factor(list(points), list(points.values()), growth.from_year, year)
    except ValueError as e:
        raise DataError(f"growth path '{growth.path}': {e}; add a row, or choose other years", table.path) from None
