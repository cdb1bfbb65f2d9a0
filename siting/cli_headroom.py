"""The command `siting headroom`: how much new load fits at each bus of a network, without a study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

FILE = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)
HOURS = click.IntRange(min=0)
SHARE = click.FloatRange(0, 1, max_open=True)
RATINGS = ["rating_mva", "rating_b_mva", "rating_c_mva"]


@click.command()
@click.argument("network", type=FILE)
@click.option("--hours", multiple=True, help="A number, `0:24`, `peak`, a day or a time; may be repeated.  [default: all]")
@click.option("--n-1/--n-0", "n_1", default=True, show_default=True, help="Secure after the loss of any one circuit.")
@click.option("--rule", type=click.Choice(["managed", "passive", "radius"]), default="managed", show_default=True)
@click.option("--radius-km", type=float, help="How far from the bus supply moves (rule radius).")
@click.option("--cutoff", type=float, help="Limits that move less MW per MW do not count (rule passive).")
@click.option("--adequacy/--no-adequacy", default=True, show_default=True, help="Whether available supply is a limit.")
@click.option("--customer-risk", is_flag=True, help="Buses on one circuit keep their headroom; the customer bears the outage.")
@click.option(
    "--missing-ratings", default="refuse", show_default=True, help="refuse, unlimited, or MVA by kV: 380=1790,220=490."
)
@click.option(
    "--after-outage", type=click.Choice(RATINGS), default="rating_c_mva", show_default=True, help="Limit after an outage."
)
@click.option("--demand", type=FILE, help="A CSV of demand: `hour` (UTC) and a column per bus, MW; replaces the network's.")
@click.option("--available", type=FILE, help="Likewise MW per MW of capacity, a column per generator.")
@click.option("--coordinates", type=FILE, help="A CSV of bus, lon, lat.")
@click.option("--coordinate-columns", default="bus,lon,lat", show_default=True, help="What its columns are called.")
@click.option("--caps", type=FILE, help="A CSV of bus, limit, and cap_mw or substation_mw: other limits of single buses.")
@click.option("--columns", type=FILE, help="NETWORK is an operator's table of headroom; this YAML maps its columns.")
@click.option("--energy-share", type=SHARE, help="Also the headroom of a load of which this share may be curtailed.")
@click.option("--curtailed-hours", type=HOURS, help="Likewise, of a load curtailed in at most so many of the hours.")
@click.option("--depth", type=SHARE, help="Likewise, of a load of which never more than this share is cut.")
@click.option("--event-hours", type=HOURS, help="Likewise, never cut for longer than so many hours.")
@click.option("--recovery-hours", type=HOURS, help="Likewise, with at least so many hours between two cuts.")
@click.option("--notice-hours", type=HOURS, help="Likewise, with so many hours from one deepening of a cut to the next.")
@click.option("--at-least-mw", type=click.FloatRange(0, min_open=True), help="Map and table: share of hours with so much.")
@click.option("--outlines", type=FILE, help="Polygons drawn under the map.")
@click.option("--out", type=FOLDER, help="Folder of the result.  [default: runs/headroom-<name of the network>]")
def headroom(
    network: Path, hours: tuple[str, ...], n_1: bool, rule: Any, radius_km: float | None, cutoff: float | None,
    adequacy: bool, customer_risk: bool, missing_ratings: str, after_outage: Any, demand: Path | None,
    available: Path | None, coordinates: Path | None, coordinate_columns: str, caps: Path | None, columns: Path | None,
    energy_share: float | None, curtailed_hours: int | None, depth: float | None, event_hours: int | None,
    recovery_hours: int | None, notice_hours: int | None, at_least_mw: float | None, outlines: Path | None, out: Path | None,
) -> None:  # fmt: skip
    """How much new load fits at each bus of a NETWORK, hour by hour, and what stops it."""
    from .cli import _frame
    from .grid_headroom import headroom as compute
    from .grid_headroom import headroom_of_operator, ratings_in_words
    from .reports.headroom import overload_words, write_headroom
    from .results.headroom import headroom_by_bus
    from .solve.highs import without_banner
    from .sources.grid import read_series

    without_banner()
    with Console(stderr=True).status("reading") as status:
        if columns is not None:
            data = headroom_of_operator(network, columns)
        else:
            data = compute(
                network, hours=hours or None, n_1=n_1, rule=rule, radius_km=radius_km, cutoff=cutoff, adequacy=adequacy,
                security="customer_risk" if customer_risk else "strict", missing_ratings=ratings_in_words(missing_ratings),
                after_outage=after_outage, caps=caps, coordinates=coordinates,
                demand_mw=read_series(demand) if demand else None, available=read_series(available) if available else None,
                coordinate_columns=coordinate_columns.split(","), tell=status.update,
            )  # fmt: skip
    table = headroom_by_bus(
        data, energy_share=energy_share, hours=curtailed_hours, depth=depth, longest_event_h=event_hours,
        least_recovery_h=recovery_hours, notice_h=notice_hours, at_least_mw=at_least_mw,
    )  # fmt: skip
    paths = write_headroom(data, table, out or Path("runs") / f"headroom-{network.stem}", outlines, at_least_mw)
    best = table.drop(columns=["geometry", "overloaded_already", "n1_secure"], errors="ignore").head(12)
    Console().print(_frame(best, f"The best of {len(table)} buses in {data.sizes['hour']} hours"))
    notes = [f"note: {note}" for note in data.attrs["notes"].split("\n")]
    for line in (f"rule: {data.attrs['rule']}", *overload_words(data), *notes, *paths):
        click.echo(line)
