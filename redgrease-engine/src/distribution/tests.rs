//! Parts of runs without a cluster: what they send is written down.

mod batches;

use super::begin::Reads;
use super::message::{Done, Message};
use super::outbox::Outbox;
use super::part::{Part, Post, TooLong, When};
use super::reading::{KeyReading, Picture};
use super::run_id::RunId;
use super::runs::{answer_without_part, runs};
use super::shards::Shards;
use super::shards::tests::{id, topology};
use super::waiting::Waiting;
use crate::cluster::topology::NodeId;
use crate::cluster::{Content, Lane};
use crate::encoding::Input;
use crate::execution::PartEnd;
use crate::execution::Shared;
use crate::id::Id;
use crate::plan::KeysSource;
use crate::slots::{Report, Task};
use crate::steps::MoverId;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

type Letters = Vec<(NodeId, Lane, Vec<u8>)>;

#[derive(Debug, Default)]
struct Written {
    letters: Mutex<Letters>,
    gone: Vec<NodeId>,
    /// The longest message.
    most: Option<usize>,
}

impl Post for Written {
    fn send(
        &self,
        to: &[NodeId],
        lane: Lane,
        bytes: &[u8],
        _: When,
    ) -> Result<Vec<NodeId>, TooLong> {
        if self.most.is_some_and(|most| bytes.len() > most) {
            return Err(TooLong);
        }
        let mut letters = self.letters.lock().unwrap();
        letters.extend(to.iter().map(|to| (*to, lane, bytes.to_vec())));
        let gone = to.iter().filter(|to| self.gone.contains(to));
        Ok(gone.copied().collect())
    }
}

/// The part of the shard `a` in a run that `b` has begun.
fn part_of_a(number: u64, post: &Arc<Written>) -> Arc<Part> {
    let mut out = Vec::new();
    Shards::of(&topology('b')).unwrap().write(&mut out);
    let shards = Shards::read(&mut Input::new(&out), id('a')).unwrap();
    let run = RunId::new(Id::of(number));
    let part = Part::of_shard(run, shards, Arc::<Written>::clone(post));
    assert_eq!(runs().insert(&part).unwrap().len(), 0);
    part
}

/// What the part has told the initiator about its end.
fn ends(post: &Written) -> Vec<Done> {
    let letters = post.letters.lock().unwrap();
    let ends = letters.iter().filter_map(|(to, lane, bytes)| {
        let (_, message) = Message::read(bytes, id('b')).unwrap();
        assert_eq!(*lane, message.lane());
        match message {
            Message::Done(done) => {
                assert_eq!(*to, id('b'));
                Some(done)
            }
            _ => None,
        }
    });
    ends.collect()
}

#[test]
fn a_part_tells_of_its_end_once() {
    let post = Arc::new(Written::default());
    let part = part_of_a(1001, &post);
    assert!(part.is_over(), "only the initiator waits for the others");
    let errors = ["wrong".to_owned()];
    Shared::ended(&*part, &PartEnd::Complete { errors: &errors });
    Shared::ended(&*part, &PartEnd::Stopped("late"));
    assert_eq!(ends(&post), [Done::Complete(errors.to_vec())]);
}

#[test]
fn a_part_that_fails_before_it_has_an_execution_tells_the_initiator() {
    let post = Arc::new(Written::default());
    let part = part_of_a(1002, &post);
    part.fail("a shard is lost");
    part.fail("another one, too");
    assert_eq!(ends(&post), [Done::Stopped("a shard is lost".to_owned())]);
    assert!(!runs().all().iter().any(|one| Arc::ptr_eq(one, &part)));
}

#[test]
fn a_part_that_is_aborted_before_it_has_an_execution_says_nothing() {
    let post = Arc::new(Written::default());
    let part = part_of_a(1003, &post);
    part.take_message(
        1,
        Message::Abort("from a shard that has not begun it".to_owned()),
    );
    assert!(runs().all().iter().any(|one| Arc::ptr_eq(one, &part)));
    part.take_message(0, Message::Abort("why".to_owned()));
    assert_eq!(ends(&post), []);
    assert!(!runs().all().iter().any(|one| Arc::ptr_eq(one, &part)));
}

