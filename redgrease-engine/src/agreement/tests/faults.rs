//! Shards that live and do not answer, messages that do not belong to what is under way, and servers that are demoted.

use super::*;

/// A mark of a session that exists.
fn mark(counter: u64, at: usize) -> Mark {
    let shard = shard(at);
    Mark {
        stamp: Stamp { counter, shard },
        removed: None,
    }
}

/// A session that only one shard has.
fn have(world: &mut World, at: usize, id: &str, mark: Mark) {
    let (_, server) = &mut world.shards[at];
    put(&server.sessions, session(id, &format!("of {id}"), 7));
    server.note(&[(id.to_owned(), mark)]);
}

/// A change that all shards have prepared.
fn prepared(count: usize) -> (World, Stamp) {
    let mut world = World::new(count, 1);
    world.register(0, "app", "t", 1);
    for at in 1..count {
        let proposal = world.queues.get_mut(&(0, at)).unwrap().pop_front();
        let said = Said::read(&proposal.unwrap()).unwrap();
        world.handle(at, Event::Said(node(0), said));
        let (purpose, stored) = world.shards[at].1.scripts.remove(0);
        world.handle(at, Event::Ran(purpose, Ok(stored)));
    }
    let stamp = *world.shards[1].0.theirs.keys().next().unwrap();
    (world, stamp)
}

#[test]
fn a_shard_that_lives_and_does_not_answer_ends_the_change() {
    let mut world = World::new(3, 1);
    world.deaf.insert(1);
    let number = world.register(0, "app", "t", 1);
    world.pass(7);
    let why = world.outcome(number).expect("the client is answered");
    let why = why.unwrap_err();
    assert!(why.contains("does not answer"), "{why}");
    assert!(!world.shards[0].0.is_busy() && !world.shards[2].0.is_busy());
}

#[test]
fn a_shard_that_lives_and_does_not_confirm_gets_the_change_later() {
    let (mut world, _) = prepared(3);
    while world.shards[0].1.sessions.lock().unwrap().is_empty() {
        assert!(world.step());
    }
    world.deaf.insert(1);
    world.pass(7);
    assert_eq!(world.outcome(0), Some(Ok(())));
    world.deaf.clear();
    world.pass(5);
    assert_eq!(world.versions("app"), some("1", 3));
    world.assert_equal();
}

#[test]
fn a_script_may_take_longer_than_a_shard_may_be_silent() {
    let mut world = World::new(2, 1);
    let number = world.register(0, "app", "t", 1);
    while world.shards[1].1.scripts.is_empty() {
        assert!(world.step());
    }
    let (purpose, stored) = world.shards[1].1.scripts.remove(0);
    world.pass(60);
    assert_eq!(world.outcome(number), None);
    world.handle(1, Event::Ran(purpose, Ok(stored)));
    world.settle();
    assert_eq!(world.outcome(number), Some(Ok(())));
}

#[test]
fn a_session_that_nobody_tells_does_not_keep_a_shard_from_the_others() {
    let mut world = World::new(2, 1);
    // The other shard has said that it has the session, and has forgotten it.
    let listed = vec![("gone".to_owned(), mark(1, 1))];
    world.handle(0, Event::Said(node(1), Said::List(listed)));
    world.settle();
    assert!(!world.shards[0].0.is_busy(), "it hears that it is gone");
    // The answer is lost.
    let listed = vec![("lost".to_owned(), mark(1, 1))];
    world.handle(0, Event::Said(node(1), Said::List(listed)));
    world.queues.clear();
    have(&mut world, 1, "app", mark(2, 1));
    world.pass(5);
    assert_eq!(world.versions("app"), some("7", 2));
    world.pass(60);
    world.assert_equal();
}

