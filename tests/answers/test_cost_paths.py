"""Costs that fall with the years: published paths by hand, vintages in two stages, laws, and what the audit catches."""

from __future__ import annotations

from pathlib import Path

import pytest
import xarray as xr

import siting
from siting.blocks.model import build
from siting.errors import DataError, ModelError, StudyError
from siting.pipeline import solve
from siting.results.audit import audit
from siting.solve.benders.decomposition import Decomposition
from siting.solve.stamp import stamp
from tests.answers.clean_case import clean_case, prepared
from tests.blocks.small import SHIPPED, Case

PV_2035 = (1285 * 887) ** 0.5 / 1606  # half way between two years of the path, over that of the table
TWO = {"until_year": 2050, "years": {2030: {}, 2040: {}}}


def sunny(**more: object) -> Case:
    plant = {"pv": {"max_mw_per_site": 60, "profile": "sun.csv"}, "hill": {"technology": "wind", "max_mw_per_site": 12,
             "profile": "wind.csv", "away_km": 8, "land_lease_eur_2024_per_ha_per_year": 400}}  # fmt: skip
    return clean_case(24, generation=plant, storage={"battery": {"max_mw_per_site": 20, "max_mwh_per_site": 80}}, **more)


def by_name(array: xr.DataArray) -> dict:
    return array.to_series().to_dict()


def test_the_published_paths(tmp_path: Path):
    d = prepared(sunny(finance={"cost_paths": True}, year=2035), tmp_path).data
    assert by_name(d["plant_price"])["pv"] == pytest.approx(PV_2035)
    assert float(d["storage_energy_price"].max()) == pytest.approx((274 * 225) ** 0.5 / 274)
    wind = float(prepared(sunny(year=2035), tmp_path).data["plant_cost"].sel(generator="hill"))
    plain = clean_case(24, generation={"wind": {"max_mw_per_site": 12, "profile": "wind.csv"}})
    own = float(prepared(plain, tmp_path / "plain").data["plant_cost"].max())
    # the wire and the lease do not fall
    fallen = (1515 * 1358) ** 0.5 / 1689
    assert by_name(d["plant_price"])["hill"] * wind == pytest.approx(wind - own * (1 - fallen))
    late = prepared(sunny(finance={"cost_paths": True}, year=2060), tmp_path)
    assert by_name(late.data["plant_price"])["pv"] == pytest.approx(735 / 1606)
    assert late.notes["cost_paths"].set_index("technology")["capex_over_table"]["pv"] == pytest.approx(735 / 1606)


def test_each_stage_pays_its_own_price(tmp_path: Path):
    """Energy is dear later: PV is bought in both stages, and that of 2030 is paid for at the price of 2030 for good."""
    case = sunny(finance={"cost_paths": True}, stages=TWO)
    case.raw["stages"]["years"][2040] = {"spot_price_factor": 3.0, "work": {"web": 1.0}}
    inputs = prepared(case, tmp_path)
    s = solve(inputs)
    d, (first, later) = s.data, (s.stage(y) for y in (2030, 2040))
    built = [x.data["generation_built"].sel(generator="pv").item() for x in (first, later)]
    price, cost = d["plant_price"].sel(generator="pv").values, float(d["plant_cost"].sel(generator="pv"))
    assert price == pytest.approx([1285 / 1606, 887 / 1606]) and 0.5 < built[0] < built[1] - 0.5

    def paid(x: siting.Solution) -> float:
        lines = x.accounts.query("account == 'cost' and line == 'generation.plant'")["value"].sum()
        away = x.data["generation_priced_built"].sel(generator="hill").item() * float(d["plant_cost"].sel(generator="hill"))
        return float(lines) - away

    assert paid(first) == pytest.approx(cost * price[0] * built[0], rel=1e-6)
    assert paid(later) == pytest.approx(cost * (price[0] * built[0] + price[1] * (built[1] - built[0])), rel=1e-6)
    stayed = solve(prepared(sunny(stages=case.raw["stages"]), tmp_path))
    assert s.outcome["objective"] < stayed.outcome["objective"]
    other = Decomposition(stamp(build(inputs)), inputs.study.solver.model_copy(update={"gap": 0.01})).solve()
    assert other.bound <= s.outcome["objective"] + 1 and s.outcome["bound"] <= other.objective + 1
    s.data["generation_priced_built"].loc[{"stage": 2040}] *= 0.9
    with pytest.raises(ModelError, match="generation_built is not paid for at the prices of its years"):
        audit(s, inputs)


def test_one_stage_is_the_study_of_its_year_and_sites_may_close(tmp_path: Path):
    one = solve(prepared(sunny(finance={"cost_paths": True}, stages={"until_year": 2050, "years": {2040: {}}}), tmp_path))
    year = solve(prepared(sunny(finance={"cost_paths": True}, year=2040), tmp_path))
    assert one.outcome["objective"] == pytest.approx(float(year.outcome["objective"]), rel=1e-9)
    years = {2030: {"spot_price_factor": 3.0}, 2040: {"spot_price_factor": 0.2}}
    stages = ({"until_year": 2050, "closing": c, "years": years} for c in (True, False))
    closing, stays = (solve(prepared(sunny(finance={"cost_paths": True}, stages=x), tmp_path)) for x in stages)
    assert closing.outcome["objective"] <= stays.outcome["objective"] * (1 + 1e-9)


def test_what_a_planner_is_told(tmp_path: Path):
    with pytest.raises(StudyError, match=r"finance\.cost_paths takes costs of the year"):
        prepared(sunny(finance={"cost_paths": True}), tmp_path)
    tables = tmp_path / "tables"
    tables.mkdir()
    for path in SHIPPED.glob("*.csv"):
        (tables / path.name).write_text(path.read_text().replace("pv,2040,887", "pv,2040,1887"))
    with pytest.raises(DataError, match="the path of 'pv' rises"):
        prepared(sunny(finance={"cost_paths": True}, year=2035, technologies="tables"), tmp_path)
