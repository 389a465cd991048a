use redgrease::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct NoDerive;

#[gear_command]
fn value() -> Vec<Result<NoDerive, String>> {
    python! { return [] }
}

#[gear_command]
fn error() -> Result<i64, NoDerive> {
    python! { return 1 }
}

#[gear_command(mode = "async")]
fn per_shard() -> PerShard<Option<NoDerive>> {
    python! { return None }
}

fn main() {
    let _ = NoDerive;
}
