"""What-ifs: the same answer as from nothing, and nothing taken over where an input changed."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.optimize import linprog

import siting
from siting.blocks.model import build
from siting.errors import ModelError, StudyError
from siting.inputs.fingerprint import fingerprint, remembered
from siting.inputs.prepare import prepare
from siting.pipeline import solve
from siting.reports.words import gap_words
from siting.results.solution import Solution, read_solution
from siting.solve.dive import dive
from siting.solve.grid.headroom import JointHeadroom
from siting.solve.monolith import Monolith
from siting.solve.program import Label
from siting.solve.rounding import Integers
from siting.solve.stamp import stamp
from siting.solve.warm import Bases, Frame, Start
from siting.sources.netcdf import opened

from ..blocks.small import Case, three_sites, with_storage
from ..grid.small_grid import on_a_triangle, triangle_tables

CHANGES: dict[str, dict[str, Any]] = {
    "a limit moved": {"limits": {"carbon_location": {"max_t_per_year": 80_000}}},
    "a limit new": {"limits": {"water": {"max_m3_per_year": 200_000}}},
    "a site forbidden": {"sites": {"never": ["alps"]}},
    "a site fixed": {"sites": {"must": ["coast"]}},
    "less work": {"work": {"monthly": {"mwh_it_per_year": 15_000}}},
    "dearer money": {"finance": {"real_rate": 0.09}},
    "one cooling": {"cooling": {"technologies": ["air_economiser"]}},
}


def loose() -> Case:
    case = three_sites(weights=(1, 2))
    case.raw["limits"]["carbon_location"] = {"max_t_per_year": 90_000.0}
    case.raw["solver"]["gap"] = 0.01
    return case


def brackets(one: Solution, other: Solution) -> None:
    (o, p), (a, b) = ((float(s.outcome["objective"]) for s in (one, other)), (float(s.outcome["bound"]) for s in (one, other)))
    noise = 1e-6 * abs(o)
    assert a <= p + noise and b <= o + noise


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[siting.Study, Solution]:
    study = loose().study(tmp_path_factory.mktemp("base"))
    return study, siting.run(study)


@pytest.mark.parametrize("change", CHANGES)
def test_a_what_if_answers_as_a_fresh_solve(solved: tuple[siting.Study, Solution], change: str):
    study, near = solved
    other = study.with_(**CHANGES[change])
    fresh, warm = siting.run(other), siting.run(other, near=near)
    brackets(fresh, warm)
    assert warm.outcome["gap_of_siting_dependent_cost"] <= other.solver.gap + 1e-9
    assert warm.outcome["status"] == "optimal"


def test_the_file_beside_a_solution_serves_as_well(solved: tuple[siting.Study, Solution], tmp_path: Path):
    study, near = solved
    read = read_solution(near.write(tmp_path / "out"))
    assert read.warm is not None and near.warm is not None
    assert read.warm.bases is not None and near.warm.bases is not None
    assert read.warm.bases.frame == near.warm.bases.frame
    for one, other in zip(read.warm.bases.relaxation, near.warm.bases.relaxation, strict=True):
        assert np.array_equal(one, other)
    other = study.with_(**CHANGES["a limit moved"])
    brackets(siting.run(other, near=read), siting.run(other, near=near))
    (tmp_path / "out" / "warm.npz").unlink()
    assert read_solution(tmp_path / "out").warm is None


@pytest.mark.parametrize("change", CHANGES)
def test_any_basis_ends_at_the_same_relaxation(solved: tuple[siting.Study, Solution], change: str):
    """Also one of a program with other columns and rows."""
    study, near = solved
    inputs = prepare(study.with_(**CHANGES[change]))
    program = stamp(build(inputs))
    assert near.warm is not None and near.warm.bases is not None
    none = np.full(len(program.plan.columns), np.nan)
    cold, warm = (Monolith(program, inputs.study.solver, near=n) for n in (None, Start(none, near.warm.bases)))
    assert warm._relaxation().objective == pytest.approx(cold._relaxation().objective, rel=1e-7)


def test_a_basis_is_matched_by_labels(tmp_path: Path):
    """Storage comes in: what both programs have keeps its status; new columns stand at a bound, new rows are in the basis."""
    inputs = loose().inputs(tmp_path)
    small, large = (stamp(build(x)) for x in (inputs, with_storage(loose().inputs(tmp_path))))
    mono, other = Monolith(small, inputs.study.solver), Monolith(large, inputs.study.solver)
    mono._relaxation()
    basis = mono._ended["relaxation"]
    bases = Bases(Frame.of(small, []), basis, None)
    assert bases.fitted(basis, Frame.of(small, []), mono.whole).complete
    there = bases.fitted(basis, Frame.of(large, []), other.whole)
    assert not there.complete and len(there.columns) == len(other.whole.cost) and len(there.rows) == len(other.whole.lower)
    back = Bases(Frame.of(large, []), there, None).fitted(there, Frame.of(small, []), mono.whole)
    assert np.array_equal(back.columns, basis.columns) and np.array_equal(back.rows, basis.rows)


def test_extras_are_left_out_and_told(solved: tuple[siting.Study, Solution]):
    study, near = solved
    study = study.with_(solver={"without_each_site": True})
    what_if, whole = siting.run(study, near=near), siting.run(study, near=near, extras=True)
    assert "without" not in what_if.notes and "without" in whole.notes
    assert what_if.outcome["left_out"] == "what each site is worth" and "left_out" not in whole.outcome
    assert any("Left out" in told for told in gap_words(what_if)) and not any("Left out" in told for told in gap_words(whole))


def test_a_dive_rounds_towards_the_plan_that_is_there():
    """Modules at 1, 2 and 3 EUR, at most three each, 4.5 in all: 3 and 1.5 by halves; the plan has 3 and 2, or 2 and 3. Where
    the way of the plan is barred (at most 1 of the second), the other way is taken; where both are, there is none."""
    names = [Label("cooling", "halls", {"site": s}) for s in "abc"]
    most = np.full(3, 3.0)

    def within(lower: np.ndarray, upper: np.ndarray) -> np.ndarray | None:
        found = linprog([1, 2, 3], A_ub=[[-1, -1, -1]], b_ub=[-4.5], bounds=np.column_stack([lower, upper]))
        return found.x if found.status == 0 else None

    relaxed = within(np.zeros(3), most)
    assert relaxed is not None and relaxed.tolist() == pytest.approx([3, 1.5, 0])
    for plan in ([3.0, 2.0, 0.0], [2.0, 3.0, 0.0]):
        of = Integers.of(names, np.array(plan), np.zeros(3), most)
        assert dive(of, relaxed, within) == pytest.approx(plan)
    of = Integers.of(names, np.array([3.0, 2.0, 1.0]), np.zeros(3), most)
    assert dive(of, relaxed, lambda low, up: within(low, up) if low[1] < 1.5 else None) == pytest.approx([3, 1, 1])
    assert dive(of, relaxed, lambda low, up: None) is None


# ---- rows of the grid


def grid_case(folder: Path, r12: float = 20.0, **grid: Any) -> Case:
    folder.mkdir(exist_ok=True)
    return on_a_triangle(triangle_tables(r12, 20.0, 20.0), security="screening", security_factor=0.7, **grid)


def test_rows_of_the_grid_are_used_where_nothing_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Less demand on the same grid: its rows and headrooms are taken over, and none is searched for."""
    study = grid_case(tmp_path).study(tmp_path)
    near = read_solution(siting.run(study).write(tmp_path / "out"))
    other = study.with_(finance={"real_rate": 0.05})
    fresh = siting.run(other)

    def never(*_: object) -> None:
        raise AssertionError("searched again")

    monkeypatch.setattr(JointHeadroom, "_searched", never)
    warm = siting.run(other, near=near)
    brackets(fresh, warm)
    assert warm.notes["headroom"].equals(fresh.notes["headroom"])


