"""`python -m redgrease_engine`: prints the path of the Redis module."""

import argparse
import os
import sys
from typing import List, Optional

from . import EngineError, ServerError, __version__, path
from .check import check

_EPILOG = """to run a server with the engine:
  redis-server --loadmodule $(python -m redgrease_engine)"""


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs the command and returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m redgrease_engine",
        description="Prints the path of the Redis module that runs Python inside Redis and Valkey.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--version", action="version", version=__version__)
    what.add_argument("--check", action="store_true", help="start a private server, run a gear in it and report")
    given = parser.parse_args(arguments)
    try:
        line = check() if given.check else path()
    except (EngineError, ServerError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    # A path may have bytes that the terminal's encoding does not know.
    sys.stdout.flush()
    sys.stdout.buffer.write(os.fsencode(line) + b"\n")
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
