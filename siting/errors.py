"""What can go wrong, in a planner's words.

    SitingError
    ├── StudyError      the study file: an unknown key, a wrong value, a rule that cannot be combined
    ├── DataError       a file: missing, wrong unit or CRS, gaps, NaN
    ├── InputsError     the prepared inputs do not fit together (all problems of the stage at once)
    ├── ModelError      a mistake in the program's own blocks, never the planner's
    └── SolveError      the solver gave no usable answer
        ├── Infeasible  no plan keeps every rule: what is missing, and a way out
        └── StoppedEarly  interrupted before any plan was found

A message names the thing, the value, the rule, the file, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path


class SitingError(Exception):
    """One or more problems, each a sentence; `problems` holds them all."""

    def __init__(self, problems: str | Sequence[str], path: Path | str | None = None):
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        self.path = None if path is None else Path(path)
        super().__init__(self._text())

    def _text(self) -> str:
        where = f"{self.path}: " if self.path else ""
        if len(self.problems) == 1:
            return where + self.problems[0]
        return f"{where}{len(self.problems)} problems\n" + "\n".join(f"  - {p}" for p in self.problems)

    def __reduce__(self) -> tuple:
        return type(self), (self.problems, self.path)


class StudyError(SitingError):
    pass


class DataError(SitingError):
    pass


class InputsError(SitingError):
    pass


class ModelError(SitingError):
    pass


class SolveError(SitingError):
    pass


class Infeasible(SolveError):
    pass


class StoppedEarly(SolveError):
    pass


def nearest(word: str, valid: Iterable[str]) -> str:
    """`did you mean …?` or the list of what is valid.

    >>> nearest("latencey_ms", ["latency_ms", "peak_mw"])
    "did you mean 'latency_ms'?"
    """
    valid = sorted(valid)
    close = difflib.get_close_matches(word, valid, 1, 0.6)
    return f"did you mean '{close[0]}'?" if close else "valid: " + ", ".join(valid)
