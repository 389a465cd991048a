use redgrease::prelude::*;

#[gear_command]
fn store(key: &str) {
    python! {
        cmd.hset(key, {"a": 1})
        cmd.hset(key, "field")
        cmd.zadd(key, "member", 1)
        cmd.zadd(key, 1, "member")
        cmd.xadd("stream", "*", {"field": key})
        cmd.set(key, {"a": 1})
        cmd.set(key, None)
        cmd.set(key, True)
        cmd.rpush(key, [1, 2])
        cmd.incrby(key, by=3)
    }
}

fn main() {}
