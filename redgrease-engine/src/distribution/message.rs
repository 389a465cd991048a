//! What the shards of a run tell each other.

use super::run_id::RunId;
use super::shards::Shards;
use crate::cluster::Lane;
use crate::cluster::topology::NodeId;
use crate::encoding::{Damaged, Input, write_bytes, write_flag, write_number, write_optional};
use crate::id::Id;
use crate::plan::Words;
use crate::scope::SessionOutline;
use crate::slots::{Report, Task};
use crate::steps::MoverId;

/// The version of the format. In all versions a message begins with the version and the run, so that a server can say that it does
/// not understand a message: see [`Message::NotRead`].
const FORMAT: u8 = 1;
/// The version of [`Message::NotRead`], which all versions understand.
const NOT_READ: u8 = 0;
/// No plan has as many movers.
const MOST_MOVERS: u64 = 1 << 16;

/// The beginning of a run, from its initiator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) shards: Shards,
    /// The plan and its source as bytes.
    pub(super) plan: Vec<u8>,
    /// The words of the command that the source reads.
    pub(super) words: Option<Vec<Vec<u8>>>,
    /// The user whose rights count. `None` is the default user.
    pub(super) user: Option<Vec<u8>>,
    /// The session that the run belongs to.
    pub(super) session: Option<SessionOutline>,
    /// The registration whose plan it is.
    pub(super) registration: Option<Id>,
    /// Clients ask for the execution later.
    pub(super) is_kept: bool,
}

/// The end of the part of a shard, for the initiator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Done {
    /// The part ran to its end, with these errors.
    Complete(Vec<String>),
    /// The part was stopped, which ends the whole run.
    Stopped(String),
}

/// A message about a run. The messages of the bulk lane come in the order in which they were sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    Start(Box<Start>),
    /// Records that go on behind a mover.
    Batch(MoverId, &'a [u8]),
    /// The sender has ended what is in front of a mover.
    Ended(MoverId),
    /// The initiator needs no other record.
    Enough,
    /// The receiver of batches of a mover has put so many bytes through.
    Taken(MoverId, u64),
    Done(Done),
    /// Slots and keys for the receiver to read.
    Task(Task),
    /// The sender has done what it had to read.
    Read(Report),
    /// All shards have read everything.
    AllRead,
    /// The initiator has ended the run.
    Abort(String),
    /// The sender could not read a message of the receiver about the run.
    NotRead,
}

impl Message<'_> {
    /// The lane that the message takes. Plans, names of keys and errors may be long, and must not hold up heartbeats. What depends on
    /// a message before takes the lane of that, so that it comes later. The credit for records waits for no records.
    pub(super) fn lane(&self) -> Lane {
        match self {
            Message::Taken(..) => Lane::Control,
            _ => Lane::Bulk,
        }
    }

    /// The bytes of the message about a run.
    pub(super) fn write(&self, run: RunId) -> Vec<u8> {
        let mut out = match self {
            Message::NotRead => vec![NOT_READ],
            _ => vec![FORMAT],
        };
        run.write(&mut out);
        match self {
            Message::Start(start) => {
                out.push(b's');
                start.shards.write(&mut out);
                write_bytes(&mut out, &start.plan);
                write_flag(&mut out, start.words.is_some());
                if let Some(words) = &start.words {
                    write_number(&mut out, words.len() as u64);
                    for word in words {
                        write_bytes(&mut out, word);
                    }
                }
                write_optional(&mut out, start.user.as_deref());
                write_flag(&mut out, start.session.is_some());
                if let Some(session) = &start.session {
                    session.write(&mut out);
                }
                write_flag(&mut out, start.registration.is_some());
                if let Some(registration) = start.registration {
                    registration.write(&mut out);
                }
                write_flag(&mut out, start.is_kept);
            }
            Message::Batch(mover, bytes) => {
                out.push(b'b');
                write_mover(&mut out, *mover);
                out.extend_from_slice(bytes);
            }
            Message::Ended(mover) => {
                out.push(b'e');
                write_mover(&mut out, *mover);
            }
            Message::Enough => out.push(b'n'),
            Message::Taken(mover, bytes) => {
                out.push(b't');
                write_mover(&mut out, *mover);
                write_number(&mut out, *bytes);
            }
            Message::Done(Done::Complete(errors)) => {
                out.push(b'd');
                write_number(&mut out, errors.len() as u64);
                for error in errors {
                    write_bytes(&mut out, error.as_bytes());
                }
            }
            Message::Done(Done::Stopped(reason)) => {
                out.push(b'x');
                write_bytes(&mut out, reason.as_bytes());
            }
            Message::Task(task) => {
                out.push(b'k');
                task.write(&mut out);
            }
            Message::Read(report) => {
                out.push(b'r');
                write_number(&mut out, report.tasks as u64);
                report.back.write(&mut out);
            }
            Message::AllRead => out.push(b'l'),
            Message::NotRead => {}
            Message::Abort(reason) => {
                out.push(b'a');
                write_bytes(&mut out, reason.as_bytes());
            }
        }
        out
    }
}

