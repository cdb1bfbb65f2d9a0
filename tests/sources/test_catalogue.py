"""Records of data files: the nearest catalogue above a file tells who made it; other files are named as the study's own."""

from pathlib import Path

from siting.inputs.files import sources
from siting.sources.catalogue import records
from siting.study.read import read_study

ROOT = Path(__file__).resolve().parents[2]


def test_a_folder_gives_every_file_below(tmp_path):
    text = "- {path: net/a.csv, title: A, source: S, licence: L, how_made: by hand, caveats: [old, coarse]}\n"
    text += "- {path: b.csv, title: B, source: S, licence: L, how_made: none, caveats: []}\n"
    (tmp_path / "catalogue.yaml").write_text(text)
    found = records([tmp_path / "net", tmp_path / "net" / "a.csv"])
    assert found["file"].tolist() == ["net/a.csv"]
    assert found.loc[0, "caveats"] == "old; coarse"


def test_a_file_without_a_record_is_told_so(tmp_path):
    found = records([tmp_path / "mine.csv"])
    assert found.loc[0, "file"] == "mine.csv" and "without a record" in found.loc[0, "title"]


def test_every_file_of_the_german_study_is_credited():
    found = sources(read_study(ROOT / "models" / "germany.yaml"), ROOT / "data" / "technologies")
    assert not found["title"].str.contains("without a record").any()
    assert {"germany/prices.nc", "germany/network/branches.csv", "germany/outlines.gpkg", "technologies/tariffs.csv"} <= set(
        found["file"]
    )
    assert (found["licence"].str.len() > 0).all()
