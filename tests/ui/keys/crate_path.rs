use redgrease::prelude::*;

#[gear_command(crate = std)]
fn of_std(url: &str) -> i64 {
    python! { return len(url) }
}

#[gear_command(crate = "redgrease::prelude")]
fn of_prelude(url: &str) -> i64 {
    python! { return len(url) }
}

#[derive(serde::Serialize, serde::Deserialize, GearValue)]
#[gear_value(crate = core)]
struct Person {
    name: String,
}

fn main() {
    let _ = (of_std::call("a"), of_prelude::call("a"));
}
