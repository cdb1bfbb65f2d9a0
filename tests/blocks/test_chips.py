"""Generations of chips: a hand case of two stages and two generations, and laws.

The hand case is that of `test_hand_case.py` at a rate of 0, with chips in place of its servers and halls that are never idle:

    old     sold from 2025, 1 MW of work per MW,   5,000,000 EUR/MW over 10 years = 500,000 EUR/MW and year
    new     sold from 2030, 2 MW of work per MW,   8,000,000 EUR/MW over 10 years = 800,000 EUR/MW and year
    both draw nothing when idle; stages 2025 and 2030, each of 5 years, so 1/2 of the mean year each

Work is 10 MW at all hours in 2025. The north needs 11.8 MW at the meter for 10 MW of IT, as before, so that a year without
servers costs 17,897,080 EUR: 200,000 for the substation, 17,697,080 in proportion to the MW of IT.

2025    old chips, 10 MW:                        17,897,080 + 5,000,000                              = 22,897,080
2030    the old ones live on: 10 MW of work at no choice, paid for until 2035.

With 20 MW of work in 2030 (10 more):
    5 MW of new chips in 5 more MW of halls      200,000 + 1.5 x 17,697,080 + 5,000,000 + 5 x 800,000 = 35,745,620
    10 MW of new chips and the old ones retired: halls stay at 10 MW, all work is done with 10 MW of IT:
                                                 17,897,080 + 5,000,000 + 10 x 800,000                = 30,897,080
    so a refresh in place, before the end of their life: (22,897,080 + 30,897,080) / 2                = 26,897,080

With a new generation that does 1.4 MW of work per MW, 10 MW of halls would do 14 of 20 MW. Each MW of IT that runs costs
1,184,220 EUR (energy, tariff, connection, water), each MW of halls 585,488 (annuity, idle power):
    15 MW of halls, 12.5 MW new, 2.5 MW old      200,000 + 15 x 1,769,708 + 5,000,000 + 12.5 x 800,000      = 41,745,620
    20 MW of halls, 7.14 MW new, all the old     200,000 + 20 x 585,488 + 17.14 x 1,184,220 + 5,000,000 + 5,714,286 = 42,924,957
    so one module more, and three quarters of the old ones retired: (22,897,080 + 41,745,620) / 2           = 32,321,350
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import siting
from siting.blocks.model import build
from siting.errors import DataError, ModelError, StudyError
from siting.pipeline import solve
from siting.results.audit import audit
from siting.solve.benders.decomposition import Decomposition
from siting.solve.monolith import Monolith
from siting.solve.stamp import stamp

from .small import SHIPPED, Case, three_sites
from .test_hand_case import hand_case

TWO = {"until_year": 2035, "years": {2025: {}, 2030: {"work": {"web": 2.0}}}}
EVERY = {"first_year": 2025, "performance": 1.0, "capex": 5e6, "fom": 0.0, "life": 10, "idle_share": 0.0}


def chips_table(folder: Path, **generations: dict[str, Any]) -> None:
    """`chips.csv` in round numbers; what a generation does not say is as in EVERY."""
    rows = [(name, p, v) for name, own in generations.items() for p, v in {**EVERY, **own}.items()]
    table = pd.DataFrame(rows, columns=["technology", "parameter", "value"])
    table = table.assign(
        unit="-", source="round numbers for a sum by hand", note="", price_year="", mark="assumed", low="", high=""
    )
    table.to_csv(folder / "chips.csv", index=False)


def two_generations(folder: Path, new: dict[str, Any], **raw: Any) -> Case:
    case = hand_case(folder)
    chips_table(folder / "round", old={}, new={"first_year": 2030, "performance": 2.0, "capex": 8e6, **new})
    case.raw |= {"chips": {"generations": ["old", "new"]}, "stages": TWO, **raw}
    return case


def of(solution: Any, variable: str, year: int, generation: str) -> float:
    return float(solution.data[f"chips_{variable}"].sel(stage=year, chip=generation).sum("site"))


def test_a_refresh_in_place(tmp_path: Path):
    solution = siting.run(two_generations(tmp_path, {}).study(tmp_path))
    assert solution.outcome["objective"] == pytest.approx(26_897_080, rel=1e-9)
    assert solution.stage(2025).total("cost") == pytest.approx(22_897_080, rel=1e-9)
    assert solution.stage(2030).total("cost") == pytest.approx(30_897_080, rel=1e-9)
    assert solution.sites["it_2030_mw"].tolist() == pytest.approx([10.0, 0.0])
    assert of(solution, "bought", 2030, "new") == pytest.approx(10.0)
    assert of(solution, "alive", 2030, "old") == pytest.approx(10.0)
    assert of(solution, "standing", 2030, "old") == pytest.approx(0.0, abs=1e-6)


def test_efficiency_that_does_not_keep_up_needs_more_halls(tmp_path: Path):
    solution = siting.run(two_generations(tmp_path, {"performance": 1.4}).study(tmp_path))
    assert solution.outcome["objective"] == pytest.approx(32_321_350, rel=1e-9)
    assert solution.sites["it_2030_mw"].tolist() == pytest.approx([15.0, 0.0])
    assert of(solution, "standing", 2030, "new") == pytest.approx(12.5)
    assert of(solution, "standing", 2030, "old") == pytest.approx(2.5)


def test_chips_end_with_their_life(tmp_path: Path):
    """Of 8 years of life from 2025 three lie in the next stage: 3/5 of the MW stand there, and are paid for."""
    case = two_generations(tmp_path, {})
    chips_table(tmp_path / "round", old={"life": 8, "capex": 4e6}, new={"first_year": 2030, "performance": 2.0, "capex": 8e6})
    solution = siting.run(case.study(tmp_path))
    assert of(solution, "bought", 2025, "old") == pytest.approx(10.0)
    assert of(solution, "alive", 2030, "old") == pytest.approx(6.0)
    assert solution.stage(2030).total("cost") == pytest.approx(17_897_080 + 6 * 500_000 + 10 * 800_000, rel=1e-9)


def test_idle_chips_draw_power(tmp_path: Path):
    """10 MW of chips at half of their work draw 0.2 x 10 + 0.8 x 5 = 6 MW."""
    case = two_generations(tmp_path, {}, stages=None, year=2026)
    del case.raw["stages"]
    chips_table(tmp_path / "round", old={"idle_share": 0.2}, new={"first_year": 2030})
    case.raw["work"]["web"]["profile"] = [1.0, 0.5] + 22 * [1.0]
    solution = siting.run(case.study(tmp_path))
    assert solution.total("it_energy") == pytest.approx((10 + 6) * 4380)
    assert solution.data["cooling_carried"].sel(site="north").values.ravel() == pytest.approx([10.0, 6.0])


def with_chips(folder: Path, work: float, **generation: Any) -> Case:
    case = three_sites()
    case.raw["limits"] = {}
    case.tables["regions.csv"]["it_mw"] *= work
    for w in ("daily", "monthly", "yearly"):
        for key in ("mwh_it_per_year", "max_it_mw"):
            case.raw["work"][w][key] *= work
    if generation:
        (folder / "tables").mkdir(parents=True)
        for table in SHIPPED.glob("*.csv"):
            (folder / "tables" / table.name).write_text(table.read_text())
        chips_table(folder / "tables", one={"capex": 21e6, "fom": 0.03, "life": 5, **generation})
        case.raw |= {"technologies": "tables", "chips": {"generations": ["one"]}}
    return case


def test_one_generation_as_the_servers_is_the_plain_study(tmp_path: Path):
    """Where the halls are full, that is: servers are paid for by the MW of halls, chips by the MW bought."""
    case = two_generations(tmp_path, {}, year=2026)
    del case.raw["stages"]
    chips_table(tmp_path / "round", old={"life": 5}, new={"first_year": 2030})
    assert siting.run(case.study(tmp_path)).outcome["objective"] == pytest.approx(27_897_080, rel=1e-9)


def test_doubled_work_at_doubled_efficiency_gives_the_same_sites(tmp_path: Path):
    one, two = (siting.run(with_chips(tmp_path / str(x), x, performance=x).study(tmp_path / str(x))) for x in (1.0, 2.0))
    assert two.outcome["objective"] == pytest.approx(one.outcome["objective"], rel=2e-4)
    assert two.sites["it_mw"].tolist() == pytest.approx(one.sites["it_mw"].tolist())
    assert two.total("it_energy") == pytest.approx(one.total("it_energy"), rel=1e-3)


def test_chips_that_few_halls_can_cool(tmp_path: Path):
    """The better generation fits in halls of one technology alone; both methods of solving agree, and the audit holds."""
    case = three_sites()
    case.raw["limits"] = {}
    case.raw |= {"chips": {"generations": ["old", "new"]}, "technologies": "tables"}
    with_chips(tmp_path, 1.0, performance=1.0)
    cheap = {"capex": 21e6, "fom": 0.03, "life": 5, "idle_share": 0.2}
    chips_table(tmp_path / "tables", old=cheap, new=cheap | {"performance": 1.6, "capex": 25e6})
    inputs = case.inputs(tmp_path)
    inputs.data["chip_fits"].loc[{"chip": "new", "cooling": "air_economiser"}] = 0.0
    program, options = stamp(build(inputs)), inputs.study.solver
    one = Monolith(program, options, inputs.unavoidable_cost).solve()
    other = Decomposition(program, options.model_copy(update={"gap": 0.02}), inputs.unavoidable_cost).solve()
    noise = 1e-6 * abs(one.objective)
    assert one.bound <= other.objective + noise and other.bound <= one.objective + noise
    solution = solve(inputs)
    assert float(solution.data["chips_standing"].sel(chip="new").sum()) > 5
    solution.data["chips_standing"].loc[{"chip": "new"}] += 40.0
    with pytest.raises(ModelError, match="halls hold chips that they cannot cool"):
        audit(solution, inputs)


def test_a_refresh_in_the_halls_of_an_existing_site(tmp_path: Path):
    """10 MW of old chips stand in the north until 2028: 3/5 of the years of the first stage; the halls go on."""
    case = two_generations(tmp_path, {})
    case.raw["chips"]["existing"] = {"generation": "old", "until_year": 2028}
    case.raw["sites"]["existing_cooling"] = "air_economiser"
    case.tables["sites.csv"]["existing_it_mw"] = [10.0, 0.0]
    solution = siting.run(case.study(tmp_path))
    assert of(solution, "bought", 2025, "old") == pytest.approx(4.0)
    assert of(solution, "alive", 2030, "old") == pytest.approx(4.0)
    assert solution.sites["it_2030_mw"].tolist() == pytest.approx([10.0, 0.0])


def test_what_a_planner_is_told(tmp_path: Path):
    case = two_generations(tmp_path, {})
    case.raw["stages"] = {"until_year": 2035, "years": {2020: {}, 2030: {}}}
    with pytest.raises(DataError, match="no generation of chips is on sale in 2020: old from 2025, new from 2030"):
        case.inputs(tmp_path)
    case.raw["work"]["web"]["rack_kw"] = 40
    with pytest.raises(StudyError, match=r"drop needs and rack_kw of work\.web"):
        case.study(tmp_path)
    del case.raw["work"]["web"]["rack_kw"]
    chips_table(tmp_path / "round", old={"needs": "liquid", "first_year": 2010}, new={})
    case.raw["technologies"] = "round"
    with pytest.raises(DataError, match=r"no hall of cooling.technologies can hold 'old' \(liquid\)"):
        case.inputs(tmp_path)
