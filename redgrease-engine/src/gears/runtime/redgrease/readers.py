"""An alias of `redgrease.reader`."""

from .reader import *