impl<'a> Message<'a> {
    /// Reads a message for the server `me`, and the run that it is about.
    pub(super) fn read(bytes: &'a [u8], me: NodeId) -> Result<(RunId, Message<'a>), Damaged> {
        if let Some((&NOT_READ, rest)) = bytes.split_first() {
            let run = RunId::read(&mut Input::new(rest))?;
            return Ok((run, Message::NotRead));
        }
        let mut input = Input::of_format(bytes, FORMAT)?;
        let run = RunId::read(&mut input)?;
        let message = match input.tag()? {
            b's' => Message::Start(Box::new(Start {
                shards: Shards::read(&mut input, me)?,
                plan: input.bytes()?.to_vec(),
                words: if input.flag()? {
                    let word = |input: &mut Input<'_>| input.bytes().map(<[u8]>::to_vec);
                    Some(input.many(word)?)
                } else {
                    None
                },
                user: input.optional()?.map(<[u8]>::to_vec),
                session: if input.flag()? {
                    Some(SessionOutline::read(&mut input)?)
                } else {
                    None
                },
                registration: if input.flag()? {
                    Some(Id::read(&mut input)?)
                } else {
                    None
                },
                is_kept: input.flag()?,
            })),
            b'b' => {
                let mover = read_mover(&mut input)?;
                return Ok((run, Message::Batch(mover, input.rest())));
            }
            b'e' => Message::Ended(read_mover(&mut input)?),
            b'n' => Message::Enough,
            b't' => Message::Taken(read_mover(&mut input)?, input.number()?),
            b'd' => Message::Done(Done::Complete(input.many(Input::text)?)),
            b'x' => Message::Done(Done::Stopped(input.text()?)),
            b'k' => Message::Task(Task::read(&mut input)?),
            b'r' => Message::Read(Report {
                tasks: usize::try_from(input.number()?).map_err(|_| Damaged::Wrong)?,
                back: Task::read(&mut input)?,
            }),
            b'l' => Message::AllRead,
            b'a' => Message::Abort(input.text()?),
            _ => return Err(Damaged::Wrong),
        };
        input.end((run, message))
    }
}

/// The run of a message that could not be read. `None` if the sender would not understand an answer, or needs none.
pub(super) fn run_of_unread(bytes: &[u8]) -> Option<RunId> {
    let (version, rest) = bytes.split_first()?;
    if *version == NOT_READ {
        return None;
    }
    RunId::read(&mut Input::new(rest)).ok()
}

fn write_mover(out: &mut Vec<u8>, mover: MoverId) {
    write_number(out, mover.0 as u64);
}

