//! What servers tell each other about streams of slots that move.

use super::super::debts::Handled;
use crate::cluster::topology::{SLOTS, Slots};
use crate::encoding::{Damaged, Input, write_bytes, write_flag, write_number};

/// The version of the format.
const FORMAT: u8 = 1;

/// A message between two servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// The sender serves these slots, and asks what the receiver has of their streams.
    Claim { number: u64, slots: Slots },
    /// The answer: the receiver of the question reads nothing of these slots any more.
    Answer { number: u64, streams: Vec<Left> },
    /// A batch of streams that left its server has ended, or a part of it.
    Settled { streams: Vec<Left> },
    /// The receiver need not remember these messages any more.
    Taken { stream: Vec<u8>, ids: Vec<Vec<u8>> },
}

/// What a server has of a stream that is somewhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) stream: Vec<u8>,
    /// A batch of the stream is being handled.
    pub(super) in_hand: bool,
    /// Messages that were handled and not acknowledged.
    pub(super) handled: Vec<Handled>,
}

impl Left {
    fn write(&self, out: &mut Vec<u8>) {
        write_bytes(out, &self.stream);
        write_flag(out, self.in_hand);
        write_number(out, self.handled.len() as u64);
        for message in &self.handled {
            write_bytes(out, &message.id);
            write_number(out, message.hash);
        }
    }

    fn read(input: &mut Input<'_>) -> Result<Left, Damaged> {
        Ok(Left {
            stream: input.bytes()?.to_vec(),
            in_hand: input.flag()?,
            handled: input.many(|input| {
                Ok::<_, Damaged>(Handled {
                    id: input.bytes()?.to_vec(),
                    hash: input.number()?,
                })
            })?,
        })
    }
}

fn slot(input: &mut Input<'_>) -> Result<u16, Damaged> {
    let number = u16::try_from(input.number()?).map_err(|_| Damaged::Wrong)?;
    if number < SLOTS {
        Ok(number)
    } else {
        Err(Damaged::Wrong)
    }
}

fn write_streams(out: &mut Vec<u8>, streams: &[Left]) {
    write_number(out, streams.len() as u64);
    for one in streams {
        one.write(out);
    }
}

impl Word {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        match self {
            Word::Claim { number, slots } => {
                out.push(0);
                write_number(&mut out, *number);
                write_number(&mut out, slots.ranges().len() as u64);
                for range in slots.ranges() {
                    write_number(&mut out, u64::from(*range.start()));
                    write_number(&mut out, u64::from(*range.end()));
                }
            }
            Word::Answer { number, streams } => {
                out.push(1);
                write_number(&mut out, *number);
                write_streams(&mut out, streams);
            }
            Word::Settled { streams } => {
                out.push(2);
                write_streams(&mut out, streams);
            }
            Word::Taken { stream, ids } => {
                out.push(3);
                write_bytes(&mut out, stream);
                write_number(&mut out, ids.len() as u64);
                for id in ids {
                    write_bytes(&mut out, id);
                }
            }
        }
        out
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Word, Damaged> {
        let mut input = Input::of_format(bytes, FORMAT)?;
        let word = match input.tag()? {
            0 => Word::Claim {
                number: input.number()?,
                slots: Slots::of(
                    input.many(|input| Ok::<_, Damaged>(slot(input)?..=slot(input)?))?,
                ),
            },
            1 => Word::Answer {
                number: input.number()?,
                streams: input.many(Left::read)?,
            },
            2 => Word::Settled {
                streams: input.many(Left::read)?,
            },
            3 => Word::Taken {
                stream: input.bytes()?.to_vec(),
                ids: input.many(|input| Ok::<_, Damaged>(input.bytes()?.to_vec()))?,
            },
            _ => return Err(Damaged::Wrong),
        };
        input.end(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Word> {
        let left = Left {
            stream: b"orders\xff".to_vec(),
            in_hand: true,
            handled: vec![Handled {
                id: b"1-0".to_vec(),
                hash: u64::MAX,
            }],
        };
        vec![
            Word::Claim {
                number: 7,
                slots: Slots::of(vec![0..=5, 16383..=16383]),
            },
            Word::Answer {
                number: 7,
                streams: vec![left.clone()],
            },
            Word::Settled {
                streams: vec![left],
            },
            Word::Taken {
                stream: b"orders".to_vec(),
                ids: vec![b"1-0".to_vec(), Vec::new()],
            },
        ]
    }

    #[test]
    fn a_message_is_read_as_it_was_written() {
        for word in samples() {
            let bytes = word.write();
            assert_eq!(Word::read(&bytes).as_ref(), Ok(&word));
            for cut in 0..bytes.len() {
                assert!(Word::read(&bytes[..cut]).is_err(), "{word:?} {cut}");
            }
            for at in 0..bytes.len() {
                let mut damaged = bytes.clone();
                damaged[at] ^= 0x81;
                let _ = Word::read(&damaged);
            }
        }
    }

    #[test]
    fn a_slot_that_does_not_exist_is_refused() {
        let mut bytes = samples()[0].write();
        let end = bytes.len() - 16;
        bytes[end + 1] = 0xff;
        assert_eq!(Word::read(&bytes), Err(Damaged::Wrong));
    }
}
