"""Python profiles of gears, one per session. The setting `ProfileExecutions` turns them on."""

_profiles = {}


@_checked
def profilerCreate():
    """Creates a profiler, which is not started."""
    return _std.cProfile.Profile()


@_checked
def profilerStart(profiler):
    """Starts a profiler on this thread."""
    profiler.enable()


@_checked
def profilerStop(profiler):
    """Stops a profiler."""
    profiler.disable()


@_checked
def profilerGetInfo(profiler, order="tottime"):
    """The report of a profiler or of a `pstats.Stats` as text."""
    text = _std.io.StringIO()
    stats = profiler
    if not isinstance(profiler, _std.pstats.Stats):
        stats = _std.pstats.Stats(profiler)
    stats.stream = text
    stats.sort_stats(order)
    stats.print_stats()
    stats.print_callers()
    stats.print_callees()
    return text.getvalue()


profileCreate, profileStart, profileStop = profilerCreate, profilerStart, profilerStop
profileGetInfo = profilerGetInfo


def _profile_begin():
    """Starts a profiler. None if another one runs and this version of Python allows only one."""
    profiler = profilerCreate()
    try:
        profilerStart(profiler)
    except ValueError:
        return None
    return profiler


def _profile_end(profiler, session):
    """Stops a profiler and adds its calls to the profile of a session."""
    profiler.disable()
    if not profiler.getstats():
        return
    if session in _profiles:
        _profiles[session].add(profiler)
    else:
        _profiles[session] = _std.pstats.Stats(profiler)


def _profile_text(session, order):
    """The profile of a session as text, in an order that `pstats` knows.

    If nothing was recorded, this raises the error of the standard library, as RedisGears does.
    """
    # It also knows all beginnings of the names.
    if order not in _std.pstats.Stats().get_sort_arg_defs():
        names = ", ".join(sorted(key.value for key in _std.pstats.SortKey))
        raise ValueError("`%s` is no order of a profile: use one of %s" % (order, names))
    return profilerGetInfo(_profiles.get(session) or profilerCreate(), order)


def _profile_forget(session):
    """Discards the profile of a session."""
    _profiles.pop(session, None)
