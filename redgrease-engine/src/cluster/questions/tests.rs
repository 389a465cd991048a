//! Questions between servers of a network that loses, doubles and delays frames.

use super::{Kind, Limit, NoAnswer, Outcomes, Question, Questions};
use crate::cluster::hub::Hub;
use crate::cluster::tests::{World, id};
use crate::cluster::topology::NodeId;
use crate::cluster::transport::network::Faults;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ECHO: Kind = Kind(200);
const LATER: Kind = Kind(201);
const NEVER: Kind = Kind(202);
const DROPS: Kind = Kind(203);
const REFUSES: Kind = Kind(204);
const SECOND: Duration = Duration::from_secs(1);

/// A server with its questions.
struct Server {
    questions: Arc<Questions>,
    /// Questions that were not answered yet.
    kept: Arc<Mutex<Vec<Question>>>,
}

impl Server {
    fn new(hub: &'static Hub) -> Server {
        let questions = Arc::new(Questions::new(hub, |job| job()));
        questions.listen();
        let kept = Arc::new(Mutex::new(Vec::new()));
        questions.on(ECHO, |question| {
            let content = [b"echo ", question.content()].concat();
            question.answer(&content);
        });
        for kind in [LATER, NEVER] {
            let kept = Arc::clone(&kept);
            questions.on(kind, move |question| kept.lock().unwrap().push(question));
        }
        questions.on(DROPS, drop);
        questions.on(REFUSES, |question| {
            question.refuse("it is night: ask by day");
        });
        Server { questions, kept }
    }

    /// Asks, and returns the place for the outcomes.
    fn ask(&self, to: &[NodeId], kind: Kind, content: &[u8], limit: Limit) -> Place {
        let place = Place::default();
        let own = Arc::clone(&place);
        let then = move |outcomes| own.lock().unwrap().push(outcomes);
        self.questions.ask(to, kind, content, limit, then);
        place
    }

    fn answer_kept(&self) {
        for question in self.kept.lock().unwrap().drain(..) {
            let content = question.content().to_vec();
            question.answer(&content);
        }
    }
}

/// What `then` was called with: one element for each call.
type Place = Arc<Mutex<Vec<Outcomes>>>;

fn only(place: &Place) -> Outcomes {
    let calls = place.lock().unwrap();
    assert_eq!(calls.len(), 1, "{calls:?}");
    calls[0].clone()
}

fn is_open(place: &Place) -> bool {
    place.lock().unwrap().is_empty()
}

fn world(count: usize) -> (World, Vec<Server>) {
    let world = World::new(count);
    let servers = world.hubs.iter().map(|hub| Server::new(hub)).collect();
    (world, servers)
}

const LONG: Limit = Limit::Within(Duration::from_hours(1));

#[test]
fn each_server_gives_its_answer() {
    let (mut world, servers) = world(4);
    let to = [id(3), id(1), id(3)];
    let place = servers[0].ask(&to, ECHO, b"who", LONG);
    assert!(is_open(&place));
    world.run(SECOND);
    let answer = || Ok(b"echo who".to_vec());
    assert_eq!(only(&place), [(id(3), answer()), (id(1), answer())]);
    let none = servers[0].ask(&[], ECHO, b"who", LONG);
    assert_eq!(only(&none), []);
}

#[test]
fn an_answer_may_come_later() {
    let (mut world, servers) = world(3);
    let place = servers[0].ask(&[id(1), id(2)], LATER, b"x", LONG);
    world.run(SECOND);
    servers[1].answer_kept();
    world.run(SECOND);
    assert!(is_open(&place), "one of two");
    servers[2].answer_kept();
    world.run(SECOND);
    let answer = || Ok(b"x".to_vec());
    assert_eq!(only(&place), [(id(1), answer()), (id(2), answer())]);
}

#[test]
fn long_questions_and_answers_arrive() {
    let (mut world, servers) = world(2);
    let long: Vec<u8> = (0..9 << 20).map(|at: u32| at.to_le_bytes()[1]).collect();
    let place = servers[0].ask(&[id(1)], ECHO, &long, LONG);
    world.run(SECOND);
    let answer = [b"echo ", long.as_slice()].concat();
    assert!(only(&place) == [(id(1), Ok(answer))]);
}

#[test]
fn a_refusal_says_why() {
    let (mut world, servers) = world(2);
    for (kind, reason) in [
        (REFUSES, "it is night"),
        (DROPS, "dropped without an answer"),
        (Kind(250), "does not know questions of the kind 250"),
    ] {
        let place = servers[0].ask(&[id(1)], kind, b"", LONG);
        world.run(SECOND);
        let outcomes = only(&place);
        let Err(NoAnswer::Refused(text)) = &outcomes[0].1 else {
            panic!("{outcomes:?}");
        };
        assert!(text.contains(reason), "{text}");
    }
}

#[test]
fn servers_that_are_not_there_are_left_out_at_once() {
    let (_, servers) = world(2);
    let place = servers[0].ask(&[id(0), id(9)], ECHO, b"", LONG);
    let left = || Err(NoAnswer::Left);
    assert_eq!(only(&place), [(id(0), left()), (id(9), left())]);
}

