"""Reports of a Solution made by hand: what they say, and that they open without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from shapely import Point, box

from siting.errors import DataError
from siting.reports import write_reports
from siting.reports.interactive import interactive_map
from siting.reports.map import draw_map
from siting.reports.outlines import read_outlines
from siting.reports.table import PUE_DAYS, PUE_RUN, PUE_YEAR, WORTH, account_table, chosen_table, cost_table, explain
from siting.reports.words import finding, gap_words, interchangeable_words, worth_words
from siting.results.solution import Solution

LOADS = re.compile(
    r"""<script[^>]+src\s*=|<link[^>]+href\s*=|<img[^>]+src\s*=\s*["']?http|url\(\s*["']?http|@import|<iframe""", re.IGNORECASE
)


@pytest.fixture
def outlines(tmp_path: Path) -> Path:
    """A country and two states in a folder."""
    folder = tmp_path / "outlines"
    folder.mkdir()
    gpd.GeoDataFrame({"country": ["Land"]}, geometry=[box(6, 47, 15, 55)], crs=4326).to_file(folder / "country.gpkg")
    states = gpd.GeoDataFrame({"state": ["Nord", "Sued"]}, geometry=[box(6, 51, 15, 55), box(6, 47, 15, 51)], crs=4326)
    states.to_file(folder / "states.geojson")
    return folder


def test_the_finding_says_how_much_where_and_what_binds(solution: Solution) -> None:
    assert finding(solution) == "150 MW of IT at 2 sites, 67 % in Nord; headroom binds at Nordhafen"


def test_a_broken_rule_is_in_the_finding(solution: Solution) -> None:
    broken = solution.accounts.iloc[:1].assign(account="penalty", line="workloads.unserved", value=5.0)
    solution.accounts = type(broken)(np.vstack([solution.accounts, broken]), columns=broken.columns)
    assert finding(solution).endswith("NOT every rule is kept")


def test_pictures_and_page_are_written(solution: Solution, outlines: Path, tmp_path: Path) -> None:
    picture, page = write_reports(solution, tmp_path / "out", outlines)
    with Image.open(picture) as opened:
        assert opened.format == "PNG" and min(opened.size) > 600
        assert len(np.unique(np.asarray(opened.convert("RGB")).reshape(-1, 3), axis=0)) > 50
    text = page.read_text()
    assert finding(solution) in text
    assert all(name in text for name in solution.chosen["site"])
    assert all(line in text for line in cost_table(solution)["ledger line"])
    assert all(words in text for words in cost_table(solution)["cost of"])
    assert "A note nobody knows" in text and "flow [MW]" in text and "12,346" in text
    assert "data:image/png;base64," in text


def test_the_page_loads_nothing_from_elsewhere(solution: Solution, tmp_path: Path) -> None:
    _, page = write_reports(solution, tmp_path)
    text = page.read_text()
    assert "Content-Security-Policy" in text and "default-src 'none'" in text
    markup = re.sub(r"(<script[^>]*>).*?</script>", r"\1</script>", text, flags=re.DOTALL)
    assert not LOADS.findall(markup)


def test_words_of_the_data_cannot_become_markup(solution: Solution, tmp_path: Path) -> None:
    text = write_reports(solution, tmp_path)[1].read_text()
    assert "<script>alert(1)" not in text and "<b>by hand</b>" not in text


def test_modelled_data_is_labelled(solution: Solution, tmp_path: Path) -> None:
    text = write_reports(solution, tmp_path)[1].read_text()
    assert "Modelled or synthetic data:</b> Prices" in text
    assert text.count('<tr class="modelled">') == 1


def test_what_a_site_is_worth_is_told_in_words(solution: Solution) -> None:
    words = interchangeable_words(solution)
    assert words.startswith("Suedtal is interchangeable") and "Nordhafen" not in words
    first, second = (row for _, row in solution.chosen.iterrows())
    assert worth_words(first) == "at most 3.50 M EUR_2024/year more, with Mitte instead"
    assert worth_words(second).startswith("interchangeable")
    first["without_found_eur_2024_per_year"] = np.inf
    assert "no plan near this one" in worth_words(first)


