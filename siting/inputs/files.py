"""The files that a study names: that they are there, and who made them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import StudyError
from ..sources.catalogue import records
from ..study.study import Study
from ..study.workloads import Inference


def exist(study: Study) -> None:
    """Raises StudyError with all missing files of the study at once."""
    missing = [f"{where}: there is no file {path}" for where, path in named(study) if not path.exists()]
    if missing:
        raise StudyError(missing, study.name)


def sources(study: Study, technologies: Path | None) -> pd.DataFrame:
    """Source, licence and caveats of every file that the study reads, and of the tables in its folder of technologies."""
    outlines = None if study.outlines is None else study.path(study.outlines)
    read = {path for _, path in named(study)}
    if outlines is not None and outlines.is_dir():  # of a folder, the polygons only
        read = read - {outlines} | {f for kind in ("*.gpkg", "*.geojson") for f in outlines.glob(kind)}
    tables = [] if technologies is None else sorted(technologies.glob("*.csv"))
    return records([*read, *(t for t in tables if _asked_for(study, t.name))])


def _asked_for(study: Study, table: str) -> bool:
    """Whether the study reads a table of technologies: those of one capability only where it has that."""
    works = study.work.values()
    only_for = {
        "chips.csv": study.chips is not None,
        "fleet.csv": study.carbon is not None and study.carbon.dispatch is not None,
        "growth.csv": any(w.growth is not None for w in works),
        "heat.csv": study.heat is not None,
        "levers.csv": study.levers is not None,
        "cost_paths.csv": study.finance.cost_paths,
        "reinforcement.csv": study.grid is not None and bool(study.grid.reinforcements),
        "storage.csv": bool(study.storage),
        "work.csv": any(w.units or w.edge if isinstance(w, Inference) else w.runs for w in works),
    }
    return only_for.get(table, True)


def named(study: Study) -> list[tuple[str, Path]]:
    """(key in the study, path) of each file or folder."""
    return [(where, study.path(path)) for where, path in _paths(study.model_dump(), "")]


def _paths(value: object, where: str) -> list[tuple[str, Path]]:
    if isinstance(value, Path):
        return [(where, value)]
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in _paths(v, f"{where}.{k}" if where else str(k))]
    if isinstance(value, list | tuple):
        return [p for i, v in enumerate(value) for p in _paths(v, f"{where}[{i}]")]
    return []
