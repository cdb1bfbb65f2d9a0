"""Work in its own units: published runs and prompts, and a study in tokens against the same study in MW."""

from __future__ import annotations

import numpy as np
import pytest

import siting
from siting.errors import DataError, InputsError, StudyError
from siting.inputs.money import SHIPPED
from siting.inputs.prepare import prepare
from siting.inputs.work_units import resolved, way_of_runs, way_of_served
from siting.physics import work as physics
from siting.sources.ranges import read_ranges
from siting.study.read import parse, to_yaml
from siting.study.work_units import Runs, Served
from tests.blocks.small import three_sites, two_sites

TABLE = read_ranges(SHIPPED / "work.csv")


def value(technology: str, parameter: str) -> float:
    return TABLE.of(technology, parameter).value


def test_llama_405b_from_its_gpu_hours():
    """Model card: 30.84 M H100-hours at 700 W are 21.59 GWh of chips; 8,930 t over that is 414 g/kWh."""
    runs = Runs(gpu_hours=30.84e6, chip="h100", days=54)
    way = {step: gives for step, gives, _ in way_of_runs(runs, TABLE).at({})}
    assert way["chip_w"] == pytest.approx(21_590, rel=1e-3)
    assert 8_930e6 / way["chip_w"] / 1e3 == pytest.approx(414, rel=2e-3)
    assert way["per_year"] == pytest.approx(21_588 * value("server", "overhead"))


def test_llama_405b_from_its_flop():
    """3.8e25 FLOP, also 6 N D of 15.6e12 tokens; the chip-hours that follow lie within 10 % of the published 30.84 M."""
    flop = float(physics.training_flop(405e9, 15.6e12))
    assert flop == pytest.approx(3.8e25, rel=0.01)
    by_flop = way_of_runs(Runs(flop=flop, chip="h100", days=54), TABLE).at({})
    by_tokens = way_of_runs(Runs(model_parameters=405e9, tokens=15.6e12, chip="h100", days=54), TABLE).at({})
    assert by_flop[-1] == by_tokens[-1]
    hours = {step: gives for step, gives, _ in by_flop}["effective_time"]
    assert hours == pytest.approx(30.84e6, rel=0.10)


def test_gemini_prompt_from_its_chips():
    """0.24 Wh with 8 % overhead of the facility: chips, host and idle machines of the table give the IT part."""
    way = way_of_served(Served(requests_per_day=1e9, request="gemini_text"), 1.0, TABLE)
    mean_mw = way.last({})
    it_wh = mean_mw * 24 / 1e9 * 1e6
    assert it_wh == pytest.approx(0.24 * 0.92, rel=0.02)


def test_dense_70b_per_token():
    """0.3 to 1 J per output token for a 70B model, batched."""
    way = way_of_served(Served(tokens_per_day=86_400e6, model="dense_70b", chip="h100"), 1.0, TABLE)
    joule = {step: gives for step, gives, _ in way.at({})}["chip_w"] * 1e6 / 1e6
    assert 0.3 < joule < 1.0


def test_ends_of_ranges_enclose_the_middle():
    way = way_of_served(Served(tokens_per_day=1e12, model="dense_70b", chip="h100"), 1.5, TABLE)
    low, central, high = (way.last(way.ends(end)) for end in ("low", "central", "high"))
    assert low < central < high
    utilisation = TABLE.of("inference", "utilisation")
    overhead, idle = TABLE.of("server", "overhead"), TABLE.of("server", "idle_factor")
    by_hand = central * utilisation.value / utilisation.low * overhead.high / overhead.value * idle.high / idle.value
    assert high == pytest.approx(by_hand)


