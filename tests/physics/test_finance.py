"""Annuities and deflators, and the money that ships in the tables."""

from __future__ import annotations

import csv
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from siting.physics import finance

TABLES = Path(__file__).parents[2] / "data" / "technologies"
MARKS = {"found", "derived", "memory", "assumed", "speculative"}
COLUMNS = ["technology", "parameter", "value", "unit", "source", "note", "price_year", "mark"]


def deflators() -> dict[int, dict[str, float]]:
    with (TABLES / "deflators.csv").open() as f:
        return {int(r["year"]): {k: float(r[k]) for k in ("eur_index", "usd_index", "eur_per_usd")} for r in csv.DictReader(f)}


def test_annuity():
    rate, life = np.array([0.0, 1e-9, 0.05, 0.1]), 20.0
    got = finance.annuity(rate, life)
    np.testing.assert_allclose(got, [0.05, 0.05, 0.0802426, 0.1174596], rtol=1e-6)
    for r, a in zip(rate, got, strict=True):  # the payments are worth the investment
        assert sum(a / (1 + r) ** k for k in range(1, 21)) == pytest.approx(1.0)
    for bad in ((0.05, 0.0), (-1.0, 20.0)):
        with pytest.raises(ValueError, match="above"):
            finance.annuity(*bad)


def test_discount():
    assert float(finance.discount_factor(0.07, 2024, 2024)) == 1.0
    assert float(finance.discount_factor(0.07, 2030, 2024)) == pytest.approx(1.07**-6)


def test_deflate():
    table = deflators()
    assert set(table) >= set(range(2010, 2025))
    assert float(finance.deflate(5.0, 2024, 2024, "EUR", table)) == 5.0
    usd = float(finance.deflate(100.0, 2022, 2024, "USD", table))
    assert usd == pytest.approx(100 * 313.689 / 292.655 / 1.0824, rel=1e-4)  # deflated in dollars, then exchanged
    back = finance.deflate(finance.deflate(7.0, 2015, 2021, "EUR", table), 2021, 2015, "EUR", table)
    assert float(back) == pytest.approx(7.0)
    with pytest.raises(ValueError, match="EUR and USD"):
        finance.deflate(1.0, 2020, 2024, "GBP", table)
    with pytest.raises(ValueError, match="1999"):
        finance.deflate(1.0, 1999, 2024, "EUR", table)


def test_prices_rise_and_rates_are_plausible():
    table = [deflators()[y] for y in sorted(deflators())]
    for before, after in itertools.pairwise(table):
        for key in ("eur_index", "usd_index"):
            assert -0.001 < after[key] / before[key] - 1 < 0.09
    assert all(0.7 < y["eur_per_usd"] < 1.0 for y in table)


@pytest.mark.parametrize(
    "name", ["cooling", "generation", "storage", "servers", "tariffs", "carbon", "work", "levers", "growth", "cost_paths"]
)
def test_tables_say_where_every_number_is_from(name):
    with (TABLES / f"{name}.csv").open() as f:
        reader = csv.DictReader(f)
        assert reader.fieldnames == COLUMNS + ["low", "high"] * (name in ("cooling", "work", "levers", "growth", "generation"))
        rows = list(reader)
    keys = [(r["technology"], r["parameter"]) for r in rows]
    assert len(set(keys)) == len(keys)
    for r in rows:
        assert r["mark"] in MARKS and r["unit"], r
        assert r["source"] or r["note"] or r["mark"] == "assumed", r
        if r["unit"] != "name":
            assert np.isfinite(float(r["value"])), r
        if r.get("low"):  # a published range: uniform
            assert float(r["low"]) <= float(r["value"]) <= float(r["high"]), r
        assert ("EUR_2024" in r["unit"]) == (r["price_year"] == "2024"), r


def test_converted_money_is_what_its_source_says():
    with (TABLES / "cooling.csv").open() as f:
        hall = next(r for r in csv.DictReader(f) if (r["technology"], r["parameter"]) == ("air_economiser", "hall_capex"))
    usd_per_w = float(re.search(r"([\d.]+) USD/W", hall["note"]).group(1))
    expected = float(finance.deflate(usd_per_w * 1e6, 2025, 2024, "USD", deflators()))
    assert float(hall["value"]) == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize(
    ("technology", "usd_2022_per_kw"), [("geothermal", 6977), ("geothermal_egs", 8500), ("nuclear", 8198), ("smr", 10387)]
)
def test_firm_clean_plant_costs_what_is_published(technology, usd_2022_per_kw):
    """NREL ATB 2024, Moderate, 2030."""
    with (TABLES / "generation.csv").open() as f:
        row = next(r for r in csv.DictReader(f) if (r["technology"], r["parameter"]) == (technology, "capex"))
    assert float(row["value"]) == pytest.approx(
        finance.deflate(usd_2022_per_kw * 1e3, 2022, 2024, "USD", deflators()), rel=1e-4
    )
