"""Flexible connections on a real test network, RTS-GMLC under N-1: in the model, and one bus at a time in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import siting
from siting.errors import Infeasible
from siting.inputs.headroom import GridCase
from siting.physics import nonfirm
from siting.physics.outages import single_outages
from siting.physics.security import RowPool
from siting.solve.grid.check import GridCheck
from siting.solve.grid.secure_base import secured

from ..benchmarks.headroom import RTS, rts
from ..blocks.small import Case, cooling_table, hours_table
from .small_grid import on_a_triangle
from .test_flexible import FLEXIBLE

pytestmark = pytest.mark.skipif(not RTS.exists(), reason="RTS-GMLC is not beside the repository")
SITES = ["north", "south"]


def rts_case(mean_mw: float, **grid: object) -> Case:
    """Every third hour of the day of the peak; two sites in one corridor: 24 MW at the peak, 154 at night."""
    net = rts()
    assert net.demand_mw is not None
    total = net.demand_mw.sum(axis=1)
    load = total[total.index.normalize() == total.idxmax().normalize()].to_numpy()[None, ::3]
    branches = net.branches.assign(rating_mva=net.branches["rating_b_mva"])
    tables = {
        f"network/{n}.csv": t for n, t in {"buses": net.buses, "branches": branches, "generators": net.generators}.items()
    }
    tables |= {"network/storage.csv": net.storage, "network/links.csv": net.links}
    tables["demand.csv"] = (net.demand_mw.sum() / 1e3).rename("annual_gwh").rename_axis("bus").reset_index()
    case = on_a_triangle(tables, situations={"extremes": False, "all_hours_of_days": True}, **grid)
    case.raw["grid"]["max_connection_mw"] = 200.0
    case.raw["sites"]["module_mw"] = 20.0
    case.tables["sites.csv"] = case.tables["sites.csv"].assign(bus=["207", "208"], max_it_mw=60.0)
    price = np.full(load.shape, 50.0)
    hours = hours_table([1], 8, price, np.full(load.shape, 0.3), [1])
    case.tables["hours.csv"] = hours.assign(national_load_mw=load.ravel())
    pue = np.full((2, 1, 1, 8), 1.25)
    case.tables["cooling.csv"] = cooling_table(SITES, ("air_economiser",), pue, np.full(pue.shape, 0.5))
    case.raw["work"] = {"jobs": {"kind": "training", "mwh_it_per_year": mean_mw * 8760, "max_it_mw": 80.0, "window": "year"}}
    return case


def test_the_grid_serves_the_plan_less_its_cuts_in_every_hour(tmp_path: Path):
    """The grid is asked again without the model: what is drawn is servable, and where it cuts, no MW more would be."""
    for name in ("firm", "flexible"):
        (tmp_path / name).mkdir()
    with pytest.raises(Infeasible):
        siting.run(rts_case(40.0).study(tmp_path / "firm"))
    case = rts_case(40.0, flexible={"interruptible": FLEXIBLE | {"max_curtailed_share": 0.3}})
    inputs = case.inputs(tmp_path / "flexible")
    plan = siting.run(case.study(tmp_path / "flexible"))
    firm = plan.data["grid_connection"].transpose("site").values
    flexible = plan.data["grid_flexible"].sel(flexible="interruptible").values
    cut = plan.data["grid_cut"].sel(flexible="interruptible", block=0).transpose("hour", "site").values
    grid = inputs.grid
    assert isinstance(grid, GridCase) and len(grid.situations) == 8
    pool = RowPool(single_outages(grid.network))
    check = GridCheck(grid.network, secured(grid.network, grid.situations, pool), grid.bus, adequacy=False, pool=pool)
    served = firm + flexible - cut
    for hour in range(8):
        assert check.unserved(served[hour])[hour] <= 0.02
        if cut[hour].sum() > 0.1:
            assert check.unserved(served[hour] + 0.5)[hour] > 0.1
    assert cut[4:6].sum(axis=1).min() > 10 and cut[:2].sum() < 0.01
    assert cut.sum() / (8 * flexible.sum()) <= 0.3 + 1e-6
    drawn = plan.data["grid_imported"].isel(block=0).transpose("hour", "site").values
    assert (drawn <= served + 0.01).all()
    both = flexible > 1.0
    if both.all():
        np.testing.assert_allclose(cut[5] / flexible, (cut[5] / flexible).mean(), atol=1e-3)


CONTRACTS = {
    "energy_share": (0.01, "energy_share", 1),
    "hours": (12, "hours", 1),
    "depth": (0.3, "deepest_cut", 1),
    "longest_event_h": (5, "longest_event_h", 1),
    "least_recovery_h": (8, "least_recovery_h", -1),
    "notice_h": (4, "least_between_deepenings_h", -1),
}


def test_each_contract_is_kept_at_its_headroom_and_broken_by_a_little_more():
    """A week of hours at three buses: closed forms against the count of what the load meets."""
    options = {"after_outage": "rating_b_mva", "security": "customer_risk", "power_factor": 1.0}
    data = siting.headroom(rts(), hours=["2020-08-24", "2020-08-25", "2020-08-26"], buses=["106", "208", "308"], **options)
    table = siting.headroom_by_bus(data, least_recovery_h=8, notice_h=4).set_index("bus")
    for bus in ("106", "208", "308"):
        series = data["headroom_mw"].sel(bus=bus).values
        for name, (limit, measure, sign) in CONTRACTS.items():
            size = nonfirm.by_contract(series, **{name: limit})
            assert size >= nonfirm.firm(series) - 1e-6
            if np.isfinite(size):
                assert sign * (getattr(nonfirm.curtailment(series, size), measure) - limit) <= 1e-6
                assert sign * (getattr(nonfirm.curtailment(series, size + 0.1), measure) - limit) > 0
        least = min(nonfirm.by_recovery(series, 8), nonfirm.by_notice(series, 4))
        assert table.loc[bus, "flexible_mw"] == pytest.approx(least)
        met = nonfirm.curtailment(series, least)
        assert table.loc[bus, "least_recovery_h"] == met.least_recovery_h >= 8
        assert table.loc[bus, "least_between_deepenings_h"] == met.least_between_deepenings_h >= 4
