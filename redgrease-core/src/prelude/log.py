# A `log` that takes any value.
_runtime_log = log


def log(message, level='notice'):
    """Writes a line to the server's log. Levels: debug, verbose, notice, warning."""
    if isinstance(message, (bytes, bytearray, memoryview)):
        message = bytes(message).decode('utf-8', 'backslashreplace')
    # Servers truncate the text at the first NUL.
    _runtime_log(str(message).replace('\0', '\\x00'), level)
