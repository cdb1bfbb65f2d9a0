"""The notebook on headroom runs from top to bottom (quick: every twentieth bus, two hours) and ends in a map."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "headroom.ipynb"
SECONDS = 300


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert NOTEBOOK.stat().st_size < 20_000
    assert all(not cell.get("outputs") for cell in notebook.cells)


@pytest.mark.filterwarnings("ignore")
def test_the_notebook_ends_in_a_map_of_hours_with_headroom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITING_QUICK", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    where = {"metadata": {"path": str(NOTEBOOK.parent)}}
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=where).execute()
    assert "image/png" in notebook.cells[-1]["outputs"][-1]["data"]
    assert "managed, N-1 (strict), supply is a limit" in str(notebook.cells[4]["outputs"])
