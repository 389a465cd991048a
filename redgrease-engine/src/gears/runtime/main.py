"""Copies the runtime's public names into `__main__`, where packages look for them."""

import sys

sys.modules["__main__"].__dict__.update(
    (name, value) for name, value in list(globals().items()) if not name.startswith("_")
)
