//! Which messages are given up, after how many tries, in which order.

use crate::common::{empty, eventually, untyped};
use crate::{OPTIONS, add, all_are_settled, bad, field, figure, letters, list, numbers_of_letters};
use crate::{register, tries_of};

/// Chains that handle messages one by one, and chains that handle batches as a whole.
const CHAINS: [(&str, bool); 5] = [
    ("foreach(handle)", false),
    ("foreach(wait_for)", false),
    (
        "map(lambda r: handle(r) or r).filter(lambda r: True)",
        false,
    ),
    ("accumulate(handle_all)", true),
    ("foreach(handle).count()", true),
];

#[test]
fn only_the_bad_messages_of_a_batch_are_given_up() {
    for (steps, is_whole) in CHAINS {
        for mode in ["async", "async_local"] {
            let (server, _con) = empty();
            bad(&server, &["3", "7", "9"]);
            register(
                &server,
                steps,
                &format!("{OPTIONS}, batch=10, mode='{mode}'"),
            );
            add(&server, "s", 0..20);
            all_are_settled(&server);
            assert_eq!(numbers_of_letters(&server), ["3", "7", "9"], "{steps}");
            let mut handled = list(&server, "handled");
            if is_whole {
                // Messages before the bad one were handled in the batch, and again alone.
                handled.sort_by_key(|n| n.parse::<u32>().unwrap());
                handled.dedup();
            }
            let expected: Vec<String> = (0..20)
                .filter(|n| ![3, 7, 9].contains(n))
                .map(|n| n.to_string())
                .collect();
            assert_eq!(handled, expected, "{steps}");
            for letter in letters(&server) {
                assert_eq!(letter["redgrease:tries"], "3", "{steps}");
            }
            // A whole batch ends at its first bad message.
            let expected = if is_whole { [3, 2, 2] } else { [3, 3, 3] };
            let tried = ["3", "7", "9"].map(|n| tries_of(&server, n));
            assert_eq!(tried, expected, "{steps}");
            assert_eq!(untyped(&server, &["XLEN", "s"]), "0");
        }
    }
}

/// With the policy `continue` a bad message goes to the dead letters at once.
#[test]
fn continue_gives_up_without_a_retry() {
    for mode in ["async", "async_local", "sync"] {
        for (steps, is_whole) in CHAINS {
            if steps.contains("wait_for") && mode == "sync" {
                continue;
            }
            let (server, _con) = empty();
            bad(&server, &["1", "3"]);
            let options = format!("deadLetter='dead', batch=4, mode='{mode}'");
            register(&server, steps, &options);
            add(&server, "s", 0..8);
            all_are_settled(&server);
            eventually("both are given up", || letters(&server).len() == 2);
            assert_eq!(numbers_of_letters(&server), ["1", "3"], "{steps} {mode}");
            let mut handled = list(&server, "handled");
            handled.sort();
            handled.dedup();
            assert_eq!(handled, ["0", "2", "4", "5", "6", "7"], "{steps} {mode}");
            let tries = if is_whole { 2 } else { 1 };
            assert_eq!(tries_of(&server, "1"), tries, "{steps} {mode}");
        }
    }
}

#[test]
fn messages_behind_a_bad_one_wait_for_it() {
    let (server, _con) = empty();
    bad(&server, &["1"]);
    register(&server, "foreach(handle)", OPTIONS);
    add(&server, "s", 0..3);
    all_are_settled(&server);
    assert_eq!(list(&server, "tried"), ["0", "1", "1", "1", "2"]);
}

#[test]
fn a_message_that_is_mended_in_time_is_handled_in_order() {
    let (server, _con) = empty();
    bad(&server, &["0"]);
    let options =
        "onFailedPolicy='retry', onFailedRetryInterval=0, maxRetries=1000000, deadLetter='dead'";
    register(&server, "foreach(handle)", options);
    add(&server, "s", 0..3);
    eventually("it is tried again", || tries_of(&server, "0") > 5);
    untyped(&server, &["SREM", "bad", "0"]);
    all_are_settled(&server);
    assert_eq!(list(&server, "handled"), ["0", "1", "2"]);
    assert!(letters(&server).is_empty());
}

