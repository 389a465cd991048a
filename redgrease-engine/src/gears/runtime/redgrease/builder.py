"""`GearsBuilder`: like the one that scripts find without importing it, over gear functions."""

from .actions import Reader
from .gears import OpenGearFunction


class GearsBuilder(OpenGearFunction):
    """A gear function in the making. Every operation changes the builder and returns it."""

    def __init__(self, reader="KeysReader", defaultArg="*", desc=None, *args, **kwargs):
        super().__init__(Reader(reader, defaultArg, desc), None, kwargs.pop("requirements", None))
        self._function = OpenGearFunction(self.operation, None, self.requirements)
        self._args = args
        self._kwargs = kwargs

    @property
    def gearfunction(self):
        """The open function that has been put together. It does not change any more."""
        return self._function

    def _then(self, operation, requirements=None):
        self._function = self._function._then(operation, requirements)
        self.operation = self._function.operation
        self.input_function = self._function.input_function
        self.requirements = self._function.requirements
        return self

    def run(self, *args, **kwargs):
        """Runs it once, on this server."""
        return self._function.run(*(args or self._args), **{**self._kwargs, **kwargs})

    def register(self, *args, **kwargs):
        """Registers it on this server, to run for each event."""
        return self._function.register(*(args or self._args), **{**self._kwargs, **kwargs})


GB = GearsBuilder
