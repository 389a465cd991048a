//! The examples that correspond to the documentation of `RedisGears` and of Redis clients for Python.

use crate::program::{run, run_everywhere};

#[test]
fn words_are_counted() {
    let expected = r#"23 words, 10 of them different:
gear  5
the   4
turns 4
a     2
first 2
that  2
and   1
data  1
last  1
then  1
And with one text more, "gear" occurs 8 times
"#;
    assert_eq!(run_everywhere("word_count", &[3]), expected);
}

#[test]
fn keys_are_deleted_by_their_prefix() {
    let expected = r#"Deleted by the chain: 5
Deleted by the chain: 0
Left: delete_menot, keep_me:1
Deleted by the gear, with the prefix "a*:": 2
Deleted by the gear, with the prefix "[ab]:": 1
Deleted by the gear, with the prefix "nothing": 0
Left: ab:1, delete_menot, keep_me:1
Deleted by `RG.TRIGGER delete_by_prefix ""`: 3
Left: nothing
"#;
    assert_eq!(run("delete_by_prefix"), expected);
}

#[test]
fn messages_of_streams_are_processed() {
    let expected = r#"Visits, as hashes:
visit:1000-0: {"page": "/home", "visitor": "ada"}
visit:1000-1: {"page": "/home", "visitor": "bob"}
visit:1007-0: {"page": "/shop", "visitor": "ada"}
Averages of three measurements each:
20.0 from 100 to 102
22.0 from 103 to 105
The seventh measurement waits for two more; other averages: 0
"#;
    assert_eq!(run("stream_processing"), expected);
}

#[test]
fn changes_and_expirations_of_keys_are_noticed() {
    let expected = "\
hset person:1: name=Ada, town=London
hset person:1: name=Ada, town=Paris
expired person:1
expired cup of tea
And nothing else: []
";
    assert_eq!(run("keyspace_notifications"), expected);
}

#[test]
fn no_notification_is_lost() {
    let expected = "\
Normal operation:
  hset person:1: Ada
While deliveries fail:
  a delivery failed because the mailbox is closed: true
  3 wait
  hset person:2: Bob
  hset person:3: Eve
  hset person:2: Rob
While deliveries are paused:
  2 wait
  hset person:4: Kim
  hset person:5: Lou
0 wait, none is lost
";
    assert_eq!(run("reliable_keyspace_notifications"), expected);
}

#[test]
fn pi_is_estimated() {
    let expected = r"   100 points: 3.16000, which is off by 0.01841
 10000 points: 3.14960, which is off by 0.00801
100000 points: 3.14224, which is off by 0.00065
";
    assert_eq!(run("monte_carlo_pi"), expected);
}

#[test]
fn the_tour_runs_to_its_end() {
    let expected = r#"Is the server there? PONG
name: Alice
counter: 11
nobody: None
Capitals of Norway, Sweden, Peru: [Some("Oslo"), None, Some("Lima")]
Norway exists: true, Sweden exists: false
Existing keys of three: 2
A list: ["apple", "banana", "cherry"]; removed its last item, cherry
A set: {"blue", "green", "red"}, contains red: true
A hash: {"age": "30", "name": "Alice"}, next year's age: 31
A note expires in a minute: true
After it has expired: None
Received on news: Hello, world!
A purse in one round trip: 15, then [3], then 4
Bob pays 10 in a transaction: Some(15) left, after 2 tries
Bob pays 10 by a gear: Some(5) left
Bob pays 10 by a gear: None left
The key 1.5: by number
As bytes [194, 167], as text §
Invalid UTF-8 as text is an error: true
redis_tour::introduce_itself: Returns the qualified name and the documentation of a gear.
introduce_itself was called 2 times
pay was called 3 times
In Redis: {"redis_tour::introduce_itself": 2, "redis_tour::pay": 3}
"#;
    assert_eq!(run("redis_tour"), expected);
}

#[test]
fn keys_expire_automatically() {
    let printed = run("automatic_expiry");
    let mut lines = printed.lines();
    for (what, seconds) in [
        ("a string is set: session:ada", 3600),
        ("a hash is set: session:bob", 3600),
        ("another prefix: other:eve", -1),
        ("a client sets 10 seconds: session:bob", 10),
        ("the next write sets an hour again: session:bob", 3600),
        ("a draft is set: draft:1", 60),
        ("the next write changes nothing: draft:1", 30),
        ("a client sets 500 seconds: draft:2", 500),
    ] {
        let line = lines.next().unwrap();
        let ends = line.strip_prefix(what).unwrap_or_else(|| panic!("{line}"));
        if seconds < 0 {
            assert_eq!(ends, " does not expire", "{line}");
            continue;
        }
        let left: i64 = ends
            .strip_prefix(" expires in ")
            .and_then(|rest| rest.strip_suffix(" seconds"))
            .and_then(|number| number.parse().ok())
            .unwrap_or_else(|| panic!("{line}"));
        // Holds on slow machines, too.
        assert!((seconds - 9..=seconds).contains(&left), "{line}");
    }
    assert_eq!(lines.next(), None);
}