def test_tokens_and_their_megawatts_give_the_same_plan(tmp_path):
    case = two_sites()
    case.tables["regions.csv"] = case.tables["regions.csv"].rename(columns={"it_mw": "users"})
    case.raw["work"]["web"]["units"] = {"tokens_per_day": 1e12, "model": "dense_70b", "chip": "h100"}
    in_tokens = prepare(case.study(tmp_path))
    mw = float(in_tokens.data["demand"].max())
    assert mw == pytest.approx(
        float(physics.it_power_mw(physics.chips(1e12 / 86_400 * 140e9, 989e12, 0.2), 700, 1.5, 1.12)), rel=1e-9
    )
    note = in_tokens.notes["work"]
    assert note["gives"].iloc[-1] == pytest.approx(mw) and set(note["mark"]) >= {"memory", "derived", "found"}
    assert (note.loc[note["step"] == "utilisation", "result_at_low"] > mw).all()
    typed = to_yaml(in_tokens.study)
    assert "tokens_per_day" in typed and "peak_it_mw" not in typed
    again = parse(in_tokens.study.as_dict(), tmp_path, "again")
    assert resolved(again)[0].work == in_tokens.study.work
    plain = two_sites()
    plain.tables["regions.csv"]["it_mw"] = mw
    a, b = siting.run(in_tokens.study), siting.run(plain.study(tmp_path))
    assert a.outcome["objective"] == pytest.approx(b.outcome["objective"], rel=1e-9)


def test_runs_become_energy_and_rate(tmp_path):
    case = three_sites()
    case.raw["work"]["daily"] = {"kind": "training", "runs": {"gpu_hours": 1e5, "chip": "h100", "days": 10, "per_year": 30}}
    d = prepare(case.study(tmp_path)).data.sel(workload="daily")
    assert float(d["training_energy"]) == pytest.approx(30 * 1e5 * 700 * 1.5 / 1e6)
    assert float(d["training_rate"]) == pytest.approx(1e5 * 700 * 1.5 / 1e6 / 240)


def test_growth_by_rate_and_by_path(tmp_path):
    case = two_sites()
    before = case.inputs(tmp_path).data["demand"]
    case.raw["year"] = 2035
    case.raw["work"]["web"]["growth"] = {"from_year": 2030, "per_year": 0.1}
    assert np.allclose(case.inputs(tmp_path).data["demand"], before * 1.1**5)
    case.raw["work"]["web"]["growth"] = {"from_year": 2024, "path": "iea_base"}
    assert np.allclose(case.inputs(tmp_path).data["demand"], before * 1200 / 415)
    case.raw["work"]["web"]["growth"] = {"from_year": 2024, "path": "iea_bace"}
    with pytest.raises(DataError, match="there is no 'iea_bace'; did you mean 'iea_base'"):
        case.inputs(tmp_path)
    case.raw["year"] = 2040
    case.raw["work"]["web"]["growth"] = {"from_year": 2024, "path": "iea_base"}
    with pytest.raises(DataError, match="holds 2024 to 2035, not 2040"):
        case.inputs(tmp_path)
    del case.raw["year"]
    with pytest.raises(StudyError, match="growth needs 'year'"):
        case.study(tmp_path)


def test_profiles_are_in_the_users_own_time(tmp_path):
    """24 hours from midnight UTC in January and July: Berlin is one hour ahead, two in summer; Kolkata five and a half."""
    case = two_sites()
    profile = np.round(0.5 + 0.5 * np.sin(np.arange(24) / 24 * 2 * np.pi) ** 2, 3)
    hours = [(f"b{m}", t, 8760 / 48, m, 50.0) for m in (1, 7) for t in range(24)]
    case.tables["hours.csv"] = case.tables["hours.csv"].iloc[:0].drop(columns="carbon_average_t_per_mwh")
    for row in hours:
        case.tables["hours.csv"].loc[len(case.tables["hours.csv"])] = row
    case.tables["hours.csv"] = case.tables["hours.csv"].astype({"hour": int, "month": int})
    cool = [(s, "air_economiser", b, t, 1.2, 0.1) for s in ("north", "south") for b in ("b1", "b7") for t in range(24)]
    case.tables["cooling.csv"] = case.tables["cooling.csv"].iloc[:0]
    for row in cool:
        case.tables["cooling.csv"].loc[len(case.tables["cooling.csv"])] = row
    case.tables["cooling.csv"] = case.tables["cooling.csv"].astype({"hour": int})
    case.tables["regions.csv"] = (
        case.tables["regions.csv"]
        .iloc[[0, 0, 0]]
        .assign(region=["utc", "berlin", "kolkata"], timezone=["UTC", "Europe/Berlin", "Asia/Kolkata"], it_mw=1.0)
    )
    case.raw["work"]["web"]["profile"] = profile.tolist()
    d = case.inputs(tmp_path).data["demand"].sel(workload="web")
    assert np.allclose(d.sel(region="utc"), profile)
    assert np.allclose(d.sel(region="berlin").isel(block=0), np.roll(profile, -1))
    assert np.allclose(d.sel(region="berlin").isel(block=1), np.roll(profile, -2))
    assert np.allclose(d.sel(region="kolkata"), (np.roll(profile, -5) + np.roll(profile, -6)) / 2)
    case.tables["regions.csv"]["timezone"] = ["UTC", "Europe/Berln", "UTC"]
    with pytest.raises(DataError, match="'Europe/Berln' is no IANA name"):
        case.inputs(tmp_path)


