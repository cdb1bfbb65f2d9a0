"""Water: the basin of each site, its price and scarcity, and reclaimed water."""

from __future__ import annotations

import geopandas as gpd
import xarray as xr

from ..errors import DataError, nearest
from ..sources.tables import read_csv
from ..study.study import Study
from .candidates import in_areas
from .money import Technologies


def with_basin(study: Study, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The candidates with a column `basin`, where the study has polygons of basins.

    Raises DataError for a kept candidate outside all of them.
    """
    if study.water is None or study.water.areas is None:
        return table
    path = study.path(study.water.areas)
    basin = in_areas(table, path, ["basin"], within_m=0)["basin"].reindex(table["site"])
    outside = [s for s, b, kept in zip(table["site"], basin, table["kept"], strict=True) if kept and not isinstance(b, str)]
    if outside:
        raise DataError(f"no basin at site {', '.join(outside[:3])}: drop it, or give areas that cover it", path)
    return table.assign(basin=basin.to_numpy())


def water(study: Study, sites: gpd.GeoDataFrame, technologies: Technologies) -> dict[str, xr.DataArray]:
    """Price, scarcity and reclaimed water by site; one price from the tariffs where the study tells no basins."""
    if study.cooling is None:
        return {}
    at = {"site": sites["site"].tolist()}
    flat = xr.DataArray([technologies.tariff("water", "price") if study.grid else 0.0] * len(sites), at)
    out = {"water_price": flat}
    if study.water is None:
        return out
    if study.water.basins is not None:
        out |= _basins(study, sites)
    source = study.water.reclaimed
    if source is not None:
        most = sites["reclaimed_m3_per_hour"].fillna(source.max_m3_per_hour) if "reclaimed_m3_per_hour" in sites else None
        out["reclaimed_price"] = xr.DataArray(source.price_eur_2024_per_m3)
        out["reclaimed_energy"] = xr.DataArray(source.energy_kwh_per_m3 / 1000)
        values = [source.max_m3_per_hour] * len(sites) if most is None else most.to_numpy(float)
        out["max_reclaimed"] = xr.DataArray(values, at)
    return out


def _basins(study: Study, sites: gpd.GeoDataFrame) -> dict[str, xr.DataArray]:
    assert study.water is not None and study.water.basins is not None
    path = study.path(study.water.basins)
    numbers = ["price_eur_2024_per_m3", "scarcity"]
    table = read_csv(path, ["basin", *numbers], numbers, ["basin"]).astype({"basin": str}).set_index("basin")
    if "basin" not in sites:
        raise DataError("water.basins needs a column 'basin' of the sites, or water.areas (polygons with a column basin)")
    unknown = [(s, str(b)) for s, b in zip(sites["site"], sites["basin"], strict=True) if str(b) not in table.index]
    if unknown:
        raise DataError([f"basin '{b}' of site '{s}' has no row; {nearest(b, table.index)}" for s, b in unknown], path)
    of = table.loc[sites["basin"].astype(str)]
    at = {"site": sites["site"].tolist()}
    return {
        "water_price": xr.DataArray(of["price_eur_2024_per_m3"].to_numpy(float), at),
        "scarcity": xr.DataArray(of["scarcity"].to_numpy(float), at),
    }
