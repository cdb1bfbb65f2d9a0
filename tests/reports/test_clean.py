"""Clean energy hour by hour: the score is the account's, its charts show it, and each further point of it has a price."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bokeh.embed import components
from click.testing import CliRunner

import siting
from siting.cli import main
from siting.curves import cfe_curve
from siting.errors import StudyError
from siting.reports import clean, portfolio
from siting.reports.html import clean_charts
from siting.results.clean import cfe_hours, score, unmet_duration
from siting.results.solution import Solution, read_solution
from siting.study.read import to_yaml
from siting.study.study import Study
from tests.blocks.small import Case, three_sites


def sunny(folder: Path) -> Study:
    """Three sites with PV behind the meter (synthetic: bright in hours 1 and 2) on a grid that is 30 % clean."""
    case: Case = three_sites()
    bright = {0: 0.0, 1: 0.2, 2: 0.15, 3: 0.05}
    rows = [(f"b{d}", t, bright[t] * (1 - 0.2 * d)) for d in range(3) for t in range(4)]
    case.tables["pv.csv"] = pd.DataFrame(rows, columns=["block", "hour", "per_unit"])
    case.tables["hours.csv"]["grid_clean_share"] = 0.3
    case.raw |= {
        "generation": {"pv": {"max_mw_per_site": 30.0, "profile": "pv.csv"}},
        "limits": {},
        "solver": {"gap": 1e-3, "time_limit_s": 60},
    }
    case.raw["sites"]["land_ha"] = 500.0
    return case.study(folder)


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    return sunny(tmp_path_factory.mktemp("sunny"))


@pytest.fixture(scope="module")
def solution(study) -> Solution:
    return siting.run(study.with_(limits={"cfe": {"min_mwh_per_mwh": 0.5, "of": "net_demand"}}))


def test_the_score_is_the_accounts(solution):
    hours = cfe_hours(solution.data)
    assert score(hours, solution.data["weight"]) == pytest.approx(solution.total("cfe") / solution.total("net_demand"))
    assert score(hours, solution.data["weight"]) == pytest.approx(0.5, abs=1e-4)
    parts = hours["own"] + hours["matched"] + hours["grid"] + hours["unmet"]
    assert (parts - hours["net_demand"]).values == pytest.approx(0, abs=1e-6)
    assert float(hours["unmet"].min()) >= -1e-6


def test_the_duration_of_unmet_hours_holds_all_of_them(solution):
    table = unmet_duration(cfe_hours(solution.data), solution.data["weight"])
    assert table["unmet_mw"].is_monotonic_decreasing
    assert table["hours_per_year"].iloc[-1] == pytest.approx(8760)
    energy = (table["unmet_mw"] * np.diff(table["hours_per_year"], prepend=0.0)).sum()
    assert energy == pytest.approx(solution.total("net_demand") - solution.total("cfe"))


def test_a_dark_hour_is_the_grids(solution):
    share = 1 - cfe_hours(solution.data)["unmet"].sum("site") / cfe_hours(solution.data)["net_demand"].sum("site")
    assert share.isel(hour=0).values == pytest.approx(0.3)


def test_the_charts_hold_what_they_show(solution):
    solution.notes["cfe_curve"] = pd.DataFrame(
        {
            "least_cfe": [0.4, 0.5, 0.6],
            "price_eur_2024_per_point": [np.nan, 1e5, 3e5],
            "gaps_eur_2024_per_point": [np.nan, 0, 4e5],
        }
    )
    plots = clean_charts(solution, None)
    assert list(plots) == ["cfe", "unmet", "cfe_price", "portfolio"]
    assert "CFE of the year: 50" in plots["cfe"].title.text
    script, _ = components(plots)
    assert "not carbon-free [MW]" in script and "own clean plant" in script
    table = portfolio.portfolio_table(solution)
    built = float(solution.data["generation_built"].sum())
    assert table["mw"].sum() == pytest.approx(built) and set(table["kind"]) == {"pv"}
    assert f"{built:,.0f} MW behind the meter" in plots["portfolio"].title.text
    assert portfolio.contract_table(solution).empty


def test_nothing_to_score(nothing_chosen):
    assert not clean.has_cfe(nothing_chosen) and clean_charts(nothing_chosen, None) == {}


def test_no_further_point_is_cheaper_than_none(study):
    curve = cfe_curve(study, [0.5, 0.3, 0.4, 0.999])
    assert curve["least_cfe"].tolist() == [0.3, 0.4, 0.5, 0.999]
    assert np.isnan(curve["cost_eur_2024_per_year"].iloc[3]) and curve["plan"].iloc[3] == "no plan does it"  # PV is dark
    done = curve.iloc[:3]
    assert (done["cfe"] >= done["least_cfe"] - 1e-5).all()
    steps = done.dropna(subset=["price_eur_2024_per_point"])
    assert (steps["price_eur_2024_per_point"] >= -steps["gaps_eur_2024_per_point"]).all()
    assert len(steps) == 2 and steps["price_eur_2024_per_point"].max() > 0


def test_the_curve_of_a_study_is_in_its_report_and_on_the_command_line(study, tmp_path):
    asked = study.folder / "asked.yaml"
    asked.write_text(to_yaml(study.with_(solver={"cfe_curve": [0.4, 0.3]})))
    got = CliRunner().invoke(main, ["run", str(asked), "--out", str(tmp_path / "run")])
    assert got.exit_code == 0, got.output
    assert "What each further point of carbon-free energy costs" in got.output
    assert read_solution(tmp_path / "run").notes["cfe_curve"]["least_cfe"].tolist() == [0.3, 0.4]
    page = (tmp_path / "run" / "report.html").read_text()
    assert "What each further point of carbon-free energy costs" in page and "for one more point" in page


def test_errors(study):
    with pytest.raises(StudyError, match=r"between 0 and 1, not at 1.2"):
        cfe_curve(study, [1.2])
    limited = study.with_(limits={"cfe": {"min_mwh_per_mwh": 0.4, "of": "net_demand"}})
    with pytest.raises(StudyError, match="drop that limit"):
        cfe_curve(limited, [0.5])
