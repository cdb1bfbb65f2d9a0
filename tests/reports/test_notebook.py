"""The planner's notebook runs from top to bottom (quick: some 20 s) and ends in the map."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "germany.ipynb"
SECONDS = 90


def test_the_notebook_is_kept_small_and_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert NOTEBOOK.stat().st_size < 20_000
    assert all(not cell.get("outputs") for cell in notebook.cells)


@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs_and_ends_in_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITING_QUICK", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    )
    client.execute()
    last = [output.get("data", {}) for output in notebook.cells[-1]["outputs"]]
    html = "".join("".join(data.get("text/html", "")) for data in last)
    script = "".join("".join(data.get("application/javascript", "")) for data in last)
    assert "data-root-id" in html + script and "chosen: " in html + script
    assert "Bokeh" in script and "<script src" not in html
    assert "MW of IT at" in str(notebook.cells[2]["outputs"])
