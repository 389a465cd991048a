//! Messages that are given up while another shard has the stream of the dead letters.

use super::super::failures::OnFailed;
use super::super::settle::BatchEnd::{Failed, Handled};
use super::world::{Options, World, world};
use crate::redis::Context;
use crate::registration::Registration;
use std::sync::Arc;

fn options() -> Options {
    Options {
        prefix: "a",
        on_failed: OnFailed::Retry,
        max_retries: Some(0),
        dead_letter: Some("dead"),
        ..Options::default()
    }
}

/// The letter of the message 1 is on its way, and the message 2 waits.
fn given_up(context: &Context, world: &World) -> Arc<Registration> {
    world.dead_letters_are_far();
    let registration = world.register(context, options());
    world.add(context, "a", 2);
    world.end(context, Failed("ValueError: bad"));
    waits(world);
    registration
}

fn waits(world: &World) {
    assert_eq!(world.letters_on_their_way(), 1);
    assert!(world.running().is_empty() && world.pending("a").contains(&1));
}

fn goes_on(context: &Context, world: &World) {
    world.letter_arrives(context);
    assert_eq!(world.times_running(), [[2]]);
    world.end(context, Handled);
    assert_eq!(world.done("a"), [1, 2]);
    assert!(world.pending("a").is_empty());
}

#[test]
fn nothing_is_read_until_the_letter_has_arrived() {
    world(|context, world| {
        given_up(context, world);
        goes_on(context, world);
    });
}

#[test]
fn the_end_of_a_pause_does_not_give_the_message_up_again() {
    world(|context, world| {
        let registration = given_up(context, world);
        world.filter(&registration).pause();
        world.resume(context, &registration);
        waits(world);
        goes_on(context, world);
    });
}

#[test]
fn another_registration_does_not_handle_the_message() {
    for is_replaced in [true, false] {
        world(|context, world| {
            let registration = given_up(context, world);
            if is_replaced {
                world.unregister(context, &registration);
            }
            world.register(context, options());
            waits(world);
            goes_on(context, world);
        });
    }
}

#[test]
fn a_stream_that_leaves_and_comes_back_waits_for_its_letter() {
    world(|context, world| {
        given_up(context, world);
        world.leave(context, "a", true);
        world.come_back(context, "a");
        waits(world);
        goes_on(context, world);
    });
}
