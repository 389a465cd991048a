use super::program::{assert_prints, number, run, run_everywhere, run_on};

#[test]
fn basics_counts_and_adds_up_in_two_ways() {
    for shards in [None, Some(3)] {
        assert_basics(&run_on("basics", shards));
    }
}

#[track_caller]
fn assert_basics(printed: &str) {
    assert!(number(printed, "Python on the server uses ", " bytes") > 0.0);
    let steady: String = printed
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("Python on the server"))
        .collect();
    assert_prints(
        &steady,
        "\
The meaning of noodle: 42
Registered functions: 0
Results of an empty script: []
All records: [
    {'event': None, 'key': 'Bar-fighter', 'type': 'string', 'value': '63'}
    {'event': None, 'key': 'Baz-fighter', 'type': 'string', 'value': '-747'}
    {'event': None, 'key': 'Foo-fighter', 'type': 'string', 'value': '2021'}
    {'event': None, 'key': 'noodle', 'type': 'hash', 'value': {'meaning': '42', 'spam': 'eggs'}}
    {'event': None, 'key': 'transactions:0', 'type': 'unknown', 'value': None}
]
Total number of keys: 5
Sum of the values of '-fighter' keys: 1337
Total number of keys, by a chain: 5
Sum of the values of '-fighter' keys, by a chain: 1337
The same with the step `sum`: 1337
The fighters in order: [-747, 63, 2021]
Counted in the background: 5
Counted in the background, by a chain: 5
Errors are reported: ZeroDivisionError: division by zero
",
    );
}

#[test]
fn counting_users_counts_keys_names_and_fields() {
    assert_prints(
        &run_everywhere("counting_users", &[3]),
        r#"Keys `user:*`, by a script: 7
The same by a chain: 7
With a number: 6
Logged in today: ["1", "4"]
Users: 6
Active: 4
By state: [("active", 4), ("left", 2)]
By supervisor: [("1", 4), ("2", 2)]
By decade of age: [(10, 1), (20, 2), (30, 1), (40, 1), (50, 1)]
Average age of active users: 27.75
Supervised by 1, as a command: 3
Active, by the maintained keys: 4
After one has come back: 5
After two were deleted: ["user:3", "user:4", "user:6"]
"#,
    );
}

#[cfg(feature = "aio")]
#[test]
fn execution_styles_all_return_the_same() {
    assert_prints(
        &run("execution_styles"),
        r#"a script: 3
a script file: 3
the bare command: 3
a closed function: 3
the same once more: 3
closed and sent at once: 3
a builder: 3
started, then waited for: 3
its status: done
its results, fetched again: 3
a script, started: 3
without an end: running
its results so far: None
after an abort: ERR the execution was aborted
a function of this program: 3
a call with options: 3
two calls in one round trip: 3
a set maintained by events: 3
a chain, registered and triggered: 3
registered again, unless it exists: false
registered twice: refused: true
async: a script: 3
async: a closed function: 3
async: closed and sent at once: 3
async: started, then waited for: 3
async: a function of this program: 3
async: a call of a blocking function: 3
async: a chain, registered and triggered: ["['a', 'b']"]
"#,
    );
}

#[test]
fn first_class_builds_several_functions_from_one() {
    assert_prints(
        &run("first_class"),
        r#"Registered: schedule, work
done: 4
failed: 2
waiting: 0
All effort: 339
Largest: [99, 95]
At least 20: [25, 40, 70, 95, 99]
At least 50: [70, 95, 99]
All: [10, 25, 40, 70, 95, 99]
By state: [("done", 4), ("failed", 2)]
Failed: {"job:1": 95, "job:4": 99}
A chain as Python: GB("KeysReader", "job:*").map(lambda r: r['value']).filter((lambda _state: lambda job: job["state"] == _state)("it's \"done\"")).count().map(_int.dump).run(convertToStr=False)
Its script ends with this text: true
A registration as Python: GB("StreamReader", "to_do").map(lambda r: r['key']).distinct().register(prefix="to_do", batch=100, duration=2000)
"#,
    );
}
