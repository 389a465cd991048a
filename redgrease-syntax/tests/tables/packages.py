"""Prints rows for `src/packages/table.rs`: name, modules and needed packages of all packages in a folder.

    pip install --target /tmp/packages --only-binary :all: requests pandas
    python packages.py /tmp/packages
"""

import importlib.metadata
import re
import sys

# Folders that packages install beside their modules.
BESIDE = frozenset("bench benchmarks build doc docs examples include samples scripts share test tests tools".split())


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def modules(distribution):
    found = set()
    for file in distribution.files or []:
        first = file.parts[0]
        if len(file.parts) > 1 and file.suffix in (".py", ".pyi", ".so"):
            found.add(first)
        elif len(file.parts) == 1 and re.fullmatch(r"\w+(\..*)?\.(py|so|pyd)", first):
            found.add(first.partition(".")[0])
    return sorted(name for name in found if re.fullmatch(r"[A-Za-z]\w*", name) and name.lower() not in BESIDE)


def needed(distribution):
    requirements = [text for text in distribution.requires or [] if "extra ==" not in text]
    return sorted({normalized(re.match(r"[\w.-]+", text)[0]) for text in requirements})


for distribution in sorted(
    importlib.metadata.distributions(path=[sys.argv[1]]), key=lambda one: normalized(one.metadata["Name"])
):
    name = normalized(distribution.metadata["Name"])
    print('    ("%s", "%s", "%s"),' % (name, " ".join(modules(distribution)), " ".join(needed(distribution))))
