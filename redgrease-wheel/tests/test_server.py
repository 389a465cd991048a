"""Private servers."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import redgrease_engine
from redgrease_engine import ReplyError, ServerError

LENGTH = "GB('CommandReader').map(lambda words: len(words)).register(trigger='length')"


def test_a_gear_runs_and_nothing_is_left():
    with redgrease_engine.server() as server:
        server.call("RG.PYEXECUTE", LENGTH)
        assert server.call("RG.TRIGGER", "length", "a", "b") == [b"3"]
        assert server.port is None and server.url == f"unix://{server.socket}"
        assert server.directory.is_dir() and os.path.exists(f"/proc/{server.pid}")
    assert not server.directory.exists()
    assert is_gone(server.pid)


def test_gears_use_the_python_that_runs_and_its_packages():
    with redgrease_engine.server() as server:
        gear = "GB('CommandReader').map(lambda _: __import__('pytest').__file__).register(trigger='where')"
        server.call("RG.PYEXECUTE", gear)
        assert server.call("RG.TRIGGER", "where") == [pytest.__file__.encode()]


def test_a_free_port_and_a_chosen_one():
    with redgrease_engine.server(port=0) as server:
        assert server.url == f"redis://127.0.0.1:{server.port}/"
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"PING\r\n")
            assert connection.recv(7) == b"+PONG\r\n"
        with pytest.raises(ServerError, match=f"port {server.port} is used by another program"):
            with redgrease_engine.server(port=server.port):
                pass


def test_two_servers_do_not_meet():
    with redgrease_engine.server() as one, redgrease_engine.server() as other:
        one.call("SET", "key", "one")
        assert other.call("GET", "key") is None


def test_settings_and_configuration_reach_the_server():
    with redgrease_engine.server(settings={"ExecutionThreads": 3}, config={"maxmemory": "100mb"}) as server:
        assert server.call("RG.CONFIGGET", "ExecutionThreads") == [3]
        assert server.call("CONFIG", "GET", "maxmemory")[1] == b"104857600"


@pytest.mark.parametrize("name", ["Python", "python", "PythonExecutable", "PYTHONEXECUTABLE"])
def test_a_setting_chooses_the_python(name, tmp_path):
    settings = {name: sys.executable, "PythonInstallationDir": str(tmp_path / "packages")}
    with redgrease_engine.server(settings=settings) as server:
        assert server.call("RG.CONFIGGET", "PythonInstallationDir") == [str(tmp_path / "packages").encode()]


def test_errors_of_replies_are_raised():
    with redgrease_engine.server() as server, pytest.raises(ReplyError, match="unknown command"):
        server.call("NONSENSE")


def test_a_client_of_redis_py():
    with redgrease_engine.server() as server:
        with server.client(decode_responses=True) as client:
            client.set("key", "value")
            assert client.get("key") == "value"


def test_a_client_without_a_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setitem(sys.modules, "valkey", None)
    with redgrease_engine.server() as server, pytest.raises(ServerError, match="pip install redis"):
        server.client()


def test_what_gears_print_is_in_the_log():
    with redgrease_engine.server() as server:
        server.call("RG.PYEXECUTE", "print('a line of a gear', flush=True)")
        assert "a line of a gear" in server.log()


def test_special_characters_in_paths(tmp_path, monkeypatch):
    folder = tmp_path / "a 'b' \"c\" \u00e9\\"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with redgrease_engine.server(packages=folder / "packages") as server:
        assert server.call("RG.CONFIGGET", "PythonInstallationDir") == [str(folder / "packages").encode()]


def test_a_long_temporary_directory_does_not_break_the_socket(tmp_path, monkeypatch):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with redgrease_engine.server() as server:
        assert len(server.socket) < 100


@pytest.mark.parametrize("origin", ["argument", "variable"])
def test_a_program_that_does_not_exist_is_named(origin, monkeypatch):
    wrong = "/nonexistent/redis-server"
    if origin == "variable":
        monkeypatch.setenv("REDGREASE_SERVER", wrong)
    with pytest.raises(ServerError, match=f"names {wrong}, which is not a program"):
        with redgrease_engine.server(wrong if origin == "argument" else None):
            pass


def test_no_program_says_what_to_install(monkeypatch):
    monkeypatch.delenv("REDGREASE_SERVER", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ServerError, match="apt-get install redis-server"):
        with redgrease_engine.server():
            pass


def test_the_name_of_a_program_is_looked_up_on_path(tmp_path, monkeypatch):
    script(tmp_path, "echo 'found by its name'; exit 3")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("REDGREASE_SERVER", "redis-server")
    with pytest.raises(ServerError, match="found by its name"):
        with redgrease_engine.server():
            pass


def test_a_guard_that_cannot_be_started_leaves_no_server(tmp_path, monkeypatch):
    pid = tmp_path / "pid"
    program = script(tmp_path, f"echo $$ > '{pid}'; exec sleep 300")
    real = subprocess.Popen

    def without_shell(words, *rest, **options):
        if words[0] == "/bin/sh":
            await_that(lambda: pid.exists() and pid.read_text())
            raise FileNotFoundError(2, "No such file or directory", "/bin/sh")
        return real(words, *rest, **options)

    monkeypatch.setattr(subprocess, "Popen", without_shell)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ServerError, match="install a shell as /bin/sh"):
        with redgrease_engine.server(program):
            pass
    assert is_gone(int(pid.read_text()))
    assert not list(tmp_path.glob("redgrease-*"))


def test_a_program_that_ends_shows_its_last_line(tmp_path):
    program = script(tmp_path, "echo first; echo 'the disk is on fire'; exit 3")
    with pytest.raises(ServerError, match=r"exit status 3\) behind the line `the disk is on fire`: check") as caught:
        with redgrease_engine.server(program):
            pass
    assert caught.value.log == "first\nthe disk is on fire"


def test_a_program_that_says_nothing_is_named_with_what_to_do(tmp_path):
    program = script(tmp_path, "exit 1")
    with pytest.raises(ServerError) as caught:
        with redgrease_engine.server(program):
            pass
    line = str(caught.value)
    assert line.startswith(f"{program} ended before it answered (exit status 1) without a line in its log: check")
    assert line.endswith("or name another program in REDGREASE_SERVER"), line


def test_a_line_of_the_configuration_that_the_server_refuses():
    with pytest.raises(ServerError, match="check the lines of `config`, and that"):
        with redgrease_engine.server(config={"nonsense": 1}):
            pass


def test_a_program_that_is_no_program(tmp_path):
    program = tmp_path / "redis-server"
    program.write_bytes(b"\x7fELF nonsense")
    program.chmod(0o755)
    with pytest.raises(ServerError, match="could not be started"):
        with redgrease_engine.server(program):
            pass


def test_a_server_that_does_not_answer_is_ended(tmp_path):
    pid = tmp_path / "pid"
    program = script(tmp_path, f"echo $$ > '{pid}'; exec sleep 300")
    with pytest.raises(ServerError, match=r"did not answer within 0\.5 s"):
        with redgrease_engine.server(program, timeout=0.5):
            pass
    assert is_gone(int(pid.read_text()))


def test_a_wrong_setting_shows_the_line_of_the_engine():
    with pytest.raises(ServerError, match="ExecutionThreads"):
        with redgrease_engine.server(settings={"ExecutionThreads": "many"}):
            pass


def test_a_wrong_python_shows_the_line_of_the_loader(tmp_path):
    with pytest.raises(ServerError, match="/nonexistent/python"):
        with redgrease_engine.server(python="/nonexistent/python"):
            pass


@pytest.mark.parametrize("name, value", [("a b", 1), ("", 1), ("save", "1 1\nport 1")])
def test_a_configuration_of_several_lines_is_refused(name, value):
    with pytest.raises(ServerError, match="is not a line of a configuration file"):
        with redgrease_engine.server(config={name: value}):
            pass


def test_an_exception_in_the_block_ends_the_server():
    with pytest.raises(KeyError):
        with redgrease_engine.server() as server:
            raise KeyError
    assert is_gone(server.pid)


def test_a_server_that_has_been_killed_leaves_nothing():
    with redgrease_engine.server() as server:
        os.kill(server.pid, signal.SIGKILL)
    assert not server.directory.exists()


def test_a_server_that_has_been_stopped_is_ended_nevertheless():
    with redgrease_engine.server() as server:
        os.kill(server.pid, signal.SIGSTOP)
        # A stopped process takes no SHUTDOWN and no SIGTERM.
    assert is_gone(server.pid)


def test_a_killed_process_takes_its_server_along():
    process = subprocess.Popen([sys.executable, "-c", FOREVER], stdout=subprocess.PIPE, text=True)
    server, directory = process.stdout.readline().split(maxsplit=1)
    process.kill()
    process.wait()
    await_that(lambda: is_gone(int(server)) and not os.path.exists(directory.strip()))


FOREVER = textwrap.dedent("""
    import redgrease_engine, time
    with redgrease_engine.server() as server:
        print(server.pid, server.directory, flush=True)
        time.sleep(600)
