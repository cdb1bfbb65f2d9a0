"""Figures of the dispatch on the built-in German fleet: seconds, the mix against the record, what a flat load brings where.

python tests/benchmarks/dispatch.py [days]      prints; nothing is asserted
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import siting
from siting.inputs.candidates import candidates
from siting.inputs.fleet import fleet
from siting.inputs.money import Technologies
from siting.inputs.periods import representative
from siting.results.consequence import balance, by_fuel, by_plant, consequence

GERMANY = Path(__file__).resolve().parents[2] / "models" / "germany.yaml"
LOAD_MW = 500.0
PLACES = ("Hamburg", "Munich", "Frankfurt")  # the candidate nearest to each


def main(days: int) -> None:
    study = siting.read_study(GERMANY).with_(
        hours={"days": days}, carbon={"counts": "location", "dispatch": {"fleet_year": "2011-15"}}
    )
    table, hours = candidates(study), representative(study)
    wanted = [table.index[table["site"].str.startswith(p)][0] for p in PLACES if table["site"].str.startswith(p).any()]
    sites = table.loc[wanted].reset_index(drop=True)
    grid = fleet(study, sites, hours, Technologies.read(study))
    assert grid is not None
    weight, n_hours = hours.data["weight"].values, hours.data["carbon_average"].sizes["hour"]
    flat = np.full((1, days, n_hours), LOAD_MW)
    for i, site in enumerate(sites["site"]):
        here = replace(grid, bus=grid.bus[[i]])
        start = time.perf_counter()
        c = consequence(here, flat, weight)
        seconds = time.perf_counter() - start
        if i == 0:
            made = c.without.output
            carbon = np.einsum("p,pdt->dt", here.plants["carbon_t_per_mwh"].to_numpy(float), made)
            print(f"{days * n_hours} hours, with and without: {seconds:.1f} s")
            print(f"carbon of the mix {c.year(carbon) / c.year(made.sum(axis=0)):.3f} t/MWh, the record has "
                  f"{float((hours.data['carbon_average'] * hours.data['weight']).sum()) / 8760:.3f}")  # fmt: skip
            mix = pd.Series(c.year(made) / 1e6, index=here.plants["carrier"]).groupby(level=0).sum().round(1)
            print("TWh a year:", mix[mix > 0].sort_values(ascending=False).to_dict())
        told = balance(c).set_index("quantity")["value"]
        fuels = by_fuel(by_plant(c, "zone"), c).set_index("fuel")
        shares = fuels["share_of_the_load"].round(2)
        print(f"{LOAD_MW:.0f} MW at {site}: {told['carbon per MWh of import, short-run']:.3f} t/MWh, "
              f"curtailed taken up {told['from wind and sun that would be curtailed'] / told.iloc[0]:.1%}, "
              f"kept alive {fuels['kept_alive_mw'].sum():.0f} MW, {shares[shares.abs() > 0.005].to_dict()}")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