@pytest.mark.parametrize("what", ["rating", "demand", "factor", "bus", "peak"])
def test_rows_of_another_grid_are_never_used(tmp_path: Path, what: str):
    near = siting.run(grid_case(tmp_path / "a").study(tmp_path / "a"))
    case = grid_case(tmp_path / "b", 20.001 if what == "rating" else 20.0)
    if what == "demand":
        case.tables["demand.csv"] = pd.DataFrame({"bus": ["1", "2"], "annual_gwh": [100.0, 0.001]})
    if what == "factor":
        case.raw["grid"]["security_factor"] = 0.7001
    if what == "bus":
        case.tables["sites.csv"] = case.tables["sites.csv"].assign(bus=["3", "2"])
    if what == "peak":
        case.raw["grid"]["situations"]["design_peak_mw"] = 50.001
    inputs = case.inputs(tmp_path / "b")
    assert near.warm is not None and near.warm.grid is not None and inputs.grid is not None
    assert not near.warm.grid.of(inputs.grid)
    assert JointHeadroom(inputs.grid, near.warm.grid).start is None
    if what == "rating":
        brackets(solve(inputs), solve(inputs, near=near))


def test_every_number_of_a_case_counts(tmp_path: Path):
    """One bit in any array of the network or of a situation makes it another case."""
    case = grid_case(tmp_path).inputs(tmp_path).grid
    assert case is not None and fingerprint(case) == fingerprint(grid_case(tmp_path).inputs(tmp_path).grid)
    situation = case.situations[0]
    for f in fields(situation):
        value = getattr(situation, f.name)
        if isinstance(value, np.ndarray) and value.size:
            moved = value.copy()
            moved[-1] = np.nextafter(moved[-1], np.inf)
            changed = replace(case, situations=[replace(situation, **{f.name: moved})])
            assert fingerprint(changed) != fingerprint(case), f.name
    for f in fields(case.network):
        value = getattr(case.network, f.name)
        if isinstance(value, np.ndarray) and value.size:
            moved = value.copy()
            moved[-1] = np.nextafter(moved[-1], np.inf) if value.dtype == float else moved[-1] + 1
            assert fingerprint(replace(case, network=replace(case.network, **{f.name: moved}))) != fingerprint(case), f.name


