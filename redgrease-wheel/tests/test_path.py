"""The path that is printed, and installations that are broken."""

import os
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest

import redgrease_engine
from redgrease_engine.__main__ import main


def test_the_check_names_a_program_that_is_no_server(copy):
    done = copy.run("--check", REDGREASE_SERVER="/bin/false")
    assert (done.returncode, done.stdout) == (1, ""), done
    (line,) = done.stderr.splitlines()
    assert "/bin/false ended before it answered (exit status 1)" in line, line
    assert line.endswith("or name another program in REDGREASE_SERVER"), line


def test_the_command_prints_the_path_and_nothing_else(copy):
    done = copy.run()
    assert (done.stdout, done.stderr, done.returncode) == (f"{copy.loader}\n", "", 0)


def test_the_function_returns_a_file_that_servers_accept():
    path = Path(redgrease_engine.path())
    assert path.is_absolute() and path.name == "redgrease.so"
    assert os.access(path, os.X_OK)


def test_the_version_is_printed(copy):
    assert copy.run("--version").stdout == f"{redgrease_engine.__version__}\n"


def test_the_help_shows_the_line_for_a_server(copy):
    assert "redis-server --loadmodule $(python -m redgrease_engine)" in copy.run("--help").stdout


def test_unknown_options_are_refused(copy):
    done = copy.run("--chek")
    assert done.returncode == 2 and done.stdout == ""


def test_the_check_runs_a_gear(capfdbinary):
    assert main(["--check"]) == 0
    out, _ = capfdbinary.readouterr()
    assert out.startswith(b"ok: Python 3.") and out.count(b"\n") == 1


def test_a_lost_execute_permission_is_restored(copy):
    copy.loader.chmod(0o640)
    assert copy.run().returncode == 0
    assert copy.loader.stat().st_mode & 0o777 == 0o750


def test_a_missing_folder_is_named(copy):
    for file in copy.lib.iterdir():
        file.unlink()
    copy.lib.rmdir()
    line = copy.refusal()
    assert str(copy.lib) in line and "pip install --force-reinstall" in line


@pytest.mark.parametrize("name", ["redgrease.so", "redgrease-engine-3.*.so"])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_missing_file_is_named(copy, name, recorded):
    if not recorded:
        remove_record(copy)
    for file in list(copy.lib.glob(name)):
        file.unlink()
    line = copy.refusal()
    assert "incomplete" in line and str(copy.lib) in line and "pip install --force-reinstall" in line


def test_one_missing_engine_of_several_is_named(copy):
    engine = sorted(copy.lib.glob("redgrease-engine-3.*.so"))[0]
    engine.rename(engine.with_suffix(".moved"))
    assert str(engine) in copy.refusal()


@pytest.mark.parametrize("name", ["redgrease.so", "redgrease-engine-3.*.so"])
@pytest.mark.parametrize("size", [0, 10, 4096])
def test_a_truncated_file_is_named(copy, name, size):
    file = next(copy.lib.glob(name))
    with open(file, "r+b") as opened:
        opened.truncate(size)
    line = copy.refusal()
    assert f"{file} is damaged" in line and f"{size} bytes" in line


def test_a_file_that_is_no_library_is_refused_without_a_record(copy):
    remove_record(copy)
    copy.loader.write_bytes(b"<html>not found</html>")
    assert "is damaged" in copy.refusal()


def test_a_library_for_another_machine_is_refused(copy):
    with open(copy.loader, "r+b") as opened:
        opened.seek(18)
        # The number of RISC-V.
        opened.write(b"\xf3\x00")
    assert "another kind of machine" in copy.refusal()


def test_a_damaged_record_is_no_obstacle(copy):
    for record in copy.site.glob("*.dist-info/RECORD"):
        record.write_bytes(b'\xff\xfe"redgrease_engine/lib/redgrease.so,')
    assert copy.run().returncode == 0


def test_the_record_of_another_version_is_not_used(copy):
    other = copy.site / "redgrease_engine-9.9.9.dist-info"
    other.mkdir()
    (other / "RECORD").write_text("redgrease_engine/lib/redgrease.so,sha256=x,1\n")
    assert copy.run().returncode == 0


def test_the_package_in_an_archive_is_refused(copy, tmp_path):
    (copy.site / "__main__.py").write_text("import runpy; runpy.run_module('redgrease_engine', run_name='__main__')\n")
    archive = tmp_path / "application.pyz"
    zipapp.create_archive(copy.site, archive)
    done = subprocess.run([sys.executable, str(archive)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and f"archive {archive}" in done.stderr, done


def test_the_copy_that_python_finds_first_is_used(copy):
    assert str(copy.loader) in copy.run().stdout
    assert str(copy.loader) != redgrease_engine.path()


def remove_record(copy):
    for record in copy.site.glob("*.dist-info/RECORD"):
        record.unlink()
