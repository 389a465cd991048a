//! Asking the other servers about slots that have come here, and answering them.

use super::super::debts::Handled;
use super::super::far_letters;
use super::super::in_flight::in_flight;
use super::super::listen;
use super::super::pump::{filter, hand_over};
use super::claims::Claims;
use super::slot_set::SlotSet;
use super::words::{Left, Word};
use crate::cluster::topology::{self, Health, NodeId, Topology, slot_of};
use crate::cluster::{self, Hub, Lane, Message, Tag};
use crate::redis::{Context, Guarded, Level, after, locked, log};
use crate::registration::{Registration, registry};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// The time between two looks at questions that wait for answers.
const LOOK: Duration = Duration::from_millis(250);
/// A server that was never heard for so long has no engine: it has nothing in hand.
const SILENCE: Duration = Duration::from_secs(5);

fn claims() -> &'static Guarded<Claims> {
    static CLAIMS: LazyLock<Guarded<Claims>> = LazyLock::new(Guarded::default);
    &CLAIMS
}

/// Begins to follow the slots of this server, if it was started for a cluster.
pub(crate) fn follow_cluster(context: &Context) {
    let Some(hub) = cluster::hub() else { return };
    far_letters::follow_cluster();
    hub.on(Tag::STREAMS, |message| {
        outside_of_callbacks(move |context| receive(context, &message));
    });
    hub.on_lost(|node| outside_of_callbacks(move |context| lost(context, node)));
    topology::subscribe(|context, _, _| after(context, Duration::ZERO, look));
    after(context, Duration::ZERO, look);
}

/// Runs the job in the next turn of the event loop, where commands may run. Jobs keep their order.
fn outside_of_callbacks(job: impl FnOnce(&Context) + Send + 'static) {
    locked(|context| after(context, Duration::ZERO, job));
}

/// `true` if the streams of the slot of this stream may be read here.
pub(in super::super) fn may_read(context: &Context, stream: &[u8]) -> bool {
    !super::is_possible()
        || claims().read(context, |claims| claims.is_open(slot_of(stream)))
        || !topology::current().is_cluster()
}

/// The slots of this server, if it is a master.
fn mine(context: &Context, topology: &Topology) -> SlotSet {
    let myself = topology.myself().filter(|node| node.serves());
    match myself {
        Some(node) if context.may_handle_events() => SlotSet::of(&node.slots),
        _ => SlotSet::default(),
    }
}

/// The servers that may have something in hand: all that have not failed. A replica may have been a master before.
fn others(topology: &Topology, hub: &Hub, now: Instant) -> BTreeSet<NodeId> {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let is_early = now.saturating_duration_since(*BEGUN) < SILENCE;
    let others = topology.nodes().iter().filter(|node| !node.is_myself);
    let may_answer = others.filter(|node| {
        matches!(node.health, Health::Well | Health::Suspected)
            && (is_early || hub.last_heard(node.id).is_some())
    });
    may_answer.map(|node| node.id).collect()
}

/// Compares the slots of this server with those whose streams it reads, and asks about new ones.
fn look(context: &Context) {
    static PLANNED: AtomicBool = AtomicBool::new(false);
    let Some(hub) = cluster::hub() else { return };
    let topology = topology::current();
    let mine = mine(context, &topology);
    let others = others(&topology, hub, Instant::now());
    forget_hands_of_failed(context, &topology);
    forget_hands(context, |slot| !mine.contains(slot));
    let (ask, opened) = claims().write(context, |claims| {
        let ask = claims.look(&mine, &others);
        (ask, claims.take_answered())
    });
    if let Some(ask) = ask {
        let word = Word::Claim {
            number: ask.number,
            slots: ask.slots.to_slots(),
        };
        let to: Vec<NodeId> = ask.to.into_iter().collect();
        // It is far shorter than a message may be.
        let _ = hub.send_to_all(&to, Lane::Control, Tag::STREAMS, &word.write());
    }
    open(context, &opened);
    let is_waiting = claims().read(context, Claims::is_waiting);
    if is_waiting && !PLANNED.swap(true, Ordering::Relaxed) {
        after(context, LOOK, |context| {
            PLANNED.store(false, Ordering::Relaxed);
            look(context);
        });
    }
}

/// A server that the cluster takes for dead has nothing in hand.
fn forget_hands_of_failed(context: &Context, topology: &Topology) {
    let failed = topology.nodes().iter();
    let failed: Vec<NodeId> = failed
        .filter(|node| node.health == Health::Failed)
        .map(|node| node.id)
        .collect();
    for node in failed {
        let freed = in_flight().write(context, |all| all.elsewhere().let_go(node, |_| true));
        read(context, &freed);
    }
}

/// What other servers have in hand of slots that have left is told to the servers that have the slots now.
fn forget_hands(context: &Context, has_left: impl Fn(u16) -> bool) {
    in_flight().write(context, |all| {
        all.elsewhere().forget(|stream| has_left(slot_of(stream)));
    });
}

