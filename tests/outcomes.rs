//! `Result<T, E>` as the result of gears on a server.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::{anywhere_with, shards, started_anywhere};
use common::untyped;
use redgrease::pipe;
use redgrease::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize, GearValue)]
enum Refusal {
    SoldOut,
    OnlyLeft(u32),
}

#[gear_command(mode = "sync")]
fn buy(item: &str, count: u32) -> Result<u32, Refusal> {
    python! {
        with atomic():
            left = int(execute("GET", "stock:{" + item + "}") or 0)
            execute("INCR", "asked:{" + item + "}")
            if left == 0:
                raise Err("SoldOut")
            if left < count:
                return Err({"OnlyLeft": left})
            return execute("DECRBY", "stock:{" + item + "}", count)
    }
}

#[gear_command(mode = "async_local", inorder = true)]
fn parsed(text: &str) -> Result<Option<i64>, String> {
    python! {
        if not text:
            return None
        try:
            return int(text)
        except ValueError as error:
            raise Err("no number: " + text) from error
    }
}

#[gear_command(mode = "async")]
fn everywhere(fails: bool) -> PerShard<Result<i64, ()>> {
    python! {
        if fails:
            raise Err()
        return 1
    }
}

#[gear_command]
fn later(fails: bool) -> Result<(), Vec<u8>> {
    python! {
        import asyncio
        await asyncio.sleep(0)
        if fails:
            raise Err(bytes([255]))
    }
}

#[gear_command(mode = "sync")]
fn each(numbers: Vec<i64>) -> Vec<Result<i64, String>> {
    python! {
        for number in numbers:
            yield number * 2 if number > 0 else Err("not positive")
    }
}

#[gear_command]
fn listed(limit: i64) -> Result<Vec<i64>, i64> {
    python! {
        for number in range(10):
            if number == limit:
                raise Err(number)
            yield number
    }
}

/// Python computes these results only while they are converted.
#[gear_command(mode = "sync")]
fn lazy(kind: &str) -> Result<Vec<i64>, String> {
    python! {
        def boom(number):
            raise Err(kind)

        def generator():
            yield 1
            raise Err(kind)

        if kind == "generator":
            return generator()
        if kind == "map":
            return map(boom, [1])
        return (boom(number) for number in range(3))
    }
}

#[gear_command]
fn lazy_later(kind: &str) -> Result<Vec<i64>, String> {
    python! {
        import asyncio
        await asyncio.sleep(0)

        async def generator():
            yield 1
            raise Err(kind)

        if kind == "async generator":
            return [number async for number in generator()]
        return (divmod(1, number)[0] for number in range(3))
    }
}

#[gear_command(mode = "sync")]
fn keyed(by: std::collections::BTreeMap<std::time::Duration, i64>) -> i64 {
    python! { return len(by) }
}

#[gear_command(mode = "sync")]
fn broken() -> Result<i64, String> {
    python! { return divmod(1, 0)[0] }
}

python_module! {
    guards {
        def positive(number):
            if number <= 0:
                raise Err("not positive")
            return number
    }
}

#[gear_command(module = guards)]
fn root(number: i64) -> Result<f64, String> {
    python! { return positive(number) ** 0.5 }
}

/// Without a `Result`, an `Err` of a shared function is an exception.
#[gear_command(module = guards)]
fn plain(number: i64) -> i64 {
    python! { return positive(number) }
}

#[cfg(feature = "aio")]
#[gear_command]
async fn halved(number: i64) -> Result<i64, String> {
    python! {
        if number % 2:
            raise Err("odd")
        return divmod(number, 2)[0]
    }
}

#[gear_command(hook = "INCRBYFLOAT", mode = "sync")]
fn money(key: &str, amount: f64) -> Result<Option<String>, String> {
    python! {
        if amount == 0:
            return None
        if amount < 0:
            raise Err("NEGATIVE the amount is\nbelow zero")
        return call_next(key, amount)
    }
}

#[gear_command(hook = "DECR", mode = "async_local")]
fn decreased(key: &str) -> Result<i64, Refusal> {
    python! {
        import asyncio
        await asyncio.sleep(0)
        if int(execute("GET", key) or 0) == 0:
            raise Err("SoldOut")
        return execute("DECRBY", key, 1)
    }
}

/// Buys where the item is.
fn buys(con: &mut redgrease::Con, item: &str, count: u32) -> Result<u32, Refusal> {
    buy::call(item, count).on_key(item).on(con).unwrap()
}

#[test]
fn values_and_refusals_in_every_mode() {
    let (server, mut con) = started_anywhere();
    let con = &mut con;
    untyped(&server, &["SET", "stock:{lamp}", "3"]);
    assert_eq!(buys(con, "lamp", 2), Ok(1));
    assert_eq!(buys(con, "lamp", 2), Err(Refusal::OnlyLeft(1)));
    assert_eq!(buys(con, "lamp", 1), Ok(0));
    assert_eq!(buys(con, "lamp", 1), Err(Refusal::SoldOut));
    // The server undoes nothing.
    assert_eq!(untyped(&server, &["GET", "asked:{lamp}"]), "4");

    assert_eq!(parsed(con, "").unwrap(), Ok(None));
    assert_eq!(parsed(con, "7").unwrap(), Ok(Some(7)));
    assert_eq!(parsed(con, "x").unwrap(), Err("no number: x".to_owned()));
    assert_eq!(everywhere(con, false).unwrap().0, vec![Ok(1); shards()]);
    assert_eq!(everywhere(con, true).unwrap().0, vec![Err(()); shards()]);
    assert_eq!(later(con, false).unwrap(), Ok(()));
    assert_eq!(later(con, true).unwrap(), Err(vec![255]));
    assert_eq!(
        each(con, vec![1, 0]).unwrap(),
        [Ok(2), Err("not positive".to_owned())]
    );
    assert_eq!(listed(con, 2).unwrap(), Err(2));
    assert_eq!(listed(con, 99).unwrap().unwrap().len(), 10);
    assert_eq!(root(con, 4).unwrap(), Ok(2.0));
    assert_eq!(root(con, 0).unwrap(), Err("not positive".to_owned()));
}

