use super::program::{assert_prints, run};

#[test]
fn mixed_features_work_together() {
    assert_prints(
        &run("mixed_features"),
        r#"Wanted: humanize>=4
Missing: ["humanize>=4"]
Missing now: []
parcel:1: 160 cents, 350 g, the 1st today
parcel:2: 1099 cents, 12,500 g, the 2nd today
parcel:3: 599 cents, 2,200 g, the 3rd today
parcel:4: 50499 cents, 1,000,000 g, the 4th today
A price: 749
Most parcels go to: [("Oslo", 2.0)]
Loaded together: parcel:1 parcel:2
Loaded together: parcel:3 parcel:4
Heavy: ["Lima 12,500", "Oslo 2,200", "Suva 1,000,000"]
Income: 52357 cents
A script with redgrease.utils: [('cents', 160), ('grams', 350), ('to', 'Oslo')]
Registered: CommandReader, CommandReader, KeysReader, StreamReader
post: 4 calls, 0 failed
"#,
    );
}

#[test]
fn server_side_commands_answer_as_redis_py_does() {
    assert_prints(
        &run("server_side_commands"),
        r#"texts: ("Bar and more", None, 42, true)
bytes: [1, 255, 0]
hash: {"apples": 2, "pears": 5}
list: ("one", "three", 3)
stream: ["two", "three"]
sets: {"3", "5"}
sorted set: [("Cem", 9.25), ("Ada", 7.5)]
transfer: (32, 10)
types: {"Foo": "string", "data": "string", "left": "set", "right": "set", "said": "stream", "scores": "zset", "stock": "hash", "views": "string", "visits": "string", "words": "list"}
execute: ['Peru', 'Lima']
cmd: {b'Peru': b'Lima'}
counted: 33
not counted: value is not an integer or out of range
redgrease_commands.ResponseError: WRONGTYPE Operation against a key holding the wrong kind of value
NotImplementedError: `cmd.pipeline` is not for gears: gears need no pipeline: call one command after the other, inside `with atomic():` if nothing may come between
"#,
    );
}

#[test]
fn transaction_stream_books_in_order() {
    assert_prints(
        &run("transaction_stream"),
        r#"First: booked
Rent: booked
Yacht: refused, not covered
Attempt 1: Gift is held up
Attempt 2: Gift is held up
Cause: LookupError: Gift: there is no account:3
Overtaken by: 0
Gift: booked
Lunch: booked
account:0: 4000
account:1: 630
account:2: 320
account:3: 50
Total, unchanged: 5000
Paid by each: [("account:0", 1000), ("account:1", 70), ("account:2", 700)]
"#,
    );
}
