//! Reading many keys. A thread reads ahead, which must not change the results.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::{Answers, anywhere, shards};
use common::{empty, untyped};
use redgrease_embedded::{ErrorKind, Home, Server};
use std::fs;

/// More keys than several batches that the reader fetches at a time.
const KEYS: usize = 12_345;

fn filled() -> Home {
    let (server, _) = anywhere();
    let mut con = redgrease::connect(server.url()).unwrap();
    let mut pipe = redis::pipe();
    for n in 1..=KEYS {
        pipe.set(format!("k:{n}"), format!("a b{}", n % 3)).ignore();
    }
    pipe.exec(&mut con).unwrap();
    server
}

fn run(server: &impl Answers, script: &str) -> String {
    // The reply has results, and an empty list of errors.
    let answer = untyped(server, &["RG.PYEXECUTE", script]);
    answer.trim_end_matches('\n').to_owned()
}

#[test]
fn every_key_comes_once() {
    let server = filled();
    let all = KEYS.to_string();
    for script in [
        "GB('KeysReader').count().run()",
        "GB('KeysReader').map(lambda r: r['key']).distinct().count().run('k:*')",
        "GB('KeysReader').filter(lambda r: r['value'][0] == 'a').count().run()",
        "GB('KeysOnlyReader').count().run()",
    ] {
        assert_eq!(run(&server, script), all, "{script}");
    }
    // The limit is that of each shard.
    let few = "GB('KeysReader').limit(3).count().run()";
    assert_eq!(run(&server, few), (3 * shards()).to_string());
}

#[test]
fn words_are_counted() {
    let server = filled();
    let script = "
GB('KeysReader').flatmap(lambda r: r['value'].split()).countby(lambda x: x) \\
    .map(lambda r: '%s=%d' % (r['key'], r['value'])).sort().run()";
    let third = KEYS / 3;
    let expected = format!("a={KEYS}\nb0={third}\nb1={third}\nb2={third}");
    let mut counted: Vec<String> = run(&server, script).lines().map(str::to_owned).collect();
    counted.sort();
    assert_eq!(counted.join("\n"), expected);
}

/// Small hashes are copied, and other hashes and lists are read some at a time, large ones alone. Each record has the value of its
/// own key.
#[test]
fn each_record_has_the_value_of_its_key() {
    let (server, _) = anywhere();
    let mut con = redgrease::connect(server.url()).unwrap();
    let mut pipe = redis::pipe();
    for n in 0..300_u32 {
        let key = format!("k:{n}");
        let large = "x".repeat(if n % 50 == 7 { 100_000 } else { 3 });
        match n % 4 {
            0 => {
                pipe.hset(&key, "field", format!("{n}{large}")).ignore();
                pipe.hset(&key, "number", n).ignore();
                pipe.hset(&key, "negative", "-7000000000").ignore();
                pipe.hset(&key, "", "").ignore();
                pipe.hset(&key, b"\xff\x00", b"\xfe").ignore();
                for field in 0..(n % 20) * 10 {
                    pipe.hset(&key, field, field * 2).ignore();
                }
                &mut pipe
            }
            1 => pipe.rpush(key, &[format!("{n}"), large]).ignore(),
            2 => pipe.set(key, format!("{n}{large}")).ignore(),
            _ => pipe.sadd(key, n).ignore(),
        };
    }
    pipe.exec(&mut con).unwrap();
    let script = "
def expected(key):
    n = int(key[2:])
    large = 'x' * (100000 if n % 50 == 7 else 3)
    fields = {'field': f'{n}{large}', 'number': str(n), 'negative': '-7000000000', '': '', b'\\xff\\x00': bytearray(b'\\xfe')}
    fields.update((str(field), str(field * 2)) for field in range(n % 20 * 10))
    return [fields, [str(n), large], f'{n}{large}', None][n % 4]
GB('KeysReader').map(lambda r: r['value'] == expected(r['key'])).countby().map(lambda r: (r['key'], r['value'])).run('k:*')";
    let counted = untyped(&server, &["RG.PYEXECUTE", script]);
    assert_eq!(counted.trim_end(), "('True', 300)");
}

