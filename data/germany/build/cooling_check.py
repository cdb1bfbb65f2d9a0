"""What the errors of the typical year mean for cooling: yearly PUE and WUE by the project's own models."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
CHECKED = ("air_economiser", "water_economiser", "dry_cooler_liquid")  # one a family
TABLE = ROOT / "data" / "technologies" / "cooling.csv"


def models():
    """(function of air, {technology: function}, {technology: parameters}), or None where they are not there."""
    sys.path.append(str(ROOT))
    try:
        from siting.physics import air, cooling
    except ImportError:
        return None
    if not TABLE.is_file():
        return None
    parameters: dict[str, dict[str, float]] = {}
    names: dict[str, str] = {}
    with TABLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["parameter"] == "model":
                names[row["technology"]] = row["value"]
            elif row["unit"] != "name":
                parameters.setdefault(row["technology"], {})[row["parameter"]] = float(row["value"])
    functions = {t: cooling.MODELS[m] for t, m in names.items() if t in CHECKED}
    return air.state, functions, parameters


def yearly(found, weather: dict[str, np.ndarray], pressure: np.ndarray) -> dict[tuple[str, str], float]:
    """Mean PUE and WUE of one year of weather, by technology."""
    state, functions, parameters = found
    outdoor = state(weather["dry_bulb_c"], weather["dew_point_c"], pressure)
    result = {}
    for technology, model in functions.items():
        performance = model(outdoor, parameters[technology])
        result[technology, "pue"] = float(np.mean(performance.pue))
        result[technology, "wue_l_per_kwh"] = float(np.mean(performance.wue_l_per_kwh))
    return result