#[test]
fn a_session_whose_script_runs_for_long_does_not_hold_up_the_others() {
    let mut world = World::new(2, 1);
    have(&mut world, 1, "slow", mark(1, 1));
    while world.shards[0].1.scripts.is_empty() {
        world.now += Duration::from_secs(1);
        let digest = {
            let (agreement, server) = &mut world.shards[1];
            agreement.own_digest(server)
        };
        world.handle(0, Event::Hello(node(1), digest));
        while world.shards[0].1.scripts.is_empty() && world.step() {}
    }
    world.shards[0].1.scripts.clear();
    have(&mut world, 1, "app", mark(2, 1));
    world.pass(5);
    assert_eq!(world.versions("app"), some("7", 2));
}

#[test]
fn a_decision_is_taken_from_the_shard_that_began_the_change() {
    for said in [Said::Commit, Said::Abort] {
        let (mut world, stamp) = prepared(3);
        world.handle(1, Event::Said(node(2), said(stamp)));
        assert_eq!(world.versions("app")[1], None);
        world.settle();
        assert_eq!(world.versions("app"), some("1", 3));
    }
}

#[test]
fn a_refusal_is_taken_from_the_shards_that_were_asked() {
    let (mut world, stamp) = prepared(3);
    let why = Refusal::lasting("no".to_owned());
    world.handle(0, Event::Said(node(0), Said::Refused(stamp, why)));
    world.settle();
    assert_eq!(world.outcome(0), Some(Ok(())));
}

#[test]
fn a_server_that_is_demoted_makes_no_change_of_others() {
    let (mut world, _) = prepared(3);
    world.shards[1].1.is_master = false;
    world.settle();
    assert_eq!(world.outcome(0), Some(Ok(())));
    assert_eq!(world.versions("app")[1], None, "its master tells it");
    assert!(world.shards[1].0.theirs.is_empty());
}

#[test]
fn a_session_under_the_name_of_another_is_damaged() {
    let stored = Box::new(session("app", "t", 1));
    let bytes = Said::State("other".to_owned(), mark(1, 1), Some(stored)).write();
    assert_eq!(Said::read(&bytes), Err(Damaged::Wrong));
}

/// A message of another version of the engine.
fn newer(said: &Said) -> Vec<u8> {
    let mut bytes = said.write();
    bytes[0] += 1;
    bytes.push(0);
    bytes
}

#[test]
fn a_shard_of_another_version_refuses_changes_and_its_answers_count_as_refusals() {
    let mut world = World::new(2, 1);
    let number = world.register(0, "app", "t", 1);
    let proposal = world.queues.get_mut(&(0, 1)).unwrap().pop_front();
    let proposal = newer(&Said::read(&proposal.unwrap()).unwrap());
    assert!(Said::read(&proposal).is_err());
    let unread = Unread::of(&proposal).unwrap();
    let Unread::Proposal(stamp) = unread else {
        panic!("{unread:?}");
    };
    world.handle(1, Event::Unread(node(0), unread));
    world.settle();
    let why = world.outcome(number).unwrap().unwrap_err();
    assert!(why.contains("use the same version"), "{why}");
    let refused = newer(&Said::Refused(stamp, Refusal::passing("no".to_owned())));
    assert_eq!(Unread::of(&refused), Some(Unread::Answer(stamp)));
    // The other shard answers in words that this one cannot read.
    let number = world.register(0, "app", "t", 1);
    let stamp = *world.shards[0].0.open.keys().next().unwrap();
    world.handle(0, Event::Unread(node(1), Unread::Answer(stamp)));
    let why = world.outcome(number).unwrap().unwrap_err();
    assert!(why.contains("use the same version"), "{why}");
    assert_eq!(Unread::of(&Said::Ask.write()), None);
}

#[test]
fn a_change_that_is_too_long_is_refused() {
    let mut world = World::new(2, 1);
    let number = world.register(0, "app", "t", 1);
    world.queues.clear();
    let stamp = *world.shards[0].0.open.keys().next().unwrap();
    world.handle(0, Event::TooLong(stamp));
    let why = world.outcome(number).unwrap().unwrap_err();
    assert!(why.contains("use a shorter script"), "{why}");
    assert!(!world.shards[0].0.is_busy());
}

