use redgrease::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, GearValue)]
struct Person {
    name: String,
}

type Answer = Result<i64, String>;

/// The macro does not see whether these types are a `Result`.
#[gear_command]
fn person(name: &str) -> Person {
    python! { raise Err(name) }
}

#[gear_command]
fn answer(name: &str) -> Answer {
    python! { raise Err(name) }
}

fn main() {
    let _ = (person::call("a"), answer::call("a"));
}
