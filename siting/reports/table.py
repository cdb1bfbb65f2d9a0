"""Tables for people: chosen sites, costs by line, accounts; and why a site was chosen or not, in sentences.

Units stand in the headers; values are numbers (the report formats them) except where a column holds words.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import DataError, nearest
from ..results.solution import Solution
from ..study.accounts import ACCOUNTS
from . import words

PUE_YEAR = "annual PUE, typical year, at reference load"
PUE_DAYS = "PUE, modelled days, at reference load"
PUE_RUN = "PUE, modelled days, as operated"
WORTH = ("a plan without it costs more, at most [M EUR_2024/year]", "instead")


def chosen_table(solution: Solution) -> pd.DataFrame:
    """One row a chosen site, largest first."""
    chosen = solution.chosen
    out = pd.DataFrame({"site": chosen["site"].astype(str)})
    if "state" in chosen:
        out["state"] = chosen["state"].fillna("").astype(str)
    out["IT [MW]"] = chosen["it_mw"].astype(float)
    out["cooling"] = [_cooling(row) for _, row in chosen.iterrows()]
    for column, title in (("connection_mw", "connection [MW]"), ("pv_mw", "PV [MW]"), ("wind_mw", "wind [MW]")):
        if column in chosen:
            out[title] = chosen[column].astype(float)
    for title, values in _pue(solution).items():
        out[title] = chosen["site"].map(values)
    if "water_m3_per_year" in chosen:
        out["water [m³/year]"] = chosen["water_m3_per_year"].astype(float).round() + 0.0
    if "cost_eur_2024_per_year" in chosen:
        out["cost [M EUR_2024/year]"] = chosen["cost_eur_2024_per_year"].astype(float) / 1e6
    if "without_found_eur_2024_per_year" in chosen:
        worth = chosen["without_found_eur_2024_per_year"].astype(float) / 1e6
        out[WORTH[0]] = worth.replace(np.inf, np.nan)
        missing = {True: "no plan near this one does without it", False: "not tried: no time was left"}
        out[WORTH[1]] = [i if np.isfinite(w) else missing[bool(np.isinf(w))] for i, w in zip(chosen["without_instead"], worth)]
        same = [words.is_interchangeable(row) for _, row in chosen.iterrows()]
        out["interchangeable"] = [
            "yes, within the gap" if yes else "" if np.isnan(w) else "no" for yes, w in zip(same, worth, strict=True)
        ]
    return out.reset_index(drop=True)


def short_table(solution: Solution) -> pd.DataFrame:
    """What a terminal has room for: one row a chosen site."""
    full = chosen_table(solution)
    out = pd.DataFrame(
        {
            "site": full["site"],
            "IT MW": full["IT [MW]"],
            "cooling": [c.rsplit(" ", 2)[0] if c.endswith(" MW") and "," not in c else c for c in full["cooling"]],
        }
    )
    for title, short in (("connection [MW]", "grid MW"), (PUE_YEAR, "PUE year"), ("cost [M EUR_2024/year]", "M EUR/a")):
        if title in full:
            out[short] = full[title]
    if WORTH[0] in full:
        out["+M EUR/a without it"] = full[WORTH[0]]
    return out


def cost_table(solution: Solution) -> pd.DataFrame:
    """Cost of a year by line of the ledger, dearest first, with its share."""
    cost = solution.accounts[solution.accounts["account"] == "cost"].groupby("line")["value"].sum().sort_values(ascending=False)
    whole = float(cost.sum())
    return pd.DataFrame(
        {
            "cost of": [words.line_name(str(n)) for n in cost.index],
            "ledger line": cost.index.astype(str),
            "M EUR_2024/year": cost.to_numpy(float) / 1e6,
            "share [%]": 100 * cost.to_numpy(float) / whole if whole else 0.0,
        }
    )


def curve_table(curve: pd.DataFrame) -> pd.DataFrame:
    """The curve of carbon-free energy (`results.cfe_curve`) as people read it."""
    return pd.DataFrame(
        {
            "at least [%]": 100 * curve["least_cfe"],
            "reached [%]": 100 * curve["cfe"],
            "cost [M EUR_2024/year]": curve["cost_eur_2024_per_year"] / 1e6,
            "each point [M EUR_2024/year]": curve["price_eur_2024_per_point"] / 1e6,
            "open by the gaps [M EUR_2024/year]": curve["gaps_eur_2024_per_point"] / 1e6,
            "plan": curve["plan"],
        }
    )


def account_table(solution: Solution) -> pd.DataFrame:
    """Every total that the plan counts, by line: carbon accounts stand side by side and are never added up."""
    rows = []
    for name, account in ACCOUNTS.items():
        lines = solution.accounts[solution.accounts["account"] == name]
        if account.kind != "total" or name == "cost" or lines.empty:
            continue
        by_line = lines.groupby("line")["value"].sum()
        unit = str(lines["unit"].iloc[0]).replace("m3", "m³")
        for line, value in by_line.items():
            rows.append((words.plain(name), str(line), float(value), unit, account.meaning))
    return pd.DataFrame(rows, columns=["account", "ledger line", "value", "unit", "meaning"])


def figures(solution: Solution) -> list[tuple[str, str, str]]:
    """Key figures as (name, value with unit, note), of those that the solution holds."""
    d, out = solution, []
    it, facility = _energy(d, "it_power"), _energy(d, "facility_energy")
    out.append(("Cost", f"{words.millions(d.total('cost'))} M EUR_2024/year", "investments as annuities"))
    if it > 0 and facility > 0:
        note = "facility energy over IT energy of the modelled days"
        out.append(("PUE as operated", f"{facility / it:.3f}", note))
    out += _carbon(d, it)
    if "water" in set(d.accounts["account"]):
        per = f"{words.number(d.total('water') / it)} L per kWh of IT" if it > 0 else ""
        out.append(("Water withdrawn", f"{words.number(d.total('water'))} m³/year", per))
    net = d.total("net_demand")
    if net > 0 and "clean" in set(d.accounts["account"]):
        note = "own plant and contracts in the same hour; the grid's own clean share is not in it"
        out.append(("Own and contracted clean energy", f"{words.percent(d.total('clean') / net)} of net demand", note))
    if net > 0 and "grid_clean_share" in d.data:
        note = "hour by hour: own plant, contracts, and the grid's own share of the rest of the import"
        out.append(("Carbon-free energy (CFE)", f"{words.percent(d.total('cfe') / net)} of net demand", note))
    return out


CARBON = {
    "carbon_location": "Carbon, location-based",
    "carbon_market": "Carbon, market-based",
    "carbon_consequence": "Carbon, consequence of the load",
    "carbon_onsite": "Carbon, fuel burnt on site",
    "carbon_embodied": "Carbon, embodied",
    "carbon_counted": "Carbon that the study counts",
}


def _carbon(d: Solution, it: float) -> list[tuple[str, str, str]]:
    """The accounts side by side, and whether they disagree in direction."""
    shown = [name for name in CARBON if d.total(name) != 0 or name in ("carbon_location", "carbon_market")]
    known = set(d.accounts["account"])
    out = []
    for name in shown:
        if name in known:
            per = f"{words.number(1000 * d.total(name) / it)} kg per MWh of IT" if it > 0 else ""
            out.append((CARBON[name], f"{words.number(d.total(name))} t/year", per))
    changes = d.notes.get("carbon")
    if changes is not None and bool(changes["disagree"].any()):
        moved = {str(a): float(t) for a, t in zip(changes["account"], changes["change_t_per_year"], strict=True)}
        told = ", ".join(
            f"{words.plain(a)} {'falls' if t < 0 else 'rises'} by {words.number(abs(t))} t/year" for a, t in moved.items()
        )
        out.append(("The accounts disagree in direction", told, "against the same load all bought from the grid"))
    return out


def explain(solution: Solution, site: str) -> list[str]:
    """Why a site was chosen or not, in sentences with numbers. Raises DataError when there is no such candidate."""
    found = solution.sites[solution.sites["site"].astype(str) == str(site)]
    if found.empty:
        valid = sorted(solution.sites["site"].astype(str))
        close = nearest(str(site), valid)
        raise DataError(
            f"no candidate is called '{site}'; {close if len(valid) < 30 or 'did you' in close else 'see the sites'}"
        )
    row = found.iloc[0]
    if not bool(row["kept"]):
        return [f"{site} was dropped before the model: {row['reason'] or 'no reason is recorded'}."]
    others = solution.chosen[solution.chosen["site"].astype(str) != str(site)]
    out = [_verdict(solution, row)]
    if words.worth_words(row):
        out.append(f"Against the best plan without it: {words.worth_words(row)}.")
    out += _costs(solution, str(site), others)
    out += _against(solution, str(site), others)
    return [*out, *_headroom(solution, row), *_reach(solution, str(site))]


def _cooling(row: pd.Series) -> str:
    parts = {c.removeprefix("it_mw_"): float(row[c]) for c in row.index if str(c).startswith("it_mw_") and row[c] > 1e-6}
    if len(parts) < 2:
        return words.plain("".join(parts))
    return ", ".join(f"{words.plain(k)} {words.megawatts(mw)}" for k, mw in sorted(parts.items(), key=lambda p: -p[1]))


def _pue(solution: Solution) -> dict[str, pd.Series]:
    """PUE of each site by its halls: of the typical year, of the days at the same load, and of the days as operated."""
    d, out = solution.data, {}
    if "cooling_installed" in d:
        halls = d["cooling_installed"].fillna(0.0)
        share = halls / halls.sum("cooling").where(lambda mw: mw > 1e-6)
        if "pue_typical_year" in d:
            out[PUE_YEAR] = (share * d["pue_typical_year"]).sum("cooling", min_count=1).to_series()
        if "pue" in d and "weight" in d:
            days = (d["pue"] * d["weight"]).sum(["block", "hour"]) / (d["weight"].sum() * d.sizes["hour"])
            out[PUE_DAYS] = (share * days).sum("cooling", min_count=1).to_series()
    places = solution.accounts.groupby(["account", "place"])["value"].sum()
    if {"facility_energy", "it_power"} <= set(solution.accounts["account"]):
        it = places["it_power"]
        out[PUE_RUN] = (places["facility_energy"] / it.where(it > 0)).dropna()
    return out


def _energy(solution: Solution, account: str) -> float:
    rows = solution.accounts[(solution.accounts["account"] == account) & (solution.accounts["unit"] == "MWh/year")]
    return float(rows["value"].sum())


def _verdict(solution: Solution, row: pd.Series) -> str:
    if not bool(row["open"]):
        alone = row.get("cost_of_100_mw_eur_2024_per_year", np.nan)
        text = f"{row['site']} was a candidate of the model and is not chosen"
        mean = _mean(solution.chosen, "cost_of_100_mw_eur_2024_per_year")
        if pd.isna(alone) or np.isnan(mean):
            return text + "."
        more = float(alone) - mean
        return (
            f"{text}: its first 100 MW of IT cost {words.millions(alone)} M EUR_2024/year without servers, "
            f"{words.millions(abs(more))} {'more' if more > 0 else 'less'} than the chosen sites' mean."
        )
    rank = list(solution.chosen["site"]).index(row["site"]) + 1
    cooled = f", cooled by {_cooling(row)}" if _cooling(row) else ""
    size = f"{words.megawatts(float(row['it_mw']))} of IT{cooled} (number {rank} of {len(solution.chosen)} by size)"
    return f"{row['site']} is chosen with {size}."


def _mean(sites: pd.DataFrame, column: str) -> float:
    return float(sites[column].astype(float).mean()) if column in sites and len(sites) else float("nan")


def _costs(solution: Solution, site: str, others: pd.DataFrame) -> list[str]:
    """Cost lines per MW of IT against the other chosen sites together, the largest differences first."""
    it = solution.sites.set_index("site")["it_mw"].astype(float)
    if it.get(site, 0) <= 1e-6 or others.empty:
        return []
    cost = solution.accounts[solution.accounts["account"] == "cost"].pivot_table("value", "line", "place", "sum", 0.0)
    if site not in cost:
        return []
    names = [n for n in others["site"] if n in cost]
    here, there = cost[site] / it[site], cost[names].sum(axis=1) / max(it[names].sum(), 1e-9)
    out = [
        f"It costs {words.number(here.sum() / 1e3)} thousand EUR_2024 per MW of IT and year; "
        f"the other chosen sites cost {words.number(there.sum() / 1e3)}."
    ]
    for line in (here - there).abs().sort_values(ascending=False).index[:4]:
        if abs(here[line] - there[line]) > 0.5:
            out.append(
                f"{words.line_name(str(line))}: {words.number(here[line] / 1e3)} thousand EUR_2024 per MW and year, against "
                f"{words.number(there[line] / 1e3)} at the other chosen sites."
            )
    return out


def _against(solution: Solution, site: str, others: pd.DataFrame) -> list[str]:
    """Climate, wind, sun, connection and land: the site's figure against the mean of the other chosen sites."""
    d = solution.data
    if "site" not in d.coords or site not in d["site"].values:
        return []
    rows: list[tuple[str, pd.Series, str, int]] = []
    if "pue_typical_year" in d:
        best = d["pue_typical_year"].min("cooling").to_series()
        rows.append(("Annual PUE of the typical year with its best cooling", best, "", 4))
    if "availability" in d and "weight" in d:
        factor = 100 * (d["availability"] * d["weight"]).sum(["block", "hour"]) / (d["weight"].sum() * d.sizes["hour"])
        for g in d["generator"].values:
            rows.append((f"Capacity factor of {g} on the modelled days", factor.sel(generator=g).to_series(), " %", 3))
    for name, title, unit in (
        ("connection_cost", "Connection", " EUR_2024 per MW and year"),
        ("land_rent", "Land", " EUR_2024 per ha and year"),
    ):
        if name in d and d[name].dims == ("site",):
            rows.append((title, d[name].to_series(), unit, 3))
    names = [n for n in others["site"] if n in d["site"].values]
    out = []
    for title, values, unit, digits in rows:
        told = words.number(float(values[names].mean()), digits) if names else ""
        mean = f"; the other chosen sites have {told}{unit} on average" if names else ""
        out.append(f"{title}: {words.number(float(values[site]), digits)}{unit}{mean}.")
    return out


