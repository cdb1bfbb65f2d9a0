"""ScenarioSet: one base study and named overlays on it. A scenario is data, never code.

    name: Germany, six questions
    study: germany.yaml
    scenarios:
      base:
      tight-water: {limits: {water: {max_m3_per_year: 50000}}}

An overlay is laid over the base key by key; a value `null` removes a key, a list replaces a list. The base's path is
relative to the scenario file; paths inside an overlay are relative to the base study, whose keys they replace.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ..errors import StudyError, nearest
from .read import overlaid, parse, read_study, read_yaml
from .study import Study

FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
Overlay = Annotated[dict[str, Any], BeforeValidator(lambda given: {} if given is None else given)]


class ScenarioSet(BaseModel):
    """A base study and what each scenario changes in it. `folder` is where the path `study` starts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str = ""
    study: Path
    scenarios: dict[str, Overlay] = Field(min_length=1)
    folder: Path = Field(Path("."), exclude=True)

    @model_validator(mode="after")
    def _names(self) -> ScenarioSet:
        wrong = [n for n in self.scenarios if not FOLDER_NAME.fullmatch(n)]
        if wrong:
            which = ", ".join(map(repr, wrong))
            raise ValueError(f"scenario {which}: a name becomes a folder, so letters, digits, '-' and '_' only")
        lower = [n.lower() for n in self.scenarios]
        twice = sorted({n for n in lower if lower.count(n) > 1})
        if twice:
            raise ValueError(f"scenario '{twice[0]}' is there twice (capitals do not make another folder)")
        return self

    def studies(self) -> dict[str, Study]:
        """Every scenario as a whole study, `base name: scenario` unless the overlay renames it.

        Raises StudyError with every problem of every scenario, each naming its scenario.
        """
        base = read_study(self.study if self.study.is_absolute() else self.folder / self.study)
        raw, studies, problems = base.as_dict(), {}, []
        for name, overlay in self.scenarios.items():
            change = {"name": f"{base.name}: {name}", **overlay}
            try:
                studies[name] = parse(overlaid(raw, change), base.folder, name)
            except StudyError as e:
                problems += [f"scenario '{name}': {p}" for p in e.problems]
        if problems:
            raise StudyError(problems, self.name)
        return studies


def read_scenarios(path: str | Path) -> ScenarioSet:
    """Read a scenario file and check every scenario as a study.

    Raises StudyError naming every unknown key, wrong value and broken rule of every scenario.
    """
    path = Path(path)
    raw = read_yaml(path)
    try:
        found = ScenarioSet.model_validate({**raw, "folder": path.parent.resolve()})
    except ValidationError as e:
        raise StudyError([_sentence(error) for error in e.errors()], path) from None
    try:
        found.studies()
    except StudyError as e:
        # a problem of the base study keeps the base's own path; one of the scenarios is this file's
        raise StudyError(e.problems, path if e.path == Path(found.name) else e.path) from None
    return found


def _sentence(error: Any) -> str:
    name = ".".join(str(k) for k in error["loc"] if k != "[key]")
    if error["type"] == "extra_forbidden":
        return f"unknown key '{name}'; {nearest(name, [f for f in ScenarioSet.model_fields if f != 'folder'])}"
    if error["type"] == "missing":
        return f"'{name}' is missing"
    message = error["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
    return f"'{name}': {message}" if name else message