/// The other streams of a registration do not wait for one of them.
#[test]
fn a_retry_holds_up_its_own_stream_only() {
    let (server, _con) = empty();
    bad(&server, &["0"]);
    let script = format!(
        "{}\nGB('StreamReader').foreach(handle).register('p:*', onFailedPolicy='retry', onFailedRetryInterval=3600, maxRetries=3)",
        crate::HANDLER
    );
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
    add(&server, "p:1", 0..2);
    eventually("it waits", || {
        field(&server, "status") == "WAITING_FOR_RETRY_ON_FAILURE"
    });
    add(&server, "p:2", 2..4);
    eventually("the other stream is read", || {
        list(&server, "handled") == ["2", "3"]
    });
    assert_eq!(tries_of(&server, "0"), 1);
    // A client ends the wait.
    untyped(&server, &["SREM", "bad", "0"]);
    let id = field(&server, "id");
    untyped(&server, &["RG.PAUSEREGISTRATIONS", &id]);
    untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &id]);
    eventually("it goes on", || {
        list(&server, "handled") == ["2", "3", "0", "1"]
    });
}

#[test]
fn without_dead_letters_a_message_is_dropped_and_the_log_says_so() {
    let (server, _con) = empty();
    bad(&server, &["0"]);
    let options = "onFailedPolicy='retry', onFailedRetryInterval=0, maxRetries=1";
    register(&server, "foreach(handle)", options);
    add(&server, "s", 0..2);
    all_are_settled(&server);
    assert_eq!(list(&server, "tried"), ["0", "0", "1"]);
    assert_eq!(field(&server, "numDropped"), "1");
    assert_eq!(figure(&server, "dropped_messages"), "1");
    let log = server.log_tail(50);
    assert!(
        log.contains("up after 2 tries") && log.contains("ValueError: bad 0"),
        "{log}"
    );
}

#[test]
fn registrations_and_figures_tell_of_failures() {
    let (server, _con) = empty();
    bad(&server, &["0", "1"]);
    let options = format!("{OPTIONS}, retryBackoff=1.5, maxRetryInterval=60");
    register(&server, "foreach(handle)", &options);
    add(&server, "s", 0..3);
    all_are_settled(&server);
    for (name, value) in [
        ("numRetries", "4"),
        ("numDeadLetters", "2"),
        ("numDropped", "0"),
        ("maxRetries", "2"),
        ("retryBackoff", "1.5"),
        ("maxRetryInterval", "60"),
        ("deadLetter", "dead"),
    ] {
        assert_eq!(field(&server, name), value, "{name}");
    }
    assert_eq!(figure(&server, "dead_letters"), "2");
    // Clients that know the replies of RedisGears alone, and registrations without the options, see none of the fields.
    untyped(&server, &["RG.CONFIGSET", "CompatibleReplies", "1.0"]);
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    assert!(
        !rows.contains("numRetries") && !rows.contains("deadLetter"),
        "{rows}"
    );
    untyped(&server, &["RG.CONFIGSET", "CompatibleReplies", "1.2"]);
    register(&server, "foreach(handle)", "onFailedPolicy='retry'");
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    assert!(
        !rows.contains("numRetries") && !rows.contains("deadLetter"),
        "{rows}"
    );
}

/// The pauses of 0, 1 and 2 seconds would be 0 without the growth. The upper limit is only that of the test.
#[test]
fn the_pause_grows() {
    let (server, _con) = empty();
    bad(&server, &["0"]);
    let script = "
import time
def handle(r):
    execute('RPUSH', 'times', int(time.monotonic() * 1000))
    raise ValueError('bad')
GB('StreamReader').foreach(handle).register('s', onFailedPolicy='retry', onFailedRetryInterval=1, retryBackoff=2.0, maxRetryInterval=2, maxRetries=3)
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    add(&server, "s", 0..1);
    all_are_settled(&server);
    let times: Vec<u64> = list(&server, "times")
        .iter()
        .map(|one| one.parse().unwrap())
        .collect();
    let pauses: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let least = [950, 1950, 1950];
    assert_eq!(pauses.len(), least.len(), "{pauses:?}");
    assert!(
        pauses
            .iter()
            .zip(least)
            .all(|(pause, least)| *pause >= least),
        "{pauses:?}"
    );
}

/// Messages that are kept in the stream are acknowledged all the same.
#[test]
fn a_message_that_stays_in_the_stream_is_not_tried_again() {
    let (server, _con) = empty();
    bad(&server, &["0"]);
    let options = format!("{OPTIONS}, trimStream=False");
    register(&server, "foreach(handle)", &options);
    add(&server, "s", 0..2);
    all_are_settled(&server);
    assert_eq!(untyped(&server, &["XLEN", "s"]), "2");
    assert_eq!(numbers_of_letters(&server), ["0"]);
}
