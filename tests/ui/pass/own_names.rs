//! Types of the user with the names of types of the crates: as arguments, as results, and beside gears.
#![allow(dead_code)]
use redgrease::{GearValue, KeyRecord, gear_command, gear_keys, gear_stream, python_module};
use redgrease::{Call, StreamRecord};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize, GearValue)]
struct Connection {
    from: String,
    to: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, GearValue)]
struct Pool(i64);

#[derive(Debug, PartialEq, Serialize, Deserialize, GearValue)]
enum State {
    Open,
    Closed(String),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, GearValue)]
struct Error {
    code: i64,
}

/// Of the application: its error is always the same.
type Result<T> = std::result::Result<T, Error>;

// Names that expansions could use.
struct Gear;
struct Option;
struct Some;
struct None;
struct Ok;
struct Err;
struct Vec;
trait Sized {}
trait Send {}
trait Into {}
trait From {}
trait GearArg {}
trait GearReply {}
mod core {}
mod std {
    pub(super) use ::std::{result, string};
}
type String = std::string::String;

#[gear_command]
fn connect(connection: Connection, pool: &Pool) -> Connection {
    python! { return connection }
}

#[gear_command]
fn pooled(pool: Pool) -> State {
    python! { return "Open" }
}

#[gear_command]
fn fails(state: State) -> std::result::Result<i64, Error> {
    python! { raise Err({"code": 1}) }
}

#[gear_command]
fn the_error(error: &Error) -> Error {
    python! { return error }
}

#[gear_keys(prefix = "a:*")]
fn changed(record: KeyRecord) {
    python! { log(record.key) }
}

#[gear_stream("events")]
fn message(record: StreamRecord) {
    python! { log(record.id) }
}

python_module! {
    shared {
        def twice(x):
            return 2 * x
    }
}

#[gear_command(module = shared)]
fn doubled(x: i64) -> i64 {
    python! { return twice(x) }
}

fn main() {
    let connection = Connection { from: "a".into(), to: "b".into() };
    let _: Call<Connection> = connect::call(connection, &Pool(1));
    let _: Call<State> = pooled::call(Pool(1));
    let _: Call<::core::result::Result<i64, Error>> = fails::call(State::Closed("x".into()));
    let _: Call<Error> = the_error::call(&Error { code: 1 });
    let _: Call<i64> = doubled::call(1);
    let _ = |con: &mut redgrease::Con| fails(con, State::Open);
    let _: Result<i64> = Result::Ok(1);
}
