# `Err`: the other value of a gear whose Rust result is a `Result<T, E>`.
try:
    # The engine has the class, so that gears can import it, and pickle it by its name.
    from redgrease_commands.outcome import Err
except ImportError:
    class Err(Exception):
        """A refusal that the caller in Rust receives as an `Err`: `return Err('sold out')` or `raise Err('sold out')`."""

        # Errors show it.
        __module__ = 'redgrease'
        # A class that was pickled is another class. The attribute tells that it is the same.
        _is_gear_err = True

        def __init__(self, value=None, *more):
            if more:
                raise TypeError(
                    "`Err` takes one value, not %d: write `Err((%s))`, with a tuple as the other type of the `Result`" % (
                        1 + len(more), ', '.join([repr(one) for one in (value,) + more])))
            Exception.__init__(self, value)
            self.value = value
            # Shown if a gear with another result raises it.
            self.__notes__ = ['the result of this gear is not a `Result`: write `-> Result<T, E>`, or raise another exception']


def _result(value, other):
    # At the top level ["Ok", value], inside containers {"Ok": value}.
    value_dump, value_write, value_reply = value.dump, value.write, value.reply
    other_dump, other_write = other.dump, other.write

    def of_err(convert, error):
        if _is_err(error.value):
            raise TypeError('the value of `Err` is an `Err` itself: write one `Err(..)`')
        try:
            return convert(error.value)
        except TypeError as problem:
            raise TypeError('the value of `Err`: %s' % problem)
        except ValueError as problem:
            raise ValueError('the value of `Err`: %s' % problem)
        except Exception as problem:
            if _is_err(problem):
                raise ValueError(
                    'the value of `Err`: it raised another `Err` when it was converted: make a list of it first')
            raise

    def chosen(result, of_value, of_other):
        # 'Ok' or 'Err', and the converted value. The conversion runs the code of lazy results, such as generators and
        # `map(..)`, which may raise an `Err`.
        if not _is_err(result):
            try:
                return 'Ok', of_value(result)
            except Exception as error:
                result = _err_of(error)
                if result is None:
                    raise
        return 'Err', of_err(of_other, result)

    def dump(result):
        tag, given = chosen(result, value_dump, other_dump)
        return [tag.encode('ascii'), given]

    def write(result):
        tag, given = chosen(result, value_write, other_write)
        return {tag: given}

    def reply(result):
        # The clients of a command know no `Result`. They receive the value, or an error with the text of the `Err`.
        tag, given = chosen(result, value_reply, other_dump)
        return given if tag == 'Ok' else '-' + _error_text(given)

    def read(given):
        raise _is_not(given, 'an argument that a gear can have')

    return _Codec(read, dump, read, write, catches=True, reply=reply, plain=False, nothing=value.nothing)


def _catching(function, coroutine):
    # Turns an `Err` that the function raises into one that it returns.
    if coroutine:
        async def call(*args):
            try:
                return await function(*args)
            except Exception as error:
                refusal = _err_of(error)
                if refusal is None:
                    raise
                return refusal
    else:
        def call(*args):
            try:
                return function(*args)
            except Exception as error:
                refusal = _err_of(error)
                if refusal is None:
                    raise
                return refusal
    return call


def _error_text(value):
    # An empty list stands for None.
    text = value.decode('utf-8', 'replace') if isinstance(value, bytes) else '' if value == [] else str(value)
    if text.startswith('"'):
        # The variant of an enum, as JSON.
        try:
            text = str(_jsonlib.loads(text))
        except ValueError:
            pass
    return ' '.join(text.split()) or 'ERR'
