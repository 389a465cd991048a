# `import redgrease` works in a gear without installing anything. An installed package of that name wins as a whole.
import importlib.util as _importlib_util
import types as _types


def _shim():
    module = _sys.modules.get('redgrease')
    if module is None:
        if _importlib_util.find_spec('redgrease') is not None:
            return
        module = _types.ModuleType('redgrease', 'What a gear may import: the runtime and the client of the server it runs in.')
        module.__bundled__ = True
        _sys.modules['redgrease'] = module
        _sys.modules['redgrease.runtime'] = module
        module.runtime = module
    elif not getattr(module, '__bundled__', False):
        return
    for name, value in (
            ('cmd', cmd), ('log', log), ('hashtag', hashtag), ('hashtag3', hashtag3), ('execute', execute),
            ('atomic', atomic), ('configGet', configGet), ('gearsConfigGet', gearsConfigGet), ('GB', GB),
            ('GearsBuilder', GearsBuilder)):
        if not hasattr(module, name):
            setattr(module, name, value)