#[test]
fn a_shard_that_is_not_in_the_cluster_ends_the_part() {
    let post = Arc::new(Written {
        gone: vec![id('c')],
        ..Written::default()
    });
    let part = part_of_a(1004, &post);
    part.send(2, &Message::Ended(MoverId(0)));
    let ends = ends(&post);
    let text = format!("{ends:?}");
    assert!(
        text.contains("Execution max idle reached") && text.contains(id('c').as_str()),
        "{text}"
    );
}

#[test]
fn a_part_needs_all_other_shards_until_it_ends() {
    let post = Arc::new(Written::default());
    let part = part_of_a(1005, &post);
    assert_eq!(part.needs(), [id('b'), id('c')]);
    let initiator = Part::of_initiator(
        RunId::new(Id::of(1006)),
        Reads::Everywhere,
        Arc::new(Written::default()),
    );
    assert_eq!(initiator.needs(), []);
    part.refuse("");
}

#[test]
fn a_full_shard_gets_no_further_records_until_it_has_put_some_through() {
    let outbox = Outbox::default();
    outbox.make_room_for(2);
    let (first, second) = (MoverId(0), MoverId(1));
    let mib = 1 << 20;
    for _ in 0..4 {
        assert!(outbox.has_room(first));
        outbox.sent(first, 1, mib);
        outbox.sent(second, 1, 1);
    }
    assert!(!outbox.has_room(first));
    assert!(
        outbox.has_room(second),
        "other movers have room of their own"
    );
    outbox.sent(first, 2, 5 * mib);
    assert!(outbox.taken(first, 1, mib as u64));
    assert!(!outbox.has_room(first), "the other shard is full, too");
    assert!(!outbox.taken(first, 2, mib as u64 - 1));
    assert!(outbox.taken(first, 2, 2 * mib as u64));
    assert!(outbox.has_room(first));
}

fn content(length: usize) -> Content {
    Content::of_test(vec![7; length])
}

#[test]
fn early_messages_wait_in_their_order() {
    let now = Instant::now();
    let mut waiting = Waiting::default();
    let (one, other) = (RunId::new(Id::of(1)), RunId::new(Id::of(2)));
    for length in [1, 2, 3] {
        waiting.add(one, id('a'), content(length), now);
    }
    waiting.add(other, id('c'), content(9), now);
    let lengths = |all: Vec<(NodeId, Content)>| -> Vec<usize> {
        all.iter()
            .map(|(_, content)| content.bytes().len())
            .collect()
    };
    assert_eq!(waiting.take(one).map(lengths), Ok(vec![1, 2, 3]));
    assert_eq!(waiting.take(one).map(lengths), Ok(vec![]));
    assert_eq!(waiting.take(other).map(lengths), Ok(vec![9]));
}

#[test]
fn a_run_whose_early_messages_had_no_place_does_not_begin() {
    let now = Instant::now();
    let mut waiting = Waiting::default();
    let (one, other) = (RunId::new(Id::of(1)), RunId::new(Id::of(2)));
    for _ in 0..17 {
        waiting.add(one, id('a'), content(4 << 20), now);
    }
    waiting.add(other, id('a'), content(1), now);
    assert!(waiting.take(one).is_err());
    assert!(waiting.take(other).is_ok());
    for _ in 0..15 {
        waiting.add(one, id('a'), content(4 << 20), now);
    }
    assert_eq!(
        waiting.take(one).map(|all| all.len()),
        Ok(15),
        "the place is free again"
    );
}

/// The part of the initiator `b`, whose others are `a` and `c`.
fn part_of_b(number: u64, post: &Arc<Written>) -> Arc<Part> {
    let shards = Shards::of(&topology('b')).unwrap();
    let run = RunId::new(Id::of(number));
    let part = Part::of_shard(run, shards, Arc::<Written>::clone(post));
    assert_eq!(runs().insert(&part).unwrap().len(), 0);
    part
}