def test_the_table_of_chosen_sites(solution: Solution) -> None:
    table = chosen_table(solution).set_index("site")
    assert list(table.index) == ["Nordhafen", "Suedtal"]
    assert table.loc["Suedtal", "cooling"] == "water economiser 30 MW, air economiser 20 MW"
    assert table.loc["Suedtal", PUE_YEAR] == pytest.approx(0.4 * 1.16 + 0.6 * 1.11)
    assert table.loc["Nordhafen", PUE_DAYS] == pytest.approx(1.15) == table.loc["Nordhafen", PUE_RUN]
    assert table.loc["Nordhafen", WORTH[0]] == pytest.approx(3.5)


def test_costs_and_accounts_add_up(solution: Solution) -> None:
    assert cost_table(solution)["M EUR_2024/year"].sum() == pytest.approx(386.5 * 1.5)
    assert "Storage: new thing" in set(cost_table(solution)["cost of"])
    assert set(account_table(solution)["account"]) == {"facility energy", "carbon location", "clean", "water"}


def test_the_gap_is_told_in_money_and_shares(solution: Solution) -> None:
    text = " ".join(gap_words(solution))
    assert "1.75 M EUR_2024/year" in text and "0.30 % of the objective" in text and "4.1 %" in text


def test_explain(solution: Solution) -> None:
    assert "offshore" in explain(solution, "Insel")[0]
    chosen = " ".join(explain(solution, "Nordhafen"))
    assert "chosen with 100 MW" in chosen and "This limit binds" in chosen and "3.0 ms" in chosen
    other = " ".join(explain(solution, "Mittelfeld"))
    assert "not chosen" in other and "7.00 more" in other and "0 of 1 user regions" in other and "(too far)" in other
    with pytest.raises(DataError, match="did you mean 'Nordhafen'"):
        explain(solution, "Nordhaven")


def test_without_any_chosen_site(nothing_chosen: Solution, tmp_path: Path) -> None:
    picture, page = write_reports(nothing_chosen, tmp_path)
    assert picture.stat().st_size > 5000
    assert "No site is chosen" in page.read_text()


def test_a_solution_read_back_gives_the_same_report(solution: Solution, tmp_path: Path) -> None:
    from siting.results.solution import read_solution

    solution.write(tmp_path / "solution")
    again = read_solution(tmp_path / "solution")
    write_reports(again, tmp_path / "report")
    assert finding(again) == finding(solution)
    assert interchangeable_words(again) == interchangeable_words(solution)


def test_outlines(solution: Solution, outlines: Path, tmp_path: Path) -> None:
    country, states = read_outlines(outlines)
    assert len(country) == 1 and len(states) == 2
    assert interactive_map(solution, outlines).renderers
    with pytest.raises(DataError, match="no outlines"):
        read_outlines(tmp_path / "nowhere")


def test_the_page_opens_without_a_network(solution: Solution, outlines: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("no chromium here: apt-get install chromium")
    _, page = write_reports(solution, tmp_path, outlines)
    shot = tmp_path / "shot.png"
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=6000", "--window-size=1300,3600",
        f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", f"--screenshot={shot}", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert shot.is_file(), done.stderr[-2000:]
    assert "Refused to load" not in done.stderr and "Uncaught" not in done.stderr
    with Image.open(shot) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    assert (pixels.min(axis=2) < 128).mean() > 0.005  # text
    blue = (np.abs(pixels.astype(int) - [0x00, 0x72, 0xB2]).sum(axis=2) < 12).sum()
    assert blue > 5000  # the bars of the costs: Bokeh has drawn


def test_labels_of_sites_close_together_do_not_cover_each_other(solution: Solution):
    """Four sites within a few pixels at the edge of the map: every name can be read."""
    corner = [Point(6.9 + 0.02 * n, 49.3 + 0.03 * n) for n in range(4)]
    sites = solution.sites.assign(open=True, it_mw=[600.0, 100.0, 100.0, 400.0]).set_geometry(corner, crs=4326)
    sites = gpd.GeoDataFrame(pd.concat([sites, solution.sites.assign(open=False, site="far")]), crs=4326)
    figure = draw_map(replace(solution, sites=sites))
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [t.get_window_extent(renderer) for t in figure.axes[0].texts]
    assert len(boxes) == 4
    for i, a in enumerate(boxes):
        assert not any(a.overlaps(b) for b in boxes[i + 1 :])
