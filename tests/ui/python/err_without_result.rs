use redgrease::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, GearValue)]
struct Person {
    name: String,
}

type Answer = Result<i64, String>;

#[gear_command]
fn bought(count: i64) -> i64 {
    python! {
        if count < 1:
            raise Err("nothing")
        return Err("sold out")
    }
}

#[gear_command]
fn no_result(count: i64) {
    python! { raise Err(count) }
}

#[gear_command]
fn listed() -> Vec<Option<i64>> {
    python! { yield Err("one") }
}

#[gear_keys(prefix = "user:*")]
fn changed(record: KeyRecord<String>) {
    python! { raise Err(record.key) }
}

/// The compiler knows whether this type is a `Result`.
#[gear_command]
fn person(name: &str) -> Person {
    python! { raise Err(name) }
}

#[gear_command]
fn answer(name: &str) -> Answer {
    python! { raise Err(name) }
}

fn main() {
    let _ = (bought::call(1), no_result::call(1), listed::call());
    let _ = (person::call("a"), answer::call("a"));
}
