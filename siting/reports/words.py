"""Words of the reports: numbers with thousands separators, names of lines and columns, sentences that say what was found."""

from __future__ import annotations

import math
import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..results.solution import Solution

AT_LIMIT = 1e-3
"""A connection within this share of its headroom counts as at the limit."""

LINES = {
    "sites.servers": "Servers and network",
    "sites.opened": "Opening of sites",
    "cooling.halls": "Halls with their cooling",
    "cooling.land": "Land of halls",
    "cooling.rejection": "Heat rejection for the worst hour, over what halls have",
    "water.fresh": "Fresh water",
    "heat.pipes": "Heat pipes and exchangers",
    "heat.pumps": "Heat pumps",
    "heat.pumping": "Running of heat pumps, without electricity",
    "heat.sold": "Heat sold",
    "water.reclaimed": "Reclaimed water",
    "generation.plant": "Own plant",
    "generation.running": "Fuel and running of own plant",
    "generation.sold": "Sale of own clean energy, less the fee",
    "generation.land": "Land of own plant",
    "storage.power": "Storage: power part",
    "storage.energy": "Storage: energy part",
    "storage.wear": "Storage: ageing by use",
    "storage.land": "Land of storage",
    "grid.connection": "Grid connection",
    "grid.energy": "Imported energy at spot price",
    "grid.tariff": "Network tariff and levies on energy",
    "contracts.settled": "Contracts, settled against spot",
    "carbon.price_location": "Carbon price on import (location-based)",
    "carbon.price_market": "Carbon price on import (market-based)",
    "carbon.price_consequence": "Carbon price on import (consequence)",
    "carbon.price_onsite": "Carbon price on fuel burnt on site",
    "carbon.price_embodied": "Carbon price on embodied carbon",
}
UNITS = (  # endings of a column's name, the longer before one that it ends with
    ("_eur_2024_per_year", "EUR_2024/year"),
    ("_eur_2024_per_mwh", "EUR_2024/MWh"),
    ("_eur_2024_per_ha", "EUR_2024/ha"),
    ("_eur_2024_per_mw_year", "EUR_2024/MW/year"),
    ("_eur_2024_per_mw", "EUR_2024/MW"),
    ("_eur_2024_per_point", "EUR_2024/year and point"),
    ("_mwh_per_year", "MWh/year"),
    ("_mw_per_hour", "MW/h"),
    ("_t_per_year", "t/year"),
    ("_m3_per_year", "m³/year"),
    ("_t_per_mwh", "t/MWh"),
    ("_mwh", "MWh"),
    ("_mva", "MVA"),
    ("_mw", "MW"),
    ("_kv", "kV"),
    ("_km", "km"),
    ("_ms", "ms"),
    ("_ha", "ha"),
)
KEYS = {
    "bus",
    "bus0",
    "bus1",
    "bought_in",
    "branch",
    "year",
    "id",
    "hour",
    "block",
    "month",
    "line",
    "fleet",
    "stage",
    "opens",
    "waits_until",
    "exists_from",
}
SYNTHETIC = re.compile(r"\b(synthetic|modelled|assumed|estimated|proxy|stylised)\b", re.IGNORECASE)


