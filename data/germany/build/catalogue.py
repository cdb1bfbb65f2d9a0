"""Writes data/catalogue.yaml: one record per data file, with its size and fingerprint."""

from __future__ import annotations

import hashlib
from pathlib import Path

import yaml

from build.records import RECORDS, TECHNOLOGY

HEADER = """\
# One record per file under data/. Written by the build script of data/germany: sizes and fingerprints are
# computed, records of Germany come from data/germany/build/records.py. Records of other files may be edited
# here by hand: the script keeps them and renews their size and fingerprint only.
"""
FIELDS = ("path", "title", "reader", "sha256", "bytes", "licence", "source", "how_made", "coverage", "crs", "caveats")


class Plain(yaml.SafeDumper):
    """YAML without anchors: every record can be read alone."""

    def ignore_aliases(self, data) -> bool:
        return True


def write(germany: Path, given: dict[str, dict] | None = None) -> None:
    """Renew the catalogue beside the folder `germany`; `given` adds records by path relative to data/.

    Germany's records are taken from the script. Records already in the catalogue for other files are
    kept; a CSV under data/technologies without one gets the general record. A record whose file is
    gone is dropped.
    """
    data = germany.parent
    path = data / "catalogue.yaml"
    kept = {r["path"]: r for r in yaml.safe_load(path.read_text(encoding="utf-8")) or []} if path.exists() else {}
    records = {p: r for p, r in kept.items() if not p.startswith(f"{germany.name}/")}
    for table in sorted((data / "technologies").glob("*.csv")):
        key = table.relative_to(data).as_posix()
        records.setdefault(key, TECHNOLOGY | {"title": f"{TECHNOLOGY['title']}: {table.stem.replace('_', ' ')}"})
    records |= {f"{germany.name}/{name}": record for name, record in RECORDS.items()}
    records |= given or {}
    finished = [finish(data, p, records[p]) for p in sorted(records) if (data / p).is_file()]
    text = yaml.dump(finished, Dumper=Plain, sort_keys=False, allow_unicode=True, width=120)
    path.write_text(HEADER + text, encoding="utf-8")


def finish(data: Path, path: str, record: dict) -> dict:
    """Add path, size and fingerprint, in the usual order of fields."""
    content = (data / path).read_bytes()
    full = record | {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    missing = [f for f in FIELDS if f not in full]
    if missing:
        raise ValueError(f"the catalogue record of {path} lacks {', '.join(missing)}")
    return {f: full[f] for f in FIELDS} | {f: v for f, v in full.items() if f not in FIELDS}