#[test]
fn a_late_answer_does_not_count() {
    let (mut world, servers) = world(3);
    let limit = Limit::Within(2 * SECOND);
    let place = servers[0].ask(&[id(1), id(2)], LATER, b"x", limit);
    world.run(SECOND);
    servers[1].answer_kept();
    world.run(SECOND / 2);
    let end = servers[0]
        .questions
        .expire(world.now, Duration::ZERO)
        .expect("an end");
    assert!(is_open(&place) && end > world.now);
    assert_eq!(servers[0].questions.expire(end, Duration::ZERO), None);
    let expected = [(id(1), Ok(b"x".to_vec())), (id(2), Err(NoAnswer::Late))];
    assert_eq!(only(&place), expected);
    servers[2].answer_kept();
    world.run(SECOND);
    assert_eq!(only(&place), expected);
}

#[test]
fn a_server_that_lives_may_take_its_time() {
    let (mut world, servers) = world(3);
    let limit = Limit::Silence(5 * SECOND);
    let place = servers[0].ask(&[id(1)], NEVER, b"", limit);
    for _ in 0..10 {
        world.run(3 * SECOND);
        // Any message is a sign of life.
        servers[1].ask(&[id(0)], ECHO, b"", LONG);
        world.run(SECOND);
        servers[0].questions.expire(world.now, Duration::ZERO);
        assert!(is_open(&place));
    }
    world.dead = Some(1);
    world.run(6 * SECOND);
    // What the other one has sent may wait while the asking one is held up.
    let next = servers[0].questions.expire(world.now, 5 * SECOND);
    assert!(is_open(&place) && next.is_some_and(|next| next > world.now));
    servers[0].questions.expire(world.now, Duration::ZERO);
    assert_eq!(only(&place), [(id(1), Err(NoAnswer::Late))]);
}

#[test]
fn servers_that_are_lost_do_not_answer() {
    let (mut world, mut servers) = world(3);
    let place = servers[0].ask(&[id(1), id(2)], NEVER, b"", LONG);
    world.run(SECOND);
    let again = world.restart(1);
    servers[1] = Server::new(again);
    servers[1].ask(&[id(0)], ECHO, b"", LONG);
    world.run(SECOND);
    assert!(is_open(&place));
    world.hubs[0].set_peers(&[id(1)]);
    let expected = [
        (id(1), Err(NoAnswer::Restarted)),
        (id(2), Err(NoAnswer::Left)),
    ];
    assert_eq!(only(&place), expected);
}

/// The answer to a question of a process that has ended is not taken for one to the process that came after it.
#[test]
fn an_answer_for_an_ended_process_is_ignored() {
    let (mut world, mut servers) = world(2);
    let old = servers[0].ask(&[id(1)], LATER, b"old", LONG);
    world.run(SECOND);
    let again = world.restart(0);
    servers[0] = Server::new(again);
    let new = servers[0].ask(&[id(1)], NEVER, b"new", LONG);
    world.run(SECOND);
    let question = servers[1].kept.lock().unwrap().remove(0);
    question.answer(b"old");
    world.run(SECOND);
    assert!(is_open(&old) && is_open(&new));
    servers[1].answer_kept();
    world.run(SECOND);
    assert_eq!(only(&new), [(id(1), Ok(b"new".to_vec()))]);
}

/// An answer of a server that was not asked does not count, and neither does a second one.
#[test]
fn the_first_outcome_of_a_server_that_was_asked_counts() {
    let (mut world, servers) = world(3);
    let place = servers[0].ask(&[id(1)], LATER, b"x", LONG);
    world.run(SECOND);
    let kept = servers[1].kept.lock().unwrap().remove(0);
    let copy = |hub| Question {
        hub,
        from: kept.from,
        name: kept.name,
        content: Vec::new(),
        is_answered: false,
    };
    copy(world.hubs[2]).answer(b"of another server");
    world.run(SECOND);
    assert!(is_open(&place));
    copy(world.hubs[1]).answer(b"first");
    kept.answer(b"second");
    world.run(SECOND);
    assert_eq!(only(&place), [(id(1), Ok(b"first".to_vec()))]);
}

/// Each question has one outcome of each server on a bad network, and its own.
#[test]
fn a_bad_network_confuses_nothing() {
    for seed in 0..5 {
        let (mut world, servers) = world(3);
        world.seed(seed);
        world.faults = Faults {
            lost: 200,
            doubled: 200,
            delay: 5,
            cut: 0,
        };
        let mut places = Vec::new();
        for number in 0..20_u8 {
            for (own, server) in servers.iter().enumerate() {
                let others = (0..3).filter(|other| *other != own).map(id);
                let to: Vec<NodeId> = others.collect();
                let content = [number, u8::try_from(own).unwrap()];
                let kind = if number % 2 == 0 { ECHO } else { LATER };
                let place = server.ask(&to, kind, &content, LONG);
                places.push((place, kind, content, to));
            }
            world.run(Duration::from_millis(10));
            servers.iter().for_each(Server::answer_kept);
        }
        for _ in 0..40 {
            world.run(SECOND);
            servers.iter().for_each(Server::answer_kept);
        }
        for (place, kind, content, to) in places {
            let start: &[u8] = if kind == ECHO { b"echo " } else { b"" };
            let answer = [start, &content].concat();
            let expected: Outcomes = to.iter().map(|id| (*id, Ok(answer.clone()))).collect();
            assert_eq!(only(&place), expected, "seed {seed}");
        }
    }
}
