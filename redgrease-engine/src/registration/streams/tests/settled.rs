//! The end of a batch: acknowledged, or read again.

use super::super::failures::OnFailed;
use super::super::filter::ReadStatus;
use super::super::settle::BatchEnd::{Aborted, Denied, Failed, Handled, Withdrawn};
use super::world::{Options, World, world};
use crate::redis::Context;
use crate::registration::Registration;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const FAILED: super::super::settle::BatchEnd<'static> = Failed("on purpose");

/// A registration whose batch of the messages 1 and 2 is being handled; the message 3 waits.
fn handling(context: &Context, world: &World, on_failed: OnFailed) -> Arc<Registration> {
    let options = Options {
        batch: 2,
        on_failed,
        ..Options::default()
    };
    let registration = world.register(context, options);
    world.add(context, "a", 2);
    world.add(context, "a", 2);
    assert_eq!(world.times_running(), [[1, 2]]);
    registration
}

#[test]
fn a_handled_batch_is_acknowledged_and_stays_in_the_stream() {
    world(|context, world| {
        handling(context, world, OnFailed::Retry);
        assert_eq!(world.pending("a"), [1, 2]);
        world.end(context, Handled);
        assert_eq!(world.pending("a"), [3, 4]);
        assert_eq!(world.stored("a"), [1, 2, 3, 4]);
    });
}

#[test]
fn a_handled_batch_is_trimmed_if_the_registration_says_so() {
    world(|context, world| {
        let options = Options {
            trim: true,
            ..Options::default()
        };
        world.register(context, options);
        world.add(context, "a", 2);
        world.end(context, Handled);
        assert_eq!(world.stored("a"), [2]);
        world.end(context, Handled);
        assert!(world.stored("a").is_empty());
    });
}

#[test]
fn a_batch_that_is_not_acknowledged_is_not_trimmed() {
    world(|context, world| {
        let options = Options {
            trim: true,
            on_failed: OnFailed::Abort,
            ..Options::default()
        };
        world.register(context, options);
        world.add(context, "a", 1);
        world.end(context, FAILED);
        assert_eq!(world.stored("a"), [1]);
        assert_eq!(world.pending("a"), [1]);
    });
}

#[test]
fn continue_goes_on_after_a_failed_batch() {
    world(|context, world| {
        let registration = handling(context, world, OnFailed::Continue);
        world.end(context, FAILED);
        assert_eq!(world.times_running(), [[3, 4]]);
        assert_eq!(world.pending("a"), [3, 4]);
        world.end(context, Aborted(None));
        assert!(world.pending("a").is_empty());
        assert_eq!(world.filter(&registration).status(), ReadStatus::Ok);
    });
}

#[test]
fn abort_reads_nothing_more_until_it_is_resumed() {
    world(|context, world| {
        let registration = handling(context, world, OnFailed::Abort);
        world.end(context, FAILED);
        assert_eq!(world.filter(&registration).status(), ReadStatus::Aborted);
        world.add(context, "a", 1);
        assert!(world.running().is_empty() && world.timers().is_empty());
        world.resume(context, &registration);
        assert_eq!(world.filter(&registration).status(), ReadStatus::Ok);
        assert_eq!(world.times_running(), [[1, 2]]);
        world.end(context, Handled);
        assert_eq!(world.times_running(), [[3, 4]]);
    });
}

#[test]
fn retry_reads_a_failed_batch_again_after_its_interval() {
    world(|context, world| {
        let registration = handling(context, world, OnFailed::Retry);
        world.end(context, FAILED);
        assert_eq!(
            world.filter(&registration).status(),
            ReadStatus::WaitingForRetry
        );
        world.add(context, "a", 1);
        assert!(world.running().is_empty());
        assert_eq!(world.fire(context), Some(Duration::from_secs(1)));
        assert_eq!(world.filter(&registration).status(), ReadStatus::Ok);
        assert_eq!(world.times_running(), [[1, 2]]);
        world.end(context, Aborted(None));
        world.fire(context);
        assert_eq!(world.times_running(), [[1, 2]]);
        world.end(context, Handled);
        world.end(context, Handled);
        assert_eq!(world.done("a"), [1, 2, 3, 4]);
    });
}

