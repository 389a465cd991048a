//! The examples that other documentation begins with, that of RedisGears and of Redis with Python: each program is run to
//! its end, and prints what it should.
#![cfg(all(feature = "macros", feature = "embedded"))]
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::example::run;

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
    assert_eq!(run("word_count"), expected);
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
The seventh waits for two others; averages beyond those: 0
"#;
    assert_eq!(run("stream_processing"), expected);
}
