use redgrease::prelude::*;

#[gear_every("1s", per_shard)]
fn without_value() {
    python! { pass }
}

#[gear_every("1s", per_shard = "yes")]
fn no_flag() {
    python! { pass }
}

#[gear_every("1s", per_shards = true)]
fn misspelled() {
    python! { pass }
}

#[gear_stream("s", per_shard = true)]
fn no_timer(record: StreamRecord) {
    python! { pass }
}

fn main() {}
