//! Changes that meet, and shards that were apart.

use super::*;

#[test]
fn of_two_changes_at_once_all_shards_make_the_same_ones() {
    let mut made = [0; 3];
    for seed in 0..300 {
        let mut world = World::new(3, seed);
        let ahead = world.random(3);
        let same_session = seed % 2 == 0;
        let one = world.register(0, "app", "t", 1);
        for _ in 0..ahead {
            world.step();
        }
        let other = if same_session { "app" } else { "other" };
        let two = world.register(1, other, "t", 2);
        world.pass(3);
        let outcomes = [world.outcome(one).unwrap(), world.outcome(two).unwrap()];
        for why in outcomes.iter().filter_map(|one| one.as_ref().err()) {
            assert!(
                why.contains("try again") || why.contains("trigger already registered"),
                "{why}"
            );
        }
        world.pass(4);
        world.assert_equal();
        let successes = outcomes.iter().filter(|one| one.is_ok()).count();
        made[successes] += 1;
        let all = world.shards[0].1.sessions.lock().unwrap().len();
        assert!(all <= 1, "one name, seed {seed}");
        assert_eq!(all == 1, successes > 0, "seed {seed}");
    }
    // One of them waits for the other. Of two sessions with one name, the other one is refused then.
    assert_eq!(made[0], 0, "{made:?}");
    assert!(made[1] > 0 && made[2] > 0, "{made:?}");
}

#[test]
fn a_change_on_an_old_state_waits_until_the_shard_has_caught_up() {
    for seed in 0..60 {
        let behind = seed % 3;
        let mut world = World::new(3, seed as u64);
        world.register(0, "app", "t", 1);
        world.settle();
        for at in (0..3).filter(|at| *at != behind) {
            let (_, server) = &mut world.shards[at];
            let stamp = Stamp {
                counter: 9,
                shard: shard(1),
            };
            put(&server.sessions, session("app", "t", 2));
            server.note(&[(
                "app".to_owned(),
                Mark {
                    stamp,
                    removed: None,
                },
            )]);
        }
        let number = world.register(0, "app", "t", 3);
        world.pass(1);
        assert_eq!(world.outcome(number), Some(Ok(())), "seed {seed}");
        assert_eq!(world.versions("app"), some("3", 3));
        world.assert_equal();
    }
}

#[test]
fn after_a_partition_the_later_change_wins_everywhere() {
    for seed in 0..100usize {
        let mut world = World::new(4, seed as u64);
        let first = world.register(0, "app", "t", 1);
        world.settle();
        assert_eq!(world.outcome(first), Some(Ok(())));
        // Each shard changes its own state, because it does not reach the others.
        for at in 0..4 {
            let (_, server) = &mut world.shards[at];
            for _ in 0..=(seed + at) % 3 {
                let stamp = server.next_stamp();
                let removed = (at == 3).then_some(u64::MAX);
                server.note(&[("app".to_owned(), Mark { stamp, removed })]);
            }
            if at == 3 {
                server.remove("app");
            } else {
                put(&server.sessions, session("app", "t", 10 + at));
            }
        }
        let latest = (0..4).max_by_key(|at| world.shards[*at].1.ledger.stamp("app"));
        let latest = latest.unwrap();
        world.pass(5);
        world.assert_equal();
        let expected = (latest != 3).then(|| (10 + latest).to_string());
        assert_eq!(world.versions("app"), vec![expected; 4], "seed {seed}");
    }
}

#[test]
fn any_order_of_changes_losses_and_restarts_ends_equal() {
    for seed in 0..300 {
        let mut world = World::new(4, seed);
        let mut numbers = Vec::new();
        for version in 1..30 {
            let at = world.random(4);
            match world.random(10) {
                0 => drop(world.cut.insert(at)),
                1 => world.cut.clear(),
                2 => {
                    let seconds = world.random(8) as u64;
                    world.pass(seconds);
                }
                3 if !world.is_growing(at) => world.restart(at),
                4 => {
                    let session = format!("s{}", world.random(2));
                    let exists = world.shards[at].1.stored(&session).is_some();
                    let removal = Op::Remove {
                        session,
                        id: Id::of(1),
                        ends: true,
                        withdraws: false,
                    };
                    if exists {
                        numbers.push(world.propose(at, removal));
                    }
                }
                5 => {
                    let session = format!("s{}", world.random(2));
                    if world.shards[at].1.stored(&session).is_some() {
                        world.grow(at, &session, 100 + version as u64);
                    }
                }
                _ => {
                    let session = format!("s{}", world.random(2));
                    let trigger = format!("of {session}");
                    numbers.push(world.register(at, &session, &trigger, version));
                }
            }
            for _ in 0..world.random(12) {
                world.step();
            }
        }
        world.cut.clear();
        // What waits for a shard that is back ends, and then all are equal within five seconds.
        world.pass(7);
        world.pass(5);
        world.assert_equal();
        // A number of changes is lost with the process that had begun them.
        let open = numbers.iter().filter(|one| world.outcome(**one).is_none());
        assert!(open.count() < numbers.len().max(1), "seed {seed}");
    }
}

#[test]
fn gears_of_all_shards_register_at_once() {
    for seed in 0..100 {
        let mut world = World::new(4, seed);
        world.register(0, "app", "t", 1);
        world.settle();
        for at in 0..4 {
            world.grow(at, "app", 50);
            world.grow(at, "app", 51);
            world.step();
        }
        world.pass(5);
        world.assert_equal();
        let stored = world.shards[0].1.stored("app").unwrap();
        assert_eq!(stored.registrations.len(), 9, "seed {seed}");
    }
}