#[test]
fn a_retry_holds_up_its_own_stream_only() {
    world(|context, world| {
        let options = Options {
            on_failed: OnFailed::Retry,
            ..Options::default()
        };
        let registration = world.register(context, options);
        for stream in ["a", "b"] {
            world.add(context, stream, 2);
        }
        assert_eq!(world.times_running(), [[1], [3]]);
        world.end(context, FAILED);
        let status = || world.filter(&registration).status();
        assert_eq!(status(), ReadStatus::WaitingForRetry);
        world.end(context, Handled);
        assert_eq!(world.times_running(), [[4]], "`b` goes on");
        world.fire(context);
        assert_eq!(status(), ReadStatus::Ok);
        assert_eq!(world.times_running(), [[4], [1]]);
    });
}

#[test]
fn the_interval_grows_with_the_failures_in_a_row() {
    world(|context, world| {
        let options = Options {
            on_failed: OnFailed::Retry,
            backoff: 2.0,
            ..Options::default()
        };
        let registration = world.register(context, options);
        world.add(context, "a", 2);
        let mut waits = Vec::new();
        for _ in 0..5 {
            world.end(context, FAILED);
            waits.push(world.fire(context).unwrap().as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 5, 5], "the ceiling is 5 seconds");
        world.end(context, Handled);
        world.end(context, FAILED);
        assert_eq!(world.timers(), [Duration::from_secs(1)], "a success");
        // A client cuts the wait short. Its timer does not end the next wait.
        world.resume(context, &registration);
        world.end(context, FAILED);
        assert_eq!(world.fire(context), Some(Duration::from_secs(1)));
        assert!(world.running().is_empty());
        assert_eq!(world.fire(context), Some(Duration::from_secs(2)));
        assert_eq!(world.times_running(), [[2]]);
    });
}

#[test]
fn a_registration_that_is_gone_is_not_retried() {
    world(|context, world| {
        let registration = handling(context, world, OnFailed::Retry);
        world.end(context, FAILED);
        world.unregister(context, &registration);
        assert!(world.fire(context).is_some());
        assert!(world.running().is_empty());
    });
}

#[test]
fn an_error_that_begins_with_pause_pauses() {
    for on_failed in [OnFailed::Continue, OnFailed::Abort, OnFailed::Retry] {
        world(|context, world| {
            let registration = handling(context, world, on_failed);
            world.end(context, Failed("PAUSE until tomorrow"));
            assert_eq!(world.filter(&registration).status(), ReadStatus::Paused);
            assert_eq!(world.pending("a"), [1, 2]);
            assert!(world.timers().is_empty(), "only `resume` ends a pause");
            world.resume(context, &registration);
            assert_eq!(world.times_running(), [[1, 2]]);
        });
    }
}

#[test]
fn a_pause_lets_the_batch_end_and_reads_no_other() {
    world(|context, world| {
        let registration = handling(context, world, OnFailed::Retry);
        world.filter(&registration).pause();
        world.end(context, Handled);
        assert_eq!(world.done("a"), [1, 2]);
        assert!(world.running().is_empty());
        assert_eq!(world.filter(&registration).status(), ReadStatus::Paused);
        world.resume(context, &registration);
        assert_eq!(world.times_running(), [[3, 4]]);
    });
}

#[test]
fn a_pause_during_a_batch_that_fails_stays() {
    for on_failed in [OnFailed::Abort, OnFailed::Retry] {
        world(|context, world| {
            let registration = handling(context, world, on_failed);
            world.filter(&registration).pause();
            world.end(context, FAILED);
            assert_eq!(world.filter(&registration).status(), ReadStatus::Paused);
            assert!(world.timers().is_empty());
        });
    }
}

#[test]
fn a_pause_while_a_retry_waits_stays() {
    world(|context, world| {
        let registration = handling(context, world, OnFailed::Retry);
        world.end(context, FAILED);
        world.filter(&registration).pause();
        world.fire(context);
        assert_eq!(world.filter(&registration).status(), ReadStatus::Paused);
        assert!(world.running().is_empty());
    });
}

