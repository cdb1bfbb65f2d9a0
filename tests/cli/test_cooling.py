"""`siting cooling WEATHER --at LON LAT`."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from siting.cli import main

TYPICAL = str(Path(__file__).resolve().parents[2] / "data" / "germany" / "weather_typical.nc")


def siting(*words: str):
    return CliRunner().invoke(main, ["cooling", *words])


def test_a_place():
    got = siting(TYPICAL, "--at", "8.7", "50.1", "--technology", "air_economiser", "--technology", "dry_cooler", "--draws", "4")
    assert got.exit_code == 0, got.output
    assert "Weather of 8.75 E, 50.25 N" in got.output and "8,760 hours" in got.output
    economiser = next(line for line in got.output.splitlines() if "air_economiser" in line)
    assert "1.121" in economiser and "8,7" in economiser  # PUE; hours of free cooling


def test_problems_are_told():
    many = siting(TYPICAL)
    assert many.exit_code == 1 and "many places (lon 5.75 to 15.25, lat 47.25 to 55.25)" in many.output
    far = siting(TYPICAL, "--at", "100", "0")
    assert far.exit_code == 1 and "does not cover" in far.output
    unknown = siting(TYPICAL, "--at", "8.7", "50.1", "--technology", "ice")
    assert unknown.exit_code == 1 and "there is no cooling technology 'ice'; the table has: air_economiser" in unknown.output
    sea = siting(TYPICAL, "--at", "8.7", "50.1", "--technology", "sea_water")
    assert sea.exit_code == 1 and "sea_temperature_c" in sea.output


def test_a_lake_beside_the_place():
    twelve = "4,4,5,8,12,16,19,19,16,12,8,5"
    got = siting(TYPICAL, "--at", "8.7", "50.1", "--technology", "sea_water", "--source-water", twelve)
    assert got.exit_code == 0, got.output
    assert next(line for line in got.output.splitlines() if "sea_water" in line).split()[1] == "1.157"  # all free below 22 degC
    assert "not available here" in siting(TYPICAL, "--at", "8.7", "50.1").output
    assert siting(TYPICAL, "--source-water", "4,5").exit_code == 2
