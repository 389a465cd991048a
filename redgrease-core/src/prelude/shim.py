# `import redgrease` works in a gear without installing anything. An installed package of that name wins as a whole.
import importlib.machinery as _machinery
import types as _types


def _shim():
    module = _sys.modules.get('redgrease')
    if module is not None and not getattr(module, '__bundled__', False):
        return
    if _machinery.PathFinder.find_spec('redgrease') is not None:
        # Installed after this took its place.
        for name in ('redgrease', 'redgrease.runtime'):
            _sys.modules.pop(name, None)
        return
    if module is None:
        module = _types.ModuleType('redgrease', 'What a gear may import: the runtime and the client of its server.')
        module.__bundled__ = True
        module.runtime = module
        _sys.modules['redgrease'] = _sys.modules['redgrease.runtime'] = module
    for name, value in (
            ('cmd', cmd), ('log', log), ('hashtag', hashtag), ('hashtag3', hashtag3), ('execute', execute),
            ('atomic', atomic), ('configGet', configGet), ('gearsConfigGet', gearsConfigGet), ('GB', GB),
            ('GearsBuilder', GearsBuilder)):
        if not hasattr(module, name):
            setattr(module, name, value)
