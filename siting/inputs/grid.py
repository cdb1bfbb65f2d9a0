"""The network of a study: its tables, joined to the arrays that power flow needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..physics.network import Network, build_network
from ..sources.grid import NetworkTables

POWER_FACTOR = 0.95
"""Customary MW per MVA of rating where a flow calculation knows no voltage."""


@dataclass(frozen=True, eq=False)
class Grid:
    """The network and its tables; `generators` and `storage` carry the column `bus_index`."""

    network: Network
    buses: pd.DataFrame
    branches: pd.DataFrame
    generators: pd.DataFrame
    storage: pd.DataFrame

    def notes(self) -> list[str]:
        """What a reader of any figure must know about this network."""
        net = self.network
        notes = []
        if net.unrated:
            share = len(net.unrated) / net.branch_count
            notes.append(f"{len(net.unrated)} branches ({share:.0%}) have no rating and limit nothing")
        if net.merged:
            notes.append(f"{len(net.merged)} branches of no reactance are merged into bus bars, their rating unchecked")
        if net.island_count > 1:
            notes.append(f"the network has {net.island_count} islands, each balanced by itself")
        return notes


def build_grid(tables: NetworkTables, power_factor: float = POWER_FACTOR) -> Grid:
    """Join the tables: rating [MW] = rating [MVA] * power_factor; names become bus numbers."""
    buses, branches = tables.buses, tables.branches
    number = pd.Series(np.arange(len(buses)), index=buses["bus"])
    network = build_network(
        bus=list(buses["bus"]),
        branch=list(branches["branch"]),
        bus0=number[branches["bus0"]].to_numpy(),
        bus1=number[branches["bus1"]].to_numpy(),
        reactance_pu_on_1mva=branches["reactance_pu_on_1mva"].to_numpy(float),
        rating_mva=branches["rating_mva"].to_numpy(float),
        power_factor=power_factor,
        circuits=branches["circuits"].to_numpy(float) if "circuits" in branches else None,
        emergency_mva=branches["emergency_mva"].to_numpy(float) if "emergency_mva" in branches else None,
        shift_rad=np.deg2rad(branches["shift_deg"].to_numpy(float)),
        links=[
            (str(name), int(number[start]), int(number[end]), float(most), float(least))
            for name, start, end, most, least in tables.links.to_numpy()
        ],
    )
    generators = tables.generators.assign(bus_index=number[tables.generators["bus"]].to_numpy())
    storage = tables.storage.assign(bus_index=number[tables.storage["bus"]].to_numpy())
    return Grid(network, buses, branches, generators, storage)
