//! Messages that are tried a number of times and then given up.

use super::super::failures::OnFailed;
use super::super::filter::ReadStatus;
use super::super::settle::BatchEnd::{Aborted, Denied, Failed, Handled};
use super::world::{Options, World, world};
use crate::plan::Mode;
use crate::redis::Context;
use crate::registration::Registration;
use std::sync::Arc;

const FAILED: super::super::settle::BatchEnd<'static> = Failed("ValueError: bad");

fn limited(max_retries: u32) -> Options {
    Options {
        prefix: "a",
        on_failed: OnFailed::Retry,
        max_retries: Some(max_retries),
        dead_letter: Some("dead"),
        ..Options::default()
    }
}

fn letter(time: u64, tries: u32) -> (u64, String, String) {
    (time, tries.to_string(), "ValueError: bad".to_owned())
}

/// Whole batches of three: the plan of the world is not known to handle messages one by one before one is passed.
fn whole(context: &Context, world: &World, options: Options) -> Arc<Registration> {
    let registration = world.register(
        context,
        Options {
            batch: 3,
            ..options
        },
    );
    world.whole_batches();
    world.add(context, "a", 6);
    assert_eq!(world.times_running(), [[1, 2, 3]]);
    registration
}

#[test]
fn a_message_is_given_up_after_its_retries() {
    world(|context, world| {
        let registration = world.register(context, limited(2));
        world.add(context, "a", 2);
        for _ in 0..2 {
            world.end(context, FAILED);
            assert!(world.dead().is_empty() && world.running().is_empty());
            world.fire(context);
            assert_eq!(world.times_running(), [[1]], "order is kept");
        }
        world.end(context, FAILED);
        assert_eq!(world.dead(), [letter(1, 3)]);
        assert_eq!(world.times_running(), [[2]], "without a wait");
        world.end(context, Handled);
        assert!(world.pending("a").is_empty());
        let failed = world.filter(&registration).failed();
        assert_eq!(
            (failed.retries, failed.dead_letters, failed.dropped),
            (2, 1, 0)
        );
    });
}

#[test]
fn a_limit_counts_as_a_failure() {
    world(|context, world| {
        world.register(context, limited(1));
        world.add(context, "a", 1);
        world.end(context, Aborted(Some("too much memory")));
        world.fire(context);
        world.end(context, Aborted(None));
        let error = "a client aborted the execution".to_owned();
        assert_eq!(world.dead(), [(1, "2".to_owned(), error)]);
    });
}

#[test]
fn only_the_messages_that_fail_alone_are_given_up() {
    for mode in [Mode::Async, Mode::Sync] {
        let on_failed = match mode {
            Mode::Sync => OnFailed::Continue,
            _ => OnFailed::Retry,
        };
        world(|context, world| {
            let options = Options {
                on_failed,
                mode,
                max_retries: (on_failed == OnFailed::Retry).then_some(1),
                ..limited(1)
            };
            if mode == Mode::Sync {
                world.whole_batches();
                for end in [FAILED, Handled, FAILED, Handled, Handled] {
                    world.sync_end(end);
                }
                world.register(
                    context,
                    Options {
                        batch: 3,
                        ..options
                    },
                );
                world.add(context, "a", 6);
                assert_eq!(world.done("a"), [1, 2, 3, 4, 5, 6]);
            } else {
                whole(context, world, options);
                world.end(context, FAILED);
                world.fire(context);
                assert_eq!(world.times_running(), [[1]]);
                world.end(context, Handled);
                assert_eq!(world.times_running(), [[2]]);
                world.end(context, FAILED);
                assert_eq!(world.times_running(), [[3]]);
                world.end(context, Handled);
                assert_eq!(world.times_running(), [[4, 5, 6]], "a whole batch again");
                world.end(context, Handled);
            }
            assert_eq!(world.dead(), [letter(2, 2)]);
            assert!(world.pending("a").is_empty());
        });
    }
}

