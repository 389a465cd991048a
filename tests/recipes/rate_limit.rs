use crate::common::with_gears;

// recipe
use redgrease::prelude::*;

/// A fixed window: at most `limit` calls in `seconds`.
#[gear_command(mode = "sync")]
pub fn allow(who: &str, limit: i64, seconds: i64) -> bool {
    python! {
        key = "calls:" + who
        count = cmd.incr(key)
        if count == 1:
            cmd.expire(key, seconds)
        return count <= limit
    }
}

/// A sliding window: the last `seconds` count, at any time.
#[gear_command(mode = "sync")]
pub fn allow_sliding(who: &str, limit: i64, seconds: i64) -> bool {
    python! {
        key = "recent:" + who
        whole, micros = cmd.time()
        now = whole * 1000000 + micros
        cmd.zremrangebyscore(key, "-inf", now - seconds * 1000000)
        if cmd.zcard(key) >= limit:
            return False
        # Two calls may have the same time, so the member needs a number.
        cmd.zadd(key, {f "{now}-{cmd.zcard(key)}": now})
        cmd.expire(key, seconds)
        return True
    }
}

/// A token bucket: `size` calls at once, and `per_second` on average. Returns the seconds to wait: 0.0 means go.
#[gear_command(mode = "sync")]
pub fn take_token(who: &str, size: f64, per_second: f64) -> f64 {
    python! {
        key = "bucket:" + who
        whole, micros = cmd.time()
        now = whole + micros / 1e6
        tokens, at = cmd.hmget(key, "tokens", "at")
        tokens = size if tokens is None else min(size, float(tokens) + (now - float(at)) * per_second)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / per_second
        if wait == 0.0:
            tokens -= 1
        cmd.hset(key, mapping={"tokens": tokens, "at": now})
        # A full bucket needs no key.
        cmd.pexpire(key, int(size / per_second * 1000) + 1)
        return wait
    }
}
// end of the recipe

#[test]
fn calls_over_the_limit_are_refused() {
    let gears = [allow::GEAR, allow_sliding::GEAR, take_token::GEAR];
    let (server, mut con) = with_gears(&gears);
    let answers: Vec<bool> = (0..5)
        .map(|_| allow(&mut con, "ada", 3, 1000).unwrap())
        .collect();
    assert_eq!(answers, [true, true, true, false, false]);
    assert!(allow(&mut con, "bob", 3, 1000).unwrap());

    let mut slide = || allow_sliding(&mut con, "ada", 2, 1000).unwrap();
    assert_eq!([slide(), slide(), slide()], [true, true, false]);
    // The calls of a longer time ago do not count.
    crate::common::untyped(&server, &["ZADD", "recent:ada", "XX", "5", "nobody"]);
    let first = crate::common::untyped(&server, &["ZRANGE", "recent:ada", "0", "0"]);
    crate::common::untyped(&server, &["ZADD", "recent:ada", "5", &first]);
    assert_eq!([slide(), slide()], [true, false]);

    let mut take = || take_token(&mut con, "ada", 2.0, 0.001).unwrap();
    assert!(take() == 0.0 && take() == 0.0);
    let wait = take();
    assert!(wait > 1.0 && wait <= 1000.0, "{wait}");
    let full = take_token(&mut con, "fast", 1.0, 1e9).unwrap();
    assert!(full == 0.0 && take_token(&mut con, "fast", 1.0, 1e9).unwrap() == 0.0);
}