#[test]
fn streams_that_appear_during_a_pause_are_read_after_it() {
    world(|context, world| {
        let registration = world.register(context, Options::default());
        world.filter(&registration).pause();
        world.add(context, "a", 1);
        assert!(world.running().is_empty());
        world.resume(context, &registration);
        assert_eq!(world.times_running(), [[1]]);
    });
}

#[test]
fn the_lag_is_the_age_of_the_oldest_message() {
    world(|context, world| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = u64::try_from(now.as_millis()).unwrap();
        let options = Options {
            batch: 2,
            ..Options::default()
        };
        let registration = world.register(context, options);
        let lag = || world.filter(&registration).lag();
        world.add_at(context, "a", now - 60_000);
        assert_eq!(lag().last, 0, "a batch of no message has no age");
        assert!(lag().average().abs() < f64::EPSILON);
        world.add_at(context, "a", now - 10_000);
        world.end(context, Handled);
        assert!((60_000..70_000).contains(&lag().last), "{:?}", lag());
        world.add_at(context, "a", now - 5_000);
        world.add_at(context, "a", now);
        world.end(context, FAILED);
        assert!((5_000..15_000).contains(&lag().last), "{:?}", lag());
        assert!((32_000.0..43_000.0).contains(&lag().average()));
        world.filter(&registration).clear_stats();
        assert_eq!(lag().last, 0);
        assert!(lag().average().abs() < f64::EPSILON);
    });
}

/// A registration whose batch of five messages is being handled. Two are handled, and the third one has begun.
fn in_the_middle(context: &Context, world: &World, on_failed: OnFailed) -> Arc<Registration> {
    let options = Options {
        batch: 5,
        on_failed,
        ..Options::default()
    };
    let registration = world.register(context, options);
    world.add(context, "a", 5);
    world.pass(context, 0);
    world.pass(context, 1);
    world.pass(context, 2);
    assert_eq!(world.pending("a"), [3, 4, 5], "acknowledged one by one");
    registration
}

#[test]
fn messages_that_were_handled_before_a_failure_are_not_read_again() {
    for end in [FAILED, Aborted(None)] {
        world(|context, world| {
            in_the_middle(context, world, OnFailed::Retry);
            world.end(context, end);
            world.fire(context);
            assert_eq!(world.times_running(), [[3, 4, 5]], "{end:?}");
            world.end(context, Handled);
            assert_eq!(world.done("a"), [1, 2, 3, 4, 5]);
            assert!(world.pending("a").is_empty());
        });
    }
}

#[test]
fn continue_skips_the_message_that_failed_and_no_other_one() {
    for end in [FAILED, Aborted(None)] {
        world(|context, world| {
            in_the_middle(context, world, OnFailed::Continue);
            world.end(context, end);
            assert_eq!(world.times_running(), [[4, 5]], "{end:?}");
            world.end(context, Handled);
            assert!(world.pending("a").is_empty());
        });
    }
}

#[test]
fn a_batch_that_was_taken_back_leaves_its_messages() {
    for on_failed in [OnFailed::Continue, OnFailed::Abort, OnFailed::Retry] {
        world(|context, world| {
            let registration = handling(context, world, on_failed);
            world.filter(&registration).pause();
            world.end(context, Withdrawn);
            assert_eq!(world.pending("a"), [1, 2]);
            assert!(world.running().is_empty());
            world.resume(context, &registration);
            assert_eq!(world.times_running(), [[1, 2]]);
        });
    }
}

#[test]
fn an_owner_without_rights_pauses_and_loses_no_message() {
    for on_failed in [OnFailed::Continue, OnFailed::Abort, OnFailed::Retry] {
        world(|context, world| {
            let registration = handling(context, world, on_failed);
            world.end(context, Denied);
            assert_eq!(world.filter(&registration).status(), ReadStatus::Paused);
            assert_eq!(world.pending("a"), [1, 2]);
            world.set_owner(Some("is gone"));
            world.resume(context, &registration);
            assert!(world.running().is_empty());
            assert_eq!(world.filter(&registration).status(), ReadStatus::Paused);
            let error = registration.stats.snapshot().last_error.unwrap();
            assert!(error.contains("is gone"), "{error}");
            world.set_owner(None);
            world.resume(context, &registration);
            assert_eq!(world.times_running(), [[1, 2]]);
        });
    }
}
