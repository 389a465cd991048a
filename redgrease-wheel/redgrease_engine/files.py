"""Finds the files of the engine in this package, and checks that a server can load them."""

import csv
import os
import stat
import sys
from pathlib import Path
from typing import Dict, List

from ._version import __version__
from .errors import EngineError

# Symbolic links stay: a link in a venv tells the loader which venv is meant.
_PACKAGE = Path(os.path.abspath(__file__)).parent
LIBRARIES = _PACKAGE / "lib"
#: The module that servers load. It opens the engine for the Python that it finds.
LOADER = "redgrease.so"

_REINSTALL = "install it again with `pip install --force-reinstall redgrease-engine`"


def path() -> str:
    """The path of the Redis module, for `redis-server --loadmodule`.

    Raises `EngineError` if a file of the package is missing or damaged, or is made for another machine.
    """
    _refuse_archive()
    loader = LIBRARIES / LOADER
    for name, size in _recorded_sizes().items():
        _check_size(LIBRARIES / name, size)
    if not loader.is_file():
        raise EngineError(f"redgrease-engine is incomplete, {loader} is missing: {_REINSTALL}")
    if not engines():
        raise EngineError(f"redgrease-engine is incomplete, {LIBRARIES} has no engine for any Python: {_REINSTALL}")
    _check_machine(loader)
    _make_executable(loader)
    return str(loader)


def engines() -> List[Path]:
    """The engines of this package, one for each version of Python."""
    return sorted(LIBRARIES.glob("redgrease-engine-3.*.so"))


def _refuse_archive() -> None:
    for parent in LIBRARIES.parents:
        if parent.is_file():
            raise EngineError(
                f"the engine cannot be loaded from the archive {parent}, because servers load only files: "
                "install redgrease-engine with pip beside the archive, and leave it out of the archive"
            )


def _recorded_sizes() -> Dict[str, int]:
    """The sizes of the libraries by their names, as the installer recorded them; empty without a record."""
    record = _PACKAGE.parent / f"redgrease_engine-{__version__}.dist-info" / "RECORD"
    sizes = {}
    try:
        with open(record, newline="", encoding="utf-8") as file:
            for row in csv.reader(file):
                folder, _, name = row[0].rpartition("/") if row else ("", "", "")
                if folder == "redgrease_engine/lib" and len(row) > 2 and row[2].isdigit():
                    sizes[name] = int(row[2])
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    return sizes


def _check_size(file: Path, expected: int) -> None:
    try:
        size = file.stat().st_size
    except OSError as error:
        raise EngineError(f"redgrease-engine is incomplete, {file}: {error.strerror}: {_REINSTALL}") from None
    if size != expected:
        raise EngineError(f"{file} is damaged, it has {size} bytes instead of {expected}: {_REINSTALL}")


def _check_machine(loader: Path) -> None:
    """Compares the library's header with that of the program that runs: both name the machine they are made for."""
    if not sys.platform.startswith("linux"):
        return
    try:
        library = _elf_identity(loader)
    except OSError as error:
        raise EngineError(
            f"{loader} cannot be read, {error.strerror}: give the user of the server the permission to read it"
        ) from None
    if not library:
        raise EngineError(f"{loader} is damaged, it is not a library: {_REINSTALL}")
    try:
        running = _elf_identity(Path("/proc/self/exe"))
    except OSError:
        return
    if library != running:
        raise EngineError(
            f"{loader} is made for another kind of machine than this Python: "
            "install redgrease-engine with the pip of this Python, which refuses wheels that do not fit"
        )


def _elf_identity(file: Path) -> bytes:
    """The word size, the byte order and the machine of an ELF file; empty for any other file."""
    with open(file, "rb") as opened:
        header = opened.read(20)
    is_elf = len(header) == 20 and header.startswith(b"\x7fELF")
    return header[4:6] + header[18:20] if is_elf else b""


def _make_executable(file: Path) -> None:
    """Redis 7 and later refuse a module without an execute permission, which copies and archives often lose."""
    mode = file.stat().st_mode
    if mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH):
        return
    # Execute permission for each class of users that has read permission.
    mode |= (mode & 0o444) >> 2
    try:
        file.chmod(stat.S_IMODE(mode))
    except OSError as error:
        raise EngineError(
            f"{file} has no execute permission, and Redis refuses such modules ({error.strerror} to change it): "
            f"run `chmod 755 {file}` as its owner"
        ) from None
