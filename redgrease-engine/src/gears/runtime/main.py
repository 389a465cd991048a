"""Packages look for the runtime where an interpreter has its script: in `__main__`."""

import sys

sys.modules["__main__"].__dict__.update(
    (name, value) for name, value in list(globals().items()) if not name.startswith("_")
)
