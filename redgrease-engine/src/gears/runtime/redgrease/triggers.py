"""Triggers that are registered: who has one, and taking it away."""

from .host import execute


def _registrations_of(trigger):
    # Nothing is answered while a stored script runs again: then the trigger was its own.
    for row in execute("RG.DUMPREGISTRATIONS") or ():
        fields = dict(zip(row[::2], row[1::2]))
        if fields.get("reader") != "CommandReader":
            continue
        data = dict(zip(fields["RegistrationData"][::2], fields["RegistrationData"][1::2]))
        arguments = dict(zip(data["args"][::2], data["args"][1::2]))
        if arguments.get("trigger") == trigger:
            yield fields["id"]


def is_taken(trigger):
    """Whether a registration has this trigger."""
    return any(True for _ in _registrations_of(trigger))


def release(trigger):
    """Unregisters whatever has this trigger."""
    for registration in list(_registrations_of(trigger)):
        execute("RG.UNREGISTER", registration)
