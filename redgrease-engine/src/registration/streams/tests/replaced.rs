//! Registrations and streams that go while a batch is being handled.

use super::super::failures::OnFailed;
use super::super::settle::BatchEnd;
use super::super::settle::BatchEnd::{Aborted, Failed, Handled};
use super::world::{Options, World, world};
use crate::redis::Context;
use crate::registration::Registration;
use std::sync::Arc;

fn options(on_failed: OnFailed) -> Options {
    Options {
        on_failed,
        ..Options::default()
    }
}

/// A registration that is unregistered while it handles the message 1, and the one that takes its place. The message 2
/// waits.
fn replaced(context: &Context, world: &World, on_failed: OnFailed) -> Arc<Registration> {
    let old = world.register(context, options(on_failed));
    world.add(context, "a", 2);
    assert_eq!(world.handlers(), [old.id]);
    world.unregister(context, &old);
    let new = world.register(context, options(on_failed));
    assert_eq!(
        world.times_running(),
        [[1]],
        "the new one waits for the batch"
    );
    new
}

fn handle_all(context: &Context, world: &World) {
    while !world.running().is_empty() {
        world.end(context, Handled);
    }
}

#[test]
fn the_new_registration_goes_on_when_the_last_batch_of_the_old_one_is_handled() {
    world(|context, world| {
        let new = replaced(context, world, OnFailed::Retry);
        world.add(context, "a", 1);
        assert_eq!(world.times_running(), [[1]]);
        world.end(context, Handled);
        assert_eq!(world.handlers(), [new.id]);
        handle_all(context, world);
        assert_eq!(world.done("a"), [1, 2, 3]);
        assert!(world.pending("a").is_empty());
    });
}

#[test]
fn the_new_registration_handles_the_messages_that_the_old_one_did_not() {
    let ends = [
        (OnFailed::Retry, Failed("on purpose")),
        (OnFailed::Abort, Failed("on purpose")),
        (OnFailed::Retry, Aborted(None)),
        (OnFailed::Continue, Aborted(None)),
        (OnFailed::Retry, Failed("PAUSE")),
        (OnFailed::Continue, Failed("PAUSE")),
    ];
    for (on_failed, end) in ends {
        world(|context, world| {
            let new = replaced(context, world, on_failed);
            world.end(context, end);
            assert_eq!(world.handlers(), [new.id], "{on_failed:?} {end:?}");
            assert_eq!(world.times_running(), [[1]]);
            assert!(world.timers().is_empty());
            handle_all(context, world);
            assert_eq!(world.done("a"), [1, 2]);
        });
    }
}

#[test]
fn a_failed_batch_that_counts_as_handled_is_not_handed_over() {
    world(|context, world| {
        replaced(context, world, OnFailed::Continue);
        world.end(context, Failed("on purpose"));
        handle_all(context, world);
        assert_eq!(world.done("a"), [1, 2]);
        assert!(world.pending("a").is_empty());
    });
}

#[test]
fn a_batch_of_an_unregistered_registration_without_successor_stays_pending() {
    world(|context, world| {
        let old = world.register(context, options(OnFailed::Retry));
        world.add(context, "a", 1);
        world.unregister(context, &old);
        world.end(context, Failed("on purpose"));
        assert!(world.running().is_empty());
        assert_eq!(world.pending("a"), [1]);
        let new = world.register(context, options(OnFailed::Retry));
        assert_eq!(world.handlers(), [new.id]);
        assert_eq!(world.times_running(), [[1]]);
    });
}

#[test]
fn messages_in_flight_are_left_to_a_registration_that_is_still_there() {
    world(|context, world| {
        world.register(context, options(OnFailed::Retry));
        world.add(context, "a", 1);
        let second = world.register(context, options(OnFailed::Retry));
        assert_eq!(world.times_running(), [[1]]);
        world.add(context, "a", 1);
        assert_eq!(world.times_running(), [[1], [2]]);
        assert_eq!(world.handlers()[1], second.id);
    });
}

#[test]
fn a_hand_over_reaches_only_registrations_that_cover_the_stream() {
    world(|context, world| {
        let old = world.register(context, options(OnFailed::Retry));
        world.add(context, "a", 1);
        world.unregister(context, &old);
        let other = Options {
            prefix: "b",
            ..options(OnFailed::Retry)
        };
        world.register(context, other);
        world.end(context, Failed("on purpose"));
        assert!(world.running().is_empty());
    });
}

/// Deletes a stream during a batch and adds a message to a new stream with its name.
fn deleted(end: BatchEnd<'static>) {
    world(|context, world| {
        let registration = world.register(context, options(OnFailed::Retry));
        world.add(context, "a", 1);
        world.delete(context, "a");
        world.add(context, "a", 1);
        assert_eq!(world.times_running(), [[1]], "one batch at a time");
        world.end(context, end);
        if !matches!(end, Handled) {
            world.fire(context);
        }
        assert_eq!(world.handlers(), [registration.id]);
        assert_eq!(world.times_running(), [[2]], "joined anew");
    });
}

#[test]
fn a_stream_that_was_deleted_during_a_batch_is_joined_anew() {
    deleted(Handled);
    deleted(Aborted(None));
    deleted(Failed("on purpose"));
}

#[test]
fn a_new_registration_reads_a_new_stream_after_the_last_batch_of_the_old_ones() {
    world(|context, world| {
        let new = replaced(context, world, OnFailed::Retry);
        world.delete(context, "a");
        world.add(context, "a", 2);
        assert_eq!(
            world.times_running(),
            [[1]],
            "the old registration handles the old stream"
        );
        world.end(context, Handled);
        assert_eq!(world.handlers(), [new.id]);
        handle_all(context, world);
        assert_eq!(world.done("a"), [1, 3, 4]);
    });
}

#[test]
fn a_stream_that_was_deleted_between_batches_is_joined_anew() {
    world(|context, world| {
        let registration = world.register(context, options(OnFailed::Retry));
        world.add(context, "a", 1);
        handle_all(context, world);
        world.delete(context, "a");
        assert!(!world.filter(&registration).knows(&world.stream("a")));
        world.add(context, "a", 1);
        handle_all(context, world);
        assert_eq!(world.done("a"), [1, 2]);
    });
}

#[test]
fn a_stream_that_was_renamed_during_a_batch_is_read_under_its_new_name() {
    world(|context, world| {
        world.register(context, options(OnFailed::Retry));
        world.add(context, "a", 2);
        world.rename(context, "a", "b");
        assert_eq!(world.running(), [("a".to_owned(), vec![1])]);
        world.add(context, "b", 1);
        assert_eq!(
            world.running(),
            [("a".to_owned(), vec![1])],
            "one batch at a time"
        );
        world.end(context, Handled);
        assert_eq!(world.running(), [("b".to_owned(), vec![2])]);
        handle_all(context, world);
        assert_eq!(world.done("b"), [1, 2, 3]);
        // The old name is free for a new stream.
        world.add(context, "a", 1);
        handle_all(context, world);
        assert_eq!(world.done("a"), [4]);
    });
}

#[test]
fn all_streams_are_joined_anew_when_the_server_was_emptied() {
    world(|context, world| {
        let registration = world.register(context, options(OnFailed::Retry));
        world.add(context, "a", 1);
        world.add(context, "b", 1);
        world.end_at(context, 1, Handled);
        let filter = world.filter(&registration);
        filter.forget_all();
        assert!(!filter.knows(&world.stream("b")), "no batch: forgotten");
        assert!(filter.knows(&world.stream("a")), "its batch has not ended");
        world.end(context, Handled);
        assert!(world.running().is_empty());
    });
}
