"""Real networks against PyPSA: flows, PTDF and LODF to 1e-6."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import siting
from siting.inputs.grid import build_grid
from siting.physics.network import Network, flows, ptdf
from siting.physics.outages import single_outages
from siting.sources.grid import read_network

from ..benchmarks.headroom import rts

ROOT = Path(__file__).parents[2]
NETWORKS = {
    "SciGRID-DE": ROOT / "data" / "germany" / "network",
    "RTS-GMLC": ROOT.parent / "shared" / "data" / "rts_gmlc" / "RTS_GMLC.m",
}


def in_pypsa(network: Network, injection: np.ndarray):
    """The same branches in PyPSA, all of its buses at 1 kV so that ohm are per unit."""
    pypsa = pytest.importorskip("pypsa")
    other = pypsa.Network()
    other.add("Bus", list(network.bus), v_nom=1.0)
    start, end = ([network.bus[i] for i in side] for side in (network.branch_from, network.branch_to))
    other.add("Line", list(network.branch), bus0=start, bus1=end, x=1 / network.susceptance_mw_per_rad, r=0.0)
    other.add("Load", [f"at {b}" for b in network.bus], bus=list(network.bus), p_set=-injection)
    other.add("Generator", "slack", bus=network.bus[0], control="Slack")
    return other


@pytest.mark.parametrize("name", list(NETWORKS))
@pytest.mark.filterwarnings("ignore")
def test_flows_ptdf_and_lodf_agree_with_pypsa(name: str):
    if not NETWORKS[name].exists():
        pytest.skip(f"{name} is not beside the repository")
    network = build_grid(read_network(NETWORKS[name]), 1.0).network
    injection = np.random.default_rng(5).normal(0, 100, network.bus_count)
    injection -= injection.mean()
    other = in_pypsa(network, injection)
    other.lpf()
    np.testing.assert_allclose(other.lines_t.p0.iloc[0][list(network.branch)], flows(network, injection), atol=1e-6)
    part = other.sub_networks.obj.iloc[0]
    part.calculate_PTDF()
    part.calculate_BODF()
    row = {b: i for i, (_, b) in enumerate(part.branches().index)}
    column = {b: i for i, b in enumerate(part.buses_o)}
    branches = [row[b] for b in network.branch]
    theirs = part.PTDF[branches][:, [column[b] for b in network.bus]]
    ours = ptdf(network, np.arange(network.bus_count))
    np.testing.assert_allclose(ours - ours[:, :1], theirs - theirs[:, :1], atol=1e-6)
    outages = single_outages(network, "branch")
    lost = [branches[b] for b in outages.branch]
    np.testing.assert_allclose(outages.lodf, part.BODF[branches][:, lost], atol=1e-6)


@pytest.mark.parametrize(
    ("n_1", "published"), [(False, [170, 477, 891, 1377, 1666]), (True, [66, 252, 636, 1019, 1433])], ids=["N-0", "N-1"]
)
def test_rts_gmlc_at_its_peak_as_an_independent_prototype_found_it(n_1: bool, published: list[int]):
    """Percentiles 5, 25, 50, 75, 95 over the 73 buses, MW; long-time emergency ratings after an outage."""
    if not NETWORKS["RTS-GMLC"].exists():
        pytest.skip("RTS-GMLC is not beside the repository")
    options = {"after_outage": "rating_b_mva", "security": "customer_risk", "power_factor": 1.0}
    data = siting.headroom(rts(), hours=["peak"], n_1=n_1, **options)  # type: ignore[arg-type]
    assert np.percentile(data["headroom_mw"].values, [5, 25, 50, 75, 95]) == pytest.approx(published, abs=0.51)
