"""One table for every check the build makes, and the figures the checks are made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = ["part", "what", "variable", "period", "statistic", "value", "unit", "n"]


class Checks:
    """Collects rows; each part replaces its own earlier rows when it is built again."""

    def __init__(self) -> None:
        self.rows: list[tuple] = []

    def add(self, part, what, variable, period, statistic, value, unit, n) -> None:
        self.rows.append((part, what, variable, period, statistic, float(f"{float(value):.5g}"), unit, int(n)))

    def errors(self, part, what, variable, period, estimate, truth, unit) -> None:
        """Bias, RMSE and correlation of an estimate against the truth, over all finite pairs."""
        estimate, truth = np.asarray(estimate, float).ravel(), np.asarray(truth, float).ravel()
        good = np.isfinite(estimate) & np.isfinite(truth)
        difference = estimate[good] - truth[good]
        count = int(good.sum())
        self.add(part, what, variable, period, "bias", difference.mean(), unit, count)
        self.add(part, what, variable, period, "rmse", np.sqrt((difference**2).mean()), unit, count)
        if truth[good].std() > 0 and estimate[good].std() > 0:
            self.add(part, what, variable, period, "r", np.corrcoef(estimate[good], truth[good])[0, 1], "1", count)

    def write(self, path: Path) -> None:
        """Write the table; rows of parts that were not built this time are kept from the file."""
        new = pd.DataFrame(self.rows, columns=COLUMNS)
        if path.exists():
            old = pd.read_csv(path)
            new = pd.concat([old[~old["part"].isin(set(new["part"]))], new])
        new.sort_values("part", kind="stable").to_csv(path, index=False)
