//! A frame as bytes: a header of fixed size, then a piece of a message.
//!
//! | bytes | content (numbers are little endian) |
//! |---|---|
//! | 0..3 | `RGX` |
//! | 3 | version of the format |
//! | 4 | lane |
//! | 5 | flags: first piece, last piece, an answer is wanted |
//! | 6..8 | zero |
//! | 8..16 | incarnation of the sender |
//! | 16..24 | incarnation of the receiver, as the sender knows it; zero if it does not |
//! | 24..32 | number of the piece in its lane, from 1; zero for a frame without a piece |
//! | 32..48 | for each lane the number up to which the sender has all pieces |
//! | 48..56 | bytes of the bulk lane that the sender takes, counted from the first one |
//! | 56..60 | length of the piece |

/// The first bytes of each frame.
const MAGIC: &[u8; 3] = b"RGX";
/// The version of the format that this engine writes, and the only one that it reads.
const VERSION: u8 = 1;
/// The length of the header.
pub(super) const HEADER: usize = 60;

const FIRST: u8 = 1;
const LAST: u8 = 2;
const ASKS: u8 = 4;

/// The lanes between two shards. They do not wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// Short messages: heartbeats, aborts, changes of registrations.
    Control,
    /// Records. The receiver limits the bytes that are on their way.
    Bulk,
}

impl Lane {
    pub(super) const ALL: [Lane; 2] = [Lane::Control, Lane::Bulk];

    pub(super) fn index(self) -> usize {
        match self {
            Lane::Control => 0,
            Lane::Bulk => 1,
        }
    }
}

/// A piece of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(super) lane: Lane,
    /// Its number in the lane, from 1.
    pub(super) number: u64,
    /// The message begins with this piece.
    pub(super) first: bool,
    /// The message ends with this piece.
    pub(super) last: bool,
    pub(super) bytes: &'a [u8],
}

/// A frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// The process that sends the frame.
    pub(crate) sender: u64,
    /// The process that the frame is for. Zero if the sender does not know it.
    pub(super) receiver: u64,
    /// By lane: the number up to which the sender has all pieces.
    pub(super) acknowledged: [u64; 2],
    /// Bytes of the bulk lane that the sender takes, counted from the first one.
    pub(super) credit: u64,
    /// The sender wants an answer, also if it is only an acknowledgement.
    pub(super) asks: bool,
    pub(super) piece: Option<Piece<'a>>,
}

/// The reason why bytes are not read as a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// They are too short for a frame, or have more or fewer bytes than the frame says.
    Length,
    /// They begin with other bytes than a frame.
    Foreign,
    /// The frame has another version of the format.
    Version(u8),
    /// A field has a value that no sender writes.
    Field(&'static str),
}

impl Refused {
    /// The reason as a text for the log.
    pub(crate) fn message(self) -> String {
        match self {
            Refused::Length => "its length is wrong".to_owned(),
            Refused::Foreign => "it is no message of this engine".to_owned(),
            Refused::Version(version) => format!(
                "it has version {version} of the format, and this engine reads version {VERSION}: use the same version of the \
                 engine on all shards"
            ),
            Refused::Field(name) => format!("its field `{name}` is damaged"),
        }
    }
}

impl<'a> Frame<'a> {
    /// Cuts the first frame off bytes that have several, one behind the other. Bytes that are not cut are no frames.
    pub(crate) fn cut(bytes: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let length = bytes.get(56..HEADER).and_then(|four| four.try_into().ok());
        let length = length.and_then(|four| usize::try_from(u32::from_le_bytes(four)).ok());
        let end = length.and_then(|length| length.checked_add(HEADER));
        let cut = end.and_then(|end| bytes.split_at_checked(end));
        cut.unwrap_or((bytes, &[]))
    }

