//! The modules and names of the package, and its precedence.

use crate::Bare;

/// Runs Python that must not raise an exception.
#[track_caller]
fn holds(bare: &Bare, script: &str) {
    assert_eq!(bare.run(script), "OK");
}

#[test]
fn the_modules_can_be_imported() {
    let bare = Bare::start();
    holds(
        &bare,
        "
import redgrease.runtime, redgrease.readers, redgrease.reader, redgrease.gears, redgrease.sugar
import redgrease.utils, redgrease.typing, redgrease.data, redgrease.func, redgrease.exceptions
from redgrease.runtime import GB, GearsBuilder, atomic, execute, hashtag, hashtag3, log, gearsFuture
from redgrease.runtime import configGet, gearsConfigGet, call_next, override_reply, get_command
from redgrease.reader import KeysReader as first
from redgrease.readers import KeysReader as second
assert first is second is redgrease.KeysReader
assert redgrease.GEARS_RUNTIME == (1, 2)
assert redgrease.runtime.GearsBuilder is redgrease.GB
assert hashtag3() == '{%s}' % hashtag()
assert execute('PING') == 'PONG'
assert gearsConfigGet('foo', default='bar') == 'bar' and configGet('foo') is None
with atomic():
    execute('SET', 'x', 1)
assert callable(gearsFuture)
log({'any': 'thing'}), log(b'\\xff', level=LogLevel.Warning), log(None)
import typing
for name in 'Registrator Extractor Mapper Expander Processor Filterer Accumulator Reducer BatchReducer'.split():
    assert hasattr(redgrease.typing, name), name",
    );
    let missing = bare.run("import redgrease.client");
    assert!(
        missing.contains("redgrease.client is for clients"),
        "{missing}"
    );
    let missing = bare.run("redgrease.RedisGears()");
    assert!(missing.contains("connects to a server"), "{missing}");
    let missing = bare.run("from redgrease import nothing");
    assert!(
        missing.contains("ImportError: cannot import name 'nothing'"),
        "{missing}"
    );
}

#[test]
fn the_utilities_work_as_documented() {
    let bare = Bare::start();
    holds(
        &bare,
        "
from redgrease.utils import *
assert to_dict(['foo', 42, 13, 37]) == {'foo': 42, 13: 37}
assert to_dict(['foo', 42, 13, 37], key_transform=str) == {'foo': 42, '13': 37}
assert to_dict(['foo', 42, 13, 37], val_transform=str) == {'foo': '42', 13: '37'}
assert to_dict(['foo', 42, 13, 37], val_transform={'foo': int, 13: float}) == {'foo': 42, 13: 37.0}
assert to_dict([1, 2], keys=['a', 'b']) == {'a': 1, 'b': 2}
assert to_kwargs([b'foo', 42, 13, 37]) == {'foo': 42, '13': 37}
assert list_parser(bool)(['', 1, None]) == [False, True, False]
parse = dict_of({'b': bool, 'i': int, 's': str, 'f': float})
assert parse([0, 1, 0, 1], ['b', 'f', 's', 'i']) == {'b': False, 'f': 1.0, 'i': 1, 's': '0'}
assert transform('3', {None: int}, 'other') == 3 and transform('3', {'a': int}, 'b') == '3'
assert to_list({b'a': 1, 'b': 'x'}) == ['a', 1, 'b', b'x']
assert bool_ok(b'OK') and not bool_ok('KO') and not bool_ok(None)
assert all(map(safe_bool, ['True', b'yes', 'Ok', 1])) and not any(map(safe_bool, ['no', 'False', 0, None]))
assert [to_redis_type(x) for x in ('a', b'b', True, 1.5, None)] == [b'a', b'b', 1, 1.5, b'']
assert optional(int)(None) is None and optional(int)('3') == 3
assert compose(lambda x: x + 'f', lambda x: x + 'g')('') == 'gf'
assert passfun()(3) == 3 and passfun(5)(3) == 5 and passfun(str.upper)('a') == 'A'
assert type(passfun(len)).__name__ == 'function'
assert dict_filter(a=[1, 2], b=int, c='x', d=...)({'a': 1, 'b': 5, 'c': 'x', 'd': None})
assert not dict_filter(a='ab')({'a': 'a'}) and not dict_filter(a=...)({})
assert CaseInsensitiveDict({'get': 1})['GET'] == 1
assert record({'key': 'k', 'value': 1, 'new': 2}).kwargs == {'new': 2}
assert stream_record({'key': 's', 'id': '1-1', 'value': {}}).id == '1-1'
from redgrease.data import *
assert str(ExecID.parse(b'0' * 40 + b'-5')) == '0' * 40 + '-5'
assert ExecutionStatus(b'done') == 'done' == str(ExecutionStatus.done)
assert KeyType.of(dict) == 'hash' and KeyType.of('x') == 'string' and KeyType.constructor('list') is list
assert LogLevel.to_logging_level('debug') == 10",
    );
}

#[test]
fn an_installed_package_replaces_the_bundled_one() {
    let bare = Bare::start();
    assert_eq!(bare.run("cmd.set('x', 1)"), "OK");
    // Imitates an installation, without a package index.
    let script = "
import os, sys, sysconfig
place = os.path.join(cmd.config_get('dir')['dir'], 'site')
os.makedirs(os.path.join(place, 'redgrease'))
with open(os.path.join(place, 'redgrease', '__init__.py'), 'w') as file:
    file.write('from __main__ import GB, execute\\nname = 17')
runCoroutine.__globals__['_use_packages'](place)";
    assert_eq!(bare.run(script), "OK");
    let all = "import redgrease\nassert redgrease.name == 17\nredgrease.GB('ShardsIDReader').run()";
    assert_eq!(bare.say(&["RG.PYEXECUTE", all]).trim_end(), "1");
    for module in ["redgrease.reader", "redgrease.runtime", "redgrease.cmd"] {
        let import = format!("import {module}");
        let missing = bare.say(&["RG.PYEXECUTE", &import]);
        let text = format!("No module named '{module}'");
        assert!(missing.contains(&text), "{missing}");
    }
}
