"""Money: technology rows to yearly costs in EUR_2024, tariffs, and what every plan pays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import xarray as xr

from ..errors import DataError
from ..physics import finance
from ..sources.tables import number, read_csv, read_technologies
from ..study.study import Study
from .relief import work_left

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "technologies"
Rows = dict[str, dict[str, float | str]]


@dataclass(frozen=True)
class Technologies:
    """The technology tables of a study; every number from a row, a missing one is an error."""

    folder: Path
    cooling_path: Path
    tables: dict[str, Rows]

    @classmethod
    def read(cls, study: Study) -> Technologies:
        folder = folder_of(study)
        table = study.cooling.table if study.cooling else None
        cooling_path = folder / "cooling.csv" if table is None else study.path(table)
        files = {"servers": folder / "servers.csv", "carbon": folder / "carbon.csv"}
        if study.cooling:
            files["cooling"] = cooling_path
        if study.generation or study.contracts:
            files["generation"] = folder / "generation.csv"
        if study.storage:
            files["storage"] = folder / "storage.csv"
        if study.grid:
            files["tariffs"] = folder / "tariffs.csv"
        if study.grid and study.grid.reinforcements:
            files["reinforcement"] = folder / "reinforcement.csv"
        if study.heat:
            files["heat"] = folder / "heat.csv"
        if not study.cooling:
            files = {}
        return cls(folder, cooling_path, {n: read_technologies(p) for n, p in files.items()})

    @property
    def cooling(self) -> Rows:
        return self.tables["cooling"]

    def number(self, table: str, technology: str, parameter: str) -> float:
        path = self.cooling_path if table == "cooling" else self.folder / f"{table}.csv"
        if technology not in self.tables[table]:
            raise DataError(f"there is no '{technology}'; the table has: {', '.join(self.tables[table])}", path)
        return number(self.tables[table][technology], parameter, technology, path)

    def tariff(self, row: str, parameter: str) -> float:
        return self.number("tariffs", row, parameter)

    def energy_tariff(self) -> float:
        """EUR_2024 per MWh of import on top of spot: network, levies, tax, concession, supply."""
        parts = ("network_energy", "levies", "electricity_tax", "concession", "supply_margin")
        return sum(self.tariff("import", p) for p in parts)

    def land_price(self, state_code: str) -> float:
        """EUR_2024 per ha of industrial land: the state's row, else the country's."""
        row = f"land_DE-{state_code}"
        return self.tariff(row if row in self.tables["tariffs"] else "land", "price")

    def generation_numbers(self, technology: str) -> dict[str, float]:
        return {k: v for k, v in self.tables["generation"][technology].items() if isinstance(v, float)}

    def power_curve(self, technology: str) -> tuple[np.ndarray, np.ndarray]:
        """Wind speed at hub height [m/s] and output [per unit] of a turbine of the table."""
        path = self.folder / "wind_power_curve.csv"
        table = read_csv(path, ["technology", "wind_speed_m_per_s", "power_per_unit"])
        if technology not in set(table["technology"]):
            raise DataError(f"there is no power curve of '{technology}'; add its rows", path)
        table = table[table["technology"] == technology].sort_values("wind_speed_m_per_s")
        return table["wind_speed_m_per_s"].to_numpy(float), table["power_per_unit"].to_numpy(float)

    def hall_annuity(self, study: Study, technology: str) -> float:
        """EUR_2024 per MW of IT and year: annuity and upkeep."""
        capex = self.number("cooling", technology, "hall_capex")
        life = self.number("cooling", technology, "hall_life")
        upkeep = self.number("cooling", technology, "hall_fom")
        return capex * (float(finance.annuity(study.finance.real_rate, life)) + upkeep)

    def rejection_annuity(self, study: Study, technology: str, built: dict[str, np.ndarray]) -> np.ndarray:
        """EUR_2024 per MW of IT and year of the chillers and the heat rejection built [MW/MW], over what halls have of them.

        Below zero where the place is kinder than the one that the cost of halls is taken from.
        """
        life, upkeep = (self.number("cooling", technology, f"hall_{p}") for p in ("life", "fom"))
        more = np.zeros(1)
        for part, size in built.items():
            per_mw = 1000 * self.number("cooling", technology, f"{part}_capex")
            more = more + per_mw * (size - self.number("cooling", technology, f"{part}_in_hall_capex"))
        return np.asarray(more * (float(finance.annuity(study.finance.real_rate, life)) + upkeep))

    def plant_annuity(self, study: Study, technology: str) -> float:
        """EUR_2024 per MW of plant and year."""
        capex, life, upkeep = (self.number("generation", technology, p) for p in ("capex", "life", "fom"))
        return capex * (float(finance.annuity(study.finance.real_rate, life)) + upkeep)

    def halls(self, study: Study, sites: gpd.GeoDataFrame) -> dict[str, xr.DataArray]:
        assert study.cooling is not None
        names = list(study.cooling.technologies)
        of = {"cooling": names}
        life = [self.number("cooling", k, "hall_life") for k in names]
        embodied = self.number("carbon", "hall", "embodied")
        existing = np.zeros((len(sites), len(names)))
        if (sites["existing_it_mw"] > 0).any():
            kind = study.sites.existing_cooling
            if kind not in names:
                raise DataError(
                    f"sites with existing_it_mw need sites.existing_cooling, one of {', '.join(names)} (is {kind!r})"
                )
            existing[:, names.index(kind)] = sites["existing_it_mw"]
        return {
            "hall_cost": xr.DataArray([self.hall_annuity(study, k) for k in names], of),
            "hall_land": xr.DataArray([self.number("cooling", k, "land_ha_per_mw") for k in names], of),
            "hall_carbon": xr.DataArray([embodied / n for n in life], of),
            "existing_halls": xr.DataArray(existing, {"site": sites["site"].tolist(), "cooling": names}),
        }

    def servers(self, study: Study) -> dict[str, xr.DataArray]:
        """Annuity of servers per MW of IT; nothing where the study has no halls (plain facility location), or generations of
        chips in their place."""
        if study.cooling is None or study.chips is not None:
            return {"server_cost": xr.DataArray(0.0), "server_carbon": xr.DataArray(0.0)}
        capex, life, fom = (self.number("servers", study.servers, p) for p in ("capex", "life", "fom"))
        cost = capex * (finance.annuity(study.finance.real_rate, life) + fom)
        carbon = self.number("carbon", study.servers, "embodied") / life
        return {"server_cost": xr.DataArray(cost), "server_carbon": xr.DataArray(carbon)}

    def connection_per_mw(self, study: Study, sites: gpd.GeoDataFrame) -> np.ndarray:
        """EUR_2024 per MW of connection and year: capacity tariff, contribution, substation, spur line by distance."""
        if study.grid is None:
            return np.zeros(len(sites))
        rate = study.finance.real_rate
        spread = finance.annuity(rate, self.tariff("connection", "life"))
        once = self.tariff("connection", "contribution") + self.tariff("connection", "substation_per_mw")
        by_voltage = "voltage_kv" in sites  # then the line is a cost of the site: `spur_line`
        per_km = (0.0 if by_voltage else self.line_per_mw_km(study)) * sites["distance_km"].to_numpy(float)
        return np.asarray(self.tariff("import", "network_capacity") + spread * once + per_km)

    def line_per_mw_km(self, study: Study) -> float:
        """EUR_2024 per MW, km in a straight line and year: annuity and upkeep of an overhead line."""
        line = self.tariff("line_overhead", "capex") * self.tariff("line", "route_factor")
        years = finance.annuity(study.finance.real_rate, self.tariff("line", "life"))
        return line * float(years + self.tariff("line_overhead", "fom"))

    def substation(self, study: Study, sites: gpd.GeoDataFrame) -> np.ndarray:
        """EUR_2024 a year for the substation of each open site; by voltage where the candidate names it."""
        if study.grid is None:
            return np.zeros(len(sites))
        years = float(finance.annuity(study.finance.real_rate, self.tariff("connection", "life")))
        if "voltage_kv" not in sites:
            return np.full(len(sites), self.tariff("connection", "substation_fixed") * years)
        classes = sites["voltage_kv"].map(voltage_class)
        return np.array([self.tariff("connection", f"substation_fixed_{c}kv") * years for c in classes])

    def spur_line(self, study: Study, sites: gpd.GeoDataFrame) -> np.ndarray:
        """EUR_2024 a year for the line from each open site to its substation, by distance and voltage.

        Only for candidates that name their voltage; for others the line is priced by MW and km (`connection_per_mw`).
        """
        if study.grid is None or "voltage_kv" not in sites:
            return np.zeros(len(sites))
        years = float(finance.annuity(study.finance.real_rate, self.tariff("line", "life"))) + self.tariff(
            "line_overhead", "fom"
        )
        per_km = np.array([self.tariff("line", f"cost_{voltage_class(kv)}kv") for kv in sites["voltage_kv"]])
        return sites["distance_km"].to_numpy(float) * self.tariff("line", "route_factor") * per_km * years


def folder_of(study: Study) -> Path:
    """The folder of technology tables: the study's own, or those that ship."""
    return SHIPPED if study.technologies is None else study.path(study.technologies)


