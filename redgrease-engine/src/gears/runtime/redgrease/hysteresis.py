"""Handlers that wait until events have stopped for a while, so that a burst is handled once."""

import threading


def nop(*args, **kwargs):
    """Does nothing."""


class ResettableTimer:
    """Calls a handler after a while. Setting it again begins the while anew."""

    def __init__(self):
        self.handler = nop
        self.handler_args = ()
        self.handler_kwargs = {}
        self.timer = None

    def cancel(self):
        """Forgets the call that is due."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def set(self, timeout, handler, *handler_args, **handler_kwargs):
        """Calls `handler` in `timeout` seconds, or in one second if the timeout is None or 0."""
        self.cancel()
        self.handler = handler
        self.handler_args = handler_args
        self.handler_kwargs = handler_kwargs
        self.timer = threading.Timer(timeout or 1.0, self.trigger)
        # The end of the server does not wait for it.
        self.timer.daemon = True
        self.timer.start()

    def trigger(self):
        """Calls the handler now, instead of later."""
        self.cancel()
        if self.handler:
            self.handler(*self.handler_args, **self.handler_kwargs)


class HysteresisHandlerIndex:
    """A timer for each of many handlers. A signal for a handler begins its while anew."""

    def __init__(self, hysteresis_duration=1.0):
        self.hysteresis_duration = hysteresis_duration
        self.handlers = {}

    def signal(self, handler_id, handler_function, *handler_args, **handler_kwargs):
        """Calls the function of a handler when there was no signal for it for the duration."""
        timer = self.handlers.setdefault(handler_id, ResettableTimer())
        timer.set(self.hysteresis_duration, handler_function, *handler_args, **handler_kwargs)
