"""Curves: the same study at one value after the other of a limit. What each further point of carbon-free energy costs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .inputs.prepare import prepare
from .pipeline import cfe_curve as of_inputs
from .solve.highs import Tell
from .study.study import Study


def cfe_curve(study: Study, shares: Sequence[float], tell: Tell | None = None) -> pd.DataFrame:
    """The least cost at each share of carbon-free energy, ascending: the table of `results.cfe_curve`; inputs prepared once.

    The same as `solver.cfe_curve` of the study, without the plan that asks for no share.

    Raises StudyError where the study limits `cfe` already, minimises something else, or a share is none.
    """
    return of_inputs(prepare(study.with_(solver={"cfe_curve": list(shares)})), tell)
