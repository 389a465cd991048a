# Errors: an exception becomes one line of ASCII with the place in the Rust source. The Rust side parses the line.
import itertools as _itertools

_LONGEST = 20000
_LONGEST_LINE = 500
_MOST_LEAVES = 3


def _plain(text, longest=_LONGEST):
    # A lone surrogate is not valid Unicode, and JSON readers refuse it.
    return text[:longest].encode('utf-8', 'backslashreplace').decode('utf-8')


def _message(error):
    try:
        text = str(error)
        if isinstance(error, _GROUP):
            leaves = list(_itertools.islice(_leaves(error), _MOST_LEAVES + 1))
            shown = ['%s: %s' % (_exception(leaf), _message(leaf)) for leaf in leaves[:_MOST_LEAVES]]
            text = '%s: %s' % (text, '; '.join(shown + ['..'] * (len(leaves) > _MOST_LEAVES)))
        return '\n'.join([text] + [str(note) for note in getattr(error, '__notes__', ())])
    except Exception:
        return 'its text cannot be shown'


def _exception(error):
    kind = type(error)
    return kind.__name__ if kind.__module__ == 'builtins' else '%s.%s' % (kind.__module__, kind.__name__)


def _leaves(group):
    # The exceptions in a group that are no groups, in their order.
    waiting = [group]
    while waiting:
        error = waiting.pop()
        if isinstance(error, _GROUP):
            waiting.extend(reversed(error.exceptions))
        else:
            yield error


def _failure(label, name, file, line, source, explain):
    lines = source.splitlines()

    def fail(error, record):
        if type(error).__name__ in ('forcestopped', 'GearsForceStopped'):
            raise error
        if isinstance(error, SyntaxError) and error.filename == file:
            message, frames = str(error.msg), [_syntax_frame(error, name, line, lines)]
        else:
            message, frames = _message(error), _frames(error.__traceback__, file, line, lines)
            if isinstance(error, _GROUP):
                # The line that raised the first one is further inside than that of the group.
                frames += _frames(next(_leaves(error)).__traceback__, file, line, lines)
        if not any(frame['own'] for frame in frames):
            # The function was not running: a value could not be converted, or the number of arguments was wrong.
            message = _conversion(message, error, record, explain)
            frames = [{'file': file, 'line': line, 'function': name, 'own': True}]
        flat_error('GEARERROR ' + _jsonlib.dumps({
            'trigger': label, 'exception': _plain(_exception(error)), 'message': _plain(message), 'frames': frames[-40:]}))

    return fail


def _conversion(message, error, record, explain):
    if record is None or (isinstance(error, TypeError) and message.startswith('takes ')):
        return message
    return explain(record) or 'result: %s' % message


def _syntax_frame(error, name, line, lines):
    frame = {'file': error.filename, 'line': error.lineno or line, 'function': name, 'own': True}
    at = frame['line'] - line
    if 0 <= at < len(lines):
        frame['source'] = _plain(lines[at], _LONGEST_LINE)
    if error.offset:
        end = getattr(error, 'end_offset', None) or 0
        same_line = getattr(error, 'end_lineno', None) == error.lineno
        frame['columns'] = [error.offset - 1, end - 1 if same_line and end > error.offset else error.offset]
    return frame


def _frames(trace, file, line, lines):
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename not in (_STUB_FILE, '<string>'):
            own = code.co_filename == file
            frame = {
                'file': _plain(code.co_filename), 'line': trace.tb_lineno, 'function': _plain(code.co_name), 'own': own}
            at = trace.tb_lineno - line
            if own and 0 <= at < len(lines):
                frame['source'] = _plain(lines[at], _LONGEST_LINE)
                columns = _columns(code, trace, lines[at])
                if columns:
                    frame['columns'] = columns
            else:
                text = _linecache.getline(code.co_filename, trace.tb_lineno).rstrip()
                if text:
                    frame['source'] = _plain(text, _LONGEST_LINE)
            frames.append(frame)
        trace = trace.tb_next
    return frames


def _columns(code, trace, text):
    # Python 3.11 and later know the part of the line that failed, in bytes.
    if not hasattr(code, 'co_positions') or trace.tb_lasti < 0:
        return None
    first, last, start, end = next(_itertools.islice(code.co_positions(), trace.tb_lasti // 2, None))
    if start is None or first != trace.tb_lineno:
        return None
    data = text.encode('utf-8')
    start = len(data[:start].decode('utf-8', 'replace'))
    end = len(data[:end].decode('utf-8', 'replace')) if last == first and end is not None else len(text)
    return [start, end]
