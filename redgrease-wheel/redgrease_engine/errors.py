"""The errors of this package. Each message says what failed and ends with what to do."""


class EngineError(Exception):
    """The engine of this package cannot be used."""


class ServerError(Exception):
    """A server could not be found, started or stopped."""

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        #: The end of the server's log; empty if there was none.
        self.log = log


class ReplyError(Exception):
    """The server answered a command with this error."""
