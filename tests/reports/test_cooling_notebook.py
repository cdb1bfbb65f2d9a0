"""The notebook on cooling runs from top to bottom (quick: every third cell) and ends in the maps."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "cooling.ipynb"
SECONDS = 120


@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs_and_ends_in_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITING_QUICK", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells) and NOTEBOOK.stat().st_size < 20_000
    client = NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    )
    client.execute()
    assert any("image/png" in output.get("data", {}) for output in notebook.cells[-1]["outputs"])
    assert "immersion_two_phase" in str(notebook.cells[3]["outputs"])
