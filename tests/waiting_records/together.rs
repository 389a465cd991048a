//! The records of a run wait together, and results and folds are as if none had waited.

use crate::common::{empty, eventually, plain_connection, untyped};
use crate::{call, holding, outcome, texts, trigger, until_held};
use redgrease_embedded::Server;
use std::time::{Duration, Instant};

#[test]
fn all_records_of_a_run_wait_at_the_same_time() {
    for mode in ["async", "async_local", "sync"] {
        for (step, expected) in [
            (".map(hold)", "20"),
            (".foreach(hold)", "20"),
            (".flatmap(hold)", "20"),
            // The record 0 is false.
            (".filter(hold)", "19"),
        ] {
            let (server, _con) = empty();
            holding(
                &server,
                &format!(".flatmap(lambda x: list(range(20))){step}.count()"),
                &format!(", mode='{mode}'"),
            );
            let running = call(&server, &["go"]);
            until_held(&server, 20);
            assert_eq!(trigger(&server, &["free_all"]).unwrap(), ["20"]);
            let counted = running.join().unwrap().unwrap();
            assert_eq!(counted, [expected], "{mode} {step}");
        }
    }
}

#[test]
fn coroutines_of_a_run_wait_together() {
    let (server, _con) = empty();
    let began = Instant::now();
    let (results, errors) = outcome(
        &server,
        "
async def late(x):
    await asyncio.sleep(0.5)
    return x
GB('PythonReader').map(late).run(lambda: (yield from range(10)))
",
    );
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(results.len(), 10);
    // One after the other takes five seconds. The machine may be slow.
    let took = began.elapsed();
    assert!(took < Duration::from_millis(4500), "{took:?}");
}

#[test]
fn results_have_the_order_of_the_records() {
    let (server, _con) = empty();
    holding(
        &server,
        ".flatmap(lambda x: list(range(4))).map(hold).flatmap(lambda x: [x + 10, x + 20])",
        "",
    );
    let running = call(&server, &["go"]);
    until_held(&server, 4);
    for name in ["2", "0", "3", "1"] {
        trigger(&server, &["free", name]).unwrap();
    }
    let expected = texts(&["23", "13", "22", "12", "21", "11", "20", "10"]);
    assert_eq!(running.join().unwrap().unwrap(), expected);
}

#[test]
fn a_record_goes_on_before_those_that_still_wait() {
    let (server, _con) = empty();
    holding(
        &server,
        ".flatmap(lambda x: list(range(3))).map(hold).foreach(lambda x: execute('RPUSH', 'passed', str(x)))",
        "",
    );
    let running = call(&server, &["go"]);
    until_held(&server, 3);
    trigger(&server, &["free", "1"]).unwrap();
    eventually("the record has passed", || {
        untyped(&server, &["LRANGE", "passed", "0", "-1"]) == "1"
    });
    trigger(&server, &["free_all"]).unwrap();
    assert_eq!(running.join().unwrap().unwrap(), ["2", "1", "0"]);
}

#[test]
fn folds_take_every_record_that_waited() {
    let (server, _con) = empty();
    for (fold, expected) in [
        (".count()", "[24]"),
        (".accumulate(lambda a, x: (a or 0) + x)", "[276]"),
        (".distinct().count()", "[24]"),
        (".avg()", "[11.5]"),
        (".sort()", "list(range(24))"),
        (
            ".groupby(lambda x: x % 2, lambda k, a, x: (a or 0) + x).map(lambda x: x['value']).sort()",
            "[132, 144]",
        ),
        (
            ".batchgroupby(lambda x: x % 2, lambda k, r: len(r)).map(lambda x: x['value'])",
            "[12, 12]",
        ),
        (
            ".countby(lambda x: x % 2).map(lambda x: x['value'])",
            "[12, 12]",
        ),
        (
            ".repartition(lambda x: x).map(later).aggregate(0, lambda a, x: a + x, lambda a, x: a + x)",
            "[276]",
        ),
        (".accumulate(add)", "[276]"),
        (".groupby(lambda x: x % 3, addto).count()", "[3]"),
    ] {
        let (results, errors) = outcome(
            &server,
            &format!(
                "
import random
async def later(x):
    await asyncio.sleep(random.random() / 50)
    return x
async def add(a, x):
    await asyncio.sleep(0)
    return (a or 0) + x
async def addto(k, a, x):
    await asyncio.sleep(random.random() / 100)
    return (a or 0) + x
GB('PythonReader').map(later){fold}.run(lambda: (yield from range(24)))
"
            ),
        );
        assert!(errors.is_empty(), "{fold}: {errors:?}");
        let shown = format!("[{}]", results.join(", "));
        let expected = if expected == "list(range(24))" {
            format!("{:?}", (0..24).collect::<Vec<_>>())
        } else {
            expected.to_owned()
        };
        assert_eq!(shown, expected, "{fold}");
    }
}

#[test]
fn a_limit_lets_no_more_records_wait_than_it_takes() {
    let (server, _con) = empty();
    let endless = "
import itertools
async def later(x):
    execute('INCR', 'begun')
    await asyncio.sleep(0.02 * x)
    return x
GB('PythonReader').map(later).limit(5, 2).run(lambda: (yield from itertools.count()))
";
    let (results, errors) = outcome(&server, endless);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(results, texts(&["2", "3", "4", "5", "6"]));
    assert_eq!(untyped(&server, &["GET", "begun"]), "7");
}

#[test]
fn no_more_records_wait_than_the_setting_says() {
    let (server, _con) = empty();
    assert_eq!(
        untyped(&server, &["RG.CONFIGGET", "MaxRecordsInFlight"]),
        "1000"
    );
    untyped(&server, &["RG.CONFIGSET", "MaxRecordsInFlight", "3"]);
    let (results, errors) = outcome(
        &server,
        "
waiting, most = [0], [0]
async def later(x):
    waiting[0] += 1
    most[0] = max(most[0], waiting[0])
    await asyncio.sleep(0.002)
    waiting[0] -= 1
    return x
GB('PythonReader').map(later).count().map(lambda n: [n, most[0]]).run(lambda: (yield from range(50)))
",
    );
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(results, ["[50, 3]"]);
    for refused in ["0", "-1", "x"] {
        let answer = untyped(&server, &["RG.CONFIGSET", "MaxRecordsInFlight", refused]);
        assert!(
            answer.contains("rror") || answer.contains("ERR"),
            "{answer}"
        );
    }
}

#[test]
fn the_keys_of_a_run_wait_together() {
    let (server, _con) = empty();
    for number in 0..2500 {
        untyped_many(&server, number);
    }
    untyped(&server, &["RG.CONFIGSET", "ProfileExecutions", "1"]);
    for setting in ["1000", "7"] {
        untyped(&server, &["RG.CONFIGSET", "MaxRecordsInFlight", setting]);
        let (results, errors) = outcome(
            &server,
            "
async def value(r):
    await asyncio.sleep(0.0001)
    return int(r['value'])
GB('KeysReader').map(value).accumulate(lambda a, x: (a or 0) + x).run('k:*')
",
        );
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(results, ["3123750"]);
    }
}

fn untyped_many(server: &Server, number: u32) {
    thread_local! {
        static CON: std::cell::RefCell<Option<redis::Connection>> = const { std::cell::RefCell::new(None) };
    }
    CON.with(|con| {
        let mut con = con.borrow_mut();
        let con = con.get_or_insert_with(|| plain_connection(server));
        redis::cmd("SET")
            .arg(format!("k:{number}"))
            .arg(number)
            .exec(con)
            .unwrap();
    });
}
