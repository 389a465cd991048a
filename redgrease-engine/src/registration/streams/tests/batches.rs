//! From messages to batches.

use super::super::filter::ReadStatus;
use super::super::in_flight::in_flight;
use super::super::settle::BatchEnd::{Aborted, Failed, Handled};
use super::super::stream::Phase;
use super::world::{Options, world};
use crate::plan::Mode;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(50);

#[test]
fn no_message_makes_no_batch() {
    world(|context, world| {
        // A stream that exists, and whose messages are handled.
        let first = world.register(context, Options::default());
        world.add(context, "a", 1);
        while !world.running().is_empty() {
            world.end(context, Handled);
        }
        world.unregister(context, &first);
        let second = world.register(context, Options::default());
        assert!(world.running().is_empty());
        assert_eq!(second.stats.snapshot().triggered, 0);
        world.add(context, "a", 1);
        assert_eq!(world.times_running(), [[2]]);
        assert_eq!(second.stats.snapshot().triggered, 1);
    });
}

#[test]
fn messages_are_batches_of_the_size_that_was_asked_for() {
    world(|context, world| {
        let options = Options {
            batch: 3,
            ..Options::default()
        };
        world.register(context, options);
        world.add(context, "a", 2);
        assert!(world.running().is_empty(), "two messages are too few");
        assert!(world.timers().is_empty(), "no duration: they wait for ever");
        world.add(context, "a", 5);
        assert_eq!(world.times_running(), [[1, 2, 3]]);
        world.end(context, Handled);
        assert_eq!(world.times_running(), [[4, 5, 6]]);
        world.end(context, Handled);
        assert!(world.running().is_empty());
        assert_eq!(world.done("a"), [1, 2, 3, 4, 5, 6]);
    });
}

#[test]
fn too_few_messages_are_a_batch_when_the_duration_is_over() {
    world(|context, world| {
        let options = Options {
            batch: 10,
            duration: SOON,
            ..Options::default()
        };
        world.register(context, options);
        world.add(context, "a", 3);
        assert!(world.running().is_empty());
        assert_eq!(world.timers(), [SOON], "one timer for all of them");
        assert_eq!(world.fire(context), Some(SOON));
        assert_eq!(world.times_running(), [[1, 2, 3]]);
        world.end(context, Handled);
        assert!(world.timers().is_empty());
        // The next messages wait anew.
        world.add(context, "a", 1);
        assert!(world.running().is_empty());
        assert_eq!(world.timers(), [SOON]);
    });
}

#[test]
fn a_timer_that_fires_during_a_batch_makes_the_next_batch_due() {
    world(|context, world| {
        let options = Options {
            batch: 2,
            duration: SOON,
            ..Options::default()
        };
        world.register(context, options);
        world.add(context, "a", 1);
        assert_eq!(world.timers(), [SOON]);
        world.add(context, "a", 2);
        assert_eq!(world.times_running(), [[1, 2]]);
        world.fire(context);
        world.end(context, Handled);
        assert_eq!(world.times_running(), [[3]]);
    });
}

#[test]
fn a_timer_of_an_unregistered_registration_reads_nothing() {
    world(|context, world| {
        let options = Options {
            batch: 2,
            duration: SOON,
            ..Options::default()
        };
        let registration = world.register(context, options);
        world.add(context, "a", 1);
        world.unregister(context, &registration);
        assert_eq!(world.fire(context), Some(SOON));
        assert!(world.running().is_empty());
        assert!(world.pending("a").is_empty());
    });
}

#[test]
fn pending_messages_come_before_new_ones() {
    world(|context, world| {
        let options = Options {
            batch: 2,
            on_failed: super::super::OnFailed::Abort,
            ..Options::default()
        };
        let first = world.register(context, options);
        world.add(context, "a", 1);
        world.add(context, "a", 3);
        world.end(context, Failed("on purpose"));
        assert_eq!(world.pending("a"), [1, 2]);
        world.unregister(context, &first);
        world.register(context, options);
        assert_eq!(world.times_running(), [[1, 2]]);
        world.end(context, Handled);
        assert_eq!(world.times_running(), [[3, 4]]);
        world.end(context, Handled);
        assert_eq!(world.done("a"), [1, 2, 3, 4]);
        assert!(world.pending("a").is_empty());
    });
}