def number(value: Any, digits: int = 3) -> str:
    """A number as people read it: thousands separated, `digits` significant ones, a dash where there is none.

    >>> number(1234567.8), number(12.345), number(0.00012345), number(float("nan")), number(float("inf"))
    ('1,234,568', '12.3', '0.000123', '–', 'unlimited')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer)):
        return f"{value:,}"
    if not isinstance(value, (float, np.floating)):
        return str(value)
    value = float(value) + 0.0
    if math.isinf(value):
        return "unlimited" if value > 0 else "minus unlimited"
    if abs(value) < 1e-9:
        return "0"
    if abs(value) < 1e-4 or abs(value) >= 1e12:
        return f"{value:.{digits - 1}e}"
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{decimals}f}"


def megawatts(value: float) -> str:
    """
    >>> megawatts(1300.0), megawatts(50.0), megawatts(2.5)
    ('1,300 MW', '50 MW', '2.5 MW')
    """
    return f"{value:,.0f} MW" if value >= 10 else f"{value:.3g} MW"


def millions(value: float, digits: int = 3) -> str:
    """
    >>> millions(10294438735.5), millions(17968816.2)
    ('10,294', '18.0')
    """
    return number(float(value) / 1e6, digits)


def percent(share: float) -> str:
    """
    >>> percent(0.4617), percent(0.00174)
    ('46 %', '0.17 %')
    """
    return f"{number(100.0 * share, 2)} %"


def plain(name: str) -> str:
    """
    >>> plain("air_economiser")
    'air economiser'
    """
    return str(name).replace("_", " ")


def line_name(line: str) -> str:
    """A line of the ledger in words.

    >>> line_name("grid.energy"), line_name("storage.battery_power")
    ('Imported energy at spot price', 'Storage: battery power')
    """
    if line in LINES:
        return LINES[line]
    block, _, what = line.partition(".")
    return f"{block.capitalize()}: {plain(what)}" if what else plain(line).capitalize()


def header(column: str) -> str:
    """A column's name with its unit in brackets.

    >>> header("least_eur_2024_per_year"), header("flow_mw"), header("reason")
    ('least [EUR_2024/year]', 'flow [MW]', 'reason')
    """
    for ending, unit in UNITS:
        if str(column).endswith(ending):
            return f"{plain(str(column)[: -len(ending)])} [{unit}]"
    return str(column) if "[" in str(column) or " " in str(column) or "/" in str(column) else plain(column)


def key_column(name: str) -> bool:
    """Columns whose whole numbers are names, not amounts."""
    return str(name) in KEYS


def cooling_of(sites: gpd.GeoDataFrame) -> pd.Series:
    """The main cooling technology of each site: the one with most MW of IT; empty where none is installed."""
    columns = [c for c in sites.columns if c.startswith("it_mw_")]
    if not columns or sites.empty:
        return pd.Series("", index=sites.index, dtype=object)
    amounts = sites[columns].astype(float).fillna(0.0)
    main = amounts.idxmax(axis=1).str.removeprefix("it_mw_")
    return main.where(amounts.max(axis=1) > 1e-6, "").astype(object)


def at_headroom(solution: Solution) -> list[str]:
    """Chosen sites whose connection is all that their own bus gives."""
    chosen = solution.chosen
    if not {"connection_mw", "own_headroom_mw"} <= set(chosen.columns):
        return []
    full = chosen["connection_mw"] >= chosen["own_headroom_mw"] * (1 - AT_LIMIT)
    return [str(n) for n in chosen.loc[full & (chosen["connection_mw"] > 0), "site"]]


def binding_corridors(solution: Solution) -> list[str]:
    """Branches that limit the chosen connections together, the dearest first, as `between A and B`, the places at the ends."""
    note = solution.notes.get("corridors")
    if note is None or "corridor" not in note:
        return []
    where = "between " + note["between"] if "between" in note else "at " + note["corridor"]
    return [str(n) for n in dict.fromkeys(where.where(note["corridor"] != "system adequacy", "in system adequacy"))]


def some(names: list[str], most: int = 3) -> str:
    """
    >>> some(["a", "b"]), some(["a", "b", "c", "d"], 2)
    ('a and b', 'a, b and 2 more')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "none"


def finding(solution: Solution) -> str:
    """The finding in one sentence: how much IT, at how many sites, where most of it is, and where headroom binds."""
    chosen = solution.chosen
    if chosen.empty:
        return "No site is chosen"
    total = float(chosen["it_mw"].sum())
    sites = f"{len(chosen)} site{'s' if len(chosen) > 1 else ''}"
    parts = [f"{megawatts(total)} of IT at {sites}{_where(chosen, total)}"]
    full, corridors = at_headroom(solution), binding_corridors(solution)
    if full:
        parts.append(f"headroom binds at {some(full, 2)}")
    if corridors:
        more = len(corridors) - 1
        also = f" and on {more} more corridor{'s' if more > 1 else ''}" if more else ""
        parts.append(f"the grid binds {corridors[0]}{also}")
    if not full and not corridors and len(chosen) > 1:
        parts.append(f"the largest is {chosen['site'].iloc[0]} with {megawatts(float(chosen['it_mw'].iloc[0]))}")
    if solution.total("penalty") > 1e-3:
        parts.append("NOT every rule is kept")
    return "; ".join(parts)


def _where(chosen: gpd.GeoDataFrame, total: float) -> str:
    if "state" not in chosen or total <= 0 or len(chosen) < 2:
        return ""
    states = chosen[chosen["state"].fillna("").astype(str) != ""].groupby("state")["it_mw"].sum().sort_values()
    return f", {percent(float(states.iloc[-1]) / total)} in {states.index[-1]}" if len(states) else ""


