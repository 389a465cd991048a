use redgrease::prelude::*;

#[gear_command]
fn own() -> redgrease::Result<i64> {
    python! { return 1 }
}

#[gear_command(mode = "async")]
fn inner() -> PerShard<std::io::Result<Vec<String>>> {
    python! { return ["a"] }
}

#[gear_command]
fn failure() -> Result<String, redgrease::Error> {
    python! { return "a" }
}

#[gear_command]
fn any_failure() -> Result<String, Box<dyn std::error::Error>> {
    python! { return "a" }
}

#[gear_command]
fn twice() -> Result<Result<i64, String>, String> {
    python! { return 1 }
}

fn main() {
    let _ = |con: &mut redgrease::Con| -> redgrease::Result<i64> { own(con) };
    let _ = |con: &mut redgrease::Con| -> redgrease::Result<String> { failure(con) };
}
