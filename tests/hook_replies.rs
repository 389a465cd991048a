//! What clients that know nothing of gears send to a hook, and what they receive from it: the words and the replies of
//! the command that it replaces.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{plain_connection, with_gears};
use redgrease::prelude::*;
use redgrease_embedded::Server;
use redis::{ConnectionLike, FromRedisValue, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The same hooks in a mode, one for each form of a reply.
macro_rules! hooks {
    ($name:ident, $mode:tt) => {
        mod $name {
            use super::*;

            #[gear_command(hook = "HGET", mode = $mode)]
            pub(super) fn hget(key: &str, field: &str) -> Option<String> {
                python! { return call_next(key, field) }
            }

            #[gear_command(hook = "HMGET", mode = $mode)]
            pub(super) fn hmget(key: &str, #[rest] fields: Vec<String>) -> Vec<Option<String>> {
                python! { return call_next(key, *fields) }
            }

            #[gear_command(hook = "LRANGE", mode = $mode)]
            pub(super) fn lrange(key: &str, first: i64, last: i64) -> Vec<Vec<u8>> {
                python! { return call_next(key, first, last) }
            }

            #[gear_command(hook = "SMEMBERS", mode = $mode)]
            pub(super) fn smembers(key: &str) -> BTreeSet<String> {
                python! { return set(call_next(key)) }
            }

            #[gear_command(hook = "HGETALL", mode = $mode)]
            pub(super) fn hgetall(key: &str) -> BTreeMap<String, i64> {
                python! {
                    words = call_next(key)
                    return {words[i]: int(words[i + 1]) for i in range(0, len(words), 2)}
                }
            }

            #[gear_command(hook = "XRANGE", mode = $mode)]
            pub(super) fn xrange(key: &str, first: &str, last: &str) -> Vec<(String, Vec<String>)> {
                python! { return call_next(key, first, last) }
            }

            #[gear_command(hook = "SMISMEMBER", mode = $mode)]
            pub(super) fn smismember(key: &str, #[rest] members: Vec<String>) -> (bool, i64, f64) {
                python! { return (call_next(key, *members)[0], 1 << 40, 0.5) }
            }

            #[gear_command(hook = "EXISTS", mode = $mode)]
            pub(super) fn exists(key: &str) -> bool {
                python! { return call_next(key) }
            }

            #[gear_command(hook = "GETDEL", mode = $mode)]
            pub(super) fn getdel(key: &str) -> Option<serde_json::Value> {
                python! {
                    text = call_next(key)
                    return None if text is None else {"text": [text, None]}
                }
            }

            #[gear_command(hook = "PERSIST", mode = $mode)]
            pub(super) fn persist(key: &str) {
                python! { call_next(key) }
            }

            #[gear_command(hook = "LPOP", mode = $mode)]
            pub(super) fn lpop(key: &str) -> Result<Option<Vec<u8>>, String> {
                python! {
                    if key == "kept":
                        raise Err("KEPT the list\nstays")
                    return call_next(key)
                }
            }

            #[gear_command(hook = "EXPIRE", mode = $mode)]
            pub(super) fn expire(key: &str, seconds: i64) -> Result<(), String> {
                python! { call_next(key, seconds) }
            }

            #[gear_command(hook = "TOUCH", mode = $mode)]
            pub(super) fn touch(#[rest] keys: Vec<String>) -> Vec<Result<i64, String>> {
                python! { return [call_next(key) or Err("missing " + key) for key in keys] }
            }

            #[gear_command(hook = "SET", mode = $mode)]
            pub(super) fn set(
                key: &str,
                value: Vec<u8>,
                #[rest] more: Vec<Vec<u8>>,
            ) -> Option<String> {
                python! { return call_next(key, value, *more) }
            }

            #[gear_command(hook = "RENAME", mode = $mode)]
            pub(super) fn rename(key: &str, name: &str) {
                python! { call_next(key, name) }
            }

            #[gear_command(hook = "GETRANGE", mode = $mode)]
            pub(super) fn getrange(key: &str, first: Option<i64>, last: Option<i64>) -> String {
                python! { return "%r %r" % (first, last) }
            }

            #[gear_command(hook = "SRANDMEMBER", mode = $mode)]
            pub(super) fn srandmember(key: &str, count: Option<i64>) -> String {
                python! { return "%s %r" % (key, count) }
            }

            #[gear_command(hook = "LPOS", mode = $mode)]
            pub(super) fn lpos(
                key: &str,
                word: Option<String>,
                #[rest] more: Vec<Option<Vec<u8>>>,
            ) -> String {
                python! { return "%r %r" % (word, more) }
            }

            pub(super) const GEARS: &[&redgrease::Gear] = gears![
                hget,
                hmget,
                lrange,
                smembers,
                hgetall,
                xrange,
                smismember,
                exists,
                getdel,
                persist,
                lpop,
                expire,
                touch,
                set,
                rename,
                getrange,
                srandmember,
                lpos
            ];
        }
    };
}

hooks!(sync, "sync");
hooks!(local, "async_local");

/// Runs a test with the hooks in each mode.
fn in_each_mode(test: fn(&Server)) {
    for gears in [sync::GEARS, local::GEARS] {
        test(&with_gears(gears).0);
    }
}

/// The reply as a type of an ordinary client.
#[track_caller]
fn reply<T: FromRedisValue>(server: &Server, words: &[&str]) -> T {
    tried(server, words).unwrap()
}

fn tried<T: FromRedisValue>(server: &Server, words: &[&str]) -> redis::RedisResult<T> {
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]).query(&mut plain_connection(server))
}