#[test]
fn messages_behind_the_one_that_fails_have_all_their_tries() {
    world(|context, world| {
        world.register(
            context,
            Options {
                batch: 3,
                ..limited(1)
            },
        );
        world.add(context, "a", 3);
        world.pass(context, 0);
        world.pass(context, 1);
        world.end(context, FAILED);
        world.fire(context);
        assert_eq!(world.times_running(), [[2]]);
        world.end(context, FAILED);
        assert_eq!(world.dead(), [letter(2, 2)]);
        for tries in 1..=2 {
            assert_eq!(world.times_running(), [[3]], "try {tries}");
            world.begin_first();
            world.end(context, FAILED);
            world.fire(context);
        }
        assert_eq!(world.dead(), [letter(2, 2), letter(3, 2)]);
    });
}

#[test]
fn a_pause_does_not_use_up_tries() {
    for end in [Denied, Failed("PAUSE until tomorrow")] {
        world(|context, world| {
            let registration = world.register(context, limited(1));
            world.add(context, "a", 1);
            for _ in 0..5 {
                world.end(context, end);
                assert!(world.running().is_empty());
                world.resume(context, &registration);
            }
            world.end(context, FAILED);
            assert!(world.dead().is_empty(), "{end:?}");
            world.fire(context);
            world.end(context, FAILED);
            assert_eq!(world.dead(), [letter(1, 2)], "{end:?}");
        });
    }
}

#[test]
fn dead_letters_that_refuse_pause_and_lose_nothing() {
    world(|context, world| {
        let registration = world.register(context, limited(0));
        world.set_refuses(Some("WRONGTYPE"));
        world.add(context, "a", 2);
        world.end(context, FAILED);
        assert_eq!(world.filter(&registration).status(), ReadStatus::Paused);
        let error = registration.stats.snapshot().last_error.unwrap();
        assert!(
            error.contains("WRONGTYPE") && error.contains("dead"),
            "{error}"
        );
        assert_eq!(world.pending("a"), [1]);
        world.set_refuses(None);
        world.resume(context, &registration);
        assert_eq!(world.times_running(), [[1]]);
        world.end(context, FAILED);
        assert_eq!(world.dead(), [letter(1, 2)]);
        assert_eq!(world.times_running(), [[2]]);
    });
}

#[test]
fn tries_survive_a_restart() {
    world(|context, world| {
        let registration = world.register(context, limited(2));
        world.add(context, "a", 1);
        world.end(context, FAILED);
        world.restart(context, &registration);
        assert_eq!(world.times_running(), [[1]]);
        world.end(context, FAILED);
        assert!(world.dead().is_empty());
        world.fire(context);
        world.fire(context);
        world.end(context, FAILED);
        assert_eq!(world.dead(), [letter(1, 3)]);
    });
}

#[test]
fn a_message_that_ends_the_server_is_given_up() {
    for (max_retries, restarts) in [(0, 3), (1, 3), (4, 5)] {
        world(|context, world| {
            let registration = world.register(context, limited(max_retries));
            world.add(context, "a", 2);
            for _ in 1..restarts {
                world.restart(context, &registration);
                assert_eq!(world.times_running(), [[1]]);
            }
            world.restart(context, &registration);
            let (time, tries, error) = world.dead().remove(0);
            assert_eq!((time, tries), (1, restarts.to_string()));
            assert!(error.contains("the server ended"), "{error}");
            assert_eq!(world.times_running(), [[2]]);
        });
    }
}

#[test]
fn a_new_registration_tries_a_message_at_least_once() {
    world(|context, world| {
        let old = world.register(context, limited(9));
        world.add(context, "a", 1);
        for _ in 0..5 {
            world.end(context, FAILED);
            world.fire(context);
        }
        world.unregister(context, &old);
        world.register(context, limited(1));
        world.end(context, FAILED);
        assert_eq!(world.times_running(), [[1]]);
        assert!(world.dead().is_empty());
        world.end(context, FAILED);
        assert_eq!(world.dead(), [letter(1, 7)]);
    });
}
