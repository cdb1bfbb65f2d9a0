"""The notebook on the race runs from top to bottom (quick) and shows the maps of the stages and the race."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "race.ipynb"
SECONDS = 240


@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs_and_ends_in_the_race(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITING_QUICK", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    )
    client.execute()
    pictures = [c for c in notebook.cells if any("image/png" in o.get("data", {}) for o in c.get("outputs", ()))]
    assert len(pictures) == 2 and pictures[-1] is notebook.cells[-1]
    told = str([c.get("outputs") for c in notebook.cells])
    assert "levers_and_chips" in told and "quantisation" in told and "FLOP/s" in told
