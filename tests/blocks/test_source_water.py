"""Cooling that a place cannot have: no hall of it is built there, whatever it would save."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from siting.errors import InputsError
from siting.inputs.cooling import available, not_available
from siting.pipeline import solve

from .small import three_sites


def test_no_hall_where_the_technology_is_not_available(tmp_path):
    case = three_sites()
    case.raw["limits"] = {}
    inputs = case.inputs(tmp_path)
    free = solve(inputs)
    loved = free.data["cooling_installed"].to_series().idxmax()
    can = xr.ones_like(inputs.data["idle_power"])
    can.loc[dict(zip(("site", "cooling"), loved, strict=True))] = 0.0
    got = solve(replace(inputs, data=inputs.data.assign(can_cool=can)))
    assert float(free.data["cooling_installed"].sel(site=loved[0], cooling=loved[1])) > 0
    assert float(got.data["cooling_installed"].sel(site=loved[0], cooling=loved[1])) == 0
    assert np.isnan(got.sites.set_index("site").loc[loved[0], f"pue_typical_year_{loved[1]}"])
    assert got.outcome["objective"] >= free.outcome["objective"] - 1e-6
    row = not_available(got.data).iloc[0]
    assert (row["site"], row["cooling"]) == loved and "no sea, lake or river" in row["reason"]


def arrays(existing: float) -> dict[str, xr.DataArray]:
    """Site `inland` has no water for `sea`."""
    at = {"site": ["coast", "inland"], "cooling": ["sea", "air"]}
    standing = xr.DataArray([[0.0, 0.0], [existing, 0.0]], at)
    return {"pue_typical_year": xr.DataArray([[1.16, 1.2], [np.nan, 1.3]], at), "existing_halls": standing}


def test_what_is_not_available_is_told():
    got = available(arrays(0.0))
    assert got["can_cool"].values.tolist() == [[1, 1], [0, 1]]
    assert float(got["pue_typical_year"].sel(site="inland", cooling="sea")) == 1.3  # no better than what can be there
    with pytest.raises(InputsError, match="site 'inland' has halls with cooling 'sea', but no sea, lake or river"):
        available(arrays(50.0))
    with pytest.raises(InputsError, match="site 'inland' has no sea, lake or river for its only cooling"):
        available({name: a.sel(cooling=["sea"]) for name, a in arrays(0.0).items()})
    everywhere = {name: a.fillna(1.2) for name, a in arrays(0.0).items()}
    assert available(everywhere) == everywhere
