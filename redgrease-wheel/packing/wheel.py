"""Writes a wheel: a zip archive with a table of its files (PEP 427)."""

import base64
import hashlib
import os
import stat
import zipfile
from pathlib import Path
from typing import List, Tuple

# The oldest time of a zip archive, for every file: the time of the build must not change the wheel.
_TIME = (1980, 1, 1, 0, 0, 0)


class Wheel:
    """The files of a wheel, in the order in which they are written."""

    def __init__(self, distribution: str, version: str, tag: str) -> None:
        stem = f"{distribution.replace('-', '_')}-{version}"
        self._name = f"{stem}-{tag}.whl"
        self._info = f"{stem}.dist-info"
        self._files: List[Tuple[zipfile.ZipInfo, bytes]] = []
        # The tag `py3-none` with a platform: pure Python beside libraries that Python does not import.
        self.add_info(
            "WHEEL", f"Wheel-Version: 1.0\nGenerator: redgrease\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
        )

    def add(self, name: str, content: bytes, executable: bool = False) -> None:
        """Adds a file. Installers keep its execute permission."""
        entry = zipfile.ZipInfo(name, _TIME)
        entry.compress_type = zipfile.ZIP_DEFLATED
        # The upper half holds the mode of Unix; `create_system` says so.
        entry.create_system = 3
        entry.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
        self._files.append((entry, content))

    def add_info(self, name: str, content: bytes) -> None:
        """Adds a file to the folder of metadata."""
        self.add(f"{self._info}/{name}", content)

    def write(self, folder: Path) -> Path:
        """Writes the wheel whole or not at all, and returns its path."""
        record = f"{self._info}/RECORD"
        rows = [f"{entry.filename},sha256={_digest(content)},{len(content)}\n" for entry, content in self._files]
        self.add(record, "".join([*rows, f"{record},,\n"]).encode())
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self._name
        unfinished = path.with_suffix(".unfinished")
        with zipfile.ZipFile(unfinished, "w") as archive:
            # The metadata comes last, where installers find it without reading the whole archive.
            for entry, content in sorted(self._files, key=lambda file: file[0].filename.startswith(self._info)):
                archive.writestr(entry, content, compresslevel=9)
        os.replace(unfinished, path)
        return path


def _digest(content: bytes) -> str:
    """The hash of a file as RECORD writes it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
