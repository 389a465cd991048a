use redgrease::prelude::*;
use redgrease::{Con, Connection};

struct Pool;
struct State<T>(T);

#[gear_command]
fn length(con: &mut Con, url: &str) -> i64 {
    python! { return len(url) }
}

#[gear_command]
fn any(url: &str, con: &mut impl Connection) -> i64 {
    python! { return len(url) }
}

#[gear_command]
fn in_a_service(State(pool): State<Pool>, url: &str) -> i64 {
    python! { return len(url) }
}

#[gear_keys(prefix = "user:*")]
fn changed(con: &mut redis::Connection, record: KeyRecord<String>) {
    python! { log(record.key) }
}

fn main() {
    let _ = State(Pool);
    let _ = |con: &mut Con| length(con, "a");
    let _ = |con: &mut Con| any(con, "a");
    let _ = |con: &mut Con| in_a_service(con, "a");
}