def test_work_stays_in_its_areas(tmp_path):
    """Users of the south stay in N: the dearer site serves them; all training is in S."""
    case = three_sites()
    case.raw["limits"] = {}
    case.raw["work"]["web"] |= {"latency_ms": 30.0}
    case.raw["work"]["yearly"]["stays_in"] = ["S"]
    case.tables["regions.csv"]["stays_in"] = ["", "N|M"]
    s = siting.run(case.study(tmp_path))
    served = s.data["workloads_serve"].fillna(0).sel(workload="web", region="munich").sum(["block", "hour"])
    assert float(served.sel(site=["coast", "middle"]).sum()) > 0
    assert float(served.where(served["site"] == "alps", 0).sum()) == 0
    trained = s.data["workloads_train"].sel(workload="yearly").sum(["block", "hour"])
    assert float(trained.sel(site="alps")) > 0 and float(trained.drop_sel(site="alps").sum()) == pytest.approx(0)


def test_areas_that_leave_no_site_are_told(tmp_path):
    case = three_sites()
    case.raw["work"]["yearly"]["stays_in"] = ["Q"]
    with pytest.raises(StudyError, match=r"work\.yearly: its work may stay nowhere: no kept site has state 'Q'"):
        case.inputs(tmp_path)
    case.raw["work"]["yearly"] |= {"stays_in": ["N"], "stays_by": "stat"}
    with pytest.raises(StudyError, match="stays_by 'stat' is no column of the sites; did you mean 'state'"):
        case.inputs(tmp_path)
    del case.raw["work"]["yearly"]["stays_in"], case.raw["work"]["yearly"]["stays_by"]
    case.tables["regions.csv"]["stays_in"] = ["S", ""]  # hamburg: the alps are beyond its latency
    with pytest.raises(InputsError, match=r"region 'hamburg'.*in the areas of stays_in"):
        siting.run(case.study(tmp_path))


TOKENS = {"tokens_per_day": 1e9, "model": "dense_70b", "chip": "h100"}
WRONG = [
    ({"units": {"tokens_per_day": 1e9, "model": "dense_70b"}, "peak_it_mw": None}, "give either 'tokens_per_day' with"),
    (
        {"units": {"tokens_per_day": 1e9, "model": "dense_70b", "chip": "h100", "request": "gemini_text"}},
        "give either 'tokens_per_day' with",
    ),
    ({"timezone": "Europe/Berlin"}, "'timezone' is that of 'profile'"),
    ({"timezone": "Mars", "profile": [1.0] * 24}, "'Mars' is no IANA name"),
]


@pytest.mark.parametrize(("change", "told"), WRONG)
def test_wrong_units_are_told(tmp_path, change, told):
    case = two_sites()
    case.raw["work"]["web"] |= {k: v for k, v in change.items() if v is not None}
    with pytest.raises(StudyError, match=told):
        case.study(tmp_path)


def test_an_unknown_model_names_the_nearest(tmp_path):
    case = two_sites()
    case.raw["work"]["web"]["units"] = {"tokens_per_day": 1e9, "model": "dense_7b", "chip": "h100"}
    with pytest.raises(DataError, match="there is no 'dense_7b'; did you mean 'dense_70b'"):
        case.inputs(tmp_path)
