"""Other ways to install the wheel. `cargo xtask wheel --test` names it in REDGREASE_WHEEL."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Dict

import pytest

WHEEL = os.environ.get("REDGREASE_WHEEL", "")

pytestmark = pytest.mark.skipif(not WHEEL, reason="REDGREASE_WHEEL names no wheel")


def test_in_a_folder_of_its_own(tmp_path):
    pip(sys.executable, "--target", str(tmp_path / "packages"))
    check(sys.executable, tmp_path / "packages", PYTHONPATH=str(tmp_path / "packages"))


def test_in_the_folder_of_the_user(tmp_path):
    # A venv has no folder of the user: the Python that it was made from does.
    python = os.path.join(sys.base_prefix, "bin", f"python3.{sys.version_info[1]}")
    environment = {"PYTHONUSERBASE": str(tmp_path / "user"), "PIP_BREAK_SYSTEM_PACKAGES": "1"}
    if not os.path.isfile(python) or run([python, "-m", "pip", "--version"], environment).returncode != 0:
        pytest.skip(f"{python} has no pip")
    pip(python, "--user", **environment)
    check(python, tmp_path / "user", **environment)


def test_unpacked_without_an_installer(tmp_path):
    with zipfile.ZipFile(WHEEL) as archive:
        archive.extractall(tmp_path / "unpacked")
    loader = tmp_path / "unpacked" / "redgrease_engine" / "lib" / "redgrease.so"
    assert not os.access(loader, os.X_OK), "zipfile keeps no permissions"
    check(sys.executable, tmp_path / "unpacked", PYTHONPATH=str(tmp_path / "unpacked"))


def test_with_other_permissions_for_new_files(tmp_path):
    before = os.umask(0o077)
    try:
        pip(sys.executable, "--target", str(tmp_path / "packages"))
    finally:
        os.umask(before)
    check(sys.executable, tmp_path / "packages", PYTHONPATH=str(tmp_path / "packages"))


def test_another_version_takes_the_place_of_this_one(tmp_path):
    folder = tmp_path / "packages"
    older = tmp_path / "redgrease_engine-0.0.1-py3-none-any.whl"
    with zipfile.ZipFile(older, "w") as archive:
        archive.writestr("redgrease_engine/__init__.py", "")
        archive.writestr("redgrease_engine/lib/redgrease.so", "old")
        for name, text in {
            "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
            "METADATA": "Metadata-Version: 2.1\nName: redgrease-engine\nVersion: 0.0.1\n",
            "RECORD": "redgrease_engine/__init__.py,,\nredgrease_engine/lib/redgrease.so,,3\n",
        }.items():
            archive.writestr(f"redgrease_engine-0.0.1.dist-info/{name}", text)
    pip(sys.executable, "--target", str(folder), wheel=str(older))
    pip(sys.executable, "--target", str(folder), "--upgrade")
    check(sys.executable, folder, PYTHONPATH=str(folder))


def pip(python: str, *options: str, wheel: str = WHEEL, **environment: str) -> None:
    done = run([python, "-m", "pip", "install", "-q", "--no-index", "--no-deps", *options, wheel], environment)
    assert done.returncode == 0, done.stderr


def check(python: str, folder: Path, **environment: str) -> None:
    """Runs a gear with the installation in the folder."""
    done = run([python, "-m", "redgrease_engine"], environment)
    assert done.stdout.startswith(str(folder)), done
    assert os.access(done.stdout.rstrip("\n"), os.X_OK)
    done = run([python, "-m", "redgrease_engine", "--check"], environment)
    assert done.stdout.startswith("ok: Python 3."), done


def run(words, environment: Dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, capture_output=True, text=True, env={**os.environ, **environment}, timeout=300)