def _headroom(solution: Solution, row: pd.Series) -> list[str]:
    own, used = row.get("own_headroom_mw", np.nan), row.get("connection_mw", np.nan)
    if pd.isna(own):
        return []
    if pd.isna(used) or float(used) <= 1e-6:
        return [f"Its bus alone could connect {words.megawatts(float(own))}."]
    binds = " This limit binds." if str(row["site"]) in words.at_headroom(solution) else ""
    share = f"{words.percent(used / own)} of the {words.megawatts(float(own))}"
    return [f"Its connection of {words.megawatts(float(used))} uses {share} that its bus alone could connect.{binds}"]


def _reach(solution: Solution, site: str) -> list[str]:
    """Which user regions the site may serve, and the round trip."""
    d = solution.data
    if "reachable" not in d or site not in d["site"].values:
        return []
    out = []
    for w in d["workload"].values:
        reach = d["reachable"].sel(workload=w, site=site)
        wanted = d["has_demand"].sel(workload=w) > 0.5 if "has_demand" in d else reach >= 0
        regions, served = list(d["region"].values[wanted.values]), list(d["region"].values[(wanted & (reach > 0.5)).values])
        if not regions:
            continue
        text = f"For {words.plain(w)} it reaches {len(served)} of {len(regions)} user regions within the latency limit"
        if "round_trip" in d:
            trips = d["round_trip"].sel(site=site)
            far = {r: "" if r in served else " (too far)" for r in regions}
            text += ": " + ", ".join(f"{r} {float(trips.sel(region=r)):.1f} ms{far[r]}" for r in regions)
        out.append(text + ".")
    return out
