"""The standard library as it is when the server starts, for the engine.

Gears can assign to modules that they share with the engine, such as `json.dumps = ..`. The engine calls the functions that
are kept here, and its functions have their own builtins.
"""

import abc
import asyncio
import dataclasses
import dis
import importlib
import importlib.machinery
import importlib.util
import inspect
import io
import marshal
import os
import pickle
import pstats
import site
import sys
import threading
import time
import types
import cProfile


def _as_it_is(*modules):
    """Copies of modules. They do not change when a gear assigns to the modules."""
    copies = {}
    for module in modules:
        copy = copies[module.__name__.rpartition(".")[2]] = types.ModuleType(module.__name__)
        copy.__dict__.update(vars(module))
    return types.SimpleNamespace(**copies)


_std = _as_it_is(
    abc, asyncio, dataclasses, dis, importlib, importlib.machinery, importlib.util, inspect, io, marshal, os, pickle, pstats,
    site, sys, threading, time, types, cProfile,
)
_compile, _exec = compile, exec
