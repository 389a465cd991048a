//! Operations with and without operands.

use crate::Bare;

/// Three sentences and three numbers. In a cluster, the numbers are on one shard, and the sentences are not.
fn filled() -> Bare {
    let bare = Bare::anywhere();
    for (key, value) in [
        ("text:0", "a b"),
        ("text:1", "b c"),
        ("text:2", "c d"),
        ("number:{n}0", "0"),
        ("number:{n}1", "1"),
        ("number:{n}2", "2"),
    ] {
        bare.say(&["SET", key, value]);
    }
    bare
}

const BEGINNINGS: &str = "
names = KeysReader('text:*').keys()
texts = KeysReader('text:*').values()
numbers = KeysReader('number:*').values().map(int)
";

#[track_caller]
fn gives(bare: &Bare, chain: &str, expected: &[&str]) {
    let results = bare.sorted(&format!("{BEGINNINGS}{chain}.run()"));
    assert_eq!(results, expected, "{chain}");
}

#[test]
fn each_operation_has_the_documented_default_operands() {
    let bare = filled();
    // Operations on single records.
    gives(
        &bare,
        "texts.map(str.split).flatmap()",
        &["a", "b", "b", "c", "c", "d"],
    );
    gives(&bare, "numbers.filter()", &["1", "2"]);
    gives(&bare, "names.collect()", &["text:0", "text:1", "text:2"]);
    // Operations on all records.
    gives(&bare, "numbers.accumulate().map(sorted)", &["[0, 1, 2]"]);
    gives(&bare, "numbers.aggregate().map(sorted)", &["[0, 1, 2]"]);
    gives(&bare, "numbers.aggregate([]).map(sorted)", &["[0, 1, 2]"]);
    gives(&bare, "numbers.aggregate(0)", &["3"]);
    gives(&bare, "numbers.count()", &["3"]);
    gives(&bare, "numbers.avg()", &["1.0"]);
    gives(
        &bare,
        "texts.flatmap(str.split).distinct()",
        &["a", "b", "c", "d"],
    );
    // Operations on groups.
    gives(
        &bare,
        "texts.flatmap(str.split).countby()",
        &[
            "{'key': 'a', 'value': 1}",
            "{'key': 'b', 'value': 2}",
            "{'key': 'c', 'value': 2}",
            "{'key': 'd', 'value': 1}",
        ],
    );
    let values = "map(lambda group: group['value'])";
    for (operation, expected) in [
        ("groupby()", ["['text:0']", "['text:1']", "['text:2']"]),
        ("localgroupby()", ["['text:0']", "['text:1']", "['text:2']"]),
        ("aggregateby()", ["['text:0']", "['text:1']", "['text:2']"]),
        ("batchgroupby()", ["1", "1", "1"]),
    ] {
        gives(&bare, &format!("names.{operation}.{values}"), &expected);
    }
    // Records that cannot be hashed can be grouped.
    gives(
        &bare,
        &format!("KeysReader('text:*').batchgroupby().{values}"),
        &["1", "1", "1"],
    );
}

#[test]
fn each_operation_takes_operands() {
    let bare = filled();
    gives(&bare, "numbers.map(lambda n: n * n)", &["0", "1", "4"]);
    gives(&bare, "numbers.filter(lambda n: n < 2)", &["0", "1"]);
    gives(
        &bare,
        "numbers.accumulate(lambda a, n: (a or 0) + n)",
        &["3"],
    );
    gives(
        &bare,
        "numbers.aggregate(set(), lambda a, n: a | {n}, lambda a, b: a | b)",
        &["{0, 1, 2}"],
    );
    gives(&bare, "numbers.aggregate(10, max)", &["10"]);
    gives(
        &bare,
        "numbers.aggregateby(lambda n: n % 2, 0, lambda key, a, n: a + n)",
        &["{'key': '0', 'value': 2}", "{'key': '1', 'value': 1}"],
    );
    gives(
        &bare,
        "numbers.aggregateby(lambda n: n % 2, 0)",
        &["{'key': '0', 'value': 2}", "{'key': '1', 'value': 1}"],
    );
    gives(
        &bare,
        "numbers.groupby(lambda n: 'all', lambda key, a, n: max(a or 0, n))",
        &["{'key': 'all', 'value': 2}"],
    );
    gives(
        &bare,
        "numbers.localgroupby(lambda n: 'all', lambda key, a, n: max(a or 0, n))",
        &["{'key': 'all', 'value': 2}"],
    );
    gives(
        &bare,
        "numbers.batchgroupby(lambda n: 'all', lambda key, all: sum(all))",
        &["{'key': 'all', 'value': 3}"],
    );
    gives(
        &bare,
        "numbers.countby(lambda n: n > 0)",
        &[
            "{'key': 'False', 'value': 1}",
            "{'key': 'True', 'value': 2}",
        ],
    );
    gives(&bare, "numbers.avg(lambda n: n * 2)", &["2.0"]);
    gives(&bare, "numbers.limit(2).count()", &["2"]);
    gives(&bare, "numbers.limit(2, 2).count()", &["1"]);
    gives(
        &bare,
        "names.repartition(lambda name: name).count()",
        &["3"],
    );
    gives(
        &bare,
        "names.foreach(lambda name: cmd.set('seen:{%s}' % name, 1)).count()",
        &["3"],
    );
    gives(&bare, "KeysOnlyReader('seen:*').count()", &["3"]);
    let in_order = |chain: &str| bare.run(&format!("{BEGINNINGS}{chain}.run()"));
    assert_eq!(in_order("numbers.sort()").trim_end(), "0\n1\n2");
    assert_eq!(
        in_order("numbers.sort(reverse=False)").trim_end(),
        "2\n1\n0"
    );
}

#[test]
fn every_callable_can_be_an_operand() {
    let bare = filled();
    gives(&bare, "texts.map(len)", &["3", "3", "3"]);
    gives(&bare, "texts.map(str.upper)", &["A B", "B C", "C D"]);
    gives(&bare, "names.map(cmd.strlen)", &["3", "3", "3"]);
    gives(&bare, "names.foreach(cmd.delete).count()", &["3"]);
    assert_eq!(bare.say(&["EXISTS", "text:0", "text:1", "text:2"]), "0");
    let bare = filled();
    let set_up = "
import functools, operator
class Twice:
    def __call__(self, n):
        return 2 * n
    def method(self, n):
        return -n
async def later(n):
    return n + 100
";
    let gives = |chain: &str, expected: &[&str]| {
        let results = bare.sorted(&format!("{BEGINNINGS}{set_up}{chain}.run()"));
        assert_eq!(results, expected, "{chain}");
    };
    gives("numbers.map(Twice())", &["0", "2", "4"]);
    // A negative number is not an error.
    gives("numbers.map(Twice().method)", &["-1", "-2", "0"]);
    gives("numbers.map(functools.partial(max, 1))", &["1", "1", "2"]);
    gives("numbers.aggregate(0, operator.add)", &["3"]);
    gives("numbers.map(later)", &["100", "101", "102"]);
    gives(
        "numbers.map(functools.partial(later))",
        &["100", "101", "102"],
    );
    let refused = bare.run("KeysReader().map(17).run()");
    assert!(
        refused.contains("TypeError: map takes a callable, not 17"),
        "{refused}"
    );
    let refused = bare.run("KeysReader().aggregate(set()).run()");
    assert!(refused.contains("cannot be guessed"), "{refused}");
}