# ---- what is kept


def test_a_function_is_run_again_where_a_number_differs():
    runs = []

    @remembered(2)
    def doubled(x: np.ndarray) -> np.ndarray:
        runs.append(1)
        return 2 * x

    one = np.array([1.0, 2.0])
    assert doubled(one) is doubled(one.copy()) and len(runs) == 1
    assert doubled(np.nextafter(one, 9.0))[0] > 2.0 and len(runs) == 2
    doubled(np.array([3.0]))
    doubled(one)  # the oldest was dropped
    assert len(runs) == 4
    with pytest.raises(ModelError, match="knows no object"):
        fingerprint(object())


def test_a_file_that_changed_is_read_again(tmp_path: Path):
    path = tmp_path / "x.nc"
    for value in (1.0, 2.0):
        xr.Dataset({"x": ("t", [value] * (2 + int(value)))}).to_netcdf(tmp_path / "new.nc", engine="h5netcdf")
        (tmp_path / "new.nc").replace(path)
        assert float(opened(path)["x"][0]) == value
        opened(path)["y"] = 1.0
        assert "y" not in opened(path)


# ---- sites by name


def test_sites_named_in_the_study(solved: tuple[siting.Study, Solution]):
    study, near = solved
    site = str(near.chosen["site"].iloc[0])
    without = siting.run(study.with_(sites={"never": [site]}), near=near)
    assert site not in set(without.chosen["site"])
    assert without.sites.set_index("site").at[site, "reason"] == "the study says never"
    assert without.outcome["objective"] >= near.outcome["bound"] - 1e-6 * abs(near.outcome["objective"])
    closed = sorted(set(near.sites["site"]) - set(near.chosen["site"]))
    if closed:
        assert closed[0] in set(siting.run(study.with_(sites={"must": closed[:1]}), near=near).chosen["site"])
    with pytest.raises(StudyError, match="stands in 'must' and in 'never'"):
        study.with_(sites={"must": [site], "never": [site]})
    with pytest.raises(StudyError, match=f"sites.never: there is no candidate '{site}x'; near it: {site}"):
        siting.run(study.with_(sites={"never": [f"{site}x"]}))
