"""Finds and removes the registration of a trigger."""

from .host import execute


def _registrations_of(trigger):
    # `execute` returns None while the server restores a stored script. A trigger that the script
    # registers is then its own, so it does not count as taken.
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
    """Removes all registrations with this trigger."""
    for registration in list(_registrations_of(trigger)):
        execute("RG.UNREGISTER", registration)
