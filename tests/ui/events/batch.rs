use redgrease::prelude::*;

#[gear_stream("s", batch = 0)]
fn nothing(record: StreamRecord) {
    python! { pass }
}

#[gear_stream("s", batch = 5_000_000_000)]
fn too_many(record: StreamRecord) {
    python! { pass }
}

fn main() {
    let _ = (nothing::GEAR, too_many::GEAR);
}
