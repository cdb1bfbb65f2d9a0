"""The notebooks run from top to bottom (quick: some 20 s each) and end in a map."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SECONDS = 90
SHOWN = {"germany": "chosen: ", "clean": "behind the meter"}  # in the last cell, a map
TOLD = {"germany": "MW of IT at", "clean": "used_mwh_per_year"}  # in the first result


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_notebook_is_kept_small_and_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert path.stat().st_size < 20_000
    assert all(not cell.get("outputs") for cell in notebook.cells)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_notebook_runs_and_ends_in_the_map(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITING_QUICK", "1")
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOKS)}})
    client.execute()
    last = [output.get("data", {}) for output in notebook.cells[-1]["outputs"]]
    html = "".join("".join(data.get("text/html", "")) for data in last)
    script = "".join("".join(data.get("application/javascript", "")) for data in last)
    assert "data-root-id" in html + script and SHOWN[name] in html + script
    assert "<script src" not in html
    assert "Bokeh" in str([cell.get("outputs") for cell in notebook.cells])
    assert any(TOLD[name] in str(cell.get("outputs")) for cell in notebook.cells)
