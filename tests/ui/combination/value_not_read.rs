use redgrease::prelude::*;
use std::collections::HashMap;

#[gear_keys(read_value = false)]
fn f(record: KeyRecord<HashMap<String, i64>>) {
    python! { log(record.value) }
}

fn main() {
    let _ = f::GEAR;
}