#[test]
fn a_server_that_stood_still_itself_hears_the_others_first() {
    let mut world = World::new(2, 1);
    let number = world.register(0, "app", "t", 1);
    world.pass(1);
    let number = match world.outcome(number) {
        Some(_) => world.register(0, "app", "t", 2),
        None => number,
    };
    world.now += Duration::from_secs(20);
    world.shards[0].1.heard.insert(node(1), world.now);
    let (agreement, server) = &mut world.shards[0];
    agreement.look(server, world.now);
    world.settle();
    assert_eq!(world.outcome(number), Some(Ok(())));
}

#[test]
fn a_digest_is_not_computed_for_each_event() {
    let mut world = World::new(2, 1);
    let now = world.now;
    let (agreement, server) = &mut world.shards[0];
    let turns = (0..100).map(|_| agreement.turn(None, server, now).is_some());
    assert_eq!(turns.filter(|has_digest| *has_digest).count(), 1);
    assert_eq!(server.digests, 1);
}

/// Removes a registration of a session, which stays.
fn removal(session: &str, id: Id, ends: bool) -> Op {
    Op::Remove {
        session: session.to_owned(),
        id,
        ends,
        withdraws: false,
    }
}

#[test]
fn what_a_gear_registers_during_a_partition_stays() {
    for seed in 0..50 {
        let mut world = World::new(3, seed);
        world.register(1, "app", "t", 1);
        world.settle();
        world.grow(1, "app", 50);
        world.settle();
        let [old, new] = [Id::of_shard(shard(1), 50), Id::of_shard(shard(0), 60)];
        world.cut.insert(0);
        // The others go on as if the shard had failed.
        for at in [1, 2] {
            let (_, server) = &mut world.shards[at];
            apply(&server.sessions, vec![removal("app", old, false)]);
            server.note(&[("app".to_owned(), mark(9, 1))]);
        }
        world.grow(0, "app", 60);
        world.cut.clear();
        world.pass(5);
        world.assert_equal();
        let stored = world.shards[2].1.stored("app").unwrap();
        assert!(stored.registrations.contains(&new), "seed {seed}");
        assert!(!stored.registrations.contains(&old), "seed {seed}");
    }
}

#[test]
fn a_session_that_has_grown_since_is_not_marked_as_removed() {
    let first = Id::of_shard(shard(1), 1);
    let grown = |world: &mut World| {
        world.register(1, "app", "t", 1);
        world.settle();
        world.grow(1, "app", 50);
        world.settle();
    };
    // A client's removal has waited for its turn.
    let mut world = World::new(3, 1);
    grown(&mut world);
    let number = world.propose(0, removal("app", first, true));
    world.pass(3);
    assert_eq!(world.outcome(number), Some(Ok(())));
    for (_, server) in &world.shards {
        assert_eq!(server.mark("app").unwrap().removed, None);
    }
    // One that is made here already is told later.
    let mut world = World::new(3, 1);
    grown(&mut world);
    let sessions = Arc::clone(&world.shards[0].1.sessions);
    apply(&sessions, vec![removal("app", first, false)]);
    let own = Own::Removed(removal("app", first, true));
    world.shards[0]
        .1
        .sessions
        .lock()
        .unwrap()
        .get_mut("app")
        .unwrap()
        .registrations
        .push(Id::of(9));
    world.handle(0, Event::Made(own));
    world.settle();
    for (_, server) in &world.shards {
        assert_eq!(server.mark("app").unwrap().removed, None);
    }
}

#[test]
fn a_session_that_grows_while_its_end_is_agreed_does_not_end() {
    for seed in 0..50 {
        let mut world = World::new(3, seed);
        world.register(0, "app", "t", 1);
        world.settle();
        let first = Id::of_shard(shard(1), 1);
        let number = world.propose(0, removal("app", first, true));
        world.grow(0, "app", 50);
        world.pass(5);
        assert_eq!(world.outcome(number), Some(Ok(())), "seed {seed}");
        world.assert_equal();
        let stored = world.shards[2].1.stored("app").unwrap();
        assert_eq!(stored.registrations, [Id::of_shard(shard(0), 50)]);
    }
}
