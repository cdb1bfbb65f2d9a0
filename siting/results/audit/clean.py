"""Clean energy and carbon recomputed: own plant, contracts by delivery zone, the grid's share, what the study counts."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from ...inputs.inputs import Inputs
from .compare import at_price, paid_for
from .consequence import of_sites

Year = Callable[[xr.DataArray], xr.DataArray]
Sums = dict[str, xr.DataArray]
Apart = dict[str, dict[str, float]]  # account -> place that is no site -> amount


def own_plant(d: xr.Dataset, year: Year, sums: Sums, inputs: Inputs) -> None:
    """Cost, land, carbon and clean energy of plant behind the meter, added to `sums`."""
    if "generation_built" not in d:
        return
    built, used = paid_for(d, "generation_built"), d["generation_used"]
    for account, rate in (("land", "plant_land"), ("land_nearby", "plant_land_nearby"), ("carbon_embodied", "plant_carbon")):
        sums[account] = sums[account] + (d[rate] * built).sum("generator")
    sold = d["generation_sold"].fillna(0.0) if "generation_sold" in d else xr.zeros_like(used)
    sums["clean"] = year(used * d["plant_clean"])
    sums["procured"] = year((used + sold) * d["plant_clean"])
    sums["excess"] = year(sold)
    sums["carbon_onsite"] = year(d["plant_direct_carbon"] * used)
    plant = (d["plant_cost"] * at_price(d, "generation_built")).sum("generator")
    sums["cost"] = sums["cost"] + plant + year(d["plant_variable_cost"] * (used + sold))
    grid = inputs.study.grid
    if grid is not None and grid.excess_sale is not None:
        sums["cost"] = sums["cost"] + year((grid.excess_sale.fee_eur_2024_per_mwh - d["spot_price"]) * sold)


def contracts(d: xr.Dataset, year: Year, sums: Sums, inputs: Inputs) -> Apart:
    """Matched energy at the sites added to `sums`; settlement, what is procured and what is left by zone."""
    additional = inputs.study.additionality is not None
    sums["additional"] = sums["clean"] if additional else sums["additional"]
    if "contracts_matched" not in d:
        return {}
    matched, w = d["contracts_matched"], d["weight"]
    new = d["contracts_matched_new"] if "contracts_matched_new" in d else matched * float(d["contract_new"].max())
    sums["additional"] = sums["additional"] + (year(new) if additional else 0.0)
    sums["clean"] = sums["clean"] + year(matched)
    produced = (d["contract_profile"] * d["contracts_contracted"] * w).sum(["block", "hour"])
    settled = ((d["contract_strike"] - d["spot_price"]) * d["contract_profile"] * d["contracts_contracted"] * w).sum()
    apart: Apart = {"cost": {"everywhere": float(settled)}, "procured": {}, "excess": {}}
    zone = {c: contract.zone or "everywhere" for c, contract in inputs.study.contracts.items()}
    for z in set(zone.values()):
        of_zone = [c for c in d["contract"].values if zone[c] == z]
        sites = inputs.sites.loc[inputs.sites["zone"].astype(str) == z, "site"] if z != "everywhere" else d["site"].values
        here = produced.sel(contract=of_zone)
        apart["procured"][z] = float((here * d["contract_new"]).sum())
        apart["excess"][z] = float(here.sum() - year(matched).sel(site=list(sites)).sum())
    return apart


def carbon(d: xr.Dataset, year: Year, sums: Sums, apart: Apart, inputs: Inputs) -> None:
    """The accounts of import, the carbon-free energy, and what the study counts, with its price."""
    if "grid_imported" not in d:
        return
    imported = d["grid_imported"]
    left = imported - d["contracts_matched"] if "contracts_matched" in d else imported
    sums["carbon_location"] = year(d["carbon_average"] * imported) if "carbon_average" in d else sums["carbon_location"]
    sums["carbon_market"] = year(d["carbon_residual"] * left) if "carbon_residual" in d else sums["carbon_market"]
    if "carbon_marginal" in d:
        sums["carbon_consequence"] = year(d["carbon_marginal"] * imported)
    if "dispatch_with" in d:
        sums["carbon_consequence"] = year(of_sites(d))
    sums["cfe"] = sums["clean"] + (year(d["grid_clean_share"] * left) if "grid_clean_share" in d else 0.0)
    asked = inputs.study.carbon
    if asked is not None:
        sums["carbon_counted"] = sums[f"carbon_{asked.counts}"] + sums["carbon_onsite"] + sums["carbon_embodied"]
        sums["cost"] = sums["cost"] + asked.price_eur_2024_per_t * sums["carbon_counted"]
        for place, amount in apart.get(f"carbon_{asked.counts}", {}).items():
            apart.setdefault("carbon_counted", {})[place] = amount
            of_place = apart.setdefault("cost", {})
            of_place[place] = of_place.get(place, 0.0) + asked.price_eur_2024_per_t * amount
