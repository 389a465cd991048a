"""The tests run in an environment in which the wheel is installed: `cargo xtask wheel --test`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

import redgrease_engine

pytest_plugins = ["pytester"]


class Copy:
    """A copy of the installed package, which a test may damage."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.package = site / "redgrease_engine"
        self.lib = self.package / "lib"
        self.loader = self.lib / "redgrease.so"

    def run(self, *arguments: str, code: str = "", **variables: str) -> "subprocess.CompletedProcess[str]":
        """Runs `python -m redgrease_engine`, or a piece of code, with the copy in place of the installed package."""
        words: List[str] = [sys.executable, *(["-c", code] if code else ["-m", "redgrease_engine", *arguments])]
        environment = {**os.environ, "PYTHONPATH": str(self.site), **variables}
        return subprocess.run(words, capture_output=True, text=True, env=environment, cwd=self.site.parent, timeout=120)

    def refusal(self) -> str:
        """The only line of a run that fails."""
        done = self.run()
        assert (done.returncode, done.stdout) == (1, ""), done
        (line,) = done.stderr.splitlines()
        assert line.startswith("error: "), line
        return line


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    installed = Path(redgrease_engine.__file__).parent
    site = tmp_path / "site packages \u00e9"
    for folder in [installed, *installed.parent.glob("redgrease_engine-*.dist-info")]:
        shutil.copytree(folder, site / folder.name)
    return Copy(site)
