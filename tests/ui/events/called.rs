use redgrease::prelude::*;

#[gear_keys]
fn handler(record: KeyRecord) {
    python! { pass }
}

fn main() {
    handler();
}
