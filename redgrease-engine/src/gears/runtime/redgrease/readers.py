"""Another name of `redgrease.reader`."""

from .reader import *