fn read_mover(input: &mut Input<'_>) -> Result<MoverId, Damaged> {
    let number = input.number()?;
    if number >= MOST_MOVERS {
        return Err(Damaged::Wrong);
    }
    usize::try_from(number)
        .map(MoverId)
        .map_err(|_| Damaged::Wrong)
}

/// The words of a message as those of a source.
pub(super) fn words_of(words: &[Vec<u8>]) -> Words {
    let mut of_source = Words::default();
    for word in words {
        of_source.push(word);
    }
    of_source
}

#[cfg(test)]
mod tests {
    use super::super::shards::tests::{id, topology};
    use super::*;
    use crate::id::Id;
    use proptest::prelude::*;

    fn task() -> Task {
        Task {
            slots: vec![1, 2, 3, 9],
            names: vec![(12182, b"foo".to_vec())],
        }
    }

    fn samples() -> Vec<Message<'static>> {
        let mut shards = Vec::new();
        Shards::of(&topology('b')).unwrap().write(&mut shards);
        let shards = Shards::read(&mut Input::new(&shards), id('a')).unwrap();
        vec![
            Message::Start(Box::new(Start {
                shards,
                plan: vec![1, 2, 3],
                words: Some(vec![b"t".to_vec(), Vec::new()]),
                user: Some(b"alice".to_vec()),
                session: Some(SessionOutline {
                    id: "s".to_owned(),
                    description: None,
                    requirements: vec!["numpy".to_owned()],
                    user: None,
                }),
                registration: Some(Id::of(3)),
                is_kept: true,
            })),
            Message::Batch(MoverId(2), b"records"),
            Message::Ended(MoverId(0)),
            Message::Enough,
            Message::Taken(MoverId(1), 77),
            Message::Done(Done::Complete(vec!["error".to_owned()])),
            Message::Done(Done::Stopped("limit".to_owned())),
            Message::Abort("why".to_owned()),
            Message::Task(task()),
            Message::Read(Report {
                tasks: 3,
                back: task(),
            }),
            Message::AllRead,
            Message::NotRead,
        ]
    }

    #[test]
    fn messages_come_back() {
        for message in samples() {
            let run = RunId::new(Id::of(7));
            let bytes = message.write(run);
            assert_eq!(Message::read(&bytes, id('a')), Ok((run, message)));
        }
    }

    #[test]
    fn messages_that_may_be_long_do_not_hold_up_heartbeats() {
        for message in samples() {
            let is_short = matches!(message, Message::Taken(..));
            assert_eq!(message.lane() == Lane::Control, is_short, "{message:?}");
        }
    }

    #[test]
    fn a_message_of_another_version_is_refused() {
        let mut bytes = Message::Enough.write(RunId::new(Id::of(7)));
        bytes[0] = FORMAT + 1;
        assert_eq!(Message::read(&bytes, id('a')), Err(Damaged::Newer));
    }

    /// A later version may change everything behind the run.
    #[test]
    fn the_run_of_a_message_of_another_version_is_known() {
        let run = RunId::new(Id::of(7));
        let mut bytes = Message::Enough.write(run);
        bytes[0] = FORMAT + 1;
        bytes.extend_from_slice(b"something else");
        assert_eq!(run_of_unread(&bytes), Some(run));
        assert_eq!(run_of_unread(&bytes[..3]), None);
        // Two servers do not answer each other for ever.
        let mut answer = Message::NotRead.write(run);
        assert_eq!(run_of_unread(&answer), None);
        answer.extend_from_slice(b"more");
        assert_eq!(Message::read(&answer, id('a')), Ok((run, Message::NotRead)));
    }

    proptest! {
        #[test]
        fn damaged_messages_do_no_harm(which in 0..12usize, place in 0..400usize, byte: u8, end in 0..400usize) {
            let mut bytes = samples()[which].write(RunId::new(Id::of(7)));
            if let Some(changed) = bytes.get_mut(place) {
                *changed = byte;
            }
            bytes.truncate(end.max(1));
            let _ = Message::read(&bytes, id('a'));
        }
    }
}
