use redgrease::prelude::*;

#[gear_keys]
struct Keys;

#[gear_stream("s")]
const STREAM: i64 = 1;

#[gear_every("1s")]
mod every {}

#[gear]
enum Function {}

#[gear_keys]
#[gear_stream("s")]
fn twice(record: KeyRecord) {
    python! { pass }
}

fn main() {
    let _ = (Keys, STREAM, twice::GEAR);
}
