"""Representative days: the choice does not hang on the last digit of a mean. Features are SYNTHETIC."""

from __future__ import annotations

import numpy as np
import pytest

from siting.inputs.periods import fit


@pytest.mark.parametrize("seed", [0, 2])  # both choose other days where the features are not rounded
def test_means_that_differ_in_the_last_digit_choose_the_same_days(seed: int):
    """Libraries add up in different orders; near-ties among days would be broken by that."""
    rng = np.random.default_rng(seed)
    features = rng.normal(10.0, 3.0, size=(90, 6))
    targets = features.mean(axis=0)
    noise = 1.0 + rng.uniform(-1e-14, 1e-14, size=features.shape)
    one, other = fit(features, targets, 5), fit(features * noise, targets * noise[0], 5)
    assert one[0].tolist() == other[0].tolist()
    assert one[1] == pytest.approx(other[1], rel=1e-9)