#[test]
fn a_shard_whose_part_has_ended_is_needed_while_it_has_a_task() {
    let part = part_of_b(1007, &Arc::new(Written::default()));
    let keys = KeysSource {
        pattern: b"*".to_vec(),
        exact: false,
        read_value: true,
    };
    let topology = topology('b');
    let mut reading = KeyReading::new(&keys, Instant::now());
    let picture = Picture {
        topology: &topology,
        now: Instant::now(),
        age: Duration::ZERO,
    };
    let orders = reading.orders(picture, part.shards().unwrap());
    assert_eq!(orders.tasks.len(), 3);
    *part.key_reading() = Some(reading);
    let complete = || Message::Done(Done::Complete(Vec::new()));
    part.take_message(1, complete());
    assert_eq!(part.needs(), [id('a'), id('c')], "it has not answered");
    let report = |tasks| {
        let back = Task::default();
        Message::Read(Report { tasks, back })
    };
    // The shard says so, although its part has ended.
    let task = Message::Task(Task::default());
    assert_eq!(answer_without_part(&task), Some(report(1)));
    assert_eq!(answer_without_part(&Message::AllRead), None);
    part.take_message(1, report(1));
    assert_eq!(part.needs(), [id('c')]);
    part.refuse("");
}

#[test]
fn a_part_that_was_stopped_is_not_one_that_has_ended() {
    let part = part_of_b(1008, &Arc::new(Written::default()));
    part.take_message(2, Message::Done(Done::Complete(Vec::new())));
    part.take_message(1, Message::Done(Done::Stopped("limit".to_owned())));
    assert_eq!(Shared::others(&*part), (2, 1));
    assert!(!part.is_over());
}

#[test]
fn a_run_that_was_aborted_before_its_beginning_does_not_begin() {
    let post = Arc::new(Written::default());
    let part = part_of_a(1009, &post);
    part.take_message(0, Message::Abort("early".to_owned()));
    assert!(runs().insert(&part).is_err());
    assert!(!runs().all().iter().any(|one| Arc::ptr_eq(one, &part)));
}

#[test]
fn a_message_that_is_too_long_ends_the_run_and_blames_no_shard() {
    let post = Arc::new(Written {
        most: Some(400),
        ..Written::default()
    });
    let is_told = |ends: &[Done]| {
        let text = format!("{ends:?}");
        let is_told = text.contains("is too long for another shard") && !text.contains("is lost");
        assert!(ends.len() == 1 && is_told, "{text}");
    };
    let part = part_of_a(1010, &post);
    part.send(2, &Message::Batch(MoverId(0), &[7; 500]));
    is_told(&ends(&post));
    // The initiator waits for the end of a part, whatever its errors are.
    post.letters.lock().unwrap().clear();
    let part = part_of_a(1011, &post);
    let errors = ["e".repeat(500)];
    Shared::ended(&*part, &PartEnd::Complete { errors: &errors });
    is_told(&ends(&post));
}

#[test]
fn a_shard_that_does_not_understand_ends_the_run() {
    let post = Arc::new(Written::default());
    let part = part_of_a(1012, &post);
    part.take_message(2, Message::NotRead);
    let ends = format!("{:?}", ends(&post));
    let is_named = ends.contains(&format!("the shard {} did not understand", id('c')));
    assert!(is_named && ends.contains("Stopped"), "{ends}");
}

#[test]
fn a_part_that_cannot_begin_has_not_ended_as_others_do() {
    let post = Arc::new(Written::default());
    let part = part_of_a(1013, &post);
    part.cannot_begin("no module");
    assert_eq!(ends(&post), [Done::Stopped("no module".to_owned())]);
    // The initiator answers its client with the error.
    let post = Arc::new(Written::default());
    let part = part_of_b(1014, &post);
    part.cannot_begin("no module");
    assert!(post.letters.lock().unwrap().is_empty());
    part.refuse("");
}

#[test]
fn a_run_whose_beginning_is_late_does_not_begin_without_its_early_messages() {
    let mut waiting = Waiting::default();
    let (one, other) = (RunId::new(Id::of(1)), RunId::new(Id::of(2)));
    let now = Instant::now();
    let late = now + Duration::from_mins(3);
    waiting.add(one, id('a'), content(1), now);
    waiting.add(other, id('a'), content(1), late);
    // One that comes later does not stand for those before.
    waiting.add(one, id('a'), content(1), late);
    assert!(waiting.take(one).is_err());
    assert_eq!(waiting.take(other).map(|all| all.len()), Ok(1));
}
