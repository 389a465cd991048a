"""Names the platform of a wheel, from what its libraries need."""

from pathlib import Path
from typing import List, Sequence, Tuple

from elf import Needs, NotElf, needs

#: The libraries that every machine of a `manylinux` tag has.
_EVERYWHERE = {
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
}
#: The oldest glibc that a tag can name.
_OLDEST = (2, 17)


class Unfit(Exception):
    """A library that the wheel must not contain."""


def platform_tag(libraries: Sequence[Path], local: bool) -> str:
    """The platform of the wheel: the lowest `manylinux` tag that fits, or that of this machine alone if `local`."""
    found = [(library, _read(library)) for library in libraries]
    machines = sorted({each.machine for _, each in found})
    if len(machines) != 1:
        raise Unfit(f"the libraries are made for several machines ({', '.join(machines)}): build all for one")
    if local:
        return f"linux_{machines[0]}"
    for library, each in found:
        foreign = sorted(set(each.libraries) - _EVERYWHERE)
        if foreign:
            raise Unfit(
                f"{library} needs {', '.join(foreign)}, which a machine may not have: "
                "build it with `suppress_build_script_link_lines=true`, or pack it with --local"
            )
    glibc = max([_OLDEST, *(each.glibc() for _, each in found)])
    return f"manylinux_{glibc[0]}_{glibc[1]}_{machines[0]}"


def explain(libraries: Sequence[Path]) -> List[str]:
    """A line for each library: the glibc it needs, and the symbols that need the newest version."""
    lines = []
    for library in libraries:
        each = _read(library)
        glibc = _version(each.glibc())
        symbols = ", ".join(each.versions.get(f"GLIBC_{glibc}", []))
        lines.append(f"{library.name}: glibc {glibc}, for {symbols or 'nothing newer'}")
    return lines


def _version(numbers: Tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


def _read(library: Path) -> Needs:
    try:
        return needs(library)
    except NotElf:
        raise Unfit(
            f"{library} is not a 64-bit library of Linux: see redgrease-wheel/README.md for other systems"
        ) from None