def gap_words(solution: Solution) -> list[str]:
    """What the proven gap means."""
    o = solution.outcome
    gap, objective = float(o["gap"]), float(o["objective"])
    status = {"optimal": "The gap asked for is proven.", "limit": "The time limit came before the gap asked for was proven."}
    if _in_money(solution):
        first = (
            f"This plan costs {millions(objective, 6)} M EUR_2024/year. No plan under the same assumptions can cost less than "
            f"{millions(float(o['bound']), 6)}: at most {millions(gap)} M EUR_2024/year could still be saved."
        )
    else:
        first = (
            f"The objective of this plan is {number(objective)} a year. No plan under the same assumptions can be below "
            f"{number(float(o['bound']))}: at most {number(gap)} could still be saved."
        )
    return [
        first,
        f"That is {percent(float(o['gap_of_objective']))} of the objective. What every plan pays (servers, the least halls and "
        f"energy) tells sites apart in nothing; of the rest, the siting-dependent cost, the gap is "
        f"{percent(float(o['gap_of_siting_dependent_cost']))}. Differences smaller than the gap are not proven.",
        status.get(str(o["status"]), "The search was stopped early; this is the best plan it had found."),
        *effort_words(solution),
        *left_out_words(solution),
    ]


def left_out_words(solution: Solution) -> list[str]:
    """What the study asks for and this solution has not."""
    if "left_out" not in solution.outcome:
        return []
    return [f"Left out, as a what-if beside a solved study: {solution.outcome['left_out']}."]


def effort_words(solution: Solution) -> list[str]:
    """How a plan was proved block by block: on how many hours it began, and for how many the gap holds."""
    o = solution.outcome
    if "passes" not in o:
        return []
    blocks, first, length = int(float(o["blocks"])), int(float(o["first_blocks"])), solution.data.sizes["hour"]
    hours, times = f"{blocks * length:,}", int(float(o["passes"]))
    if not first:
        return [f"Solved block by block; the gap is proven for all {hours} hours, which were solved {times} times."]
    return [
        f"Planned on {first * length:,} of {hours} hours, then proven on all of them: within "
        f"{percent(float(o['gap_of_siting_dependent_cost']))} of the siting-dependent cost of the full {hours} hours, which "
        f"were solved {times} times."
    ]


def _in_money(solution: Solution) -> bool:
    cost = solution.total("cost")
    return abs(float(solution.outcome["objective"]) - cost - solution.total("penalty")) <= 1e-3 * max(abs(cost), 1.0)


def worth_words(row: pd.Series) -> str:
    """What a chosen site is worth: at most how much more the best plan without it costs, in words."""
    if "without_found_eur_2024_per_year" not in row.index or pd.isna(row["without_found_eur_2024_per_year"]):
        return ""  # nobody asked, or there was no time
    found = float(row["without_found_eur_2024_per_year"])
    if math.isinf(found):
        return "no plan near this one does without it"
    worth = f"at most {millions(found)} M EUR_2024/year more, with {row['without_instead']} instead"
    return f"interchangeable: a plan without it is as good within the gap ({worth})" if is_interchangeable(row) else worth


def is_interchangeable(row: pd.Series) -> bool:
    value = row.get("interchangeable", False)
    return not pd.isna(value) and str(value).lower() in ("true", "1", "1.0")


def interchangeable_words(solution: Solution) -> str:
    """On the sites that could as well be others, and on those not tried; empty when nobody asked what each site is worth."""
    chosen = solution.chosen
    if "without_found_eur_2024_per_year" not in chosen or chosen.empty:
        return ""
    same = [str(row["site"]) for _, row in chosen.iterrows() if is_interchangeable(row)]
    tried = int(chosen["without_found_eur_2024_per_year"].notna().sum())
    all_tried = tried == len(chosen)
    out = [] if all_tried else [f"A plan without it was looked for at {tried} of {len(chosen)} sites: no time was left."]
    if same:
        verb = "is interchangeable" if len(same) == 1 else "are interchangeable, each by itself"
        out.append(f"{some(same, 100)} {verb}: a plan without it was found that is as good within the proven gap.")
    elif tried:
        which = "No chosen site" if all_tried else "None of these"
        out.append(f"{which} was found interchangeable: every plan found without one of them costs more than the gap.")
    return " ".join(out)
