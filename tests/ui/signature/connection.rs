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

#[gear_command]
fn generic<C: redis::ConnectionLike>(con: &mut C, url: &str) -> i64 {
    python! { return len(url) }
}

#[gear_command]
fn in_a_clause<C>(con: &mut C, url: &str) -> i64
where
    C: redis::ConnectionLike,
{
    python! { return len(url) }
}

#[gear_command]
fn optional(con: Option<&mut Con>, url: &str) -> i64 {
    python! { return len(url) }
}

#[gear_command]
fn shared(con: std::sync::Arc<std::sync::Mutex<Con>>, url: &str) -> i64 {
    python! { return len(url) }
}

#[gear_command]
fn several(url: &str, #[rest] con: Vec<Con>) -> i64 {
    python! { return len(url) }
}

fn main() {
    let _ = State(Pool);
    let _ = |con: &mut Con| length(con, "a");
    let _ = |con: &mut Con| any(con, "a");
    let _ = |con: &mut Con| in_a_service(con, "a");
}
