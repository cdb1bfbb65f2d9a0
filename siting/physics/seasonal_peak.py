"""Curtailment-enabled headroom of a power system: new flat load below the seasonal peaks that it has carried already.

    threshold[t] = highest demand of June to August over all years     for the hours of April to October
                   highest demand of December to February              for those of November to March             [MW]
    headroom[t]  = threshold[t] - demand[t]
    the load L with  mean over the years of  sum of curtailed MWh / (L * 8,760 h)  =  share

Norris, Profeta, Patino-Echeverri and Cowie-Haskell, "Rethinking Load Growth", Duke University, NI R 25-01 (2025). No network,
no reserve margin, no ramping: what a system could feed, not what can be connected. One wrong peak hour moves the answer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import InputsError
from .nonfirm import by_energy

HOURS_A_YEAR = 8760
HOURS_OF_A_MEAN_YEAR = 8766
SUMMER_PEAK, SUMMER_HOURS = (6, 7, 8), (4, 5, 6, 7, 8, 9, 10)
WINTER_PEAK = (12, 1, 2)


def seasonal_headroom(demand_mw: pd.Series, utc_offset_h: float) -> pd.Series:
    """Headroom [MW] of every hour below the peak of its season; months are those of local standard time.

    `demand_mw` has an hourly index in UTC without gaps. Raises InputsError: a gap, no value, a season without an hour.
    """
    time = pd.DatetimeIndex(demand_mw.index)
    values = demand_mw.to_numpy(float)
    problems = []
    if len(time) < 2 or not (np.diff(time.to_numpy()) == np.timedelta64(1, "h")).all():
        problems.append("the demand series is not hourly without gaps")
    if not (np.isfinite(values) & (values > 0)).all():
        problems.append(
            f"{int((~(np.isfinite(values) & (values > 0))).sum())} hours have no demand above 0; clean the series first"
        )
    month = (time + pd.Timedelta(hours=utc_offset_h)).month
    for name, months in (("June to August", SUMMER_PEAK), ("December to February", WINTER_PEAK)):
        if not month.isin(months).any():
            problems.append(f"the series has no hour of {name}, whose peak is the threshold")
    if problems:
        raise InputsError(problems)
    summer, winter = (values[month.isin(months)].max() for months in (SUMMER_PEAK, WINTER_PEAK))
    threshold = np.where(month.isin(SUMMER_HOURS), summer, winter)
    return pd.Series(threshold - values, demand_mw.index, name="headroom_mw")


def curtailment_enabled_headroom(demand_mw: pd.Series, share: float, utc_offset_h: float) -> float:
    """Flat new load [MW] of which `share` of the yearly energy is curtailed on average over the years of the series.

    A year counts 8,760 h, as in the report: the hours of leap days add curtailment but no energy.
    """
    headroom = seasonal_headroom(demand_mw, utc_offset_h)
    return by_energy(headroom.to_numpy(), share * HOURS_A_YEAR / HOURS_OF_A_MEAN_YEAR)
