use crate::common::with_gears;
use redis::Commands;

// recipe
use redgrease::prelude::*;

/// Keeps the sets `users:in:CITY` up to date, together with each change of a user.
#[gear_keys(prefix = "user:*", key_types = ["hash", "empty"], read_value = false, mode = "sync")]
pub fn index_city(record: KeyRecord) {
    python! {
        # Nothing is left to read of a deleted user: the hash users:city knows the city that is indexed.
        before = cmd.hget("users:city", record.key)
        after = cmd.hget(record.key, "city")
        if before == after:
            return
        if before is not None:
            cmd.srem(b"users:in:" + before, record.key)
            cmd.hdel("users:city", record.key)
        if after is not None:
            cmd.sadd(b"users:in:" + after, record.key)
            cmd.hset("users:city", record.key, after)
    }
}

/// The users in a city.
#[gear_command(mode = "sync")]
pub fn users_in(city: &str) -> Vec<String> {
    python! { return sorted(name.decode() for name in cmd.smembers("users:in:" + city)) }
}

/// Indexes the users that were there before the gear.
#[gear_command]
pub fn index_again() -> i64 {
    python! {
        count = 0
        for key in cmd.scan_iter("user:*", count=1000, _type="hash"):
            city = cmd.hget(key, "city")
            if city is not None and cmd.hset("users:city", key, city):
                count += cmd.sadd(b"users:in:" + city, key)
        return count
    }
}
// end of the recipe

#[test]
fn the_index_follows_changes_and_deletions() {
    let gears = [index_city::GEAR, users_in::GEAR, index_again::GEAR];
    let (_server, mut con) = with_gears(&gears);
    let () = con.hset("user:1", "city", "Paris").unwrap();
    let () = con
        .hset_multiple("user:2", &[("city", "Paris"), ("name", "Bob")])
        .unwrap();
    let () = con.hset("user:3", "name", "Cem").unwrap();
    assert_eq!(users_in(&mut con, "Paris").unwrap(), ["user:1", "user:2"]);
    let () = con.hset("user:1", "city", "Oslo").unwrap();
    let () = con.rename("user:2", "user:4").unwrap();
    assert_eq!(users_in(&mut con, "Paris").unwrap(), ["user:4"]);
    assert_eq!(users_in(&mut con, "Oslo").unwrap(), ["user:1"]);
    let () = con.hdel("user:1", "city").unwrap();
    let () = con.del("user:4").unwrap();
    assert!(users_in(&mut con, "Oslo").unwrap().is_empty());
    assert!(users_in(&mut con, "Paris").unwrap().is_empty());
    assert!(!con.exists::<_, bool>("users:city").unwrap());
    // A key of another type is no user.
    let () = con.set("user:5", "text").unwrap();

    let () = con.hset("user:6", "city", "Lima").unwrap();
    let () = con.del(&["users:city", "users:in:Lima"]).unwrap();
    assert_eq!(index_again(&mut con).unwrap(), 1);
    assert_eq!(index_again(&mut con).unwrap(), 0);
    assert_eq!(users_in(&mut con, "Lima").unwrap(), ["user:6"]);
}