/// The answer names all streams of the question that its server has in hand. It ends what the server has told before.
fn forget_hands_of_answer(context: &Context, number: u64, from: NodeId) {
    let asked = claims().read(context, |claims| claims.asked(number).cloned());
    let Some(slots) = asked else { return };
    in_flight().write(context, |all| {
        let is_meant = |stream: &[u8]| slots.contains(slot_of(stream));
        all.elsewhere().let_go(from, is_meant);
    });
}

fn lost(context: &Context, node: NodeId) {
    let opened = claims().write(context, |claims| {
        claims.lost(node);
        claims.take_answered()
    });
    let freed = in_flight().write(context, |all| all.elsewhere().let_go(node, |_| true));
    open(context, &opened);
    read(context, &freed);
}

fn read(context: &Context, streams: &[Vec<u8>]) {
    for stream in streams {
        hand_over(context, context, stream);
    }
}

/// Reads the streams of slots that this server may read from now on.
fn open(context: &Context, slots: &SlotSet) {
    if slots.is_empty() {
        return;
    }
    let registrations = forget(context, slots);
    let numbers: Vec<u16> = slots.iter().collect();
    listen::read_slots(context, &registrations, &numbers);
}

/// Forgets what is known of the streams of slots. Returns the registrations of streams.
fn forget(context: &Context, slots: &SlotSet) -> Vec<Arc<Registration>> {
    let registrations: Vec<Arc<Registration>> = registry().read(context, |registry| {
        registry.stream_registrations().iter().cloned().collect()
    });
    for filter in registrations.iter().filter_map(|one| filter(one)) {
        filter.forget_some(|stream| slots.contains(slot_of(stream)));
    }
    registrations
}

fn receive(context: &Context, message: &Message) {
    let from = message.from();
    match Word::read(message.content()) {
        Ok(Word::Claim { number, slots }) => answer(context, from, number, &SlotSet::of(&slots)),
        Ok(Word::Answer { number, streams }) => {
            forget_hands_of_answer(context, number, from);
            take(context, from, streams);
            let opened = claims().write(context, |claims| {
                claims.answered(number, from);
                claims.take_answered()
            });
            open(context, &opened);
        }
        Ok(Word::Settled { streams }) => take(context, from, streams),
        Ok(Word::Taken { stream, ids }) => {
            in_flight().write(context, |all| all.is_paid(&stream, &ids));
        }
        Err(why) => log(
            Level::Warning,
            &format!(
                "a message of the node {from} about streams is ignored: {}",
                why.message()
            ),
        ),
    }
}

/// Another server serves these slots, or believes so. Nothing of them is read here from now on.
fn answer(context: &Context, from: NodeId, number: u64, slots: &SlotSet) {
    let claimed = claims().write(context, |claims| claims.give_up(slots, from));
    forget_hands(context, |slot| slots.contains(slot));
    if !claimed.is_empty() {
        forget(context, &claimed);
        // The picture of the cluster may be older than the question. If the slots are here, this server asks in its turn.
        after(context, LOOK, |context| {
            topology::refresh(context);
            look(context);
        });
    }
    let mut streams = in_flight().read(context, |all| {
        all.with_rest(|stream| slots.contains(slot_of(stream)))
    });
    let letters = far_letters::streams(context);
    streams.extend(
        letters
            .into_iter()
            .filter(|one| slots.contains(slot_of(one))),
    );
    let streams = streams.into_iter().map(|one| left(context, one)).collect();
    send(from, &Word::Answer { number, streams });
}

/// What this server has of a stream.
fn left(context: &Context, stream: Vec<u8>) -> Left {
    let has_letter = far_letters::has(context, &stream);
    in_flight().read(context, |all| Left {
        in_hand: has_letter || all.has_batch(&stream),
        handled: all.debts_of(&stream),
        stream,
    })
}

/// Tells the servers that have asked about these streams what is left of them here.
pub(in super::super) fn tell_askers(context: &Context, streams: &[Vec<u8>]) {
    if !super::is_possible() {
        return;
    }
    for stream in streams {
        for asker in claims().read(context, |claims| claims.askers(slot_of(stream))) {
            let streams = vec![left(context, stream.clone())];
            send(asker, &Word::Settled { streams });
        }
    }
}

fn send(to: NodeId, word: &Word) {
    if let Some(hub) = cluster::hub() {
        // A server that has left the cluster asks again when it is back.
        let _ = hub.send(to, Lane::Control, Tag::STREAMS, &word.write());
    }
}

/// Another server tells what it has of streams that are here.
fn take(context: &Context, from: NodeId, streams: Vec<Left>) {
    for left in streams {
        let slot = slot_of(&left.stream);
        // The stream has gone on. The server that has it asks as well.
        if !claims().read(context, |claims| claims.is_claimed(slot)) {
            continue;
        }
        let is_free = in_flight().write(context, |all| {
            all.owes(&left.stream, &left.handled);
            all.elsewhere().set(&left.stream, from, left.in_hand)
        });
        if !left.handled.is_empty() {
            let ids = left.handled.iter().map(|one: &Handled| one.id.clone());
            let word = Word::Taken {
                ids: ids.collect(),
                stream: left.stream.clone(),
            };
            send(from, &word);
        }
        if is_free {
            hand_over(context, context, &left.stream);
        }
    }
}
