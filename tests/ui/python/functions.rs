use redgrease::prelude::*;

#[gear_command]
fn both(key: &str) {
    python! {
        with atomic:
            cmd.incr(key + hashtag("x"))
        log(key, "notice", 3)
    }
}

#[gear_command]
fn next(key: &str) -> String {
    python! { return call_next(key) }
}

#[gear_keys]
fn changed(record: KeyRecord) {
    python! { override_reply(get_command()[0]) }
}

#[gear_keys(commands = ["GET"], mode = "sync")]
fn read(record: KeyRecord) {
    python! { override_reply(get_command()[0]) }
}

fn main() {}
