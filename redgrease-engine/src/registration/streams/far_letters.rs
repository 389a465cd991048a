//! Dead letters for a stream that another shard of the cluster serves.
//!
//! The message stays pending until that shard has added the dead letter, and nothing of its stream is read meanwhile.

use super::dead_letter;
use super::far_words::{Outcome, Word};
use super::filter::StreamsFilter;
use super::group;
use super::in_flight::in_flight;
use super::moving;
use super::pump::{self, filter, hand_over};
use super::server::StreamServer;
use super::settle;
use super::stream::Stream;
use crate::cluster::topology::{self, NodeId, slot_of};
use crate::cluster::{self, Lane, Tag, Unsent};
use crate::plan::Message;
use crate::redis::{Context, Guarded, Level, User, after_to_write, locked, log};
use crate::registration::Registration;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The time between two looks at letters that are not answered.
const LOOK: Duration = Duration::from_secs(1);

/// A message that is given up, and its dead letter.
#[derive(Debug)]
pub(super) struct FarLetter {
    pub(super) registration: Arc<Registration>,
    pub(super) stream: Vec<u8>,
    pub(super) message: Message,
    /// The stream of the dead letters, and the fields of this one.
    pub(super) dead: Vec<u8>,
    pub(super) fields: Vec<Vec<u8>>,
}

/// A letter that was not answered.
#[derive(Debug)]
struct Waiting {
    letter: Arc<FarLetter>,
    /// The wait of the stream. `None` if the stream is gone.
    wait: Option<u64>,
    /// The server that it was sent to. `None` if it has to be sent.
    to: Option<NodeId>,
}

#[derive(Debug, Default)]
struct Letters {
    waiting: BTreeMap<u64, Waiting>,
    last: u64,
    is_planned: bool,
}

fn letters() -> &'static Guarded<Letters> {
    static LETTERS: LazyLock<Guarded<Letters>> = LazyLock::new(Guarded::default);
    &LETTERS
}

/// Begins to take letters of other servers, if this one was started for a cluster.
pub(super) fn follow_cluster() {
    let Some(hub) = cluster::hub() else { return };
    hub.on(Tag::DEAD_LETTERS, |message| {
        // Commands run in the next turn of the event loop.
        locked(|context| {
            after_to_write(context, Duration::ZERO, move |context| {
                let from = message.from();
                match Word::read(message.content()) {
                    Ok(Word::Letter {
                        number,
                        user,
                        dead,
                        fields,
                    }) => {
                        let outcome = add(context, &user, &dead, &fields);
                        // A server that has left the cluster sends the letter again when it is back.
                        let _ = tell(from, &Word::Answer { number, outcome });
                    }
                    Ok(Word::Answer { number, outcome }) => {
                        answered(context, context, number, outcome);
                    }
                    Err(why) => log(
                        Level::Warning,
                        &format!(
                            "a message of the node {from} about dead letters is ignored: {}",
                            why.message()
                        ),
                    ),
                }
            });
        });
    });
    hub.on_lost(|node| {
        locked(|context| {
            letters().write(context, |letters| {
                for one in letters.waiting.values_mut() {
                    one.to = one.to.filter(|to| *to != node);
                }
            });
        });
    });
}

/// The shard that serves the stream, if it is another one.
fn owner(stream: &[u8]) -> Option<NodeId> {
    let topology = topology::current();
    let owner = topology.owner(slot_of(stream))?;
    (!owner.is_myself).then_some(owner.id)
}

/// `true` if another shard serves the stream.
pub(super) fn is_far(context: &Context, stream: &[u8]) -> bool {
    moving::is_possible() && owner(stream).is_some() && !group::is_served(context, stream)
}

/// The streams whose letters are on their way.
pub(super) fn streams(context: &Context) -> Vec<Vec<u8>> {
    letters().read(context, |letters| {
        let waiting = letters.waiting.values();
        waiting.map(|one| one.letter.stream.clone()).collect()
    })
}

/// `true` while a letter of the stream is on its way.
pub(super) fn has(context: &Context, stream: &[u8]) -> bool {
    letters().read(context, |letters| {
        let mut waiting = letters.waiting.values();
        waiting.any(|one| one.letter.stream == stream)
    })
}

/// Sends a letter.
pub(super) fn send(context: &Context, letter: FarLetter) {
    keep(context, letter);
    look(context);
}

/// Notes a letter. Nothing of its stream is read until it has arrived. Returns its number.
pub(super) fn keep(context: &Context, letter: FarLetter) -> u64 {
    let wait = filter(&letter.registration)
        .and_then(|filter| filter.with_stream(&letter.stream, Stream::wait));
    letters().write(context, |letters| {
        letters.last += 1;
        let waiting = Waiting {
            letter: Arc::new(letter),
            wait,
            to: None,
        };
        letters.waiting.insert(letters.last, waiting);
        letters.last
    })
}

