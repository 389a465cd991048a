# Events: changes of keys and entries of streams, as objects with attributes. The codec of the gear reads their values.
class Record(dict):
    """An event: `event.key` and `event['key']` are the same."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name)


def _keys(**options):
    def register(stub, about, more):
        options.update(more)
        GB('KeysReader', **about).map(stub).register(convertToStr=False, **options)
    register.waits = False
    return register


def _stream(batched, **options):
    def register(stub, about, more):
        _check_stream_options(options)
        options.update(more)
        chain = GB('StreamReader', **about)
        if batched:
            chain.accumulate(_gather)
        chain.map(stub).register(convertToStr=False, **options)
    register.waits = False
    return register


def _check_stream_options(options):
    # RedisGears ignores options that it does not know, and would try a message for ever.
    known = getattr(GB.register, 'own_options', ())
    for name, key in (('maxRetries', 'max_retries'), ('retryBackoff', 'backoff'),
                      ('maxRetryInterval', 'max_interval'), ('deadLetter', 'dead_letter')):
        if name in options and name not in known:
            flat_error('this server does not know `%s` of a stream: use the engine of RedGrease, or remove the key' % key)


def _gather(records, record):
    if records is None:
        records = []
    records.append(record)
    return records


def _event(param, decode):
    def explain(record):
        try:
            decode(record)
        except Exception as error:
            return 'argument `%s`: %s' % (param, _message(error))
    return _Reading([param], [], ['decode(record)'], {'decode': decode}, explain)


def _name(key):
    return bytes(key) if isinstance(key, (bytearray, memoryview)) else key


def _read_value(record, value, read):
    if value is None or read is None:
        return value
    try:
        return read(value)
    except (TypeError, ValueError) as error:
        raise type(error)('the value of key %r: %s' % (_name(record['key']), error))


def _key_record(read=None):
    def decode(record):
        event = Record(key=_name(record['key']), event=record.get('event'), type=record.get('type'))
        event['value'] = _read_value(record, record.get('value'), read)
        return event
    return decode


def _stream_record(read=None):
    def decode(record):
        ms, _, seq = record['id'].partition('-')
        return Record(
            key=_name(record['key']), id=record['id'], ms=int(ms), seq=int(seq),
            value=_read_value(record, record['value'], read))
    return decode


def _batch_of(decode):
    def batch(records):
        return [decode(record) for record in records]
    return batch


# --- stored values: text if it is UTF-8, else a bytearray; and lists and dicts of those

def _stored_str(value):
    if isinstance(value, bytearray):
        raise ValueError('%s is not UTF-8 text' % _shown(bytes(value)))
    if not isinstance(value, str):
        raise _is_not(value, 'text')
    return value


def _stored_bytes(value):
    if isinstance(value, str):
        return value.encode('utf-8')
    if not isinstance(value, (bytes, bytearray)):
        raise _is_not(value, 'bytes')
    return bytes(value)


def _stored_int(value):
    return _int_parse(_stored_str(value))


def _stored_float(value):
    return _float_parse(_stored_str(value))


def _stored_bool(value):
    return _bool_parse(_stored_str(value))


def _stored_json(value):
    return _json_parse(_stored_str(value))


def _stored_list(item):
    def read(value):
        return [item(x) for x in _items_read(value)]
    return read


def _stored_map(key, item):
    def read(value):
        if not isinstance(value, dict):
            raise _is_not(value, 'a hash')
        entries = {key(k): item(x) for k, x in value.items()}
        if len(entries) < len(value):
            _check_distinct(entries, [key(k) for k in value], 'two fields of the hash')
        return entries
    return read
