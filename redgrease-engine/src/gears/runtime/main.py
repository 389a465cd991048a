"""Publishes the names of the runtime: scripts begin with them, and packages look for them in `__main__`."""

import sys

# Without the engine's own names, which begin with an underscore: each session has a copy.
_initial = {name: value for name, value in globals().items() if name == "_saveGlobals" or not name.startswith("_")}

sys.modules["__main__"].__dict__.update(_initial)
