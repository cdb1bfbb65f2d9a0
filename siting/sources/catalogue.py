"""Who made the data: records of `catalogue.yaml`, which lists the files of its own folder and of those below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

NAME = "catalogue.yaml"
COLUMNS = ["file", "title", "source", "licence", "how_made", "caveats"]


def records(paths: Iterable[Path]) -> pd.DataFrame:
    """One row a file at or under `paths`: file, title, source, licence, how_made, caveats.

    A file that no catalogue above it names is listed as the study's own, without a record.
    """
    rows: dict[str, tuple[str, ...]] = {}
    for path in paths:
        for name, row in _of(path.resolve()):
            rows.setdefault(name, row)
    return pd.DataFrame(list(rows.values()), columns=COLUMNS).sort_values("file", ignore_index=True)


def _of(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    above = [folder / NAME for folder in (path, *path.parents) if (folder / NAME).is_file()]
    found = []
    if above:
        inside = path.relative_to(above[0].parent)
        found = [r for r in _read(above[0]) if Path(r["path"]) == inside or inside in Path(r["path"]).parents]
    for r in found:
        caveats = "; ".join(map(str, r["caveats"]))
        yield r["path"], (r["path"], r["title"], r["source"], r["licence"], r["how_made"], caveats)
    if not found:
        yield str(path), (path.name, "a file of the study's own, without a record in a catalogue", "", "", "", "")


@lru_cache(maxsize=8)
def _read(path: Path) -> list[dict]:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
