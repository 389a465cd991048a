"""Profiles of what gears run: one per session, made while the setting `ProfileExecutions` is on."""

import cProfile
import io
import pstats

_profiles = {}


def profilerCreate():
    """A profiler that does not run."""
    return cProfile.Profile()


def profilerStart(profiler):
    """Lets a profiler note the calls of this thread."""
    profiler.enable()


def profilerStop(profiler):
    """Ends what `profilerStart` began."""
    profiler.disable()


def profilerGetInfo(profiler, order="tottime"):
    """What a profiler, or the statistics of several, noted: as text."""
    text = io.StringIO()
    stats = profiler
    if not isinstance(profiler, pstats.Stats):
        stats = pstats.Stats(profiler)
    stats.stream = text
    stats.sort_stats(order)
    stats.print_stats()
    stats.print_callers()
    stats.print_callees()
    return text.getvalue()


profileCreate, profileStart, profileStop = profilerCreate, profilerStart, profilerStop
profileGetInfo = profilerGetInfo


def _profile_begin():
    """A running profiler, or None: some versions of Python allow one at a time."""
    profiler = profilerCreate()
    try:
        profilerStart(profiler)
    except ValueError:
        return None
    return profiler


def _profile_end(profiler, session):
    """Adds what was noted to the profile of a session."""
    profiler.disable()
    if not profiler.getstats():
        return
    if session in _profiles:
        _profiles[session].add(profiler)
    else:
        _profiles[session] = pstats.Stats(profiler)


def _profile_text(session):
    """The profile of a session. Where nothing was noted the standard library raises an error."""
    return profilerGetInfo(_profiles.get(session) or profilerCreate())


def _profile_forget(session):
    _profiles.pop(session, None)
