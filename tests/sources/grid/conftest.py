"""The fixture script runs in a venv of its own."""

collect_ignore = ["make_pandapower_fixture.py"]
