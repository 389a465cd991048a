"""`nil`: a gear that runs in place of a command returns it, alone or in a list, to answer nil."""

from .host import nil

__all__ = ["nil"]
