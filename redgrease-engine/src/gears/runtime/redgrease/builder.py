"""`GearsBuilder` of the package `redgrease`: like the built-in one, but with gear functions."""

from .actions import Reader
from .gears import OpenGearFunction


class GearsBuilder(OpenGearFunction):
    """Builds a gear function. Every operation changes the builder and returns it."""

    def __init__(self, reader="KeysReader", defaultArg="*", desc=None, *args, **kwargs):
        super().__init__(Reader(reader, defaultArg, desc), None, kwargs.pop("requirements", None))
        self._function = OpenGearFunction(self.operation, None, self.requirements)
        self._args = args
        self._kwargs = kwargs

    @property
    def gearfunction(self):
        """The gear function as built so far. Later operations do not change it."""
        return self._function

    def _then(self, operation, requirements=None):
        self._function = self._function._then(operation, requirements)
        self.operation = self._function.operation
        self.input_function = self._function.input_function
        self.requirements = self._function.requirements
        return self

    def run(self, *args, **kwargs):
        """Runs the function once, on this server."""
        return self._function.run(*(args or self._args), **{**self._kwargs, **kwargs})

    def register(self, *args, **kwargs):
        """Registers the function on this server, so that it runs for each event."""
        return self._function.register(*(args or self._args), **{**self._kwargs, **kwargs})


GB = GearsBuilder
