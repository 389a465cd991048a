//! Rules that hold for any sequence of events.

use super::super::failures::OnFailed;
use super::super::filter::ReadStatus;
use super::super::settle::BatchEnd::{self, Aborted, Denied, Failed, Handled};
use super::world::{Options, World, world};
use crate::plan::Mode;
use crate::redis::Context;
use crate::registration::Registration;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const STREAMS: [&str; 3] = ["a", "ab", "b"];

#[derive(Debug, Clone)]
enum Event {
    Add(usize, usize),
    Delete(usize),
    Pass(usize, usize),
    End(usize, BatchEnd<'static>),
    Fire,
    Register(Options),
    Unregister(usize),
    Pause(usize),
    Resume(usize),
}

fn ends() -> impl Strategy<Value = BatchEnd<'static>> {
    prop_oneof![
        4 => Just(Handled),
        1 => Just(Failed("on purpose")),
        1 => Just(Failed("PAUSE")),
        1 => Just(Aborted(None)),
        1 => Just(Denied),
    ]
}

fn options(policies: &'static [OnFailed]) -> impl Strategy<Value = Options> {
    let prefixes = prop::sample::select(vec!["*", "a*", "b"]);
    let policies = prop::sample::select(policies);
    let modes = prop_oneof![3 => Just(Mode::Async), 1 => Just(Mode::Sync)];
    (prefixes, policies, modes, 1_usize..4, any::<bool>()).prop_map(
        |(prefix, on_failed, mode, batch, trim)| Options {
            prefix,
            batch,
            duration: Duration::from_millis(10),
            on_failed,
            trim,
            mode,
            ..Options::default()
        },
    )
}

fn events(policies: &'static [OnFailed]) -> impl Strategy<Value = Vec<Event>> {
    let index = 0_usize..8;
    let one = prop_oneof![
        6 => (0..STREAMS.len(), 1_usize..4).prop_map(|(stream, count)| Event::Add(stream, count)),
        1 => (0..STREAMS.len()).prop_map(Event::Delete),
        8 => (index.clone(), ends()).prop_map(|(index, end)| Event::End(index, end)),
        4 => (index.clone(), 1_usize..3).prop_map(|(index, count)| Event::Pass(index, count)),
        3 => Just(Event::Fire),
        2 => options(policies).prop_map(Event::Register),
        1 => index.clone().prop_map(Event::Unregister),
        1 => index.clone().prop_map(Event::Pause),
        1 => index.prop_map(Event::Resume),
    ];
    prop::collection::vec(one, 1..50)
}

/// How many registrations there may be at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Registered {
    Any,
    /// A registration takes the place of the one before.
    One,
}

/// Lets the events happen. Returns the registrations that are left.
fn happen(
    context: &Context,
    world: &World,
    events: Vec<Event>,
    registered: Registered,
) -> Vec<Arc<Registration>> {
    let mut all: Vec<Arc<Registration>> = Vec::new();
    for event in events {
        match event {
            Event::Add(stream, count) => world.add(context, STREAMS[stream], count),
            Event::Delete(stream) => world.delete(context, STREAMS[stream]),
            Event::Pass(index, count) => {
                let running = world.running();
                if !running.is_empty() {
                    let index = index % running.len();
                    world.pass_at(context, index, count.min(running[index].1.len() - 1));
                }
            }
            Event::End(index, end) => {
                let running = world.running().len();
                if running > 0 {
                    world.end_at(context, index % running, end);
                } else {
                    world.sync_end(end);
                }
            }
            Event::Fire => drop(world.fire(context)),
            Event::Register(options) => {
                if registered == Registered::One {
                    for old in all.drain(..) {
                        world.unregister(context, &old);
                    }
                }
                all.push(world.register(context, options));
            }
            Event::Unregister(index) if !all.is_empty() => {
                let one = all.swap_remove(index % all.len());
                world.unregister(context, &one);
            }
            Event::Pause(index) if !all.is_empty() => {
                let filter = world.filter(&all[index % all.len()]);
                filter.pause();
            }
            Event::Resume(index) if !all.is_empty() => {
                world.resume(context, &all[index % all.len()]);
            }
            Event::Unregister(_) | Event::Pause(_) | Event::Resume(_) => {}
        }
    }
    all
}

/// Ends every batch well and fires every timer, until nothing is left to do.
fn calm_down(context: &Context, world: &World, all: &[Arc<Registration>]) {
    loop {
        world.forget_sync_ends();
        if !world.running().is_empty() {
            world.end(context, Handled);
        } else if world.fire(context).is_none() {
            let stopped = |one: &&Arc<Registration>| world.filter(one).status() != ReadStatus::Ok;
            match all.iter().find(stopped) {
                Some(one) => world.resume(context, one),
                None => return,
            }
        }
    }
}

/// Every message of the streams that exist was handled, and none is pending.
fn assert_nothing_lost(world: &World) {
    for stream in STREAMS {
        let done: BTreeSet<u64> = world.done(stream).into_iter().collect();
        let lost: Vec<u64> = world.stored(stream);
        let lost: Vec<u64> = lost.into_iter().filter(|one| !done.contains(one)).collect();
        assert!(lost.is_empty(), "lost in `{stream}`: {lost:?}");
        assert!(world.pending(stream).is_empty(), "pending in `{stream}`");
    }
}

fn assert_in_order(world: &World) {
    for stream in STREAMS {
        let done = world.done(stream);
        assert!(done.is_sorted(), "`{stream}` is not in order: {done:?}");
    }
}

const ANY_POLICY: &[OnFailed] = &[OnFailed::Continue, OnFailed::Abort, OnFailed::Retry];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The world itself checks each message: handled at most once, by one registration at a time, and acknowledged only when
    /// it was handled. A registration that is added in the end reads all messages that are left.
    #[test]
    fn every_message_is_handled_once(events in events(ANY_POLICY)) {
        world(|context, world| {
            let mut all = happen(context, world, events, Registered::Any);
            calm_down(context, world, &all);
            all.push(world.register(context, Options::default()));
            calm_down(context, world, &all);
            assert_nothing_lost(world);
        });
    }

    #[test]
    fn one_registration_after_the_other_keeps_the_order(events in events(ANY_POLICY)) {
        world(|context, world| {
            let all = happen(context, world, events, Registered::One);
            calm_down(context, world, &all);
            assert_in_order(world);
        });
    }

    /// No message needs an event that comes later: the registration that took the place of the others handles all.
    #[test]
    fn a_registration_that_retries_loses_no_message(
        events in events(&[OnFailed::Retry]),
        last in options(&[OnFailed::Retry]),
    ) {
        world(|context, world| {
            let mut all = happen(context, world, events, Registered::One);
            for old in all.drain(..) {
                world.unregister(context, &old);
            }
            all.push(world.register(context, Options { prefix: "*", ..last }));
            calm_down(context, world, &all);
            assert_nothing_lost(world);
            assert_in_order(world);
        });
    }
}
