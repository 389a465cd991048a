# Dates, times and durations: ISO 8601 and decimal seconds on the wire.
import datetime as _datetimelib
import re as _re


def _iso_read(value, kind, what):
    if type(value) is not str:
        raise _is_not(value, what)
    # Python reads the offset `Z` since 3.11.
    text = value[:-1] + '+00:00' if value[-1:] in ('Z', 'z') else value
    try:
        return kind.fromisoformat(text)
    except ValueError:
        raise _is_not(value, what)


_an_aware_datetime = 'a date and time with an offset, such as 2024-05-31T12:30:00+00:00'


def _datetime_read(value):
    moment = _iso_read(value, _datetimelib.datetime, _an_aware_datetime)
    if moment.tzinfo is None:
        raise _is_not(value, _an_aware_datetime)
    return moment


def _datetime_write(value):
    if type(value) in (int, float):
        raise _is_not(value, 'a datetime: `datetime.fromtimestamp(.., timezone.utc)` makes one of a Unix time')
    if not isinstance(value, _datetimelib.datetime):
        raise _is_not(value, 'a datetime')
    offset = value.utcoffset()
    if offset is None:
        raise TypeError(
            '%s has no time zone, which the Rust type has: `datetime.now(timezone.utc)` makes a datetime with one, '
            '`.replace(tzinfo=timezone.utc)` adds one' % _shown(value))
    if offset.microseconds:
        raise ValueError('%s has an offset with a fraction of a second: convert it with `.astimezone(timezone.utc)`' % (
            _shown(value)))
    return value.isoformat()


_datetime = _textual(_datetime_read, _datetime_write)

_a_naive_datetime = 'a date and time without an offset, such as 2024-05-31T12:30:00'


def _naive_datetime_read(value):
    moment = _iso_read(value, _datetimelib.datetime, _a_naive_datetime)
    if moment.tzinfo is not None:
        raise _is_not(value, _a_naive_datetime)
    return moment


def _naive_datetime_write(value):
    if not isinstance(value, _datetimelib.datetime):
        raise _is_not(value, 'a datetime')
    if value.tzinfo is not None:
        raise TypeError(
            '%s has a time zone, which the Rust type does not have: `.replace(tzinfo=None)` removes it' % _shown(value))
    return value.isoformat()


_naive_datetime = _textual(_naive_datetime_read, _naive_datetime_write)


def _date_read(value):
    return _iso_read(value, _datetimelib.date, 'a date, such as 2024-05-31')


def _date_write(value):
    if isinstance(value, _datetimelib.datetime):
        raise _is_not(value, 'a date: `.date()` makes one')
    if not isinstance(value, _datetimelib.date):
        raise _is_not(value, 'a date')
    return value.isoformat()


_date = _textual(_date_read, _date_write)

_a_time = 'a time without an offset, such as 12:30:00'


def _time_read(value):
    clock = _iso_read(value, _datetimelib.time, _a_time)
    if clock.tzinfo is not None:
        raise _is_not(value, _a_time)
    return clock


def _time_write(value):
    if isinstance(value, _datetimelib.datetime):
        raise _is_not(value, 'a time: `.time()` makes one')
    if not isinstance(value, _datetimelib.time):
        raise _is_not(value, 'a time')
    if value.tzinfo is not None:
        raise TypeError(
            '%s has a time zone, which the Rust type does not have: `.replace(tzinfo=None)` removes it' % _shown(value))
    return value.isoformat()


_time = _textual(_time_read, _time_write)

_seconds = _re.compile(r'(-?)([0-9]+)(?:\.([0-9]+))?', _re.ASCII)


def _timedelta_read(value):
    # Other clients may send a number inside a container.
    text = repr(value) if type(value) in (int, float) else value
    found = _seconds.fullmatch(text) if type(text) is str else None
    if found is None:
        raise _is_not(value, 'a duration in seconds, such as 1.5')
    sign, whole, fraction = found.groups()
    if len(fraction or '') > 6:
        raise ValueError('%s has a fraction of a microsecond: round it to six decimals' % _shown(value))
    try:
        delta = _datetimelib.timedelta(seconds=int(whole), microseconds=int((fraction or '').ljust(6, '0')))
    except OverflowError:
        raise ValueError('%s is longer than a timedelta can be' % _shown(value))
    return -delta if sign else delta


def _timedelta_write(value):
    if not isinstance(value, _datetimelib.timedelta):
        raise _is_not(value, 'a timedelta: `timedelta(seconds=..)` makes one')
    if getattr(value, 'nanoseconds', 0):
        raise ValueError('%s has a fraction of a microsecond: round it' % _shown(value))
    micros = (value.days * 86400 + value.seconds) * 1000000 + value.microseconds
    whole, fraction = divmod(abs(micros), 1000000)
    text = '%s%d' % ('-' if micros < 0 else '', whole)
    return ('%s.%06d' % (text, fraction)).rstrip('0') if fraction else text


_timedelta = _textual(_timedelta_read, _timedelta_write)
