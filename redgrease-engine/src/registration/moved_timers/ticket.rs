//! What moves in place of the function of a key.

use crate::cluster::topology::NodeId;
use crate::encoding::{Damaged, Input, write_bytes};

/// The first byte of a ticket. A stored time event begins with the version of its format.
const TICKET: u8 = 200;

/// The permission to fetch the function of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Ticket {
    pub(in super::super) from: NodeId,
    pub(in super::super) number: String,
    pub(in super::super) key: Vec<u8>,
}

impl Ticket {
    /// `true` if the value of a key is a ticket.
    pub(in super::super) fn is_one(bytes: &[u8]) -> bool {
        bytes.first() == Some(&TICKET)
    }

    pub(in super::super) fn write(&self) -> Vec<u8> {
        let mut out = vec![TICKET];
        write_bytes(&mut out, self.from.as_bytes());
        write_bytes(&mut out, self.number.as_bytes());
        write_bytes(&mut out, &self.key);
        out
    }

    pub(in super::super) fn read(bytes: &[u8]) -> Result<Ticket, Damaged> {
        let mut input = Input::of_format(bytes, TICKET)?;
        let ticket = Ticket {
            from: NodeId::parse(input.bytes()?).ok_or(Damaged::Wrong)?,
            number: input.text()?,
            key: input.bytes()?.to_vec(),
        };
        input.end(ticket)
    }
}

#[cfg(test)]
impl Ticket {
    /// A ticket of a node that no test has.
    pub(in super::super) fn sample() -> Ticket {
        Ticket {
            from: NodeId::parse(&[b'a'; 40]).unwrap(),
            number: "12ab".to_owned(),
            key: b"key\xff".to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_as_it_was_written() {
        let ticket = Ticket::sample();
        let bytes = ticket.write();
        assert!(Ticket::is_one(&bytes) && !Ticket::is_one(&[1]) && !Ticket::is_one(b""));
        assert_eq!(Ticket::read(&bytes), Ok(ticket));
        for cut in 0..bytes.len() {
            assert!(Ticket::read(&bytes[..cut]).is_err());
        }
    }
}
