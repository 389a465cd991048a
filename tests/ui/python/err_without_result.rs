use redgrease::prelude::*;

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

fn main() {
    let _ = (bought::call(1), no_result::call(1), listed::call());
}
