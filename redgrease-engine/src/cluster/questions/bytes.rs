//! Questions and answers as bytes.

use super::Kind;
use crate::encoding::{Damaged, Input, write_flag, write_number};

/// The version of the format.
const FORMAT: u8 = 1;

/// Names a question: the incarnation of the server that asked, and a number that it uses once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) asker: u64,
    pub(super) number: u64,
}

impl Name {
    fn write(self, out: &mut Vec<u8>) {
        write_number(out, self.asker);
        write_number(out, self.number);
    }

    fn read(input: &mut Input<'_>) -> Result<Name, Damaged> {
        Ok(Name {
            asker: input.number()?,
            number: input.number()?,
        })
    }
}

/// A question on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    pub(super) name: Name,
    pub(super) kind: Kind,
    pub(super) content: &'a [u8],
}

impl<'a> Asked<'a> {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        self.name.write(&mut out);
        out.push(self.kind.0);
        out.extend_from_slice(self.content);
        out
    }

    pub(super) fn read(bytes: &'a [u8]) -> Result<Asked<'a>, Damaged> {
        let mut input = Input::of_format(bytes, FORMAT)?;
        Ok(Asked {
            name: Name::read(&mut input)?,
            kind: Kind(input.tag()?),
            content: input.rest(),
        })
    }
}

/// An answer on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answered<'a> {
    pub(super) name: Name,
    /// `false` for a refusal, whose content is its reason.
    pub(super) is_answer: bool,
    pub(super) content: &'a [u8],
}

impl<'a> Answered<'a> {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        self.name.write(&mut out);
        write_flag(&mut out, self.is_answer);
        out.extend_from_slice(self.content);
        out
    }

    pub(super) fn read(bytes: &'a [u8]) -> Result<Answered<'a>, Damaged> {
        let mut input = Input::of_format(bytes, FORMAT)?;
        Ok(Answered {
            name: Name::read(&mut input)?,
            is_answer: input.flag()?,
            content: input.rest(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn questions_and_answers_come_back(
            (asker, number) in any::<(u64, u64)>(),
            kind in any::<u8>(),
            is_answer in any::<bool>(),
            content in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let name = Name { asker, number };
            let asked = Asked { name, kind: Kind(kind), content: &content };
            let bytes = asked.write();
            prop_assert_eq!(Asked::read(&bytes), Ok(asked));
            let answered = Answered { name, is_answer, content: &content };
            let bytes = answered.write();
            prop_assert_eq!(Answered::read(&bytes), Ok(answered));
        }

        #[test]
        fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(asked) = Asked::read(&bytes) {
                prop_assert_eq!(asked.write(), bytes.clone());
            }
            if let Ok(answered) = Answered::read(&bytes) {
                prop_assert_eq!(answered.write(), bytes);
            }
        }
    }

    #[test]
    fn bytes_that_are_cut_short_are_refused() {
        let name = Name {
            asker: 1,
            number: u64::MAX,
        };
        let question = Asked {
            name,
            kind: Kind(9),
            content: b"",
        };
        let bytes = question.write();
        for cut in 0..bytes.len() {
            assert_eq!(Asked::read(&bytes[..cut]), Err(Damaged::Cut), "{cut}");
            assert_eq!(Answered::read(&bytes[..cut]), Err(Damaged::Cut), "{cut}");
        }
        assert_eq!(Answered::read(&bytes), Err(Damaged::Wrong), "no flag is 9");
        let mut newer = bytes;
        newer[0] = FORMAT + 1;
        assert_eq!(Asked::read(&newer), Err(Damaged::Newer));
    }
}
