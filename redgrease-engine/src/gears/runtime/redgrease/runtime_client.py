"""`cmd`, under the name of its module in the published package."""

from .serverside import cmd

__all__ = ["cmd"]


def get_runtime_client():
    """The client for the commands of this server."""
    return cmd
