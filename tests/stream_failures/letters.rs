//! The fields of a dead letter.

use crate::common::{empty, eventually, untyped};
use crate::{OPTIONS, add, all_are_settled, bad, letters, list, register};

#[test]
fn a_letter_has_the_fields_of_the_message_and_tells_what_happened() {
    let (server, _con) = empty();
    bad(&server, &["5"]);
    register(&server, "foreach(handle)", OPTIONS);
    let id = untyped(
        &server,
        &["XADD", "s", "7-5", "n", "5", "k", "\u{e4}", "k", "b"],
    );
    all_are_settled(&server);
    let letter = letters(&server).remove(0);
    for (name, value) in [
        ("n", "5"),
        ("redgrease:stream", "s"),
        ("redgrease:id", &id),
        ("redgrease:error", "ValueError: bad 5"),
        ("redgrease:tries", "3"),
        ("redgrease:gear", "handle"),
        ("redgrease:session", "s"),
    ] {
        assert_eq!(letter[name], value, "{name}");
    }
    let traceback = &letter["redgrease:traceback"];
    assert!(
        traceback.starts_with("Traceback (most recent call last):\n"),
        "{traceback}"
    );
    assert!(
        traceback.contains("in handle\n") && traceback.ends_with("ValueError: bad 5"),
        "{traceback}"
    );
    assert!(letter["redgrease:time"].parse::<u64>().unwrap() > 1_600_000_000_000);
    // The fields of the message come first, in their order.
    let row = untyped(&server, &["XRANGE", "dead", "-", "+"]);
    let fields: Vec<&str> = row.lines().skip(1).take(7).collect();
    assert_eq!(
        fields,
        ["n", "5", "k", "\u{e4}", "k", "b", "redgrease:stream"]
    );
}

/// Another registration reads the dead letters: it may put messages back.
#[test]
fn dead_letters_are_a_stream_like_any_other() {
    let (server, _con) = empty();
    bad(&server, &["0"]);
    register(&server, "foreach(handle)", OPTIONS);
    let script = "
def put_back(r):
    execute('SREM', 'bad', r['value']['n'])
    execute('XADD', r['value']['redgrease:stream'], '*', 'n', r['value']['n'])
    execute('RPUSH', 'put_back', r['value']['redgrease:error'])
GB('StreamReader').foreach(put_back).register('dead')
def told(r):
    execute('RPUSH', 'told', r['event'])
GB('KeysReader').foreach(told).register('dead', eventTypes=['xadd'])
";
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", script, "ID", "other"]),
        "OK"
    );
    add(&server, "s", 0..1);
    eventually("it is handled in the end", || {
        list(&server, "handled") == ["0"]
    });
    eventually("the error is known", || {
        list(&server, "put_back") == ["ValueError: bad 0"]
    });
    eventually("handlers of key events hear of it", || {
        list(&server, "told") == ["xadd"]
    });
}

/// A hook of `XADD` is for the commands of clients and gears.
#[test]
fn a_hook_does_not_get_dead_letters() {
    let (server, _con) = empty();
    bad(&server, &["0"]);
    register(&server, "foreach(handle)", OPTIONS);
    add(&server, "s", 0..1);
    all_are_settled(&server);
    let hook = "GB('CommandReader').map(lambda x: 'hooked').register(hook='XADD', mode='sync', keyprefix='dead')";
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", hook, "ID", "hook"]),
        "OK"
    );
    add(&server, "s", 0..1);
    eventually("both are there", || letters(&server).len() == 2);
}
