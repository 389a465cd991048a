//! One change at a time.

use super::*;

#[test]
fn a_change_is_on_all_shards_before_its_client_is_answered() {
    for seed in 0..50 {
        let mut world = World::new(4, seed);
        let first = world.register(1, "app", "t", 1);
        while world.outcome(first).is_none() {
            assert!(world.step(), "seed {seed}");
        }
        assert_eq!(world.outcome(first), Some(Ok(())));
        assert_eq!(world.versions("app"), some("1", 4), "seed {seed}");
        let second = world.register(2, "app", "t", 2);
        world.settle();
        assert_eq!(world.outcome(second), Some(Ok(())));
        assert_eq!(world.versions("app"), some("2", 4));
        let removal = Op::Remove {
            session: "app".to_owned(),
            id: Id::of(1),
            ends: true,
            withdraws: false,
        };
        let third = world.propose(3, removal);
        world.settle();
        assert_eq!(world.outcome(third), Some(Ok(())));
        assert_eq!(world.versions("app"), vec![None; 4]);
        world.assert_equal();
    }
}

#[test]
fn a_reason_on_one_shard_keeps_all_from_it() {
    let mut world = World::new(3, 1);
    put(&world.shards[2].1.sessions, session("other", "t", 9));
    let number = world.register(0, "app", "t", 1);
    world.settle();
    let why = world.outcome(number).unwrap().unwrap_err();
    assert!(
        why.starts_with("trigger already registered (on the shard 0"),
        "{why}"
    );
    assert_eq!(world.versions("app"), vec![None; 3]);
    assert!(
        world
            .shards
            .iter()
            .all(|(agreement, _)| !agreement.is_busy())
    );
    // The name is free again.
    world.shards[2].1.sessions.lock().unwrap().clear();
    let number = world.register(1, "app", "t", 1);
    world.settle();
    assert_eq!(world.outcome(number), Some(Ok(())));
}

#[test]
fn a_silent_shard_keeps_all_from_it_and_does_not_make_it_later() {
    let mut world = World::new(3, 1);
    world.cut.insert(1);
    let number = world.register(0, "app", "t", 1);
    world.pass(4);
    assert_eq!(world.outcome(number), None);
    world.pass(2);
    let why = world.outcome(number).unwrap().unwrap_err();
    assert!(
        why.contains(&format!("the shard {} does not answer", node(1))),
        "{why}"
    );
    world.cut.clear();
    world.pass(5);
    assert_eq!(world.versions("app"), vec![None; 3]);
    world.assert_equal();
}

#[test]
fn a_shard_that_is_lost_after_it_was_ready_gets_the_change_later() {
    for seed in 0..50 {
        let mut world = World::new(3, seed);
        let number = world.register(0, "app", "t", 1);
        // Both have said that they are ready.
        while world.shards[0].1.sessions.lock().unwrap().is_empty() {
            assert!(world.step());
        }
        world.cut.insert(1);
        world.pass(7);
        assert_eq!(world.outcome(number), Some(Ok(())), "seed {seed}");
        world.cut.clear();
        world.pass(5);
        assert_eq!(world.versions("app"), some("1", 3), "seed {seed}");
        world.assert_equal();
    }
}

#[test]
fn a_shard_that_begins_a_change_and_ends_leaves_nothing_locked() {
    for (seed, steps) in (0..200).map(|seed| (seed, seed % 14)) {
        let mut world = World::new(3, seed);
        world.register(0, "app", "t", 1);
        for _ in 0..steps {
            world.step();
        }
        world.restart(0);
        world.pass(6);
        world.assert_equal();
        let number = world.register(1, "app", "t", 2);
        world.settle();
        assert_eq!(world.outcome(number), Some(Ok(())), "seed {seed}");
        assert_eq!(world.versions("app"), some("2", 3));
    }
}