#[test]
fn a_refusal_of_a_lazy_result() {
    let (_server, mut con) = started_anywhere();
    let con = &mut con;
    for kind in ["generator", "map", "expression"] {
        assert_eq!(lazy(con, kind).unwrap(), Err(kind.to_owned()));
    }
    let stats = lazy::GEAR.stats(con).unwrap().unwrap();
    assert_eq!((stats.triggered, stats.failed), (3, 0));
    assert_eq!(
        lazy_later(con, "async generator").unwrap(),
        Err("async generator".to_owned())
    );
    // Another exception of a lazy result is a failure, with its place in the generator.
    let error = lazy_later(con, "failure").unwrap_err();
    let error = error.as_gear().unwrap();
    assert!(!error.message.contains("is not a list"), "{error}");
    assert_eq!(error.exception, "ZeroDivisionError");
    assert!(error.frames.iter().any(|frame| frame.own), "{error}");
}

#[test]
fn keys_that_become_equal_are_refused() {
    let (_server, mut con) = started_anywhere();
    let nanos = std::time::Duration::from_nanos;
    assert_eq!(
        keyed(&mut con, [(nanos(1_000), 1), (nanos(2_000), 2)].into()).unwrap(),
        2
    );
    let error = keyed(&mut con, [(nanos(1), 1), (nanos(2), 2)].into()).unwrap_err();
    let message = &error.as_gear().unwrap().message;
    assert!(
        message.starts_with("argument `by`: two keys are equal in Python"),
        "{message}"
    );
}

#[cfg(feature = "aio")]
#[tokio::test]
async fn values_and_refusals_of_an_async_function() {
    let (server, _con) = started_anywhere();
    let mut con = redgrease::connect_async(server.url()).await.unwrap();
    assert_eq!(halved(&mut con, 4).await.unwrap(), Ok(2));
    assert_eq!(halved(&mut con, 5).await.unwrap(), Err("odd".to_owned()));
}

#[test]
fn a_refusal_is_no_failure_and_a_failure_no_refusal() {
    let (_server, mut con) = started_anywhere();
    let con = &mut con;
    assert_eq!(buys(con, "chair", 1), Err(Refusal::SoldOut));
    let stats = buy::GEAR.stats(con).unwrap().unwrap();
    assert_eq!((stats.triggered, stats.failed), (1, 0));

    let error = broken(con).unwrap_err();
    assert_eq!(error.as_gear().unwrap().exception, "ZeroDivisionError");
    let error = plain(con, -1).unwrap_err();
    let error = error.as_gear().unwrap();
    assert_eq!(error.exception, "redgrease.Err");
    assert!(error.message.contains("write `-> Result<T, E>`"), "{error}");
}

#[test]
fn other_clients_receive_a_list() {
    let (server, _con) = started_anywhere();
    untyped(&server, &["SET", "stock:{lamp}", "3"]);
    let trigger = |words: &[&str]| untyped(&server, &[&["RG.TRIGGER"], words].concat());
    let on_key = |words: &[&str]| untyped(&server, &[&["RG.TRIGGERONKEY"], words].concat());
    assert_eq!(on_key(&["buy", "lamp", "1"]), "Ok\n2");
    assert_eq!(on_key(&["buy", "lamp", "9"]), "Err\n{\"OnlyLeft\":2}");
    assert_eq!(trigger(&["parsed", "x"]), "Err\nno number: x");
    assert_eq!(
        trigger(&["each", "[1,0]"]),
        r#"[{"Ok":2},{"Err":"not positive"}]"#
    );
}

#[test]
fn several_calls_in_one_round_trip() {
    let (_server, mut con) = started_anywhere();
    let (first, second) = pipe((parsed::call("x"), buy::call("desk", 1).on_key("desk")))
        .on(&mut con)
        .unwrap();
    assert_eq!(first.unwrap(), Err("no number: x".to_owned()));
    assert_eq!(second.unwrap(), Err(Refusal::SoldOut));
}

#[test]
fn a_chain_returns_results() {
    let (_server, mut con) = started_anywhere();
    let mut run = |number: i64| {
        ShardsIDReader::new()
            .map_to::<Result<i64, String>>(python!(lambda _: 'number if 'number else Err("zero")))
            .run()
            .on(&mut con)
            .unwrap()
            .into_values()
            .unwrap()
    };
    assert_eq!(run(1), vec![Ok(1); shards()]);
    assert_eq!(run(0), vec![Err("zero".to_owned()); shards()]);
}

/// Clients of a hooked command receive the value itself, or an error.
#[test]
fn a_hook_replies_with_the_value_or_an_error() {
    let (server, _con) = anywhere_with(gears![money, decreased]);
    assert_eq!(untyped(&server, &["INCRBYFLOAT", "m", "1.5"]), "1.5");
    assert_eq!(untyped(&server, &["INCRBYFLOAT", "m", "0"]), "nil");
    assert_eq!(
        untyped(&server, &["INCRBYFLOAT", "m", "-1"]),
        "NEGATIVE the amount is below zero"
    );
    untyped(&server, &["SET", "d", "1"]);
    assert_eq!(untyped(&server, &["DECR", "d"]), "0");
    assert_eq!(untyped(&server, &["DECR", "d"]).trim(), "SoldOut");
}
