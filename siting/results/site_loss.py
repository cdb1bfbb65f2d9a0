"""N+1 over sites, told: what the others have to carry and have, with each open site lost."""

from __future__ import annotations

import pandas as pd

from ..inputs.inputs import Inputs
from ..inputs.site_loss import Losses
from .solution import Solution


def loss_table(s: Solution, inputs: Inputs) -> pd.DataFrame:
    """One row an open site, in a study whose work asks for N+1: MW of IT, with generations of chips MW of the reference
    generation. `spare_mw` is over all users together: single regions may have less."""
    rule = Losses.of(inputs)
    assert rule is not None
    d = s.data
    relieved = d["workloads_relieved"].to_series() if "workloads_relieved" in d else pd.Series(0.0, inputs.study.work)
    users = sum(mw * (1 - relieved[w]) for (w, _), mw in zip(rule.users, rule.peak, strict=True))
    firm = d["workloads_firm" if inputs.study.chips is None else "chips_ready_work"].to_series()
    rows = []
    for site in d["site"].values[d["sites_open"].values > 0.5]:
        others = float(firm.sum() - firm[site])
        rows.append((str(site), float(firm[site]), float(users), others, others - float(users)))
    return pd.DataFrame(rows, columns=["lost", "firm_mw", "users_peak_mw", "others_firm_mw", "spare_mw"])
