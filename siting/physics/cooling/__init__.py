"""Cooling technologies: from outdoor air to power, water, heat and the size of the plant, hour by hour.

    PUE = 1 + UPS + distribution + lighting + fans + humidifier + pumps + chiller + heat-rejection fans
                                                                     [kW per kW of IT]
    WUE = 3600 * water made up                                       [L per kWh of IT]

at the technology's reference utilisation. A technology takes a moist-air `State` and a mapping of parameters (the
rows of `data/technologies/cooling.csv`; a missing one is a KeyError) and gives a `Performance`. `MODELS` names them.
To add one: write its function in a module here, add its line to `MODELS` and its rows to the table.

References: Lei and Masanet 2020, Energy 201:117556 (air and water economisers, sea water; the published examples are
tests); Lei and Masanet 2022, RCR 182:106323 (lock-out); ASHRAE 90.1-2010 chiller curves; ASHRAE liquid-cooling
practice for dry coolers and the liquid chain, which are *not* calibrated models: they are anchored only to the annual
ranges of Lei et al. 2025, RCR 219:108310.

Against the published bands by climate zone (5 to 95 %) the annual means of the middle parameters lie inside, but for two, both
from controls that the papers do not tell in full: a midsize air economiser in the dry heat of Las Vegas is 0.04 of PUE below
(theirs closes in dry air sooner: `driest_dew_point_c` 5.5 instead of -9 is inside everywhere), and the water of large air
economisers in humid zones is 0.3 L/kWh below (theirs evaporates all heat and closes in humid air sooner:
`moist_air_evaporation` 0 and `supply_rh_max` 0.6 are inside everywhere).
`tests/physics/test_published_cooling.py` has every figure."""

from collections.abc import Callable

from ..air import State
from .air_economiser import air_economiser, air_economiser_air_chiller
from .chiller import air_chiller
from .dry_cooler import dry_cooler
from .liquid import dry_cooler_liquid, tower_liquid
from .performance import Parameters, Part, Performance, linear_power, performance
from .water_economiser import once_through, sea_water, water_economiser

MODELS: dict[str, Callable[[State, Parameters], Performance]] = {
    "air_economiser": air_economiser,
    "air_economiser_air_chiller": air_economiser_air_chiller,
    "water_economiser": water_economiser,
    "sea_water": sea_water,
    "air_chiller": air_chiller,
    "dry_cooler": dry_cooler,
    "dry_cooler_liquid": dry_cooler_liquid,
    "tower_liquid": tower_liquid,
}

__all__ = [
    "MODELS",
    "Parameters",
    "Part",
    "Performance",
    "air_chiller",
    "air_economiser",
    "air_economiser_air_chiller",
    "dry_cooler",
    "dry_cooler_liquid",
    "linear_power",
    "once_through",
    "performance",
    "sea_water",
    "tower_liquid",
    "water_economiser",
]
