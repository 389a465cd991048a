use super::program::{assert_prints, number, run};

#[test]
fn basics_counts_and_adds_up_in_two_ways() {
    let printed = run("basics");
    assert!(number(&printed, "Python on the server uses ", " bytes") > 0.0);
    let steady: String = printed
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("Python on the server"))
        .collect();
    assert_prints(
        &steady,
        "\
The meaning of noodle: 42
Registered functions: 0
Results of nothing: []
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
The same with a step for it: 1337
The fighters in order: [-747, 63, 2021]
Counted in the background: 5
Counted in the background, by a chain: 5
What goes wrong is told: ZeroDivisionError: division by zero
",
    );
}
