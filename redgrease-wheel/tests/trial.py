"""Starts a server as the README shows, with the wheel of the venv that runs this, and runs a gear with a requirement.

    venv/bin/python trial.py PACKAGES

PACKAGES is the directory in which the engine installs the requirement. Prints a line about the gear.
"""

import os
import subprocess
import sys
import tempfile
import time

from redgrease_engine.programs import find_program
from redgrease_engine.resp import Connection

# The gear also looks for the wheel, and finds it if the loader has chosen the venv that the wheel is in.
GEAR = """
import sys

def answer(_):
    import importlib.metadata, six
    wheel = importlib.metadata.distribution('redgrease-engine')
    return '\\n'.join([sys.version.split()[0], six.__version__, str(wheel.locate_file('redgrease_engine'))])

GB('CommandReader').map(answer).register(trigger='answer')
"""


def main() -> int:
    packages = sys.argv[1]
    module = subprocess.check_output([sys.executable, "-m", "redgrease_engine"], text=True).rstrip("\n")
    with tempfile.TemporaryDirectory(prefix="redgrease-") as directory:
        socket = os.path.join(directory, "redis.sock")
        # Nothing names a Python: the loader must find the one of this venv by itself.
        environment = {
            key: value for key, value in os.environ.items() if key not in ("REDGREASE_PYTHON", "VIRTUAL_ENV")
        }
        words = [find_program(), "--port", "0", "--unixsocket", socket, "--dir", directory, "--save", ""]
        words += ["--loadmodule", module, "PythonInstallationDir", packages]
        with open(os.path.join(directory, "log"), "w+") as log:
            server = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
            try:
                wait(server, socket)
                with Connection(socket, timeout=300) as connection:
                    connection.call("RG.PYEXECUTE", GEAR, "REQUIREMENTS", "six")
                    python, six, package = connection.call("RG.TRIGGER", "answer")[0].decode().split("\n")
            except Exception:
                log.seek(0)
                print(log.read(), file=sys.stderr)
                raise
            finally:
                server.terminate()
                server.wait()
    if package != os.path.dirname(os.path.dirname(module)):
        print(f"the gear found the wheel in {package}, which is not in this venv", file=sys.stderr)
        return 1
    print(f"Python {python} ran a gear with six {six}")
    return 0


def wait(server: "subprocess.Popen[bytes]", socket: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with Connection(socket, timeout=60) as connection:
                connection.call("PING")
                return
        except OSError:
            time.sleep(0.01)
    raise SystemExit("the server did not answer")


if __name__ == "__main__":
    sys.exit(main())
