"""YAML → Study. Every problem of the file at once, each with its line, its key, its value and the nearest valid key."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ..errors import StudyError, nearest
from .accounts import LIMITABLE
from .limits import valid_keys
from .study import Study


def read_study(path: str | Path) -> Study:
    """Read a study file.

    Raises StudyError naming every unknown key, wrong value and broken rule in the file.
    """
    path = Path(path)
    return parse(read_yaml(path), path.parent, path)


def read_yaml(path: Path) -> Any:
    """The mapping in a YAML 1.2 file, with line numbers kept."""
    if not path.is_file():
        beside = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        raise StudyError(f"there is no such file; {nearest(path.name, beside)}" if beside else "there is no such file", path)
    try:
        raw = YAML().load(path.read_text())
    except YAMLError as e:
        raise StudyError(f"not YAML: {str(e).splitlines()[0]}, {str(e).splitlines()[-1].strip()}", path) from None
    if not isinstance(raw, dict):
        raise StudyError("the file must be a mapping of keys (name:, sites:, hours:, …)", path)
    return raw


def parse(raw: Mapping[str, Any], folder: Path, where: Path | str) -> Study:
    """Plain values → Study."""
    try:
        return Study.model_validate({**raw, "folder": folder.resolve()})
    except ValidationError as e:
        raise StudyError([_sentence(error, raw) for error in e.errors()], where) from None


def to_yaml(study: Study) -> str:
    """The study as YAML, to be kept beside its solution."""
    out = StringIO()
    YAML().dump(study.as_dict(), out)
    return out.getvalue()


def overlaid(base: Any, change: Any) -> Any:
    """`change` laid over `base`, mappings merged key by key; a value None removes the key."""
    if not (isinstance(base, Mapping) and isinstance(change, Mapping)):
        return change
    out = dict(base)
    for key, value in change.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = overlaid(out[key], value) if key in out else value
    return out


def _sentence(error: Any, raw: Mapping[str, Any]) -> str:
    keys = _typed(error["loc"], raw)
    if len(keys) > 2 and keys[0] == "limits" and not isinstance(raw["limits"][keys[1]], list | tuple):
        keys.pop(2)  # one limit on the account: the planner typed no list
    name = ".".join(str(k) for k in keys) or "study"
    if len(keys) > 1 and keys[0] == "limits" and keys[1] not in LIMITABLE:
        return f"{_line(raw, keys[:2])}limits: '{keys[1]}' is no account; {nearest(str(keys[1]), LIMITABLE)}"
    line = _line(raw, keys)
    if error["type"] == "extra_forbidden":
        return f"{line}unknown key '{name}'; {nearest(str(keys[-1]), _valid_keys(keys, raw))}"
    if error["type"] == "missing":
        return f"{line}'{name}' is missing"
    value = error.get("input")
    told = f" (is {value!r})" if isinstance(value, str | int | float | bool) else ""
    message = error["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
    return f"{line}'{name}'{told}: {message}" if keys else f"{line}{message}"


def _typed(loc: tuple[Any, ...], raw: Any) -> list[Any]:
    """The keys as the planner typed them: without the kind of a work, which stands after its name, and the names of types.

    >>> _typed(("work", "training", "training", "max_it_mw"), {"work": {"training": {"kind": "training"}}})
    ['work', 'training', 'max_it_mw']
    """
    keys = []
    for key in loc:
        kind = raw.get("kind") if isinstance(raw, Mapping) and key not in raw else None
        if key not in ("float", "dict[str,float]", "[key]") and (kind is None or key != kind):
            keys.append(key)
            raw = _below(raw, key)
    return keys


def _below(raw: Any, key: Any) -> Any:
    try:
        return raw[key]
    except (KeyError, IndexError, TypeError):
        return None


def _line(raw: Any, keys: list[Any]) -> str:
    """`line 12: `, where the YAML reader knows it."""
    line = None
    for key in keys:
        try:
            where: Any = raw.lc  # type: ignore[attr-defined]
            line = where.key(key)[0] if isinstance(raw, Mapping) else where.item(key)[0]
            raw = raw[key]
        except (AttributeError, KeyError, TypeError, IndexError):
            break
    return "" if line is None else f"line {line + 1}: "


def _valid_keys(keys: list[Any], raw: Any) -> list[str]:
    """The keys that are valid where the last of `keys` stands."""
    if len(keys) > 2 and keys[0] == "limits":
        rule = raw["limits"][keys[1]]
        return valid_keys(keys[1], rule[keys[2]] if isinstance(keys[2], int) else rule)
    model: Any = Study
    for key in keys[:-1]:
        raw = raw[key] if isinstance(raw, Mapping | list | tuple) else None
        model = _inside(model, key, raw)
    return [k for k in model.model_fields if k != "folder"] if _is_model(model) else []


def _is_model(x: Any) -> bool:
    return isinstance(x, type) and issubclass(x, BaseModel)


def _inside(model: Any, key: Any, raw: Any) -> Any:
    """The model class under `key` of a model class or of a mapping of models."""
    from . import study as groups

    if _is_model(model):
        if key == "work":
            return {"inference": groups.Inference, "training": groups.Training}
        named = {"generation": groups.Plant, "storage": groups.Storage, "contracts": groups.Contract, "years": groups.Stage}
        if key in named:
            return {"*": named[key]}
        annotation = model.model_fields[key].annotation
        options = [annotation, *getattr(annotation, "__args__", ())]
        return next((a for a in options if _is_model(a)), None)
    if isinstance(model, dict):
        return model.get("*") or model.get(raw.get("kind") if isinstance(raw, Mapping) else None)
    return None
