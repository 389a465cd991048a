"""Reads what a shared library of Linux needs from the machine that loads it."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

_WEAK = 2
_NEEDED = 1
_MACHINES = {62: "x86_64", 183: "aarch64"}
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")


class NotElf(Exception):
    """The file is not a 64-bit little-endian ELF file."""


@dataclass
class Needs:
    """What a library needs."""

    machine: str
    #: The names of other libraries.
    libraries: List[str]
    #: The symbols by the version that they must have, such as `{"GLIBC_2.34": ["dlopen"]}`. Versions that the linker
    #: marked as weak are left out: the library also loads without them.
    versions: Dict[str, List[str]]

    def glibc(self) -> Tuple[int, ...]:
        """The lowest version of glibc that has all symbols."""
        versions = [name[len("GLIBC_") :] for name in self.versions if name.startswith("GLIBC_")]
        return max((tuple(map(int, version.split("."))) for version in versions), default=(2, 2))


def needs(file: Path) -> Needs:
    """Reads the tables for the dynamic linker."""
    return _Reader(file.read_bytes()).needs()


class _Reader:
    def __init__(self, data: bytes) -> None:
        if len(data) < 64 or data[:6] != b"\x7fELF\x02\x01":
            raise NotElf
        self._data = data
        self._machine = struct.unpack_from("<H", data, 18)[0]
        (table,) = struct.unpack_from("<Q", data, 40)
        size, count, _ = struct.unpack_from("<HHH", data, 58)
        self._sections = [_SECTION.unpack_from(data, table + size * index) for index in range(count)]

    def needs(self) -> Needs:
        versions = dict(self._required())
        named: Dict[str, Set[str]] = {name: set() for name in versions.values()}
        for symbol, version in self._undefined():
            if version in versions:
                named[versions[version]].add(symbol)
        return Needs(
            machine=_MACHINES.get(self._machine, f"machine-{self._machine}"),
            libraries=list(self._libraries()),
            versions={name: sorted(symbols) for name, symbols in named.items()},
        )

    def _libraries(self) -> Iterator[str]:
        for offset, size, strings in self._of_kind(6):
            for tag, value in struct.iter_unpack("<qQ", self._data[offset : offset + size]):
                if tag == _NEEDED:
                    yield self._string(strings, value)

    def _required(self) -> Iterator[Tuple[int, str]]:
        """The versions that must exist, with the numbers that the symbols name them by."""
        for offset, _, strings in self._of_kind(0x6FFFFFFE):
            while True:
                _, count, _, first, following = struct.unpack_from("<HHIII", self._data, offset)
                at = offset + first
                for _ in range(count):
                    _, flags, number, name, step = struct.unpack_from("<IHHII", self._data, at)
                    if not flags & _WEAK:
                        yield number, self._string(strings, name)
                    at += step
                if not following:
                    break
                offset += following

    def _undefined(self) -> Iterator[Tuple[str, int]]:
        """The symbols that other libraries must define, with the numbers of their versions."""
        numbers = [offset for offset, _, _ in self._of_kind(0x6FFFFFFF)]
        for offset, size, strings in self._of_kind(11):
            for index in range(size // _SYMBOL.size):
                name, _, _, section, _, _ = _SYMBOL.unpack_from(self._data, offset + index * _SYMBOL.size)
                if section == 0 and name and numbers:
                    (number,) = struct.unpack_from("<H", self._data, numbers[0] + 2 * index)
                    yield self._string(strings, name), number & 0x7FFF

    def _of_kind(self, kind: int) -> Iterator[Tuple[int, int, int]]:
        """The offset and the size of sections of one kind, with the offset of their strings."""
        for section in self._sections:
            if section[1] == kind:
                yield section[4], section[5], self._sections[section[6]][4]

    def _string(self, strings: int, offset: int) -> str:
        begin = strings + offset
        return self._data[begin : self._data.index(b"\0", begin)].decode()
