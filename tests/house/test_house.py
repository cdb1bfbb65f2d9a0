"""The house rules that tools can check: imports go down the floors, lint, format, types, and files of a readable size."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [("lint-imports",), ("ruff", "check", "."), ("ruff", "format", "--check", "siting", "tests"), ("mypy",)],
    ids=" ".join,
)
def test_tool_is_content(command: tuple[str, ...]):
    found = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "siting").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_are_of_a_readable_size(path: Path):
    text = path.read_text()
    assert text.count("\n") <= 400, "a file over 400 lines is a design question"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            docstring = ast.get_docstring(node, clean=False) or ""
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno - docstring.count("\n") <= 100, f"{node.name} has over 100 lines"
