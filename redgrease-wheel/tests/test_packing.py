"""The script that packs the wheel."""

import base64
import csv
import hashlib
import io
import shutil
import struct
import sys
import zipfile
from pathlib import Path

import pytest

from redgrease_engine import __version__
from redgrease_engine.files import LIBRARIES

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "packing"))

import elf
import platform_tag
from contents import pack


@pytest.fixture
def libraries(tmp_path):
    folder = tmp_path / "lib"
    shutil.copytree(LIBRARIES, folder)
    return folder


@pytest.fixture
def packed(libraries, tmp_path):
    wheel, _ = pack(libraries, __version__, local=True)
    return wheel.write(tmp_path)


def test_the_same_files_give_the_same_wheel(libraries, packed, tmp_path):
    for file in libraries.iterdir():
        file.touch()
        file.chmod(0o600)
    wheel, _ = pack(libraries, __version__, local=True)
    again = wheel.write(tmp_path / "again")
    assert again.name == packed.name
    assert again.read_bytes() == packed.read_bytes()


def test_the_record_names_every_file(packed):
    with zipfile.ZipFile(packed) as archive:
        record = f"redgrease_engine-{__version__}.dist-info/RECORD"
        rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(archive.read(record).decode()))}
        assert sorted(rows) == sorted(archive.namelist())
        assert rows.pop(record) == ["", ""]
        for name, (digest, size) in rows.items():
            content = archive.read(name)
            hashed = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            assert (digest, size) == (f"sha256={hashed}", str(len(content))), name


def test_only_libraries_are_executable(packed):
    with zipfile.ZipFile(packed) as archive:
        for entry in archive.infolist():
            expected = 0o100755 if entry.filename.endswith(".so") else 0o100644
            assert entry.external_attr >> 16 == expected, entry.filename


def test_a_local_wheel_is_for_this_kind_of_machine_alone(packed):
    assert "-py3-none-linux_" in packed.name


def test_no_loader_and_no_engine_is_refused(libraries):
    for name in ("redgrease-engine-3.*.so", "redgrease.so"):
        for file in list(libraries.glob(name)):
            file.unlink()
        with pytest.raises(platform_tag.Unfit, match=r"lacks redgrease\.so or an engine"):
            pack(libraries, __version__, local=True)


def test_another_version_is_refused(libraries):
    with pytest.raises(platform_tag.Unfit, match=r"_version\.py is not 9\.9\.9"):
        pack(libraries, "9.9.9", local=True)


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"#!/bin/sh\n" * 100])
def test_a_file_that_is_no_library_is_refused(libraries, content):
    (libraries / "redgrease.so").write_bytes(content)
    with pytest.raises(platform_tag.Unfit, match="not a 64-bit library of Linux"):
        pack(libraries, __version__, local=True)


def test_libraries_for_two_machines_are_refused(libraries):
    with open(libraries / "redgrease.so", "r+b") as file:
        file.seek(18)
        file.write(struct.pack("<H", 183))
    with pytest.raises(platform_tag.Unfit, match="several machines \\(aarch64, x86_64\\)"):
        pack(libraries, __version__, local=True)


def needs(libraries=(), **versions):
    return elf.Needs("x86_64", list(libraries), versions)


def test_the_platform_names_the_newest_glibc_that_a_file_needs(monkeypatch):
    found = {
        "old": needs(["libc.so.6"], **{"GLIBC_2.2.5": ["malloc"], "GCC_3.0": ["unwind"]}),
        "new": needs(["libc.so.6"], **{"GLIBC_2.9": ["a"], "GLIBC_2.34": ["dlsym", "dlopen"]}),
    }
    monkeypatch.setattr(platform_tag, "needs", lambda file: found[file.name])
    assert platform_tag.platform_tag([Path("old")], local=False) == "manylinux_2_17_x86_64"
    assert platform_tag.platform_tag([Path("old"), Path("new")], local=False) == "manylinux_2_34_x86_64"
    assert platform_tag.explain([Path("new")]) == ["new: glibc 2.34, for dlsym, dlopen"]


def test_a_library_that_other_machines_lack_is_refused(monkeypatch):
    found = needs(["libc.so.6", "libpython3.11.so.1.0"])
    monkeypatch.setattr(platform_tag, "needs", lambda file: found)
    with pytest.raises(
        platform_tag.Unfit, match=r"engine needs libpython3\.11\.so\.1\.0, which a machine may not have"
    ):
        platform_tag.platform_tag([Path("engine")], local=False)
    assert platform_tag.platform_tag([Path("engine")], local=True) == "linux_x86_64"


def test_the_needs_of_a_program_are_read():
    found = elf.needs(Path(sys.executable).resolve())
    assert "libc.so.6" in found.libraries
    assert found.glibc() >= (2, 2)
    assert any(found.versions.values())