def voltage_class(kv: float) -> int:
    """The voltage level that rows of the tables know.

    >>> [voltage_class(kv) for kv in (110, 132, 220, 275, 380, 400)]
    [110, 110, 220, 220, 380, 380]
    """
    return 110 if kv < 165 else 220 if kv < 300 else 380


def connection(study: Study, sites: gpd.GeoDataFrame, technologies: Technologies) -> dict[str, xr.DataArray]:
    """Costs of connection and import, and the largest connection of each site alone."""
    if study.grid is None:
        return {}
    at = {"site": sites["site"].tolist()}
    most = np.full(len(sites), study.grid.max_connection_mw or 1e5)
    if study.grid.headroom == "per_bus":
        if "headroom_mw" not in sites or sites["headroom_mw"].isna().any():
            raise DataError("grid.headroom 'per_bus' needs a column headroom_mw for every candidate")
        most = np.minimum(most, sites["headroom_mw"].to_numpy(float))
    return {
        "connection_cost": xr.DataArray(technologies.connection_per_mw(study, sites), at),
        "max_connection": xr.DataArray(most, at),
        "energy_tariff": xr.DataArray(technologies.energy_tariff()),
    }


def penalties(parts: dict[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    """Prices of broken rules, above any honest price: ten times a whole MW of IT for a year, charged to one hour's MWh."""
    per_mw = float(parts["server_cost"]) + sum(
        float(parts[n].max())
        for n in ("hall_cost", "connection_cost", "site_cost", "plant_cost", "rejection_cost", "chip_cost")
        if n in parts
    )
    energy = float(abs(parts["spot_price"]).max()) * 8760 if "spot_price" in parts else 0.0
    serving = float(abs(parts["serving_cost"]).max()) * 8760 if "serving_cost" in parts else 0.0
    if "heat_price" in parts:
        energy += 2 * float(parts["heat_price"].max()) * 8760  # a MW of IT gives no more than that
    price = 10.0 * max(per_mw + energy + serving, 1.0)
    size = float(parts["room_for_new_it"].sum() + parts["existing_it"].sum())
    return {"penalty_per_mwh": xr.DataArray(price), "penalty_total": xr.DataArray(price * max(size, 1.0))}


def unavoidable(study: Study, data: xr.Dataset) -> float:
    """What every plan pays: the least IT capacity at the cheapest hall and server annuity, the least IT energy at the lowest
    price. Only for `minimise: cost`; the siting-dependent gap leaves it out of the denominator."""
    if study.minimise != "cost" or study.cooling is None:
        return 0.0
    left = work_left(data)
    demand = (data["demand"] * left).sum(["workload", "region"])
    hours = float(data["weight"].sum() * data.sizes["hour"])
    energy = float((demand * data["weight"]).sum()) + float((data["training_energy"] * left).sum()) * hours / 8760
    hall = data["hall_cost"] + data.get("rejection_cost", 0.0)
    halls = float(data["least_new_it"]) * float(hall.min() + data["server_cost"])
    if "chip_least_cost" in data:
        halls += max(float(demand.max() - data["chip_existing"].sum()), 0.0) * float(data["chip_least_cost"])
    if "spot_price" not in data:
        return halls
    cheapest = max(float(data["spot_price"].min() + data["energy_tariff"]), 0.0)
    plant_cost = data.get("plant_cost", 0.0) * data.get("plant_price", 1.0)
    if "availability" in data:  # own plant may undercut every hour of import
        full = (data["availability"] * data["weight"]).sum(["block", "hour"])
        cheapest = min(cheapest, float((plant_cost / full.where(full > 0)).min()))
    profit = 0.0
    if "contract_profile" in data:
        worth = ((data["spot_price"] - data["contract_strike"]) * data["contract_profile"] * data["weight"]).sum(
            ["block", "hour"]
        )
        profit = float((worth.clip(min=0) * data["contract_offered"]).sum())
    if "availability" in data and study.grid is not None and study.grid.excess_sale is not None:
        net = data["spot_price"] - study.grid.excess_sale.fee_eur_2024_per_mwh - data["plant_variable_cost"]
        earned = (net.clip(min=0) * data["availability"] * data["weight"]).sum(["block", "hour"]) - plant_cost
        profit += float((earned.clip(min=0) * data["max_plant"] * data["plant_clean"]).sum())
    if "heat_demand" in data:
        profit += float((data["heat_price"] * data["heat_demand"] * data["weight"]).sum())
    return max(halls + cheapest * energy - profit, 0.0)