""")


@pytest.mark.parametrize("fork", ["os.fork()", "multiprocessing"])
def test_a_killed_process_takes_its_server_along_from_its_children(fork):
    process = subprocess.Popen([sys.executable, "-c", PARENT, fork], stdout=subprocess.PIPE, text=True)
    server, child = map(int, process.stdout.readline().split())
    try:
        process.kill()
        process.wait()
        await_that(lambda: is_gone(server))
        assert not is_gone(child)
    finally:
        os.kill(child, signal.SIGKILL)


PARENT = textwrap.dedent("""
    import multiprocessing, os, redgrease_engine, sys, time
    with redgrease_engine.server() as server:
        if sys.argv[1] == "multiprocessing":
            process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
            process.start()
            child = process.pid
        else:
            child = os.fork()
            if child == 0:
                time.sleep(600)
                os._exit(0)
        print(server.pid, child, flush=True)
        time.sleep(600)
""")


def test_a_forked_child_leaves_the_server_alone():
    with redgrease_engine.server() as server:
        child = os.fork()
        if child == 0:
            server.stop()
            os._exit(0)
        os.waitpid(child, 0)
        assert server.call("PING") == b"PONG"
    assert is_gone(server.pid)


def script(folder: Path, text: str) -> Path:
    program = folder / "redis-server"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return program


def is_gone(pid: int) -> bool:
    try:
        # A process that has ended is listed as a zombie until its parent asks for its status.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def await_that(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.01)
