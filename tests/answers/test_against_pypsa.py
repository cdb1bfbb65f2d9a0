"""The capacity plan of wind, sun, battery and connection for one site, by PyPSA and by us on the same inputs."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from siting.pipeline import solve

from .clean_case import SITE, clean_case, prepared

HOURS = 48


def by_pypsa(d, demand: float, least: float) -> float:
    """EUR a year of energy and of what supplies it; `d` are the prepared arrays."""
    pypsa = pytest.importorskip("pypsa", reason="pypsa is an oracle of the tests only: pip install 'siting[dev]'")
    n = pypsa.Network()
    n.set_snapshots(pd.RangeIndex(HOURS))
    weights = n.snapshot_weightings.astype(float)  # whole numbers by default in some versions
    weights["objective"] = 8760 / HOURS
    weights[["stores", "generators"]] = 1.0
    n.snapshot_weightings = weights
    n.add("Bus", ["site", "cells"])
    n.add("Load", "facility", bus="site", p_set=demand)
    price = (d["spot_price"] + d["energy_tariff"]).values[0]
    n.add(
        "Generator", "import", bus="site", p_nom_extendable=True, p_nom_min=least, marginal_cost=price,
        capital_cost=float(d["connection_cost"][0]),
    )  # fmt: skip
    for g in d["generator"].values:
        n.add(
            "Generator", g, bus="site", p_nom_extendable=True, p_nom_max=float(d["max_plant"].sel(generator=g)[0]),
            capital_cost=float(d["plant_cost"].sel(generator=g)),
            p_max_pu=d["availability"].sel(site=SITE, generator=g).values[0],
        )  # fmt: skip
    b = d.sel(storage="battery")
    into, out = float(b["charge_efficiency"]), float(b["discharge_efficiency"])
    n.add("Store", "battery", bus="cells", e_nom_extendable=True, e_cyclic=True, capital_cost=float(b["storage_energy_cost"]))
    n.add(
        "Link", "charger", bus0="site", bus1="cells", efficiency=into, p_nom_extendable=True,
        capital_cost=float(b["storage_power_cost"]),
    )  # fmt: skip
    n.add("Link", "discharger", bus0="cells", bus1="site", efficiency=out, p_nom_extendable=True)

    def one_inverter(n, snapshots) -> None:
        power = n.model["Link-p_nom"]
        n.model.add_constraints(power.loc["charger"] - out * power.loc["discharger"] == 0, name="one-inverter")

    status, _ = n.optimize(solver_name="highs", extra_functionality=one_inverter, log_to_console=False)
    assert status == "ok"
    return float(n.objective)


def test_wind_sun_and_battery(tmp_path):
    case = clean_case(
        HOURS,
        generation={
            "pv": {"max_mw_per_site": 60, "profile": "sun.csv"},
            "wind": {"max_mw_per_site": 25, "profile": "wind.csv"},
        },
        storage={"battery": {"max_mw_per_site": 1000, "max_mwh_per_site": 10000}},
    )
    case.tables["hours.csv"]["spot_price_eur_2024_per_mwh"] *= 3.0
    inputs = prepared(case, tmp_path)
    inputs.data["storage_energy_cost"] = inputs.data["storage_energy_cost"] / 4  # so that a battery is worth it
    ours = solve(inputs)
    assert ours.data["generation_built"].min() > 0.1
    assert ours.data["storage_energy"].item() > 1.0
    lines = ours.accounts[ours.accounts["account"] == "cost"].groupby("line")["value"].sum()
    supply = lines[lines.index.str.startswith(("grid.", "generation.", "storage."))].sum()
    d = ours.data
    demand = float((d["power_per_it"] * d["cooling_carried"]).sum("cooling").isel(block=0, hour=0).item())
    demand += float((d["idle_power"] * d["cooling_installed"]).sum())
    least = float((d["idle_power"] * d["cooling_installed"] + d["design_power_per_it"] * d["cooling_firm_in"]).sum())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = by_pypsa(inputs.data, demand, least)
    assert supply == pytest.approx(theirs, rel=1e-6)
    assert np.isclose(ours.outcome["objective"] - float(lines.sum()), 0.0, atol=1.0)