#[test]
fn a_stream_has_one_batch_at_a_time_and_streams_do_not_wait_for_each_other() {
    world(|context, world| {
        world.register(context, Options::default());
        world.add(context, "a", 2);
        world.add(context, "b", 2);
        let streams: Vec<String> = world.running().into_iter().map(|(name, _)| name).collect();
        assert_eq!(streams, ["a", "b"]);
        assert_eq!(world.running()[1], ("b".to_owned(), vec![3]));
        world.end_at(context, 1, Handled);
        assert_eq!(world.running()[1], ("b".to_owned(), vec![4]));
        assert!(world.done("a").is_empty());
    });
}

#[test]
fn a_registration_reads_the_streams_that_its_prefix_covers() {
    world(|context, world| {
        let options = |prefix| Options {
            prefix,
            ..Options::default()
        };
        let wide = world.register(context, options("ab*"));
        let exact = world.register(context, options("b"));
        for stream in ["a", "ab", "abc", "b", "bb"] {
            world.add(context, stream, 1);
        }
        let handlers = world.handlers();
        let streams: Vec<String> = world.running().into_iter().map(|(name, _)| name).collect();
        assert_eq!(streams, ["ab", "abc", "b"]);
        assert_eq!(handlers, [wide.id, wide.id, exact.id]);
    });
}

#[test]
fn two_registrations_share_the_messages_of_a_stream() {
    world(|context, world| {
        let first = world.register(context, Options::default());
        let second = world.register(context, Options::default());
        world.add(context, "a", 2);
        assert_eq!(world.handlers(), [first.id, second.id]);
        world.add(context, "a", 2);
        while !world.running().is_empty() {
            world.end(context, Handled);
        }
        assert_eq!(world.done("a"), [1, 2, 3, 4]);
    });
}

#[test]
fn a_sync_registration_reads_until_there_is_no_message() {
    world(|context, world| {
        world.add(context, "a", 5);
        let options = Options {
            batch: 2,
            duration: SOON,
            mode: Mode::Sync,
            ..Options::default()
        };
        let registration = world.register(context, options);
        assert_eq!(world.done("a"), [1, 2, 3, 4]);
        world.fire(context);
        assert_eq!(world.done("a"), [1, 2, 3, 4, 5]);
        // Two full batches and the last one.
        assert_eq!(registration.stats.snapshot().triggered, 3);
    });
}

#[test]
fn a_sync_registration_stops_reading_when_a_batch_fails() {
    world(|context, world| {
        world.add(context, "a", 3);
        world.sync_end(Handled);
        world.sync_end(Failed("on purpose"));
        let options = Options {
            on_failed: super::super::OnFailed::Abort,
            mode: Mode::Sync,
            ..Options::default()
        };
        let registration = world.register(context, options);
        assert_eq!(world.done("a"), [1]);
        assert_eq!(world.filter(&registration).status(), ReadStatus::Aborted);
        world.sync_end(Aborted(None));
        world.resume(context, &registration);
        assert_eq!(world.done("a"), [1]);
        world.resume(context, &registration);
        assert_eq!(world.done("a"), [1, 2, 3]);
    });
}

#[test]
fn every_batch_counts_as_triggered() {
    world(|context, world| {
        let registration = world.register(context, Options::default());
        world.add(context, "a", 2);
        while !world.running().is_empty() {
            world.end(context, Handled);
        }
        assert_eq!(registration.stats.snapshot().triggered, 2);
    });
}

#[test]
fn messages_are_in_flight_while_their_batch_is_handled() {
    world(|context, world| {
        let registration = world.register(context, Options::default());
        world.add(context, "a", 1);
        let stream = world.stream("a");
        let owner = || in_flight().read(context, |all| all.owner(&stream, b"1-0"));
        assert_eq!(owner(), Some(registration.id));
        world.end(context, Handled);
        assert_eq!(owner(), None);
    });
}

#[test]
fn a_stream_that_does_not_exist_is_not_joined() {
    world(|context, world| {
        let registration = world.register(context, Options::default());
        let stream = world.stream("none");
        super::super::pump::pump(context, world, &registration, &stream);
        assert!(world.running().is_empty());
        assert!(!world.filter(&registration).knows(&stream));
    });
}

#[test]
fn new_messages_are_read_after_the_pending_ones() {
    world(|context, world| {
        let registration = world.register(context, Options::default());
        world.add(context, "a", 1);
        let stream = world.stream("a");
        let phase = || {
            let filter = world.filter(&registration);
            filter.with_stream(&stream, |known| known.phase)
        };
        assert_eq!(phase(), Some(Phase::New), "the first reading found nothing");
        world.end(context, Handled);
        assert_eq!(phase(), Some(Phase::New));
        world.add(context, "a", 1);
        world.resume(context, &registration);
        assert_eq!(phase(), Some(Phase::Again), "a batch is being handled");
    });
}
