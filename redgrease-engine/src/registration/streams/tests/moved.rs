//! Streams whose slot leaves for another shard, or comes from one, while messages are being handled.

use super::super::failures::OnFailed;
use super::super::settle::BatchEnd::{Failed, Handled};
use super::world::{Options, world};
use crate::cluster::topology::NodeId;
use std::time::Duration;

#[test]
fn messages_that_were_handled_while_their_stream_was_away_are_not_handled_again() {
    for is_told in [true, false] {
        world(|context, world| {
            world.register(context, Options::default());
            world.add(context, "a", 2);
            world.leave(context, "a", is_told);
            world.end(context, Handled);
            assert_eq!((world.done("a"), world.pending("a")), (vec![1], vec![1]));
            assert!(world.running().is_empty(), "another shard reads the stream");
            world.come_back(context, "a");
            assert_eq!(world.times_running(), [[2]]);
            world.end(context, Handled);
            assert!(world.pending("a").is_empty());
            assert_eq!(world.done("a"), [1, 2]);
        });
    }
}

#[test]
fn a_failure_does_not_count_while_the_stream_leaves() {
    for on_failed in [OnFailed::Continue, OnFailed::Retry, OnFailed::Abort] {
        world(|context, world| {
            let options = Options {
                on_failed,
                ..Options::default()
            };
            world.register(context, options);
            world.add(context, "a", 1);
            world.leave(context, "a", false);
            world.end(context, Failed("its key has left"));
            assert_eq!(world.pending("a"), [1], "{on_failed:?}");
            world.come_back(context, "a");
            assert_eq!(world.times_running(), [[1]], "{on_failed:?}");
            world.end(context, Handled);
            assert!(world.pending("a").is_empty());
        });
    }
}

/// Otherwise a handler that always fails would run again and again, as long as the slot is between two servers.
#[test]
fn a_handler_that_fails_while_its_slot_moves_is_tried_again_after_a_pause() {
    for on_failed in [OnFailed::Continue, OnFailed::Retry, OnFailed::Abort] {
        world(|context, world| {
            let options = Options {
                on_failed,
                ..Options::default()
            };
            world.register(context, options);
            world.begin_to_leave("a");
            world.add(context, "a", 1);
            let mut pauses = Vec::new();
            for _ in 0..3 {
                assert_eq!(world.times_running(), [[1]], "{on_failed:?}");
                world.end(context, Failed("its key has left"));
                assert!(world.running().is_empty(), "{on_failed:?}");
                pauses.push(world.timers()[0]);
                world.fire(context);
            }
            assert_eq!(pauses, [Duration::from_secs(1); 3], "{on_failed:?}");
            world.end(context, Handled);
            assert!(world.pending("a").is_empty());
        });
    }
}

#[test]
fn messages_wait_for_what_another_server_has_in_hand() {
    let node = |digit: u8| NodeId::parse(&[digit; 40]).unwrap();
    world(|context, world| {
        world.set_in_hand(context, "a", node(b'a'), true);
        world.set_in_hand(context, "a", node(b'b'), true);
        world.register(context, Options::default());
        world.add(context, "a", 2);
        world.add(context, "b", 1);
        assert_eq!(world.times_running(), [[3]]);
        world.set_in_hand(context, "a", node(b'a'), false);
        assert_eq!(world.times_running(), [[3]]);
        world.set_in_hand(context, "a", node(b'b'), false);
        assert_eq!(world.times_running(), [[3], [1]]);
        for _ in 0..3 {
            world.end(context, Handled);
        }
        assert_eq!(world.done("a"), [1, 2]);
    });
}