/// Sends the letters that have to be sent.
fn look(context: &Context) {
    let mut too_long = Vec::new();
    for (to, number, letter) in due(context) {
        let user = User::or_default(letter.registration.user.clone());
        let word = Word::Letter {
            number,
            user: user.name().to_vec(),
            dead: letter.dead.clone(),
            fields: letter.fields.clone(),
        };
        match tell(to, &word) {
            Ok(()) => letters().write(context, |letters| {
                if let Some(one) = letters.waiting.get_mut(&number) {
                    one.to = Some(to);
                }
            }),
            // The next look tries again.
            Err(Unsent::Unknown) => {}
            Err(Unsent::TooLong) => too_long.push(number),
        }
    }
    for number in too_long {
        let why = b"ERR it is longer than a message to another shard may be".to_vec();
        answered(context, context, number, Outcome::Refused(why));
    }
    let plans = letters().write(context, |letters| {
        !letters.waiting.is_empty() && !std::mem::replace(&mut letters.is_planned, true)
    });
    if plans {
        after_to_write(context, LOOK, |context| {
            letters().write(context, |letters| letters.is_planned = false);
            take_own(context);
            look(context);
        });
    }
}

/// The letters that were not sent to the shard of their stream, with that shard and their numbers.
fn due(context: &Context) -> Vec<(NodeId, u64, Arc<FarLetter>)> {
    letters().read(context, |letters| {
        let waiting = letters.waiting.iter();
        let due = waiting.filter_map(|(number, one)| {
            let owner = owner(&one.letter.dead).filter(|owner| one.to != Some(*owner))?;
            Some((owner, *number, Arc::clone(&one.letter)))
        });
        due.collect()
    })
}

/// Adds the letters whose stream has come to this server meanwhile.
fn take_own(context: &Context) {
    let own = letters().read(context, |letters| {
        let own = letters.waiting.iter();
        own.filter(|(_, one)| owner(&one.letter.dead).is_none())
            .map(|(number, one)| (*number, Arc::clone(&one.letter)))
            .collect::<Vec<_>>()
    });
    for (number, letter) in own {
        let user = User::or_default(letter.registration.user.clone());
        let outcome = add(context, user.name(), &letter.dead, &letter.fields);
        answered(context, context, number, outcome);
    }
}

fn tell(to: NodeId, word: &Word) -> Result<(), Unsent> {
    let hub = cluster::hub().ok_or(Unsent::Unknown)?;
    hub.send(to, Lane::Control, Tag::DEAD_LETTERS, &word.write())
}

fn add(context: &Context, user: &[u8], dead: &[u8], fields: &[Vec<u8>]) -> Outcome {
    if !context.may_handle_events() || !group::is_served(context, dead) {
        return Outcome::Elsewhere;
    }
    match group::add_as(context, &User::named(user), dead, fields) {
        Ok(()) => Outcome::Added,
        Err(why) => Outcome::Refused(why.into_bytes()),
    }
}

/// A letter is in its stream, or is not.
pub(super) fn answered(
    context: &Context,
    server: &dyn StreamServer,
    number: u64,
    outcome: Outcome,
) {
    if outcome == Outcome::Elsewhere {
        return letters().write(context, |letters| {
            if let Some(one) = letters.waiting.get_mut(&number) {
                one.to = None;
            }
        });
    }
    let found = letters().write(context, |letters| letters.waiting.remove(&number));
    let Some(Waiting { letter, wait, .. }) = found else {
        return;
    };
    let Some(filter) = filter(&letter.registration) else {
        return;
    };
    if let Outcome::Refused(why) = outcome {
        let why = String::from_utf8_lossy(&why);
        let reason = dead_letter::refused(&letter.stream, &letter.message, &letter.dead, &why);
        pump::stop_for_owner(&letter.registration, filter, &reason);
    } else {
        dead_letter::count_sent(filter);
        is_done(context, server, filter, &letter);
    }
    if let Some(wait) = wait {
        filter.with_stream(&letter.stream, |known| {
            known.end_wait(wait);
            known.succeeded();
        });
    }
    moving::tell_askers(context, std::slice::from_ref(&letter.stream));
    hand_over(context, server, &letter.stream);
}

/// Acknowledges the message of a letter. If its stream has left, the new shard does.
fn is_done(
    context: &Context,
    server: &dyn StreamServer,
    filter: &StreamsFilter,
    letter: &FarLetter,
) {
    let id = letter.message.id.as_slice();
    let is_here = context.may_handle_events()
        && settle::acknowledge_ids(server, filter, &letter.stream, &[id]);
    if !is_here {
        let names = std::slice::from_ref(&letter.stream);
        in_flight().write(context, |all| all.owe(names, &[&letter.message]));
    }
}
