"""The contents of the wheel. The same files give the same wheel, byte for byte."""

from pathlib import Path
from typing import List, Tuple

from platform_tag import Unfit, explain, platform_tag
from wheel import Wheel

_SOURCES = Path(__file__).resolve().parent.parent
_PACKAGE = "redgrease_engine"
_ENTRY_POINTS = b"""\
[pytest11]
redgrease = redgrease_engine.pytest_plugin
"""


def pack(libraries: Path, version: str, local: bool) -> Tuple[Wheel, List[str]]:
    """The wheel, and a report about the glibc that its libraries need.

    `libraries` is a folder with the loader `redgrease.so` and one `redgrease-engine-3.X.so` or more.
    """
    loader = libraries / "redgrease.so"
    engines = sorted(libraries.glob("redgrease-engine-3.*.so"), key=lambda file: int(file.stem.rpartition(".")[2]))
    if not loader.is_file() or not engines:
        raise Unfit(f"{libraries} lacks redgrease.so or an engine: build them with `cargo xtask wheel`")
    if f'"{version}"' not in (_SOURCES / _PACKAGE / "_version.py").read_text():
        raise Unfit(f"redgrease_engine/_version.py is not {version}: write the version of the workspace there")
    files = [loader, *engines]
    wheel = Wheel("redgrease-engine", version, f"py3-none-{platform_tag(files, local)}")
    for source in sorted((_SOURCES / _PACKAGE).iterdir()):
        if source.suffix == ".py" or source.name == "py.typed":
            wheel.add(f"{_PACKAGE}/{source.name}", source.read_bytes())
    for file in files:
        wheel.add(f"{_PACKAGE}/lib/{file.name}", file.read_bytes(), executable=True)
    for licence in ("LICENSE-APACHE", "LICENSE-MIT"):
        wheel.add_info(f"licenses/{licence}", (_SOURCES.parent / licence).read_bytes())
    wheel.add_info("METADATA", _metadata(version).encode())
    wheel.add_info("entry_points.txt", _ENTRY_POINTS)
    return wheel, explain(files)


def _metadata(version: str) -> str:
    head = (_SOURCES / "packing" / "METADATA").read_text(encoding="utf-8").replace("{version}", version)
    readme = (_SOURCES / "README.md").read_text(encoding="utf-8")
    return f"{head}\n{readme}"
