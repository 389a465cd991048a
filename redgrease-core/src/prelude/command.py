# Commands: the first item of a record is the trigger or the hooked command; the other items are the arguments.

def _command(**options):
    def register(stub, about, more):
        options.update(more)
        GB('CommandReader', **about).map(stub).register(convertToStr=False, **options)
    register.waits = False
    return register


def _arguments(args, rest=None):
    # args: pairs of name and codec. rest: the pair for an argument that takes all remaining items.
    params = [param for param, _ in args] + ([rest[0]] if rest else [])
    parsers = [(param, codec.parse) for param, codec in args]
    rest_parser = (rest[0], rest[1].parse) if rest else None
    required = len(args)
    while required and args[required - 1][1].optional:
        required -= 1
    space = {'count': _wrong_count(params, required, len(args), rest is not None)}
    values = []
    for i, (_, codec) in enumerate(args):
        space['parse%d' % i] = codec.parse
        values.append('(' + codec.parse_inline.format(x='record[%d]' % (i + 1), f='parse%d' % i) + ')')
    lines = []
    if rest:
        space['parse_rest'] = rest[1].parse
        values.append('[' + rest[1].parse_inline.format(x='item', f='parse_rest') + ' for item in record[%d:]]' % (
            len(args) + 1))
        lines.append('if len(record) < %d: count(record)' % (required + 1))
    elif required < len(args):
        lines.append('if not %d <= len(record) <= %d: count(record)' % (required + 1, len(args) + 1))
    else:
        lines.append('if len(record) != %d: count(record)' % (len(args) + 1))
    if required < len(args):
        lines.append("record = record + [None] * (%d - len(record))" % (len(args) + 1))

    def explain(record):
        for i, (param, parse) in enumerate(parsers):
            if i + 1 < len(record):
                try:
                    parse(record[i + 1])
                except Exception as error:
                    return 'argument `%s`: %s' % (param, _message(error))
        if rest_parser:
            for i, item in enumerate(record[len(parsers) + 1:]):
                try:
                    rest_parser[1](item)
                except Exception as error:
                    return 'argument `%s`, item %d: %s' % (rest_parser[0], i + 1, _message(error))

    return _Reading(params, lines, values, space, explain)


def _wrong_count(params, required, most, has_rest):
    def count(record):
        if has_rest:
            wanted = '%d or more' % required
        else:
            wanted = str(most) if required == most else '%d to %d' % (required, most)
        names = ' (%s)' % ', '.join(params) if params else ''
        raise TypeError('takes %s argument%s%s, got %d' % (
            wanted, '' if wanted == '1' else 's', names, len(record) - 1))
    return count