fn bulk(text: &str) -> Value {
    Value::BulkString(text.into())
}

#[test]
fn nothing_is_nil() {
    in_each_mode(|server| {
        let user = ["user:1", "name", "ada"];
        assert_eq!(reply::<i64>(server, &[&["HSET"], &user[..]].concat()), 1);
        let hget = |field| reply::<Option<String>>(server, &["HGET", "user:1", field]);
        assert_eq!(hget("name").as_deref(), Some("ada"));
        assert_eq!(hget("none"), None);
        for words in [
            &["HGET", "user:1", "none"][..],
            &["GETDEL", "none"],
            &["PERSIST", "none"],
            &["LPOP", "none"],
            &["EXPIRE", "none", "1"],
            &["SET", "none", "1", "XX"],
        ] {
            assert_eq!(reply::<Value>(server, words), Value::Nil, "{words:?}");
        }
    });
}

#[test]
fn lists_are_arrays() {
    in_each_mode(|server| {
        reply::<()>(server, &["HSET", "h", "a", "1", "b", "2"]);
        let found: Vec<Option<String>> = reply(server, &["HMGET", "h", "a", "none", "b"]);
        assert_eq!(found, [Some("1".to_owned()), None, Some("2".to_owned())]);
        let found: HashMap<String, i64> = reply(server, &["HGETALL", "h"]);
        assert_eq!(found, HashMap::from([("a".into(), 1), ("b".into(), 2)]));
        assert_eq!(
            reply::<Value>(server, &["HGETALL", "none"]),
            Value::Array(vec![])
        );

        let mut con = plain_connection(server);
        let bytes = b"\xff\0\x010".to_vec();
        redis::cmd("RPUSH")
            .arg("l")
            .arg(&bytes)
            .arg("x")
            .exec(&mut con)
            .unwrap();
        let found: Vec<Vec<u8>> = reply(server, &["LRANGE", "l", "0", "-1"]);
        assert_eq!(found, [bytes, b"x".to_vec()]);

        reply::<()>(server, &["SADD", "s", "a", "b"]);
        let found: BTreeSet<String> = reply(server, &["SMEMBERS", "s"]);
        assert_eq!(found, BTreeSet::from(["a".into(), "b".into()]));
        reply::<()>(server, &["XADD", "x", "1-1", "f", "v"]);
        let fields = Value::Array(vec![bulk("f"), bulk("v")]);
        assert_eq!(
            reply::<Value>(server, &["XRANGE", "x", "-", "+"]),
            Value::Array(vec![Value::Array(vec![bulk("1-1"), fields])])
        );
        assert_eq!(
            reply::<Value>(server, &["SMISMEMBER", "s", "a"]),
            Value::Array(vec![Value::Int(1), Value::Int(1 << 40), bulk("0.5")])
        );
    });
}

