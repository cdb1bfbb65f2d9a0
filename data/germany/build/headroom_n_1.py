"""N-1 headroom of each substation place alone, in the most loaded hours of the built-in study: which are worth keeping.

    python data/germany/build/headroom_n_1.py

Not a part of the build itself: it needs the program, and the files that the build makes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import siting
from siting.inputs.candidates import candidates
from siting.inputs.prepare import prepare
from siting.physics.security import RowPool
from siting.solve.grid.check import GridCheck
from siting.solve.grid.secure_base import secured

FOLDER = Path(__file__).resolve().parents[1]
HOURS = 6
N_1 = {
    "security": "n_1",
    "security_factor": 1.0,
    "situations": {"extremes": False, "all_hours_of_days": True, "design_peak_mw": None},
}


def main() -> None:
    """Write headroom_n_1.csv: the least over the hours whose network is furthest from secure, and those of most demand."""
    study = siting.read_study(FOLDER.parents[1] / "models" / "germany.yaml").with_(grid=N_1, sites={"headroom": None})
    case = prepare(study).grid
    assert case is not None and case.outages is not None
    pool = RowPool(case.outages)
    hours = secured(case.network, case.situations, pool)
    over = [(h.overloaded["base_flow_mw"] - h.overloaded["rating_mw"]).sum() for h in hours]
    demand = [h.demand_mw.sum() for h in hours]
    hardest = {int(k) for of in (over, demand) for k in np.argsort(of)[-HOURS // 2 :]}
    places = candidates(study)
    bus = case.network.index(places["bus"].tolist())
    check = GridCheck(case.network, [hours[k] for k in sorted(hardest)], bus, case.adequacy, pool)
    found = check.firm_headroom()
    table = pd.DataFrame(
        {
            "bus": places["bus"],
            "firm_mw": [round(h.headroom_mw, 1) for h in found],
            "in_hour": [h.situation for h in found],
            "binds": [h.binding for h in found],
        }
    )
    table.to_csv(FOLDER / "headroom_n_1.csv", index=False)


if __name__ == "__main__":
    main()