    /// Reads a frame. Nothing is taken from the bytes before their length and version are checked.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Frame<'a>, Refused> {
        let magic = bytes.get(..MAGIC.len()).ok_or(Refused::Length)?;
        if magic != MAGIC {
            return Err(Refused::Foreign);
        }
        match bytes.get(3) {
            None => return Err(Refused::Length),
            Some(&VERSION) => {}
            Some(&other) => return Err(Refused::Version(other)),
        }
        let (header, rest) = bytes.split_at_checked(HEADER).ok_or(Refused::Length)?;
        let number = |at: usize| {
            header
                .get(at..at + 8)
                .and_then(|eight| eight.try_into().ok())
                .map_or(0, u64::from_le_bytes)
        };
        let length = header.get(56..60).and_then(|four| four.try_into().ok());
        if usize::try_from(length.map_or(0, u32::from_le_bytes)) != Ok(rest.len()) {
            return Err(Refused::Length);
        }
        let lane = match header.get(4) {
            Some(0) => Lane::Control,
            Some(1) => Lane::Bulk,
            _ => return Err(Refused::Field("lane")),
        };
        let flags = header.get(5).copied().unwrap_or_default();
        if flags & !(FIRST | LAST | ASKS) != 0 {
            return Err(Refused::Field("flags"));
        }
        if header.get(6..8) != Some(&[0, 0]) {
            return Err(Refused::Field("zero"));
        }
        if number(8) == 0 {
            return Err(Refused::Field("sender"));
        }
        let piece = (number(24) != 0).then_some(Piece {
            lane,
            number: number(24),
            first: flags & FIRST != 0,
            last: flags & LAST != 0,
            bytes: rest,
        });
        if piece.is_none() && (!rest.is_empty() || flags & (FIRST | LAST) != 0) {
            return Err(Refused::Field("number"));
        }
        if piece.is_some() && number(16) == 0 {
            return Err(Refused::Field("receiver"));
        }
        Ok(Frame {
            sender: number(8),
            receiver: number(16),
            acknowledged: [number(32), number(40)],
            credit: number(48),
            asks: flags & ASKS != 0,
            piece,
        })
    }

    /// Writes the frame behind what `out` has.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let lane = self.piece.map_or(Lane::Control, |piece| piece.lane);
        let mut flags = if self.asks { ASKS } else { 0 };
        if let Some(piece) = self.piece {
            flags |= if piece.first { FIRST } else { 0 };
            flags |= if piece.last { LAST } else { 0 };
        }
        let bytes = self.piece.map_or(&[][..], |piece| piece.bytes);
        out.reserve(HEADER + bytes.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[VERSION, u8::from(lane == Lane::Bulk), flags, 0, 0]);
        let [control, bulk] = self.acknowledged;
        let number = self.piece.map_or(0, |piece| piece.number);
        for field in [
            self.sender,
            self.receiver,
            number,
            control,
            bulk,
            self.credit,
        ] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        // A piece is never longer than a few hundred KiB.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Frame<'static> {
        Frame {
            sender: 7,
            receiver: 8,
            acknowledged: [9, 10],
            credit: 11,
            asks: true,
            piece: Some(Piece {
                lane: Lane::Bulk,
                number: 12,
                first: true,
                last: false,
                bytes: b"piece",
            }),
        }
    }

    fn written(frame: &Frame<'_>) -> Vec<u8> {
        let mut bytes = vec![1, 2, 3];
        frame.write(&mut bytes);
        bytes.split_off(3)
    }

    fn bare() -> Frame<'static> {
        Frame {
            piece: None,
            receiver: 0,
            ..sample()
        }
    }

    #[test]
    fn a_frame_is_read_as_it_is_written() {
        let bytes = written(&sample());
        assert_eq!(bytes.len(), HEADER + 5);
        assert_eq!(Frame::parse(&bytes), Ok(sample()));
        assert_eq!(Frame::parse(&written(&bare())), Ok(bare()));
    }

    #[test]
    fn frames_behind_each_other_are_cut_apart() {
        let (first, second) = (written(&sample()), written(&bare()));
        let both = [first.clone(), second.clone()].concat();
        assert_eq!(Frame::cut(&both), (first.as_slice(), second.as_slice()));
        assert_eq!(Frame::cut(&second), (second.as_slice(), &[][..]));
        let short = &first[..first.len() - 1];
        assert_eq!(Frame::cut(short), (short, &[][..]), "it is refused whole");
    }

    #[test]
    fn each_cut_is_refused() {
        let bytes = written(&sample());
        for length in 0..bytes.len() {
            let cut = bytes.get(..length).unwrap_or_default();
            assert_eq!(Frame::parse(cut), Err(Refused::Length), "{length}");
        }
        let longer = [bytes.as_slice(), b"x"].concat();
        assert_eq!(Frame::parse(&longer), Err(Refused::Length));
    }

    #[test]
    fn the_reason_of_a_refusal() {
        for (place, byte, reason) in [
            (0, b'X', Refused::Foreign),
            (3, 2, Refused::Version(2)),
            (4, 2, Refused::Field("lane")),
            (5, 8, Refused::Field("flags")),
            (7, 1, Refused::Field("zero")),
            (8, 0, Refused::Field("sender")),
            (16, 0, Refused::Field("receiver")),
            (24, 0, Refused::Field("number")),
        ] {
            let mut bytes = written(&sample());
            bytes[place] = byte;
            assert_eq!(Frame::parse(&bytes), Err(reason), "{place}");
        }
    }

    /// The version is looked at before anything that another version may have elsewhere.
    #[test]
    fn a_short_frame_of_another_version_is_told_by_its_version() {
        assert_eq!(Frame::parse(b"RGX\x09"), Err(Refused::Version(9)));
        assert!(Refused::Version(9).message().contains("version 9"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (first, rest) = Frame::cut(&bytes);
            prop_assert_eq!([first, rest].concat(), bytes.clone());
            prop_assert_eq!(first.is_empty(), bytes.is_empty());
            let _ = Frame::parse(&bytes);
        }

        #[test]
        fn changed_bytes_are_read_or_refused(place in 0..HEADER + 5, byte: u8) {
            let mut bytes = written(&sample());
            bytes[place] = byte;
            if let Ok(frame) = Frame::parse(&bytes) {
                prop_assert_eq!(written(&frame), bytes);
            }
        }
    }
}