#[test]
fn one_value_has_the_form_of_its_type() {
    in_each_mode(|server| {
        assert_eq!(reply::<Value>(server, &["SET", "k", "v"]), Value::Okay);
        assert_eq!(reply::<Value>(server, &["EXISTS", "k"]), Value::Int(1));
        assert_eq!(reply::<Value>(server, &["EXISTS", "none"]), Value::Int(0));
        assert_eq!(reply::<Value>(server, &["RENAME", "k", "j"]), Value::Okay);
        let json = bulk(r#"{"text":["v",null]}"#);
        assert_eq!(reply::<Value>(server, &["GETDEL", "j"]), json);
        // A text that says so is no status and no error.
        for text in ["OK", "+x", "-x"] {
            reply::<()>(server, &["HSET", "h", "f", text]);
            assert_eq!(reply::<Value>(server, &["HGET", "h", "f"]), bulk(text));
        }
    });
}

#[test]
fn an_err_is_an_error_of_the_command() {
    in_each_mode(|server| {
        let error = tried::<Value>(server, &["LPOP", "kept"]).unwrap_err();
        assert_eq!(error.code(), Some("KEPT"));
        assert_eq!(error.detail(), Some("the list stays"));
        reply::<()>(server, &["SET", "k", "v"]);
        // Inside of an array, redis-rs shows an error to those who look at each item.
        let mut cmd = redis::cmd("TOUCH");
        cmd.arg("k").arg("none");
        let Value::Array(items) = plain_connection(server).req_command(&cmd).unwrap() else {
            panic!("no array");
        };
        assert_eq!(items[0], Value::Int(1));
        let error = items[1].clone().extract_error().unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
    });
}

/// The clients of the command do not know how clients of gears write an argument.
#[test]
fn words_are_taken_as_they_are() {
    in_each_mode(|server| {
        let mut con = plain_connection(server);
        for value in [
            &b"\x010"[..],
            b"\x011\x01",
            b"\0a\0",
            b"+x",
            b"",
            b"\xff\x010",
        ] {
            redis::cmd("SET")
                .arg("k")
                .arg(value)
                .exec(&mut con)
                .unwrap();
            let kept: Vec<u8> = redis::cmd("GET").arg("k").query(&mut con).unwrap();
            assert_eq!(kept, value);
        }
        redis::cmd("HSET")
            .arg("\x010")
            .arg("\x011")
            .arg("v")
            .exec(&mut con)
            .unwrap();
        let found: Option<String> = redis::cmd("HGET")
            .arg("\x010")
            .arg("\x011")
            .query(&mut con)
            .unwrap();
        assert_eq!(found.as_deref(), Some("v"));
    });
}

#[test]
fn an_optional_argument_is_a_word_or_absent() {
    in_each_mode(|server| {
        let got = |words: &[&str]| reply::<String>(server, words);
        assert_eq!(got(&["GETRANGE", "k", "1", "-2"]), "1 -2");
        assert_eq!(got(&["SRANDMEMBER", "k"]), "k None");
        assert_eq!(got(&["SRANDMEMBER", "k", "-2"]), "k -2");
        assert_eq!(got(&["LPOS", "k", "+x"]), "'+x' []");
        assert_eq!(got(&["LPOS", "k", ""]), "'' []");
        assert_eq!(got(&["LPOS", "k", "x", "RANK", ""]), "'x' [b'RANK', b'']");
        let error = tried::<Value>(server, &["GETRANGE", "k", "x", "1"]).unwrap_err();
        assert!(error.to_string().contains("argument `first`"), "{error}");
    });
}

#[test]
fn replies_in_a_transaction_and_in_lua() {
    let (server, _con) = with_gears(sync::GEARS);
    reply::<()>(&server, &["HSET", "h", "a", "1"]);
    let mut con = plain_connection(&server);
    let mut pipe = redis::pipe();
    pipe.atomic();
    pipe.cmd("HGET").arg("h").arg("none");
    pipe.cmd("HMGET").arg("h").arg("a").arg("none");
    pipe.cmd("HGETALL").arg("h");
    pipe.cmd("SET").arg("k").arg("v");
    let (nil, listed, all, set): (
        Option<String>,
        Vec<Option<String>>,
        HashMap<String, i64>,
        Value,
    ) = pipe.query(&mut con).unwrap();
    assert_eq!((nil, set), (None, Value::Okay));
    assert_eq!(listed, [Some("1".to_owned()), None]);
    assert_eq!(all, HashMap::from([("a".into(), 1)]));

    let is_nil =
        "return {tostring(redis.call('HGET', 'h', 'none')), redis.call('SET', 'k', 'v').ok}";
    let found: Vec<String> = reply(&server, &["EVAL", is_nil, "0"]);
    assert_eq!(found, ["false", "OK"]);
}

#[test]
fn a_hook_that_was_loaded_from_the_rdb_file_answers_the_same() {
    let builder = Server::builder().server_arg("enable-debug-command", "yes");
    let server = builder.start().unwrap();
    redgrease::start_with(server.url(), &redgrease::Options::new().gears(sync::GEARS)).unwrap();
    reply::<()>(&server, &["HSET", "h", "a", "1"]);
    reply::<()>(&server, &["DEBUG", "RELOAD"]);
    let found: Vec<Option<String>> = reply(&server, &["HMGET", "h", "a", "none"]);
    assert_eq!(found, [Some("1".to_owned()), None]);
    let error = tried::<Value>(&server, &["LPOP", "kept"]).unwrap_err();
    assert_eq!(error.code(), Some("KEPT"));
}
