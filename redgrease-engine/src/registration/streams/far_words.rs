//! The messages between servers about dead letters.

use crate::encoding::{Damaged, Input, write_bytes, write_number, write_optional};

/// The version of the format.
const FORMAT: u8 = 1;

/// What servers tell each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Letter {
        number: u64,
        user: Vec<u8>,
        dead: Vec<u8>,
        fields: Vec<Vec<u8>>,
    },
    Answer {
        number: u64,
        outcome: Outcome,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Added,
    /// The stream is not on this server.
    Elsewhere,
    /// The server refused to add it, for this reason.
    Refused(Vec<u8>),
}

impl Word {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        match self {
            Word::Letter {
                number,
                user,
                dead,
                fields,
            } => {
                out.push(0);
                write_number(&mut out, *number);
                write_bytes(&mut out, user);
                write_bytes(&mut out, dead);
                write_number(&mut out, fields.len() as u64);
                for field in fields {
                    write_bytes(&mut out, field);
                }
            }
            Word::Answer { number, outcome } => {
                out.push(1);
                write_number(&mut out, *number);
                let (tag, why) = match outcome {
                    Outcome::Added => (0, None),
                    Outcome::Elsewhere => (1, None),
                    Outcome::Refused(why) => (2, Some(why.as_slice())),
                };
                out.push(tag);
                write_optional(&mut out, why);
            }
        }
        out
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Word, Damaged> {
        let mut input = Input::of_format(bytes, FORMAT)?;
        let word = match input.tag()? {
            0 => Word::Letter {
                number: input.number()?,
                user: input.bytes()?.to_vec(),
                dead: input.bytes()?.to_vec(),
                fields: input.many(|input| Ok::<_, Damaged>(input.bytes()?.to_vec()))?,
            },
            1 => Word::Answer {
                number: input.number()?,
                outcome: match (input.tag()?, input.optional()?) {
                    (0, None) => Outcome::Added,
                    (1, None) => Outcome::Elsewhere,
                    (2, Some(why)) => Outcome::Refused(why.to_vec()),
                    _ => return Err(Damaged::Wrong),
                },
            },
            _ => return Err(Damaged::Wrong),
        };
        input.end(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let letter = Word::Letter {
            number: 7,
            user: b"ann".to_vec(),
            dead: b"failed".to_vec(),
            fields: vec![b"f".to_vec(), Vec::new()],
        };
        let outcomes = [
            Outcome::Added,
            Outcome::Elsewhere,
            Outcome::Refused(b"NOPERM".to_vec()),
        ];
        let answers = outcomes.map(|outcome| Word::Answer { number: 7, outcome });
        for word in [letter].into_iter().chain(answers) {
            let bytes = word.write();
            assert_eq!(Word::read(&bytes), Ok(word));
            for cut in 0..bytes.len() {
                assert!(Word::read(&bytes[..cut]).is_err());
            }
        }
    }
}
