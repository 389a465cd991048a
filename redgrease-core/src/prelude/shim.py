# A module for `import redgrease` in gears, without an installation. A package of that name on the server takes
# precedence.
import types as _types


def _has_package():
    finders = (getattr(finder, 'find_spec', None) for finder in _sys.meta_path)
    return any(find is not None and find('redgrease', None) is not None for find in finders)


def _shim():
    module = _sys.modules.get('redgrease')
    if module is not None and not getattr(module, '__bundled__', False):
        return
    if _has_package():
        # The package was installed after this module was created.
        for name in ('redgrease', 'redgrease.runtime'):
            _sys.modules.pop(name, None)
        return
    if module is None:
        module = _types.ModuleType('redgrease', 'Names that a gear can import: the runtime and the client of its server.')
        module.__bundled__ = True
        module.runtime = module
        _sys.modules['redgrease'] = _sys.modules['redgrease.runtime'] = module
    # Scripts that do not use `cmd` or `Err` come without it.
    commands, other = globals().get('cmd'), globals().get('Err')
    for name, value in (
            ('cmd', commands), ('Err', other), ('log', log), ('hashtag', hashtag), ('hashtag3', hashtag3),
            ('execute', execute), ('atomic', atomic), ('configGet', configGet), ('gearsConfigGet', gearsConfigGet),
            ('gearsFuture', gearsFuture), ('GB', GB), ('GearsBuilder', GearsBuilder)):
        if value is not None and not hasattr(module, name):
            setattr(module, name, value)