/// Words are counted without Python where that gives the same. The second function of each pair is one that the engine does not know.
#[test]
fn words_are_those_that_python_counts() {
    let (server, _) = anywhere();
    let mut con = redgrease::connect(server.url()).unwrap();
    let mut pipe = redis::pipe();
    for n in 0..500_u16 {
        let odd = char::from(u8::try_from(n % 128).unwrap());
        let text = match n % 5 {
            0 => format!("w{} w{}{odd}b", n % 7, n % 11),
            1 => format!(" \t w{}\u{a0}x\u{2003}y ", n % 7),
            2 => "\x0b\x0c\x1c\x1d\x1e\x1f".to_owned(),
            3 => format!("{}é w{}", n % 3, n % 7),
            _ => String::new(),
        };
        pipe.set(format!("k:{n}"), text).ignore();
    }
    pipe.set("k:binary", b"a \xff b".as_slice()).ignore();
    pipe.set("k:number", 12).ignore();
    pipe.exec(&mut con).unwrap();
    let counted = |words: &str, settings: &str| {
        let script = format!(
            "{settings}
GB('KeysReader').flatmap({words}).countby().map(lambda r: '%s=%d' % (r['key'], r['value'])).run('k:*')"
        );
        let answer = untyped(&server, &["RG.PYEXECUTE", &script]);
        let mut lines: Vec<&str> = answer.lines().collect();
        // The words of several shards come in no fixed order.
        if shards() > 1 {
            lines.sort_unstable();
        }
        lines.join("\n")
    };
    let known = "lambda x: x['value'].split()";
    let unknown = "lambda x: x['value'].split(None)";
    let expected = counted(unknown, "");
    assert!(expected.contains("w6="), "{expected}");
    assert_eq!(counted(known, ""), expected);
    // A name with the same code that is something else.
    let other = "f = lambda x: x['value'].split()\nf.__code__ = (lambda x: ['one']).__code__";
    assert_eq!(counted("f", other), "one=502");
    // An error on the way: a hash has no words.
    redis::cmd("HSET")
        .arg("k:hash")
        .arg("f")
        .arg("v")
        .exec(&mut con)
        .unwrap();
    for words in [known, unknown] {
        let errors = counted(words, "");
        assert!(errors.contains("has no attribute 'split'"), "{errors}");
    }
    // The run would end with the hash, if that came before a hundred others.
    redis::cmd("DEL").arg("k:hash").exec(&mut con).unwrap();
    let limited = |words: &str| {
        let before = redis::cmd("RG.CONFIGSET")
            .arg("ExecutionMaxRecords")
            .arg(100)
            .exec(&mut con);
        before.unwrap();
        counted(words, "")
    };
    let refused = [known, unknown].map(limited);
    let names_it = |one: &String| one.contains("more records than ExecutionMaxRecords, 100");
    assert!(refused.iter().all(names_it), "{refused:?}");
}

#[test]
fn a_gear_inside_an_atomic_block_can_read_all_keys() {
    let server = filled();
    // The block is entered at the first record and never left.
    let script = "
def first(r):
    if not isInAtomicBlock():
        atomic().__enter__()
    return r
GB('KeysReader').map(first).count().run()";
    assert_eq!(run(&server, script), KEYS.to_string());
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}

#[test]
fn functions_similar_to_the_identity_are_called() {
    let (server, _) = empty();
    let gear = |function: &str| {
        let script = format!(
            "{function}\nGB('PythonReader').map(f).run(lambda: (i for i in [[1, 2], 'x']))"
        );
        run(&server, &script)
    };
    for same in [
        "f = lambda x: x",
        "def f(x):\n    'with a text'\n    return x",
        "def outer():\n    return lambda y: y\nf = outer()",
    ] {
        assert_eq!(gear(same), "[1, 2]\nx", "{same}");
    }
    for (other, expected) in [
        ("f = lambda *x: x", "([1, 2],)\n('x',)"),
        ("f = lambda x, y=5: y", "5\n5"),
        ("y = 7\nf = lambda x: y", "7\n7"),
        (
            "f = lambda x: x\nf.__code__ = (lambda x: 9).__code__",
            "9\n9",
        ),
        ("async def f(x):\n    return x", "[1, 2]\nx"),
    ] {
        assert_eq!(gear(other), expected, "{other}");
    }
}

#[test]
fn an_rdb_file_that_ends_inside_the_registrations_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let start = || {
        Server::builder()
            .dir(dir.path())
            .server_arg("rdbchecksum", "no")
            .server_arg("rdbcompression", "no")
            .start()
    };
    let server = start().unwrap();
    let script = "GB('CommandReader').register(trigger='kept', mode='sync')";
    assert_eq!(run(&server, script), "OK");
    assert_eq!(untyped(&server, &["SAVE"]), "OK");
    server.kill().unwrap();

    let file = dir.path().join("dump.rdb");
    let whole = fs::read(&file).unwrap();
    let place = whole.windows(4).position(|piece| piece == b"kept").unwrap();
    fs::write(&file, &whole[..place]).unwrap();
    let error = start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exited, "{error}");
    let log = fs::read_to_string(dir.path().join("redis.log")).unwrap();
    assert!(!log.contains("BUG REPORT"), "{log}");
    assert!(log.contains("damaged"), "{log}");
}

#[test]
fn a_thread_that_ends_inside_atomic_releases_the_lock() {
    let (server, _) = empty();
    let script = "
import threading
def work():
    setGearsSession(session)
    atomic().__enter__()
    execute('SET', 'done', 'yes')
session = getGearsSession()
threads = [threading.Thread(target=work) for _ in range(20)]
def start(x):
    for thread in threads:
        thread.start()
GB('ShardsIDReader').foreach(start).run()";
    run(&server, script);
    common::eventually("all threads have ended", || {
        untyped(&server, &["GET", "done"]) == "yes"
    });
    assert_eq!(run(&server, "GB('ShardsIDReader').count().run()"), "1");
    server.stop().unwrap();
}
