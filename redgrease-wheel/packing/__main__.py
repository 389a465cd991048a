"""Packs the loader, the engines and the Python package into a wheel; run by `cargo xtask wheel`.

    python redgrease-wheel/packing LIBRARIES OUT --version VERSION [--local]

The standard library is enough to run this.
"""

import argparse
import sys
from pathlib import Path

from contents import pack
from platform_tag import Unfit


def main() -> int:
    """Prints the path of the wheel."""
    parser = argparse.ArgumentParser(description="Packs the wheel redgrease-engine.")
    parser.add_argument("libraries", type=Path, help="the folder of the loader and the engines")
    parser.add_argument("out", type=Path, help="the folder to write the wheel to")
    parser.add_argument("--version", required=True, help="the version of the engine")
    parser.add_argument("--local", action="store_true", help="allow libraries that only this machine can load")
    given = parser.parse_args()
    try:
        wheel, report = pack(given.libraries, given.version, given.local)
    except Unfit as error:
        print(f"the wheel was not packed: {error}", file=sys.stderr)
        return 1
    print("\n".join(report), file=sys.stderr)
    print(wheel.write(given.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
